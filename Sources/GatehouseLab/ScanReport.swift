// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What a scanner found out about one file.
package enum ScanFinding: Equatable, Sendable {
    /// All bytes were looked at and nothing was found.
    case clean
    /// The name of what was found, and the scanner's number for it.
    case infected(name: String, id: String)
    /// A limit of the scanner was exceeded.
    case tooLarge
    /// The scanner failed or went away.
    case failed
    /// The file could not be opened.
    case inaccessible
}

/// What was scanned, and the finding.
package struct ScanSummary: Equatable, Sendable {
    /// The multipart file name, or the last component of the path.
    package var fileName: String
    /// How many bytes the scanner was given.
    package var bytes: Int
    /// The media type that the first bytes suggest.
    package var type: String
    /// The finding.
    package var finding: ScanFinding

    /// Makes a summary.
    package init(fileName: String, bytes: Int, type: String, finding: ScanFinding) {
        self.fileName = fileName
        self.bytes = bytes
        self.type = type
        self.finding = finding
    }
}

extension ProtectionEngine {
    /// The result of a scan with every field of the protocol page's section 2.5.
    ///
    /// The word for an infection and the shape of `threats` are not documented: they are those of the Java SDK.
    /// `word` is a `fileStatus` that replaces the finding's own, for faults; `now` dates the definitions.
    package static func report(
        _ summary: ScanSummary,
        word: String? = nil,
        counts: Fault.CountForm? = nil,
        at now: LabInstant
    ) -> Response {
        let status = word ?? fileStatus(summary.finding)
        var threats: [JSONValue] = []
        if case .infected(let name, let id) = summary.finding, word == nil {
            threats.append([
                "fileName": .string(summary.fileName), "violationName": .string(name), "violationId": .string(id),
                "threatCategory": "Malware", "disposition": "NOT_REPAIRED",
            ])
        }
        let isScanned = status == "CLEAN" || !threats.isEmpty
        var members: [JSONValue.Member] = []
        func add(_ name: String, _ value: JSONValue) { members.append(.init(name: name, value: value)) }
        add("scanStatus", .string(isScanned ? "SCAN_SUCCESS" : "SCAN_FAILURE"))
        add("fileScanned", .string(summary.fileName))
        add("fileStatus", .string(status))
        add("fileQuarantineStatus", "NOT_AVAILABLE")
        add("totalInfections", .integer(threats.count))
        add("virusDefinitionDate", .string(now.previousEvening.springText))
        add("virusDefinitionRevisionNumber", "007")
        let numbers = isScanned ? numbers(summary, counts) : (bytes: 0, files: 0)
        add("bytesScanned", .integer(numbers.bytes))
        add("totalFilesScanned", .integer(numbers.files))
        add("trueTypeOfFile", .string(isScanned && counts != .unknown ? summary.type : "NA"))
        if !threats.isEmpty { add("threats", .array(threats)) }
        return Response(status: 200, json: .object(members), headers: springHeaders)
    }

    private static func numbers(_ summary: ScanSummary, _ form: Fault.CountForm?) -> (bytes: Int, files: Int) {
        switch form {
        case nil: (summary.bytes, 1)
        case .short: (summary.bytes - 1, 1)
        case .zero: (0, 0)
        case .unknown: (-1, -1)
        }
    }

    private static func fileStatus(_ finding: ScanFinding) -> String {
        switch finding {
        case .clean: "CLEAN"
        case .infected: "INFECTED_UNREPAIRED"
        case .tooLarge: "FILE_SIZE_TOO_LARGE"
        case .failed: "INTERNAL_SERVER_ERROR"
        case .inaccessible: "FILE_ACCESS_FAILED"
        }
    }

    /// The media type that a file's first bytes suggest, in SPE's words.
    package static func trueType(firstBytes bytes: some Collection<UInt8>) -> String {
        let known: [(magic: [UInt8], type: String)] = [
            (Array("%PDF".utf8), "application/x-pdf"), (Array("PK\u{3}\u{4}".utf8), "application/zip"),
            ([0x7F] + Array("ELF".utf8), "application/x-elf"), (Array("MZ".utf8), "application/x-dosexec"),
            ([0x1F, 0x8B], "application/gzip"), ([0x89] + Array("PNG".utf8), "image/png"),
            ([0xFF, 0xD8, 0xFF], "image/jpeg"),
        ]
        if let match = known.first(where: { bytes.starts(with: $0.magic) }) { return match.type }
        let isText = !bytes.isEmpty && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || (0x09...0x0D).contains($0) }
        return isText ? "text/plain" : "application/octet-stream"
    }
}
