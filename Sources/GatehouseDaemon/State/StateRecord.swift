// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
package import GatehousePlatform
import GatehouseSecurityCenter

/// What of the daemon outlives its process: tokens, and gateways by session.
package struct StateRecord: Sendable {
    /// Tokens or sessions are good for one place alone: `binding` says which, and of another one they are left out.
    package struct Profile: Sendable {
        let name: String
        let binding: String
        let tokens: SavedTokens
    }

    /// When it was made, by the clock that never jumps.
    var savedAt: Instant
    /// When it was made, in seconds since 1970.
    var savedUnixTime: Double
    /// Which run of the machine that was; nil where it is not known.
    var bootID: String?
    /// Whether the process ended in order with it, so that nothing has happened since.
    var isFinal: Bool
    var profiles: [Profile]
    /// What each server's name stands for.
    var servers: [(name: String, binding: String)]
    var gateways: SavedGateways

    /// Whether there is nothing to keep.
    var isEmpty: Bool { profiles.allSatisfy(\.tokens.isEmpty) && gateways.isEmpty }

    /// The format; a change that an earlier daemon would read wrongly counts it up.
    package static let version: UInt16 = 1

    // MARK: Bytes

    /// Writes the record, secrets included.
    package func write(to writer: inout SecretWriter) {
        writer.add(savedAt)
        writer.add(savedUnixTime.bitPattern)
        writer.add(bootID) { $0.add($1) }
        writer.add(isFinal)
        writer.add(profiles) { writer, profile in
            writer.add(profile.name)
            writer.add(profile.binding)
            profile.tokens.write(to: &writer)
        }
        writer.add(servers) { writer, server in
            writer.add(server.name)
            writer.add(server.binding)
        }
        gateways.write(to: &writer)
    }

    /// Reads what ``write(to:)`` wrote, with its times by this process's clock.
    package init(_ bytes: UnsafeRawBufferPointer, now: StateMoment) throws(DroppedState) {
        var reader = SecretReader(bytes)
        do throws(SecretReader.Fault) {
            savedAt = try reader.instant()
            savedUnixTime = Double(bitPattern: try reader.number())
            bootID = try reader.optional { reader throws(SecretReader.Fault) in try reader.text() }
        } catch {
            throw .damaged
        }
        let saved = StateMoment(instant: savedAt, unixTime: savedUnixTime, bootID: bootID)
        guard let shift = now.shift(from: saved) else { throw .clockWentBack }
        reader.shift = shift
        do throws(SecretReader.Fault) {
            isFinal = try reader.flag()
            profiles = try reader.array { reader throws(SecretReader.Fault) in
                Profile(name: try reader.text(), binding: try reader.text(), tokens: try SavedTokens(from: &reader))
            }
            servers = try reader.array { reader throws(SecretReader.Fault) in
                (try reader.text(), try reader.text())
            }
            gateways = try SavedGateways(from: &reader)
        } catch {
            throw .damaged
        }
        guard reader.isAtEnd else { throw .damaged }
    }

    init(
        _ moment: StateMoment,
        isFinal: Bool,
        profiles: [Profile],
        servers: [(name: String, binding: String)],
        gateways: SavedGateways
    ) {
        savedAt = moment.instant
        savedUnixTime = moment.unixTime
        bootID = moment.bootID
        self.isFinal = isFinal
        self.profiles = profiles
        self.servers = servers
        self.gateways = gateways
    }
}
