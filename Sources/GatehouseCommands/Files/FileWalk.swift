// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// Visits what the arguments name, and with `-r` what is in their folders: one thing at a time, in a fixed order.
///
/// The names of a folder come in the order of their bytes (``FolderListing``). Entries are opened relative to their open
/// folder and never through a symbolic link, so that nobody can swap a folder for a link under way.
package struct FileWalk {
    /// One thing to scan or to tell.
    package enum Visit: ~Copyable {
        /// An open file.
        case file(FilePath, InputFile)
        /// A path that the engine knows.
        case shared(FilePath)
        /// Something that should have been scanned and cannot be.
        case fault(FilePath, LocalFault)
        /// Something in a folder that is no file.
        case skipped(FilePath, FileKind)
    }

    /// Deeper folders are told as faults: each open level holds a descriptor, and a bind mount can make a loop.
    package static let maximumDepth = 256

    private var arguments: ArraySlice<FilePath>
    private let isRecursive: Bool
    private let isShared: Bool
    private var folders: [FolderListing] = []

    /// Starts at the first argument; `-` is standard input.
    package init(_ arguments: [FilePath], recursive: Bool) {
        self.arguments = arguments[...]
        isRecursive = recursive
        isShared = false
    }

    /// Goes through paths that the engine knows; nothing on this host is looked at.
    package init(shared arguments: [FilePath]) {
        self.arguments = arguments[...]
        isRecursive = false
        isShared = true
    }

    /// Goes on to the next thing; nil at the end.
    package mutating func next() -> Visit? {
        while true {
            if let folder = folders.last {
                do throws(LocalFault) {
                    guard let name = try folder.next() else {
                        folders.removeLast()
                        continue
                    }
                    if let visit = visit(name, in: folder) { return visit }
                } catch {
                    // What was read of it is visited; what comes next in it is its end.
                    return .fault(folder.path, error)
                }
            } else {
                guard let argument = arguments.popFirst() else { return nil }
                if let visit = visit(argument) { return visit }
            }
        }
    }

    /// An argument: a link that somebody names is followed.
    private mutating func visit(_ path: FilePath) -> Visit? {
        guard !isShared else { return visit(shared: path) }
        do throws(LocalFault) {
            if path.bytes == [UInt8(ascii: "-")] { return .file(path, try StandardInput.open()) }
            var status = stat()
            if isRecursive, stat(path.terminated, &status) == 0, FileKind(mode: status.st_mode) == .folder {
                folders.append(try FolderListing(in: AT_FDCWD, path, path: path, followingLinks: true))
                return nil
            }
            return .file(path, try InputFile(in: AT_FDCWD, path, followingLinks: true))
        } catch {
            return .fault(path, error)
        }
    }

    private func visit(shared path: FilePath) -> Visit {
        guard String(validating: path.bytes, as: UTF8.self) != nil else {
            return .fault(path, .refused("its name is not UTF-8, so that the engine cannot be told it"))
        }
        return .shared(path)
    }

    /// An entry of a folder; nil for a folder, which is entered.
    private mutating func visit(_ name: [UInt8], in folder: FolderListing) -> Visit? {
        let path = folder.path.appending(name)
        let name = FilePath(bytes: name)
        let parent = folder.descriptor.number
        var status = stat()
        guard fstatat(parent, name.terminated, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            return .fault(path, .unreadable(errno))
        }
        do throws(LocalFault) {
            switch FileKind(mode: status.st_mode) {
            case .regular: return .file(path, try InputFile(in: parent, name, followingLinks: false))
            case .folder: try enter(name, path, parent)
            case let kind: return .skipped(path, kind)
            }
            return nil
        } catch {
            return .fault(path, error)
        }
    }

    private mutating func enter(_ name: FilePath, _ path: FilePath, _ parent: Int32) throws(LocalFault) {
        guard folders.count < Self.maximumDepth else {
            throw .refused("more than \(Self.maximumDepth) folders in each other")
        }
        folders.append(try FolderListing(in: parent, name, path: path, followingLinks: false))
    }
}
