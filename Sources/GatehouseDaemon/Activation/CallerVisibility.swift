// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Whether the kernel can tell this process who its callers are (user_namespaces(7)).
///
/// In a user namespace that maps one user at a time, every other user looks like one and the same, 65534: what belongs
/// to one caller would be shown to all. `PrivateUsers=yes` of systemd makes such a namespace. A namespace with a range
/// of users, as containers have it, is a world of its own in which callers are told apart.
enum CallerVisibility {
    static let file = "/proc/self/uid_map"

    /// Why nobody can be served here; nil where callers are told apart, or where there is no such file.
    static func fault() -> ConfigurationFault? {
        // No file of proc(5) has a size.
        guard
            let text = try? SmallFile.read(
                file,
                limit: 64 << 10,
                { bytes, _ in String(decoding: bytes, as: UTF8.self) }
            )
        else { return nil }
        return fault(inMap: text)
    }

    /// Judges the text of a map: lines of "first inside, first outside, how many".
    static func fault(inMap text: String) -> ConfigurationFault? {
        let lengths = text.split(whereSeparator: \.isNewline).map { line in
            line.split(separator: " ").dropFirst(2).first.flatMap { UInt32($0) } ?? 0
        }
        guard !lengths.contains(where: { $0 > 1 }) else { return nil }
        let message =
            "callers cannot be told apart: this user namespace has no range of users; leave PrivateUsers=yes away"
        return ConfigurationFault(file: file, line: nil, key: "", message: message)
    }
}
