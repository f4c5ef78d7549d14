// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseClient
import GatehousePlatform
import GatehouseWire

/// One run of `gatehouse scan`: opens files, keeps a few requests in flight, prints in order.
struct ScanRun: ~Copyable {
    /// What every request says besides its file.
    struct Request {
        /// The name of what comes on standard input.
        let standardInputName: String?
        let profile: String?
        let deadlineMs: Int?
        /// How long silence of the daemon is borne, in milliseconds.
        let patience: Int
    }

    private var connection: BlockingConnection
    private var walk: FileWalk
    private let request: Request
    private var report: ScanReport
    private var window = ScanWindow()
    private var isComplete = false

    init(
        _ connection: consuming BlockingConnection,
        _ walk: FileWalk,
        _ request: Request,
        _ report: consuming ScanReport
    ) {
        self.connection = connection
        self.walk = walk
        self.request = request
        self.report = report
    }

    consuming func run(time: some TimeSource) throws {
        let start = time.now
        while report.isWanted {
            fill()
            while let result = window.next() { report.add(result) }
            if window.inFlight > 0 {
                report.flush()
                receive()
            } else if isComplete {
                break
            }
        }
        try report.finish(elapsed: time.now - start)
    }

    private mutating func fill() {
        while !isComplete, window.hasRoom {
            switch walk.next() {
            case .file(let path, let file): send(path, file)
            case .fault(let path, let fault): window.appendFinished(path, .local(fault))
            case .skipped(let path, let kind): report.addSkipped(path, kind)
            case nil: isComplete = true
            }
        }
    }

    // The kernel holds the file from here on; ours is closed at the end of this.
    private mutating func send(_ path: FilePath, _ file: consuming InputFile) {
        do throws(ClientError) {
            let id = try connection.send(
                "scanFile",
                parameters(path),
                descriptors: [file.descriptor.number]
            )
            window.appendSent(id, path, size: file.size)
        } catch {
            window.appendFinished(path, Self.outcome(error))
            end(error)
        }
    }

    private func parameters(_ path: FilePath) -> JSONValue {
        let isStandardInput = path.bytes == [UInt8(ascii: "-")]
        let name = isStandardInput ? request.standardInputName : path.scanName
        let parameters: JSONValue = ["file": ["fd": 0]]
        return
            parameters
            .setting("name", name.map(JSONValue.string))
            .setting("profile", request.profile.map(JSONValue.string))
            .setting("deadlineMs", request.deadlineMs.map { .number(JSONNumber($0)) })
    }

    private mutating func receive() {
        do throws(ClientError) {
            let (id, answer) = try connection.receive(patience: request.patience)
            switch answer {
            case .success(let object): window.finish(id, .verdict(Judgement(object)))
            case .failure(let error): window.finish(id, .remote(error))
            }
        } catch {
            window.finishAll(Self.outcome(error))
            end(error)
        }
    }

    /// Nothing more can be asked: what follows is not even opened.
    private mutating func end(_ error: ClientError) {
        window.finishAll(Self.outcome(error))
        if !isComplete { Diagnostics.write("stopped: whatever comes after this was not scanned") }
        isComplete = true
    }

    private static func outcome(_ error: ClientError) -> ScanResult.Outcome {
        switch error {
        case .remote(let error): .local(LocalFault(error))
        case .protocolViolation: .local(.protocolViolation(error.description))
        case .connectionLost, .cannotReach, .cannotSend, .cancelled:
            .local(.connectionLost(error.description))
        }
    }
}
