// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab
internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Puts the lab together, says that it is ready, and waits for its end.
struct LabProgram {
    private let command: GatehouseLabCommand

    init(_ command: GatehouseLabCommand) {
        self.command = command
    }

    func run() throws(StartError) {
        // Before any thread starts, so that all of them inherit it and only `sigwait` below sees the end.
        var ending = sigset_t()
        sigemptyset(&ending)
        sigaddset(&ending, SIGTERM)
        sigaddset(&ending, SIGINT)
        pthread_sigmask(SIG_BLOCK, &ending, nil)
        signal(SIGPIPE, SIG_IGN)
        // A file that may not grow is an error with a text then, not the end.
        signal(SIGXFSZ, SIG_IGN)
        umask(0o077)
        try Files.requireStandardStreams()

        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let ready = try start(on: group)
        guard Files.writeAll(Array((ready.compact + "\n").utf8), to: STDOUT_FILENO) else {
            throw StartError.system("cannot write to standard output")
        }
        var received: Int32 = 0
        sigwait(&ending, &received)
    }

    private func start(on group: MultiThreadedEventLoopGroup) throws(StartError) -> JSONValue {
        try LabFolder(path: command.directory).checkName()
        try Files.makeDirectory(command.directory)
        let folder = LabFolder(path: try Files.absolute(command.directory))
        try folder.checkName()
        try Files.lock(folder.path)
        let certificates = try Certificates(in: folder.tls)
        try Files.makePrivateDirectory(folder.credentials)
        try Files.makeDirectory(folder.shared)
        let accounts = Accounts()
        try accounts.write(to: folder)
        let kscAccounts = SecurityCenterAccounts()
        try kscAccounts.write(to: folder)
        let pinned = try PinnedCertificate("klserver", in: folder.tls)
        let other = try PinnedCertificate("klserver-other", in: folder.tls)

        let laboratory = try LaboratoryBox(
            Laboratory(configuration(accounts, kscAccounts, sharedDirectory: folder.shared)),
            logFile: folder.requestLog
        )
        let files = NIOThreadPool(numberOfThreads: 2)
        files.start()
        let settings = { (service: Service) in
            ServiceSettings(
                service: service,
                laboratory: laboratory,
                files: files,
                sharedDirectory: folder.shared,
                clamdSocket: command.clamd,
                invokeTimeout: .seconds(Int64(command.invokeTimeout))
            )
        }
        let listeners = Listeners(group: group)
        let shown = try ShownCertificates(certificates, untrusted: pinned)
        let tls = { (service: Service) in
            { @Sendable in
                shown[laboratory.decide { laboratory, _ in laboratory.takeCertificate(of: service) }]
            }
        }
        let first = try Listeners.context(certificateFile: pinned.certificateFile, keyFile: pinned.keyFile)
        let second = try Listeners.context(certificateFile: other.certificateFile, keyFile: other.keyFile)
        let securityCenterTLS = { @Sendable in
            laboratory.decide { laboratory, _ in laboratory.showsOtherCertificate } ? second : first
        }
        let addresses = Addresses(
            gicarPort: try listeners.open(settings(.gicar), tls(.gicar)),
            apiConnectPort: try listeners.open(settings(.apiConnect), tls(.apiConnect)),
            securityCenterPort: try listeners.open(settings(.securityCenter), securityCenterTLS),
            controlPort: try listeners.openControl(laboratory)
        )
        try Files.write(
            DaemonConfiguration(
                folder: folder,
                addresses: addresses,
                clientId: accounts.clientId,
                caFile: certificates.caFile,
                securityCenterPin: pinned.pin
            )
            .yaml,
            to: folder.configuration
        )
        let description = SecurityCenterDescription(
            folder: folder,
            url: addresses.securityCenter,
            certificate: pinned,
            otherCertificate: other,
            topology: laboratory.decide { laboratory, _ in laboratory.topology }
        )
        return ReadyLine.make(
            folder: folder,
            addresses: addresses,
            accounts: accounts,
            caFile: certificates.caFile,
            securityCenter: description.json
        )
    }

    private func configuration(
        _ accounts: Accounts,
        _ securityCenter: SecurityCenterAccounts,
        sharedDirectory: String
    ) -> LabConfiguration {
        var configuration = LabConfiguration(
            clientId: accounts.clientId,
            clientSecret: accounts.clientSecret,
            apiClientId: accounts.apiClientId,
            sharedDirectory: sharedDirectory
        )
        configuration.gicarLifetime = command.gicarLifetime
        configuration.accessLifetime = command.accessLifetime
        configuration.refreshLifetime = command.refreshLifetime
        configuration.invokeTimeout = command.invokeTimeout
        configuration.securityCenter.accounts = securityCenter.all
        configuration.securityCenter.webToken = securityCenter.webToken
        configuration.securityCenter.sessionLifetime = command.kscSessionLifetime
        configuration.securityCenter.keyLifetime = command.kscKeyLifetime
        configuration.securityCenter.actionDuration = command.kscActionDuration
        configuration.securityCenter.taskDuration = command.kscTaskDuration
        configuration.securityCenter.topology = .lab(extraHosts: command.kscExtraHosts)
        if let plan = command.plan {
            let windows = command.planWindows
            configuration.plan = PlanLimit(
                perMinute: plan.perMinute,
                perHour: plan.perHour,
                minute: windows?.minute ?? 60_000,
                hour: windows?.hour ?? 3_600_000
            )
        }
        configuration.faults = command.fault.map(\.fault)
        return configuration
    }
}
