// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseDaemon
import Glibc

@main
struct Main {
    static func main() {
        var environment: [String: String] = [:]
        for name in ["CREDENTIALS_DIRECTORY", "JOURNAL_STREAM"] {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        let status = Daemon.main(arguments: Array(CommandLine.arguments.dropFirst()), environment: environment)
        // Not `return`: exit handlers of TLS libraries must not run while another thread still uses them.
        fflush(nil)
        _exit(status)
    }
}
