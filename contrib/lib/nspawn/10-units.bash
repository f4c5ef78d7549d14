# Gatehouse. SPDX-License-Identifier: Apache-2.0
# The units as they stand, and the start by a socket.
# shellcheck shell=bash

check_systemd_finds_nothing_wrong_with_the_units() {
    local options=()
    command -v man >/dev/null || options=(--man=no)
    fresh
    [[ -z $(systemd-analyze verify "${options[@]}" gatehouse.service gatehouse.socket gatehouse-admin.socket 2>&1 | tee /dev/stderr) ]]
}

check_the_examples_of_drop_ins_are_sound() {
    local example
    for example in /opt/gatehouse/examples/*.conf; do
        fresh
        drop_in example <"$example"
        [[ -z $(systemd-analyze verify --man=no gatehouse.service 2>&1 | tee /dev/stderr) ]]
    done
}

check_the_exposure_is_at_most_one_and_a_half() {
    local unit
    fresh
    unit=$(property gatehouse.service FragmentPath)
    echo "figure: $(systemd-analyze security --offline=true --threshold=15 --no-pager "$unit" | tail -n 1)"
    ! systemd-analyze security --offline=true --threshold=1 --no-pager "$unit" >/dev/null
}

check_a_caller_starts_the_daemon() {
    fresh
    is_inactive
    gatehouse ping
    is gatehouse.service ActiveState active
    is gatehouse.service SubState running
}

check_an_administrator_starts_the_daemon_and_both_sockets_are_served() {
    fresh
    gatehouse ping --socket /run/gatehouse-admin/admin.sock
    local process
    process=$(main_process)
    gatehouse ping
    [[ $(main_process) == "$process" ]]
}

check_the_sockets_have_their_modes_and_groups() {
    fresh
    [[ $(stat -c '%U:%G %a' /run/gatehouse/rpc.sock) == 'root:gatehouse 660' ]]
    [[ $(stat -c '%U:%G %a' /run/gatehouse-admin/admin.sock) == 'root:gatehouse-admin 660' ]]
    [[ $(stat -c '%U:%G %a' /run/gatehouse) == 'root:root 755' ]]
}

check_members_of_the_group_are_served_and_others_are_not() {
    fresh
    as_user member gatehouse gatehouse ping
    ! as_user stranger '' gatehouse ping
}

check_the_daemon_has_a_user_of_its_own_and_no_rights() {
    fresh
    is gatehouse.service DynamicUser yes
    gatehouse ping
    local status
    status=/proc/$(main_process)/status
    local user
    user=$(daemon_user)
    ((user == $(id -u gatehoused)))
    grep -q '^CapEff:\s*0*$' "$status"
    grep -q '^NoNewPrivs:\s*1$' "$status"
    grep -q '^Seccomp:\s*2$' "$status"
}

check_without_a_user_in_passwd_the_daemon_gets_one_while_it_runs() {
    fresh
    userdel gatehoused
    gatehouse ping || { systemd-sysusers gatehouse.conf && return 1; }
    local user
    user=$(daemon_user)
    # As the package does when it is installed over one without that user.
    SYSTEMD_NSS_DYNAMIC_BYPASS=1 systemd-sysusers gatehouse.conf
    systemctl restart gatehouse.service
    ((user >= 61184 && user <= 65519))
    ((user != $(daemon_user)))
    ((user != $(getent -s files passwd gatehoused | cut -d : -f 3)))
    [[ $(daemon_user) == "$(getent -s files passwd gatehoused | cut -d : -f 3)" ]]
}

check_there_is_no_dump_of_the_daemon() {
    fresh
    gatehouse ping
    grep -q -E '^Max core file size +0 +0 ' "/proc/$(main_process)/limits"
    # Of a process that may be dumped the files belong to its own user.
    [[ $(stat -c %u "/proc/$(main_process)/environ") == 0 ]]
    is gatehouse.service MemorySwapMax 0
}

check_callers_are_told_apart() {
    fresh
    # The audit says who asked, whether or not the server can be reached.
    as_user member gatehouse gatehouse scan /etc/hostname || :
    as_user other gatehouse gatehouse scan /etc/hostname || :
    local user
    for user in member other; do
        [[ -n $(journal --since "-30s" GATEHOUSE_METHOD=scanFile "GATEHOUSE_PEER_UID=$(id -u "$user")") ]]
    done
}

check_a_daemon_that_cannot_tell_its_callers_apart_serves_none_and_says_why() {
    fresh
    drop_in private <<<$'[Service]\nPrivateUsers=yes'
    local answer code=0
    answer=$(gatehouse ping 2>&1) || code=$?
    ((code == 2))
    holds "$answer" "callers cannot be told apart"
    status_has "cannot serve: /proc/self/uid_map"
    is gatehouse.service ActiveState active
}
