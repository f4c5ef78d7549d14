// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// Where a configuration names credentials, also in one that cannot be used for another reason.
enum CredentialKeys {
    private static let profile = [
        ["clientSecret"], ["apiClientId"], ["dropOff", "sftp", "password"], ["dropOff", "sftp", "privateKey"],
    ]
    private static let server = ["password", "totp", "webToken", "oneTimeToken"].map { ["account", $0] }

    /// The names as they stand there, with the way to each.
    static func named(in root: JSONValue) -> [(name: String, steps: [String])] {
        [("profiles", profile), ("servers", server)].flatMap { section, keys in
            (root[section]?.object?.members ?? []).flatMap { name, value in
                keys.compactMap { key in
                    let found = key.reduce(value) { value, step in value?[step] }?.string
                    return found.map { ($0, [section, name] + key) }
                }
            }
        }
    }
}
