// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A complete reply, whatever its status.
///
/// After an upload, ``UploadSource/finish()`` says whether the server took the whole file, and ``cameBeforeFile`` whether
/// it had said so by then: it may answer before.
package struct TransferResponse: Sendable {
    /// The status code of the last reply, 200 to 599.
    package let status: Int
    /// The header fields in their order, names in lower case.
    package let headers: [(name: String, value: String)]
    /// The body as sent, without its transfer coding.
    package let body: [UInt8]
    /// Whether the reply said where it ends.
    ///
    /// A body that only the end of the connection ends may have been cut by anyone on the way: libcurl 7.88 does not
    /// ask for TLS's own end there. Nothing may be concluded from what is missing in it.
    package let isDelimited: Bool
    /// Whether it began before all of the file was on its way, which the server may have read all the same.
    ///
    /// Such an answer cannot be about the file.
    package let cameBeforeFile: Bool
    /// How many bytes of the request's body were sent.
    package let bytesSent: Int64
    /// Whether an earlier request had used the connection.
    package let reusedConnection: Bool
    /// From the start of the transfer to the last byte.
    package let elapsed: Duration

    /// The value of the first field with that name, given in lower case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}
