// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// Checks what the configuration of every upstream has: its name, its addresses, and how it is reached and trusted.
struct UpstreamBuilder {
    let value: JSONValue
    let steps: [String]

    static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || [0x2D, 0x2E, 0x5F].contains($0)
            }
    }

    func address(
        _ text: String,
        _ steps: [String],
        scheme: String = "https",
        _ source: inout ConfigurationSource
    ) -> String? {
        do {
            return try WebAddress(text, scheme: scheme).text
        } catch {
            source.refuse(steps, error.message)
            return nil
        }
    }

    func proxy(_ source: inout ConfigurationSource) -> String? {
        guard let text = value["proxy"]?.string, !text.isEmpty else { return nil }
        return address(text, steps + ["proxy"], scheme: "http", &source)
    }

    func trust(_ source: inout ConfigurationSource) -> TrustConfiguration? {
        guard let tls = value["tls"] else { return .system }
        guard let members = tls.object?.members, members.count == 1, let text = members[0].value.string else {
            return nil
        }
        switch members[0].name {
        case "caFile": return authorities(text, &source)
        case "pinnedPublicKey": return SHA256Pin(text).map { .publicKey($0) }
        case "pinnedCertificate": return SHA256Pin(text).map { .certificate($0) }
        default: return nil
        }
    }

    private func authorities(_ file: String, _ source: inout ConfigurationSource) -> TrustConfiguration? {
        do {
            // A bundle of all the world's authorities is a few hundred KiB; each connection has a copy.
            let pem = try SmallFile.read(file, limit: 4 << 20) { bytes, _ in Array(bytes) }
            if String(decoding: pem, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----") {
                return .certificateAuthorities(pem: pem)
            }
            source.refuse(steps + ["tls", "caFile"], "the file holds no certificate in PEM form")
        } catch {
            source.refuse(steps + ["tls", "caFile"], "the file cannot be read: \(error.reason)")
        }
        return nil
    }
}
