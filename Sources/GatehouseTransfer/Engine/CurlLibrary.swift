// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl
import GatehousePlatform

/// libcurl itself, which is loaded by whoever needs it first and stays.
enum CurlLibrary {
    private static let isLoaded = Locked(false)

    /// Loads libcurl and starts it, once; it reads some thirty files, so never on a thread that others wait for.
    ///
    /// After a failure the next call tries again. Throws ``TransferError/Code/unavailable``.
    static func load() throws(TransferError) {
        let failure: String? = isLoaded.withLock { isLoaded in
            guard !isLoaded else { return nil }
            if let reason = gatehouse_curl_load() { return String(cString: reason) }
            let result = gatehouse_curl_global_init()
            guard result == CURLE_OK else { return "its start failed with \(result.rawValue)" }
            isLoaded = true
            return nil
        }
        guard let failure else { return }
        throw TransferError(.unavailable, "libcurl cannot be used: \(failure); Debian has it as libcurl4")
    }
}
