// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The folders of an engine that callers may name files in, and what local folders they are on this host.
package struct SharedFolders: Sendable, Equatable {
    /// A folder of this host that the engine sees under another name.
    package struct Map: Sendable, Equatable {
        /// The folder on this host.
        package var local: SharedPath
        /// The same folder as the engine sees it.
        package var remote: SharedPath

        /// Maps one to the other.
        package init(local: SharedPath, remote: SharedPath) {
            self.local = local
            self.remote = remote
        }
    }

    private let shared: [SharedPath]
    private let maps: [Map]

    /// Without shared folders every path is refused, whatever the maps say.
    package init(shared: [SharedPath], maps: [Map] = []) {
        self.shared = shared
        // Of two maps the one of the deeper folder says more about a path.
        self.maps = maps.sorted { $0.local.depth > $1.local.depth }
    }

    /// The path to name to the engine; nil for one outside of the shared folders.
    ///
    /// What lies in a shared folder is the engine's own path, also where a local folder has the same name. What a map
    /// makes of a local path has to lie in a shared folder too. No file is looked at.
    package func resolve(_ text: String) -> SharedPath? {
        guard let path = SharedPath(file: text) else { return nil }
        if holds(path) { return path }
        guard let moved = maps.lazy.compactMap({ path.moved(from: $0.local, to: $0.remote) }).first else { return nil }
        return holds(moved) ? moved : nil
    }

    /// Whether the engine's path lies in a shared folder.
    package func holds(_ path: SharedPath) -> Bool {
        shared.contains { path.isBelow($0) }
    }
}
