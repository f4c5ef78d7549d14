// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab
internal import NIOCore
internal import NIOHTTP1

/// Answers the control port in clear text.
final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let longestBody = 4096

    private let laboratory: LaboratoryBox
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ laboratory: LaboratoryBox) {
        self.laboratory = laboratory
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let buffer): body.append(contentsOf: buffer.readableBytesView.prefix(Self.longestBody - body.count))
        case .end: answer(context: context)
        }
    }

    /// A certificate is seen at the beginning of a connection only, so those that are open have to end.
    private func showNewCertificate() {
        guard let fault = try? Fault(String(decoding: body, as: UTF8.self)), case .certificate = fault.kind else {
            return
        }
        let services = fault.operation.map { [$0.service] } ?? [.gicar, .apiConnect]
        for service in services { laboratory.connections.closeAll(of: service) }
    }

    private func answer(context: ChannelHandlerContext) {
        guard let head else { return }
        let request = RequestHead(method: head.method.rawValue, target: head.uri)
        let response = laboratory.decide(for: request.tenant) { laboratory, now in
            laboratory.control(request, body: body, at: now)
        }
        if request.method == "POST", request.path == "/fault", response.status == 200 { showNewCertificate() }
        let connection = head.isKeepAlive ? nil : "close"
        context.write(wrapOutboundOut(.head(HTTPResponseHead(response, connection: connection))), promise: nil)
        if head.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if !head.isKeepAlive { context.close(promise: nil) }
    }
}
