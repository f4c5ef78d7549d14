// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import Foundation
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseTransfer
import GatehouseWire
import Testing

/// A pool in front of a running lab, which is the program that `GATEHOUSE_LAB` names; both end with it.
final class LabScene: Sendable {
    static var isAvailable: Bool { ProcessInfo.processInfo.environment["GATEHOUSE_LAB"] != nil }

    let ready: JSONValue
    let loop: EventLoop
    let pool: GatewayPool
    let readers: ReaderThreads
    private let directory: String
    private let process: Int32
    private let input: Pipe

    init(account name: String = "api", sessionLifetime: Duration = .seconds(180)) throws {
        directory = "/tmp/gatehouse-ksc-\(UInt64.random(in: 0...UInt64.max))"
        let program = Process()
        program.executableURL = URL(fileURLWithPath: ProcessInfo.processInfo.environment["GATEHOUSE_LAB"] ?? "")
        program.arguments = ["--directory", directory]
        let output = Pipe()
        input = Pipe()
        program.standardOutput = output
        program.standardInput = input
        try program.run()
        process = program.processIdentifier
        var line: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 10 { line.append(byte) }
        let ready = try JSONValue(parsing: line)
        self.ready = ready
        var profile = try Self.profile(ready, name)
        profile.sessionLifetime = sessionLifetime
        let server = profile
        let loop = try EventLoop()
        self.loop = loop
        let engine = try TransferEngine()
        readers = try ReaderThreads()
        let spawner = TaskSpawner { body in
            let task = Task { await body() }
            return TaskSpawner.Running { task.cancel() }
        }
        pool = GatewayPool(loop: loop, spawner: spawner, servers: [server]) { _ in
            CurlTransport(engine)
        }
        try GatehousePlatform.Thread.start("loop") { loop.run() }
    }

    deinit {
        kill(process, SIGKILL)
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static func profile(_ ready: JSONValue, _ name: String) throws -> SecurityCenterProfile {
        let center = try #require(ready["services"]?["securityCenter"])
        func read(_ path: String?) throws -> Secret {
            Secret(Array(try Data(contentsOf: URL(fileURLWithPath: path ?? ""))))
        }
        let pin = try #require(center["pinnedCertificate"]?.string?.dropFirst(7))
        let digits = Array(pin.utf8)
        let digest = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)
        }
        let account: SecurityCenterAccount
        if name == "web" {
            let token = try read(center["webTokenFile"]?.string)
            account = .token(.web) { token }
        } else {
            let entry = try #require(center["accounts"]?.array?.first { $0["user"]?.string == name })
            account = .password(
                PasswordAccount(
                    user: name,
                    password: try read(entry["passwordFile"]?.string),
                    isInternal: entry["internal"]?.bool ?? true,
                    domain: entry["domain"]?.string ?? "",
                    totp: try entry["totpFile"]?.string.map { try read($0) }
                )
            )
        }
        return SecurityCenterProfile(
            name: "main",
            url: try #require(center["url"]?.string),
            account: account,
            trust: .certificate(sha256: digest)
        )
    }

    /// The id of a host by its name.
    func host(_ name: String) throws -> String {
        let hosts = ready["services"]?["securityCenter"]?["hosts"]?.array
        return try #require(hosts?.first { $0["name"]?.string == name }?["id"]?.string)
    }

    func instance(_ name: String) throws -> String {
        let servers = ready["services"]?["securityCenter"]?["servers"]?.array
        return try #require(servers?.first { $0["name"]?.string == name }?["instanceId"]?.string)
    }

    /// The way to a host: behind main, north (1) or harbour (1 behind north).
    func route(_ host: String, behind secondaries: [Int64] = []) throws -> Route {
        try Route(secondaries.map { .secondary($0) } + [.agent(try self.host(host))])
    }

    func open(_ route: Route, binding: GatewayBinding = .session, owner: UInt32 = 1000) async throws -> GatewayInfo {
        try await pool.prepareGateway(server: "main", route: route, binding: binding, owner: owner)
    }

    func call(_ gateway: GatewayInfo, _ method: String, _ arguments: JSONObject = JSONObject()) async throws
        -> CallReply
    {
        try await pool.call(gateway.handle, try MethodCall(MethodName(caller: method), arguments), owner: gateway.owner)
    }

    /// The operations in the lab's log.
    func operations() throws -> [String] {
        let log = try Data(contentsOf: URL(fileURLWithPath: directory + "/requests.jsonl"))
        // The last line may still be being written.
        let lines = log.prefix(upTo: log.lastIndex(of: 10) ?? log.startIndex).split(separator: 10)
        return try lines.compactMap { try JSONValue(parsing: Array($0))["operation"]?.string }
    }

    /// Asks the control port.
    @discardableResult
    func control(_ method: String, _ target: String, _ body: String = "") throws -> JSONValue {
        let program = Process()
        program.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let url = (ready["services"]?["control"]?["url"]?.string ?? "") + target
        program.arguments = ["curl", "-sS", "--fail-with-body", "-X", method, "--data-binary", body, url]
        let output = Pipe()
        program.standardOutput = output
        try program.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        program.waitUntilExit()
        guard program.terminationStatus == 0 else { throw LabFault(text: String(decoding: text, as: UTF8.self)) }
        return (try? JSONValue(parsing: Array(text))) ?? .null
    }

    func fault(_ specification: String) throws { try control("POST", "/fault", specification) }
}

struct LabFault: Error {
    var text: String
}
