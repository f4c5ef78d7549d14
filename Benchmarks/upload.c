// Gatehouse. SPDX-License-Identifier: Apache-2.0

// The ceiling of discard.c: uploads bytes from memory, whole TLS records at a time, and reads no file.
//
//     upload CA-FILE PORT BYTES     prints the seconds from the first byte of the request to the answer

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static double now(void) {
    struct timespec value;
    clock_gettime(CLOCK_MONOTONIC, &value);
    return (double)value.tv_sec + (double)value.tv_nsec / 1e9;
}

static SSL *connect_to(const char *authority, int port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (context == NULL || SSL_CTX_load_verify_locations(context, authority, NULL) != 1 || file < 0
        || connect(file, (struct sockaddr *)&address, sizeof address) != 0)
        return NULL;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL *tls = SSL_new(context);
    if (tls == NULL || SSL_set1_host(tls, "localhost") != 1 || SSL_set_fd(tls, file) != 1 || SSL_connect(tls) != 1)
        return NULL;
    return tls;
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: upload CA-FILE PORT BYTES\n");
        return 64;
    }
    long long left = strtoll(arguments[3], NULL, 10);
    static char bytes[16 << 10], reply[4096];
    SSL *tls = connect_to(arguments[1], atoi(arguments[2]));
    if (tls == NULL) {
        fprintf(stderr, "upload: cannot connect\n");
        return 1;
    }
    double begin = now();
    int length = snprintf(reply, sizeof reply,
                          "POST /scan/scan-file HTTP/1.1\r\nHost: localhost\r\nContent-Length: %lld\r\n\r\n", left);
    int sent = SSL_write(tls, reply, length);
    while (sent > 0 && left > 0) {
        sent = SSL_write(tls, bytes, (int)(left < (long long)sizeof bytes ? left : (long long)sizeof bytes));
        left -= sent;
    }
    if (sent <= 0 || SSL_read(tls, reply, sizeof reply) < 12 || strncmp(reply + 9, "200", 3) != 0) {
        fprintf(stderr, "upload: no answer\n");
        return 1;
    }
    printf("seconds=%.4f\n", now() - begin);
    return 0;
}
