// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer

/// One connection to an engine for one request: connects, sends, reads the reply and closes.
///
/// It lives on the loop and never waits there. A reply is read whatever becomes of the sending: an engine that has seen
/// enough says why and closes.
actor EngineConnection: ReadinessHandler {
    private nonisolated let loop: EventLoop
    private nonisolated let spawner: TaskSpawner
    private let request: EngineRequest
    private let until: Instant

    private var addresses: ArraySlice<StreamAddress>
    private var socket: EngineSocket
    private var phase = Phase.connecting
    private var output: EngineOutput
    private var input: EngineInput
    private var timer: TimerID?
    private var continuation: CheckedContinuation<Result<EngineReply, EngineConnectionError>, Never>?

    private enum Phase {
        case connecting
        case sending
        /// All is sent, or nobody reads it.
        case waiting
        case finished
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private init(
        _ request: EngineRequest,
        to addresses: [StreamAddress],
        over connected: consuming Descriptor? = nil,
        until: Instant,
        loop: EventLoop,
        spawner: TaskSpawner
    ) {
        self.request = request
        self.until = until
        self.loop = loop
        self.spawner = spawner
        self.addresses = addresses[...]
        socket = EngineSocket(connected, loop: loop)
        output = EngineOutput(request)
        input = EngineInput(request)
    }

    /// Sends a request to the first of the addresses that takes a connection, and returns the reply.
    ///
    /// When the task is cancelled or the time is up, the connection is closed at once.
    static func reply(
        to request: EngineRequest,
        from addresses: [StreamAddress],
        until: Instant,
        loop: EventLoop,
        spawner: TaskSpawner
    ) async throws(EngineConnectionError) -> EngineReply {
        let connection = EngineConnection(request, to: addresses, until: until, loop: loop, spawner: spawner)
        return try await connection.run().get()
    }

    /// The same over a non-blocking socket that is connected already.
    static func reply(
        to request: EngineRequest,
        over connected: consuming Descriptor,
        until: Instant,
        loop: EventLoop,
        spawner: TaskSpawner
    ) async throws(EngineConnectionError) -> EngineReply {
        let connection = EngineConnection(
            request,
            to: [],
            over: connected,
            until: until,
            loop: loop,
            spawner: spawner
        )
        return try await connection.run().get()
    }

    private func run() async -> Result<EngineReply, EngineConnectionError> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else {
                    socket.close()
                    continuation.resume(returning: .failure(.cancelled(sent: false)))
                    return
                }
                self.continuation = continuation
                timer = loop.schedule(at: until) { [weak self] in
                    self?.assumeIsolated { $0.timePassed() }
                }
                connect()
            }
        } onCancel: {
            spawner.spawn { await self.cancel() }
        }
    }

    private func cancel() {
        finish(.failure(.cancelled(sent: output.hasSent)))
    }

    private func timePassed() {
        if case .connecting = phase {
            finish(.failure(.timedOut(connected: false)))
        } else {
            finish(.failure(.timedOut(connected: true)))
        }
    }

    // MARK: Connecting

    private func connect(after last: SystemError? = nil) {
        if socket.number != nil {
            do throws(SystemError) {
                try connected()
            } catch {
                finish(.failure(.unreachable(error)))
            }
            return
        }
        guard let address = addresses.first else {
            finish(.failure(last.map { .unreachable($0) } ?? .unknownHost))
            return
        }
        do throws(SystemError) {
            switch try socket.connect(to: address) {
            case .connected: try connected()
            case .underWay: try socket.watch(.writable, self)
            case .full: retry()
            }
        } catch {
            failed(error)
        }
    }

    private func retry() {
        socket.retry { [weak self] in
            self?.assumeIsolated { connection in
                guard connection.phase == .connecting else { return }
                connection.connect()
            }
        }
    }

    private func failed(_ error: SystemError) {
        socket.close()
        addresses = addresses.dropFirst()
        connect(after: error)
    }

    private func connected() throws(SystemError) {
        phase = .sending
        if let body = request.body {
            do throws(UploadSourceError) {
                // The source lets go of this when the connection ends.
                try body.source.begin { [self, spawner] in
                    spawner.spawn { await self.woken() }
                }
            } catch {
                finish(.failure(.source(error)))
                return
            }
        }
        try socket.watch(.input, self)
        send()
    }

    // MARK: Sending and receiving

    nonisolated func handle(_ readiness: Readiness) {
        assumeIsolated { $0.ready(readiness) }
    }

    private func ready(_ readiness: Readiness) {
        guard let number = socket.number else { return }
        if phase == .connecting {
            do throws(SystemError) {
                if let failure = StreamSocket.failure(number) { throw failure }
                try connected()
            } catch {
                failed(error)
            }
            return
        }
        if readiness != .writable { receive(number) }
        if phase == .sending, readiness.contains(.writable) { send() }
    }

    private func woken() {
        guard phase == .sending, let number = socket.number else { return }
        // What has come by now came before the last bytes went out.
        receive(number)
        if phase == .sending { send() }
    }

    private func send() {
        guard let number = socket.number else { return }
        switch output.send(to: number) {
        case .blocked, .yields: want(.inputAndRoom)
        case .paused, .held: want(.input)
        case .failed(let error): finish(.failure(.source(error)))
        case .done, .refused:
            phase = .waiting
            request.body?.source.end()
            want(.input)
        }
    }

    private func receive(_ number: Int32) {
        input.receive(from: number)
        if input.ending == .complete, output.awaitsConsent, ICAPReply(input.bytes)?.status == 100 {
            output.goOn()
            input.next()
            // What it says already it says of less than the whole.
            if input.ending == nil { send() }
        }
        guard let ending = input.ending else { return }
        let reply = EngineReply(
            bytes: input.bytes,
            ending: ending,
            requestWasSent: output.isDone,
            hasMore: input.hasSurplus
        )
        finish(.success(reply))
    }

    private func want(_ readiness: Readiness) {
        do throws(SystemError) {
            try socket.watch(readiness, self)
        } catch {
            finish(.failure(.unreachable(error)))
        }
    }

    // MARK: Ending

    private func finish(_ result: Result<EngineReply, EngineConnectionError>) {
        guard phase != .finished else { return }
        phase = .finished
        socket.close()
        request.body?.source.end()
        if let timer { loop.cancel(timer) }
        continuation?.resume(returning: result)
        continuation = nil
    }
}
