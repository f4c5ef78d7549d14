// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The version of this daemon, its commands and its client library.
public let gatehouseVersion = "0.1.0"
