// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// The arguments of the process, as text for the argument parser and as the bytes that they are.
///
/// A file name is any bytes, and text is UTF-8. An argument that is not UTF-8 goes through the parser as a placeholder
/// and is looked up again where its bytes are needed.
package struct RawArguments: Sendable {
    /// The arguments of this process, without the program's name.
    package static let process = RawArguments(processArguments())

    /// What the parser gets.
    package let texts: [String]
    private let bytes: [String: [UInt8]]

    /// A character that is no character (Unicode, noncharacters), so that nobody types it.
    private static let mark: Character = "\u{10FFFE}"

    /// Takes arguments as bytes.
    package init(_ arguments: [[UInt8]]) {
        var texts: [String] = []
        var bytes: [String: [UInt8]] = [:]
        for (index, argument) in arguments.enumerated() {
            if let text = String(validating: argument, as: UTF8.self), !text.contains(Self.mark) {
                texts.append(text)
            } else {
                let placeholder = "\(Self.mark)\(index)\(Self.mark)"
                texts.append(placeholder)
                bytes[placeholder] = argument
            }
        }
        self.texts = texts
        self.bytes = bytes
    }

    /// The bytes that stood where the parser saw this text.
    package func bytes(of text: String) -> [UInt8] {
        bytes[text] ?? Array(text.utf8)
    }

    private static func processArguments() -> [[UInt8]] {
        let arguments = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
        return arguments.dropFirst().compactMap { pointer in
            pointer.map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
        }
    }
}
