// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The path of a file on a Security Center: under `/FTDR/` to be fetched, under `/FTUR/` to be put there.
package struct FileAddress: Hashable, Sendable {
    /// Which way the bytes go.
    package enum Direction: String, Sendable {
        /// From the server.
        case download = "/FTDR/"
        /// To the server.
        case upload = "/FTUR/"
    }

    /// The path, without scheme and host.
    package let path: String

    /// Takes what a method returned: a path, or an address of the same server.
    ///
    /// `origin` is the server's `https://host:port`. Throws `foreignAddress` for anything that is not plainly a name
    /// under the folder for that direction: another server, another folder, `..`, a query, an escaped sign.
    package init(_ text: String, _ direction: Direction, origin: String) throws(SecurityCenterError) {
        let path = text.hasPrefix(origin + "/") ? String(text.dropFirst(origin.count)) : text
        let name = path.utf8.dropFirst(direction.rawValue.utf8.count)
        let isPlain = name.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "-_.~/{}".utf8.contains(byte)
            }
        }
        let parts = name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isName = parts.allSatisfy { part in
            !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
        }
        guard path.utf8.starts(with: direction.rawValue.utf8), isPlain, isName, name.count <= 1024 else {
            throw SecurityCenterError(.foreignAddress, "the address does not lead to this server's files")
        }
        self.path = path
    }
}

/// A file of an agent's list: quarantined, backed up, or not processed yet.
package struct ListItem: Hashable, Sendable {
    /// `Quarantine`, `Backup` or `TIF`.
    package var list: String
    /// The item's id.
    package var id: String
    /// The product and its version, where the list is not the agent's own.
    package var product: (name: String, version: String)?
    /// Whether it stays packed as it is stored.
    package var isPacked: Bool

    /// Names an item.
    package init(list: String, id: String, product: (name: String, version: String)? = nil, isPacked: Bool = false) {
        self.list = list
        self.id = id
        self.product = product
        self.isPacked = isPacked
    }

    package static func == (left: ListItem, right: ListItem) -> Bool {
        left.list == right.list && left.id == right.id && left.isPacked == right.isPacked
            && left.product?.name == right.product?.name && left.product?.version == right.product?.version
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(list)
        hasher.combine(id)
        hasher.combine(product?.name)
        hasher.combine(product?.version)
    }
}

/// Where a file comes from.
package enum FileSource: Hashable, Sendable {
    /// What `NagRdu.GetUrlToDownloadFileFromHost` returned.
    case address(String)
    /// An item of a list.
    case listItem(ListItem)
}
