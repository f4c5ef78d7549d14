// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GatehouseAPI
import GatehouseWire

/// How a call is made: the options that do not say where it goes.
struct CallOptions: ParsableArguments {
    @Flag(name: .customLong("await"), help: "Follow the action that the call begins to its end.")
    var awaitsAction = false

    @Flag(name: .customLong("idempotent"), help: "Let the daemon send the call again where its effect is unknown.")
    var isIdempotent = false

    @Flag(help: "Print values without the wrappers that tell their types.")
    var plain = false

    @Option(
        help: ArgumentHelp("All arguments as one JSON object; @FILE or - for standard input.", valueName: "json")
    )
    var arguments: FilePath?

    /// Adds them to a request.
    func add(to request: inout JSONObject, isWatched: Bool) {
        if awaitsAction { request["await"] = true }
        if awaitsAction, isWatched { request["progress"] = true }
        if isIdempotent { request["idempotent"] = true }
        if plain { request["format"] = .string(ReplyFormat.plain.rawValue) }
    }
}
