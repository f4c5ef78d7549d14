// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab
internal import Testing

@Suite struct SignatureMatcherTests {
    @Test func `the signature is the 68 bytes of the test file`() {
        #expect(SignatureMatcher.eicar.count == 68)
    }
}
