// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

struct SecretTests {
    private struct Holder {
        let name = "holder"
        let secret: Secret
        let list: [Secret]
        let some: Secret?
    }

    private let planted = "hunter2-planted"

    @Test func `no way of printing shows the bytes`() {
        let secret = Secret(planted)
        let holder = Holder(secret: secret, list: [secret], some: secret)
        var texts = [
            "\(secret)", String(describing: secret), String(reflecting: secret), secret.description,
            secret.debugDescription, "\(holder)", String(reflecting: holder), "\([secret])", "\(["a": secret])",
            "\(Optional(secret) as Any)", String(describing: Mirror(reflecting: secret).children.map { "\($0)" }),
        ]
        var dumped = ""
        dump(secret, to: &dumped)
        dump(holder, to: &dumped)
        texts.append(dumped)
        for text in texts {
            #expect(!text.contains("hunter2"))
            #expect(!text.contains("104"), "the first byte as a number")
        }
        #expect("\(secret)" == "<secret>")
        #expect(Mirror(reflecting: secret).children.isEmpty)
    }

    @Test func `the bytes come out by the two named ways and no other`() {
        let secret = Secret(planted)
        #expect(secret.exposed() == planted)
        #expect(secret.withBytes { Array($0) } == Array(planted.utf8))
        #expect(secret.count == planted.utf8.count)
    }

    @Test func `an empty secret is one`() {
        let secret = Secret("")
        #expect(secret.count == 0)
        #expect(secret.exposed().isEmpty)
        #expect(secret.withBytes { $0.isEmpty })
        #expect(secret.isEqual(to: Secret([])))
        #expect(!secret.isEqual(to: Secret([0])))
    }

    @Test func `secrets are equal only when every byte is`() {
        let bytes: [UInt8] = Array(0...255)
        #expect(Secret(bytes).isEqual(to: Secret(bytes)))
        #expect(!Secret(bytes).isEqual(to: Secret(bytes.dropLast())))
        #expect(!Secret(bytes.dropLast()).isEqual(to: Secret(bytes)))
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 0x80
            #expect(!Secret(bytes).isEqual(to: Secret(other)), "byte \(index)")
        }
    }

    @Test func `a text is put together byte for byte, however long its parts are`() {
        var writer = SecretWriter()
        var expected: [UInt8] = []
        // Beyond the memory that it begins with, by a little and by much.
        for length in [0, 1, 4000, 95, 1, 20_000, 3] {
            let part = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7 + length) }
            writer.append(Secret(part))
            expected += part
            writer.append("é\n")
            expected += Array("é\n".utf8)
            writer.append(UInt8(0))
            expected.append(0)
            writer.append(count: 2) { $0.copyBytes(from: [1, 2]) }
            expected += [1, 2]
        }
        #expect(writer.secret.withBytes { Array($0) } == expected)
        #expect(SecretWriter().secret.count == 0)
    }

    @Test func `a change of the source does not change the secret`() {
        var source: [UInt8] = [1, 2, 3]
        let secret = Secret(source)
        source[0] = 9
        #expect(secret.withBytes { Array($0) } == [1, 2, 3])
    }
}
