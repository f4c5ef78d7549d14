// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// The last line of the terminal at standard error, which is written over again and again.
struct StatusLine {
    /// What a terminal has that does not say how wide it is.
    private static let usualColumns = 80

    /// Whether standard output is on a terminal as well, taken to be the same one.
    let sharesTheTerminal: Bool
    private var isShown = false

    private init(sharesTheTerminal: Bool) {
        self.sharesTheTerminal = sharesTheTerminal
    }

    /// The line, where standard error is a terminal that can write over one.
    static func ofStandardError() -> StatusLine? {
        guard isatty(STDERR_FILENO) == 1, let name = getenv("TERM") else { return nil }
        guard strlen(name) > 0, strcmp(name, "dumb") != 0 else { return nil }
        return StatusLine(sharesTheTerminal: isatty(STDOUT_FILENO) == 1)
    }

    /// The terminal's width, looked up each time: it may change.
    var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return Self.usualColumns }
        return Int(size.ws_col)
    }

    /// Shows a text in place of what the line shows.
    mutating func show(_ text: String) {
        if !isShown { Interruption.clearsLine() }
        isShown = true
        // EL, "erase to the end of the line" (ECMA-48 section 8.3.41).
        Diagnostics.writeBytes("\r\(text)\u{1B}[K")
    }

    /// Leaves the line empty and the cursor at its start.
    mutating func clear() {
        guard isShown else { return }
        isShown = false
        Diagnostics.writeBytes("\r\u{1B}[K")
        Interruption.isPlain()
    }
}

/// What an interruption leaves on the terminal: the shell's prompt would stand behind what the line shows.
private enum Interruption {
    /// From here on the line is cleared before a signal ends the program, as it does without this.
    static func clearsLine() {
        set { number in
            // Nothing but what signal-safety(7) allows.
            let line: StaticString = "\r\u{1B}[K"
            _ = write(STDERR_FILENO, line.utf8Start, line.utf8CodeUnitCount)
            signal(number, SIG_DFL)
            raise(number)
        }
    }

    /// From here on a signal ends the program at once.
    static func isPlain() { set(SIG_DFL) }

    private static func set(_ handler: (@convention(c) (Int32) -> Void)?) {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            let before = signal(number, handler)
            // Whoever started the program had it ignore the signal (nohup(1)).
            if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, before) }
        }
    }
}
