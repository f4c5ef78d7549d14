# Gatehouse. SPDX-License-Identifier: Apache-2.0
# The checks of contrib/test that need no test framework. Each says what is wrong and gives 1.
# shellcheck shell=bash

# The EICAR test string, once whole in a file, makes scanners take the project for a virus.
check_no_eicar() {
    local found
    found=$(grep -r -l -F --exclude-dir=.git --exclude-dir='.build*' -e "$(eicar)" . || :)
    [[ -z $found ]] || { printf 'The whole EICAR test string is in:\n%s\nAssemble it at run time.\n' "$found"; return 1; }
}

# What a program links, it pays for at every start.
check_links() {
    local programs=$1 code=0
    check_link "$programs/gatehouse" 'libcurl|libsystemd|libyaml|libcrypto|libssl|libFoundation\.so|lib_FoundationICU' || code=1
    check_link "$programs/gatehoused" 'libcurl|libssl|libFoundation\.so|lib_FoundationICU' || code=1
    check_link "$programs/gatehouse-lab" 'libcurl|libFoundation\.so|lib_FoundationICU' || code=1
    return "$code"
}

check_link() {
    local all found
    # Not in one pipe with grep: a program that ldd cannot read must not pass.
    all=$(ldd "$1") || return 1
    found=$(grep -E -- "$2" <<<"$all" || :)
    [[ -z $found ]] || { printf '%s must not link:\n%s\n' "${1##*/}" "$found"; return 1; }
}

# The package with optimised programs, from what a fresh clone has: no list of versions.
check_package() {
    local output=$1 package depends code=0
    mkdir -p "$output"
    keep_resolved
    rm -f Package.resolved
    within 30 contrib/debian/build --quick --output "$output" >"$output/log" 2>&1 || code=$?
    restore_resolved
    ((code == 0)) || { tail -n 30 "$output/log"; return 1; }
    package=$(tail -n 1 "$output/log")
    depends=$(dpkg-deb -f "$package" Depends)
    grep -qE '(^|, )libcurl4' <<<"$depends" || { printf 'Its dependencies lack libcurl: %s\n' "$depends"; return 1; }
}

check_scripts() {
    # The programs bring in the files that end in .bash, which shellcheck follows.
    local scripts=(contrib/demo contrib/test .ci/run contrib/lib/nspawn-suite contrib/lib/nspawn/run) script code=0
    for script in "${scripts[@]}" contrib/lib/*.bash contrib/lib/nspawn/*.bash; do bash -n "$script" || code=1; done
    if command -v shellcheck >/dev/null; then
        shellcheck --external-sources "${scripts[@]}" contrib/lib/nspawn/[0-9]*.bash || code=1
    fi
    check_demo_usage || code=1
    return "$code"
}

# A wrong use of the demo ends at once: it builds nothing and starts nothing.
check_demo_usage() {
    local arguments got code=0
    for arguments in "--programs" "--programs /nonexistent" "--programs contrib" "--else"; do
        got=0
        # shellcheck disable=SC2086
        timeout 10 contrib/demo $arguments >/dev/null 2>&1 </dev/null || got=$?
        ((got == 64)) || { printf 'contrib/demo %s: exit code %s, not 64\n' "$arguments" "$got"; code=1; }
    done
    return "$code"
}

# The manual pages as mandoc reads them, and the completions as each shell that is here does.
check_generated() {
    local page code=0
    for page in docs/man/*; do mandoc -T lint -W warning "$page" || code=1; done
    bash -n contrib/completions/gatehouse.bash || code=1
    check_completion || code=1
    if command -v shellcheck >/dev/null; then shellcheck contrib/completions/gatehouse.bash || code=1; fi
    if command -v zsh >/dev/null; then zsh -n contrib/completions/_gatehouse || code=1; fi
    if command -v fish >/dev/null; then fish -n contrib/completions/gatehouse.fish || code=1; fi
    return "$code"
}

# What bash offers at a few places.
check_completion() (
    # shellcheck source=contrib/completions/gatehouse.bash
    source contrib/completions/gatehouse.bash
    code=0
    offers() {
        local wanted=$1
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        _gatehouse
        [[ " ${COMPREPLY[*]} " == *" $wanted "* ]] || { printf '%s: no %s in: %s\n' "$*" "$wanted" "${COMPREPLY[*]}"; code=1; }
    }
    offers scan gatehouse ''
    offers status gatehouse token st
    offers --profile gatehouse token status --
    offers scanFile gatehouse --socket /x rpc sc
    offers "'{\"deadlineMs\": " gatehouse rpc scanFile ''
    offers '{"name": ' gatehouse rpc scanFile "'{\"na"
    exit "$code"
)

# How exposed the service is, 1.5 at most; the check under a booted systemd needs root, this one does not.
check_exposure() {
    systemd-analyze security --offline=true --no-pager --threshold=15 contrib/systemd/gatehouse.service
}

# Each relative link in README.md and docs/ leads to a file.
check_document_links() {
    local file target code=0
    while IFS=: read -r file target; do
        target=${target#*](} target=${target%)} target=${target%%#*}
        case $target in '' | http:* | https:* | mailto:*) continue ;; esac
        [[ -e $(dirname "$file")/$target ]] || { printf '%s: no %s\n' "$file" "$target"; code=1; }
    done < <(grep -r -o -E '\]\([^) ]+\)' README.md docs --include='*.md')
    return "$code"
}

# The built programs that run now, by number: what a test left behind is what was not there before.
built_processes() {
    local exe
    for exe in /proc/[0-9]*/exe; do
        case $(readlink "$exe" 2>/dev/null) in
        "$root"/.build*) exe=${exe%/exe} && printf '%s\n' "${exe#/proc/}" ;;
        esac
    done
}

# Ends what the tests left behind and says what it was.
check_left_behind() {
    local before=" $1 " process code=0
    for process in $(built_processes); do
        [[ $before != *" $process "* ]] || continue
        printf 'left behind: %s %s\n' "$process" "$(tr '\0' ' ' <"/proc/$process/cmdline" 2>/dev/null)"
        kill "$process" 2>/dev/null || :
        code=1
    done
    return "$code"
}
