# Gatehouse. SPDX-License-Identifier: Apache-2.0
# Runs of `swift test` and their counts.
# shellcheck shell=bash

# Runs a test command, keeps its output in FILE, and adds to $passed and $failed.
run_tests() {
    local file=$1 code=0
    shift
    "$@" >"$file" 2>&1 || code=$?
    count_results "$file"
    # A run without a single test, or one that ended early, is no success whatever its exit code says.
    if ((code == 0)) && { ((failed > 0)) || ! grep -q -E 'Test run with [0-9]+ tests? .*passed' "$file"; }; then code=1; fi
    ((code == 0)) || { grep -E '^✘|^↳|error:|ThreadSanitizer|^    #[0-9]' "$file" | head -n 50 || tail -n 40 "$file"; }
    return "$code"
}

# One line of output for each test that ended: cases of a test with a table count as one.
count_results() {
    local tests='Test ("|[^ ]+\(|[A-Za-z_])'
    passed=$(grep -E "^(✔|━) $tests.* passed after " "$1" | grep -c -v -E '^(✔|━) Test (run|case) ' || :)
    failed=$(grep -E "^✘ $tests.* failed after " "$1" | grep -c -v -E '^✘ Test (run|case) ' || :)
}

# The checks under a booted systemd, a line "ok ..." or "not ok ..." for each; 77 is a machine that does not allow them.
run_systemd() {
    local file=$1 code=0
    shift
    "$@" >"$file" 2>&1 || code=$?
    passed=$((passed + $(grep '^ok ' "$file" | grep -c -v ' # SKIP ' || :)))
    failed=$((failed + $(grep -c '^not ok ' "$file" || :)))
    ((code != 77)) || return 0
    ((code == 0)) || grep -A 60 '^not ok ' "$file" || cat "$file"
    return "$code"
}

show_skipped_systemd() {
    local line
    while read -r line; do notice "skipped here: ${line#skipped: }"; done < <(grep -E '^skipped: | # SKIP ' "$1" || :)
}

show_skipped() {
    local lines line
    lines=$(grep -E '^➜ Test .* skipped' "$1" || :)
    [[ -n $lines ]] || return 0
    while read -r _ line; do notice "skipped here: $line"; done <<<"$lines"
}

# The same tests, slower: they do not count twice.
run_sanitized() {
    local counts=("$passed" "$failed") code=0
    TSAN_OPTIONS="halt_on_error=1 ${TSAN_OPTIONS-}" run_tests "$folder/sanitized" "$@" || code=$?
    ((code)) || { passed=${counts[0]} failed=${counts[1]}; }
    return "$code"
}
