// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseTransfer

extension SFTPServer {
    /// A configured server.
    init?(_ configuration: DropOffConfiguration.SFTPConfiguration, _ authentication: Authentication) {
        self.init(
            host: configuration.host,
            port: configuration.port,
            user: configuration.user,
            authentication: authentication,
            hostKey: configuration.hostKey.bytes,
            folder: configuration.folder
        )
    }
}

extension DropOffConfiguration.SFTPConfiguration {
    /// Whether its parts are what they are called.
    var isUsable: Bool { SFTPServer(self, .password(Secret(""))) != nil }
}

extension Upstreams {
    /// What scans a profile's files: by upload, and the large ones where they are left for the engine.
    static func files(
        _ profile: (name: String, spe: SPEConfiguration),
        _ files: FileScanner,
        _ paths: PathScanner,
        _ loaded: Configuration.Loaded,
        _ parts: ServiceParts
    ) throws(ConfigurationFault) -> any ScanEngine {
        guard let dropOff = profile.spe.dropOff else { return files }
        let folder: any DropFolder
        switch dropOff.place {
        case .local(let path): folder = LocalDropFolder(path: path, writers: parts.readers)
        case .sftp(let sftp):
            let credential = try loaded.credential(of: sftp, named: profile.name)
            let authentication: SFTPServer.Authentication =
                sftp.isPrivateKey ? .privateKey(file: credential.path) : .password(credential.secret)
            guard let server = SFTPServer(sftp, authentication),
                let place = try? SFTPDropFolder(server: server, time: parts.time)
            else { throw loaded.fault(of: sftp, named: profile.name, "the SFTP server cannot be used") }
            folder = place
        }
        return DropOffScanner(
            files: files,
            paths: paths,
            folder: folder,
            remote: dropOff.remote,
            threshold: dropOff.threshold,
            removals: parts.removals
        )
    }
}
