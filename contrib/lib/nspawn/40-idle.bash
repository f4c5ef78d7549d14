# Gatehouse. SPDX-License-Identifier: Apache-2.0
# The daemon ends when nobody needs it, and nobody loses anything by that.
# shellcheck shell=bash

check_an_idle_daemon_ends_with_success_and_the_next_caller_starts_it() {
    fresh
    with_options --exit-on-idle 0.5
    gatehouse ping
    local process
    process=$(main_process)
    await 5 is_inactive
    is gatehouse.service Result success
    is gatehouse.service ExecMainStatus 0
    is gatehouse.socket SubState listening
    [[ -S /run/gatehouse/rpc.sock ]]
    gatehouse ping
    [[ $(main_process) != "$process" ]]
}

check_a_daemon_that_nobody_called_ends_as_well() {
    fresh
    with_options --exit-on-idle 0.5
    systemctl start gatehouse.service
    await 5 is_inactive
    is gatehouse.service Result success
}

check_a_connection_keeps_the_daemon_and_its_end_does_not() {
    fresh
    with_options --exit-on-idle 0.3
    python3 race.py --hold 1.5
    await 5 is_inactive
}

check_an_open_gateway_keeps_the_daemon() {
    fresh
    with_options --exit-on-idle 0.3
    with_lab
    local gateway process
    gateway=$(gatehouse gateway open --agent "$(first_host)")
    process=$(main_process)
    sleep 1.5
    [[ $(main_process) == "$process" ]]
    await 5 status_has "1 gateway open"
    gatehouse gateway close "$gateway"
    await 10 is_inactive
}

check_no_request_is_lost_between_idle_exits_and_activations() {
    fresh
    with_options --exit-on-idle 0.02
    python3 race.py --activations "${activations:?}"
    is gatehouse.socket ActiveState active
    is gatehouse.socket Result success
    is gatehouse.service NRestarts 0
}
