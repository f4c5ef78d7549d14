// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

extension TokenStatus {
    /// What an engine did with the test files that it must not call clean (`$defs/engineCheck` of `schemas/common.json`).
    public struct Check: Equatable, JSONRepresentable {
        /// `notChecked`, `inService` or `outOfService`.
        public var state: String
        /// When it had the test files last.
        public var checkedAt: Timestamp?
        /// Those that it called clean: `eicar`, `encrypted`, `nested`.
        public var calledClean: [String]
        /// Why the last attempt came to no end.
        public var lastFailure: TokenFailure?

        /// Puts one together.
        public init(state: String, checkedAt: Timestamp?, calledClean: [String], lastFailure: TokenFailure?) {
            self.state = state
            self.checkedAt = checkedAt
            self.calledClean = calledClean
            self.lastFailure = lastFailure
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "state": .string(state),
                "checkedAt": checkedAt.map { .string($0.description) } ?? .null,
                "calledClean": .array(calledClean.map { .string($0) }),
                "lastFailure": lastFailure?.json ?? .null,
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "engine check")
            state = try reader.string("state")
            checkedAt = try reader.optionalTime("checkedAt")
            calledClean = try reader.strings("calledClean")
            lastFailure = try reader.optionalObject("lastFailure")
        }
    }
}
