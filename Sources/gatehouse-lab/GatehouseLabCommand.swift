// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import GatehouseLab

@main
struct GatehouseLabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse-lab",
        abstract: "A stand-in for the Antivirus API and for Kaspersky Security Centers on 127.0.0.1.",
        discussion: """
            It makes a CA, certificates, credentials and a gatehouse.yaml in DIR, prints one JSON line when it is ready, \
            and ends with SIGTERM or SIGINT.

            \(Fault.grammar)
            """
    )

    @Option(help: ArgumentHelp("The folder for everything it writes; made if missing.", valueName: "DIR"))
    var directory: String

    @Option(
        help: ArgumentHelp("A fault that is on from the start; may be repeated.", valueName: "SPEC"),
        transform: FaultArgument.init
    )
    var fault: [FaultArgument] = []

    @Option(help: ArgumentHelp("Scan with the clamd behind this Unix socket.", valueName: "SOCKET"))
    var clamd: String?

    @Option(help: ArgumentHelp("Calls that the plan allows.", valueName: "MINUTE,HOUR"), transform: PlanArgument.init)
    var plan: PlanArgument?

    @Option(
        help: ArgumentHelp("How long the plan's windows are, for tests (60000,3600000).", valueName: "MS,MS"),
        transform: WindowsArgument.init
    )
    var planWindows: WindowsArgument?

    @Option(help: ArgumentHelp("Lifetime of Keycloak's tokens.", valueName: "SECONDS"))
    var gicarLifetime: Int = 300

    @Option(help: ArgumentHelp("Lifetime of SPE's access tokens.", valueName: "SECONDS"))
    var accessLifetime: Int = 36_000

    @Option(help: ArgumentHelp("Lifetime of SPE's refresh tokens.", valueName: "SECONDS"))
    var refreshLifetime: Int = 86_400

    @Option(help: ArgumentHelp("How long the gateway waits for SPE.", valueName: "SECONDS"))
    var invokeTimeout: Int = 60

    @Option(help: ArgumentHelp("When a session of the Security Center ends that nobody uses.", valueName: "SECONDS"))
    var kscSessionLifetime: Int = 180

    @Option(help: ArgumentHelp("How long a gateway's one-time key is good.", valueName: "SECONDS"))
    var kscKeyLifetime: Int = 60

    @Option(help: ArgumentHelp("How long an asynchronous action takes.", valueName: "MILLISECONDS"))
    var kscActionDuration: Int = 600

    @Option(help: ArgumentHelp("How long a task of a host runs.", valueName: "MILLISECONDS"))
    var kscTaskDuration: Int = 3000

    @Option(help: ArgumentHelp("How many more hosts stand behind the primary.", valueName: "COUNT"))
    var kscExtraHosts: Int = 250

    func validate() throws {
        if let clamd, !(1...107).contains(clamd.utf8.count) {
            throw ValidationError("--clamd needs the path of a Unix socket, of 1 to 107 bytes")
        }
        let durations = [kscSessionLifetime, kscKeyLifetime, kscActionDuration, kscTaskDuration]
        guard durations.allSatisfy({ (1...1_000_000_000).contains($0) }), (0...50_000).contains(kscExtraHosts) else {
            throw ValidationError("times of the Security Center are from 1 to 1000000000, its extra hosts up to 50000")
        }
        let lifetimes = [gicarLifetime, accessLifetime, refreshLifetime, invokeTimeout]
        guard lifetimes.allSatisfy({ (1...1_000_000_000).contains($0) }) else {
            throw ValidationError("lifetimes and time-outs are whole seconds from 1 to 1000000000")
        }
    }

    func run() throws {
        do {
            try LabProgram(self).run()
        } catch {
            Diagnostics.write(error.description)
            throw ExitCode.failure
        }
    }
}

/// A fault on the command line.
struct FaultArgument: Sendable {
    let fault: Fault

    init(_ text: String) throws {
        do {
            fault = try Fault(text)
        } catch {
            throw ValidationError(error.description)
        }
    }
}

/// A plan on the command line.
struct PlanArgument: Sendable {
    let perMinute: Int
    let perHour: Int

    init(_ text: String) throws {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard numbers.count == 2, numbers.allSatisfy({ $0 >= 0 }) else {
            throw ValidationError("a plan is two numbers: calls per minute, calls per hour")
        }
        (perMinute, perHour) = (numbers[0], numbers[1])
    }
}

/// The lengths of a plan's windows on the command line.
struct WindowsArgument: Sendable {
    let minute: Int
    let hour: Int

    init(_ text: String) throws {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard numbers.count == 2, numbers.allSatisfy({ (1...1_000_000_000).contains($0) }) else {
            throw ValidationError("windows are two numbers of milliseconds: the minute's and the hour's")
        }
        (minute, hour) = (numbers[0], numbers[1])
    }
}
