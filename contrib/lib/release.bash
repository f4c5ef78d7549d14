# Gatehouse. SPDX-License-Identifier: Apache-2.0
# How the programs are built that people install, and that the benchmarks measure.
# shellcheck shell=bash

# Sets `options` for `swift build` with that scratch folder. Swift's libraries go into the programs; Debian has no packages of
# them. So does what these need of the C++ library, which would cost a millisecond at each start: the linker takes it from the
# first folder that has one.
release_options() {
    local scratch=$1 archive
    options=(-c release --static-swift-stdlib --scratch-path "$scratch" --disable-local-rpath
        -Xlinker -z -Xlinker relro -Xlinker -z -Xlinker now -Xlinker --as-needed)
    archive=$(find /usr/lib/gcc -name libstdc++.a 2>/dev/null | sort -V | tail -n 1)
    [[ -n $archive ]] || return 0
    mkdir -p "$scratch/static" && ln -sf "$archive" "$scratch/static/libstdc++.a"
    options+=(-Xlinker "-L$PWD/$scratch/static")
}
