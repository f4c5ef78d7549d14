// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Picks the one part that SPE wants, named `file` and with a file name, out of a form.
package struct UploadReceiver: Sendable {
    /// The file's name as sent, or nil while no such part has come.
    package private(set) var fileName: String?
    /// How many bytes the file has had so far.
    package private(set) var fileBytes = 0
    /// The first bytes of the file, at most 64.
    package private(set) var firstBytes: [UInt8] = []

    private var parser: MultipartParser
    private var isInside = false

    /// Makes a receiver for a form with this boundary.
    package init(boundary: String) throws(MultipartParser.Fault) {
        parser = try MultipartParser(boundary: boundary)
    }

    /// Takes the next piece of the body, and gives back the pieces of the file in it.
    package mutating func consume(_ piece: [UInt8]) throws(MultipartParser.Fault) -> [ArraySlice<UInt8>] {
        var slices: [ArraySlice<UInt8>] = []
        for event in try parser.consume(piece) {
            switch event {
            case .partBegan(let headers):
                isInside = fileName == nil && headers.name == "file" && headers.fileName != nil
                if isInside { fileName = headers.fileName }
            case .content(let slice) where isInside:
                fileBytes += slice.count
                if firstBytes.count < 64 { firstBytes += slice.prefix(64 - firstBytes.count) }
                slices.append(slice)
            case .content: break
            case .partEnded: isInside = false
            }
        }
        return slices
    }

    /// Says that the body has ended; throws where it was cut.
    package func finish() throws(MultipartParser.Fault) {
        try parser.finish()
    }
}
