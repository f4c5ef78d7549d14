// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer

/// A caller's file in memory.
final class MemoryFile: Sendable {
    private let state: Locked<[UInt8]>

    init(_ bytes: [UInt8] = []) {
        state = Locked(bytes)
    }

    var bytes: [UInt8] { state.withLock { $0 } }

    var writer: FileWriter {
        FileWriter(
            write: { [state] bytes, offset in
                state.withLock { file in
                    let end = Int(offset) + bytes.count
                    if file.count < end { file += [UInt8](repeating: 0, count: end - file.count) }
                    file.replaceSubrange(Int(offset)..<end, with: bytes)
                }
                return nil
            },
            check: { [state] in state.withLock { $0.isEmpty } ? nil : .notEmpty },
            truncate: { [state] in
                state.withLock { $0 = [] }
                return nil
            }
        )
    }

    var reader: FileAccess {
        FileAccess(
            read: { [state] buffer, offset in
                state.withLock { file in
                    let part = file.dropFirst(Int(offset)).prefix(buffer.count)
                    buffer.copyBytes(from: part)
                    return .success(part.count)
                }
            },
            status: { [state] in .success(FileStatus(size: Int64(state.withLock { $0.count }))) }
        )
    }
}
