# Gatehouse. SPDX-License-Identifier: Apache-2.0
# What the policy asks systemd, and how it is changed while the daemon runs.
# shellcheck shell=bash

# The policy of the next start or reload: with_policy <<<RULES
with_policy() {
    configure
    printf 'policy:\n' >>/etc/gatehouse/gatehouse.yaml
    cat >>/etc/gatehouse/gatehouse.yaml
}

check_a_rule_that_names_a_unit_matches_the_callers_in_it_alone() {
    systemctl start dbus.service 2>/dev/null || skip "there is no system bus"
    fresh
    with_policy <<<'  - {unit: "allowed-*.service", methods: [ping]}'
    systemctl start gatehouse.service
    systemd-run --quiet --wait --pipe --unit=allowed-1 gatehouse ping
    local refused
    refused=$(systemd-run --quiet --wait --pipe --unit=other gatehouse ping 2>&1) && return 1
    holds "$refused" "the policy does not allow user 0 ping"
    # The connection to the bus ends, and the next caller is as good as the one before.
    local process
    process=$(main_process)
    systemctl restart dbus.service
    systemd-run --quiet --wait --pipe --unit=allowed-2 gatehouse ping
    [[ $(main_process) == "$process" ]]
}

check_a_rule_that_names_a_unit_matches_nobody_without_a_bus() {
    systemctl stop dbus.socket dbus.service 2>/dev/null || :
    fresh
    with_policy <<<'  - {unit: "*", methods: [ping]}'
    local refused
    refused=$(gatehouse ping 2>&1) && return 1
    systemctl start dbus.socket 2>/dev/null || :
    holds "$refused" "the policy does not allow user 0 ping"
    await 5 journal_has "systemd cannot be asked for units"
}

check_a_reload_changes_the_policy_of_the_daemon_that_runs() {
    fresh
    gatehouse ping
    local process
    process=$(main_process)
    with_policy <<<'  - {methods: [status]}'
    systemctl reload gatehouse.service
    await 5 refuses_ping
    gatehouse status >/dev/null
    # A faulty file changes nothing.
    with_policy <<<'  - {methods: [png]}'
    kill -HUP "$process"
    await 5 journal_has "was not reloaded"
    gatehouse status >/dev/null
    is gatehouse.service ActiveState active
    [[ $(main_process) == "$process" ]]
}

refuses_ping() { ! gatehouse ping >/dev/null 2>&1; }
journal_has() { journal | grep -q "$1"; }
