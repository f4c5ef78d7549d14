// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Opens the lab's ports on 127.0.0.1, with numbers that the kernel chooses.
struct Listeners {
    let group: MultiThreadedEventLoopGroup

    /// What a port shows of itself.
    static func context(certificateFile: String, keyFile: String) throws(StartError) -> NIOSSLContext {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(certificateFile)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem))
            )
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw StartError("cannot load the certificate that was just made: \(error)")
        }
    }

    /// Opens an HTTPS port for a service, and returns its number.
    func open(
        _ settings: ServiceSettings,
        _ tls: @escaping @Sendable () -> NIOSSLContext
    ) throws(StartError) -> Int {
        try bind { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addHandler(NIOSSLServerHandler(context: tls()))
                try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: true, withErrorHandling: true)
                try pipeline.addHandler(ConnectionHandler(settings))
            }
        }
    }

    /// Opens the control port, in clear text, and returns its number.
    func openControl(_ laboratory: LaboratoryBox) throws(StartError) -> Int {
        try bind { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: true, withErrorHandling: true)
                try pipeline.addHandler(ControlHandler(laboratory))
            }
        }
    }

    private func bind(
        _ initialize: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) throws(StartError) -> Int {
        do {
            let server = try ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer(initialize)
                .bind(host: "127.0.0.1", port: 0)
                .wait()
            guard let port = server.localAddress?.port else { throw StartError("a port has no number") }
            return port
        } catch {
            throw StartError("cannot listen on 127.0.0.1: \(error)")
        }
    }
}
