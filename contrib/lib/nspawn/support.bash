# Gatehouse. SPDX-License-Identifier: Apache-2.0
# What the checks share. They run as root in a container whose systemd is a real one.
# shellcheck shell=bash

# Ends a check as one that cannot be made here.
skip() {
    printf '%s\n' "$*"
    exit 77
}

# Until a command succeeds, for SECONDS at most.
await() {
    local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
    shift
    until "$@"; do
        ((${EPOCHREALTIME/./} < end)) || { printf 'waited in vain for: %s\n' "$*" && return 1; }
        sleep 0.05
    done
}

# A property of a unit: property gatehouse.service ActiveState
property() { systemctl show --property="$2" --value "$1"; }
is() { [[ $(property "$1" "$2") == "$3" ]] || return 1; }
is_inactive() { is gatehouse.service ActiveState inactive; }
main_process() { property gatehouse.service MainPID; }
daemon_user() { sed -n 's/^Uid:\t\([0-9]*\).*/\1/p' "/proc/$(main_process)/status"; }
status_text() { property gatehouse.service StatusText; }
status_is() { [[ $(status_text) == "$1" ]]; }
status_has() { [[ $(status_text) == *"$1"* ]]; }

# Fails unless a text holds another one.
holds() { [[ $1 == *"$2"* ]] || { printf 'no "%s" in: %s\n' "$2" "$1" && return 1; }; }

# A drop-in for gatehouse.service, in force from its next start: drop_in NAME <<<TEXT
drop_in() {
    mkdir -p /run/systemd/system/gatehouse.service.d
    cat >"/run/systemd/system/gatehouse.service.d/$1.conf"
    systemctl daemon-reload
}

# Every check begins here: the package's own units, both sockets listening, no daemon, no failure of before.
fresh() {
    systemctl --quiet stop gatehouse.service 2>/dev/null
    rm -rf /run/systemd/system/gatehouse.service.d
    systemctl daemon-reload
    systemctl reset-failed gatehouse.service gatehouse.socket gatehouse-admin.socket 2>/dev/null || :
    configure
    systemctl start gatehouse.socket gatehouse-admin.socket
}

# How the daemon is started instead: with_options --exit-on-idle 1
with_options() {
    drop_in options <<<"[Service]
ExecStart=
ExecStart=/usr/sbin/gatehoused $*"
}

# The administrator's files: one profile whose servers nobody reaches.
configure() {
    cat >/etc/gatehouse/gatehouse.yaml <<'YAML'
profiles:
  pro:
    engine: spe
    environment: pro
    clientId: suite
    clientSecret: gicar-secret
    apiClientId: ibm-client-id
YAML
    rm -rf /etc/gatehouse/credentials
    install -d -m 0700 /etc/gatehouse/credentials
    (umask 077 && echo 'planted-secret-one' >/etc/gatehouse/credentials/gicar-secret &&
        echo 'planted-secret-two' >/etc/gatehouse/credentials/ibm-client-id)
}

# The lab as a service, with its own profile and server in the daemon's configuration: with_lab --fault SPEC...
with_lab() {
    [[ -x /opt/gatehouse/gatehouse-lab ]] || skip "there is no gatehouse-lab"
    systemctl stop gatehouse-lab.service 2>/dev/null || :
    systemctl reset-failed gatehouse-lab.service 2>/dev/null || :
    rm -rf /var/lib/gatehouse-lab && mkdir -p /var/lib/gatehouse-lab
    systemd-run --quiet --unit=gatehouse-lab --property=StandardOutput=file:/var/lib/gatehouse-lab/ready.json \
        /opt/gatehouse/gatehouse-lab --directory /var/lib/gatehouse-lab/data "$@"
    await 20 lab_has_spoken
    grep -s -q '"event"' /var/lib/gatehouse-lab/ready.json || lab_failed
    # What is public of it, the daemon's own user may read.
    chmod 0755 /var/lib/gatehouse-lab/data /var/lib/gatehouse-lab/data/tls
    chmod 0644 /var/lib/gatehouse-lab/data/tls/*.pem
    install -m 0644 /var/lib/gatehouse-lab/data/gatehouse.yaml /etc/gatehouse/gatehouse.yaml
    rm -rf /etc/gatehouse/credentials
    cp -r /var/lib/gatehouse-lab/data/credentials /etc/gatehouse/credentials
    chmod 0700 /etc/gatehouse/credentials
}

lab_has_spoken() {
    grep -s -q '"event"' /var/lib/gatehouse-lab/ready.json || ! systemctl is-active --quiet gatehouse-lab.service
}

# Another Debian's openssl may make no certificates for the lab; on this system that is a failure.
lab_failed() {
    cat /var/lib/gatehouse-lab/ready.json
    [[ -z ${release:-} ]] || skip "gatehouse-lab does not start on $release: $(grep . /var/lib/gatehouse-lab/ready.json | tail -n 1)"
    return 1
}

# What the lab was asked: requests OPERATION
requests() {
    python3 - "$1" <<'PYTHON'
import json, sys
log = open("/var/lib/gatehouse-lab/data/requests.jsonl")
# The last line may still be being written.
lines = (json.loads(line) for line in log if line.endswith("\n"))
print(sum(line["operation"] == sys.argv[1] and line["status"] == 200 for line in lines))
PYTHON
}

# The first host of the lab's Security Center, by its id.
first_host() {
    python3 -c 'import json; print(json.load(open("/var/lib/gatehouse-lab/ready.json"))["services"]["securityCenter"]["hosts"][0]["id"])'
}

# As a user of this name and these groups: as_user caller gatehouse COMMAND...
as_user() {
    local user=$1 groups=(--clear-groups)
    [[ -z $2 ]] || groups=(--groups "$2")
    shift 2
    id "$user" >/dev/null 2>&1 || useradd --no-create-home "$user"
    setpriv --reuid "$user" --regid "$user" "${groups[@]}" "$@"
}

# The journal of the service since the last start of this boot, as text.
journal() {
    journalctl --sync
    journalctl --quiet --no-pager --unit gatehouse.service --output cat "$@"
}

# Once, before all checks: what the package does when it is installed.
prepare() {
    systemd-sysusers /usr/lib/sysusers.d/gatehouse.conf
    systemd-tmpfiles --create /usr/lib/tmpfiles.d/gatehouse.conf
    systemctl daemon-reload
    systemctl enable --quiet gatehouse.socket gatehouse-admin.socket
}
