// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehouseWire

extension SharingBuilder {
    /// Where large files go; nil where the profile does not say, or a fault leaves nothing to build.
    func dropOff(_ source: inout ConfigurationSource) -> DropOffConfiguration? {
        guard let value = value["dropOff"], value.object != nil else { return nil }
        let steps = steps + ["dropOff"]
        let remote = folder(value["remote"], steps + ["remote"], &source)
        let size = value["above"].flatMap { $0.integer ?? $0.string.flatMap { ByteSize($0)?.bytes } }
        let place: DropOffConfiguration.Place?
        switch (value["local"], value["sftp"]) {
        case (let local?, nil): place = local.string.map { .local($0) }
        case (nil, let sftp?): place = self.sftp(sftp, steps + ["sftp"], remote, &source).map { .sftp($0) }
        case (nil, nil):
            source.refuse(steps, "needs 'local' or 'sftp'")
            place = nil
        case (.some, .some):
            source.refuse(steps + ["sftp"], "either 'local' or 'sftp', not both")
            place = nil
        }
        guard let remote, let size, let place else { return nil }
        return DropOffConfiguration(threshold: size, remote: remote, place: place)
    }

    private func sftp(
        _ value: JSONValue,
        _ steps: [String],
        _ remote: SharedPath?,
        _ source: inout ConfigurationSource
    ) -> DropOffConfiguration.SFTPConfiguration? {
        guard value.object != nil else { return nil }
        let isPrivateKey = value["privateKey"] != nil
        if isPrivateKey == (value["password"] != nil) {
            source.refuse(steps, "needs either 'privateKey' or 'password'")
        }
        guard let host = value["host"]?.string, let user = value["user"]?.string,
            let credential = (value["privateKey"] ?? value["password"])?.string,
            let hostKey = value["hostKey"]?.string.flatMap({ SHA256Pin($0) }),
            let folder = value["folder"]?.string ?? remote?.text
        else { return nil }
        let port = value["port"]?.integer.flatMap(Int.init(exactly:)) ?? 22
        let configuration = DropOffConfiguration.SFTPConfiguration(
            host: host,
            port: port,
            user: user,
            credential: credential,
            isPrivateKey: isPrivateKey,
            hostKey: hostKey,
            folder: folder
        )
        guard configuration.isUsable else {
            source.refuse(steps, "host, user and folder must be plain: a host's name or address, no control characters")
            return nil
        }
        return configuration
    }
}
