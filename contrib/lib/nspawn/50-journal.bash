# Gatehouse. SPDX-License-Identifier: Apache-2.0
# What the daemon writes into the journal (docs/logging.md).
# shellcheck shell=bash

# The service's entries that match, from the moment on: entries TIME MATCH... (one JSON object a line)
entries() {
    local since=$1
    shift
    journalctl --sync
    journalctl --quiet --no-pager --unit gatehouse.service --since "@$since" --output json "$@"
}

# Fails unless there are N entries, and each has the field with a value that fits: fields N FIELD=REGEX... <ENTRIES
fields() {
    python3 -c '
import json, re, sys
entries = [json.loads(line) for line in sys.stdin]
if len(entries) != int(sys.argv[1]):
    sys.exit(f"{len(entries)} entries and not {sys.argv[1]}: {entries}"[:2000])
for entry in entries:
    for field, wanted in (word.split("=", 1) for word in sys.argv[2:]):
        if not re.fullmatch(wanted, str(entry.get(field, ""))):
            sys.exit(f"{field} is not {wanted}: {entry}"[:2000])
' "$@"
}

# The daemon says what it does, and each call is an entry, asked for as an operator would.
check_each_call_is_an_entry_of_the_journal_with_fields() {
    fresh
    with_options --log-level info
    local since=$EPOCHREALTIME own=(SYSLOG_IDENTIFIER=gatehoused _TRANSPORT=journal _SYSTEMD_UNIT=gatehouse.service)
    as_user caller gatehouse gatehouse scan /etc/hostname || :
    local uid
    uid=$(id -u caller)
    entries "$since" MESSAGE_ID=89f1ca3d7c0a44b6b68d711027942ae6 |
        fields 2 PRIORITY=6 'GATEHOUSE_SOCKET=rpc|admin' "${own[@]}"
    entries "$since" MESSAGE_ID=800e9eabb1124e618991539330b7566a GATEHOUSE_PEER_UID="$uid" |
        fields 1 PRIORITY=6 GATEHOUSE_METHOD=scanFile GATEHOUSE_OUTCOME=begins GATEHOUSE_NAME=hostname \
            'GATEHOUSE_PEER_PID=[0-9]+' 'GATEHOUSE_REQUEST_ID=[0-9a-f-]+' \
            'MESSAGE=audit: "scanFile" of uid [0-9]+ begins' "${own[@]}"
    entries "$since" MESSAGE_ID=06a39ae337a34c628b2247cced2c57fd GATEHOUSE_PEER_UID="$uid" GATEHOUSE_METHOD=scanFile |
        fields 1 GATEHOUSE_OUTCOME=failed 'GATEHOUSE_KIND=[a-zA-Z]+' GATEHOUSE_FAILED_STAGE=invoke \
            'GATEHOUSE_STAGE_INVOKE_USEC=[0-9]+' 'GATEHOUSE_DURATION_USEC=[0-9]+' "${own[@]}"
    # Nothing came as text.
    [[ -z $(entries "$since" _TRANSPORT=stdout _COMM=gatehoused) ]]
}

check_a_file_that_is_infected_stands_out_in_the_journal() {
    fresh
    with_lab
    systemctl restart gatehouse.service
    local since=$EPOCHREALTIME test='X5O!P%@AP[4\PZX54(P^)7CC)7}$'
    # shellcheck disable=SC2016 # Dollars of the test file's.
    printf '%sEICAR-STANDARD-%s' "$test" 'ANTIVIRUS-TEST-FILE!$H+H*' >/tmp/a-file
    gatehouse scan /tmp/a-file || :
    entries "$since" GATEHOUSE_VERDICT=infected --priority warning |
        fields 1 PRIORITY=4 GATEHOUSE_METHOD=scanFile GATEHOUSE_NAME=a-file GATEHOUSE_OUTCOME=done
    systemctl stop gatehouse-lab.service
}

check_a_fault_of_the_configuration_is_an_entry_of_its_own_kind() {
    fresh
    echo 'profiles: {pro: {engine: nothing}}' >/etc/gatehouse/gatehouse.yaml
    local since=$EPOCHREALTIME
    gatehouse status || :
    entries "$since" MESSAGE_ID=303b744fe8d94902877962d97688c576 |
        fields 1 PRIORITY=3 'GATEHOUSE_FAULT=.*engine.*' SYSLOG_IDENTIFIER=gatehoused
}

check_no_secret_is_in_the_journal() {
    journalctl --sync
    local secret
    for secret in planted-secret /var/lib/gatehouse-lab/data/credentials/*; do
        if [[ -f $secret ]]; then secret=$(<"$secret"); fi
        [[ -n $secret && $secret != *'*'* ]] || continue
        if journalctl --quiet --no-pager --all --output export | grep -F -q -- "$secret"; then
            echo "a secret is in the journal"
            return 1
        fi
    done
}
