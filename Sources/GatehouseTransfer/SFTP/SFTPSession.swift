// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl
import GatehousePlatform

/// One connection to an SFTP server, and what is done over it, one thing after the other; every call blocks.
///
/// Parts of libcurl's SFTP wait (the end of an upload, the end of a connection), whatever the interface. So each session
/// has a thread to itself for as long as it does something, and holds up no other transfer.
final class SFTPSession {
    private static let connectTime = Duration.seconds(10)
    /// Without a byte taken by the server.
    private static let idleTime = Duration.seconds(60)
    /// libssh2 sends what it is given in packets and waits for the answers to all of them.
    private static let bufferBytes = 512 << 10
    private static let listingBytes = 16 << 20

    private let server: SFTPServer
    private let time: any TimeSource
    private let handle: EasyHandle
    private let control: SFTPControl

    private var source: UploadSource?
    private var stopped: DropError?
    private var received: [UInt8] = []
    private var lastUploaded: curl_off_t = 0
    private var lastActivity: Instant
    private var lastResult = CURLE_OK

    init(_ server: SFTPServer, time: any TimeSource, control: SFTPControl) throws(DropError) {
        self.server = server
        self.time = time
        self.control = control
        lastActivity = time.now
        do {
            try CurlLibrary.load()
            handle = try EasyHandle()
            try setUp()
        } catch {
            throw DropError(.unavailable, error.message)
        }
    }

    private func setUp() throws(TransferError) {
        try handle.set(CURLOPT_NOSIGNAL, 1)
        try handle.set(CURLOPT_PROTOCOLS_STR, "sftp")
        // An empty string turns the environment's variables off.
        try handle.set(CURLOPT_PROXY, "")
        try handle.set(CURLOPT_QUICK_EXIT, 1)
        try handle.set(CURLOPT_TCP_KEEPALIVE, 1)
        try handle.set(CURLOPT_UPLOAD_BUFFERSIZE, Self.bufferBytes)
        try handle.set(CURLOPT_CONNECTTIMEOUT_MS, Int(Self.connectTime.wholeMilliseconds))
        try handle.set(CURLOPT_SSH_HOST_PUBLIC_KEY_SHA256, server.hostKey)
        try handle.set(CURLOPT_USERNAME, server.user)
        switch server.authentication {
        case .password(let secret):
            try handle.set(CURLOPT_SSH_AUTH_TYPES, gatehouse_curl_ssh_password)
            try handle.set(CURLOPT_PASSWORD, secret)
        case .privateKey(let file):
            try handle.set(CURLOPT_SSH_AUTH_TYPES, gatehouse_curl_ssh_public_key)
            // The public key is worked out from the private one.
            try handle.set(CURLOPT_SSH_PRIVATE_KEYFILE, file)
        }
        try handle.set(CURLOPT_NEW_FILE_PERMS, 0o640)
        try setCallbacks()
    }

    /// Whether the server may have let us in for the last thing that was done: where it did not, nothing was done.
    ///
    /// libcurl notes a time when the connection stands, though that was to be the time of the login
    /// (CURLINFO_APPCONNECT_TIME_T(3)); a failure that comes before the login says so by its code.
    var mayHaveLoggedIn: Bool {
        switch lastResult {
        case CURLE_FAILED_INIT, CURLE_PEER_FAILED_VERIFICATION, CURLE_LOGIN_DENIED: false
        default: handle.size(CURLINFO_APPCONNECT_TIME_T) > 0
        }
    }

    // MARK: What is done

    /// Writes all of an upload under the unfinished name and renames it.
    func upload(_ source: UploadSource, as name: DropName, within limit: Duration) throws(DropError) {
        do {
            try source.begin { [control] in control.wake() }
        } catch {
            throw DropError(.source(error), error.description)
        }
        self.source = source
        defer {
            self.source = nil
            source.end()
        }
        try perform(within: limit) { handle throws(TransferError) in
            try handle.set(CURLOPT_URL, server.url(name.part))
            try handle.set(CURLOPT_UPLOAD, 1)
            try handle.set(CURLOPT_INFILESIZE_LARGE, size: source.size ?? -1)
        } after: {
            "rename \(server.quoted(name.part)) \(server.quoted(name.text))"
        }
    }

    /// Removes a file that may be there under either of its names, or not at all.
    func remove(_ name: DropName, within limit: Duration) throws(DropError) {
        // One after the other, since libcurl would not tell which of two commands failed, nor why.
        try remove(name.part, within: limit)
        try remove(name.text, within: limit)
    }

    /// Removes a file; one that has gone by itself is as good.
    func remove(_ name: String, within limit: Duration) throws(DropError) {
        do {
            try perform(["rm \(server.quoted(name))"], within: limit)
        } catch {
            guard lastResult == CURLE_QUOTE_ERROR, try isGone(name, within: limit) else { throw error }
        }
    }

    /// Whether nothing has that name (any more): only the server's own word for that counts.
    private func isGone(_ name: String, within limit: Duration) throws(DropError) -> Bool {
        do {
            _ = try modified(name, within: limit)
            return false
        } catch {
            guard lastResult == CURLE_REMOTE_FILE_NOT_FOUND else { throw error }
            return true
        }
    }

    /// The names in the folder.
    func names(within limit: Duration) throws(DropError) -> [[UInt8]] {
        try perform(within: limit) { handle throws(TransferError) in
            try handle.set(CURLOPT_URL, server.url(""))
            try handle.set(CURLOPT_HTTPGET, 1)
            try handle.set(CURLOPT_DIRLISTONLY, 1)
        }
        return received.split(separator: UInt8(ascii: "\n")).map(Array.init)
    }

    /// When a file was last written, in Unix seconds; nil where that is not known.
    ///
    /// It opens the file, so one that is not there, or that the account may not read, is an error.
    func modified(_ name: String, within limit: Duration) throws(DropError) -> Int64? {
        try perform(within: limit) { handle throws(TransferError) in
            try handle.set(CURLOPT_URL, server.url(name))
            try handle.set(CURLOPT_NOBODY, 1)
            try handle.set(CURLOPT_FILETIME, 1)
        }
        let time = handle.size(CURLINFO_FILETIME_T)
        return time > 0 ? time : nil
    }

    private func perform(_ commands: [String], within limit: Duration) throws(DropError) {
        try perform(before: commands, within: limit) { handle throws(TransferError) in
            try handle.set(CURLOPT_URL, server.url(""))
            try handle.set(CURLOPT_NOBODY, 1)
        }
    }

    private func perform(
        before: [String] = [],
        within limit: Duration,
        _ setUp: (EasyHandle) throws(TransferError) -> Void,
        after: () -> String? = { nil }
    ) throws(DropError) {
        received = []
        stopped = nil
        lastResult = CURLE_OK
        lastUploaded = 0
        lastActivity = time.now
        let (before, after) = (CommandList(before), CommandList([after()].compactMap(\.self)))
        do throws(TransferError) {
            for option in [CURLOPT_UPLOAD, CURLOPT_NOBODY, CURLOPT_DIRLISTONLY, CURLOPT_FILETIME] {
                try handle.set(option, 0)
            }
            try handle.set(CURLOPT_TIMEOUT_MS, Int(min(max(limit.wholeMilliseconds, 1), 86_400_000)))
            try handle.set(CURLOPT_QUOTE, list: before.pointer)
            try handle.set(CURLOPT_POSTQUOTE, list: after.pointer)
            try setUp(handle)
        } catch {
            throw DropError(.unavailable, error.message)
        }
        lastResult = withExtendedLifetime((before, after)) { gatehouse_curl_easy_perform(handle.pointer) }
        if let stopped { throw stopped }
        if let error = DropError(sftp: lastResult) { throw error }
    }

    // MARK: What libcurl asks

    private func setCallbacks() throws(TransferError) {
        // This object owns the handle, and libcurl calls back only while it performs.
        let context = Unmanaged.passUnretained(self).toOpaque()
        try handle.set(CURLOPT_READDATA, pointer: context)
        try handle.set(CURLOPT_READFUNCTION) { bytes, size, count, context in
            let target = UnsafeMutableRawBufferPointer(start: bytes, count: size &* count)
            return session(context)?.read(into: target) ?? gatehouse_curl_read_abort
        }
        try handle.set(CURLOPT_WRITEDATA, pointer: context)
        try handle.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            let piece = UnsafeRawBufferPointer(start: bytes, count: size &* count)
            return session(context)?.take(piece) == true ? piece.count : piece.count &+ 1
        }
        try handle.setProgress(context) { context, _, _, _, uploaded in
            session(context)?.mayGoOn(uploaded) == true ? 0 : 1
        }
    }

    /// Waits for the caller's file; nothing else is done on this thread.
    private func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        while !control.isCancelled {
            switch source?.take(into: target) {
            case .bytes(let count): return count
            case .end: return 0
            case .pause: control.wait()
            case .failed(let error):
                stopped = DropError(.source(error), error.description)
                return gatehouse_curl_read_abort
            case nil: return gatehouse_curl_read_abort
            }
            // The time in which our own reader is behind does not count.
            lastActivity = time.now
        }
        stopped = .cancelled
        return gatehouse_curl_read_abort
    }

    private func take(_ piece: UnsafeRawBufferPointer) -> Bool {
        guard piece.count <= Self.listingBytes - received.count else {
            stopped = DropError(.failed, "the folder for large files holds too many names")
            return false
        }
        received.append(contentsOf: piece)
        return true
    }

    private func mayGoOn(_ uploaded: curl_off_t) -> Bool {
        let now = time.now
        if uploaded != lastUploaded {
            lastUploaded = uploaded
            lastActivity = now
        }
        if control.isCancelled {
            stopped = .cancelled
        } else if now - lastActivity > Self.idleTime {
            stopped = DropError(.timedOut, "the SFTP server does not answer")
        }
        return stopped == nil
    }
}

private func session(_ context: UnsafeMutableRawPointer?) -> SFTPSession? {
    context.map { Unmanaged<SFTPSession>.fromOpaque($0).takeUnretainedValue() }
}

/// Commands for an SFTP server, as libcurl's list, which it borrows while it performs.
private final class CommandList {
    private(set) var pointer: UnsafeMutablePointer<curl_slist>?

    /// Fewer commands than asked for where memory is short.
    init(_ commands: [String]) {
        for command in commands {
            guard let longer = gatehouse_curl_slist_append(pointer, command) else { return }
            pointer = longer
        }
    }

    deinit {
        gatehouse_curl_slist_free_all(pointer)
    }
}
