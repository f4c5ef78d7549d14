// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Glibc
import Logging

/// The records that systemd passed from its descriptor store; each is closed once it was looked at.
final class PassedState: Sendable {
    private struct Passed {
        let name: String
        let generation: UInt64
        let descriptor: PassedRecord
    }

    private let records: Locked<[Passed]>
    /// The highest generation of all, readable or not; 0 where there is none.
    let newestGeneration: UInt64

    init(_ passed: [(name: String, number: Int32)]) {
        let records = passed.compactMap { name, number in
            DescriptorStore.generation(name).map {
                Passed(name: name, generation: $0, descriptor: PassedRecord(owning: number))
            }
        }.sorted { $0.generation > $1.generation }
        newestGeneration = records.first?.generation ?? 0
        self.records = Locked(records)
    }

    /// The newest record that can be read; the others are removed from the store, each with a line in the log.
    func takeNewest(_ key: SealingKey?, now: StateMoment, _ log: Logger) -> (name: String, record: StateRecord)? {
        var newest: (name: String, record: StateRecord)?
        let records = records.withLock { records in
            defer { records = [] }
            return records
        }
        for record in records {
            let name = record.name
            do throws(DroppedState) {
                guard newest == nil else { throw .older }
                guard let key else { throw .noKey }
                let bytes = try DescriptorStore.content(record.descriptor.number)
                let state = try SealedState.open(bytes, key, now: now)
                guard SealedState.generation(of: bytes) == record.generation else { throw .foreign }
                newest = (name, state)
            } catch {
                let metadata: Logger.Metadata = ["name": "\(name)", "reason": "\(error)"]
                // An older one is left where a process ended between storing and removing.
                log.log(level: error == .older ? .debug : .notice, "stored state is dropped", metadata: metadata)
                // What cannot be removed is dropped again at the next start.
                try? DescriptorStore.remove(name)
            }
        }
        return newest
    }
}

/// The descriptor of one record.
private final class PassedRecord: Sendable {
    let number: Int32

    init(owning number: Int32) {
        self.number = number
    }

    deinit {
        close(number)
    }
}

extension PassedSockets {
    /// ``take()`` with the fault of a start.
    static func takeAll() throws(StartFault) -> Passed {
        do {
            return try take()
        } catch {
            throw StartFault(error.message)
        }
    }
}

extension PassedSockets.Passed {
    /// The records among what was stored; anything else is closed, and removed from the store.
    func state(_ log: Logger) -> PassedState {
        for (name, number) in stored where DescriptorStore.generation(name) == nil {
            let metadata: Logger.Metadata = ["name": "\(name)", "reason": "\(DroppedState.foreign)"]
            log.notice("a passed descriptor is dropped", metadata: metadata)
            close(number)
            try? DescriptorStore.remove(name)
        }
        return PassedState(stored)
    }
}
