// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Numbers of secondary servers as `--via` takes them: `3` or `3,1`.
package struct ServerNumbers: Equatable, Sendable {
    /// The largest number that a server has (KLSRVH_SRV_ID is a 32-bit integer).
    private static let maximum: Int64 = 2_147_483_647

    /// The numbers in their order.
    package let numbers: [Int64]

    /// One number; nil where it is no server's.
    static func number(_ text: some StringProtocol) -> Int64? {
        // A sign is none of a number's digits.
        guard text.utf8.first != UInt8(ascii: "+"), let number = Int64(text), (0...maximum).contains(number) else {
            return nil
        }
        return number
    }
}

extension ServerNumbers: ExpressibleByArgument {
    /// Reads one argument; nil where a part is no number.
    package init?(argument: String) {
        var numbers: [Int64] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Self.number(part) else { return nil }
            numbers.append(number)
        }
        self.numbers = numbers
    }
}
