// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A file that an engine must not call clean.
package enum Canary: String, CaseIterable, Sendable {
    /// The EICAR test file, which every engine knows.
    case eicar
    /// The EICAR test file in an encrypted zip archive, into which no engine can look.
    case encrypted
    /// The EICAR test file in more archives, one inside the other, than any engine opens.
    case nested
}
