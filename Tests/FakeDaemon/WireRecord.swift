// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc
import Testing

/// What the tests of this run have seen on the wire, in the file that `GATEHOUSE_WIRE_RECORD` names.
///
/// `contrib/lib/check-exercised` reads it: a schema that no test exercises fails the run. Every process that runs tests
/// adds its lines; each line stands once a process.
enum WireRecord {
    /// A part of a schema that a right message has used.
    enum Part: String {
        case params, result, notification, error
    }

    private static let written = Locked<Set<String>>([])
    private static let file: Int32? = {
        guard let path = getenv("GATEHOUSE_WIRE_RECORD") else { return nil }
        let number = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        return number < 0 ? nil : number
    }()

    /// Notes that a part of a schema was used.
    static func note(_ part: Part, _ name: String) { write("\(part.rawValue) \(name)") }

    /// Fails the test, or the run where no test can be told.
    static func fail(_ fault: String, in test: String?) {
        // Control characters of a hostile message stay out of logs.
        let shown = fault.unicodeScalars.prefix(300).map { $0.isASCII && $0.value >= 32 ? String($0) : "?" }
        let text = "\(test ?? "some test"): \(shown.joined())"
        Issue.record("\(text)")
    }

    private static func write(_ line: String) {
        guard let file else { return }
        let isNew = written.withLock { $0.insert(line).inserted }
        guard isNew else { return }
        // One call, so that lines of several processes do not mix.
        let bytes = Array("\(line)\n".utf8)
        _ = Glibc.write(file, bytes, bytes.count)
    }
}
