// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Testing

@Suite struct ProgramTests {
    @Test(.enabled(if: BuiltLab.canBeTried), .timeLimit(.minutes(2)))
    func `the built program keeps to HTTP, to its folder, and to what clamd said`() {
        #expect(BuiltLab.run("program_checks.py") == 0)
    }
}
