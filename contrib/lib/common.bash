# Gatehouse. SPDX-License-Identifier: Apache-2.0
# What contrib/demo and contrib/test share: how they speak, and how they run and end other programs.
# shellcheck shell=bash

# Proxy variables are for package managers; nothing here may send requests for 127.0.0.1 through a proxy.
export no_proxy="127.0.0.1,localhost${no_proxy:+,$no_proxy}"
export NO_PROXY="$no_proxy"

if [[ -t 1 && -z ${NO_COLOR-} && ${TERM-dumb} != dumb ]]; then
    bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' yellow=$'\e[33m' plain=$'\e[0m'
else
    bold='' green='' red='' yellow='' plain=''
fi

# One line about what comes next.
step() { printf '%s==> %s%s\n' "$bold" "$*" "$plain"; }

# One line that must not be overlooked.
notice() { printf '%s    %s%s\n' "$yellow" "$*" "$plain"; }

# Says what to do, and ends.
die() {
    printf '%s%s: %s%s\n' "$red" "${0##*/}" "$1" "$plain" >&2
    shift
    (($# == 0)) || printf '    %s\n' "$@" >&2
    exit 1
}

# Process groups that end with this script; each one's number is that of its first process.
groups=()

# Starts a program in a session of its own, so that a Ctrl-C reaches it through this script alone.
start() {
    setsid "$@" &
    started=$!
    groups+=("$started")
}

# Ends every group that was started: politely, then after three seconds by force.
end_groups() {
    local group waited=0
    ((${#groups[@]})) || return 0
    for group in "${groups[@]}"; do kill -TERM -- "-$group" 2>/dev/null || :; done
    for group in "${groups[@]}"; do
        while kill -0 -- "-$group" 2>/dev/null && ((waited++ < 30)); do sleep 0.1; done
        kill -KILL -- "-$group" 2>/dev/null || :
    done
    wait 2>/dev/null || :
    groups=()
}

# Waits for a program that start() started; gives its exit code.
finish() {
    local code=0 group rest=()
    wait "$1" || code=$?
    for group in "${groups[@]}"; do [[ $group == "$1" ]] || rest+=("$group"); done
    # Whatever it left behind in its session ends with it.
    kill -TERM -- "-$1" 2>/dev/null || :
    groups=("${rest[@]}")
    return "$code"
}

# Until a condition holds, for SECONDS at most, while PROCESS lives.
await() {
    local seconds=$1 process=$2 tries
    shift 2
    for ((tries = seconds * 10; tries > 0; tries--)); do
        ! "$@" || return 0
        kill -0 "$process" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}
