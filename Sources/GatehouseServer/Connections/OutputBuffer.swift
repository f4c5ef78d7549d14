// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import GatehousePlatform

/// The bytes that wait to be sent on one connection.
struct OutputBuffer {
    /// What is appended here is sent at the end of the turn.
    var bytes: [UInt8] = []
    private var sent = 0
    /// How many bytes the socket has taken since the connection began.
    private(set) var taken: UInt64 = 0

    /// How many bytes wait.
    var count: Int { bytes.count - sent }

    /// How many bytes are kept, with those that are sent and not yet let go.
    var held: Int { bytes.count }

    /// What one attempt to send came to.
    enum Progress {
        case everything
        case partial
        case broken
    }

    /// Sends as much as the socket takes.
    mutating func send(to socket: Int32) -> Progress {
        while sent < bytes.count {
            let result = bytes.withUnsafeBytes { buffer -> Int in
                guard let base = buffer.baseAddress else { return 0 }
                return gatehouse_send(socket, base + sent, buffer.count - sent, nil, 0)
            }
            if result == -Int(SystemError.wouldBlock) {
                compact()
                return .partial
            }
            guard result > 0 else { return .broken }
            sent += result
            taken += UInt64(result)
        }
        // An idle connection keeps next to nothing: a large reply's buffer is given back.
        let isLarge = bytes.capacity > 4096
        bytes.removeAll(keepingCapacity: !isLarge)
        sent = 0
        return .everything
    }

    private mutating func compact() {
        guard sent > bytes.count / 2 else { return }
        // Not in place, which would keep the memory of all that was sent.
        bytes = Array(bytes[sent...])
        sent = 0
    }
}
