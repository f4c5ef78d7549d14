// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl
import GatehousePlatform

/// A multi handle for one connection, on the engine's thread: its cache of connections is nobody else's.
///
/// libcurl tells which sockets and times it waits for; the engine's loop waits for them with its own. Once a request has
/// begun, no socket is opened any more.
final class OwnConnection {
    private let multi: UnsafeMutableRawPointer
    private let watch: SocketWatch
    private var ready: [(socket: Int32, events: Int32)] = []
    private var transfers = 0

    /// When libcurl wants to be called without a socket's being ready.
    var alarm: Instant? { watch.alarm }

    init(time: any TimeSource) throws(TransferError) {
        guard let multi = gatehouse_curl_multi_init() else { throw TransferError(.outOfMemory, "memory is short") }
        self.multi = multi
        watch = SocketWatch(time)
        // The handle goes before the watch does, so the pointer stays valid for as long as libcurl may call back.
        let result = gatehouse_curl_multi_set_callbacks(
            multi,
            Unmanaged.passUnretained(watch).toOpaque(),
            { _, socket, what, context, _ in
                socketWatch(of: context)?.watch(socket, what)
                return 0
            },
            { _, milliseconds, context in
                socketWatch(of: context)?.setAlarm(milliseconds)
                return 0
            }
        )
        guard result == CURLM_OK, gatehouse_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 1) == CURLM_OK,
            gatehouse_curl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, 1) == CURLM_OK
        else { throw TransferError(.unavailable, "libcurl cannot be used") }
    }

    deinit {
        gatehouse_curl_multi_cleanup(multi)
    }

    /// Whether a request has begun: then there is the one connection, or there was.
    private(set) var isSealed = false

    var isIdle: Bool { transfers == 0 }

    /// Before the transfer begins: there is no age at which the connection is given up.
    func setUp(_ handle: EasyHandle) throws(TransferError) {
        try handle.set(CURLOPT_FRESH_CONNECT, 0)
        try handle.set(CURLOPT_MAXAGE_CONN, 365 * 86_400)
    }

    /// A request is about to be sent; false where that would be over another connection than the first.
    func mayBegin(isReused: Bool) -> Bool {
        guard isReused || !isSealed else { return false }
        isSealed = true
        return true
    }

    func add(_ handle: EasyHandle) -> Bool {
        guard gatehouse_curl_multi_add_handle(multi, handle.pointer) == CURLM_OK else { return false }
        transfers += 1
        return true
    }

    func remove(_ handle: EasyHandle) {
        gatehouse_curl_multi_remove_handle(multi, handle.pointer)
        transfers -= 1
    }

    // MARK: Waiting

    func appendSockets(to list: inout [curl_waitfd]) {
        for (socket, events) in watch.sockets { list.append(curl_waitfd(fd: socket, events: events, revents: 0)) }
    }

    /// Takes what the wait found, of its own sockets.
    func take(_ list: [curl_waitfd]) {
        for entry in list where entry.revents != 0 && watch.sockets[entry.fd] != nil {
            var events: Int32 = 0
            if entry.revents & Int16(CURL_WAIT_POLLIN) != 0 { events |= CURL_CSELECT_IN }
            if entry.revents & Int16(CURL_WAIT_POLLOUT) != 0 { events |= CURL_CSELECT_OUT }
            ready.append((entry.fd, events))
        }
    }

    /// Lets libcurl do what can be done now.
    func run(now: Instant) {
        var running: Int32 = 0
        let ready = ready
        self.ready = []
        for (socket, events) in ready { gatehouse_curl_multi_socket_action(multi, socket, events, &running) }
        // An alarm may set the next one to now; how often is bounded, so that nobody else waits.
        for _ in 0..<8 {
            guard let alarm, alarm <= now else { return }
            watch.alarm = nil
            gatehouse_curl_multi_socket_action(multi, gatehouse_curl_socket_timeout, 0, &running)
        }
    }

    func nextDone() -> (handle: UnsafeMutableRawPointer, result: CURLcode)? {
        var result = CURLE_OK
        guard let handle = gatehouse_curl_multi_next_done(multi, &result) else { return nil }
        return (handle, result)
    }
}

/// What one multi handle waits for, as libcurl tells it.
private final class SocketWatch {
    var sockets: [Int32: Int16] = [:]
    var alarm: Instant?
    private let time: any TimeSource

    init(_ time: any TimeSource) {
        self.time = time
    }

    func watch(_ socket: Int32, _ what: Int32) {
        switch what {
        case CURL_POLL_IN: sockets[socket] = Int16(CURL_WAIT_POLLIN)
        case CURL_POLL_OUT: sockets[socket] = Int16(CURL_WAIT_POLLOUT)
        case CURL_POLL_INOUT: sockets[socket] = Int16(CURL_WAIT_POLLIN | CURL_WAIT_POLLOUT)
        case CURL_POLL_REMOVE: sockets[socket] = nil
        default: sockets[socket] = 0
        }
    }

    func setAlarm(_ milliseconds: Int) {
        alarm = milliseconds < 0 ? nil : time.now + .milliseconds(min(milliseconds, 86_400_000))
    }
}

private func socketWatch(of context: UnsafeMutableRawPointer?) -> SocketWatch? {
    context.map { Unmanaged<SocketWatch>.fromOpaque($0).takeUnretainedValue() }
}
