// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl
import GatehousePlatform

/// The curl multi handle, with its kept connections; freed with its last reference.
// Unchecked: the engine's thread alone uses it, but for `wake`, which libcurl allows from any thread
// (curl_multi_wakeup(3)) and which the mailbox calls only while it holds a reference.
final class MultiHandle: @unchecked Sendable {
    private let pointer: UnsafeMutableRawPointer

    /// Loads libcurl where nobody has.
    init(_ limits: TransferLimits) throws(TransferError) {
        try CurlLibrary.load()
        guard let pointer = gatehouse_curl_multi_init() else {
            throw TransferError(.unavailable, "libcurl cannot be used")
        }
        self.pointer = pointer
        try set(CURLMOPT_MAXCONNECTS, limits.keptConnections)
        try set(CURLMOPT_MAX_TOTAL_CONNECTIONS, limits.connections)
        try set(CURLMOPT_MAX_HOST_CONNECTIONS, limits.connectionsPerHost)
    }

    deinit {
        gatehouse_curl_multi_cleanup(pointer)
    }

    private func set(_ option: CURLMoption, _ value: Int) throws(TransferError) {
        guard gatehouse_curl_multi_set_long(pointer, option, max(value, 1)) == CURLM_OK else {
            throw TransferError(.unavailable, "libcurl cannot be used")
        }
    }

    /// Lets the present or the next ``wait(milliseconds:)`` return.
    func wake() {
        gatehouse_curl_multi_wakeup(pointer)
    }

    func add(_ handle: EasyHandle) -> Bool {
        gatehouse_curl_multi_add_handle(pointer, handle.pointer) == CURLM_OK
    }

    func remove(_ handle: EasyHandle) {
        gatehouse_curl_multi_remove_handle(pointer, handle.pointer)
    }

    /// Does what can be done now; false when libcurl itself failed.
    func perform() -> Bool {
        var running: Int32 = 0
        return gatehouse_curl_multi_perform(pointer, &running) == CURLM_OK
    }

    /// The next transfer that ended.
    func nextDone() -> (handle: UnsafeMutableRawPointer, result: CURLcode)? {
        var result = CURLE_OK
        guard let handle = gatehouse_curl_multi_next_done(pointer, &result) else { return nil }
        return (handle, result)
    }

    /// Waits for a connection or one of `others`, for a time of libcurl's own, or to be woken.
    func wait(milliseconds: Int32, _ others: inout [curl_waitfd]) {
        gatehouse_curl_multi_poll(pointer, &others, UInt32(others.count), milliseconds)
    }
}
