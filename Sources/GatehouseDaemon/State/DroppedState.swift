// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// Why the state of another process is not used.
package enum DroppedState: Error, Equatable, CustomStringConvertible {
    /// It is nothing that a daemon has stored.
    case foreign
    /// Its file can still be changed.
    case notSealed
    /// Another version's format.
    case otherVersion(UInt16)
    /// It is cut short.
    case cutShort
    /// Sealed under a key from other credentials.
    case otherCredentials
    /// Not what was sealed.
    case damaged
    /// By this clock it comes from the future.
    case clockWentBack
    /// There is no key: no credential can be read.
    case noKey
    /// A newer one is used.
    case older
    /// Its file cannot be read.
    case unreadable(SystemError)
    /// Larger than any state.
    case tooLarge

    /// The reason, for the log.
    package var description: String {
        switch self {
        case .foreign: "it is none that gatehoused has stored"
        case .notSealed: "its file is not sealed"
        case .otherVersion(let version): "its format is version \(version), this is version \(StateRecord.version)"
        case .cutShort: "it is cut short"
        case .otherCredentials: "the credentials have changed"
        case .damaged: "it is damaged"
        case .clockWentBack: "by this clock it comes from the future"
        case .noKey: "there is no credential to read it with"
        case .older: "there is a newer one"
        case .unreadable(let error): "it cannot be read: \(error.reason)"
        case .tooLarge: "it is too large"
        }
    }
}
