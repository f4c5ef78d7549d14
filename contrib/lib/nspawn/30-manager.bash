# Gatehouse. SPDX-License-Identifier: Apache-2.0
# What the daemon tells systemd, and what systemd does to it.
# shellcheck shell=bash

check_the_status_follows_what_goes_on() {
    fresh
    gatehouse ping
    # A connection that stays open, by a caller that says nothing.
    exec {caller}<> >(exec python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect("/run/gatehouse/rpc.sock")
sys.stdin.read()')
    await 5 status_is "1 connection, 0 requests in flight, 0 gateways open"
    exec {caller}>&-
    await 5 status_is "0 connections, 0 requests in flight, 0 gateways open"
}

check_the_journal_has_what_the_daemon_writes() {
    fresh
    gatehouse scan /etc/hostname || :
    holds "$(journal --since -20s)" "scanFile"
}

check_a_restart_serves_again_with_another_process() {
    fresh
    gatehouse ping
    local process
    process=$(main_process)
    systemctl restart gatehouse.service
    gatehouse ping
    [[ $(main_process) != "$process" ]]
    is gatehouse.service Result success
}

check_stopping_the_service_leaves_the_sockets_and_a_caller_starts_it_again() {
    fresh
    gatehouse ping
    systemctl stop gatehouse.service
    is gatehouse.service Result success
    is gatehouse.socket ActiveState active
    gatehouse ping
}

check_stopping_the_socket_removes_its_path() {
    fresh
    gatehouse ping
    systemctl stop gatehouse.socket gatehouse.service
    [[ ! -e /run/gatehouse/rpc.sock ]]
    systemctl start gatehouse.socket
    gatehouse ping
}

check_a_daemon_that_is_stopped_is_given_the_time_to_answer_what_it_accepted() {
    fresh
    with_lab --fault scanFile:latency=3000
    drop_in stop <<<$'[Service]\nTimeoutStopSec=1s'
    gatehouse scan /etc/hostname >/tmp/answer 2>&1 &
    local caller=$!
    await 10 status_has "1 request in flight"
    systemctl stop gatehouse.service
    wait "$caller" || { cat /tmp/answer && return 1; }
    is gatehouse.service Result success
}

check_a_loop_that_is_stuck_is_killed_and_the_daemon_starts_again() {
    fresh
    drop_in watchdog <<<$'[Service]\nWatchdogSec=1s'
    gatehouse ping
    local process
    process=$(main_process)
    # It is fed for longer than the interval first.
    sleep 2.5
    [[ $(main_process) == "$process" ]]
    kill -STOP "$process"
    await 10 is gatehouse.service NRestarts 1
    await 10 is gatehouse.service ActiveState active
    holds "$(journalctl --no-pager --unit gatehouse.service --since -15s)" "Watchdog timeout"
    gatehouse ping
    [[ $(main_process) != "$process" ]]
}

# The states of the threads of a process but the first: S sleeps, t is stopped by a tracer.
other_threads() {
    local task
    for task in /proc/"$1"/task/*; do
        [[ ${task##*/} == "$1" ]] || sed -n 's/^State:\t\(.\).*/\1/p' "$task/status"
    done | sort -u | tr -d '\n'
}

check_a_loop_that_is_stuck_while_other_threads_live_is_killed() {
    python3 -c 'import ctypes' 2>/dev/null || skip "python3 has no ctypes"
    fresh
    drop_in watchdog <<<$'[Service]\nWatchdogSec=2s'
    gatehouse ping
    gatehouse scan /etc/hostname >/dev/null 2>&1 || :
    local process tracer
    process=$(main_process)
    python3 stop-thread.py "$process" >/tmp/tracer 2>&1 &
    tracer=$!
    await 5 grep -q . /tmp/tracer
    grep -q '^stopped' /tmp/tracer || skip "$(tail -n 1 /tmp/tracer)"
    # The loop's thread alone is stopped.
    grep -q '^State:.t ' "/proc/$process/task/$process/status"
    [[ $(other_threads "$process") == S ]]
    await 15 is gatehouse.service NRestarts 1
    wait "$tracer"
    grep -q '^ended by signal 9' /tmp/tracer
    holds "$(journalctl --no-pager --unit gatehouse.service --since -20s)" "Watchdog timeout"
    gatehouse ping
}

check_no_scan_is_lost_and_each_verdict_is_right_over_restarts_under_load() {
    fresh
    with_lab
    local output answered
    output=$(python3 load.py --restarts "${restarts:-5}")
    grep '^figure' <<<"$output"
    answered=$(sed -n 's/^scans //p' <<<"$output")
    # Whoever was told stopping may have been scanned all the same.
    ((answered >= 300 && $(requests scanFile) >= answered))
    is gatehouse.service NRestarts 0
    is gatehouse.service Result success
}

check_a_daemon_that_was_killed_is_there_again() {
    fresh
    gatehouse ping
    kill -KILL "$(main_process)"
    gatehouse ping --timeout 10
    is gatehouse.service NRestarts 1
}
