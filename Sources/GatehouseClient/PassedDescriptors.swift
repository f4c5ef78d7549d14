// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import GatehousePlatform
import Glibc

/// Copies of a caller's descriptors that are being sent, closed when the request has gone.
///
/// They are made while the call waits, so that its caller has not closed its own; from then on it may, without another
/// file ending up under the same number here.
final class PassedDescriptors: Sendable {
    let numbers: [Int32]

    private init(numbers: [Int32]) {
        self.numbers = numbers
    }

    deinit {
        for number in numbers { _ = close(number) }
    }

    /// The most that one message carries: more of them would cost everybody the connection.
    private static let most = Int(GATEHOUSE_MAXIMUM_PASSED_DESCRIPTORS)

    /// Throws where one message cannot carry so many.
    static func check(count: Int) throws(ClientError) {
        guard count <= most else {
            throw .cannotSend(reason: "a message carries \(most) descriptors at most, not \(count)")
        }
    }

    static func copies(of descriptors: [Int32]) throws(ClientError) -> PassedDescriptors {
        var numbers: [Int32] = []
        for descriptor in descriptors {
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
            guard copy >= 0 else {
                let reason = SystemError.current("dup").reason
                for number in numbers { _ = close(number) }
                throw .cannotSend(reason: "descriptor \(descriptor): \(reason)")
            }
            numbers.append(copy)
        }
        return PassedDescriptors(numbers: numbers)
    }
}
