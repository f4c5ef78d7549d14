// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Where a client stands in the tasks of a host.
struct TaskIterator: Sendable {
    let owner: Login.Owner
    let host: NodeName
    var rest: [HostTask]
}

extension SecurityCenter {
    /// Begins an iterator over a host's tasks, and gives back its id.
    mutating func openTasks(of host: ManagedHost, _ call: Call) -> String {
        let id = mint.identifier()
        taskIterators[id] = TaskIterator(owner: call.owner, host: host.id, rest: HostTask.all(of: host.id))
        return id
    }

    /// `HostTasks`: the tasks of a host as the server knows them.
    mutating func hostTasks(_ call: Call) throws(PxgError) -> JSONValue {
        let id = try call.text("strSrvObjId")
        guard var iterator = taskIterators[id], iterator.owner == call.owner else { throw .notFound(id) }
        switch call.method {
        case "ResetTasksIterator":
            let product = try call.optionalText("strProductName")
            let name = try call.optionalText("strTaskName")
            iterator.rest = HostTask.all(of: iterator.host).filter { task in
                (product.isEmpty || task.product == product) && (name.isEmpty || task.kind == name)
            }
            taskIterators[id] = iterator
            return [:]
        case "GetNextTask":
            guard let task = iterator.rest.first else { return ["pTaskData": [:]] }
            iterator.rest.removeFirst()
            taskIterators[id] = iterator
            return ["pTaskData": task.data]
        case "GetTaskData":
            let wanted = try call.text("strTask")
            guard let task = HostTask.all(of: iterator.host).first(where: { $0.storageId == wanted }) else {
                throw .notFound(wanted)
            }
            return ["PxgRetVal": task.data]
        default: throw .notFound(call.name)
        }
    }
}

/// A task that the server has given to a host.
struct HostTask: Sendable {
    let storageId: String
    let kind: String
    let displayName: String
    let product: String
    let version: String

    /// The tasks of a host, the same at each start.
    static func all(of host: NodeName) -> [HostTask] {
        let kinds = [
            ("KAVFS_SCAN", "Full scan", Topology.product.name, Topology.product.version),
            ("KAVFS_UPDATE", "Update of databases", Topology.product.name, Topology.product.version),
            ("KLNAG_INVENTORY", "Inventory", "1103", "1.0.0.0"),
        ]
        return kinds.map { kind, displayName, product, version in
            HostTask(
                storageId: ByteCoding.uuid(Array(SHA1.hash(Array("\(host)/\(kind)".utf8)).prefix(16))),
                kind: kind,
                displayName: displayName,
                product: product,
                version: version
            )
        }
    }

    /// The task as the server describes it.
    var data: JSONValue {
        [
            "TASK_UNIQUE_ID": .string(storageId), "TASKID_PRODUCT_NAME": .string(product),
            "TASKID_VERSION": .string(version), "TASK_NAME": .string(kind),
            "TASK_INFO_PARAMS": .params(["DisplayName": .string(displayName)]),
        ]
    }
}
