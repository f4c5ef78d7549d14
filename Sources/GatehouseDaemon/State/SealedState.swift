// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
package import GatehouseTransfer

/// A state record as it leaves the process: a head in clear, then what the credentials' key has sealed.
///
/// The head is 8 bytes of magic, the version in 2 and the generation in 8, and is sealed with the rest: none of it can be
/// changed unnoticed.
package enum SealedState {
    private static let magic = Array("GHSTATE\n".utf8)
    private static let headBytes = 18

    /// Seals a record; nil when libcrypto failed.
    package static func seal(_ record: StateRecord, generation: UInt64, _ key: SealingKey) -> [UInt8]? {
        var writer = SecretWriter()
        record.write(to: &writer)
        let head = head(StateRecord.version, generation)
        return writer.withBytes { key.seal($0, associated: head) }.map { head + $0 }
    }

    /// Opens what ``seal(_:generation:_:)`` made.
    package static func open(_ bytes: [UInt8], _ key: SealingKey, now: StateMoment) throws(DroppedState) -> StateRecord
    {
        guard bytes.starts(with: magic.prefix(bytes.count)), !bytes.isEmpty else { throw .foreign }
        guard bytes.count >= headBytes else { throw .cutShort }
        let version = UInt16(bytes[8]) << 8 | UInt16(bytes[9])
        guard version == StateRecord.version else { throw .otherVersion(version) }
        let plain: Secret
        do throws(SealingKey.Fault) {
            plain = try key.open(bytes[headBytes...], associated: Array(bytes[..<headBytes]))
        } catch {
            switch error {
            case .otherKey: throw .otherCredentials
            case .cutShort: throw .cutShort
            case .damaged, .failed: throw .damaged
            }
        }
        return try plain.withBytes { bytes throws(DroppedState) in try StateRecord(bytes, now: now) }
    }

    /// The generation that a record says it is of; nil where it says nothing.
    package static func generation(of bytes: [UInt8]) -> UInt64? {
        guard bytes.count >= headBytes, bytes.starts(with: magic) else { return nil }
        return bytes[10..<18].reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func head(_ version: UInt16, _ generation: UInt64) -> [UInt8] {
        magic + withUnsafeBytes(of: version.bigEndian) { Array($0) }
            + withUnsafeBytes(of: generation.bigEndian) { Array($0) }
    }
}
