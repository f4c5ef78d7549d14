// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI

/// A manual page in the macros of man(7).
struct Roff {
    private(set) var text: String

    /// A page with its title line; `name` is one line about it.
    init(_ title: String, section: Int, name: String) {
        text = ".\\\" \(GeneratedTree.mark). Do not edit.\n"
        text +=
            ".TH \(Self.quoted(title)) \(section) \(Self.date) \(Self.quoted("Gatehouse \(gatehouseVersion)")) \(Self.quoted("Gatehouse"))\n"
        heading("NAME")
        text += "\(Self.escaped(title)) \\- \(Self.escaped(name))\n"
    }

    /// When this version's pages were last gone over.
    private static let date = "2026-11-22"

    mutating func heading(_ title: String) { text += ".SH \(Self.quoted(title))\n" }

    mutating func subheading(_ title: String) { text += ".SS \(Self.quoted(title))\n" }

    /// Paragraphs; an empty line in the text ends one.
    mutating func paragraphs(_ prose: String) {
        for (index, paragraph) in prose.split(separator: "\n\n").enumerated() {
            // A heading begins a paragraph by itself.
            if index > 0 { text += ".PP\n" }
            for line in paragraph.split(separator: "\n") { text += Self.line(String(line)) }
        }
    }

    /// A paragraph after another one.
    mutating func next(_ prose: String) {
        text += ".PP\n"
        paragraphs(prose)
    }

    /// A term in bold and what it means.
    mutating func term(_ term: String, _ note: String = "", _ prose: String) {
        text += ".TP\n\\fB\(Self.escaped(term))\\fR" + (note.isEmpty ? "" : " \(Self.escaped(note))") + "\n"
        for line in prose.split(separator: "\n") { text += Self.line(String(line)) }
    }

    /// Lines as they are.
    mutating func verbatim(_ lines: String) {
        text += ".PP\n.nf\n.RS 4\n"
        for line in lines.split(separator: "\n", omittingEmptySubsequences: false) {
            text += Self.line(String(line), folds: false)
        }
        text += ".RE\n.fi\n"
    }

    private static func line(_ line: String, folds: Bool = true) -> String {
        let text = escaped(line)
        let guarded = text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
        // A new sentence begins on a new line, as roff wants it.
        return (folds ? guarded.replacing(". ", with: ".\n") : guarded) + "\n"
    }

    private static func quoted(_ text: String) -> String {
        "\"" + escaped(text).replacing("\"", with: "\\(dq") + "\""
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("…", with: "...")
            .replacing("'", with: "\\(aq").replacing("`", with: "\\(ga")
    }
}

extension Roff {
    /// Members, one term each.
    mutating func members(_ members: [MemberDescription]) {
        for member in members {
            let presence = member.isRequired ? ", required" : member.standard.map { ", default \($0)" } ?? ""
            term(member.path, "(\(member.type)\(presence))", member.meaning)
        }
    }

    mutating func seeAlso(_ pages: [String]) {
        heading("SEE ALSO")
        let references = pages.map { page in
            let parts = page.split(separator: "(", maxSplits: 1)
            return ".BR \(Self.escaped(String(parts[0]))) (\(parts[1])"
        }
        text += references.joined(separator: " ,\n") + "\n"
    }
}
