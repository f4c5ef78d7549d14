// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl
import GatehousePlatform
import Glibc

/// The header fields of one request, as libcurl's list, which is overwritten before it is freed.
///
/// libcurl's own buffer for the request's header is out of reach: it lives as long as the transfer.
final class HeaderList {
    /// Nil while it is empty; libcurl borrows it for the transfer.
    private(set) var pointer: UnsafeMutablePointer<curl_slist>?

    deinit {
        var node = pointer
        while let current = node {
            if let data = current.pointee.data { OPENSSL_cleanse(data, strlen(data)) }
            node = current.pointee.next
        }
        gatehouse_curl_slist_free_all(pointer)
    }

    /// Adds a field; its parts hold no CR, LF or NUL (``RequestChecks``).
    func append(name: String, _ value: TransferRequest.HeaderValue) throws(TransferError) {
        switch value {
        case .plain(let text):
            // libcurl takes `Name:` for a field to be left out and `Name;` for an empty one.
            let isEmpty = text.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            try append(Array((isEmpty ? "\(name);" : "\(name): \(text)").utf8), [])
        case .secret(let prefix, let secret):
            try secret.withBytes { bytes throws(TransferError) in
                try append(Array("\(name): \(prefix)".utf8), UnsafeRawBufferPointer(bytes))
            }
        }
    }

    /// Leaves out a field that libcurl would send by itself.
    func omit(_ name: String) throws(TransferError) {
        try append(Array("\(name):".utf8), [])
    }

    private func append(_ start: [UInt8], _ rest: some Collection<UInt8>) throws(TransferError) {
        let count = start.count + rest.count + 1
        let line = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer {
            if let base = line.baseAddress { OPENSSL_cleanse(base, count) }
            line.deallocate()
        }
        line.copyBytes(from: start)
        UnsafeMutableRawBufferPointer(rebasing: line[start.count...]).copyBytes(from: rest)
        line[count - 1] = 0
        // libcurl copies the line.
        guard let text = line.bindMemory(to: CChar.self).baseAddress,
            let longer = gatehouse_curl_slist_append(pointer, text)
        else { throw TransferError(.outOfMemory, "memory is short") }
        pointer = longer
    }
}
