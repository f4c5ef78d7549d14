// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `--profile` for a command that has no use for it: every command takes it (contract section 6).
struct UnusedProfile: ParsableArguments {
    @Option(help: .hidden)
    var profile: String?
}
