// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseTransfer
import GatehouseWire
import Testing

@testable import GatehouseSecurityCenter

@Suite(.timeLimit(.minutes(2))) struct HostTests {
    /// A server with that many hosts.
    private func scene(_ count: Int, claimed: Int? = nil) throws -> Scene {
        let scene = try Scene()
        scene.server.onAnswer { arrival in
            switch arrival.method {
            case "HostGroup.FindHosts": return "{\"strAccessor\":\"acc\",\"PxgRetVal\":\(claimed ?? count)}"
            case "ChunkAccessor.GetItemsChunk":
                let arguments = (try? JSONValue(parsing: arrival.body)) ?? .null
                let start = Int(arguments["nStart"]?.integer ?? 0)
                let end = min(start + Int(arguments["nCount"]?.integer ?? 0), count)
                let items = (start..<max(end, start)).map {
                    "{\"type\":\"params\",\"value\":{\"KLHST_WKS_HOSTNAME\":\"h\($0)\",\"KLHST_WKS_STATUS\":29}}"
                }
                return
                    "{\"pChunk\":{\"KLCSP_ITERATOR_ARRAY\":[\(items.joined(separator: ","))]},\"PxgRetVal\":\(items.count)}"
            case "ChunkAccessor.Release": return "{}"
            default: return nil
            }
        }
        return scene
    }

    private func releases(_ scene: Scene) -> Int { scene.server.methods.filter { $0 == "ChunkAccessor.Release" }.count }

    @Test(arguments: [0, 1, 499, 500, 501, 1200])
    func `all hosts are read in pieces, and the list is released`(count: Int) async throws {
        let scene = try scene(count)
        let list = try await scene.pool.findHosts(server: "main", HostSearch(filter: "", limit: 5000), owner: 1000)
        #expect(list.total == count)
        #expect(list.hosts.compactMap { $0["KLHST_WKS_HOSTNAME"]?.string } == (0..<count).map { "h\($0)" })
        await scene.eventually { releases(scene) == 1 }
    }

    @Test func `no more hosts are read than wanted`() async throws {
        let scene = try scene(1200)
        let list = try await scene.pool.findHosts(server: "main", HostSearch(filter: "", limit: 3), owner: 1000)
        #expect(list.hosts.count == 3 && list.total == 1200)
        #expect(scene.server.arrivals.contains { $0.body.contains("\"nCount\":3") })
    }

    @Test func `a server that has fewer than it counted does not keep us`() async throws {
        let scene = try scene(10, claimed: 1_000_000)
        let list = try await scene.pool.findHosts(server: "main", HostSearch(filter: "", limit: 2000), owner: 1000)
        #expect(list.hosts.count == 10)
    }

    @Test(arguments: ["\"strAccessor\":\"\",", "\"strAccessor\":null,", ""])
    func `where there is no host there need not be a list`(accessor: String) async throws {
        let scene = try scene(0)
        scene.server.onAnswer { $0.method == "HostGroup.FindHosts" ? "{\(accessor)\"PxgRetVal\":0}" : nil }
        let search = HostSearch(filter: "", limit: 10)
        #expect(try await scene.pool.findHosts(server: "main", search, owner: 1000) == HostList())
        scene.server.onAnswer { $0.method == "HostGroup.FindHosts" ? "{\(accessor)\"PxgRetVal\":1}" : nil }
        #expect(await code { try await scene.pool.findHosts(server: "main", search, owner: 1000) } == .unintelligible)
    }

    @Test func `a search whose session ends between two pieces is begun anew`() async throws {
        let scene = try scene(600)
        let refusals = Locked(0)
        scene.server.onRequest { arrival in
            let isPiece = arrival.method == "ChunkAccessor.GetItemsChunk"
            guard isPiece || arrival.method == "Session.Ping" else { return nil }
            let isRefused = refusals.withLock { count in
                if count < 2 { count += 1 }
                return isPiece ? count == 1 : count == 2
            }
            return isRefused ? .reply(ServerReply(status: 403)) : nil
        }
        let list = try await scene.pool.findHosts(server: "main", HostSearch(filter: "", limit: 1000), owner: 1000)
        #expect(list.hosts.count == 600)
        #expect(scene.server.methods.filter { $0 == "HostGroup.FindHosts" }.count == 2)
    }

    @Test func `the list is released after a failure too`() async throws {
        let scene = try scene(10)
        scene.server.onRequest { $0.method == "ChunkAccessor.GetItemsChunk" ? .reply(ServerReply(status: 500)) : nil }
        #expect(
            await code { try await scene.pool.findHosts(server: "main", HostSearch(filter: ""), owner: 1000) }
                == .failed
        )
        await scene.eventually { releases(scene) == 1 }
    }

    @Test func `hosts of a secondary are asked of the secondary`() async throws {
        let scene = try scene(1)
        let route = try RouteTests.route(secondaries: 1, agent: false)
        _ = try await scene.pool.findHosts(server: "main", route: route, HostSearch(filter: "x"), owner: 1000)
        #expect(scene.server.arrivals.first { $0.method == "HostGroup.FindHosts" }?.node == "s1")
        let servers = try await scene.pool.listSecondaries(server: "main", route: route, owner: 1000)
        #expect(servers.first?["KLSRVH_SRV_INST_ID"] == "i-s2")
    }

    @Test func `a name is searched for as it is, under each kind of name`() throws {
        let search = try HostSearch(name: "PC (old) & new=1")
        #expect(search.filter.hasPrefix("(|(KLHST_WKS_HOSTNAME=\"PC (old) & new=1\")(KLHST_WKS_DN=\"PC (old)"))
        #expect(search.filter.utf8.filter { $0 == UInt8(ascii: "\"") }.count == 10)
    }

    @Test(arguments: [
        "", "a\"b", "*", "pc?", "[a-z]", "a]", "a\\", "a\u{0}", "a\nb", "\")(|(KLHST_WKS_DN=\"*", "a\u{9b}",
    ])
    func `a name that could mean more than itself is refused`(name: String) {
        do {
            _ = try HostSearch(name: name)
            Issue.record("it was taken")
        } catch {
            #expect(error.code == .invalidArguments)
            #expect(error.message.contains("wildcards") == !name.isEmpty)
        }
    }

    // The schema counts the same: any name that it lets through is searched for.
    @Test(arguments: ["a", "é", "\u{1F600}", "e\u{301}"])
    func `a name may have 256 code points, however many bytes or characters that is`(one: String) throws {
        let longest = String(repeating: one, count: 256 / one.unicodeScalars.count)
        #expect(try HostSearch(name: longest).filter.contains("\"\(longest)\""))
        #expect(FindHosts.schema.params.accepts(["name": .string(longest)]))
        #expect(!FindHosts.schema.params.accepts(["name": .string(longest + one)]))
        do {
            _ = try HostSearch(name: longest + one)
            Issue.record("it was taken")
        } catch {
            #expect(error.message == "a host's name has 1 to 256 characters (Unicode code points)")
        }
    }
}
