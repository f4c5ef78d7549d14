// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Testing

@Suite struct SecurityCenterClientTests {
    @Test(.enabled(if: BuiltLab.canBeTried), .timeLimit(.minutes(2)))
    func `a client that behaves like the vendor's is satisfied with the built program`() {
        #expect(BuiltLab.run("security_center_client.py") == 0)
    }
}
