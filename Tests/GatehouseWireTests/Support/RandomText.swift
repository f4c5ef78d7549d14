// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// Makes valid JSON texts, with blanks, escapes and every kind of number, and damages them.
struct RandomText {
    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// The text of an object or an array.
    mutating func message() -> [UInt8] {
        Array((Bool.random(using: &generator) ? object(levels: 4) : array(levels: 4)).utf8)
    }

    /// The text with one to three faults, which may leave it valid.
    mutating func damaged(_ text: [UInt8]) -> [UInt8] {
        var text = text
        for _ in 0...Int.random(in: 0...2, using: &generator) where !text.isEmpty {
            let index = Int.random(in: 0..<text.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: text.remove(at: index)
            case 1: text[index] = UInt8.random(in: 0...255, using: &generator)
            case 2: text.insert(pick(Array("{}[]\",:\\u0e-.tn \u{0}".utf8), or: 0x20), at: index)
            case 3: text.removeSubrange(index...)
            default: text.swapAt(index, Int.random(in: 0..<text.count, using: &generator))
            }
        }
        return text
    }

    private mutating func value(levels: Int) -> String {
        switch Int.random(in: 0..<(levels > 0 ? 9 : 7), using: &generator) {
        case 0: "null"
        case 1: "true"
        case 2: "false"
        case 3, 4: number()
        case 5, 6: string()
        case 7: object(levels: levels - 1)
        default: array(levels: levels - 1)
        }
    }

    private mutating func object(levels: Int) -> String {
        let count = Int.random(in: 0...4, using: &generator)
        var members: [String] = []
        for index in 0..<count {
            let name = string().dropLast() + "\(index)\""
            members.append(blank() + name + blank() + ":" + blank() + value(levels: levels) + blank())
        }
        return "{" + (members.isEmpty ? blank() : members.joined(separator: ",")) + "}"
    }

    private mutating func array(levels: Int) -> String {
        let count = Int.random(in: 0...4, using: &generator)
        var elements: [String] = []
        for _ in 0..<count { elements.append(blank() + value(levels: levels) + blank()) }
        return "[" + (elements.isEmpty ? blank() : elements.joined(separator: ",")) + "]"
    }

    private mutating func number() -> String {
        let digits = String(
            UInt64.random(in: 0...(.max), using: &generator) >> UInt64.random(in: 0...63, using: &generator)
        )
        let sign = pick(["", "-"], or: "")
        let fraction = pick(["", "", ".0", ".25", ".000100"], or: "")
        return sign + digits + fraction + pick(["", "", "e3", "E-2", "e+0", "e400"], or: "")
    }

    private mutating func string() -> String {
        let parts = [
            "a", "Z", " ", "é", "e\u{301}", "😀", "\u{10FFFF}", "\u{7F}", #"\n"#, #"\""#, #"\\"#, #"\/"#, #"\u0000"#,
            #"\u00e9"#, #"\uD83D\uDE00"#, "{", "]", ",", ":",
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0...6, using: &generator) { text += pick(parts, or: "") }
        return "\"" + text + "\""
    }

    private mutating func blank() -> String {
        pick(["", "", "", " ", "\n", "\r\n", "\t  "], or: "")
    }

    private mutating func pick<Element>(_ choices: [Element], or fallback: Element) -> Element {
        choices.randomElement(using: &generator) ?? fallback
    }
}
