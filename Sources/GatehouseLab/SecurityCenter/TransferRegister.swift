// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The addresses of files that can be fetched from a host or put on it.
struct TransferRegister: Sendable {
    private struct Upload: Sendable {
        let owner: Login.Owner
        var bytes: [UInt8] = []
        /// The size of the whole, once the first piece has told it.
        var total: Int?
    }

    private var offers: [String: (file: RemoteFile, owner: Login.Owner)] = [:]
    private var uploads: [String: Upload] = [:]
    /// The largest file that is taken, in bytes.
    private static let longestUpload = 256 << 20

    /// Makes an address for fetching a file.
    mutating func offer(_ file: RemoteFile, _ call: Call, _ mint: inout TokenMint) -> String {
        let id = mint.identifier()
        offers[id] = (file, call.owner)
        return id
    }

    /// Makes an address for putting a file.
    mutating func accept(_ call: Call, _ mint: inout TokenMint) -> String {
        let id = mint.identifier()
        uploads[id] = Upload(owner: call.owner)
        return id
    }

    /// How many addresses there are.
    var count: Int { offers.count + uploads.count }

    /// Makes the addresses void that a login asked for.
    mutating func release(_ owner: Login.Owner) {
        offers = offers.filter { $0.value.owner != owner }
        uploads = uploads.filter { $0.value.owner != owner }
    }

    /// The file behind an address that this login asked for.
    func file(_ id: String, for owner: Login.Owner) -> RemoteFile? {
        offers[id].flatMap { $0.owner == owner ? $0.file : nil }
    }

    /// The file that was put at a path in full, if it was.
    func uploaded(_ path: String, by owner: Login.Owner) -> [UInt8]? {
        guard path.hasPrefix("/FTUR/"), let upload = uploads[String(path.dropFirst(6))], upload.owner == owner,
            upload.total == upload.bytes.count
        else { return nil }
        return upload.bytes
    }

    /// Takes a piece, and answers with the status.
    ///
    /// A piece at 0 begins anew; every other must begin where the last one ended.
    mutating func put(_ id: String, _ body: [UInt8], range: String?, by owner: Login.Owner) -> Int {
        guard var upload = uploads[id], upload.owner == owner else { return 404 }
        var start = 0
        var total = body.count
        if let range {
            guard let parsed = Self.contentRange(range), parsed.end - parsed.start + 1 == body.count else { return 400 }
            (start, total) = (parsed.start, parsed.total)
        }
        if start == 0 { upload.bytes = [] }
        guard start == upload.bytes.count, start + body.count <= total, total <= Self.longestUpload,
            start == 0 || upload.total == total
        else { return 416 }
        upload.bytes += body
        upload.total = total
        uploads[id] = upload
        return 201
    }

    /// `bytes s-e/total`.
    private static func contentRange(_ text: String) -> (start: Int, end: Int, total: Int)? {
        guard text.hasPrefix("bytes ") else { return nil }
        let halves = text.dropFirst(6).split(separator: "/")
        guard halves.count == 2, let total = ByteCoding.decimal(halves[1]) else { return nil }
        let ends = halves[0].split(separator: "-")
        guard ends.count == 2, let start = ByteCoding.decimal(ends[0]), let end = ByteCoding.decimal(ends[1]),
            start <= end, end < total
        else { return nil }
        return (start, end, total)
    }
}

extension SecurityCenter {
    /// Answers `GET /FTDR/…` and `PUT /FTUR/…`, which go to the node that the login leads to.
    mutating func transfer(
        _ head: RequestHead,
        body: [UInt8],
        connection: Int,
        at now: LabInstant
    ) -> Answer {
        let owner = Self.owner(head, connection: connection)
        guard let login = admit(owner, at: now) else { return .response(Self.refusal(owner)) }
        if topology.hosts[login.node]?.behaviour == .silent { return .silence }
        let id = String(head.path.dropFirst(6))
        switch (head.method, head.path.hasPrefix("/FTDR/")) {
        case ("GET", true):
            guard let file = transfers.file(id, for: owner) else { return .response(Self.plain(404, "Not found")) }
            return .response(Self.part(of: file, range: head.header("Range")))
        case ("PUT", false):
            let status = transfers.put(id, body, range: head.header("Content-Range"), by: owner)
            return .response(status == 201 ? Response(status: 201) : Self.plain(status, "Cannot take this piece"))
        default: return .response(Self.plain(405, "Method not allowed"))
        }
    }

    /// The whole file, or the one range that was asked for.
    ///
    /// What is no range, or several, counts for nothing (RFC 9110, 14.2).
    private static func part(of file: RemoteFile, range: String?) -> Response {
        let bytes = file.bytes
        let kind = [HeaderField("Content-Type", "application/octet-stream"), HeaderField("Accept-Ranges", "bytes")]
        guard let range, !bytes.isEmpty, let asked = byteRange(range, size: bytes.count) else {
            return Response(status: 200, headers: kind, body: bytes)
        }
        let part = asked.clamped(to: 0..<bytes.count)
        guard !part.isEmpty else {
            return Response(status: 416, headers: [HeaderField("Content-Range", "bytes */\(bytes.count)")])
        }
        let place = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(bytes.count)"
        let headers = kind + [HeaderField("Content-Range", place)]
        return Response(status: 206, headers: headers, body: Array(bytes[part]))
    }

    /// The bytes that a `Range` field asks for, which may lie outside of the file; nil unless it is one range of bytes.
    private static func byteRange(_ text: String, size: Int) -> Range<Int>? {
        guard text.lowercased().hasPrefix("bytes=") else { return nil }
        let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        switch (position(ends[0]), position(ends[1])) {
        case (let first?, let last?) where first <= last: return first..<max(first, min(last, Int.max - 1) + 1)
        case (let first?, nil) where ends[1].isEmpty: return first..<max(first, size)
        case (nil, let count?) where ends[0].isEmpty: return max(0, size - count)..<size
        default: return nil
        }
    }

    /// A number of any length, at most the largest there is.
    private static func position(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return ByteCoding.decimal(text) ?? Int.max
    }
}
