// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Whose request waits in a ``FairQueue``, and how heavy it is.
package struct FairPlace: Hashable, Sendable {
    /// The caller's user id.
    package var user: UInt32
    /// The caller's connection, by any number that no other open one has.
    package var connection: UInt
    /// Whether it is large, so that small ones of the same connection go first.
    package var isBulk: Bool

    /// A request of a user's connection.
    package init(user: UInt32, connection: UInt = 0, isBulk: Bool = false) {
        self.user = user
        self.connection = connection
        self.isBulk = isBulk
    }
}
