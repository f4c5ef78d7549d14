// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform

/// Memory for secrets: not in swap, not in a core dump, not in a child process, and overwritten when it is given back.
package enum SecretMemory {
    /// How well it is kept.
    package enum Protection: Sendable, Comparable {
        /// It may be swapped: RLIMIT_MEMLOCK is too low.
        case none
        /// It is never swapped (mlock2(2)).
        case locked
        /// Nor can the kernel or another process read it (memfd_secret(2)).
        case unreachable
    }

    /// How well the secrets of this process have been kept so far, the worst of them.
    package static var protection: Protection {
        switch gatehouse_secret_memory() {
        case Int32(GATEHOUSE_SECRETS_UNREACHABLE): .unreachable
        case Int32(GATEHOUSE_SECRETS_LOCKED): .locked
        default: .none
        }
    }

    /// Memory of that many bytes, one at least.
    static func allocate(_ count: Int) -> UnsafeMutableRawBufferPointer {
        let count = max(count, 1)
        guard let base = gatehouse_secret_allocate(count) else {
            // As where the heap has no memory left: there is nothing that a caller could do instead.
            preconditionFailure("no memory for a secret")
        }
        return UnsafeMutableRawBufferPointer(start: base, count: count)
    }

    /// Overwrites what ``allocate(_:)`` returned and gives it back.
    static func free(_ bytes: UnsafeMutableRawBufferPointer) {
        gatehouse_secret_free(bytes.baseAddress, bytes.count)
    }
}
