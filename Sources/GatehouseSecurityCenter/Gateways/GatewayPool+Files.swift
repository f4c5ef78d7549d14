// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
package import GatehousePlatform
package import GatehouseTransfer
import GatehouseWire
package import Glibc

// Files through gateways.
extension GatewayPool {
    /// Fetches a file through a gateway into a caller's file, from its offset 0.
    ///
    /// The gateway is held until the end, also in the pauses between requests. The file is an empty regular file open
    /// for writing, and empty again when a failure is thrown, unless it hangs: see ``emptyingTime``. `progress` gets the
    /// bytes so far and the whole, where it is known, at most four times a second and at the end.
    ///
    /// Throws `foreignAddress` for an address elsewhere, `fileFailed`, `sessionLost` where the session in which the
    /// address is good ends meanwhile, and what calls throw.
    package func getFile(
        _ handle: GatewayHandle,
        _ source: FileSource,
        into file: FileWriter,
        readers: ReaderThreads,
        owner: uid_t,
        within: Duration = .seconds(120),
        progress: (@Sendable (Int64, Int64?) -> Void)? = nil
    ) async throws(SecurityCenterError) -> TransferredFile {
        let deadline = loop.time.now + within
        let link = try link(try gateway(handle, owner: owner).server)
        var address: FileAddress?
        if case .address(let text) = source { address = try FileAddress(text, .download, origin: link.profile.url) }
        let lease = try await hold(handle, owner)
        defer { letGo(lease) }
        let time = loop.time
        let sink = try await fileErrors { () async throws(DownloadError) in
            try await DownloadSink.open(
                file,
                user: owner,
                readers: readers,
                progress: progress.map { DownloadProgress(time: time, report: $0) }
            )
        }
        do throws(SecurityCenterError) {
            var generation = lease.generation
            switch (source, address) {
            case (.listItem(let item), _):
                generation =
                    try await fetch(item, .gateway(handle, owner: owner, generation: nil), sink, deadline)
                    ?? generation
            case (.address, let address?):
                try await fetch(address, place(handle, owner, lease), sink, deadline)
            case (.address, nil): break
            }
            let digest = try await fileErrors { () async throws(DownloadError) in try await sink.finish() }
            return TransferredFile(digest: digest, generation: generation)
        } catch {
            throw await takeBack(sink, after: Self.closedMeanwhile(error))
        }
    }

    /// How long a caller whose time is over, or who left, waits for a file that does not let itself be emptied.
    ///
    /// A file hangs with its file system (FUSE, NFS); it is emptied whenever that goes on.
    static let emptyingTime = Duration.seconds(1)

    /// Empties the file before its error is answered, so that nobody finds half of it there.
    private func takeBack(_ sink: DownloadSink, after error: SecurityCenterError) async -> SecurityCenterError {
        sink.abandon()
        await sink.settled()
        if Task.isCancelled { await settle(sink, within: Self.emptyingTime) }
        guard let leftover = sink.leftover else { return error }
        var error = error
        error.message += "; the file could not be emptied: \(leftover.reason)"
        return error
    }

    /// Waits in a cancelled task too.
    private func settle(_ sink: DownloadSink, within limit: Duration) async {
        var timer: TimerID?
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let waiting = Locked<CheckedContinuation<Void, Never>?>(continuation)
            let end: @Sendable () -> Void = {
                let continuation = waiting.withLock { waiting in
                    defer { waiting = nil }
                    return waiting
                }
                continuation?.resume()
            }
            timer = loop.schedule(at: loop.time.now + limit, end)
            sink.whenSettled(end)
        }
        if let timer { loop.cancel(timer) }
    }

    /// The generation that answered last.
    private func fetch(
        _ item: ListItem,
        _ place: Place,
        _ sink: DownloadSink,
        _ deadline: Instant
    ) async throws(SecurityCenterError) -> UInt64? {
        var pieces = ListItemPieces(item)
        var generation: UInt64?
        while let call = pieces.next(within: max(deadline - loop.time.now, .milliseconds(1))) {
            let answer = try await perform(call, place)
            generation = answer.lease.generation
            let bytes = try pieces.take(answer.reply)
            sink.expect(total: pieces.size)
            try await fileErrors { () async throws(DownloadError) in try await sink.write(bytes) }
        }
        return generation
    }

    private func fetch(
        _ address: FileAddress,
        _ place: Place,
        _ sink: DownloadSink,
        _ deadline: Instant
    ) async throws(SecurityCenterError) {
        var attempts = FileAttempts()
        while true {
            let (begin, beginnings) = (sink.count, sink.beginnings)
            let result = try await exchange(place) { requests in
                requests.download(
                    address,
                    from: begin,
                    into: sink,
                    within: max(deadline - self.loop.time.now, .milliseconds(1))
                )
            }
            if let failure = sink.failure { throw SecurityCenterError(.fileFailed, failure.description) }
            let step = attempts.next(
                after: result,
                from: begin,
                count: sink.count,
                announced: sink.total,
                beganAnew: sink.beginnings > beginnings
            )
            switch step {
            case .done: return
            case .again(let delay): try await pause(delay)
            case .failed(let error): throw error
            }
        }
    }

    /// Puts a caller's file to an address that `NagRdu.GetUrlToUploadFileToHost` returned, in pieces of 1 MiB.
    ///
    /// The gateway is held until the end. Throws `foreignAddress` for an address elsewhere, `fileFailed` for a file that
    /// is empty, cannot be read or changes meanwhile, `sessionLost` where the session in which the address is good ends.
    package func putFile(
        _ handle: GatewayHandle,
        _ target: String,
        from file: FileAccess,
        readers: ReaderThreads,
        owner: uid_t,
        within: Duration = .seconds(120),
        progress: (@Sendable (Int64, Int64?) -> Void)? = nil
    ) async throws(SecurityCenterError) -> TransferredFile {
        let deadline = loop.time.now + within
        let link = try link(try gateway(handle, owner: owner).server)
        let address = try FileAddress(target, .upload, origin: link.profile.url)
        let lease = try await hold(handle, owner)
        defer { letGo(lease) }
        let pieces = try await fileErrors { () async throws(UploadSourceError) in
            try await FilePieces.open(file, user: owner, readers: readers)
        }
        guard pieces.size > 0 else { throw SecurityCenterError(.fileFailed, "the file is empty") }
        let place = self.place(handle, owner, lease)
        var position: Int64 = 0
        do throws(SecurityCenterError) {
            while position < pieces.size {
                let bytes = try await fileErrors { () async throws(UploadSourceError) in
                    try await pieces.next(1 << 20)
                }
                try await put(bytes, at: position, of: pieces.size, address, place, deadline)
                position += Int64(bytes.count)
                progress?(position, pieces.size)
            }
            let digest = try await fileErrors { () async throws(UploadSourceError) in try await pieces.finish() }
            return TransferredFile(digest: digest, generation: lease.generation)
        } catch {
            var error = Self.closedMeanwhile(error)
            // Pieces of it have arrived.
            if position > 0 { error.requestMayHaveLeft = true }
            throw error
        }
    }

    private func put(
        _ bytes: [UInt8],
        at position: Int64,
        of total: Int64,
        _ address: FileAddress,
        _ place: Place,
        _ deadline: Instant
    ) async throws(SecurityCenterError) {
        var attempts = PieceAttempts()
        while true {
            let result = try await exchange(place) { requests in
                requests.upload(
                    address,
                    bytes,
                    at: position,
                    of: total,
                    within: max(deadline - self.loop.time.now, .milliseconds(1))
                )
            }
            switch attempts.next(after: result) {
            case .done: return
            case .again(let delay): try await pause(delay)
            case .failed(let error): throw error
            }
        }
    }

    // MARK: Holding

    /// Keeps a gateway from being closed as idle, between requests too, until ``letGo(_:)``.
    private func hold(_ handle: GatewayHandle, _ owner: uid_t) async throws(SecurityCenterError) -> UpstreamLease {
        let lease = try await acquire(.gateway(handle, owner: owner, generation: nil))
        table.pin(lease)
        release(lease)
        return lease
    }

    private func letGo(_ lease: UpstreamLease) {
        carryOut(table.unpin(lease, now: loop.time.now))
    }

    /// A file's address belongs to its session, so that nothing is opened anew; a connection never is.
    private func place(_ handle: GatewayHandle, _ owner: uid_t, _ lease: UpstreamLease) -> Place {
        let generation = lease.session.binding == .session ? lease.generation : nil
        return .gateway(handle, owner: owner, generation: generation)
    }

    /// A gateway that was there when the transfer began, and is not any more.
    private static func closedMeanwhile(_ error: SecurityCenterError) -> SecurityCenterError {
        guard error.code == .unknownGateway else { return error }
        return SecurityCenterError(.gatewayGone, "the gateway was closed meanwhile")
    }

    // MARK: Requests

    /// One request to the file service over a gateway, with 401 and 403 told apart.
    private func exchange(
        _ place: Place,
        _ build: (ServerRequests) -> (UpstreamSession, String) -> TransferRequest
    ) async throws(SecurityCenterError) -> FileExchange {
        let lease = try await acquire(place)
        let link: ServerLink
        do {
            link = try self.link(of: lease)
        } catch {
            release(lease)
            throw error
        }
        let requestID = ServerRequests.requestID()
        var reader = link.reader(requestID)
        if case .session(let id) = lease.session { reader.secrets.append(id) }
        let request = build(ServerRequests(profile: link.profile))(lease.session, requestID)
        let result = await link.send(request, lease.session)
        var attempt = CallAttempt(reader, isIdempotent: false, binding: lease.session.binding)
        switch attempt.sent(result) {
        case .ping:
            let step = attempt.pinged(await link.ping(lease.session))
            if case .failed(let error, let isLost) = step {
                if isLost { lose(lease) }
                release(lease, hasContact: error.upstream?.status != nil)
                throw error
            }
            lose(lease)
            release(lease)
            throw GatewayTable.sessionLost
        case .failed(_, isLost: true): lose(lease)
        case .done, .failed, .send, .reopen: break
        }
        if case .success = result { release(lease, hasContact: true) } else { release(lease) }
        if case .failure(let error) = result, error.code == .cancelled, !Task.isCancelled {
            // Nobody cancelled it: its connection was closed with the gateway.
            throw SecurityCenterError(
                .gatewayGone,
                "the gateway was closed meanwhile",
                requestMayHaveLeft: error.requestMayHaveLeft
            )
        }
        return FileExchange(result: result, reader: reader)
    }

    private func fileErrors<Value, Failure: Error & CustomStringConvertible>(
        _ body: () async throws(Failure) -> Value
    ) async throws(SecurityCenterError) -> Value {
        do {
            return try await body()
        } catch {
            guard !Task.isCancelled else { throw Self.cancelled }
            throw SecurityCenterError(Self.isRefusal(error) ? .fileRefused : .fileFailed, error.description)
        }
    }

    /// Whether the file is of the wrong kind, as opposed to one that failed.
    private static func isRefusal(_ error: any Error) -> Bool {
        switch error {
        case DownloadError.notRegularFile, DownloadError.notWritable, DownloadError.notEmpty,
            UploadSourceError.notRegularFile, UploadSourceError.notReadable:
            true
        default: false
        }
    }
}
