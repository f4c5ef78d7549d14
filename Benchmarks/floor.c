// Gatehouse. SPDX-License-Identifier: Apache-2.0

// What a program in the daemon's place cannot do without, and nothing else: no checks, no policy, no audit, no limits,
// no deadlines, one thread where one will do. It tells how much of a figure is the way and how much is the daemon.
//
//     floor upload CA-FILE URL FILE                  reads and hashes on one thread, sends by libcurl on another
//     floor call SOCKET CA-FILE URL HEADERS BODY     answers each line with what a server answers to that POST
//     floor scan SOCKET CLAMD-SOCKET                 answers scanFile of a passed descriptor with clamd's OK

#define _GNU_SOURCE
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void fail(const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int unix_socket(const char *path, struct sockaddr_un *address) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path) {
        fprintf(stderr, "floor: the socket's path is too long\n");
        exit(64);
    }
    strcpy(address->sun_path, path);
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file < 0) fail("socket");
    return file;
}

static int listen_at(const char *path) {
    struct sockaddr_un address;
    int listener = unix_socket(path, &address);
    unlink(path);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 64) != 0) fail("listen");
    return listener;
}

// MARK: upload

enum { piece_bytes = 256 << 10, pieces = 16 };

/// The pieces of a file on their way from the thread that reads to the one that sends.
static struct {
    pthread_mutex_t lock;
    pthread_cond_t more, room;
    char bytes[pieces][piece_bytes];
    size_t counts[pieces];
    unsigned long filled, taken;
    size_t offset;
    int file;
} ring = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER, .room = PTHREAD_COND_INITIALIZER};

static void *read_and_hash(void *argument) {
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
    ssize_t count;
    do {
        pthread_mutex_lock(&ring.lock);
        // It goes on once half of the pieces are empty, so that the two wake each other rarely.
        if (ring.filled - ring.taken == pieces)
            while (ring.filled - ring.taken > pieces / 2) pthread_cond_wait(&ring.room, &ring.lock);
        pthread_mutex_unlock(&ring.lock);
        char *piece = ring.bytes[ring.filled % pieces];
        count = read(ring.file, piece, piece_bytes);
        if (count < 0) fail("read");
        EVP_DigestUpdate(hash, piece, (size_t)count);
        pthread_mutex_lock(&ring.lock);
        ring.counts[ring.filled++ % pieces] = (size_t)count;
        pthread_cond_signal(&ring.more);
        pthread_mutex_unlock(&ring.lock);
    } while (count > 0);
    EVP_DigestFinal_ex(hash, argument, NULL);
    EVP_MD_CTX_free(hash);
    return NULL;
}

static size_t give(char *target, size_t size, size_t items, void *unused) {
    (void)unused;
    pthread_mutex_lock(&ring.lock);
    while (ring.taken == ring.filled) pthread_cond_wait(&ring.more, &ring.lock);
    pthread_mutex_unlock(&ring.lock);
    size_t at = ring.taken % pieces, left = ring.counts[at] - ring.offset;
    size_t count = left < size * items ? left : size * items;
    memcpy(target, ring.bytes[at] + ring.offset, count);
    ring.offset += count;
    if (ring.offset < ring.counts[at] || count == 0) return count;
    pthread_mutex_lock(&ring.lock);
    ring.offset = 0;
    ring.taken++;
    if (ring.filled - ring.taken == pieces / 2) pthread_cond_signal(&ring.room);
    pthread_mutex_unlock(&ring.lock);
    return count;
}

static CURL *transfer_to(const char *authority, const char *url) {
    CURL *transfer = curl_easy_init();
    if (transfer == NULL) fail("curl_easy_init");
    curl_easy_setopt(transfer, CURLOPT_URL, url);
    curl_easy_setopt(transfer, CURLOPT_CAINFO, authority);
    curl_easy_setopt(transfer, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(transfer, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(transfer, CURLOPT_FAILONERROR, 1L);
    return transfer;
}

static void perform(CURL *transfer) {
    CURLcode code = curl_easy_perform(transfer);
    if (code == CURLE_OK) return;
    fprintf(stderr, "floor: %s\n", curl_easy_strerror(code));
    exit(1);
}

static int upload(const char *authority, const char *url, const char *path) {
    struct stat status;
    ring.file = open(path, O_RDONLY | O_CLOEXEC);
    if (ring.file < 0 || fstat(ring.file, &status) != 0) fail(path);
    CURL *transfer = transfer_to(authority, url);
    curl_mime *form = curl_mime_init(transfer);
    curl_mimepart *part = curl_mime_addpart(form);
    curl_mime_name(part, "file");
    curl_mime_filename(part, "file");
    curl_mime_data_cb(part, status.st_size, give, NULL, NULL, NULL);
    curl_easy_setopt(transfer, CURLOPT_MIMEPOST, form);
    curl_easy_setopt(transfer, CURLOPT_UPLOAD_BUFFERSIZE, 512L << 10);
    unsigned char hash[EVP_MAX_MD_SIZE];
    pthread_t reader;
    if (pthread_create(&reader, NULL, read_and_hash, hash) != 0) fail("pthread_create");
    perform(transfer);
    pthread_join(reader, NULL);
    for (int index = 0; index < 32; index++) printf("%02x", hash[index]);
    printf("\n");
    return 0;
}

// MARK: call

static char input[1 << 20], answer[1 << 20];
static size_t answer_bytes;

static size_t collect(char *bytes, size_t size, size_t items, void *unused) {
    (void)unused;
    size_t count = size * items;
    if (answer_bytes + count > sizeof answer) return 0;
    memcpy(answer + answer_bytes, bytes, count);
    answer_bytes += count;
    return count;
}

static char *contents(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    char *text = calloc(1, 64 << 10);
    if (file < 0 || text == NULL || read(file, text, (64 << 10) - 1) <= 0) fail(path);
    close(file);
    return text;
}

static _Noreturn void call(const char *path, const char *authority, const char *url, const char *headers, const char *body) {
    CURL *transfer = transfer_to(authority, url);
    struct curl_slist *list = NULL;
    for (char *line = strtok(contents(headers), "\n"); line != NULL; line = strtok(NULL, "\n"))
        list = curl_slist_append(list, line);
    curl_easy_setopt(transfer, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(transfer, CURLOPT_POSTFIELDS, contents(body));
    curl_easy_setopt(transfer, CURLOPT_WRITEFUNCTION, collect);
    int listener = listen_at(path);
    while (1) {
        int file = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        ssize_t count;
        while (file >= 0 && (count = recv(file, input, sizeof input, 0)) > 0) {
            if (input[count - 1] != '\n') fail("a message in more than one piece");
            answer_bytes = (size_t)sprintf(answer, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":");
            perform(transfer);
            answer_bytes += (size_t)sprintf(answer + answer_bytes, "}\n");
            if (send(file, answer, answer_bytes, MSG_NOSIGNAL) < 0) break;
        }
        close(file);
    }
}

// MARK: scan

enum { sessions = 8, waiting = 1024, most_files = 1 << 16 };

/// Requests that a session of clamd's has not answered yet, oldest first.
static struct session {
    int file;
    unsigned next, oldest;
    struct asked {
        int caller, original, opened;
        long id;
        struct stat status;
    } asked[waiting];
} engines[sessions];

static const char result[] =
    "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"result\":{\"verdict\":\"clean\",\"reason\":null,\"scanStatus\":null,"
    "\"fileScanned\":null,\"fileStatus\":null,\"totalInfections\":null,\"bytesScanned\":null,"
    "\"totalFilesScanned\":null,\"threats\":[],\"sha256\":null,\"size\":%lld,\"engine\":{\"profile\":\"main\","
    "\"kind\":\"clamd\",\"definitions\":null,\"plaintext\":false},\"requestId\":\"00000000-%ld\",\"traceId\":null,"
    "\"elapsedMs\":0,\"cached\":false}}\n";

static void send_with(int to, const void *bytes, size_t count, int passed) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.header), &passed, sizeof passed);
    struct iovec piece = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof control};
    if (sendmsg(to, &message, MSG_NOSIGNAL) != (ssize_t)count) fail("sendmsg");
}

/// One request with its descriptor, as the command line sends them; it goes to the next session of clamd's.
static int begin_scan(int caller) {
    static unsigned turn;
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec piece = {.iov_base = input, .iov_len = sizeof input - 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t count = recvmsg(caller, &message, MSG_CMSG_CLOEXEC);
    if (count <= 0) return 0;
    input[count] = 0;
    char *id = strstr(input, "\"id\":");
    if (message.msg_controllen == 0 || id == NULL) fail("a request without a descriptor");
    struct session *session = &engines[turn++ % sessions];
    struct asked *asked = &session->asked[session->next++ % waiting];
    asked->caller = caller;
    asked->id = strtol(id + 5, NULL, 10);
    memcpy(&asked->original, CMSG_DATA(&control.header), sizeof asked->original);
    char name[64];
    sprintf(name, "/proc/self/fd/%d", asked->original);
    asked->opened = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat again;
    if (asked->opened < 0 || fstat(asked->original, &asked->status) != 0 || fstat(asked->opened, &again) != 0)
        fail("open");
    send_with(session->file, "zFILDES\0", 9, asked->opened);
    return 1;
}

static void end_scans(struct session *session) {
    ssize_t count = recv(session->file, answer, sizeof answer, 0);
    if (count <= 0 || answer[count - 1] != 0) fail("clamd");
    for (char *line = answer; line < answer + count; line += strlen(line) + 1) {
        // clamd numbers from 1 and need not keep the order.
        struct asked *asked = &session->asked[(unsigned)(strtoul(line, NULL, 10) - 1) % waiting];
        size_t length = strlen(line);
        if (length < 4 || strcmp(line + length - 4, ": OK") != 0) fail(line);
        struct stat now;
        if (fstat(asked->original, &now) != 0 || now.st_size != asked->status.st_size) fail("fstat");
        close(asked->opened);
        close(asked->original);
        char text[1024];
        int bytes = sprintf(text, result, asked->id, (long long)now.st_size, asked->id);
        if (send(asked->caller, text, (size_t)bytes, MSG_NOSIGNAL) < 0) fail("send");
    }
}

static _Noreturn void scan(const char *path, const char *engine) {
    int listener = listen_at(path), epoll = epoll_create1(EPOLL_CLOEXEC);
    static struct session *session_of[most_files];
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (int index = 0; index < sessions; index++) {
        struct sockaddr_un address;
        int file = unix_socket(engine, &address);
        if (connect(file, (struct sockaddr *)&address, sizeof address) != 0) fail(engine);
        if (send(file, "zIDSESSION", 11, MSG_NOSIGNAL) != 11) fail("send");
        engines[index].file = file;
        session_of[file] = &engines[index];
        event.data.fd = file;
        epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event);
    }
    while (1) {
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, -1);
        for (int index = 0; index < ready; index++) {
            int file = events[index].data.fd;
            if (file == listener) {
                event.data.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
            } else if (session_of[file] != NULL)
                end_scans(session_of[file]);
            else if (!begin_scan(file))
                close(file);
        }
    }
}

int main(int count, char **arguments) {
    if (count == 5 && strcmp(arguments[1], "upload") == 0) return upload(arguments[2], arguments[3], arguments[4]);
    if (count == 7 && strcmp(arguments[1], "call") == 0)
        call(arguments[2], arguments[3], arguments[4], arguments[5], arguments[6]);
    if (count == 4 && strcmp(arguments[1], "scan") == 0) scan(arguments[2], arguments[3]);
    fprintf(stderr, "usage: floor upload CA-FILE URL FILE | floor call SOCKET CA-FILE URL HEADERS BODY |"
                    " floor scan SOCKET CLAMD-SOCKET\n");
    return 64;
}
