// Gatehouse. SPDX-License-Identifier: Apache-2.0

#pragma once

// What glibc's module map for Swift leaves out (epoll, eventfd, timerfd, prctl) or what only macros and GNU extensions
// give (descriptor passing, peer credentials). _GNU_SOURCE is defined in the .c files alone: in a header of a module it
// would change the system's own types under Swift's feet.
//
// Every function returns a value of 0 or more when it succeeded and a negated errno when it failed.

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <time.h>

/// The kernel's SCM_MAX_FD: no message carries more descriptors than this.
enum { GATEHOUSE_MAXIMUM_PASSED_DESCRIPTORS = 253 };

/// A connection's next bytes and the descriptors that came with them.
///
/// `descriptors` has room for GATEHOUSE_MAXIMUM_PASSED_DESCRIPTORS; where it is NULL, none are taken and the kernel drops
/// those that came. The caller owns each descriptor that is written
/// there; all are close-on-exec. `*truncated` becomes 1 when the kernel dropped some (MSG_CTRUNC).
ssize_t gatehouse_receive(
    int socket, void *_Nonnull buffer, size_t capacity, int *_Nullable descriptors, int *_Nonnull descriptor_count,
    int *_Nonnull truncated);

/// Sends bytes, with descriptors if there are any, without ever raising SIGPIPE. Returns the bytes taken.
ssize_t gatehouse_send(
    int socket, const void *_Nonnull bytes, size_t count, const int *_Nullable descriptors, int descriptor_count);

/// Makes a socket; -1 and errno where it cannot.
///
/// By syscall(2) with whole registers: the upper half of an `int` argument's register may hold anything, and the filter of
/// RestrictAddressFamilies= (systemd.exec(5)) compares all 64 bits.
int gatehouse_socket(int family, int type);

/// Accepts one connection, non-blocking and close-on-exec.
int gatehouse_accept(int socket);

/// The peer's process, user and group as of its connect() (SO_PEERCRED).
int gatehouse_peer_credentials(int socket, pid_t *_Nonnull process, uid_t *_Nonnull user, gid_t *_Nonnull group);

/// The peer's supplementary groups (SO_PEERGROUPS). Returns their number; -ERANGE when there are more than `capacity`.
int gatehouse_peer_groups(int socket, gid_t *_Nonnull groups, int capacity);

/// A descriptor of the process that connected (SO_PEERPIDFD, Linux 6.5), close-on-exec. Returns it.
int gatehouse_peer_process(int socket);

/// A descriptor of the process that has this number now (pidfd_open(2)), close-on-exec. Returns it.
int gatehouse_open_process(pid_t process);

/// The owner of a process as /proc shows it; root for one that forbids dumps (proc(5)).
int gatehouse_process_owner(pid_t process, uid_t *_Nonnull user);

/// Starts a thread with its signals blocked and a name of up to 15 bytes, detached. The thread calls `body(context)`.
int gatehouse_start_thread(
    const char *_Nonnull name, void (*_Nonnull body)(void *_Nullable), void *_Nullable context);

/// An anonymous file in memory that can be sealed, close-on-exec. Returns its descriptor.
int gatehouse_memory_file(const char *_Nonnull name);

/// An anonymous file in memory with these bytes, close-on-exec, which nobody can change any more (memfd_create(2),
/// fcntl(2) F_ADD_SEALS). Returns its descriptor.
int gatehouse_sealed_memory_file(const char *_Nonnull name, const void *_Nullable bytes, size_t count);

/// 1 when neither the content nor the size of a file in memory can change any more.
int gatehouse_is_sealed(int descriptor);

/// Overwrites memory in a way that the compiler keeps.
void gatehouse_wipe(void *_Nonnull bytes, size_t count);

/// How well the memory of secrets is kept, the worst kind so far.
enum {
    /// It may be swapped: RLIMIT_MEMLOCK is too low.
    GATEHOUSE_SECRETS_PLAIN = 0,
    /// It is never swapped (mlock2(2)).
    GATEHOUSE_SECRETS_LOCKED = 1,
    /// Nor can the kernel or another process read it (memfd_secret(2)).
    GATEHOUSE_SECRETS_UNREACHABLE = 2,
};

/// Zeroed memory for a secret, left out of core dumps and of child processes; NULL when there is none left.
void *_Nullable gatehouse_secret_allocate(size_t count);

/// Overwrites and gives back what gatehouse_secret_allocate returned for that count.
void gatehouse_secret_free(void *_Nullable memory, size_t count);

/// One of the kinds above.
int gatehouse_secret_memory(void);

/// A new file in a folder, open for writing, that has no name until linkat(2) gives it one (open(2), O_TMPFILE), for this
/// user alone and close-on-exec. Returns it, -EOPNOTSUPP or -EISDIR where the file system or the kernel has none.
int gatehouse_open_unnamed(const char *_Nonnull folder);

/// Sets the soft limit of open descriptors to the hard one. Returns the limit now in force.
long gatehouse_raise_descriptor_limit(void);

/// No core dump and no ptrace by others of the same user from here on.
int gatehouse_forbid_dumps(void);

/// Waits for a semaphore (a `sem_t`) for that many nanoseconds at most, whatever becomes of the wall clock; -ETIMEDOUT
/// where nobody posted it.
int gatehouse_wait(void *_Nonnull semaphore, int64_t nanoseconds);
