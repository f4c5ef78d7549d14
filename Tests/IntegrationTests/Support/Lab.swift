// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire
import Glibc

/// A running `gatehouse-lab` with a folder of its own.
final class Lab: Sendable {
    let directory: String
    let configuration: String
    let program: ChildProgram
    private let controlPort: UInt16
    /// What the ready line says of the Security Centers: address, accounts, servers, hosts.
    let securityCenter: JSONValue

    /// Starts a lab and waits for its ready line.
    init(in directory: String, _ options: [String] = []) throws {
        self.directory = directory
        // Sanitizer builds leave the lab out and name one that is already built.
        let path = getenv("GATEHOUSE_LAB").map { String(cString: $0) } ?? ChildProgram.builtPrograms + "/gatehouse-lab"
        program = try ChildProgram(path, ["--directory", directory] + options, errorLog: directory + ".log")
        let line = program.readLine() ?? ""
        guard let ready = try? JSONValue(parsing: line), let configuration = ready["configuration"]?.string,
            let control = ready["services"]?["control"]?["url"]?.string,
            let port = control.split(separator: ":").last.flatMap({ UInt16($0) })
        else { throw TestFault("the lab did not start: \(line) \(program.errors)") }
        self.configuration = configuration
        securityCenter = ready["services"]?["securityCenter"] ?? .null
        controlPort = port
    }

    /// Puts a fault in force.
    func fault(_ specification: String) throws { _ = try control("POST", "/fault", specification) }

    /// Ends all faults.
    func clearFaults() throws { _ = try control("DELETE", "/fault") }

    /// Revokes all tokens of a kind: `access`, `refresh` or `gicar`.
    func revoke(_ token: String) throws { _ = try control("POST", "/revoke?token=\(token)") }

    /// The requests that were logged so far, oldest first.
    func requests() throws -> [JSONValue] { try requests(after: 0).requests }

    /// The requests that were logged after so many bytes of the log, and where its last whole line ends.
    func requests(after offset: Int) throws -> (requests: [JSONValue], end: Int) {
        let bytes = Array(try readFile(directory + "/requests.jsonl").utf8)
        let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? offset
        let lines = bytes[min(offset, end)..<end].split(separator: UInt8(ascii: "\n"))
        return (try lines.map { try JSONValue(parsing: String(decoding: $0, as: UTF8.self)) }, end)
    }

    /// How many requests of an operation were logged.
    func count(_ operation: String) throws -> Int {
        try requests().filter { $0["operation"] == .string(operation) }.count
    }

    /// The secrets of the lab's accounts.
    func secrets() throws -> [String] {
        try entries(of: directory + "/credentials").map { try readFile(directory + "/credentials/" + $0) }
    }

    /// Asks the control port; returns the answer's body.
    func control(_ method: String, _ target: String, _ body: String = "") throws -> String {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError.current("socket") }
        let connection = Descriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = controlPort.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw SystemError.current("connect") }
        let head =
            "\(method) \(target) HTTP/1.1\r\nHost: lab\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        let request = Array((head + body).utf8)
        guard write(connection.number, request, request.count) == request.count else {
            throw SystemError.current("write")
        }
        var reply: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = read(connection.number, &chunk, chunk.count), count > 0 { reply += chunk.prefix(count) }
        let text = String(decoding: reply, as: UTF8.self)
        guard text.hasPrefix("HTTP/1.1 2") else { throw TestFault("the lab answered \(target): \(text)") }
        guard let end = text.firstRange(of: "\r\n\r\n") else { throw TestFault("half an answer: \(text)") }
        return String(text[end.upperBound...])
    }
}

/// What a test could not set up.
struct TestFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
