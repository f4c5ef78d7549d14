// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

struct CanaryCheckTests {
    /// An engine that finds the test file, and answers the archives with an error.
    private func check(_ error: AntivirusError) async throws -> Result<[Canary], AntivirusError> {
        let engine = PlayedEngine { subject throws(AntivirusError) in
            guard subject.fileName == "canary.com" else { throw error }
            return .said(.infected, of: nil)
        }
        return await GuardedEngine.check(engine, try ReaderThreads(), StillTime())
    }

    @Test(arguments: [AntivirusError.Code.refused, .failed, .unintelligible])
    func `an engine that fails at an archive does not call it clean`(code: AntivirusError.Code) async throws {
        for name in ["spe", "clamd", "icap"] {
            let error = AntivirusError(code, "no", upstream: UpstreamAnswer(name: name))
            #expect(try await check(error) == .success([]))
        }
    }

    @Test(arguments: [AntivirusError.Code.refused, .failed, .unintelligible])
    func `who keeps an archive from the engine leaves it unchecked`(code: AntivirusError.Code) async throws {
        for name in ["dropOff", "gicar"] {
            let error = AntivirusError(code, "no", upstream: UpstreamAnswer(name: name))
            #expect(try await check(error) == .failure(error))
        }
    }

    @Test(arguments: [AntivirusError.Code.unreachable, .timedOut, .rateLimited, .tokenRejected])
    func `an engine that does not answer is unchecked`(code: AntivirusError.Code) async throws {
        let error = AntivirusError(code, "no")
        #expect(try await check(error) == .failure(error))
    }
}
