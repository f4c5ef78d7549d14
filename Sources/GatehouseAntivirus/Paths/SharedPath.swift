// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A file or a folder as the engine sees it, from the root.
///
/// It is compared by its bytes: two spellings of one letter are two names, and nothing in it is decoded.
package struct SharedPath: Sendable, Equatable {
    private let components: [[UInt8]]

    private init(components: [[UInt8]]) {
        self.components = components
    }

    /// Reads the path of a file; nil for one that could lead elsewhere on any system that an engine runs on.
    ///
    /// Refused are relative paths, `.` and `..`, two slashes at the start (another host, or another root: POSIX leaves it
    /// open), a slash at the end, backslashes (Windows' separator), NUL and all other control characters. Two slashes
    /// within it are one.
    package init?(file text: String) {
        guard text.utf8.last != Self.slash, let path = Self(folder: text) else { return nil }
        self = path
    }

    /// Reads the path of a folder, which may end in a slash.
    package init?(folder text: String) {
        guard text.utf8.first == Self.slash, !text.utf8.starts(with: [Self.slash, Self.slash]),
            text.utf8.count < 4096, !text.unicodeScalars.contains(where: Self.isRefused)
        else { return nil }
        let components = text.utf8.split(separator: Self.slash).map(Array.init)
        guard !components.contains(Array(".".utf8)), !components.contains(Array("..".utf8)) else { return nil }
        self.components = components
    }

    private static let slash = UInt8(ascii: "/")

    private static func isRefused(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar == "\\"
    }

    /// The path with single slashes.
    package var text: String {
        "/" + components.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    }

    /// Whether it lies in that folder at any depth, and is not the folder itself.
    package func isBelow(_ folder: SharedPath) -> Bool {
        components.count > folder.components.count && components.starts(with: folder.components)
    }

    /// An entry of this folder.
    package func appending(_ name: String) -> SharedPath {
        SharedPath(components: components + [Array(name.utf8)])
    }

    /// What lies at the same place below another folder; nil for what is not below the first one.
    func moved(from folder: SharedPath, to other: SharedPath) -> SharedPath? {
        guard isBelow(folder) else { return nil }
        return SharedPath(components: other.components + components.dropFirst(folder.components.count))
    }

    /// How deep it lies.
    var depth: Int { components.count }
}
