// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehousePlatform

/// `gatehouse scan`.
package struct ScanCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Scan files.",
        discussion: """
            One line for each file, as soon as its scan ends: "PATH: OK", "PATH: NAME FOUND" or \
            "PATH: REASON NOT SCANNED". With -j 1 that is the order of the arguments. Control characters in names are \
            shown as \\x1b and the like.

            The files are opened here and passed to the daemon, which needs no right to read them.
            """
    )

    @Argument(help: ArgumentHelp("What to scan; - is standard input.", valueName: "path"))
    var paths: [FilePath]

    @Flag(name: .shortAndLong, help: "Scan what is in folders; symbolic links there are not followed.")
    var recursive = false

    @Flag(help: "Have the engine read the files itself: the paths lie in folders that it shares.")
    var shared = false

    @Option(
        name: [.customShort("j", allowingJoined: true), .long],
        help: ArgumentHelp("How many scans are in flight at once (1 to 64).", valueName: "number")
    )
    var jobs = 8

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Flag(name: .shortAndLong, help: "Leave out the summary, the list of what is skipped and the progress bar.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Print only the lines of infected files.")
    var infected = false

    @Option(
        help: ArgumentHelp(
            "Leave out files that were clean in an earlier run with this record and did not change since.",
            valueName: "file"
        )
    )
    var skipScanned: FilePath?

    @Option(help: ArgumentHelp("What to call standard input towards the engine.", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("The profile that scans; without it, the daemon's default.", valueName: "profile"))
    var profile: String?

    @OptionGroup var socketOptions: SocketOptions

    /// Made by the argument parser.
    package init() {}

    package func validate() throws {
        let inputs = paths.count { $0.bytes == [UInt8(ascii: "-")] }
        if inputs > 1 { throw ValidationError("Standard input (-) can be scanned only once.") }
        if paths.contains(where: \.bytes.isEmpty) { throw ValidationError("A path is empty.") }
        if shared, recursive {
            throw ValidationError("-r looks into folders of this host; with --shared the engine alone sees them.")
        }
        if shared, inputs > 0 {
            throw ValidationError("Standard input (-) has no path that the engine could be told (--shared).")
        }
        if shared, skipScanned != nil {
            throw ValidationError(
                "--skip-scanned looks at the files on this host; with --shared the engine alone sees them."
            )
        }
        guard (1...64).contains(jobs) else { throw ValidationError("-j must be between 1 and 64.") }
        guard let name else { return }
        if inputs == 0 { throw ValidationError("--name names standard input: add - to the paths.") }
        let isControlled = name.unicodeScalars.contains { $0.isControl }
        guard (1...255).contains(name.utf8.count), !isControlled, !name.utf8.contains(UInt8(ascii: "/")) else {
            throw ValidationError("--name is the name of a file: 1 to 255 bytes, no '/' and no control characters.")
        }
    }

    package func run() throws {
        let time = SystemTime()
        let record = try openRecord()
        let run = ScanRun(
            try socketOptions.connect(),
            shared ? FileWalk(shared: paths) : FileWalk(paths, recursive: recursive),
            ScanRequest(
                standardInputName: name,
                profile: profile,
                deadlineMs: socketOptions.deadlineMs,
                patience: socketOptions.patience(usual: DaemonCalls.upstreamDeadline),
                isShared: shared
            ),
            ScanReport(
                ScanReport.Form(isJSON: json, isQuiet: quiet, onlyInfected: infected),
                style: .ofStandardOutput(),
                statusLine: quiet ? nil : .ofStandardError(),
                start: time.now
            ),
            record: record,
            maximumInFlight: jobs,
            time: time
        )
        try run.run()
    }

    private func openRecord() throws -> ScanRecord? {
        guard let path = skipScanned else { return nil }
        do throws(RecordFault) {
            let record = try ScanRecord.open(path, profile: profile)
            if record.unreadableLines > 0, !quiet {
                Diagnostics.write(
                    "\(VisibleText.of(path.bytes)): lines that could not be read: \(record.unreadableLines)"
                )
            }
            return record
        } catch {
            Diagnostics.write("\(VisibleText.of(path.bytes)): \(error.reason)")
            throw ExitStatus.failed.exitCode
        }
    }
}
