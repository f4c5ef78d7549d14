// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// The sentences of `schemas/errors.json`.
struct ErrorTexts: Sendable {
    let summary: String
    let hint: String

    static let all: [ErrorKind: ErrorTexts] = {
        var texts: [ErrorKind: ErrorTexts] = [:]
        for entry in SchemaLibrary.document("errors.json")["errors"]?.array ?? [] {
            guard let word = entry["kind"]?.string, let kind = ErrorKind(rawValue: word) else { continue }
            texts[kind] = ErrorTexts(summary: entry["summary"]?.string ?? "", hint: entry["hint"]?.string ?? "")
        }
        return texts
    }()
}
