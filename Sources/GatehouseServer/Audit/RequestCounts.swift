// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAPI

/// How the calls since the start ended, by method.
// Unchecked because it is touched on the loop's thread alone, by the pipeline and by those who read it there.
package final class RequestCounts: @unchecked Sendable {
    /// One way in which calls of one method end.
    package struct End: Hashable, Sendable {
        /// The method; empty for a name that no method has.
        package let method: String
        /// How they failed; nil where they did not.
        package let failure: ErrorKind?
    }

    /// The counts.
    package private(set) var values: [End: Int] = [:]
    /// Records of the audit that could not be written.
    package private(set) var lostRecords = 0

    /// Nothing yet.
    package init() {}

    func count(_ method: String?, _ failure: ErrorKind?) {
        values[End(method: method ?? "", failure: failure), default: 0] += 1
    }

    func countLostRecord() {
        lostRecords += 1
    }
}
