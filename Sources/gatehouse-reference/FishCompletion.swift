// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI

/// `contrib/completions/gatehouse.fish`.
enum FishCompletion {
    static func text(_ program: ProgramDescription, _ methods: [MethodDescription]) -> String {
        var lines: [String] = []
        for command in Completion.all(program) { lines += rules(command, methods) }
        return """
            \(Completion.mark)# Fish completion for gatehouse(1); put it under /usr/share/fish/vendor_completions.d/.

            # The words so far, without options and their values.
            function __gatehouse_words
                set -l skips 0
                for word in (commandline -opc)[2..]
                    if test $skips = 1
                        set skips 0
                        continue
                    end
                    switch $word
                        case \(Completion.valued(program).joined(separator: " "))
                            set skips 1
                        case '-*'
                        case '*'
                            echo -- $word
                    end
                end
            end

            # Whether the words begin with these.
            function __gatehouse_at
                set -l words (__gatehouse_words)
                set -l count (count $argv)
                test $count = 0; and return 0
                test (count $words) -ge $count; and test "$words[1..$count]" = "$argv"
            end

            # Whether the words are these and so many more.
            function __gatehouse_after
                test (count (__gatehouse_words)) = (math (count $argv) - 1 + $argv[1]); and __gatehouse_at $argv[2..]
            end

            complete -c gatehouse -e
            \(lines.joined(separator: "\n"))

            """
    }

    private static func rules(_ command: ProgramDescription, _ methods: [MethodDescription]) -> [String] {
        let path = command.words.dropFirst().joined(separator: " ")
        let here = quoted("__gatehouse_after 0 \(path)")
        var lines = command.subcommands.map { below in
            "complete -c gatehouse -f -n \(here) -a \(below.words.last ?? "") -d \(quoted(below.summary))"
        }
        for argument in command.arguments where !argument.names.isEmpty {
            let names = argument.names.map { $0.hasPrefix("--") ? "-l \($0.dropFirst(2))" : "-s \($0.dropFirst())" }
            let value = argument.value == nil ? "-f" : Completion.isPath(argument) ? "-r -F" : "-x"
            let condition = quoted(
                command.subcommands.isEmpty ? "__gatehouse_at \(path)" : "__gatehouse_after 0 \(path)"
            )
            let values = Completion.values(argument, methods)
            let list = values.isEmpty ? "" : " -a \(quoted(values.joined(separator: " ")))"
            lines.append(
                "complete -c gatehouse \(value) -n \(condition) \(names.joined(separator: " "))\(list) -d \(quoted(argument.summary))"
            )
        }
        for argument in command.arguments where argument.names.isEmpty && !argument.values.isEmpty {
            let list = quoted(argument.values.joined(separator: " "))
            lines.append(
                "complete -c gatehouse -f -n \(quoted("__gatehouse_at \(path)")) -a \(list) -d \(quoted(argument.summary))"
            )
        }
        for topic in command.takesTopic ? Completion.topics(methods) : [] {
            lines.append("complete -c gatehouse -f -n \(here) -a \(quoted(topic.name)) -d \(quoted(topic.about))")
        }
        guard command.takesMethod else { return lines }
        for method in methods {
            lines.append(
                "complete -c gatehouse -f -n \(here) -a \(quoted(method.name)) -d \(quoted(method.schema.summary))"
            )
            guard command.takesParameters else { continue }
            let after = quoted("__gatehouse_after 0 \(path) \(method.name)")
            for parameter in Completion.parameters(method) {
                // -a takes a list of words that are unquoted once more.
                lines.append(
                    "complete -c gatehouse -f -n \(after) -a \(quoted(quoted(parameter.text))) -d \(quoted(parameter.about))"
                )
            }
        }
        return lines
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
