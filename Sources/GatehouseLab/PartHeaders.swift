// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The header fields of one part of a form.
package struct PartHeaders: Equatable, Sendable {
    /// The form field's name, from `Content-Disposition`.
    package let name: String?
    /// The file's name as sent, or nil where the part is not a file.
    package let fileName: String?

    /// Reads unfolded header lines; nil where one has no colon or an unlawful name.
    package init?(lines: [[UInt8]]) {
        var disposition: MediaType?
        for line in lines {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
                line[..<colon].allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { return nil }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            if name == "content-disposition", disposition == nil {
                disposition = MediaType(String(decoding: line[(colon + 1)...], as: UTF8.self))
            }
        }
        let isForm = disposition?.essence == "form-data"
        name = isForm ? disposition?["name"] : nil
        fileName = isForm ? disposition.flatMap(Self.fileName) : nil
    }

    /// `filename*` (RFC 8187) is not allowed in forms by RFC 7578, but is sent and read all the same.
    private static func fileName(_ disposition: MediaType) -> String? {
        guard let extended = disposition["filename*"] else { return disposition["filename"] }
        let parts = extended.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].lowercased() == "utf-8" else { return disposition["filename"] }
        let literalPlus = parts[2].split(separator: "+", omittingEmptySubsequences: false).joined(separator: "%2B")
        return ByteCoding.decodeForm(literalPlus) ?? disposition["filename"]
    }
}
