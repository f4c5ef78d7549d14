// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// The tokens of one profile, as they outlive the process.
package struct SavedTokens: Sendable {
    /// One token.
    struct Token: Sendable {
        let access: Secret
        let refresh: Secret?
        let countedFrom: Instant
        let lifetime: Duration
        let isRejected: Bool
        let refreshIsUsable: Bool
        let isUsed: Bool
        let lastUsedAt: Instant?
    }

    var gicar: Token?
    var spe: Token?

    /// Whether there is nothing to save.
    package var isEmpty: Bool { gicar == nil && spe == nil }

    /// Whether both are the same tokens, still good for the same; when they were used does not count.
    package func isSame(as other: SavedTokens) -> Bool {
        func isSame(_ left: Token?, _ right: Token?) -> Bool {
            left?.access === right?.access && left?.refresh === right?.refresh
                && left?.isRejected == right?.isRejected && left?.refreshIsUsable == right?.refreshIsUsable
                && left?.isUsed == right?.isUsed
        }
        return isSame(gicar, other.gicar) && isSame(spe, other.spe)
    }

    /// Writes them into a record.
    package func write(to writer: inout SecretWriter) {
        writer.add(gicar, Self.write)
        writer.add(spe, Self.write)
    }

    private static func write(_ writer: inout SecretWriter, _ token: Token) {
        writer.add(token.access)
        writer.add(token.refresh) { $0.add($1) }
        writer.add(token.countedFrom)
        writer.add(token.lifetime)
        writer.add(token.isRejected)
        writer.add(token.refreshIsUsable)
        writer.add(token.isUsed)
        writer.add(token.lastUsedAt) { $0.add($1) }
    }

    init(gicar: Token?, spe: Token?) {
        self.gicar = gicar
        self.spe = spe
    }

    /// Reads what ``write(to:)`` wrote.
    package init(from reader: inout SecretReader) throws(SecretReader.Fault) {
        gicar = try reader.optional(Self.token)
        spe = try reader.optional(Self.token)
    }

    private static func token(_ reader: inout SecretReader) throws(SecretReader.Fault) -> Token {
        let token = Token(
            access: try reader.secret(),
            refresh: try reader.optional { reader throws(SecretReader.Fault) in try reader.secret() },
            countedFrom: try reader.instant(),
            lifetime: try reader.duration(),
            isRejected: try reader.flag(),
            refreshIsUsable: try reader.flag(),
            isUsed: try reader.flag(),
            lastUsedAt: try reader.optional { reader throws(SecretReader.Fault) in try reader.instant() }
        )
        guard token.lifetime > .zero else { throw SecretReader.Fault() }
        return token
    }
}

extension TokenChain {
    /// What another process needs to go on with the tokens.
    package var saved: SavedTokens { SavedTokens(gicar: gicar.saved, spe: spe.saved) }
}
