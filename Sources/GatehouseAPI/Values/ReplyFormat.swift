// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// How the values of a call's result are written.
public enum ReplyFormat: String, CaseIterable, Sendable {
    /// As the Security Center writes them, with their types.
    case typed
    /// Without their types, for people.
    case plain
}
