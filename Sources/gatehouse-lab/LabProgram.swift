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
        umask(0o077)

        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let ready = try start(on: group)
        guard Files.writeAll(Array((ready.compact + "\n").utf8), to: STDOUT_FILENO) else {
            throw StartError.system("cannot write to standard output")
        }
        var received: Int32 = 0
        sigwait(&ending, &received)
    }

    private func start(on group: MultiThreadedEventLoopGroup) throws(StartError) -> JSONValue {
        try Files.makeDirectory(command.directory)
        let folder = LabFolder(path: try Files.absolute(command.directory))
        let certificates = try Certificates(in: folder.tls)
        try Files.makeDirectory(folder.credentials)
        try Files.makeDirectory(folder.shared)
        let accounts = Accounts()
        try accounts.write(to: folder)

        let laboratory = try LaboratoryBox(
            Laboratory(configuration(accounts, sharedDirectory: folder.shared)),
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
        let listeners = try Listeners(group: group, certificates: certificates)
        let addresses = Addresses(
            gicarPort: try listeners.open(settings(.gicar)),
            apiConnectPort: try listeners.open(settings(.apiConnect)),
            controlPort: try listeners.openControl(laboratory)
        )
        try Files.write(
            DaemonConfiguration(
                folder: folder,
                addresses: addresses,
                clientId: accounts.clientId,
                caFile: certificates.caFile
            )
            .yaml,
            to: folder.configuration
        )
        return ReadyLine.make(folder: folder, addresses: addresses, accounts: accounts, caFile: certificates.caFile)
    }

    private func configuration(_ accounts: Accounts, sharedDirectory: String) -> LabConfiguration {
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
        if let plan = command.plan { configuration.plan = plan.limit }
        configuration.faults = command.fault.map(\.fault)
        return configuration
    }
}
