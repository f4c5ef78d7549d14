// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// The outcome of a scan (`$defs/verdict` of `schemas/common.json`); nil is what the engine does not say.
public struct VerdictObject: Equatable, JSONRepresentable {
    /// What is known about the file.
    public var verdict: Verdict
    /// Why the file was not scanned, as a camelCase word.
    public var reason: String?
    /// The engine's word for how the scan went.
    public var scanStatus: String?
    /// The name of the file as the engine echoed it.
    public var fileScanned: String?
    /// The engine's word for the file; `CLEAN` only where the verdict is clean.
    public var fileStatus: String?
    /// How many infections the engine counted.
    public var totalInfections: Int64?
    /// How many bytes the engine says it scanned; -1 where it does not count.
    public var bytesScanned: Int64?
    /// How many files the engine says it scanned; -1 where it does not count.
    public var totalFilesScanned: Int64?
    /// What was found.
    public var threats: [Threat]
    /// The SHA-256 of the bytes that were handed to the engine, in hexadecimal.
    public var sha256: String?
    /// How many bytes were handed to the engine.
    public var size: Int64?
    /// Which engine gave the verdict.
    public var engine: EngineReport
    /// The daemon's identifier of the request, which its log shows too.
    public var requestID: String
    /// The identifier under which the upstream's support finds the call.
    public var traceID: String?
    /// How long the request took.
    public var elapsedMilliseconds: Int64
    /// Whether the verdict was known from an earlier scan of the same bytes.
    public var isCached: Bool
    /// The engine's raw answer: nil where the daemon does not pass it on, null where there was none.
    public var upstream: JSONValue?

    /// Puts one together.
    public init(
        verdict: Verdict,
        reason: String? = nil,
        scanStatus: String? = nil,
        fileScanned: String? = nil,
        fileStatus: String? = nil,
        totalInfections: Int64? = nil,
        bytesScanned: Int64? = nil,
        totalFilesScanned: Int64? = nil,
        threats: [Threat] = [],
        sha256: String? = nil,
        size: Int64? = nil,
        engine: EngineReport,
        requestID: String,
        traceID: String? = nil,
        elapsedMilliseconds: Int64,
        isCached: Bool = false,
        upstream: JSONValue? = nil
    ) {
        self.verdict = verdict
        self.reason = reason
        self.scanStatus = scanStatus
        self.fileScanned = fileScanned
        self.fileStatus = fileStatus
        self.totalInfections = totalInfections
        self.bytesScanned = bytesScanned
        self.totalFilesScanned = totalFilesScanned
        self.threats = threats
        self.sha256 = sha256
        self.size = size
        self.engine = engine
        self.requestID = requestID
        self.traceID = traceID
        self.elapsedMilliseconds = elapsedMilliseconds
        self.isCached = isCached
        self.upstream = upstream
    }

    /// As the schema has it.
    public var json: JSONValue {
        var json: JSONValue = [
            "verdict": .string(verdict.rawValue),
            "reason": JSONValue(reason),
            "scanStatus": JSONValue(scanStatus),
            "fileScanned": JSONValue(fileScanned),
            "fileStatus": JSONValue(fileStatus),
            "totalInfections": JSONValue(totalInfections),
            "bytesScanned": JSONValue(bytesScanned),
            "totalFilesScanned": JSONValue(totalFilesScanned),
            "threats": .array(threats.map(\.json)),
            "sha256": JSONValue(sha256),
            "size": JSONValue(size),
            "engine": engine.json,
            "requestId": .string(requestID),
            "traceId": JSONValue(traceID),
            "elapsedMs": .number(JSONNumber(elapsedMilliseconds)),
            "cached": .bool(isCached),
        ]
        if let upstream, case .object(var object) = json {
            object["upstream"] = upstream
            json = .object(object)
        }
        return json
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "verdict")
        verdict = Verdict(word: try reader.string("verdict"))
        reason = try reader.optionalString("reason")
        scanStatus = try reader.optionalString("scanStatus")
        fileScanned = try reader.optionalString("fileScanned")
        fileStatus = try reader.optionalString("fileStatus")
        totalInfections = try reader.optionalInteger("totalInfections")
        bytesScanned = try reader.optionalInteger("bytesScanned")
        totalFilesScanned = try reader.optionalInteger("totalFilesScanned")
        threats = try reader.list("threats")
        sha256 = try reader.optionalString("sha256")
        size = try reader.optionalInteger("size")
        engine = try EngineReport(json: reader.value("engine"))
        requestID = try reader.string("requestId")
        traceID = try reader.optionalString("traceId")
        elapsedMilliseconds = try reader.integer("elapsedMs")
        isCached = try reader.bool("cached")
        upstream = reader.optionalValue("upstream")
    }
}
