// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
import GatehouseClient
package import GatehouseWire
import Glibc

/// `gatehouse policy explain`.
package struct PolicyExplainCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say whether a caller may do something, and which rule decides.",
        discussion: """
            Nothing is done. What is left out is what counts where a caller leaves it out: the default profile, the \
            only server. Without --uid and --user it is about the user that runs the program, without --gid with all \
            groups of the user. Ids of targets are not looked up.

            Exit status: 0 allowed, 1 refused, 2 the daemon did not answer the question.
            """
    )

    @Option(help: ArgumentHelp("The caller's user id.", valueName: "number"))
    var uid: UInt32?

    @Option(help: ArgumentHelp("The caller's user name.", valueName: "name"))
    var user: String?

    @Option(help: ArgumentHelp("A group id of the caller's; may be repeated.", valueName: "number"))
    var gid: [UInt32] = []

    @Option(help: ArgumentHelp("The caller's systemd unit.", valueName: "unit"))
    var unit: String?

    @Option(help: ArgumentHelp("The method.", valueName: "method"))
    var method: String

    @Option(help: ArgumentHelp("The profile.", valueName: "profile"))
    var profile: String?

    @Option(help: ArgumentHelp("The upstream call.", valueName: "class.method"))
    var call: String?

    @OptionGroup var route: RouteOptions

    @OptionGroup var target: TargetOptions

    @Option(help: ArgumentHelp("The path of a scanPath.", valueName: "path"))
    var path: String?

    @Option(help: ArgumentHelp("The size of the file: a number, or one with a unit such as MiB.", valueName: "size"))
    var bytes: String?

    @Flag(help: "Print the daemon's own object.")
    var json = false

    @OptionGroup var socketOptions: SocketOptions

    /// Made by the argument parser.
    package init() {}

    package func validate() throws {
        if uid != nil, user != nil { throw ValidationError("--uid and --user exclude each other.") }
        if target.count > 1 { throw ValidationError("Name one target only.") }
        if let bytes, ByteSize(bytes) == nil { throw ValidationError("--bytes takes a size such as 15MiB.") }
    }

    package func run() throws {
        let parameters = try parameters()
        guard let check = ParameterCheck(of: PolicyExplain.name, parameters), check.violations.isEmpty else {
            ParameterCheck(of: PolicyExplain.name, parameters)?.report(PolicyExplain.name)
            throw ExitStatus.usage.exitCode
        }
        let result = try socketOptions.call(PolicyExplain.name, parameters)
        var output = OutputStream()
        for line in json ? [result.visibleText] : Self.lines(result) { output.writeLine(line) }
        try output.finish()
        guard result["allowed"]?.bool == true else { throw ExitStatus.refused.exitCode }
    }

    private func parameters() throws -> JSONValue {
        var object = route.members()
        object["uid"] = .number(JSONNumber(Int64(try userID())))
        if !gid.isEmpty { object["gids"] = .array(gid.map { .number(JSONNumber(Int64($0))) }) }
        object["unit"] = unit.map { .string($0) }
        object["method"] = .string(method)
        object["profile"] = profile.map { .string($0) }
        object["call"] = call.map { .string($0) }
        // A name counts as an id: nobody is asked for one.
        if target.count > 0 { object["target"] = target.target { name in name } }
        object["filePath"] = path.map { .string($0) }
        object["bytes"] = bytes.flatMap { ByteSize($0)?.bytes }.map { .number(JSONNumber($0)) }
        return .object(object)
    }

    private func userID() throws -> UInt32 {
        guard let user else { return uid ?? geteuid() }
        // One thread, and the entry is read at once.
        guard let entry = getpwnam(user) else {
            Diagnostics.write("this host has no user \(VisibleText.of(user))")
            throw ExitStatus.usage.exitCode
        }
        return entry.pointee.pw_uid
    }

    /// The decision, then one line for each rule that was looked at.
    package static func lines(_ result: JSONValue) -> [String] {
        let answer = result["allowed"]?.bool == true ? "allowed" : "refused"
        let first = "\(answer): \((result["reason"] ?? .null).readable)"
        let rules = (result["rules"]?.array ?? []).map { rule in
            let mismatch = rule["mismatch"]?.string.map { "does not match: \(VisibleText.of($0))" }
            return "rule \((rule["rule"] ?? .null).readable) \(mismatch ?? "matches")"
        }
        return [first] + rules
    }
}
