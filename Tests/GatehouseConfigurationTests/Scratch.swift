// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Foundation
import GatehouseDaemon

/// A folder that exists for the time of one test.
final class Scratch: Sendable {
    let path: String

    init() throws {
        var template = Array((NSTemporaryDirectory() + "/gatehouse-XXXXXX").utf8CString)
        guard let made = mkdtemp(&template) else { throw CocoaError(.fileWriteUnknown) }
        path = String(cString: made)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
        let file = path + "/" + name
        try Data(text.utf8).write(to: URL(filePath: file))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }

    /// Loads a configuration of this text; the lines of its faults, with the folder's path left out.
    func faults(
        of text: String,
        environment: [String: String] = [:],
        readingCredentials: Bool = false
    ) throws -> [String] {
        let file = try write("gatehouse.yaml", text)
        let loaded = Configuration.load(path: file, environment: environment, readingCredentials: readingCredentials)
        return switch loaded {
        case .success: []
        case .failure(let faults): faults.faults.map { $0.description.replacing(path + "/", with: "") }
        }
    }

    /// Loads a configuration that must be right.
    func load(_ text: String, environment: [String: String] = [:]) throws -> Configuration.Loaded {
        try Configuration.load(path: try write("gatehouse.yaml", text), environment: environment).get()
    }

    /// A right configuration with lines of the caller's after the profile's own.
    static func minimal(_ more: String = "") -> String {
        """
        credentialsDirectory: /nowhere
        profiles:
          pro:
            engine: spe
            environment: pro
            clientId: my-application
            clientSecret: gicar-secret
            apiClientId: ibm-client-id
        \(more)
        """
    }
}
