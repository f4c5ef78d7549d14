// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A file that stays open until its scan is answered, since a daemon that restarts needs it once more.
package final class HeldFile {
    /// The path as it was named or found.
    package let path: FilePath
    /// The open file; owned here.
    package let file: InputFile

    /// Takes over an open file.
    package init(_ path: FilePath, _ file: consuming InputFile) {
        self.path = path
        self.file = file
    }
}
