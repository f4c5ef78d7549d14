// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseClient
import GatehouseWire

/// What became of one path.
package struct ScanResult: Sendable {
    /// The ways in which it can end.
    package enum Outcome: Sendable {
        /// The daemon's verdict.
        case verdict(Judgement)
        /// The daemon answered with an error.
        case remote(RemoteError)
        /// It came to no answer.
        case local(LocalFault)
        /// It is nothing to scan.
        case skipped(FileKind)
        /// An earlier run found it clean, and it is the same since.
        case unchanged

        /// What the end of a connection means for a file without an answer.
        package init(_ error: ClientError) {
            self =
                switch error {
                case .remote(let error): .local(LocalFault(error))
                case .protocolViolation: .local(.protocolViolation(error.description))
                case .connectionLost, .cannotReach, .cannotSend, .cancelled:
                    .local(.connectionLost(error.description))
                }
        }
    }

    /// The path as it was named or found.
    package let path: FilePath
    /// The file's size when it was opened; 0 where it was not.
    package let size: Int64
    /// What became of it.
    package let outcome: Outcome

    /// Puts a path and its end together.
    package init(path: FilePath, size: Int64 = 0, outcome: Outcome) {
        self.path = path
        self.size = size
        self.outcome = outcome
    }

    /// The result as one JSON object: `path`, and `result` or `error` in the daemon's own shape, or `skipped`.
    var object: JSONValue {
        var object: JSONValue = ["path": .string(String(decoding: path.bytes, as: UTF8.self))]
        if String(validating: path.bytes, as: UTF8.self) == nil {
            object = object.setting("pathBytes", .array(path.bytes.map { .number(JSONNumber($0)) }))
        }
        return switch outcome {
        // Who reads the line tests for that word alone.
        case .verdict(let judgement)
        where judgement.object["verdict"] == "clean" && judgement.outcome != .clean:
            object.setting("error", LocalFault.unknownAnswer.object)
        case .verdict(let judgement): object.setting("result", judgement.object)
        case .remote(let error): object.setting("error", error.object)
        case .local(let fault): object.setting("error", fault.object)
        case .skipped(let kind): object.setting("skipped", .string(kind.word))
        case .unchanged: object.setting("skipped", "unchanged")
        }
    }
}
