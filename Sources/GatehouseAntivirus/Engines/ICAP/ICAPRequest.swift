// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What an ICAP service is asked (RFC 3507): for its options (section 4.10), and to look at a file (RESPMOD, section 4.9).
///
/// It does not say how long the file is: c-icap passes over what it takes for too long as soon as it knows, and has to
/// send it back otherwise.
enum ICAPRequest {
    /// Asks for the service's options.
    static func options(service: String) -> [UInt8] {
        let head = """
            OPTIONS \(service) ICAP/1.0\r
            Host: \(host(service))\r
            User-Agent: Gatehouse\r
            Connection: close\r
            Encapsulated: null-body=0\r
            \r

            """
        return Array(head.utf8)
    }

    /// What goes out before the file.
    ///
    /// `service` is the absolute form of the service, such as `icap://localhost:1344/AVSCAN`. With `allows204` the server
    /// need not send back what it does not change. `preview` is after how many bytes it says whether it wants the rest.
    static func head(
        service: String,
        fileName: String,
        allows204: Bool = true,
        preview: Int? = nil
    ) -> [UInt8] {
        let request =
            "GET http://localhost/\(percentEncoded(fileName)) HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let response = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"
        let (first, second) = (request.utf8.count, request.utf8.count + response.utf8.count)
        let head = """
            RESPMOD \(service) ICAP/1.0\r
            Host: \(host(service))\r
            User-Agent: Gatehouse\r
            \(allows204 ? "Allow: 204\r\n" : "")\(preview.map { "Preview: \($0)\r\n" } ?? "")Connection: close\r
            Encapsulated: req-hdr=0, res-hdr=\(first), res-body=\(second)\r
            \r

            """
        return Array((head + request + response).utf8)
    }

    /// Host and port as the address has them.
    private static func host(_ service: String) -> Substring {
        service.dropFirst("icap://".count).prefix { $0 != "/" }
    }

    /// All but letters, digits and `-._~` as `%XX` (RFC 3986, section 2).
    private static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = text.utf8.flatMap { byte -> [UInt8] in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
                || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
            return isPlain ? [byte] : [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
