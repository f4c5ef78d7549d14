// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The commands that are sent to clamd (clamd(8)).
///
/// Descriptors go through sessions (``ClamdSession``). `VERSION` does not: clamd writes the number before its answer by
/// itself, and another answer may come between the two.
enum ClamdCommand: Sendable {
    /// Which program and which definitions.
    case version
    /// Scans the file whose descriptor comes with the byte after the command.
    case fileDescriptor
    /// Scans what follows in pieces.
    case stream

    /// As it goes over the wire, ended by a NUL, as the reply is then too.
    var bytes: [UInt8] {
        switch self {
        case .version: Array("zVERSION\0".utf8)
        // The descriptor needs a byte to travel with. All in one message: clamd takes the descriptor wherever it comes.
        case .fileDescriptor: Array("zFILDES\0\0".utf8)
        case .stream: Array("zINSTREAM\0".utf8)
        }
    }
}
