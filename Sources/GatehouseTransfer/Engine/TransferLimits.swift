// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Bounds of a ``TransferEngine``, each with a default and its reason.
package struct TransferLimits: Sendable {
    /// Connections at once to all hosts; further requests wait.
    ///
    /// 128 leaves most of the descriptors to callers, however few there are.
    package var connections = 128
    /// Connections at once to one host and port; further requests wait.
    ///
    /// 32 is more than the largest plan of the scan API can keep busy.
    package var connectionsPerHost = 32
    /// Connections kept for later requests; libcurl's own default of four per transfer makes and drops them in turn.
    package var keptConnections = 32
    /// The longest time for which an unused connection is kept: less than the 60 s after which servers close them.
    package var keptTime = Duration.seconds(55)
    /// The length of a reply's header lines, interim replies included, in bytes.
    package var headerBytes = 64 << 10
    /// The number of fields in a reply's header.
    package var headerFields = 128
    /// How often idle times are looked at, so by how much they may be late.
    package var checkInterval = Duration.milliseconds(250)

    /// The defaults.
    package init() {}
}
