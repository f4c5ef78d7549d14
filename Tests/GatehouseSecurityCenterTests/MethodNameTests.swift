// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseSecurityCenter
import Testing

@Suite struct MethodNameTests {
    private func code(_ text: String) -> SecurityCenterError.Code? {
        do {
            _ = try MethodName(caller: text)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(arguments: [
        "HostGroup.FindHosts", "NagHstCtl.GetHostRuntimeInfo", "HostsTags.ListTags.GetAllTags", "a.b", "A1.B2.C3",
        "Sessions.Get", "MySession.Get", "NagRemoteScreen.OpenSession", "LoginEvents.List",
    ])
    func `a method of two or three parts is taken`(name: String) throws {
        #expect(try MethodName(caller: name).text == name)
    }

    @Test(arguments: [
        "", "A", "A.", ".A", "A..B", "A.B.C.D", "1A.B", "A.1B", "A.B-C", "A.B ", " A.B", "A.B\n", "A.B/C", "A.B?c=d",
        "A.B%2e", "Ä.B", "A.B\u{212A}", "A.B\0", "../A.B", String(repeating: "A", count: 255) + ".B",
    ])
    func `anything else is no method`(name: String) {
        #expect(code(name) == .invalidMethod)
    }

    @Test(arguments: [
        "Session.EndSession", "session.endsession", "SESSION.Ping", "X.Session.EndSession", "x.sEsSiOn.Ping",
        "GatewayConnection.PrepareGatewayConnection", "gatewayconnection.x", "I.GatewayConnection.X", "login", "Login",
        "A.login", "A.LOGIN", "login.A", "Session", "A.B.login", "Session.A.B", "/login.Session",
    ])
    func `the daemon's own classes are refused in any spelling`(name: String) {
        #expect(code(name) == .reservedMethod)
    }
}
