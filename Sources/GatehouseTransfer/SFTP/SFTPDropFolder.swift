// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// A folder on an SFTP server.
///
/// Threads of its own do what waits for the server, so that neither callers' files nor other servers wait with it.
package struct SFTPDropFolder: DropFolder {
    /// The parts that all files of a folder share.
    struct Parts: Sendable {
        let server: SFTPServer
        let writers: ReaderThreads
        let removers: ReaderThreads
        let gate: SFTPGate
        let time: any TimeSource
    }

    private let parts: Parts

    /// Uploads at once, and those of one user: a server takes ten logins at a time by default (sshd_config(5), MaxStartups).
    private static let uploads = (perUser: 4, total: 8)
    private static let listingTime = Duration.seconds(60)

    /// Starts the two threads that stay; throws the error of pthread_create(3).
    package init(server: SFTPServer, time: any TimeSource) throws(SystemError) {
        parts = Parts(
            server: server,
            writers: try ReaderThreads(perUser: Self.uploads.perUser, total: Self.uploads.total),
            removers: try ReaderThreads(perUser: 2, total: 2),
            gate: SFTPGate(time: time),
            time: time
        )
    }

    package var isLoginRefused: Bool { parts.gate.hasRefused }

    package func drop(as name: DropName) -> any Drop {
        SFTPDrop(parts, name)
    }

    package func removeLeftovers(before time: Int64) async throws(DropError) -> Int {
        let parts = parts
        return try await withCheckedContinuation { continuation in
            parts.removers.submit(user: ReaderThreads.ownJobs) {
                continuation.resume(returning: Self.removeLeftovers(parts, before: time))
            }
        }.get()
    }

    private static func removeLeftovers(_ parts: Parts, before time: Int64) -> Result<Int, DropError> {
        do throws(DropError) {
            let session = try SFTPSession(parts.server, time: parts.time, control: SFTPControl())
            return .success(
                try parts.gate.pass { () throws(DropError) in try removeLeftovers(by: session, before: time) }
            )
        } catch {
            return .failure(error)
        }
    }
}

extension SFTPDropFolder {
    /// A file that cannot be removed keeps no other one; where nothing could be removed, the first failure is told.
    private static func removeLeftovers(by session: SFTPSession, before time: Int64) throws(DropError) -> Int {
        var removed = 0
        var failure: DropError?
        for name in try session.names(within: listingTime) where DropName.isOurs(name) {
            let name = String(decoding: name, as: UTF8.self)
            do throws(DropError) {
                guard let modified = try session.modified(name, within: listingTime), modified < time else { continue }
                try session.remove(name, within: listingTime)
                removed += 1
            } catch {
                // Others are the server's and not the file's: they would meet each of the names.
                guard error.code == .failed || error.code == .refused else { throw error }
                failure = failure ?? error
            }
        }
        if removed == 0, let failure { throw failure }
        return removed
    }
}

/// Keeps an account from being locked: after a refused login none is tried for a while.
final class SFTPGate: Sendable {
    private static let pause = Duration.seconds(60)

    private let time: any TimeSource
    private let refusal = Locked<(error: DropError, until: Instant)?>(nil)

    init(time: any TimeSource) {
        self.time = time
    }

    func pass<Value>(_ body: () throws(DropError) -> Value) throws(DropError) -> Value {
        let before = refusal.withLock { $0 }
        if let before, time.now < before.until { throw before.error }
        let value = try note(body)
        // The account is let in, unless another login was refused since this one began.
        refusal.withLock { if $0?.until == before?.until { $0 = nil } }
        return value
    }

    /// Whether the last login was refused, be its pause over or not.
    var hasRefused: Bool { refusal.withLock { $0 != nil } }

    /// Remembers a refused login of what need not wait for the end of another one's pause: it is logged in already.
    func note<Value>(_ body: () throws(DropError) -> Value) throws(DropError) -> Value {
        do {
            return try body()
        } catch {
            if error.code == .wrongCredentials { refusal.withLock { $0 = (error, time.now + Self.pause) } }
            throw error
        }
    }
}
