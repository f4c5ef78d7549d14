// Gatehouse. SPDX-License-Identifier: Apache-2.0

// Callers of a Unix socket that answers each line with a line.
//
//     load rate SOCKET REQUEST-FILE CONNECTIONS REQUESTS   kept connections, one request in flight on each
//     load burst SOCKET REQUEST-FILE CONNECTIONS           all connect at once; one request each
//     load idle SOCKET CONNECTIONS                         connects, says "ready", waits for the end of its input
//     load hostile SOCKET REQUEST-FILE                     half a message, and one that never reads; waits likewise

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static char request[1 << 20];
static size_t request_bytes;
static char input[256 << 10];

static void fail(const char *call) {
    perror(call);
    exit(1);
}

static double now(void) {
    struct timespec value;
    clock_gettime(CLOCK_MONOTONIC, &value);
    return (double)value.tv_sec * 1e6 + (double)value.tv_nsec / 1e3;
}

static void read_request(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) fail(path);
    ssize_t count = read(file, request, sizeof request);
    if (count <= 0) fail(path);
    request_bytes = (size_t)count;
    close(file);
}

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "load: the socket's path is too long\n");
        exit(64);
    }
    strcpy(address.sun_path, path);
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file < 0) fail("socket");
    if (connect(file, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    return file;
}

static void ask(int file) {
    if (send(file, request, request_bytes, MSG_NOSIGNAL) != (ssize_t)request_bytes) fail("send");
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/// A whole reply in `input`; returns its length, or 0 where only a part has come.
static size_t receive(int file, size_t *have) {
    ssize_t count = recv(file, input + *have, sizeof input - *have, 0);
    if (count <= 0) {
        fprintf(stderr, "load: the connection ended\n");
        exit(1);
    }
    *have += (size_t)count;
    if (input[*have - 1] != '\n') return 0;
    // An error would be a quick answer to something else than what was asked.
    if (memmem(input, *have, "\"error\"", 7) != NULL) {
        fprintf(stderr, "load: %.*s", (int)*have, input);
        exit(1);
    }
    size_t length = *have;
    *have = 0;
    return length;
}

static void report(double *times, size_t count, double elapsed, size_t reply) {
    qsort(times, count, sizeof *times, compare);
    printf("p50_us=%.3f p99_us=%.3f rate=%.0f reply_bytes=%zu\n", times[count / 2], times[count * 99 / 100],
           (double)count * 1e6 / elapsed, reply);
}

static void rate_of_one(const char *path, size_t requests) {
    int file = connect_to(path);
    double *times = calloc(requests, sizeof *times);
    if (times == NULL) fail("calloc");
    size_t have = 0, reply = 0;
    double begin = now(), start = begin;
    for (size_t index = 0; index < requests; index++) {
        ask(file);
        while ((reply = receive(file, &have)) == 0) {}
        double end = now();
        times[index] = end - start;
        start = end;
    }
    report(times, requests, start - begin, reply);
}

static void rate_of_many(const char *path, int connections, size_t requests) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int *files = calloc((size_t)connections, sizeof *files);
    double *starts = calloc((size_t)connections, sizeof *starts);
    double *times = calloc(requests, sizeof *times);
    if (epoll < 0 || files == NULL || starts == NULL || times == NULL) fail("epoll_create1");
    for (int index = 0; index < connections; index++) {
        files[index] = connect_to(path);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, files[index], &event) != 0) fail("epoll_ctl");
    }
    size_t asked = 0, answered = 0, reply = 0;
    double begin = now();
    for (int index = 0; index < connections && asked < requests; index++, asked++) {
        starts[index] = now();
        ask(files[index]);
    }
    struct epoll_event events[256];
    while (answered < asked) {
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int at = 0; at < ready; at++) {
            uint32_t index = events[at].data.u32;
            // Replies are small and leave in one send: a part of one does not occur on a Unix socket.
            size_t have = 0;
            while ((reply = receive(files[index], &have)) == 0) {}
            double end = now();
            times[answered++] = end - starts[index];
            if (asked == requests) continue;
            asked++;
            starts[index] = end;
            ask(files[index]);
        }
    }
    report(times, answered, now() - begin, reply);
}

static void burst(const char *path, int connections) {
    int *files = calloc((size_t)connections, sizeof *files);
    if (files == NULL) fail("calloc");
    double begin = now();
    for (int index = 0; index < connections; index++) {
        files[index] = connect_to(path);
        ask(files[index]);
    }
    int answered = 0, failed = 0;
    for (int index = 0; index < connections; index++) {
        size_t have = 0;
        ssize_t count;
        while ((count = recv(files[index], input + have, sizeof input - have, 0)) > 0) {
            have += (size_t)count;
            if (input[have - 1] == '\n') break;
        }
        if (count > 0 && memmem(input, have, "\"result\"", 8) != NULL) answered++;
        else if (failed++ == 0) fprintf(stderr, "load: %.*s\n", (int)have, input);
    }
    printf("answered=%d failed=%d ms=%.1f\n", answered, failed, (now() - begin) / 1e3);
}

static void wait_for_end_of_input(void) {
    char byte;
    printf("ready\n");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0) {}
}

static void idle(const char *path, int connections) {
    for (int index = 0; index < connections; index++) connect_to(path);
    wait_for_end_of_input();
}

/// A connection with more replies waiting than its socket holds.
static int never_reading(const char *path) {
    int file = connect_to(path);
    for (int index = 0; index < 1000; index++)
        if (send(file, request, request_bytes, MSG_NOSIGNAL) < 0) break;
    return file;
}

/// Both go on at 100 messages or bytes a second: what is still there, and not what has come to rest, must not harm.
static void hostile(const char *path) {
    int half = connect_to(path), deaf = never_reading(path);
    if (send(half, request, request_bytes / 2, MSG_NOSIGNAL) < 0) fail("send");
    printf("ready\n");
    fflush(stdout);
    struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
    while (poll(&end, 1, 10) == 0) {
        // A space is part of no token, so the message stays unfinished.
        if (send(half, " ", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN) {
            close(half);
            half = connect_to(path);
            if (send(half, request, request_bytes / 2, MSG_NOSIGNAL) < 0) fail("send");
        }
        if (send(deaf, request, request_bytes, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN) {
            close(deaf);
            deaf = never_reading(path);
        }
    }
}

int main(int count, char **arguments) {
    const char *mode = count > 2 ? arguments[1] : "";
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (strcmp(mode, "idle") == 0 && count == 4) {
        idle(arguments[2], atoi(arguments[3]));
        return 0;
    }
    if (count > 3) read_request(arguments[3]);
    if (strcmp(mode, "rate") == 0 && count == 6) {
        int connections = atoi(arguments[4]);
        size_t requests = strtoul(arguments[5], NULL, 10);
        if (connections == 1) rate_of_one(arguments[2], requests);
        else rate_of_many(arguments[2], connections, requests);
    } else if (strcmp(mode, "burst") == 0 && count == 5) {
        burst(arguments[2], atoi(arguments[4]));
    } else if (strcmp(mode, "hostile") == 0 && count == 4) {
        hostile(arguments[2]);
    } else {
        fprintf(stderr, "usage: load rate|burst|idle|hostile SOCKET …; see the top of load.c\n");
        return 64;
    }
    return 0;
}
