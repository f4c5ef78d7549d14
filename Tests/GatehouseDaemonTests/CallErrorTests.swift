// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseSecurityCenter
import Testing

@testable import GatehouseDaemon

@Suite struct CallErrorTests {
    private let failure = SecurityCenterError(.failed, "HTTP 500", requestMayHaveLeft: true)

    @Test func `what may have taken effect is not retryable, and its hint does not say so either`() {
        let error = APIError(failure, mayRepeat: false)
        #expect(!error.isRetryable && error.outcome == .unknown)
        #expect(error.hint?.contains("before you send it again") == true)
    }

    @Test func `what changes nothing may be tried again`() {
        let error = APIError(failure)
        #expect(error.isRetryable && error.outcome == nil && error.hint == ErrorKind.upstreamFailed.hint)
    }

    @Test(arguments: [false, true])
    func `work that was cut short says whether it may be done twice`(mayRepeat: Bool) {
        let error = APIError(SecurityCenterError(.cancelled, "cut", requestMayHaveLeft: true), mayRepeat: mayRepeat)
        #expect(error.outcome == .unknown && error.isRetryable == mayRepeat)
        #expect((error.hint?.contains("before you send it again") == true) == !mayRepeat)
    }

    @Test func `a daemon without profiles says that it has none`() {
        let error = #expect(throws: APIError.self) { try Profiles(all: [], defaultName: nil).find(nil) }
        #expect(error?.kind == .unknownProfile && error?.hint?.contains("no profiles") == true)
    }
}
