// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl
import GatehousePlatform
import Glibc

/// One TLS connection and the thread that has it to itself: connects, then passes bytes on until an end closes.
///
/// libcurl's calls on such a connection do not wait; the thread does, for both sides at once.
final class TLSRelay {
    private static let connectTime = Duration.seconds(10)

    private let multi: MultiHandle
    private let handle: EasyHandle
    /// The pin stays where it is until the connection is gone.
    private let pins = PinStore()
    private let trustsOneCertificate: Bool
    private let until: Instant
    private let time: any TimeSource

    private init(_ server: TLSServer, until: Instant, time: any TimeSource) throws(TransferError) {
        guard let url = server.url else { throw TransferError(.invalidRequest, "the server's host is no name") }
        multi = try MultiHandle(TransferLimits())
        handle = try EasyHandle()
        self.until = until
        self.time = time
        if case .certificate(let digest) = server.trust {
            trustsOneCertificate = true
            try handle.setTrust(server.trust, pin: try pins.pointer(to: digest))
        } else {
            trustsOneCertificate = false
            try handle.setTrust(server.trust, pin: nil)
        }
        try handle.setDefaults(TransferLimits())
        try handle.setProxy("")
        try handle.set(CURLOPT_URL, url)
        try handle.setConnectTimeout(min(Self.connectTime, until - time.now))
        try handle.setConnectOnly()
        guard multi.add(handle) else { throw Self.unusable }
    }

    deinit {
        // libcurl closes the connection with it.
        multi.remove(handle)
    }

    /// The whole life of the thread; `far` is the end of the pair whose other end the user has.
    static func run(
        _ server: TLSServer,
        _ far: consuming Descriptor,
        until: Instant,
        time: any TimeSource,
        _ control: TLSRelayControl
    ) {
        do throws(TransferError) {
            try RequestChecks.check(server.trust)
            let relay = try TLSRelay(server, until: until, time: time)
            let socket = try relay.connect(unlessLeft: far.number)
            control.connected(.success(()))
            // The connection is the relay's, and would go with its last use.
            withExtendedLifetime(relay) {
                var pump = TLSPump(relay.handle, socket: socket, user: far.number)
                pump.run(until: until, time: time, control)
            }
        } catch {
            control.connected(.failure(error))
        }
    }

    private func connect(unlessLeft user: Int32) throws(TransferError) -> Int32 {
        while true {
            guard multi.perform() else { throw Self.unusable }
            if let (_, result) = multi.nextDone() {
                guard result == CURLE_OK else { throw .from(result, circumstances) }
                guard let socket = handle.activeSocket else { throw Self.unusable }
                return socket
            }
            guard time.now < until else {
                throw TransferError(.connectTimeout, TransferError.sentence(for: .connectTimeout))
            }
            // The user sends nothing yet, so anything there is its end.
            var ends = [curl_waitfd(fd: user, events: Int16(CURL_WAIT_POLLIN), revents: 0)]
            multi.wait(milliseconds: 1000, &ends)
            guard ends[0].revents == 0 else {
                throw TransferError(.cancelled, TransferError.sentence(for: .cancelled))
            }
        }
    }

    private var circumstances: TransferError.Circumstances {
        TransferError.Circumstances(trustsOneCertificate: trustsOneCertificate, detail: handle.errorText)
    }

    private static var unusable: TransferError { TransferError(.unavailable, "libcurl cannot be used") }
}
