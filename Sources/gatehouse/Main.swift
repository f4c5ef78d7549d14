// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseCommands

@main
struct Main {
    static func main() {
        GatehouseCommand.runAndExit()
    }
}
