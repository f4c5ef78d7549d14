// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseTransfer

/// The way to a Security Center by libcurl.
package struct CurlTransport: ServerTransport {
    private let engine: TransferEngine

    /// Uses the connections of an engine, which it shares with others.
    package init(_ engine: TransferEngine) {
        self.engine = engine
    }

    package func send(_ request: TransferRequest) async throws(TransferError) -> ServerReply {
        do {
            return ServerReply(try await engine.perform(request))
        } catch {
            // A kept connection that had ended was found out before anything was sent: another one takes its place.
            guard error.connectionWasReused, !error.requestMayHaveLeft, error.code == .emptyReply else { throw error }
            var request = request
            request.freshConnection = true
            return ServerReply(try await engine.perform(request))
        }
    }

    package func connect() throws(TransferError) -> any ServerConnection {
        CurlConnection(engine.connection())
    }
}

/// One connection by libcurl.
private final class CurlConnection: ServerConnection {
    private let connection: TransferConnection

    init(_ connection: TransferConnection) {
        self.connection = connection
    }

    func send(_ request: TransferRequest) async throws(TransferError) -> ServerReply {
        ServerReply(try await connection.perform(request))
    }

    func close() {
        connection.close()
    }
}

extension ServerReply {
    fileprivate init(_ response: TransferResponse) {
        self.init(
            status: response.status,
            body: response.body,
            isWhole: response.isDelimited,
            challenge: response.header("www-authenticate"),
            contentRange: response.header("content-range")
        )
    }
}
