// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab
internal import NIOCore
internal import NIOPosix

/// What every connection of a service needs.
struct ServiceSettings: Sendable {
    let service: Service
    let laboratory: LaboratoryBox
    let files: NIOThreadPool
    let sharedDirectory: String
    let clamdSocket: String?
    let invokeTimeout: TimeAmount

    /// A scanner for one file, to be used on this event loop.
    func makeSink(on eventLoop: any EventLoop) -> any ScanSink {
        clamdSocket.map { ClamdSink(socket: $0, eventLoop: eventLoop) } ?? SignatureSink()
    }
}
