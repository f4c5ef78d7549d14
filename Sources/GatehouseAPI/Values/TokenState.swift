// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The state of a token (`$defs/tokenState` of `schemas/common.json`).
public enum TokenState: String, CaseIterable, Sendable {
    /// Never obtained, or forgotten.
    case none
    /// Good to use.
    case valid
    /// A renewal is in flight.
    case renewing
    /// Its time is over.
    case expired
    /// The credentials are wrong; the daemon stopped trying.
    case refused
    /// The last attempt failed; the next one is due.
    case waiting
    /// A word of a newer daemon that this version does not know.
    case unknown

    /// Reads a daemon's word.
    public init(word: String) {
        self = Self(rawValue: word) ?? .unknown
    }
}
