// Gatehouse. SPDX-License-Identifier: Apache-2.0

// The baseline: one epoll thread that reads lines from a Unix socket and answers each with a line of a fixed size.
// It parses nothing, so it costs what the sockets cost and no more.
//
//     echo SOCKET REPLY-BYTES

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char input[64 << 10];
static char *output;
static size_t reply_bytes;
static const size_t most_replies = 64;

static void fail(const char *call) {
    perror(call);
    exit(1);
}

static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "echo: the socket's path is too long\n");
        exit(64);
    }
    strcpy(address.sun_path, path);
    unlink(path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 4096) != 0)
        fail("listen");
    return listener;
}

static void watch(int epoll, int file) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = file};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event) != 0) close(file);
}

/// Answers what has come; all replies of one read leave in one send.
static void answer(int file) {
    ssize_t count = recv(file, input, sizeof input, 0);
    if (count <= 0) {
        if (count == 0 || errno != EAGAIN) close(file);
        return;
    }
    size_t replies = 0;
    for (char *at = input, *end = input + count; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++) {
        replies++;
        if (replies == most_replies) {
            if (send(file, output, replies * reply_bytes, MSG_NOSIGNAL) < 0) close(file);
            replies = 0;
        }
    }
    if (replies > 0 && send(file, output, replies * reply_bytes, MSG_NOSIGNAL) < 0) close(file);
}

int main(int count, char **arguments) {
    if (count != 3 || (reply_bytes = strtoul(arguments[2], NULL, 10)) == 0) {
        fprintf(stderr, "usage: echo SOCKET REPLY-BYTES\n");
        return 64;
    }
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    output = malloc(reply_bytes * most_replies);
    if (output == NULL) fail("malloc");
    for (size_t index = 0; index < most_replies; index++) {
        memset(output + index * reply_bytes, 'x', reply_bytes - 1);
        output[(index + 1) * reply_bytes - 1] = '\n';
    }
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) fail("epoll_create1");
    int listener = listen_at(arguments[1]);
    watch(epoll, listener);
    struct epoll_event events[256];
    while (1) {
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int index = 0; index < ready; index++) {
            if (events[index].data.fd != listener) {
                answer(events[index].data.fd);
                continue;
            }
            int file;
            while ((file = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) watch(epoll, file);
        }
    }
}
