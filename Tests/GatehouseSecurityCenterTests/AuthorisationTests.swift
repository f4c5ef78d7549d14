// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Testing

@testable import GatehouseSecurityCenter

@Suite struct AuthorisationTests {
    @Test(arguments: [
        (59.0, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"),
        (2_000_000_000, "279037"), (20_000_000_000, "353130"),
    ])
    func `one-time passwords are those of RFC 6238's table`(time: Double, code: String) throws {
        // "12345678901234567890" in base32.
        let totp = try #require(TOTP(base32: Secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")))
        #expect(totp.code(unixTime: time)?.exposed() == code)
    }

    @Test(arguments: ["gezd gnbv gy3t qojq gezd gnbv gy3t qojq", "GEZDGNBV-GY3TQOJQ-GEZDGNBV-GY3TQOJQ====\n"])
    func `the secret is taken as apps and files have it`(text: String) throws {
        #expect(try #require(TOTP(base32: Secret(text))).code(unixTime: 59)?.exposed() == "287082")
    }

    @Test(arguments: ["", "====", "0189", "GEZD!", "\u{e9}"])
    func `what is no base32 is no secret`(text: String) {
        #expect(TOTP(base32: Secret(text)) == nil)
    }

    @Test func `an internal account says so, and its name and password go in base64`() throws {
        let header = try Authorisation.basic(PasswordAccount(user: "api", password: Secret("pa\"ss\u{e9}")))
        #expect(header.scheme == "KSCBasic")
        #expect(header.value.exposed() == #"user="YXBp", pass="cGEic3PDqQ==", internal="1""#)
    }

    @Test(arguments: [
        (PasswordAccount.DomainEncoding.plain, #"user="YQ==", pass="Yg==", domain="CORP", internal="0""#),
        (.base64, #"user="YQ==", pass="Yg==", domain="Q09SUA==", internal="0""#),
    ])
    func `a domain goes as it is configured`(encoding: PasswordAccount.DomainEncoding, value: String) throws {
        let account = PasswordAccount(
            user: "a",
            password: Secret("b"),
            isInternal: false,
            domain: "CORP",
            domainEncoding: encoding
        )
        #expect(try Authorisation.basic(account).value.exposed() == value)
    }

    @Test(arguments: ["a\", internal=\"1", "a\r\nX: y", "a\\"])
    func `a domain that would end its quotes is refused`(domain: String) {
        let account = PasswordAccount(user: "a", password: Secret("b"), isInternal: false, domain: domain)
        #expect(throws: SecurityCenterError.self) { try Authorisation.basic(account) }
    }

    @Test func `the other schemes carry what they got`() {
        #expect(Authorisation.gateway(Secret("a+/=")).value.exposed() == "a+/=")
        #expect(Authorisation.gateway(Secret("a")).scheme == "KSCGW")
        #expect(Authorisation.token(.web, Secret("t")).scheme == "KSCWT")
        #expect(Authorisation.token(.oneTime, Secret("t")).scheme == "KSCT")
        #expect(Authorisation.secondStep(Secret("123456")).value.exposed() == #"totp="123456""#)
        #expect(Authorisation.secondStep(Secret("123456")).scheme == "KSCMFA")
        guard case .secret(let prefix, _) = Authorisation.gateway(Secret("a")).header.value else {
            Issue.record("the key is not a secret value")
            return
        }
        #expect(prefix == "KSCGW ")
    }
}
