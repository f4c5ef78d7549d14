// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// The users and groups of this host (nss(5)); each call may take as long as a name service does.
enum HostAccounts {
    private static let sizes = [16 << 10, 1 << 20]

    /// The number of a user; nil where there is none of that name.
    static func user(named name: String) -> UInt32? {
        read { buffer in
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            let code = getpwnam_r(name, &entry, &buffer, buffer.count, &found)
            return (code, found == nil ? nil : entry.pw_uid)
        }
    }

    /// The number of a group; nil where there is none of that name.
    static func group(named name: String) -> UInt32? {
        read { buffer in
            var entry = Glibc.group()
            var found: UnsafeMutablePointer<Glibc.group>?
            let code = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
            return (code, found == nil ? nil : entry.gr_gid)
        }
    }

    /// All groups of a user (getgrouplist(3)); none where there is no such user.
    static func groups(ofUser user: UInt32) -> [UInt32] {
        let account: (name: String, group: UInt32)? = read { buffer in
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            let code = getpwuid_r(user, &entry, &buffer, buffer.count, &found)
            guard found != nil, let name = entry.pw_name else { return (code, nil) }
            return (code, (String(cString: name), entry.pw_gid))
        }
        guard let account else { return [] }
        // 65536 is the kernel's own NGROUPS_MAX.
        var groups = [gid_t](repeating: 0, count: 65536)
        var count = Int32(groups.count)
        guard getgrouplist(account.name, account.group, &groups, &count) >= 0 else { return [account.group] }
        return Array(groups.prefix(Int(count)))
    }

    private static func read<Value>(_ look: (inout [CChar]) -> (Int32, Value?)) -> Value? {
        for size in sizes {
            var buffer = [CChar](repeating: 0, count: size)
            let (code, value) = look(&buffer)
            // A group with many members needs more room.
            if code != ERANGE { return value }
        }
        return nil
    }
}
