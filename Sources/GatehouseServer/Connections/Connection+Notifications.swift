// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire

/// What is told to the caller without being an answer to a request.
extension Connection: NotificationChannel {
    /// As much as a caller that reads now and then has waiting, and far from the limit at which it is cut off.
    static var comfortableBytes: Int { 1 << 16 }

    nonisolated var isBehind: Bool {
        assumeIsolated { $0.output.count > Self.comfortableBytes }
    }

    nonisolated func notify(_ method: String, _ params: JSONValue) {
        assumeIsolated { connection in
            // Nothing comes after the line that says why the connection ends.
            guard connection.descriptor != nil, !connection.isDraining else { return }
            OutgoingMessage.appendNotification(method, params, to: &connection.output.bytes)
            connection.endMessage()
        }
    }

    nonisolated func whenClosed(_ body: @escaping @Sendable () -> Void) {
        assumeIsolated { connection in
            guard connection.descriptor != nil else {
                body()
                return
            }
            connection.closeHandlers.append(body)
        }
    }
}
