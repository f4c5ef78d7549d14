// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAPI

extension UpstreamError {
    /// What the upstream said, on one line: `main: HTTP 200, KLSTD 1186: Object not found (trace 17)`; nil for nothing.
    package var summary: String? {
        let answer = [status.map { "HTTP \($0)" }, code].compactMap(\.self)
        let parts = [name, answer.isEmpty ? nil : answer.joined(separator: ", "), text].compactMap(\.self)
        guard !parts.isEmpty else { return nil }
        return parts.joined(separator: ": ") + (traceID.map { " (trace \($0))" } ?? "")
    }
}
