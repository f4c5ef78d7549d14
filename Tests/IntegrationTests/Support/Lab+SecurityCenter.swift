// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire
import Glibc

// The Security Centers that the lab plays (docs/lab.md).
extension Lab {
    /// The id of a host, by its name.
    func host(_ name: String) throws -> String {
        let host = securityCenter["hosts"]?.array?.first { $0["name"] == .string(name) }
        guard let id = host?["id"]?.string else { throw TestFault("the lab has no host \(name)") }
        return id
    }

    /// The instance id of a server, by its name.
    func instance(_ name: String) throws -> String {
        let server = securityCenter["servers"]?.array?.first { $0["name"] == .string(name) }
        guard let id = server?["instanceId"]?.string else { throw TestFault("the lab has no server \(name)") }
        return id
    }

    /// The pin of the certificate that the Security Center shows, or of the one it shows after a change.
    func certificatePin(other: Bool = false) throws -> String {
        guard let pin = securityCenter[other ? "otherPinnedCertificate" : "pinnedCertificate"]?.string else {
            throw TestFault("the lab has no pin")
        }
        return pin
    }

    /// The content of a credential file.
    func credential(_ name: String) throws -> String { try readFile(directory + "/credentials/" + name) }

    /// Replaces the content of a credential file, in one step as whoever renews one does.
    func writeCredential(_ name: String, _ content: String) throws {
        let path = directory + "/credentials/" + name
        let number = Glibc.open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw SystemError.current("open") }
        let file = Descriptor(owning: number)
        let bytes = Array(content.utf8)
        guard write(file.number, bytes, bytes.count) == bytes.count, rename(path + ".new", path) == 0 else {
            throw SystemError.current("write")
        }
    }

    /// What is open on the Security Centers.
    func open() throws -> JSONValue { try JSONValue(parsing: try control("GET", "/ksc")) }

    /// How much of a kind is open.
    ///
    /// Kinds are `sessions`, `gateways`, `connectionLogins`, `gatewayKeys` and more.
    func open(_ kind: String) throws -> Int64 { try open()[kind]?.integer ?? -1 }

    /// Changes something at the Security Centers: `server=north&state=down` and the like.
    func set(_ change: String) throws { _ = try control("POST", "/ksc?" + change) }

    /// The requests to the Security Centers after the first `mark` requests to anything.
    func calls(after mark: Int = 0) throws -> [LabCall] {
        try requests().dropFirst(mark).compactMap(LabCall.init)
    }

    /// What the calls after a mark asked for, in the order of the log.
    func operations(after mark: Int = 0) throws -> [String] { try calls(after: mark).map(\.operation) }
}

/// One request to a Security Center, from the lab's log.
struct LabCall {
    let operation: String
    /// The node that it went to: a server's name or a host's id.
    let target: String
    let status: Int64?
    let outcome: String?
    /// The number of its connection.
    let connection: Int64
    /// The beginning of its session's hash.
    let session: String
    /// How a login presented itself: `KSCBasic` and so on.
    let scheme: String

    init?(_ line: JSONValue) {
        guard line["service"] == "securityCenter", let operation = line["operation"]?.string else { return nil }
        self.operation = operation
        target = line["target"]?.string ?? ""
        status = line["status"]?.integer
        outcome = line["outcome"]?.string
        connection = line["connection"]?.integer ?? -1
        session = line["session"]?.string ?? ""
        scheme = line["scheme"]?.string ?? ""
    }
}
