// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab
internal import NIOConcurrencyHelpers
internal import NIOCore

/// The connections to each service, so that all of them can be closed when what a new one sees has changed.
final class OpenConnections: Sendable {
    private let channels = NIOLockedValueBox<[ObjectIdentifier: (service: Service, channel: any Channel)]>([:])

    /// Notes a connection until it closes.
    func add(_ channel: any Channel, to service: Service) {
        let id = ObjectIdentifier(channel)
        channels.withLockedValue { $0[id] = (service, channel) }
        channel.closeFuture.whenComplete { _ in self.channels.withLockedValue { $0[id] = nil } }
    }

    /// Closes every connection to a service.
    func closeAll(of service: Service) {
        let open = channels.withLockedValue { $0.values.filter { $0.service == service } }
        for connection in open { connection.channel.close(promise: nil) }
    }
}
