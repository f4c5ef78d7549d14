// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A login that holds: the account or the gateway behind it, and where its calls go.
struct Login: Sendable {
    /// What a login is bound to.
    enum Owner: Hashable, Sendable {
        /// A connection, for `login`.
        case connection(Int)
        /// A session's id, for `Session.StartSession`.
        case session(String)
    }

    /// The account that it began with.
    let user: String
    /// The node that answers its calls.
    let node: NodeName
    /// The nodes on the way, the last one the target itself; empty where it is no gateway.
    let route: [NodeName]
    /// The virtual server, empty for the main one.
    let virtualServer: String
    /// When it ends if nothing calls it before; nil for a connection's.
    var expiry: LabInstant?
}

/// The logins that hold.
struct LoginRegister: Sendable {
    private(set) var logins: [Login.Owner: Login] = [:]
    /// Seconds after which a session ends that nobody calls through.
    var lifetime: Int
    private var nextSweep = 0

    init(lifetime: Int) {
        self.lifetime = lifetime
    }

    /// The login of an owner, whose time begins anew with this call.
    mutating func use(_ owner: Login.Owner, at now: LabInstant) -> Login? {
        guard var login = logins[owner] else { return nil }
        if let expiry = login.expiry {
            guard now < expiry else { return nil }
            login.expiry = now.advanced(bySeconds: lifetime)
            logins[owner] = login
        }
        return login
    }

    /// Begins a login; one that the owner had before is given back.
    mutating func begin(_ owner: Login.Owner, _ login: Login, at now: LabInstant) -> Login? {
        var login = login
        if case .session = owner { login.expiry = now.advanced(bySeconds: lifetime) }
        return logins.updateValue(login, forKey: owner)
    }

    /// Ends a login.
    mutating func end(_ owner: Login.Owner) -> Login? {
        logins.removeValue(forKey: owner)
    }

    /// The owners whose time is over; looked for at most once in a second if not at any price.
    mutating func expired(at now: LabInstant, always: Bool = false) -> [Login.Owner] {
        guard always || now.seconds >= nextSweep else { return [] }
        nextSweep = now.seconds + 1
        return logins.filter { $0.value.expiry.map { $0 <= now } ?? false }.map(\.key)
    }
}
