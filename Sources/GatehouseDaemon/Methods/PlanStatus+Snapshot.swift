// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus

extension PlanStatus {
    /// What people are told of a plan.
    init(_ plan: PlanSnapshot, _ calendar: Calendar) {
        func window(_ window: PlanSnapshot.Window) -> Window {
            Window(
                limit: window.limit.map(Int64.init),
                used: Int64(window.used),
                resetsAt: calendar.timestamp(window.resetsAt)
            )
        }
        self.init(
            minute: window(plan.minute),
            hour: window(plan.hour),
            waiting: Int64(plan.waiting),
            pausedUntil: plan.pausedUntil.map(calendar.timestamp)
        )
    }
}

extension DefinitionsStatus {
    /// What people are told of an engine's definitions.
    init(_ report: DefinitionsWatch.Report) {
        let state: State =
            switch report.state {
            case .current: .current
            case .old: .old
            case .tooOld: .tooOld
            case .unknown: .unknown
            }
        self.init(text: report.text, ageDays: report.ageDays.map(Int64.init), state: state)
    }
}
