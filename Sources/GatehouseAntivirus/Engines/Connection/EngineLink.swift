// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import GatehouseTransfer

/// How engines are reached: one connection for each request, on the loop.
package struct EngineLink: Sendable {
    let loop: EventLoop
    let spawner: TaskSpawner
    var time: any TimeSource { loop.time }

    /// Connects on a loop; `spawner` starts the short tasks that tell it of news from other threads.
    package init(loop: EventLoop, spawner: TaskSpawner) {
        self.loop = loop
        self.spawner = spawner
    }

    /// The reply to a request that is made for a scan.
    func reply(
        to request: EngineRequest,
        at route: EngineRoute,
        for subject: ScanSubject
    ) async throws(AntivirusError) -> EngineReply {
        do {
            return try await reply(
                to: request,
                at: route,
                readers: subject.readers,
                until: subject.end
            )
        } catch {
            throw AntivirusError(error)
        }
    }

    /// The reply to a request.
    func reply(
        to request: EngineRequest,
        at route: EngineRoute,
        readers: ReaderThreads,
        until: Instant
    ) async throws(EngineConnectionError) -> EngineReply {
        switch route {
        case .plain(let address):
            let addresses: [StreamAddress]
            do {
                addresses = try await address.addresses(readers)
            } catch {
                throw .cancelled(sent: false)
            }
            return try await EngineConnection.reply(
                to: request,
                from: addresses,
                until: until,
                loop: loop,
                spawner: spawner
            )
        case .encrypted(let server): return try await reply(to: request, from: server, until: until)
        }
    }

    private func reply(
        to request: EngineRequest,
        from server: TLSServer,
        until: Instant
    ) async throws(EngineConnectionError) -> EngineReply {
        let stream: TLSStream
        do {
            stream = try await TLSStream.connect(to: server, until: until, time: time)
        } catch {
            request.body?.source.end()
            throw error.code == .cancelled ? .cancelled(sent: false) : .encryption(error)
        }
        guard let socket = stream.takeSocket() else { throw .cancelled(sent: false) }
        var reply = try await EngineConnection.reply(
            to: request,
            over: socket,
            until: until,
            loop: loop,
            spawner: spawner
        )
        // The socket had taken it all, but not the server.
        if stream.serverSpokeEarly { reply.requestWasSent = false }
        return reply
    }

    /// What comes of an upload: the reply's judgement, held against what was really sent.
    func outcome(
        of request: EngineRequest,
        _ source: UploadSource,
        at route: EngineRoute,
        for subject: ScanSubject,
        judge: (EngineReply) throws(AntivirusError) -> Judgement
    ) async throws(AntivirusError) -> ScanOutcome {
        let reply: EngineReply
        do {
            reply = try await self.reply(
                to: request,
                at: route,
                readers: subject.readers,
                until: subject.end
            )
        } catch {
            if error == .source(.changedDuringScan) { return .changedDuringScan }
            throw AntivirusError(error)
        }
        let judgement = try judge(reply)
        do throws(UploadSourceError) {
            guard reply.requestWasSent else { throw .notSentWhole }
            return ScanOutcome(judgement: judgement, digest: try await source.finish(), traceID: nil)
        } catch {
            return try FileScanner.unfinished(error, judgement, nil)
        }
    }
}

extension ScanOutcome {
    /// A file that was not the same at the end as at the beginning.
    static let changedDuringScan = ScanOutcome(
        judgement: Judgement(verdict: .notScanned, reason: "changedDuringScan"),
        digest: nil,
        traceID: nil
    )
}

extension AntivirusError {
    /// A connection to an engine that gave no reply to judge.
    init(_ error: EngineConnectionError) {
        switch error {
        case .unreachable(let error):
            self.init(.unreachable, "the engine cannot be reached: \(error.reason)")
        case .unknownHost: self.init(.unreachable, "the engine's host name has no address")
        case .timedOut(connected: false): self.init(.unreachable, "the engine took no connection in time")
        case .timedOut(connected: true):
            self.init(.timedOut, "the engine did not answer in time", requestMayHaveLeft: true)
        // The same as of any other server over TLS.
        case .encryption(let error): self = AntivirusClient.failure(error, server: "icap")
        case .cancelled(let sent): self.init(.cancelled, "cancelled", requestMayHaveLeft: sent)
        case .source(let error):
            switch error {
            case .cancelled: self.init(.cancelled, error.description, requestMayHaveLeft: true)
            case .notSentWhole: self.init(.unintelligible, error.description, requestMayHaveLeft: true)
            case .outOfMemory: self.init(.unavailable, error.description, requestMayHaveLeft: true)
            case .notRegularFile, .notReadable, .readFailed, .alreadyUsed, .changedDuringScan:
                self.init(.fileUnreadable, error.description, requestMayHaveLeft: true)
            }
        }
    }
}
