// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// `contrib/completions/gatehouse.bash`.
enum BashCompletion {
    static func text(_ program: ProgramDescription, _ methods: [MethodDescription]) -> String {
        let commands = Completion.all(program)
        let paths = commands.dropFirst().map { $0.words.dropFirst().joined(separator: " ") }
        let isMethod = commands.filter(\.takesMethod).map { pattern($0) }
        let isTopic = commands.filter(\.takesTopic).map { pattern($0) }
        let isParameters = commands.filter(\.takesParameters).map { pattern($0) }
        let files = Set(commands.flatMap(\.arguments).filter(Completion.isPath).flatMap(\.names)).sorted()
        let options = commands.map { command in
            "    \(pattern(command))) words='\(command.arguments.flatMap(\.names).joined(separator: " "))' ;;"
        }
        let nested = commands.filter { !$0.subcommands.isEmpty }.map { command in
            "    \(pattern(command))) words='\(command.subcommands.compactMap(\.words.last).joined(separator: " "))' ;;"
        }
        let values = Set(
            commands.flatMap(\.arguments).filter { !Completion.values($0, methods).isEmpty }.flatMap { argument in
                argument.names.map {
                    "\($0)) words='\(Completion.values(argument, methods).joined(separator: " "))' ;;"
                }
            }
        ).sorted()
        let positional = commands.flatMap { command in
            command.arguments.filter { $0.names.isEmpty && !$0.values.isEmpty }.map { argument in
                "    \(pattern(command))) words='\(argument.values.joined(separator: " "))' ;;"
            }
        }
        let parameters = methods.map { method in
            let texts = Completion.parameters(method).map { Completion.quoted($0.text) }
            return "    \(method.name)) params=(\(texts.joined(separator: " "))) ;;"
        }
        return """
            # shellcheck shell=bash
            \(Completion.mark)# Bash completion for gatehouse(1); source it, or put it under /usr/share/bash-completion/completions/gatehouse.

            _gatehouse_known() {
                case $1 in \(paths.map(Completion.quoted).joined(separator: " | "))) return 0 ;; esac
                return 1
            }

            # The params of a method: $1 is the method, $2 what stands there already.
            _gatehouse_params() {
                local params=() param quote=\\'
                case $1 in
            \(parameters.joined(separator: "\n"))
                esac
                # Readline keeps an opening quote that is there by itself.
                [[ $2 != \\'* ]] || quote=''
                for param in "${params[@]}"; do
                    [[ $param != "${2#\\'}"* ]] || COMPREPLY+=("$quote$param$([[ $param != *\\} ]] || printf %s \\')")
                done
                compopt -o nospace 2>/dev/null
            }

            _gatehouse() {
                local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
                local path='' words='' index positionals=()
                COMPREPLY=()
                for ((index = 1; index < COMP_CWORD; index++)); do
                    case ${COMP_WORDS[index]} in
                    \(Completion.valued(program).joined(separator: " | "))) index=$((index + 1)) ;;
                    -*) ;;
                    *)
                        if ((${#positionals[@]} == 0)) && _gatehouse_known "${path:+$path }${COMP_WORDS[index]}"; then
                            path="${path:+$path }${COMP_WORDS[index]}"
                        else
                            positionals+=("${COMP_WORDS[index]}")
                        fi
                        ;;
                    esac
                done
                case $previous in
            \(values.map { "    " + $0 }.joined(separator: "\n"))
                esac
                if [[ -n $words ]]; then
                    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
                    return
                fi
                case $previous in
                \(files.joined(separator: " | "))) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
                \(Completion.valued(program).filter { !files.contains($0) }.joined(separator: " | "))) return ;;
                esac
                if [[ $current == -* ]]; then
                    case $path in
            \(options.map { "    " + $0 }.joined(separator: "\n"))
                    esac
                else
                    case $path in
            \((nested + positional).map { "    " + $0 }.joined(separator: "\n"))
                    \(isTopic.joined(separator: " | ")))
                        words='\(Completion.topics(methods).map(\.name).joined(separator: " "))'
                        ;;
                    \(isMethod.joined(separator: " | ")))
                        if ((${#positionals[@]} == 0)); then
                            words='\(methods.map(\.name).joined(separator: " "))'
                        fi
                        ;;
                    esac
                    case $path in
                    \(isParameters.joined(separator: " | ")))
                        if ((${#positionals[@]} == 1)); then
                            _gatehouse_params "${positionals[0]}" "$current"
                            return
                        fi
                        ;;
                    esac
                fi
                if [[ -n $words ]]; then
                    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
                else
                    mapfile -t COMPREPLY < <(compgen -f -- "$current")
                fi
            }

            complete -F _gatehouse gatehouse

            """
    }

    private static func pattern(_ command: ProgramDescription) -> String {
        Completion.quoted(command.words.dropFirst().joined(separator: " "))
    }
}
