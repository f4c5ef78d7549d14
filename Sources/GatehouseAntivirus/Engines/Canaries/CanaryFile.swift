// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The bytes of the canaries.
///
/// They are put together when they are needed: a program that held the test file would be taken for one.
enum CanaryFile {
    /// How many archives are around the test file in the nested one: engines stop at 10 to 50 (clamd's MaxRecursion: 17).
    static let depth = 100

    /// What an engine is given.
    ///
    /// Each number makes other archives of it: what an engine remembers of an earlier one says nothing of it now.
    static func bytes(_ canary: Canary, number: UInt64) -> [UInt8] {
        let name = "\(number).com"
        return switch canary {
        case .eicar: testFile
        case .encrypted:
            ZipArchive.archive(testFile, named: name, as: .encrypted(password: Array("canary".utf8)))
        case .nested:
            // The innermost is compressed, so that nobody finds the test file without opening all of them.
            (1..<depth).reduce(ZipArchive.archive(testFile, named: name, as: .compressed)) { inner, _ in
                ZipArchive.archive(inner, named: "a.zip", as: .stored)
            }
        }
    }

    /// The EICAR test file (eicar.org), 68 bytes; here each is written as what it lacks to 128.
    private static var testFile: [UInt8] {
        let lacking: [UInt8] = [
            40, 75, 49, 95, 48, 91, 64, 63, 48, 37, 76, 36, 48, 38, 40, 75, 76, 88, 48, 34, 87, 73, 61, 61, 87,
            73, 3, 92, 59, 55, 61, 63, 46, 83, 45, 44, 63, 50, 60, 63, 46, 60, 83, 63, 50, 44, 55, 42, 55, 46,
            43, 45, 83, 44, 59, 45, 44, 83, 58, 55, 52, 59, 95, 92, 56, 85, 56, 86,
        ]
        return lacking.map { 128 - $0 }
    }
}
