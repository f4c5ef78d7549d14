// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseServer

/// `tokenForget`: forgets the tokens of a profile, or of all.
struct TokenForgetMethod: Method {
    var name: String { TokenForget.name }
    var schema: MethodSchema { TokenForget.schema }
    let profiles: Profiles
    let time: any TimeSource

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        let wanted = try TokenForget.Parameters(json: call.parameters).profile
        let selected = if let wanted { [try profiles.find(wanted)] } else { profiles.all }
        for source in selected.compactMap(\.tokens) {
            // The source lives on the loop, where this runs.
            source.assumeIsolated { $0.forget() }
        }
        let calendar = Calendar(time)
        return .finished(TokenStatus.Result(profiles: selected.map { TokenStatus.Profile($0, calendar) }).json)
    }
}
