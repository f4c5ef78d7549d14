// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Something that is wrong in the configuration, or worth a note, and where.
///
/// It never holds a value of the file or a credential: those may be secrets.
package struct ConfigurationFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file, as it was named.
    package let file: String
    /// The line, from 1, where it is known.
    package let line: Int?
    /// The key with dots between its parts, for example `profiles.pro.engine`; empty for the file as a whole.
    package let key: String
    /// What is wrong and what to write instead.
    package let message: String

    /// Describes one.
    package init(file: String, line: Int?, key: String, message: String) {
        self.file = file
        self.line = line
        self.key = key
        self.message = message
    }

    /// For example `gatehouse.yaml:12: profiles.pro.engin: unknown key; did you mean 'engine'?`.
    package var description: String {
        [line.map { "\(file):\($0)" } ?? file, key, message].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

/// Everything that is wrong in a configuration.
package struct ConfigurationFaults: Error, Equatable, Sendable, CustomStringConvertible {
    /// The faults, in the order of the file.
    package let faults: [ConfigurationFault]

    /// One fault a line.
    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
