// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension ManagedHost {
    /// The host's short name, in the characters that a name on the network may have.
    var networkName: String {
        let isPlain = displayName.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D: true
            default: false
            }
        }
        return isPlain ? displayName.lowercased() : "host-\(number)"
    }

    /// The attributes that the server knows, in the form that they have inside of a container.
    func attributes(at now: LabInstant) -> JSONValue {
        let isOn = behaviour != .off
        let seen = isOn ? now : now.advanced(bySeconds: -9 * 86_400)
        // The bytes of the address stand in the order of the network, read as a little-endian number.
        let address = 10 + (20 << 8) + ((number >> 8 & 0xFF) << 16) + ((number & 0xFF) << 24)
        return [
            "KLHST_WKS_HOSTNAME": .string(id),
            "KLHST_WKS_DN": .string(displayName),
            "KLHST_WKS_FQDN": .string(networkName + ".corp.example"),
            "KLHST_WKS_DNSNAME": .string(networkName),
            "KLHST_WKS_DNSDOMAIN": "corp.example",
            "KLHST_WKS_WINHOSTNAME": .string(String(networkName.prefix(15))),
            "KLHST_WKS_WINDOMAIN": "CORP",
            "KLHST_WKS_IP_LONG": .long(address),
            "KLHST_WKS_GROUPID": 0,
            "name": "Managed devices",
            "KLHST_INSTANCEID": .string(ByteCoding.uuid(Array(SHA1.hash(Array(id.utf8)).prefix(16)))),
            "KLHST_WKS_STATUS": .integer(isOn ? 1 + 2 + 4 + 8 + 16 : 2 + 4 + 16),
            "KLHST_WKS_STATUS_ID": .integer(isOn ? number % 3 : 1),
            "KLHST_WKS_NAG_VERSION": "15.1.0.20748",
            "KLHST_WKS_OS_NAME": .string(number.isMultiple(of: 2) ? "Debian GNU/Linux 12" : "Microsoft Windows 11"),
            "KLHST_WKS_LAST_VISIBLE": .dateTime(seen),
            "KLHST_WKS_LAST_NAGENT_CONNECTED": .dateTime(seen.advanced(bySeconds: -60)),
        ]
    }
}

extension JSONValue {
    /// The members with these names that an object has, in the order of the names.
    func members(named names: [String]) -> JSONValue {
        .object(names.compactMap { name in self[name].map { Member(name: name, value: $0) } })
    }
}
