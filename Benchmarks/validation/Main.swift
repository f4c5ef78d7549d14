// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// Times the check of a `callAgent` request of 2 KiB against its schema, and reading the same text.
///
/// Prints one JSON object: bytes, and for both the median over 101 batches, in microseconds for one.
@main
struct Main {
    static func main() throws {
        let params = request(ofBytes: 2048)
        let text = Array(params.text.utf8)
        let schema = CallAgent.schema.params
        // The first calls compile the schema and fill the caches.
        for _ in 0..<1000 { precondition(schema.violations(of: params).isEmpty) }
        let check = median { schema.violations(of: params).count }
        let read = try median { try JSONValue(parsing: text).isNull ? 1 : 0 }
        let result: JSONValue = [
            "bytes": .number(JSONNumber(text.count)),
            "check_us": .number(JSONNumber(check) ?? JSONNumber(-1)),
            "read_us": .number(JSONNumber(read) ?? JSONNumber(-1)),
        ]
        print(result.text)
    }

    /// A call in one piece, whose target is a component: the form with the most rules.
    ///
    /// Its filter fills it up.
    private static func request(ofBytes bytes: Int) -> JSONValue {
        var params = JSONObject()
        params["server"] = "main"
        params["target"] = [
            "agent": "4328e16g-8a3f-4f1c-9d02-1f2e3d4c5b6a",
            "component": ["product": "KES", "version": "11.0.0.0", "name": "connector"],
        ]
        params["via"] = [3, 7]
        params["method"] = "NagHstCtl.GetHostRuntimeInfo"
        params["idempotent"] = true
        params["deadlineMs"] = 30000
        var filter = JSONObject()
        var number = 0
        while JSONValue.object(params).text.utf8.count < bytes - 60 {
            filter["klhst-rt-TskInfo-\(number)"] = ["type": "params", "value": ["taskState": 0]]
            params["arguments"] = ["pFilter": .object(filter)]
            number += 1
        }
        return .object(params)
    }

    /// The median time of one run over 101 batches of 100, in microseconds.
    private static func median(_ body: () throws -> Int) rethrows -> Double {
        let clock = ContinuousClock()
        var times: [Double] = []
        var sum = 0
        for _ in 0..<101 {
            let begin = clock.now
            for _ in 0..<100 { sum &+= try body() }
            let (seconds, attoseconds) = (clock.now - begin).components
            times.append((Double(seconds) * 1e6 + Double(attoseconds) / 1e12) / 100)
        }
        // A result that is used is one that has to be computed.
        precondition(sum == 0)
        return times.sorted()[times.count / 2]
    }
}
