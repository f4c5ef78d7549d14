// Gatehouse. SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <sys/un.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

// An aligned buffer for the control message; a plain char array would not be aligned for struct cmsghdr.
union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int) * GATEHOUSE_MAXIMUM_PASSED_DESCRIPTORS)];
};

ssize_t gatehouse_receive(
    int socket, void *buffer, size_t capacity, int *descriptors, int *descriptor_count, int *truncated)
{
    union control control;
    struct iovec part = { .iov_base = buffer, .iov_len = capacity };
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = descriptors ? &control : NULL,
        .msg_controllen = descriptors ? sizeof control : 0 };
    ssize_t count;

    *descriptor_count = 0;
    *truncated = 0;
    do
        count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return -errno;

    *truncated = (message.msg_flags & MSG_CTRUNC) != 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        int received = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(descriptors + *descriptor_count, CMSG_DATA(header), (size_t)received * sizeof(int));
        *descriptor_count += received;
    }
    return count;
}

ssize_t gatehouse_send(int socket, const void *bytes, size_t count, const int *descriptors, int descriptor_count)
{
    union control control;
    struct iovec part = { .iov_base = (void *)bytes, .iov_len = count };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    ssize_t sent;

    if (descriptor_count > GATEHOUSE_MAXIMUM_PASSED_DESCRIPTORS)
        return -EINVAL;
    if (descriptor_count > 0) {
        size_t size = (size_t)descriptor_count * sizeof(int);
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(size);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(header), descriptors, size);
    }
    do
        // Nearly all messages carry no descriptor, and send(2) copies no header for them.
        sent = descriptor_count > 0 ? sendmsg(socket, &message, MSG_NOSIGNAL) : send(socket, bytes, count, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

int gatehouse_socket(int family, int type)
{
    return (int)syscall(SYS_socket, (long)family, (long)type, 0L);
}

int gatehouse_accept(int socket)
{
    int accepted;
    do
        accepted = accept4(socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (accepted < 0 && errno == EINTR);
    return accepted < 0 ? -errno : accepted;
}

int gatehouse_peer_credentials(int socket, pid_t *process, uid_t *user, gid_t *group)
{
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
        return -errno;
    *process = credentials.pid;
    *user = credentials.uid;
    *group = credentials.gid;
    return 0;
}

int gatehouse_peer_groups(int socket, gid_t *groups, int capacity)
{
    socklen_t size = (socklen_t)((size_t)capacity * sizeof(gid_t));
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
        return -errno;
    return (int)(size / sizeof(gid_t));
}

// Later than the headers that this is built with.
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

int gatehouse_peer_process(int socket)
{
    int process = -1;
    socklen_t size = sizeof process;
    return getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &process, &size) < 0 ? -errno : process;
}

int gatehouse_open_process(pid_t process)
{
    long descriptor = syscall(SYS_pidfd_open, process, 0);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int gatehouse_process_owner(pid_t process, uid_t *user)
{
    char path[32];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%d", (int)process);
    if (stat(path, &status) < 0)
        return -errno;
    *user = status.st_uid;
    return 0;
}
