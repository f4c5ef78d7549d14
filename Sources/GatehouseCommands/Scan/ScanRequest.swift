// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseClient
import GatehouseWire

/// What every request of a run says besides its file.
struct ScanRequest {
    /// Smaller files are done before their progress could be seen.
    private static let smallestWatchedSize: Int64 = 1 << 20

    /// The name of what comes on standard input.
    let standardInputName: String?
    let profile: String?
    let deadlineMs: Int?
    /// How long the daemon may leave a request without an answer, in milliseconds.
    let patience: Int

    /// Whether the engine reads the files itself.
    let isShared: Bool

    /// The method that every request calls.
    var method: String { isShared ? ScanPath.name : ScanFile.name }

    /// The parameters for one file.
    func parameters(_ file: HeldFile, isWatched: Bool) -> JSONValue {
        isShared ? shared(file.path) : passed(file.path, isWatched: isWatched, size: file.size)
    }

    private func shared(_ path: FilePath) -> JSONValue {
        let parameters: JSONValue = ["filePath": .string(String(decoding: path.absolute.bytes, as: UTF8.self))]
        return
            parameters
            .setting("profile", profile.map(JSONValue.string))
            .setting("deadlineMs", deadlineMs.map { .number(JSONNumber($0)) })
    }

    private func passed(_ path: FilePath, isWatched: Bool, size: Int64) -> JSONValue {
        let isStandardInput = path.bytes == [UInt8(ascii: "-")]
        let name = isStandardInput ? standardInputName : path.scanName
        let parameters: JSONValue = ["file": ["fd": 0]]
        return
            parameters
            .setting("name", name.map(JSONValue.string))
            .setting("profile", profile.map(JSONValue.string))
            .setting("deadlineMs", deadlineMs.map { .number(JSONNumber($0)) })
            .setting("progress", isWatched && size >= Self.smallestWatchedSize ? true : nil)
    }
}
