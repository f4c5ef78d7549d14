// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab
internal import NIOCore
internal import NIOPosix

/// Streams a file to clamd with `zINSTREAM` over its Unix socket, no faster than clamd reads.
final class ClamdSink: ScanSink {
    var onReady: (() -> Void)?
    private var channel: (any Channel)?
    private var waiting: [ByteBuffer] = []
    private var waitingEnd: ByteBuffer?
    private var finding: ScanFinding?
    private var report: ((ScanFinding) -> Void)?
    private var isCancelled = false
    /// Whether the socket has taken all of the file, and the mark of its end.
    fileprivate private(set) var isWhole = false

    /// Starts to connect.
    init(socket: String, eventLoop: any EventLoop) {
        var command = ByteBuffer(string: "zINSTREAM")
        command.writeInteger(UInt8(0))
        waiting = [command]
        let sink = NIOLoopBound(self, eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ClamdHandler(sink.value))
                }
            }
            .connect(unixDomainSocketPath: socket)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let channel): self.connected(channel)
                case .failure: self.settle(.failed)
                }
            }
    }

    var isReady: Bool {
        finding != nil || isCancelled || channel?.isWritable == true
    }

    func write(_ bytes: ArraySlice<UInt8>) {
        guard finding == nil, !isCancelled, !bytes.isEmpty else { return }
        var chunk = ByteBufferAllocator().buffer(capacity: bytes.count + 4)
        chunk.writeInteger(UInt32(truncatingIfNeeded: bytes.count))
        chunk.writeBytes(bytes)
        send(chunk)
    }

    func finish(_ report: @escaping (ScanFinding) -> Void) {
        if let finding {
            report(finding)
        } else {
            self.report = report
            let end = ByteBuffer(integer: UInt32(0))
            if let channel { sendEnd(end, on: channel) } else { waitingEnd = end }
        }
    }

    func cancel() {
        isCancelled = true
        report = nil
        onReady = nil
        waiting = []
        channel?.close(promise: nil)
    }

    /// The first finding counts: clamd may answer before the end of the file, and an end without a reply is a failure.
    fileprivate func settle(_ finding: ScanFinding) {
        guard self.finding == nil else { return }
        self.finding = finding
        channel?.close(promise: nil)
        waiting = []
        report?(finding)
        report = nil
        onReady?()
    }

    fileprivate func writabilityChanged() {
        if isReady { onReady?() }
    }

    private func connected(_ channel: any Channel) {
        guard !isCancelled else { return channel.close(promise: nil) }
        self.channel = channel
        for buffer in waiting { channel.write(buffer, promise: nil) }
        waiting = []
        channel.flush()
        if let waitingEnd { sendEnd(waitingEnd, on: channel) }
        writabilityChanged()
    }

    private func sendEnd(_ end: ByteBuffer, on channel: any Channel) {
        channel.writeAndFlush(end).assumeIsolated().whenSuccess { self.isWhole = true }
    }

    private func send(_ buffer: ByteBuffer) {
        if let channel {
            channel.writeAndFlush(buffer, promise: nil)
        } else {
            waiting.append(buffer)
        }
    }
}

/// Hands clamd's reply to the sink.
private final class ClamdHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let sink: ClamdSink
    private var reply = ClamdReply()

    init(_ sink: ClamdSink) {
        self.sink = sink
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        if let finding = reply.consume(bytes) { sink.settle(finding) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        sink.writabilityChanged()
    }

    /// A failed write may come before the reply that explains it: only the end of the connection decides.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        sink.settle(reply.end(isWhole: sink.isWhole))
    }
}
