// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// The built program, as the scripts of this folder try it.
enum BuiltLab {
    static let python = "/usr/bin/python3"
    static var canBeTried: Bool { access(python, X_OK) == 0 }

    /// Runs a script of the fixtures with the program's path; the status of `waitpid`, 0 where all is well.
    static func run(_ script: String) -> Int32 {
        let folder = #filePath.split(separator: "/").dropLast().reduce(into: "") { $0 += "/" + $1 }
        return run([python, folder + "/Fixtures/" + script, builtPrograms + "/gatehouse-lab"])
    }

    /// The folder of the built programs, which is also that of this test.
    private static var builtPrograms: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/").dropLast().reduce(into: "") { $0 += "/" + $1 }
    }

    private static func run(_ arguments: [String]) -> Int32 {
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        var child: pid_t = 0
        guard posix_spawn(&child, arguments[0], nil, nil, &words, environ) == 0 else { return -1 }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 { guard errno == EINTR else { return -1 } }
        return status
    }
}
