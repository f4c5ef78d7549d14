// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl
import GatehousePlatform

/// A curl easy handle, its error buffer and what its options point to; used by the engine's thread alone.
///
/// It is freed with its last reference; by then it is in no multi handle any more.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    /// libcurl writes here until the handle is gone.
    private let errorBuffer: UnsafeMutablePointer<CChar>

    init() throws(TransferError) {
        guard let pointer = gatehouse_curl_easy_init() else { throw TransferError(.outOfMemory, "memory is short") }
        self.pointer = pointer
        errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try check(gatehouse_curl_set_error_buffer(pointer, errorBuffer))
    }

    deinit {
        gatehouse_curl_easy_cleanup(pointer)
        errorBuffer.deallocate()
    }

    /// libcurl's own words about the failure; may be empty.
    var errorText: String { String(cString: errorBuffer) }

    func set(_ option: CURLoption, _ value: Int) throws(TransferError) {
        try check(gatehouse_curl_set_long(pointer, option, value))
    }

    func set(_ option: CURLoption, size: Int64) throws(TransferError) {
        try check(gatehouse_curl_set_size(pointer, option, curl_off_t(size)))
    }

    func set(_ option: CURLoption, _ value: String?) throws(TransferError) {
        try check(gatehouse_curl_set_string(pointer, option, value))
    }

    /// For an option whose text libcurl copies; a NUL would end it.
    func set(_ option: CURLoption, _ secret: Secret) throws(TransferError) {
        var text = SecretWriter()
        text.append(secret)
        text.append(UInt8(0))
        let result = text.withBytes { bytes in
            gatehouse_curl_set_string(pointer, option, bytes.bindMemory(to: CChar.self).baseAddress)
        }
        try check(result)
    }

    func set(_ option: CURLoption, pointer value: UnsafeMutableRawPointer) throws(TransferError) {
        try check(gatehouse_curl_set_pointer(pointer, option, value))
    }

    /// For an option whose bytes libcurl copies.
    func set(_ option: CURLoption, copying bytes: [UInt8]) throws(TransferError) {
        let result = bytes.withUnsafeBytes { gatehouse_curl_set_bytes(pointer, option, $0.baseAddress) }
        try check(result)
    }

    func set(_ option: CURLoption, list: UnsafeMutablePointer<curl_slist>?) throws(TransferError) {
        try check(gatehouse_curl_set_list(pointer, option, list))
    }

    func setProgress(
        _ context: UnsafeMutableRawPointer,
        _ function: @escaping gatehouse_curl_progress_function
    ) throws(TransferError) {
        try check(gatehouse_curl_set_progress(pointer, context, function))
    }

    func set(_ option: CURLoption, _ headers: HeaderList) throws(TransferError) {
        try check(gatehouse_curl_set_list(pointer, option, headers.pointer))
    }

    func set(
        _ option: CURLoption,
        _ function: @escaping gatehouse_curl_transfer_function
    ) throws(TransferError) {
        try check(gatehouse_curl_set_transfer_function(pointer, option, function))
    }

    func setBeforeRequest(_ function: @escaping gatehouse_curl_before_request_function) throws(TransferError) {
        try check(gatehouse_curl_set_before_request(pointer, function))
    }

    /// Sets what libcurl has no option for; the pin outlives every connection that this handle makes.
    func setUpTLS(pin: UnsafeMutableRawPointer?) throws(TransferError) {
        try check(gatehouse_curl_set_up_tls(pointer, pin))
    }

    /// Sets the only authorities that are trusted; libcurl copies them.
    func setAuthorities(_ pem: [UInt8]) throws(TransferError) {
        try check(pem.withUnsafeBytes { gatehouse_curl_set_authorities(pointer, $0.baseAddress, $0.count) })
    }

    func setOpenSocket(_ function: @escaping gatehouse_curl_open_socket_function) throws(TransferError) {
        try check(gatehouse_curl_set_open_socket(pointer, function))
    }

    /// 0 where libcurl does not know it.
    func integer(_ info: CURLINFO) -> Int {
        var value = 0
        return gatehouse_curl_get_long(pointer, info, &value) == CURLE_OK ? value : 0
    }

    /// 0 where libcurl does not know it.
    func size(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        return gatehouse_curl_get_size(pointer, info, &value) == CURLE_OK ? Int64(value) : 0
    }

    /// Lets a transfer go on whose body had nothing to send.
    func resume() -> CURLcode {
        gatehouse_curl_easy_pause(pointer, gatehouse_curl_pause_none)
    }

    private func check(_ result: CURLcode) throws(TransferError) {
        guard result != CURLE_OK else { return }
        throw TransferError.from(result, .init(detail: ""))
    }
}
