// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// The caller's connection, as a method sees it that goes on telling after its answer.
///
/// Everything here is called on the loop.
package protocol NotificationChannel: AnyObject, Sendable {
    /// Whether the caller is so far behind with reading that it had better not be told more now.
    var isBehind: Bool { get }

    /// Sends a notification; nothing happens once the connection is closed.
    func notify(_ method: String, _ params: JSONValue)

    /// Calls the body once, when the connection is closed; at once where it is.
    func whenClosed(_ body: @escaping @Sendable () -> Void)
}
