// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CSystemd
import GatehousePlatform
import Glibc

/// A connection to the system bus (sd-bus(3)), made when it is needed and anew after a failure.
///
/// A question blocks for half a second at most, with all that it takes to get there.
// Unchecked because the compiler cannot see threads: all calls come from the one thread of `SystemdUnits`, and the last
// reference goes with it.
final class SystemdBus: @unchecked Sendable {
    private static let patience = Duration.milliseconds(500)
    private static let prefix = "/org/freedesktop/systemd1/unit"

    private let time: any TimeSource
    private var bus: OpaquePointer?
    /// When the question that is being asked is given up.
    private var deadline = Instant(nanoseconds: 0)
    /// `GetUnitByPIDFD` came with systemd 253 (org.freedesktop.systemd1(5)).
    private var takesDescriptors = true
    /// Called with the errno of the first of several failures in a row.
    private let whenFailing: (Int32) -> Void
    private var isFailing = false

    init(time: any TimeSource, whenFailing: @escaping (Int32) -> Void) {
        self.time = time
        self.whenFailing = whenFailing
    }

    deinit {
        sd_bus_close_unref(bus)
    }

    /// The unit in which a process runs; nil where systemd does not say.
    func unit(of process: PeerProcess) -> String? {
        deadline = time.now + Self.patience
        let isKept = bus != nil
        var answer = ask(process)
        // A kept connection may have ended since, with dbus-daemon for one.
        if isKept, case .failed = answer { answer = ask(process) }
        switch answer {
        case .answer(let unit): return unit
        case .unknownMethod, .refused: return nil
        case .failed(let error):
            if !isFailing { whenFailing(error) }
            isFailing = true
            return nil
        }
    }

    /// Asks over the connection that there is, or a new one; a failure ends it.
    private func ask(_ process: PeerProcess) -> Answer {
        let result = open()
        guard result >= 0 else { return .failed(-result) }
        if takesDescriptors {
            let answer = process.withDescriptor { call("GetUnitByPIDFD", "h", $0, read: Self.identifier) }
            guard case .unknownMethod = answer else { return ended(answer) }
            takesDescriptors = false
        }
        // The number is the caller's own for as long as the caller lives, so both looks hold what is between them.
        guard process.isAlive else { return .refused }
        let answer = ended(call("GetUnitByPID", "u", process.number, read: Self.decodedPath))
        return process.isAlive ? answer : .refused
    }

    private func open() -> Int32 {
        guard bus == nil else { return 0 }
        takesDescriptors = true
        var result = sd_bus_open_system(&bus)
        guard result >= 0 else {
            bus = nil
            return result
        }
        // The first call would wait for the bus to let us in: 90 seconds, whatever its own time-out is.
        while result >= 0, sd_bus_is_ready(bus) <= 0 {
            guard time.now < deadline else {
                result = -ETIMEDOUT
                break
            }
            result = sd_bus_process(bus, nil)
            if result == 0 { result = sd_bus_wait(bus, microsecondsLeft) }
            if result == -EINTR { result = 0 }
        }
        guard result < 0 else { return 0 }
        sd_bus_close_unref(bus)
        bus = nil
        return result
    }

    /// Zero is a time-out of its own for libsystemd.
    private var microsecondsLeft: UInt64 { UInt64(max((deadline - time.now).wholeMicroseconds, 1)) }

    private func ended(_ answer: Answer) -> Answer {
        if case .failed = answer {
            sd_bus_close_unref(bus)
            bus = nil
        }
        return answer
    }

    private enum Answer {
        case answer(String?)
        case unknownMethod
        /// systemd answered with an error: the process is in no unit, or is gone.
        case refused
        /// There is no answer, for the reason of an errno.
        case failed(Int32)
    }

    /// Calls a method of the manager with one argument, a number or a descriptor; both are 32 bits wide.
    private func call(
        _ method: String,
        _ type: String,
        _ argument: Int32,
        read: (OpaquePointer?) -> String?
    ) -> Answer {
        var message: OpaquePointer?
        defer { sd_bus_message_unref(message) }
        let made = sd_bus_message_new_method_call(
            bus,
            &message,
            "org.freedesktop.systemd1",
            "/org/freedesktop/systemd1",
            "org.freedesktop.systemd1.Manager",
            method
        )
        guard made >= 0 else { return .failed(-made) }
        var value = argument
        let appended = sd_bus_message_append_basic(message, CChar(type.utf8.first ?? 0), &value)
        guard appended >= 0 else { return .failed(-appended) }
        var error = sd_bus_error()
        defer { sd_bus_error_free(&error) }
        var reply: OpaquePointer?
        defer { sd_bus_message_unref(reply) }
        let called = sd_bus_call(bus, message, microsecondsLeft, &error, &reply)
        guard called >= 0 else {
            // The caller has left: systemd looks the process up in its descriptor.
            guard called != -ESRCH else { return answered(.refused) }
            switch error.name.map({ String(cString: $0) }) ?? "" {
            // The bus lets users without privileges call the methods that it knows, and refuses any other name.
            case "org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.DBus.Error.AccessDenied":
                return .unknownMethod
            case let name where name.hasPrefix("org.freedesktop.systemd1."): return answered(.refused)
            default: return .failed(-called)
            }
        }
        return answered(.answer(read(reply)))
    }

    private func answered(_ answer: Answer) -> Answer {
        isFailing = false
        return answer
    }

    /// The unit's name, the second of three answers of `GetUnitByPIDFD`.
    private static func identifier(_ reply: OpaquePointer?) -> String? {
        _ = text(reply, "o")
        return text(reply, "s")
    }

    /// The unit's name out of its path, which is all that `GetUnitByPID` answers.
    private static func decodedPath(_ reply: OpaquePointer?) -> String? {
        guard let path = text(reply, "o") else { return nil }
        var name: UnsafeMutablePointer<CChar>?
        defer { free(name) }
        guard sd_bus_path_decode(path, prefix, &name) > 0, let name else { return nil }
        return String(cString: name)
    }

    private static func text(_ reply: OpaquePointer?, _ type: String) -> String? {
        var text: UnsafePointer<CChar>?
        guard sd_bus_message_read_basic(reply, CChar(type.utf8.first ?? 0), &text) > 0, let text else { return nil }
        return String(cString: text)
    }
}
