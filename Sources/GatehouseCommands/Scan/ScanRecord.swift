// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire
import Glibc

/// The file in which a run writes down what it scanned, so that a later one need not scan it again.
///
/// One JSON object a line, each added by one write(2): a run that is interrupted loses none that it has finished. In
/// memory is a hash of each clean file, and nothing else.
struct ScanRecord: ~Copyable {
    /// Two hashes of one file under the keys of this process: nobody can make another file have them.
    private struct Mark: Hashable {
        let first: Int
        let second: Int

        init(_ status: InputFile.Status, profile: String?) {
            var hasher = Hasher()
            hasher.combine(1)
            hasher.combine(status)
            hasher.combine(profile)
            first = hasher.finalize()
            hasher = Hasher()
            hasher.combine(2)
            hasher.combine(status)
            hasher.combine(profile)
            second = hasher.finalize()
        }
    }

    /// A longer line is none of ours.
    private static let longestLine = 64 << 10
    /// A file that was written so shortly before may be written again without a trace: clocks of file systems are coarse.
    private static let settlingTime: Int64 = 3_000_000_000

    private let descriptor: Descriptor
    private let profile: String?
    private var clean: Set<Mark> = []
    /// Lines that could not be read.
    private(set) var unreadableLines = 0
    /// The first line that could not be written.
    private(set) var failure: SystemError?

    private init(_ descriptor: consuming Descriptor, profile: String?) {
        self.descriptor = descriptor
        self.profile = profile
    }

    /// Opens or creates a record for scans with a profile, and reads it.
    static func open(_ path: FilePath, profile: String?) throws(RecordFault) -> ScanRecord {
        var record = ScanRecord(try file(path), profile: profile)
        try record.read()
        return record
    }

    private static func file(_ path: FilePath) throws(RecordFault) -> Descriptor {
        let number = Glibc.open(path.terminated, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o600)
        guard number >= 0 else { throw RecordFault(SystemError.current("open").reason) }
        let descriptor = Descriptor(owning: number)
        var status = stat()
        guard fstat(number, &status) == 0 else { throw RecordFault(SystemError.current("fstat").reason) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw RecordFault("not a regular file") }
        // Whoever writes it decides what is not scanned.
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw RecordFault("it is another user's, who decides with it what is not scanned; use one of your own")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw RecordFault("others may write it, and with it decide what is not scanned; chmod 0600 it")
        }
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else { throw RecordFault("another run uses it") }
        return descriptor
    }

    /// Whether the file was scanned as it is now, and was clean.
    func holds(_ status: InputFile.Status?) -> Bool {
        status.map { clean.contains(Mark($0, profile: profile)) } ?? false
    }

    /// Writes a verdict down.
    ///
    /// The file's status is of before the scan; a file that had only just been written is not written down.
    mutating func add(_ file: HeldFile, _ judgement: Judgement) {
        guard failure == nil, let status = file.status, file.path.bytes != [UInt8(ascii: "-")] else { return }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let time = Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec)
        let isSettled = file.openedAt &- max(status.modified, status.changed) > Self.settlingTime
        guard isSettled || judgement.outcome != .clean else { return }
        let verdict =
            switch judgement.outcome {
            case .clean: "clean"
            case .infected: "infected"
            case .notScanned: "notScanned"
            }
        let line: JSONValue = [
            "path": .string(String(decoding: file.path.absolute.bytes, as: UTF8.self)), "verdict": .string(verdict),
            "size": .number(JSONNumber(status.size)), "mtime": .number(JSONNumber(status.modified)),
            "ctime": .number(JSONNumber(status.changed)), "device": .string(String(status.device)),
            "inode": .string(String(status.inode)), "profile": profile.map { .string($0) } ?? .null,
            "at": .number(JSONNumber(time / 1_000_000_000)),
        ]
        write(line.text + "\n")
    }

    private mutating func write(_ line: String) {
        let bytes = Array(line.utf8)
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor.number, $0.baseAddress, $0.count) }
        if count < 0 {
            failure = .current("write")
        } else if count < bytes.count {
            failure = SystemError(code: ENOSPC, call: "write")
        }
    }

    // MARK: Reading

    private mutating func read() throws(RecordFault) {
        var line: [UInt8] = []
        var isTooLong = false
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor.number, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw RecordFault(SystemError.current("read").reason) }
            guard count > 0 else { break }
            for byte in buffer.prefix(count) {
                if byte == UInt8(ascii: "\n") {
                    if isTooLong { unreadableLines += 1 } else { take(line) }
                    line.removeAll(keepingCapacity: true)
                    isTooLong = false
                } else if line.count < Self.longestLine {
                    line.append(byte)
                } else {
                    isTooLong = true
                }
            }
        }
        // A run that was cut off in the middle of a line: what follows begins a new one.
        guard !line.isEmpty else { return }
        unreadableLines += 1
        write("\n")
    }

    private mutating func take(_ line: [UInt8]) {
        guard !line.isEmpty else { return }
        guard let object = try? JSONValue(parsing: line), let verdict = object["verdict"]?.string,
            let size = object["size"]?.integer, let modified = object["mtime"]?.integer,
            let changed = object["ctime"]?.integer,
            let device = object["device"]?.string.flatMap({ UInt64($0) }),
            let inode = object["inode"]?.string.flatMap({ UInt64($0) })
        else {
            unreadableLines += 1
            return
        }
        let status = InputFile.Status(device: device, inode: inode, size: size, modified: modified, changed: changed)
        let mark = Mark(status, profile: object["profile"]?.string)
        // The last word on a file counts.
        if verdict == "clean" { clean.insert(mark) } else { clean.remove(mark) }
    }
}

/// A record that cannot be used.
struct RecordFault: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
