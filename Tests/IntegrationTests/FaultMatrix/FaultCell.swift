// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// One cell of the fault matrix: a fault at a step of an engine's servers, with a profile of its own.
struct FaultCell: Sendable {
    /// The step that it befalls, in the word of the lab's faults.
    let step: String
    /// What goes wrong.
    let fault: String
    /// Whether it stays until it is turned off; else it befalls one request.
    let isForGood: Bool
    /// The profile that meets it, and no other cell's.
    let profile: String
    /// Whether a call has to be answered before the fault is turned on, so that the step comes next.
    let isWarm: Bool
    /// Whether a call that meets it must be answered by a verdict all the same.
    let isHarmless: Bool
}

/// Cells that meet their faults at the same time.
struct FaultWave: Sendable {
    let cells: [FaultCell]
    /// How long each call may take.
    let deadline: Int64
}

/// One request as an engine's server saw it.
struct FaultRequest: Sendable {
    /// The profile whose call caused it.
    let profile: String
    /// Whether it brought a file, or named one; else it was about tokens or the like.
    let isScan: Bool
    /// The file's name.
    let fileName: String?
    /// Whether the server looked at the whole file, and said `clean` of it in an answer that it sent whole.
    let saysClean: Bool
}

/// How many requests one call may cause; `docs/antivirus.md` says why.
struct RequestBound: Sendable {
    let tokens: Int
    let scans: Int
}

/// A call of a cell.
struct FaultCall {
    let method: String
    let params: JSONObject
    /// The path of the file whose descriptor goes with it.
    let file: String?
}

/// The servers of one engine, whose faults a test turns on and off.
protocol FaultServer {
    /// The engine's word.
    var engine: String { get }
    /// How many requests one call may cause.
    var bound: RequestBound { get }
    /// All cells, in the order in which they run.
    var waves: [FaultWave] { get }

    /// The profile's part of the configuration, from its name on, indented by two.
    func configuration(of cell: FaultCell) throws -> String
    /// Sees to it that the step comes next; called after the call of a warm cell.
    func prepare(_ cell: FaultCell) throws
    /// Turns the cell's fault on.
    func turnOn(_ cell: FaultCell) throws
    /// Turns the cell's fault off.
    func turnOff(_ cell: FaultCell) throws
    /// The call that a cell makes for a content, and the file to pass with it; profile and deadline are added.
    func call(of cell: FaultCell, name: String, _ content: String) throws -> FaultCall
    /// Every request so far.
    func requests() throws -> [FaultRequest]
}
