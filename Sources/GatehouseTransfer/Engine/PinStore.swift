// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl

/// The pinned certificates' digests, at addresses that stay as long as the engine's connections.
///
/// A TLS connection may outlive the request that it was made for, and refers to the pin. Pins come from the
/// configuration, so there are few; used by the engine's thread alone.
final class PinStore {
    private var pins: [[UInt8]: UnsafeMutableRawPointer] = [:]

    deinit {
        for pin in pins.values { pin.deallocate() }
    }

    func pointer(to digest: [UInt8]) throws(TransferError) -> UnsafeMutableRawPointer {
        if let pin = pins[digest] { return pin }
        guard digest.count == Int(GATEHOUSE_CURL_PIN_BYTES) else {
            throw TransferError(.invalidRequest, "the pinned certificate is not a SHA-256")
        }
        let pin = UnsafeMutableRawPointer.allocate(byteCount: digest.count, alignment: 1)
        digest.withUnsafeBytes { pin.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(pin), byteCount: $0.count) }
        pins[digest] = pin
        return pin
    }
}
