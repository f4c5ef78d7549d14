// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Carries out the laboratory's steps on one connection.
///
/// The pipeline handler before it hands on one request at a time. It reads no faster than the scanner of the current
/// upload takes the bytes, and it answers refusals at once while the rest of the body is read and dropped.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Mode {
        case idle
        case collecting(limit: Int)
        case discarding
        case uploading
        case malformed
        /// The step is done or under way; what else comes of the body is dropped.
        case settled
    }

    private let settings: ServiceSettings
    private let connection: Int
    private var context: ChannelHandlerContext?
    private var mode = Mode.idle
    private var exchange: Exchange?
    private var body: [UInt8] = []
    private var upload: UploadScan?
    private var pathScan: PathScan?
    private var invokeTimer: InvokeTimer?
    private var requestHasEnded = true
    private var closesAfterAnswer = false
    private var confirmsKeepAlive = false
    private var isBodyless = false
    private var hasAnswered = true
    private var readIsHeld = false
    private var readBytes = 0
    private static let quietTime = TimeAmount.seconds(1)

    init(_ settings: ServiceSettings) {
        self.settings = settings
        connection = settings.laboratory.decide { laboratory, _ in laboratory.openConnection() }
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        settings.laboratory.connections.add(context.channel, to: settings.service)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head)
        case .body(let buffer): take(buffer)
        case .end: end()
        }
    }

    func read(context: ChannelHandlerContext) {
        if let upload, !upload.isReady {
            readIsHeld = true
        } else {
            context.read()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopScan()
        if let exchange { settings.laboratory.record(exchange, .abandoned) }
        exchange = nil
        settings.laboratory.decide { laboratory, _ in laboratory.closeConnection(connection) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: The request

    private func begin(_ head: HTTPRequestHead) {
        let requestHead = RequestHead(
            method: head.method.rawValue,
            target: head.uri,
            headers: head.headers.map { HeaderField($0.name, $0.value) }
        )
        requestHasEnded = false
        hasAnswered = false
        closesAfterAnswer = !head.isKeepAlive
        // RFC 9112, 9.3: a client of HTTP/1.0 cannot know it otherwise. RFC 9110, 9.3.2: no body answers HEAD.
        confirmsKeepAlive = head.isKeepAlive && head.version == .http1_0
        isBodyless = head.method == .HEAD
        body = []
        // RFC 9112, 3.2: HTTP/1.1 without exactly one Host is refused.
        guard head.version == .http1_0 || head.headers[canonicalForm: "host"].count == 1 else { return refuse() }
        let (exchange, step) = settings.laboratory.decide(for: requestHead.tenant) { laboratory, now in
            laboratory.begin(requestHead, on: settings.service, connection: connection, at: now)
        }
        self.exchange = exchange
        if exchange.resetAfterBytes == 0 { return reset() }
        if Self.awaitsContinue(head) {
            if case .reply = step {
                // The refusal takes the place of 100 Continue: whether the body still comes is the client's choice.
                closesAfterAnswer = true
            } else {
                send(.head(HTTPResponseHead(version: .http1_1, status: .continue)), flush: true)
            }
        }
        perform(step)
    }

    /// Refuses what is no right request, as the handlers before this one do.
    private func refuse() {
        mode = .settled
        closesAfterAnswer = true
        send(.head(HTTPResponseHead(Response(status: 400), connection: connectionOption)))
        endAnswer()
    }

    /// Whether a client waits for 100 Continue; HTTP/1.0 does not know it (RFC 9110, 10.1.1).
    private static func awaitsContinue(_ head: HTTPRequestHead) -> Bool {
        let expectations = head.headers[canonicalForm: "expect"]
        return head.version != .http1_0 && expectations.contains { $0.lowercased() == "100-continue" }
    }

    private func perform(_ step: NextStep) {
        switch step {
        case .collectBody(let limit): mode = .collecting(limit: limit)
        case .discardBody: mode = .discarding
        case .receiveUpload(let receiver): beginUpload(receiver)
        case .scanPath(let path): beginPathScan(path)
        case .reply(let delivery): answer(delivery)
        }
    }

    private func take(_ buffer: ByteBuffer) {
        readBytes &+= buffer.readableBytes
        guard exchange != nil else { return }
        exchange?.bytesReceived += buffer.readableBytes
        if let limit = exchange?.resetAfterBytes, let bytes = exchange?.bytesReceived, bytes >= limit { return reset() }
        switch mode {
        case .collecting(let limit):
            // One byte more than the limit shows that it was passed.
            body.append(contentsOf: buffer.readableBytesView.prefix(limit + 1 - body.count))
        case .uploading: feed(Array(buffer.readableBytesView))
        case .idle, .discarding, .malformed, .settled: break
        }
    }

    private func end() {
        requestHasEnded = true
        let mode = self.mode
        self.mode = .settled
        switch mode {
        case .collecting, .discarding: resume()
        case .uploading: endUpload()
        case .malformed: finishUpload(.malformed)
        case .idle, .settled: if hasAnswered, closesAfterAnswer { context?.close(promise: nil) }
        }
    }

    private func resume() {
        guard let exchange else { return }
        let step = settings.laboratory.decide(for: exchange.tenant) { laboratory, now in
            laboratory.resume(exchange, body: body, at: now)
        }
        body = []
        perform(step)
    }

    // MARK: Scans

    private func beginUpload(_ receiver: UploadReceiver) {
        guard let context else { return }
        upload = UploadScan(receiver, settings: settings, eventLoop: context.eventLoop) { [weak self] in
            self?.resumeReading()
        }
        mode = .uploading
        startInvokeTimer()
    }

    private func feed(_ bytes: [UInt8]) {
        invokeTimer?.progress()
        do {
            try upload?.consume(bytes)
            exchange?.fileName = upload?.fileName
        } catch {
            mode = .malformed
            stopScan()
        }
    }

    private func endUpload() {
        invokeTimer?.progress()
        upload?.finish { [weak self] outcome in self?.finishUpload(outcome) }
    }

    private func finishUpload(_ outcome: UploadOutcome) {
        stopScan()
        guard let exchange else { return }
        answer(decide { laboratory, now in laboratory.finishUpload(exchange, outcome, at: now) })
    }

    private func beginPathScan(_ path: String) {
        guard let context else { return }
        exchange?.fileName = SharedPath.lastComponent(path)
        startInvokeTimer()
        pathScan = PathScan(path: path, settings: settings, eventLoop: context.eventLoop) { [weak self] summary in
            guard let self, let exchange else { return }
            stopScan()
            answer(decide { laboratory, now in laboratory.finishScan(exchange, summary, at: now) })
        }
    }

    /// A decision of the servers that the current request came to.
    private func decide(_ body: (inout Laboratory, LabInstant) -> Delivery) -> Delivery {
        settings.laboratory.decide(for: exchange?.tenant, body)
    }

    private func stopScan() {
        invokeTimer?.cancel()
        invokeTimer = nil
        upload?.cancel()
        upload = nil
        pathScan?.cancel()
        pathScan = nil
        resumeReading()
    }

    private func resumeReading() {
        guard readIsHeld else { return }
        readIsHeld = false
        context?.read()
    }

    private func startInvokeTimer() {
        guard let context else { return }
        invokeTimer = InvokeTimer(patience: settings.invokeTimeout, eventLoop: context.eventLoop) { [weak self] in
            self?.scanTimedOut()
        }
    }

    private func scanTimedOut() {
        guard let exchange else { return }
        stopScan()
        answer(decide { laboratory, now in laboratory.finishTimedOut(exchange, at: now) })
    }

    // MARK: The answer

    private func answer(_ delivery: Delivery) {
        mode = requestHasEnded ? .idle : .settled
        guard delivery.delay > 0, let context else { return deliver(delivery) }
        let delay = TimeAmount.milliseconds(Int64(delivery.delay))
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in self?.deliver(delivery) }
    }

    private func deliver(_ delivery: Delivery) {
        exchange?.fileStatus = delivery.fileStatus
        guard let exchange, context != nil else { return }
        switch delivery.manner {
        case .reset: reset()
        case .hang:
            settings.laboratory.record(exchange, .hung)
            self.exchange = nil
        case .whole, .half:
            settings.laboratory.record(exchange, .answered(status: delivery.response.status))
            self.exchange = nil
            if delivery.drip > 0, delivery.manner == .whole { return drip(delivery) }
            send(delivery, isHalf: delivery.manner == .half)
        }
    }

    private func send(_ delivery: Delivery, isHalf: Bool) {
        guard let context else { return }
        let response = delivery.response
        send(.head(HTTPResponseHead(delivery, connection: connectionOption)))
        if delivery.closesAfter { closesAfterAnswer = true }
        let bytes = isHalf ? Array(response.body.prefix(response.body.count / 2)) : response.body
        if response.mayHaveBody, !isBodyless, !bytes.isEmpty { send(.body(.byteBuffer(ByteBuffer(bytes: bytes)))) }
        if delivery.filler > 0, !isBodyless { sendFiller(delivery.filler) }
        guard isHalf else { return endAnswer() }
        hasAnswered = true
        context.flush()
        context.close(promise: nil)
    }

    private func endAnswer() {
        hasAnswered = true
        send(.end(nil), flush: true)
        // A close before the body has been read would reset the connection and destroy the answer on its way.
        guard closesAfterAnswer else { return }
        if requestHasEnded { context?.close(promise: nil) } else { closeWhenQuiet() }
    }

    /// What the answer says about the connection, if anything has to be said.
    private var connectionOption: String? { closesAfterAnswer ? "close" : confirmsKeepAlive ? "keep-alive" : nil }

    /// Closes when the rest of a refused body has come, or is not being sent.
    private func closeWhenQuiet() {
        guard let context else { return }
        let before = readBytes
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.quietTime) { [weak self] in
            guard let self, !requestHasEnded else { return }
            if readBytes == before { self.context?.close(promise: nil) } else { closeWhenQuiet() }
        }
    }

    /// Sends the body in sixteen pieces with a pause before each.
    private func drip(_ delivery: Delivery) {
        send(.head(HTTPResponseHead(delivery.response, connection: connectionOption)), flush: true)
        let body = delivery.response.mayHaveBody && !isBodyless ? delivery.response.body : []
        let length = max(1, (body.count + 15) / 16)
        dripPiece(body[...], length: length, pause: .milliseconds(Int64(delivery.drip)))
    }

    private func dripPiece(_ rest: ArraySlice<UInt8>, length: Int, pause: TimeAmount) {
        guard let context else { return }
        guard !rest.isEmpty else { return endAnswer() }
        context.eventLoop.assumeIsolated().scheduleTask(in: pause) { [weak self] in
            self?.send(.body(.byteBuffer(ByteBuffer(bytes: rest.prefix(length)))), flush: true)
            self?.dripPiece(rest.dropFirst(length), length: length, pause: pause)
        }
    }

    /// All of it in pieces of the same buffer.
    private func sendFiller(_ count: Int) {
        let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: min(count, 1 << 20))
        var rest = count
        while rest > 0 {
            let length = min(rest, piece.readableBytes)
            guard let slice = piece.getSlice(at: 0, length: length) else { return }
            send(.body(.byteBuffer(slice)))
            rest -= length
        }
        send(.body(.byteBuffer(ByteBuffer(bytes: Delivery.fillerEnd))))
    }

    private func send(_ part: HTTPServerResponsePart, flush: Bool = false) {
        guard let context else { return }
        context.write(wrapOutboundOut(part), promise: nil)
        if flush { context.flush() }
    }

    /// TCP RST: the close goes round the TLS handler, which would say goodbye first.
    private func reset() {
        stopScan()
        if let exchange { settings.laboratory.record(exchange, .reset) }
        exchange = nil
        guard let context else { return }
        ConnectionReset.perform(on: context.channel)
    }
}
