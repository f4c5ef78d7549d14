// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseSecurityCenter

/// Where a call or a gateway leads, as the text that rules match: the steps behind the Security Center, joined by `/`.
///
/// `agent:ID`, `secondary:3/agent:ID`, `secondaryInstance:ID`, `agent:ID/component:PRODUCT,VERSION,NAME`; `server` for
/// the Security Center itself, and `location` for each step of which only the caller knows where it leads. In ids
/// everything but letters, digits, `.`, `_` and `-` is percent-encoded (RFC 3986 section 2.1), so that no id can look
/// like a step.
enum PolicyTarget {
    /// The text of a way.
    static func text(_ nodes: [Route.Node]) -> String {
        nodes.isEmpty ? "server" : nodes.map(step).joined(separator: "/")
    }

    /// The text of a way as callers name it.
    static func text(via: [Int64]?, target: Target?) -> String {
        text(Route.nodes(via: via, target: target))
    }

    private static func step(_ node: Route.Node) -> String {
        switch node {
        case .secondary(let number): "secondary:\(number)"
        case .secondaryInstance(let id): "secondaryInstance:" + encoded(id)
        case .agent(let id): "agent:" + encoded(id)
        case .component(let product, let version, let name):
            "component:" + [product, version, name].map(encoded).joined(separator: ",")
        case .location: "location"
        }
    }

    private static func encoded(_ id: String) -> String {
        id.utf8.reduce(into: "") { text, byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
                || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
            guard !isPlain else {
                text.unicodeScalars.append(Unicode.Scalar(byte))
                return
            }
            let digits = String(byte, radix: 16, uppercase: true)
            text += digits.utf8.count == 1 ? "%0" + digits : "%" + digits
        }
    }
}
