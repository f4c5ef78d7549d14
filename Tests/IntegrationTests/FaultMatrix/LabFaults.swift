// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire

/// The faults of the Antivirus API's servers, as the lab's control port lists them.
final class LabFaults: FaultServer {
    let engine = "spe"
    let bound = RequestBound(tokens: 8, scans: 4)
    let waves: [FaultWave]

    private let lab: Lab
    private let folder: TemporaryFolder
    private let profile: String
    /// What has been read of the request log, and how many bytes that was.
    private var known: [FaultRequest] = []
    private var read = 0

    /// Reads the table of a lab; `steps` are those that the daemon can be brought to.
    init(_ lab: Lab, steps: Set<String>, in folder: TemporaryFolder) throws {
        self.lab = lab
        self.folder = folder
        let base = try readFile(lab.configuration)
        guard let start = base.firstRange(of: "  lab:\n"), let end = base.firstRange(of: "servers:\n") else {
            throw TestFault("the lab's configuration has another form: \(base)")
        }
        profile = String(base[start.lowerBound..<end.lowerBound])
        var cells: [FaultCell] = []
        for row in try JSONValue(parsing: lab.control("GET", "/faults"))["faults"]?.array ?? [] {
            guard let step = row["step"]?.string, steps.contains(step), let kind = row["kind"]?.string else { continue }
            for isForGood in [false, true] {
                // One connection that meets a wrong certificate is like another.
                if kind.hasPrefix("certificate="), kind != "certificate=expired", !isForGood { continue }
                cells.append(
                    FaultCell(
                        step: step,
                        fault: kind,
                        isForGood: isForGood,
                        profile: "\(engine)-\(cells.count)",
                        isWarm: step != "token" && step != "authentication",
                        isHarmless: row["effect"]?.string != "noVerdict"
                    )
                )
            }
        }
        waves = Self.waves(cells)
    }

    /// Slow cells wait together, since they take no processor; certificates are seen by every cell at once.
    private static func waves(_ cells: [FaultCell]) -> [FaultWave] {
        let certificates = cells.filter { $0.fault.hasPrefix("certificate=") }
        let others = cells.filter { !$0.fault.hasPrefix("certificate=") }
        let slow = others.filter(isSlow)
        let fast = others.filter { !isSlow($0) }
        var waves = stride(from: 0, to: fast.count, by: 64).map { start in
            FaultWave(cells: Array(fast[start..<min(start + 64, fast.count)]), deadline: 10_000)
        }
        waves.append(FaultWave(cells: slow, deadline: 4000))
        let groups = Dictionary(grouping: certificates) { "\($0.fault) \($0.step == "token") \($0.isForGood)" }
        waves += groups.sorted { $0.key < $1.key }.map { FaultWave(cells: $0.value, deadline: 10_000) }
        return waves
    }

    private static func isSlow(_ cell: FaultCell) -> Bool {
        ["hang", "latency=60000", "drip=2000"].contains(cell.fault)
    }

    func configuration(of cell: FaultCell) -> String {
        let lines = profile.split(separator: "\n").map { line -> String in
            guard let host = line.firstRange(of: "https://localhost:"),
                let slash = line[host.upperBound...].firstIndex(of: "/")
            else { return line == "  lab:" ? "  \(cell.profile):" : String(line) }
            return line[..<slash] + "/tenant/" + cell.profile + line[slash...]
        }
        return (lines + ["    tokenTimeoutSeconds: \(Self.isSlow(cell) ? 1 : 75)", ""]).joined(separator: "\n")
    }

    func prepare(_ cell: FaultCell) throws {
        if cell.step == "refresh" { _ = try control(cell, "POST", "/revoke?token=access") }
    }

    func turnOn(_ cell: FaultCell) throws {
        let times = cell.isForGood ? 999_999_999 : 1
        try turnOn(cell, cell.fault, times)
        // Without it the gateway's windows are whole minutes, and a test would wait for one.
        if cell.fault.hasPrefix("status=429") { try turnOn(cell, "retryAfter=1", times) }
    }

    private func turnOn(_ cell: FaultCell, _ fault: String, _ times: Int) throws {
        _ = try control(cell, "POST", "/fault", "\(cell.step):\(fault),times=\(times)")
    }

    func turnOff(_ cell: FaultCell) throws {
        _ = try control(cell, "DELETE", "/fault")
    }

    func call(of cell: FaultCell, name: String, _ content: String) throws -> FaultCall {
        guard cell.step == "scanFilePath" else {
            try folder.write(name, content)
            let params: JSONValue = ["file": ["fd": 0], "name": .string(name)]
            return FaultCall(method: "scanFile", params: params.object ?? JSONObject(), file: folder.path(name))
        }
        try folder.write("lab/files2scan/" + name, content)
        let params: JSONValue = ["filePath": .string("/files2scan/" + name)]
        return FaultCall(method: "scanPath", params: params.object ?? JSONObject(), file: nil)
    }

    /// A connection has no tenant, so what it sees of the server is a fault of the lab's first servers.
    private func control(_ cell: FaultCell, _ method: String, _ path: String, _ body: String = "") throws -> String {
        let isCertificate = cell.fault.hasPrefix("certificate=") && path == "/fault"
        return try lab.control(method, isCertificate ? path : "/tenant/\(cell.profile)\(path)", body)
    }

    func requests() throws -> [FaultRequest] {
        let (lines, end) = try lab.requests(after: read)
        read = end
        for request in lines {
            guard let profile = request["tenant"]?.string else { continue }
            known.append(
                FaultRequest(
                    profile: profile,
                    isScan: ["scanFile", "scanFilePath"].contains(request["operation"]?.string),
                    fileName: request["fileName"]?.string,
                    saysClean: request["fileStatus"] == "CLEAN"
                )
            )
        }
        return known
    }
}
