// Gatehouse. SPDX-License-Identifier: Apache-2.0

// An HTTPS server that throws away what is uploaded and plays the services that a daemon's profile names, with fixed
// answers: /token, /spe/authentication, /spe/refresh and /scan/scan-file. /counts tells how often each was asked.
//
//     discard CERTIFICATE KEY TOKEN-DELAY-MS     says its port on 127.0.0.1, then serves until it is ended

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { buffer_bytes = 64 << 10 };

static SSL_CTX *context;
static useconds_t token_delay;
static atomic_ulong tokens, authentications, refreshes, scans;

struct connection {
    SSL *tls;
    char buffer[buffer_bytes];
    size_t have;
};

static int send_all(SSL *tls, const char *text) {
    return SSL_write(tls, text, (int)strlen(text)) > 0;
}

static int reply(SSL *tls, int status, const char *body) {
    char text[2048];
    snprintf(text, sizeof text,
             "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", status,
             status == 200 ? "OK" : "Not Found", strlen(body), body);
    return send_all(tls, text);
}

static int answer(SSL *tls, const char *path) {
    char body[1024];
    if (strncmp(path, "/token", 6) == 0) {
        tokens++;
        usleep(token_delay);
        return reply(tls, 200, "{\"access_token\":\"benchmark-gicar\",\"expires_in\":300,\"token_type\":\"Bearer\"}");
    }
    if (strncmp(path, "/spe/", 5) == 0) {
        if (strncmp(path + 5, "refresh", 7) == 0) refreshes++;
        else authentications++;
        usleep(token_delay);
        long expiry = (long)time(NULL) + 3600;
        snprintf(body, sizeof body,
                 "{\"access_token\":\"benchmark-spe\",\"access_token_expiration_time\":%ld,"
                 "\"refresh_token\":\"benchmark-refresh\",\"refresh_token_expiration_time\":%ld}",
                 expiry, expiry + 3600);
        return reply(tls, 200, body);
    }
    if (strncmp(path, "/scan/scan-file", 15) == 0) {
        scans++;
        return reply(tls, 200,
                     "{\"scanStatus\":\"SCAN_SUCCESS\",\"fileScanned\":\"upload\",\"fileStatus\":\"CLEAN\","
                     "\"totalInfections\":0,\"bytesScanned\":-1,\"totalFilesScanned\":1}");
    }
    if (strncmp(path, "/counts", 7) == 0) {
        snprintf(body, sizeof body, "{\"token\":%lu,\"authentication\":%lu,\"refresh\":%lu,\"scan\":%lu}", tokens,
                 authentications, refreshes, scans);
        return reply(tls, 200, body);
    }
    return reply(tls, 404, "{}");
}

/// Reads until the end of a request's head; returns its length, or 0 at the end of the connection.
static size_t read_head(struct connection *connection) {
    while (1) {
        char *end = memmem(connection->buffer, connection->have, "\r\n\r\n", 4);
        if (end != NULL) return (size_t)(end - connection->buffer) + 4;
        if (connection->have == buffer_bytes) return 0;
        int count = SSL_read(connection->tls, connection->buffer + connection->have,
                             (int)(buffer_bytes - connection->have));
        if (count <= 0) return 0;
        connection->have += (size_t)count;
    }
}

static int serve_one(struct connection *connection) {
    size_t head = read_head(connection);
    if (head == 0) return 0;
    char *buffer = connection->buffer, path[256] = "";
    buffer[head - 2] = 0;
    sscanf(buffer, "%*15s %255s", path);
    char *field = strcasestr(buffer, "\r\ncontent-length:");
    long long left = field == NULL ? 0 : strtoll(field + 17, NULL, 10);
    if (strcasestr(buffer, "\r\nexpect: 100-continue") != NULL && connection->have == head)
        if (!send_all(connection->tls, "HTTP/1.1 100 Continue\r\n\r\n")) return 0;
    size_t rest = connection->have - head;
    if ((long long)rest > left) rest = (size_t)left;
    memmove(buffer, buffer + head + rest, connection->have - head - rest);
    connection->have -= head + rest;
    left -= (long long)rest;
    while (left > 0) {
        int count = SSL_read(connection->tls, buffer, (int)(left < buffer_bytes ? left : buffer_bytes));
        if (count <= 0) return 0;
        left -= count;
    }
    return answer(connection->tls, path);
}

static void *serve(void *argument) {
    int file = (int)(intptr_t)argument, on = 1;
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *connection = calloc(1, sizeof *connection);
    SSL *tls = SSL_new(context);
    if (connection != NULL && tls != NULL && SSL_set_fd(tls, file) == 1 && SSL_accept(tls) == 1) {
        connection->tls = tls;
        while (serve_one(connection)) {}
    }
    SSL_free(tls);
    free(connection);
    close(file);
    return NULL;
}

static int listen_anywhere(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1024) != 0
        || getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        perror("listen");
        exit(1);
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: discard CERTIFICATE KEY TOKEN-DELAY-MS\n");
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    token_delay = (useconds_t)atoi(arguments[3]) * 1000;
    context = SSL_CTX_new(TLS_server_method());
    if (context == NULL || SSL_CTX_use_certificate_chain_file(context, arguments[1]) != 1
        || SSL_CTX_use_PrivateKey_file(context, arguments[2], SSL_FILETYPE_PEM) != 1) {
        fprintf(stderr, "discard: the certificate or its key cannot be used\n");
        return 1;
    }
    // Several records with one system call: the server should cost as little as it can.
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, 256 << 10);
    int listener = listen_anywhere();
    while (1) {
        int file = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        pthread_t thread;
        if (file < 0) continue;
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)file) != 0) close(file);
        else pthread_detach(thread);
    }
}
