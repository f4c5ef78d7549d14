// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehouseWire

/// Checks what a profile shares with its engine and puts it together.
struct SharingBuilder {
    let value: JSONValue
    let steps: [String]

    /// The folders that callers may name files in.
    func folders(_ source: inout ConfigurationSource) -> SharedFolders {
        let shared = (value["sharedPaths"]?.array ?? []).enumerated().compactMap { index, folder in
            self.folder(folder, steps + ["sharedPaths", String(index)], &source)
        }
        var maps: [SharedFolders.Map] = []
        for (index, map) in (value["pathMaps"]?.array ?? []).enumerated() {
            let steps = steps + ["pathMaps", String(index)]
            guard let local = folder(map["local"], steps + ["local"], &source),
                let remote = folder(map["remote"], steps + ["remote"], &source)
            else { continue }
            if !shared.contains(where: { remote == $0 || remote.isBelow($0) || $0.isBelow(remote) }) {
                source.refuse(steps + ["remote"], "no folder of sharedPaths, so that every path there would be refused")
            }
            maps.append(SharedFolders.Map(local: local, remote: remote))
        }
        return SharedFolders(shared: shared, maps: maps)
    }

    func folder(
        _ value: JSONValue?,
        _ steps: [String],
        _ source: inout ConfigurationSource
    ) -> SharedPath? {
        // Whatever else is wrong breaks the schema, which names it.
        guard let text = value?.string else { return nil }
        guard let folder = SharedPath(folder: text) else {
            source.refuse(steps, "must be a path with one slash at its start and no backslash")
            return nil
        }
        return folder
    }
}
