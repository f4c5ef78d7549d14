# Gatehouse. SPDX-License-Identifier: Apache-2.0
# What the policy asks systemd, and how it is changed while the daemon runs.
# shellcheck shell=bash

# The policy of the next start or reload: with_policy <<<RULES
with_policy() {
    configure
    printf 'policy:\n' >>/etc/gatehouse/gatehouse.yaml
    cat >>/etc/gatehouse/gatehouse.yaml
}

# The bus hears nobody whose user it cannot look up: a dynamic one takes libnss-systemd, which an installed Debian has
# in its nsswitch.conf.
with_bus() {
    compgen -G '/usr/lib/*/libnss_systemd.so.2' >/dev/null || skip "there is no libnss-systemd"
    sed -i -E '/^(passwd|group):/{/systemd/!s/$/ systemd/}' /etc/nsswitch.conf
    systemctl restart dbus.service 2>/dev/null || skip "there is no system bus"
}

# Whether the bus answers the daemon's user at all.
hears_daemon() {
    local user
    user=$(daemon_user)
    setpriv --reuid "$user" --regid "$user" --clear-groups busctl --quiet call org.freedesktop.systemd1 \
        /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager GetUnitByPID u 1
}

check_a_rule_that_names_a_unit_matches_the_callers_in_it_alone() {
    with_bus
    fresh
    with_policy <<<'  - {unit: "allowed-*.service", methods: [ping]}'
    systemctl start gatehouse.service
    hears_daemon || skip "the bus of this container does not hear the daemon's dynamic user"
    systemd-run --quiet --wait --pipe --unit=allowed-1 gatehouse ping
    local refused
    refused=$(systemd-run --quiet --wait --pipe --unit=other gatehouse ping 2>&1) && return 1
    holds "$refused" "the policy does not allow user 0 ping"
}

check_a_rule_that_names_a_unit_matches_nobody_without_a_bus() {
    systemctl stop dbus.socket dbus.service 2>/dev/null || :
    fresh
    with_policy <<<'  - {unit: "*", methods: [ping]}'
    local refused
    refused=$(gatehouse ping 2>&1) && return 1
    systemctl start dbus.socket 2>/dev/null || :
    holds "$refused" "the policy does not allow user 0 ping"
}

check_a_reload_changes_the_policy_of_the_daemon_that_runs() {
    fresh
    gatehouse ping
    local process
    process=$(main_process)
    with_policy <<<'  - {methods: [status]}'
    kill -HUP "$process"
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
