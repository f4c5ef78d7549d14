// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// What an upstream said, capped in length and without headers, tokens and secrets.
public struct UpstreamError: Equatable, Sendable {
    /// Which upstream: `gicar`, `apiConnect`, `spe`, `clamd`, `icap`, `dropOff`, or a Security Center's name in the
    /// configuration.
    public var name: String?
    /// The HTTP status.
    public var status: Int?
    /// The upstream's own error code; a Security Center's has the part before it in which the error arose: `KLSTD 1186`.
    public var code: String?
    /// The upstream's own words.
    public var text: String?
    /// The identifier under which the upstream's support finds the call.
    public var traceID: String?

    /// Describes an answer; whoever makes one caps and cleans the text.
    public init(
        name: String? = nil,
        status: Int? = nil,
        code: String? = nil,
        text: String? = nil,
        traceID: String? = nil
    ) {
        self.name = name
        self.status = status
        self.code = code
        self.text = text
        self.traceID = traceID
    }

    /// As `$defs/upstreamError` of `schemas/common.json`.
    public var json: JSONValue {
        var object = JSONObject()
        object["name"] = JSONValue(name)
        object["status"] = JSONValue(status)
        object["code"] = JSONValue(code)
        object["text"] = JSONValue(text)
        object["traceId"] = JSONValue(traceID)
        return .object(object)
    }

    /// Reads one; what is missing or of another type is nil.
    public init?(json: JSONValue?) {
        guard let json, json.object != nil else { return nil }
        self.init(
            name: json["name"]?.string,
            status: json["status"]?.integer.flatMap(Int.init(exactly:)),
            code: json["code"]?.string,
            text: json["text"]?.string,
            traceID: json["traceId"]?.string
        )
    }
}
