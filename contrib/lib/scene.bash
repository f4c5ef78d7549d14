# Gatehouse. SPDX-License-Identifier: Apache-2.0
# The scene of contrib/demo: files to scan, a clamd of its own, the lab, the daemon. All of it is in $folder.
# shellcheck shell=bash

# The 68 bytes of the EICAR test file, in parts, so that no scanner takes this script for it.
eicar() {
    # shellcheck disable=SC2016
    printf '%s%s%s' 'X5O!P%@AP[4\PZX54(P^)7CC)7}' '$EICAR-STANDARD-ANTI' 'VIRUS-TEST-FILE!$H+H*'
}

make_files() {
    mkdir -p "$folder/files/mixed/inner" "$folder/log"
    printf 'Nothing to see here.\n' >"$folder/files/clean.txt"
    eicar >"$folder/files/eicar.com"
    cp "$folder/files/clean.txt" "$folder/files/mixed/letter.txt"
    cp "$folder/files/eicar.com" "$folder/files/mixed/inner/eicar.com"
    # Only an engine that opens archives finds what is in these.
    if [[ $engine == clamd ]]; then
        (cd "$folder/files" && python3 -m zipfile -c mixed/inner/eicar.zip eicar.com)
        tar -C "$folder/files" -czf "$folder/files/mixed/inner/eicar.tar.gz" eicar.com
        local file
        for file in clam.exe clam.7z clam.cab clam.zip; do
            cp "$testfiles/$file" "$folder/files/mixed/" 2>/dev/null || :
        done
    fi
    infected_in_mixed=$(find "$folder/files/mixed" -type f ! -name letter.txt | wc -l)
}

# A real clamd with two signatures, made here: the EICAR test file, and the one in Debian's clamav-testfiles.
start_clamd() {
    local database=$folder/clamd
    mkdir -p "$database/signatures" "$database/temporary"
    printf 'Eicar-Test-Signature:0:*:%s\n' "$(eicar | od -An -v -tx1 | tr -d ' \n')" >"$database/signatures/demo.ndb"
    if [[ -r $testfiles/clam.exe ]]; then
        printf '%s:%s:Clamav.Test.File\n' "$(md5sum <"$testfiles/clam.exe" | cut -d' ' -f1)" \
            "$(stat -c %s "$testfiles/clam.exe")" >"$database/signatures/demo.hdb"
    fi
    cat >"$database/clamd.conf" <<CONFIGURATION
Foreground yes
LocalSocket $folder/clamd.sock
LocalSocketMode 600
DatabaseDirectory $database/signatures
TemporaryDirectory $database/temporary
MaxThreads 4
CONFIGURATION
    start "$(path_of clamd)" --config-file="$database/clamd.conf" >"$folder/log/clamd" 2>&1 </dev/null
    await 30 "$started" test -S "$folder/clamd.sock"
}

start_lab() {
    # A task runs long enough for everyone to see it run.
    local options=(--directory "$folder/lab" --ksc-task-duration 600000)
    [[ $engine != clamd ]] || options+=(--clamd "$folder/clamd.sock")
    start "$programs/gatehouse-lab" "${options[@]}" >"$folder/lab.json" 2>"$folder/log/lab" </dev/null
    await 30 "$started" grep -q '"event"' "$folder/lab.json"
}

# By socket activation where systemd's tool for it is there: the daemon starts with the first call.
start_daemon() {
    local command=("$programs/gatehoused" --config "$folder/lab/gatehouse.yaml")
    if [[ $activation == systemd ]]; then
        command=(systemd-socket-activate --listen="$GATEHOUSE_SOCKET" --fdname=rpc "${command[@]}")
    else
        command+=(--listen "$GATEHOUSE_SOCKET")
    fi
    start "${command[@]}" >"$folder/log/gatehoused" 2>&1 </dev/null
    await 30 "$started" test -S "$GATEHOUSE_SOCKET"
}

# What the lab saw of an operation that succeeded.
requests() {
    python3 - "$folder/lab/requests.jsonl" "$1" <<'PYTHON'
import json, sys
# The last line may still be being written.
lines = (json.loads(line) for line in open(sys.argv[1]) if line.endswith("\n"))
print(sum(line["operation"] == sys.argv[2] and line["status"] == 200 for line in lines))
PYTHON
}

# The tasks in the run-time information that was printed last: product, type, state and id.
tasks() {
    python3 - "$folder/log/output" <<'PYTHON'
import json, sys
try:
    products = json.load(open(sys.argv[1]))["result"]["klhst-rt-TskInfo"]
except (ValueError, LookupError):
    # The call failed, which has been said.
    products = {}
for product, about in products.items():
    for task in about["klhst-rt-TskArray"]:
        state = "running" if task["taskState"] == 1 else "idle"
        print(f'    {product:6}{task["taskType"]:18}{state:9}{task["taskStorageId"]}')
print()
PYTHON
}

# A script that ends exactly these processes and removes the folder.
write_stop() {
    cat >"$folder/stop" <<STOP
#!/bin/sh
for process in ${groups[*]}; do
    # The number may belong to somebody else by now.
    if tr '\0' ' ' <"/proc/\$process/cmdline" 2>/dev/null | grep -q -F '$folder'; then kill "\$process"; fi
done
rm -rf '$folder'
STOP
    chmod 700 "$folder/stop"
}
