# Gatehouse. SPDX-License-Identifier: Apache-2.0
# What a build and a run need, and how to get it.
# shellcheck shell=bash

missing=()

# A program or a pkg-config module that is not there adds its Debian package to the list.
need_program() {
    PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null || missing+=("$2")
}

need_library() {
    pkg-config --exists "$1" 2>/dev/null || missing+=("$2")
}

# Swift 6.3 or later; it is no Debian package, so only the user can get it.
check_swift() {
    local line major minor
    [[ -x ${HOME-}/.local/share/swiftly/bin/swift ]] && PATH="$PATH:$HOME/.local/share/swiftly/bin"
    command -v swift >/dev/null || die "Swift is not installed (no swift in PATH)." \
        "Install Swift 6.3 or later: https://www.swift.org/install/linux/" \
        "A toolchain that was unpacked by hand needs its usr/bin in PATH."
    line=$(swift --version 2>/dev/null) || :
    if [[ ! $line =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]]; then
        die "swift --version does not tell its version." "It is $(command -v swift); does it run?"
    fi
    major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
    if ((major < 6 || major == 6 && minor < 3)); then
        die "Swift 6.3 or later is needed; $(command -v swift) is $major.$minor." \
            "Install a newer one: https://www.swift.org/install/linux/"
    fi
}

# Room for a build; a folder that is already built needs little more.
check_room() {
    local folder=$1 mebibytes=$2 free
    free=$(df -Pm "$folder" | awk 'NR == 2 { print $4 }')
    ((free >= mebibytes)) || die "$folder has $free MiB left; $mebibytes MiB are needed." \
        "Free some, or clone to another disk."
}

# Packages that a build needs.
check_build_packages() {
    missing=()
    need_program pkg-config pkg-config
    need_program git git
    need_program openssl openssl
    need_program python3 python3
    need_library libcurl libcurl4-openssl-dev
    need_library libsystemd libsystemd-dev
    need_library yaml-0.1 libyaml-dev
    need_library libcrypto libssl-dev
    install_missing || give_up_packages
}

# What only tests need: the other validator, a reader of manual pages that complains, real engines.
check_test_packages() {
    missing=()
    # Debian's own Python, whose packages are Debian's.
    /usr/bin/python3 -c 'import jsonschema' 2>/dev/null || missing+=(python3-jsonschema)
    need_program mandoc mandoc
    # An SFTP server and its keys, on a port of its own; the package starts one of its own only under systemd.
    need_program sshd openssh-server
    need_program ssh-keygen openssh-client
    # Real engines, and what they are compared with.
    need_program clamd clamav-daemon
    need_program clamdscan clamdscan
    [[ -d /usr/share/clamav-testfiles ]] || missing+=(clamav-testfiles)
    need_program c-icap c-icap
    compgen -G '/usr/lib/*/c_icap/virus_scan.so' >/dev/null || missing+=(libc-icap-mod-virus-scan)
    install_missing || give_up_packages
}

# What the checks under a booted systemd need; without root they are skipped anyway.
need_systemd() {
    ((EUID == 0)) || return 0
    [[ -x /lib/systemd/systemd ]] || missing+=(systemd)
    need_program systemd-nspawn systemd-container
    need_program dbus-daemon dbus
}

give_up_packages() {
    die "Packages are missing and cannot be installed from here. Paste this line, then run $0 again:" \
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
}

# Gets the listed packages by apt: as root, else through sudo after showing the command. Fails where it cannot.
install_missing() {
    local packages=("${missing[@]}") rights=() command
    ((${#packages[@]})) || return 0
    command -v apt-get >/dev/null || die "These are missing, under the names that Debian gives them: ${packages[*]}" \
        "There is no apt-get here; install them with the package manager of this system."
    if ((EUID != 0)); then
        command -v sudo >/dev/null || return 1
        # Without a terminal nobody could type a password.
        [[ -t 0 ]] || sudo -n true 2>/dev/null || return 1
        rights=(sudo)
    fi
    command=("${rights[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}")
    step "installs what is missing: ${command[*]}"
    local log
    log=$(mktemp)
    if ! "${command[@]}" >"$log" 2>&1; then
        # The lists may be old or empty.
        if ! "${rights[@]}" apt-get update >>"$log" 2>&1 || ! "${command[@]}" >>"$log" 2>&1; then
            tail -n 5 "$log" | sed 's/^/    /' >&2
            rm -f "$log"
            return 1
        fi
    fi
    rm -f "$log"
    missing=()
}

# The path of a program that may be outside an ordinary user's PATH.
path_of() {
    PATH="$PATH:/usr/sbin:/sbin" command -v "$1"
}
