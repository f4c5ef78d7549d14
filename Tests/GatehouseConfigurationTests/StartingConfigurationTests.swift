// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehouseCommands
import GatehouseDaemon
import Testing

struct StartingConfigurationTests {
    @Test(arguments: ["my-application", "it's", "a: b # c", "true", "12", "ñandú", "\"x\"", "- a"])
    func `what init writes for the Antivirus API is a right configuration`(clientID: String) throws {
        let scratch = try Scratch()
        let written = StartingConfiguration(
            directory: scratch.path,
            profile: "pro",
            engine: .spe(environment: "pre", clientID: clientID)
        )
        let loaded = try scratch.load(written.text)
        #expect(loaded.notices == [])
        #expect(loaded.configuration.defaultProfile == "pro")
        #expect(loaded.configuration.credentialsDirectory == scratch.path + "/credentials")
        let spe = try #require(loaded.configuration.profiles["pro"]?.spe)
        #expect(spe.clientID == clientID)
        #expect([spe.clientSecret, spe.apiClientID] == written.secrets.map(\.file))
    }

    @Test(arguments: ["/run/clamav/clamd.ctl", "/run/it's: here #1"])
    func `what init writes for clamd is a right configuration that needs no credential`(socket: String) throws {
        let scratch = try Scratch()
        let written = StartingConfiguration(directory: scratch.path, profile: "local", engine: .clamd(socket: socket))
        let loaded = try scratch.load(written.text)
        #expect(loaded.notices == [] && written.secrets.isEmpty)
        let engine = try #require(loaded.configuration.profiles["local"]?.engine)
        #expect(engine == .clamd(EngineConfiguration(address: .unix(path: socket))))
    }
}
