// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// How far two names are apart, for "did you mean".
package enum EditDistance {
    /// The least number of letters to insert, delete, replace or swap with their neighbour; case counts for nothing.
    ///
    /// It takes time in proportion to the product of both lengths: callers bound them.
    package static func between(_ left: String, _ right: String) -> Int {
        let left = folded(left)
        let right = folded(right)
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                var cost = min(previous[column + 1] + 1, current[column] + 1)
                cost = min(cost, previous[column] + (left[row] == right[column] ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, beforePrevious[column - 1] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }

    /// The name that somebody may have meant who wrote another one; nil where none is like it.
    package static func nearest(to name: String?, among names: [String]) -> String? {
        guard let name, name.utf8.count <= 64 else { return nil }
        let ranked = names.map { (name: $0, distance: between(name, $0)) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, min(name.utf8.count, best.name.utf8.count) / 3) ? best.name : nil
    }

    private static func folded(_ text: String) -> [UInt8] {
        text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }
}
