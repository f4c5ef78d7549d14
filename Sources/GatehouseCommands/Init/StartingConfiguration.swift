// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A first `gatehouse.yaml` with one profile, and what is still to be done by hand.
package struct StartingConfiguration: Equatable, Sendable {
    /// What scans.
    package enum Engine: Equatable, Sendable {
        /// The Antivirus API, in `pre` or `pro`, by a GICAR client.
        case spe(environment: String, clientID: String)
        /// clamd, at its socket.
        case clamd(socket: String)
    }

    /// The folder with the configuration.
    package var directory: String
    /// The profile's name.
    package var profile: String
    /// What scans.
    package var engine: Engine

    /// A configuration to be written to `directory`.
    package init(directory: String, profile: String, engine: Engine) {
        self.directory = directory
        self.profile = profile
        self.engine = engine
    }

    /// Whether a profile may be called so, as the daemon has it.
    static func isProfileName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "._-".utf8.contains(byte)
                }
            }
    }

    /// Where the configuration goes.
    package var file: String { directory + "/gatehouse.yaml" }
    /// Where credentials go.
    package var credentials: String { directory + "/credentials" }

    /// The credential files that the configuration names, and what each holds.
    package var secrets: [(file: String, meaning: String)] {
        switch engine {
        case .spe:
            [
                ("gicar-secret", "the secret of the GICAR client"),
                ("ibm-client-id", "the API's client id (X-IBM-Client-Id)"),
            ]
        case .clamd: []
        }
    }

    /// The text of the file.
    package var text: String {
        """
        # The configuration of gatehoused: see gatehouse.yaml(5). Check it with: gatehoused --check-config --config \(Self.shellWord(file))
        credentialsDirectory: \(Self.quoted(credentials))   # used when systemd passes no credentials
        defaultProfile: \(Self.quoted(profile))
        profiles:
          \(Self.quoted(profile)):
        \(profileText)

        """
    }

    private var profileText: String {
        switch engine {
        case .spe(let environment, let clientID):
            """
                engine: spe
                environment: \(environment)
                clientId: \(Self.quoted(clientID))
                clientSecret: gicar-secret      # a file in credentialsDirectory
                apiClientId: ibm-client-id      # another one
            """
        case .clamd(let socket):
            """
                engine: clamd
                socket: \(Self.quoted(socket))
            """
        }
    }

    /// What is left to do, one line each.
    package var steps: [String] {
        let secrets = secrets.flatMap { secret in
            [
                "Put \(secret.meaning) in place; paste it, then Ctrl-D:",
                "  install -m 0600 /dev/stdin \(Self.shellWord("\(credentials)/\(secret.file)"))",
            ]
        }
        return secrets + [
            "Check it:   gatehoused --check-config --config \(Self.shellWord(file))",
            "Start it:   systemctl enable --now gatehouse.socket gatehouse-admin.socket",
            "Try it:     gatehouse doctor --scan",
        ]
    }

    /// A word for a shell: in single quotes where it would take something in it for its own.
    private static func shellWord(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...0xFF: true
            default: "/._-+,@%".utf8.contains(byte)
            }
        }
        guard !isPlain else { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }

    /// A YAML string: in single quotes (YAML 1.2 section 7.3.2) unless it is a word that can be nothing else.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".")
        }
        let first = text.utf8.first ?? 0
        let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        let isWord = first == UInt8(ascii: "/") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first)
        if isPlain, isWord, !words.contains(text) { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}
