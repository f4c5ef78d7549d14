// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// What sort of file a path names (inode(7)).
package enum FileKind: Equatable, Sendable {
    case regular, folder, symbolicLink, pipe, socket, device

    /// Reads the file type out of a mode.
    init(mode: mode_t) {
        switch mode & mode_t(0o170000) {
        case 0o100000: self = .regular
        case 0o040000: self = .folder
        case 0o120000: self = .symbolicLink
        case 0o010000: self = .pipe
        case 0o140000: self = .socket
        default: self = .device
        }
    }

    /// The word for programs.
    var word: String {
        switch self {
        case .regular: "file"
        case .folder: "folder"
        case .symbolicLink: "symbolicLink"
        case .pipe: "pipe"
        case .socket: "socket"
        case .device: "device"
        }
    }

    /// The word for people, with its article.
    var description: String {
        switch self {
        case .regular: "a file"
        case .folder: "a folder"
        case .symbolicLink: "a symbolic link"
        case .pipe: "a pipe"
        case .socket: "a socket"
        case .device: "a device"
        }
    }
}
