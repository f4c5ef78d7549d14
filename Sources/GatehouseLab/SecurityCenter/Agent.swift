// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What a Network Agent and the products on its host remember between calls.
struct Agent: Sendable {
    /// A product on the host.
    struct Product: Sendable {
        let name: String
        let version: String
        let displayName: String
        var isRunning = true
        var traceLevel = 0
        var rotatedTraceLevel = 0
        var traceParts = 0
        var tracePartSize = 0
        var xperfLevel = 0
        var xperfType = 0
        var xperfSize = 0
        /// Tokens of trace files.
        var traceFiles: [String] = []
        var xperfFiles: [String] = []
        var dumps: [String] = []
        /// The token of the last report of a check, empty where there is none.
        var checkReport = ""

        var id: String { "\(name)/\(version)" }
    }

    let host: NodeName
    var products: [Product]
    /// How each task was last told to be, by its id, and until when a running one runs.
    var tasks: [String: TaskRun] = [:]
    /// Files that can be fetched, by the tokens that the host state names.
    var files: [String: RemoteFile] = [:]
    var lastActionResult = ""
    var screens: [Int: ScreenSharing] = [:]
    var screenCount = 0

    init(host: NodeName) {
        self.host = host
        products = [
            Product(name: "1103", version: "1.0.0.0", displayName: "Network Agent"),
            Product(
                name: Topology.product.name,
                version: Topology.product.version,
                displayName: "Endpoint Security",
                traceFiles: ["trace-kes-1"],
                dumps: ["dump-kes-1"]
            ),
        ]
        files["trace-kes-1"] = RemoteFile(name: "KES.11.0.0.trace.log", content: .generated(3 << 20))
        files["dump-kes-1"] = RemoteFile(name: "avp.dmp", content: .generated(70_001))
        files["install-msi-1"] = RemoteFile(name: "klnagent-install.log", content: .generated(5_000))
        files["wua-1"] = RemoteFile(name: "WindowsUpdate.log", content: .generated(0))
    }

    /// The index of a product that a client names as `name/version`.
    func product(_ id: String) throws(PxgError) -> Int {
        guard let index = products.firstIndex(where: { $0.id == id }) else { throw .notFound(id) }
        return index
    }
}

/// A file on a host.
struct RemoteFile: Sendable {
    enum Content: Sendable {
        /// So many bytes of numbered lines.
        case generated(Int)
        case bytes([UInt8])
    }

    let name: String
    let content: Content

    var size: Int {
        switch content {
        case .generated(let size): size
        case .bytes(let bytes): bytes.count
        }
    }

    /// All bytes of the file: lines of sixteen bytes, the number of the line in hexadecimal digits.
    var bytes: [UInt8] {
        guard case .generated(let size) = content else {
            if case .bytes(let bytes) = content { return bytes }
            return []
        }
        let digits = Array("0123456789abcdef".utf8)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            for index in 0..<size {
                let place = index & 15
                buffer[index] = place == 15 ? 0x0A : digits[(index / 16) >> (4 * (14 - place)) & 15]
            }
            count = size
        }
    }
}

/// A task that was told to run or not to.
struct TaskRun: Sendable {
    var state: Int
    /// When a running task is done.
    var end: LabInstant?
}

/// A screen that is being shared.
struct ScreenSharing: Sendable {
    let owner: Login.Owner
    let type: Int
}
