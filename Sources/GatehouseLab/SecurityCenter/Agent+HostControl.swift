// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension SecurityCenter {
    /// The classes of a Network Agent.
    mutating func agent(_ call: Call) throws(PxgError) -> JSONValue {
        switch call.className {
        case "NagHstCtl":
            return try agents[call.node, default: Agent(host: call.node)]
                .hostControl(call, taskDuration: settings.taskDuration)
        case "NagRdu": return try diagnostics(call)
        case "NagGuiCalls": return try guiCalls(call)
        case "NagRemoteScreen": return try agents[call.node, default: Agent(host: call.node)].remoteScreen(call)
        case "NagCgwHelper": return try nagCgwHelper(call)
        case "NagNetworkListApi": return try NetworkList.answer(call)
        case "AsyncActionStateChecker": return try checkAction(call)
        default: throw .notFound(call.name)
        }
    }

    /// What a component answers: nothing of it is documented, so this class is the lab's own.
    func component(_ call: Call) throws(PxgError) -> JSONValue {
        guard call.name == "LabComponent.GetInfo" else { throw .notFound(call.name) }
        let parts = call.node.split(separator: "/").map(String.init)
        return [
            "PxgRetVal": [
                "Host": .string(parts[0]), "Product": .string(parts[1]), "Component": .string(parts[2]),
                "Started": .dateTime(call.now),
            ]
        ]
    }
}

extension Agent {
    /// What a task does; every state but 1 is the lab's own.
    enum TaskState {
        static let idle = 0
        static let running = 1
        static let suspended = 2
        static let completed = 4
    }

    /// `NagHstCtl`: products and tasks of the host.
    mutating func hostControl(_ call: Call, taskDuration: Int) throws(PxgError) -> JSONValue {
        switch call.method {
        case "GetHostRuntimeInfo": return ["PxgRetVal": try runtimeInfo(call.container("pFilter"), at: call.now)]
        case "SendProductAction":
            let index = try product(call.text("szwProduct") + "/" + call.text("szwVersion"))
            let action = try call.number("nProductAction")
            guard action == 0 || action == 1 else { throw .badFormat("nProductAction") }
            products[index].isRunning = action == 0
            return [:]
        case "SendTaskAction":
            _ = try product(call.text("szwProduct") + "/" + call.text("szwVersion"))
            let id = try call.text("szwTaskStorageId")
            guard HostTask.all(of: host).contains(where: { $0.storageId == id }) else { throw .notFound(id) }
            tasks[id] = try taskRun(id, call, duration: taskDuration)
            return [:]
        default: throw .notFound(call.name)
        }
    }

    private func taskRun(_ id: String, _ call: Call, duration: Int) throws(PxgError) -> TaskRun {
        let running = TaskRun(
            state: TaskState.running,
            end: LabInstant(milliseconds: call.now.milliseconds + duration)
        )
        switch try call.number("nTaskAction") {
        case 5: return running
        case 0: return TaskRun(state: TaskState.idle)
        case 1 where state(ofTask: id, at: call.now) == TaskState.running: return TaskRun(state: TaskState.suspended)
        case 2 where state(ofTask: id, at: call.now) == TaskState.suspended: return running
        case 1, 2: throw .notPermitted("nTaskAction")
        default: throw .badFormat("nTaskAction")
        }
    }

    private func state(ofTask id: String, at now: LabInstant) -> Int {
        guard let run = tasks[id] else { return TaskState.idle }
        if let end = run.end, end <= now { return TaskState.completed }
        return run.state
    }

    /// Only the parts that the filter names are answered.
    private func runtimeInfo(_ filter: JSONValue, at now: LabInstant) -> JSONValue {
        var members: [JSONValue.Member] = []
        if let wanted = filter["klhst-rt-TskInfo"]?.unwrapped {
            members.append(.init(name: "klhst-rt-TskInfo", value: .params(taskInfo(wanted, at: now))))
        }
        if let wanted = filter["klhst-rt-InstInfo"]?.unwrapped {
            members.append(.init(name: "klhst-rt-InstInfo", value: .params(instanceInfo(wanted, at: now))))
        }
        if filter["KLHST_APP_INFO"] != nil {
            members.append(.init(name: "KLHST_APP_INFO", value: .params(applicationInfo(at: now))))
        }
        return .object(members)
    }

    private func products(_ wanted: JSONValue) -> [Product] {
        if case .array(let names)? = wanted["klhst-rt-PrdNamesArray"] {
            return products.filter { names.contains(.string($0.name)) }
        }
        guard let name = wanted["klhst-ProductName"]?.text, !name.isEmpty else { return products }
        return products.filter { $0.name == name }
    }

    private func taskInfo(_ wanted: JSONValue, at now: LabInstant) -> JSONValue {
        .object(
            products(wanted).map { product in
                let tasks = HostTask.all(of: host).filter { $0.product == product.name }.map { task in
                    JSONValue.params([
                        "taskStorageId": .string(task.storageId), "taskType": .string(task.kind),
                        "taskState": .integer(state(ofTask: task.storageId, at: now)),
                    ])
                }
                return .init(
                    name: product.name,
                    value: .params([
                        "klhst-ProductName": .string(product.name), "klhst-ProductVersion": .string(product.version),
                        "klhst-rt-TskArray": .array(tasks),
                    ])
                )
            }
        )
    }

    private func instanceInfo(_ wanted: JSONValue, at now: LabInstant) -> JSONValue {
        .object(
            products(wanted).map { product in
                let statistics: JSONValue = [
                    "Running": .bool(product.isRunning), "ScannedObjects": .long(9_007_199_254_740_993),
                    "Load": ["type": "double", "value": .double(0.25)], "LastEvent": .dateTime(now),
                ]
                return .init(
                    name: product.name,
                    value: .params([
                        "klhst-ProductVersion": .string(product.version), "klhst-InstanceId": .string(product.id),
                        "klhst-ComponentName": "KLNAG", "instStatistics": .params(statistics),
                    ])
                )
            }
        )
    }

    private func applicationInfo(at now: LabInstant) -> JSONValue {
        .object(
            products.map { product in
                .init(
                    name: product.name,
                    value: .params([
                        product.version: .params([
                            "DisplayName": .string(product.displayName), "ProdVersion": .string(product.version),
                            "KeepAliveTime": .dateTime(now), "BasesDate": .dateTime(now.advanced(bySeconds: -7200)),
                        ])
                    ])
                )
            }
        )
    }
}
