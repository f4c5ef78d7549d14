// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Foundation
import GatehousePlatform
import GatehouseTransfer
import Glibc

/// The server of `Fixtures/loopback_server.py`, one for all tests; it ends when the pipe to it does.
struct LoopbackServer: Decodable, Sendable {
    struct Pins: Decodable, Sendable {
        var certificate: String
        var publicKey: String

        var digest: [UInt8] {
            let digits = Array(certificate.utf8)
            return stride(from: 0, to: digits.count, by: 2).compactMap { index in
                UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16)
            }
        }
    }

    var port: Int
    var selfSignedPort: Int
    /// Accepts connections and never says a word.
    var silentPort: Int
    var folder: String
    /// The name that OpenSSL gives the authority in a folder.
    var authorityHash: String
    var server: Pins
    var selfSigned: Pins

    static let shared = Result { try start() }

    /// The authority that signed the server's certificate.
    var authority: TransferRequest.Trust { authorities("ca.pem") }

    /// Those of a file of the server's folder.
    func authorities(_ name: String) -> TransferRequest.Trust {
        .certificateAuthorities(pem: Array((try? Data(contentsOf: URL(filePath: "\(folder)/\(name)"))) ?? Data()))
    }

    func url(_ path: String) -> String { "https://localhost:\(port)\(path)" }

    func request(
        _ method: TransferRequest.Method = .post,
        _ path: String,
        body: TransferRequest.Body = .none
    ) -> TransferRequest {
        TransferRequest(method, url(path), body: body, trust: authority)
    }

    private static func start() throws -> LoopbackServer {
        let script = Bundle.module.bundlePath + "/Fixtures/loopback_server.py"
        var folder = Array("/tmp/gatehouse-transfer-XXXXXX".utf8CString)
        guard mkdtemp(&folder) != nil else { throw SystemError.current("mkdtemp") }
        let path = String(decoding: folder.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // The write end stays open until this process ends, whatever way it does.
        let (input, _) = try pipe()
        let (output, outputEnd) = try pipe()
        try spawn(["/usr/bin/env", "python3", script, path], input: input, output: outputEnd)
        close(input)
        close(outputEnd)
        let line = readLine(output)
        return try JSONDecoder().decode(LoopbackServer.self, from: Data(line))
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw SystemError.current("pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func spawn(_ arguments: [String], input: Int32, output: Int32) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var process: pid_t = 0
        let result = posix_spawn(&process, arguments[0], &actions, nil, &pointers, environ)
        guard result == 0 else { throw SystemError(code: result, call: "posix_spawn") }
    }

    private static func readLine(_ descriptor: Int32) -> [UInt8] {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) == 1, byte != 10 { line.append(byte) }
        return line
    }
}

/// What `/echo` saw of a request.
struct Echo: Decodable {
    var method: String
    var target: String
    var fields: [[String]]
    var length: Int
    var body: String
    var partLength: Int
    var partSha256: String
    var connection: Int

    init(_ response: TransferResponse) throws {
        self = try JSONDecoder().decode(Echo.self, from: Data(response.body))
    }

    func field(_ name: String) -> String? {
        fields.first { $0[0].lowercased() == name.lowercased() }?[1]
    }
}

/// The error that a call throws, or nil.
func failure<Value>(of body: () async throws(TransferError) -> Value) async -> TransferError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}
