// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl
import GatehousePlatform

/// One request under way; used by the engine's thread alone, but for its ``TransferCall``.
final class Transfer {
    let call: TransferCall
    let handle: EasyHandle
    /// The one connection that it has to go over.
    let connection: OwnConnection?
    /// When the request fails whatever is happening.
    let deadline: Instant

    private let request: TransferRequest
    private let headers = HeaderList()
    private let pin: UnsafeMutableRawPointer?
    private let sockets: SocketPorts
    /// The sockets that were opened for it; one of them is its connection.
    private var opened: [Int32] = []
    private let began: Instant
    private var body: RequestBody
    private var reply: ReplyCollector
    /// Why a callback stopped the transfer, which libcurl reports as its own abort.
    private var stopped: TransferError.Code?
    private var requestMayHaveLeft = false
    private var connectionWasReused = false
    private var isPaused = false
    private var hasReadBody = false
    private var replyCameBeforeFile = false
    private var hasBegunSink = false
    /// How many bytes of the file may still come, where the reply's header says it.
    private var contentLeft: Int64?
    private var lastActivity: Instant
    private var lastCount: Int64 = 0

    init(
        _ call: TransferCall,
        over connection: OwnConnection?,
        limits: TransferLimits,
        pins: PinStore,
        sockets: SocketPorts,
        now: Instant
    ) throws(TransferError) {
        self.call = call
        self.connection = connection
        self.sockets = sockets
        request = call.request
        handle = try EasyHandle()
        body = RequestBody(request.body)
        reply = ReplyCollector(limits: limits, maximumBytes: request.maximumReplyBytes)
        began = now
        lastActivity = now
        deadline = now + request.timeouts.total
        if case .certificate(let digest) = request.trust {
            pin = try pins.pointer(to: digest)
        } else {
            pin = nil
        }
        try setOptions(limits)
    }

    private func setOptions(_ limits: TransferLimits) throws(TransferError) {
        try handle.setDefaults(limits)
        try handle.set(CURLOPT_URL, request.url)
        try handle.setProxy(request.proxy)
        try handle.setTrust(request.trust, pin: pin)
        try handle.setConnectTimeout(request.timeouts.connect)
        try handle.set(CURLOPT_FRESH_CONNECT, request.freshConnection ? 1 : 0)
        try connection?.setUp(handle)
        try handle.setBody(request.method, body)
        for header in request.headers { try headers.append(name: header.name, header.value) }
        if request.expectsContinue {
            try headers.append(name: "Expect", .plain("100-continue"))
        } else {
            try headers.omit("Expect")
        }
        if let type = body.contentType {
            try headers.append(name: "Content-Type", .plain(type))
        } else {
            try headers.omit("Content-Type")
        }
        // libcurl before 8.7 does not choose the coding by itself (CURLOPT_POST(3)).
        if body.count == nil { try headers.append(name: "Transfer-Encoding", .plain("chunked")) }
        try handle.set(CURLOPT_HTTPHEADER, headers)
        // The engine holds this object until the handle is out of its multi handle, so the pointer stays valid for
        // as long as libcurl may call back.
        try handle.setCallbacks(Unmanaged.passUnretained(self).toOpaque())
    }

    // MARK: What libcurl asks

    /// Called when the connection stands and nothing of the request was sent; false stops the transfer.
    ///
    /// libcurl repeats a request by itself when a kept connection dies before a reply. It comes by here when it does,
    /// and finds that the first attempt was the only one.
    func mayBegin(localPort: Int32) -> Bool {
        guard !requestMayHaveLeft else { return stop(.emptyReply) }
        if let pin, gatehouse_curl_connection_has_pin(handle.pointer, pin) != 1 { return stop(.pinMismatch) }
        connectionWasReused = handle.integer(CURLINFO_NUM_CONNECTS) == 0
        guard connection?.mayBegin(isReused: connectionWasReused) ?? true else { return stop(.connectionGone) }
        if !connectionWasReused {
            sockets.connected(opened, localPort: localPort)
        } else if sockets.hasInput(localPort: localPort) {
            return stop(connection == nil ? .emptyReply : .connectionGone)
        }
        lastActivity = call.engine.time.now
        do {
            try body.source?.begin { [call] in call.engine.post(.resume(call.id)) }
        } catch {
            return stop(.sourceFailed(error))
        }
        request.sink?.begin { [call] in call.engine.post(.resume(call.id)) }
        requestMayHaveLeft = true
        return true
    }

    /// The next piece of the body: its length or one of libcurl's two special values.
    func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        hasReadBody = true
        switch body.read(into: target) {
        case .bytes(let count): return count
        case .end: return 0
        case .pause:
            isPaused = true
            return gatehouse_curl_read_pause
        case .failed(let error):
            _ = stop(.sourceFailed(error))
            return gatehouse_curl_read_abort
        }
    }

    func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        guard reply.takeHeader(line) else { return stop(.protocolError) }
        // Interim replies say nothing of the file.
        if body.holdsBackFile, handle.integer(CURLINFO_RESPONSE_CODE) >= 200 { replyCameBeforeFile = true }
        return !isPraiseTooEarly || stop(.replyBeforeBody)
    }

    /// Whether the server says that all is well with a body that waits for its consent, of which it has nothing.
    ///
    /// libcurl would not send the body any more, call that a success, and use the connection again, on which the server
    /// may take the next request for that body.
    private var isPraiseTooEarly: Bool {
        guard request.expectsContinue, !hasReadBody, body.count != 0 else { return false }
        return (200..<300).contains(handle.integer(CURLINFO_RESPONSE_CODE))
    }

    /// How many bytes were taken, or one of libcurl's special values.
    func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let sink = request.sink, isContent else {
            return reply.takeBody(bytes) || stop(.replyTooLarge) ? bytes.count : bytes.count &+ 1
        }
        do throws(ContentFault) {
            try beginContent(sink)
            if let contentLeft, contentLeft < bytes.count { throw ContentFault.longerThanRange }
        } catch {
            _ = stop(.contentRefused(error))
            return bytes.count &+ 1
        }
        switch sink.take(bytes) {
        case .taken:
            contentLeft = contentLeft.map { $0 - Int64(bytes.count) }
            return bytes.count
        case .pause:
            isPaused = true
            return gatehouse_curl_write_pause
        case .failed:
            _ = stop(.sinkFailed)
            return bytes.count &+ 1
        }
    }

    /// Looks where the body stands before its first byte is taken.
    private func beginContent(_ sink: DownloadSink) throws(ContentFault) {
        guard !hasBegunSink else { return }
        let status = handle.integer(CURLINFO_RESPONSE_CODE)
        switch reply.contentPlace(status: status, position: sink.count) {
        case .refused(let fault): throw fault
        case .next(let most): contentLeft = most
        case .start(let most):
            contentLeft = most
            sink.beginAnew()
        }
        hasBegunSink = true
        sink.expect(total: reply.wholeSize(status: status))
    }

    /// Whether the reply is the file that was asked for, or a part of it.
    private var isContent: Bool {
        let status = handle.integer(CURLINFO_RESPONSE_CODE)
        return status == 200 || status == 206
    }

    /// A socket for a connection, which libcurl owns from here on; none where there must be no other connection.
    func openSocket(_ address: UnsafePointer<curl_sockaddr>) -> Int32 {
        guard connection?.isSealed != true else { return gatehouse_curl_no_socket }
        let number = gatehouse_curl_open_socket(address)
        if number >= 0 { opened.append(number) }
        return number
    }

    private func stop(_ code: TransferError.Code) -> Bool {
        stopped = code
        return false
    }

    // MARK: What the engine asks

    /// Goes on after a pause; an error ends the transfer.
    func resume(now: Instant) -> CURLcode {
        guard isPaused else { return CURLE_OK }
        isPaused = false
        lastActivity = now
        return handle.resume()
    }

    /// The time that is over, if one is.
    func expired(now: Instant) -> TransferError? {
        if now >= deadline { return error(requestMayHaveLeft ? .timedOut : .connectTimeout) }
        guard requestMayHaveLeft, !isPaused else {
            lastActivity = now
            return nil
        }
        let count =
            handle.size(CURLINFO_SIZE_UPLOAD_T) &+ handle.size(CURLINFO_SIZE_DOWNLOAD_T)
            &+ Int64(handle.integer(CURLINFO_HEADER_SIZE))
        if count != lastCount {
            lastCount = count
            lastActivity = now
        }
        return now - lastActivity >= request.timeouts.idle ? error(.timedOut) : nil
    }

    /// What the caller gets when libcurl is done.
    func outcome(_ result: CURLcode, now: Instant) -> Result<TransferResponse, TransferError> {
        if let stopped { return .failure(error(stopped)) }
        guard result == CURLE_OK else {
            // Another connection was not to be had, as it was meant.
            if let connection, connection.isSealed {
                if !requestMayHaveLeft { return .failure(error(.connectionGone)) }
                if result == CURLE_COULDNT_CONNECT { return .failure(error(.emptyReply)) }
            }
            return .failure(.from(result, circumstances))
        }
        // libcurl 7.88 takes the end of the connection for the end of the header, and the reply for one without a body.
        guard !reply.isHeaderOpen else { return .failure(error(.cutReply)) }
        let status = handle.integer(CURLINFO_RESPONSE_CODE)
        guard (200...599).contains(status) else { return .failure(error(.protocolError)) }
        return .success(
            TransferResponse(
                status: status,
                headers: reply.headers,
                body: reply.body,
                isDelimited: hasBegunSink ? reply.saysItsEnd : reply.isDelimited,
                cameBeforeFile: replyCameBeforeFile,
                bytesSent: handle.size(CURLINFO_SIZE_UPLOAD_T),
                reusedConnection: connectionWasReused,
                elapsed: now - began
            )
        )
    }

    func error(_ code: TransferError.Code) -> TransferError {
        TransferError(
            code,
            TransferError.sentence(for: code),
            requestMayHaveLeft: requestMayHaveLeft,
            connectionWasReused: connectionWasReused
        )
    }

    /// Frees what the upload holds; the handle is out of its multi handle by now.
    func end() {
        body.source?.end()
        request.sink?.end()
    }

    private var circumstances: TransferError.Circumstances {
        TransferError.Circumstances(
            requestMayHaveLeft: requestMayHaveLeft,
            connectionWasReused: connectionWasReused,
            replyHasBegun: reply.hasBegun,
            trustsOneCertificate: pin != nil,
            detail: handle.errorText
        )
    }
}
