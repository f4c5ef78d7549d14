// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI

/// `contrib/completions/_gatehouse`.
enum ZshCompletion {
    static func text(_ program: ProgramDescription, _ methods: [MethodDescription]) -> String {
        let described = methods.map { Completion.quoted("\($0.name):\($0.schema.summary)") }
        let topics = Completion.topics(methods).map { Completion.quoted("\($0.name):\($0.about)") }
        let cases = methods.map { method in
            let parameters = Completion.parameters(method)
            let texts = parameters.map { Completion.quoted("'" + $0.text + ($0.text.hasSuffix("}") ? "'" : "")) }
            let abouts = parameters.map { Completion.quoted("\($0.text)  -- \($0.about)") }
            return """
                    \(method.name))
                        texts=(\(texts.joined(separator: " ")))
                        abouts=(\(abouts.joined(separator: " ")))
                        ;;
                """
        }
        return """
            #compdef gatehouse
            \(Completion.mark)# Zsh completion for gatehouse(1); put it into a folder of $fpath, for example /usr/share/zsh/vendor-completions.

            _gatehouse_methods() {
                local -a methods=(
                    \(described.joined(separator: "\n        "))
                )
                _describe -t methods method methods
            }

            _gatehouse_topics() {
                local -a topics=(
                    \(topics.joined(separator: "\n        "))
                )
                _describe -t topics topic topics
            }

            _gatehouse_params() {
                local -a texts abouts
                case ${line[1]-} in
            \(cases.joined(separator: "\n"))
                esac
                compadd -l -Q -S '' -d abouts -a texts
            }

            \(Completion.all(program).map(function).joined(separator: "\n"))
            _gatehouse "$@"

            """
    }

    private static func function(_ command: ProgramDescription) -> String {
        var lines = command.arguments.filter { !$0.names.isEmpty }.map(option)
        guard !command.subcommands.isEmpty else {
            lines += command.arguments.filter { $0.names.isEmpty }.enumerated().map { positional($1, $0 + 1, command) }
            return """
                \(name(command))() {
                    _arguments -S \\
                        \(lines.joined(separator: " \\\n        "))
                }

                """
        }
        let described = command.subcommands.map { Completion.quoted("\($0.words.last ?? ""):\($0.summary)") }
        return """
            \(name(command))() {
                local context state state_descr line
                typeset -A opt_args
                _arguments -C \\
                    \((lines + ["'1:command:->command'", "'*::argument:->argument'"]).joined(separator: " \\\n        "))
                case $state in
                command)
                    local -a commands=(
                        \(described.joined(separator: "\n            "))
                    )
                    _describe -t commands command commands
                    ;;
                argument)
                    (( ! $+functions[\(name(command))-$line[1]] )) || \(name(command))-$line[1]
                    ;;
                esac
            }

            """
    }

    private static func name(_ command: ProgramDescription) -> String { "_" + command.words.joined(separator: "-") }

    private static func option(_ argument: ProgramDescription.Argument) -> String {
        let value = argument.value.map { ":\($0):\(action(argument) ?? " ")" } ?? ""
        let about = Completion.quoted("[\(escaped(argument.summary))]\(value)")
        if argument.isRepeating, argument.names.count == 1 { return "'*'\(argument.names[0])\(about)" }
        let names = argument.names.count == 1 ? argument.names[0] : "{\(argument.names.joined(separator: ","))}"
        return "'(\(argument.names.joined(separator: " ")))'\(names)\(about)"
    }

    private static func positional(
        _ argument: ProgramDescription.Argument,
        _ number: Int,
        _ command: ProgramDescription
    ) -> String {
        let topic = command.takesTopic ? "_gatehouse_topics" : action(argument) ?? "_files"
        let action =
            command.takesMethod
            ? (number == 1 ? "_gatehouse_methods" : number == 2 ? "_gatehouse_params" : "_files")
            : topic
        let place = argument.isRepeating ? "*" : argument.isOptional ? "\(number):" : "\(number)"
        return Completion.quoted("\(place):\(argument.value ?? ""):\(action)")
    }

    /// What completes a value; nil where nothing is known about it.
    private static func action(_ argument: ProgramDescription.Argument) -> String? {
        if Completion.takesMethod(argument) { return "_gatehouse_methods" }
        if !argument.values.isEmpty { return "(\(argument.values.joined(separator: " ")))" }
        return Completion.isPath(argument) ? "_files" : nil
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("[", with: "\\[").replacing("]", with: "\\]").replacing(":", with: "\\:")
    }
}
