// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Whether the kernel can tell this process who its callers are (user_namespaces(7)).
///
/// In a user namespace that maps one user at a time, every other user looks like one and the same, 65534: what belongs
/// to one caller would be shown to all. `PrivateUsers=yes` of systemd makes such a namespace. `PrivateUsers=identity` keeps
/// the first 65,536 users of the host as they are and merges all others, as a directory service has them. A namespace whose
/// range stands for other users outside, as containers have it, is a world of its own in which callers are told apart.
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
        let ranges = text.split(whereSeparator: \.isNewline).map { line -> (isSame: Bool, count: UInt32) in
            let numbers = line.split(separator: " ").map { UInt32($0) ?? 0 }
            return numbers.count == 3 ? (numbers[0] == numbers[1], numbers[2]) : (true, 0)
        }
        if !ranges.contains(where: { $0.count > 1 }) {
            return fault("this user namespace has no range of users; take PrivateUsers=yes out of the unit")
        }
        // user_namespaces(7): the map of the first namespace is the identity for every user but the last number.
        guard ranges.count == 1, let range = ranges.first, range.isSame, range.count < .max else { return nil }
        return fault("this user namespace has the first \(range.count) users alone; take PrivateUsers= out of the unit")
    }

    private static func fault(_ reason: String) -> ConfigurationFault {
        ConfigurationFault(file: file, line: nil, key: "", message: "callers cannot be told apart: \(reason)")
    }
}
