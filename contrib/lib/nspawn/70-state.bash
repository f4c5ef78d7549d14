# Gatehouse. SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What survives the daemon's process in the manager's descriptor store (docs/state.md).

# Tokens for a scan and an open gateway; the handle is what it prints.
with_state() {
    with_lab
    gatehouse scan --quiet /etc/hostname >/dev/null
    gatehouse gateway open --agent "$(first_host)"
}

# Nobody logs in anew: a scan and a call by the handle that the last process gave out.
goes_on() {
    local tokens=$1 sessions=$2 gateway=$3
    gatehouse scan --quiet /etc/hostname
    gatehouse call --gateway "$gateway" NagRdu.GetCurrentHostState >/dev/null
    [[ $(requests token) == "$tokens" && $(requests Session.StartSession) == "$sessions" ]]
}

check_a_restart_keeps_tokens_and_open_gateways() {
    fresh
    local gateway tokens sessions process
    gateway=$(with_state)
    tokens=$(requests token) sessions=$(requests Session.StartSession) process=$(main_process)
    ((tokens > 0 && sessions > 0))
    systemctl restart gatehouse.service
    [[ $(main_process) != "$process" ]]
    goes_on "$tokens" "$sessions" "$gateway"
    systemctl restart gatehouse.service
    goes_on "$tokens" "$sessions" "$gateway"
    gatehouse gateway close "$gateway"
}

check_a_daemon_that_was_killed_goes_on_with_its_state() {
    fresh
    local gateway tokens sessions
    gateway=$(with_state)
    tokens=$(requests token) sessions=$(requests Session.StartSession)
    ((tokens > 0 && sessions > 0))
    # The record follows a change within a second or so.
    await 5 stored
    sleep 2
    systemctl kill --signal=KILL --kill-who=main gatehouse.service
    await 5 is gatehouse.service NRestarts 1
    goes_on "$tokens" "$sessions" "$gateway"
    gatehouse gateway close "$gateway"
}

stored() { (($(property gatehouse.service NFileDescriptorStore) > 0)); }

systemd_version() { systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p'; }

# systemd before 254 empties the store when a service ends.
check_tokens_survive_the_end_of_an_idle_daemon() {
    (($(systemd_version) >= 254)) || skip "systemd $(systemd_version) keeps no descriptors of a service that has ended"
    fresh
    with_options --exit-on-idle 0.5
    with_lab
    gatehouse scan --quiet /etc/hostname
    local tokens sessions scans process
    tokens=$(requests token) sessions=$(requests authentication) scans=$(requests scanFile) process=$(main_process)
    ((tokens > 0 && sessions > 0 && scans == 1))
    local round
    for round in 1 2 3; do
        await 10 is_inactive
        is gatehouse.service Result success
        stored
        gatehouse scan --quiet /etc/hostname
        [[ $(main_process) != "$process" ]]
        process=$(main_process)
        # Another scan, and nothing else, was asked of the servers.
        [[ $(requests scanFile) == $((1 + round)) && $(requests refresh) == 0 ]]
        [[ $(requests token) == "$tokens" && $(requests authentication) == "$sessions" ]]
    done
}

check_tokens_survive_a_stop_and_a_start() {
    (($(systemd_version) >= 254)) || skip "systemd $(systemd_version) keeps no descriptors of a service that has ended"
    fresh
    with_lab
    gatehouse scan --quiet /etc/hostname
    local tokens
    tokens=$(requests token)
    systemctl stop gatehouse.service
    is_inactive
    gatehouse scan --quiet /etc/hostname
    [[ $(requests token) == "$tokens" && $(requests scanFile) == 2 ]]
    # What is of no more use, an administrator throws away.
    systemctl stop gatehouse.service
    systemctl clean --what=fdstore gatehouse.service
    gatehouse scan --quiet /etc/hostname
    [[ $(requests token) -gt $tokens ]]
}
