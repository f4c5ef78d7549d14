// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import GatehouseWire

/// The gateways and upstream sessions of a pool, as they outlive the process.
///
/// A gateway by connection does not: what is saved of it is that there was one, so that its owner hears that it is gone.
package struct SavedGateways: Sendable {
    /// One upstream session.
    struct Session: Sendable {
        let server: String
        let route: Route
        let owner: UInt32
        /// By connection: nothing of it can be used again.
        let isConnection: Bool
        /// The server's id for it; nil where it is not open.
        let id: Secret?
        let generation: UInt64
        let locations: [JSONValue]
        let openedAt: Instant?
        let lastContact: Instant?
        let keptUntil: Instant?
    }

    /// One gateway.
    struct Gateway: Sendable {
        let handle: GatewayHandle
        /// Which of the sessions.
        let session: Int
        let openedAt: Instant
        let lastUse: Instant
        let idleTimeout: Duration
    }

    var sessions: [Session] = []
    /// The oldest first.
    var gateways: [Gateway] = []

    /// Nothing.
    package init() {}

    /// Whether there is nothing to save.
    package var isEmpty: Bool { sessions.isEmpty && gateways.isEmpty }

    /// How many gateways there are.
    package var gatewayCount: Int { gateways.count }

    /// Leaves out what leads to a server for which `isWanted` is false; returns the names of those servers.
    package mutating func keep(servers isWanted: (String) -> Bool) -> [String] {
        let unwanted = Set(sessions.map(\.server).filter { !isWanted($0) })
        guard !unwanted.isEmpty else { return [] }
        var places: [Int: Int] = [:]
        var kept: [Session] = []
        for (index, session) in sessions.enumerated() where !unwanted.contains(session.server) {
            places[index] = kept.count
            kept.append(session)
        }
        gateways = gateways.compactMap { gateway in
            places[gateway.session].map { place in
                Gateway(
                    handle: gateway.handle,
                    session: place,
                    openedAt: gateway.openedAt,
                    lastUse: gateway.lastUse,
                    idleTimeout: gateway.idleTimeout
                )
            }
        }
        sessions = kept
        return unwanted.sorted()
    }

    // MARK: Records

    /// Writes them into a record.
    package func write(to writer: inout SecretWriter) {
        writer.add(sessions) { writer, session in
            writer.add(session.server)
            writer.add(session.route.nodes) { $1.write(to: &$0) }
            writer.add(session.owner)
            writer.add(session.isConnection)
            writer.add(session.id) { $0.add($1) }
            writer.add(session.generation)
            writer.add(session.locations) { $0.add(JSONText($1).bytes) }
            for instant in [session.openedAt, session.lastContact, session.keptUntil] {
                writer.add(instant) { $0.add($1) }
            }
        }
        writer.add(gateways) { writer, gateway in
            writer.add(gateway.handle.text)
            writer.add(UInt32(clamping: gateway.session))
            writer.add(gateway.openedAt)
            writer.add(gateway.lastUse)
            writer.add(gateway.idleTimeout)
        }
    }

    /// Reads what ``write(to:)`` wrote.
    package init(from reader: inout SecretReader) throws(SecretReader.Fault) {
        sessions = try reader.array(Self.session)
        gateways = try reader.array(Self.gateway)
        let handles = Set(gateways.map(\.handle))
        guard handles.count == gateways.count, gateways.allSatisfy({ sessions.indices.contains($0.session) }) else {
            throw SecretReader.Fault()
        }
    }

    private static func session(_ reader: inout SecretReader) throws(SecretReader.Fault) -> Session {
        let server = try reader.text()
        let nodes = try reader.array { reader throws(SecretReader.Fault) in try Route.Node(from: &reader) }
        guard let route = try? Route(nodes) else { throw SecretReader.Fault() }
        return Session(
            server: server,
            route: route,
            owner: try reader.number(),
            isConnection: try reader.flag(),
            id: try reader.optional { reader throws(SecretReader.Fault) in try reader.secret() },
            generation: try reader.number(),
            locations: try reader.array { reader throws(SecretReader.Fault) in try json(&reader) },
            openedAt: try reader.optional { reader throws(SecretReader.Fault) in try reader.instant() },
            lastContact: try reader.optional { reader throws(SecretReader.Fault) in try reader.instant() },
            keptUntil: try reader.optional { reader throws(SecretReader.Fault) in try reader.instant() }
        )
    }

    private static func gateway(_ reader: inout SecretReader) throws(SecretReader.Fault) -> Gateway {
        Gateway(
            handle: GatewayHandle(try reader.text()),
            session: Int(try reader.number(UInt32.self)),
            openedAt: try reader.instant(),
            lastUse: try reader.instant(),
            idleTimeout: try reader.duration()
        )
    }

    fileprivate static func json(_ reader: inout SecretReader) throws(SecretReader.Fault) -> JSONValue {
        let bytes = try reader.bytes()
        guard let value = try? JSONValue(parsing: bytes) else { throw SecretReader.Fault() }
        return value
    }
}

extension Route.Node {
    fileprivate func write(to writer: inout SecretWriter) {
        switch self {
        case .secondary(let id):
            writer.add(UInt8(1))
            writer.add(id)
        case .secondaryInstance(let id):
            writer.add(UInt8(2))
            writer.add(id)
        case .agent(let id):
            writer.add(UInt8(3))
            writer.add(id)
        case .component(let product, let version, let name):
            writer.add(UInt8(4))
            for text in [product, version, name] { writer.add(text) }
        case .location(let location):
            writer.add(UInt8(5))
            writer.add(location.text)
        }
    }

    fileprivate init(from reader: inout SecretReader) throws(SecretReader.Fault) {
        switch try reader.number(UInt8.self) {
        case 1: self = .secondary(try reader.number())
        case 2: self = .secondaryInstance(try reader.text())
        case 3: self = .agent(try reader.text())
        case 4: self = .component(product: try reader.text(), version: try reader.text(), name: try reader.text())
        case 5: self = .location(Route.RawLocation(try SavedGateways.json(&reader)))
        default: throw SecretReader.Fault()
        }
    }
}
