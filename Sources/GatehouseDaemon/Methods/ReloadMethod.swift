// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseServer
import GatehouseWire

/// `reload`: reads the configuration and the credentials again.
struct ReloadMethod: Method {
    var name: String { Reload.name }
    var schema: MethodSchema { Reload.schema }
    let reloading: ReloaderLink

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        guard let reloader = reloading.reloader else { throw APIError(.internal) }
        return .waiting { () async throws(APIError) -> JSONValue in try await reloader.reload().json }
    }
}
