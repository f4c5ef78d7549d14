// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Where scan-by-path may look.
package enum SharedPath {
    /// The folder's name on the real servers; the lab's own folder is meant by it.
    package static let published = "/files2scan"

    /// The lab's path for what a caller asked for, or nil where it leads outside the share.
    package static func resolve(_ path: String, sharedDirectory: String) -> String? {
        for root in [sharedDirectory, published] where path.hasPrefix(root + "/") {
            let components = path.dropFirst(root.count + 1).split(separator: "/", omittingEmptySubsequences: false)
            let isPlain = components.allSatisfy { !["", ".", ".."].contains($0) && !$0.utf8.contains(0) }
            return isPlain ? sharedDirectory + "/" + components.joined(separator: "/") : nil
        }
        return nil
    }

    /// What stands after the last slash.
    package static func lastComponent(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
