// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl

extension EasyHandle {
    /// Lets libcurl call a ``Transfer``, which the caller keeps alive for as long as the handle is in use.
    func setCallbacks(_ context: UnsafeMutableRawPointer) throws(TransferError) {
        try set(CURLOPT_PREREQDATA, pointer: context)
        try setBeforeRequest { context, _, _, _, localPort in
            transfer(of: context)?.mayBegin(localPort: localPort) == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
        try set(CURLOPT_OPENSOCKETDATA, pointer: context)
        try setOpenSocket { context, _, address in
            guard let address else { return gatehouse_curl_no_socket }
            return transfer(of: context)?.openSocket(address) ?? gatehouse_curl_no_socket
        }
        try set(CURLOPT_READDATA, pointer: context)
        try set(CURLOPT_READFUNCTION) { bytes, size, count, context in
            let target = UnsafeMutableRawBufferPointer(start: bytes, count: size &* count)
            return transfer(of: context)?.read(into: target) ?? gatehouse_curl_read_abort
        }
        try set(CURLOPT_HEADERDATA, pointer: context)
        try set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            let line = UnsafeRawBufferPointer(start: bytes, count: size &* count)
            return transfer(of: context)?.takeHeader(line) == true ? line.count : line.count &+ 1
        }
        try set(CURLOPT_WRITEDATA, pointer: context)
        try set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            let piece = UnsafeRawBufferPointer(start: bytes, count: size &* count)
            // Any other number is an error to libcurl.
            return transfer(of: context)?.takeBody(piece) ?? (piece.count &+ 1)
        }
    }
}

private func transfer(of context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}
