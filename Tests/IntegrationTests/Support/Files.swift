// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// Moves the offset of an open file to its end.
func lseekToEnd(_ descriptor: Int32) {
    lseek(descriptor, 0, Int32(SEEK_END))
}

/// The offset of an open file.
func offset(_ descriptor: Int32) -> Int {
    lseek(descriptor, 0, Int32(SEEK_CUR))
}

/// Makes a sparse file of a size with a text at its very end.
func extend(_ path: String, to size: Int, endingIn text: String) {
    let number = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard number >= 0 else { return }
    let bytes = Array(text.utf8)
    pwrite(number, bytes, bytes.count, size - bytes.count)
    close(number)
}
