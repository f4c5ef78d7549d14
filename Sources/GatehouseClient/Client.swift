// Gatehouse. SPDX-License-Identifier: Apache-2.0

// Who imports this module has the types of its interface: values, errors and JSON.
@_exported public import GatehouseAPI
package import GatehousePlatform
@_exported public import GatehouseWire

/// A connection to the Gatehouse daemon of this host.
///
/// Open the file yourself and pass its descriptor; the daemon reads it from its beginning. A whole program:
///
/// ```swift
/// import GatehouseClient
/// import Glibc
///
/// let file = open(CommandLine.arguments[1], O_RDONLY | O_CLOEXEC)
/// let client = try await Client.connect()
/// let verdict = try await client.scan(descriptor: file, name: "report.pdf", deadline: .seconds(60))
/// switch verdict.verdict {
/// case .clean: print("clean")
/// case .infected, .notScanned: print(verdict.threats.first?.name ?? verdict.reason ?? "not clean")
/// }
/// ```
///
/// Any number of tasks may call at once; answers find their call in whatever order they come. The daemon has 64 requests
/// of a connection at once, or as many as ``connect(to:requestsAtOnce:)`` was told; the others wait here for their turn,
/// in their order. It may be busy with others all the same: its error of kind `busy` says after what time to send the
/// request again. Two threads belong to a connection, so that no call blocks the cooperative pool. The connection ends
/// with ``close()``, when the last reference goes, or with the first fault on it: every waiting call then throws the
/// same ``ClientError``, and so does every later one. Make a new client to go on.
public final class Client: Sendable {
    /// Where the daemon listens: `/run/gatehouse/rpc.sock`.
    public static let standardPath = "/run/gatehouse/rpc.sock"

    private let session: Session

    private init(_ session: Session) {
        self.session = session
    }

    deinit {
        close()
    }

    /// Connects to the daemon that listens on a Unix socket; throws ``ClientError/cannotReach(path:reason:)``.
    ///
    /// `requestsAtOnce` is what the daemon takes of one connection, `requestsPerConnection` of its limits; more of them
    /// wait for their turn.
    public static func connect(
        to path: String = standardPath,
        requestsAtOnce: Int = 64
    ) async throws(ClientError) -> Client {
        try await connect(to: SocketPath(path), requestsAtOnce: requestsAtOnce, time: SystemTime())
    }

    /// Connects, with a clock for the time that a cancelled call waits.
    package static func connect(
        to path: SocketPath,
        requestsAtOnce: Int = CallTable.standardMost,
        time: any TimeSource
    ) async throws(ClientError) -> Client {
        let result = await handover { Session.start(path, requestsAtOnce: requestsAtOnce, time: time, $0) }
        return Client(try result.get())
    }

    /// Ends the connection; calls that still wait throw ``ClientError/connectionLost(reason:)``.
    public func close() {
        session.close(.connectionLost(reason: "it was closed on this side"))
    }

    /// Calls a method and returns its result; an error answer is thrown as ``ClientError/remote(_:)``.
    ///
    /// All descriptors leave in one message with the request, which names them by their index:
    /// `{"file": {"fd": 0}}`. They stay yours, and you may close them as soon as this returns.
    ///
    /// Cancelling the task cancels the request. While it is not sent, nothing happens at the daemon. After that the
    /// daemon is asked to stop, and its one answer decides: the result if the work was done, else an error of kind
    /// `cancelled`. When no answer comes within 2 seconds, this throws ``ClientError/cancelled``; the connection
    /// goes on, and whether the work was done is unknown.
    public func call(
        _ method: String,
        _ parameters: JSONValue = [:],
        descriptors: [Int32] = []
    ) async throws(ClientError) -> JSONValue {
        try await session.call(method, parameters, descriptors).get()
    }

    /// Scans a regular file that is open for reading; `deadline` covers everything from the request's turn on.
    ///
    /// Without one it is 120 seconds, and one that is longer than an hour counts as an hour.
    ///
    /// `name` is what engines and logs call the file: 1 to 255 bytes without control characters. Only an answer that
    /// says `clean` in so many words, and nowhere anything else, has that verdict; an incomplete one, and one that
    /// contradicts itself, is thrown as ``ClientError/protocolViolation(reason:)``.
    public func scan(
        descriptor: Int32,
        name: String? = nil,
        profile: String? = nil,
        deadline: Duration? = nil
    ) async throws(ClientError) -> VerdictObject {
        let parameters = ScanFile.Parameters(
            file: .descriptor(0),
            name: name,
            profile: profile,
            deadlineMilliseconds: deadline.map(Self.milliseconds)
        )
        return try VerdictObject.checked(
            try await call(ScanFile.name, parameters.json, descriptors: [descriptor])
        )
    }

    /// The state of every token of one profile, or of all.
    public func tokenStatus(profile: String? = nil) async throws(ClientError) -> TokenStatus.Result {
        try await typed(TokenStatus.name, TokenStatus.Parameters(profile: profile).json)
    }

    /// Version, uptime, counts and limits.
    public func status() async throws(ClientError) -> Status.Result {
        try await typed(Status.name, [:])
    }

    /// Returns when the daemon answers, with its version.
    public func ping() async throws(ClientError) -> Ping.Result {
        try await typed(Ping.name, [:])
    }

    /// A deadline in the daemon's unit and range: what is left of one that is nearly over is still a deadline.
    private static func milliseconds(_ deadline: Duration) -> Int64 {
        deadline > .zero ? min(max(deadline.wholeMilliseconds, 1), 3_600_000) : deadline.wholeMilliseconds
    }

    private func typed<Value: JSONRepresentable>(
        _ method: String,
        _ parameters: JSONValue
    ) async throws(ClientError) -> Value {
        let result = try await call(method, parameters)
        do throws(APIError) {
            return try Value(json: result)
        } catch {
            throw .protocolViolation(reason: error.message)
        }
    }
}
