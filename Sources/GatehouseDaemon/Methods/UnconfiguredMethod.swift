// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseServer

/// Stands in for every method while the configuration is faulty: the daemon stays up and says so to each caller.
///
/// A daemon that ended instead would be started again by its socket with every connection (contract section 7).
struct UnconfiguredMethod: Method {
    let schema: MethodSchema
    var name: String { schema.name }
    let faults: ConfigurationFaults

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        let first = faults.faults.first?.description ?? ""
        let more = faults.faults.count > 1 ? " (and \(faults.faults.count - 1) more)" : ""
        throw APIError(.configuration, "the configuration is faulty: \(first)\(more)")
    }
}
