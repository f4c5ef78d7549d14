// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// The last stage: brings every failure into the one shape of the wire (contract section 3, "Errors").
struct MapErrors {
    func callAsFunction(_ error: APIError, requestID: RequestID) -> JSONValue {
        error.json(requestID: requestID.text)
    }
}
