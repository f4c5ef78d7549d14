// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

struct ClamdDefinitionsTests {
    private let now = Instant(nanoseconds: 1_000_000_000_000)

    // A profile that refuses old definitions refused every healthy file that came after ten quiet minutes.
    @Test func `what is not known any more is asked for first, by everybody who comes meanwhile`() {
        let definitions = ClamdDefinitions()
        #expect(definitions.current(at: now) == .unknown)
        #expect(definitions.current(at: now) == .unknown)
        definitions.answered("2024-12-20 rev 1", at: now)
        #expect(definitions.text(at: now) == "2024-12-20 rev 1")
        #expect(definitions.current(at: now + .seconds(59)) == .fresh("2024-12-20 rev 1"))
        #expect(definitions.current(at: now + .seconds(60)) == .old("2024-12-20 rev 1"))
        #expect(definitions.current(at: now + .seconds(61)) == .fresh("2024-12-20 rev 1"))
        definitions.answered(nil, at: now + .seconds(62))
        #expect(definitions.current(at: now + .seconds(700)) == .unknown)
        #expect(definitions.text(at: now + .seconds(700)) == nil)
    }

    @Test func `a clamd that does not answer is not asked by every scan`() {
        let definitions = ClamdDefinitions()
        #expect(definitions.current(at: now) == .unknown)
        definitions.answered(nil, at: now)
        #expect(definitions.current(at: now + .seconds(1)) == .fresh(nil))
        #expect(definitions.current(at: now + .seconds(60)) == .unknown)
    }
}
