// Gatehouse. SPDX-License-Identifier: Apache-2.0

#pragma once

// libcurl's option calls are variadic, which Swift does not import, and a wrong width in a variadic call is undefined
// behaviour. So each class of argument has one typed function here. docs/decisions/libcurl.md says why libcurl.

#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "curl_library.h"

// MARK: Easy handle

static inline CURL *_Nullable gatehouse_curl_easy_init(void)
{
    return gatehouse_curl_library.easy_init();
}

static inline void gatehouse_curl_easy_cleanup(CURL *_Nonnull handle)
{
    gatehouse_curl_library.easy_cleanup(handle);
}

static inline CURLcode gatehouse_curl_easy_perform(CURL *_Nonnull handle)
{
    return gatehouse_curl_library.easy_perform(handle);
}

static inline CURLcode gatehouse_curl_easy_pause(CURL *_Nonnull handle, int what)
{
    return gatehouse_curl_library.easy_pause(handle, what);
}

static inline CURLcode gatehouse_curl_set_long(CURL *_Nonnull handle, CURLoption option, long value)
{
    return gatehouse_curl_library.easy_setopt(handle, option, value);
}

static inline CURLcode gatehouse_curl_set_size(CURL *_Nonnull handle, CURLoption option, curl_off_t value)
{
    return gatehouse_curl_library.easy_setopt(handle, option, value);
}

/// libcurl copies the string.
static inline CURLcode gatehouse_curl_set_string(
    CURL *_Nonnull handle, CURLoption option, const char *_Nullable value)
{
    return gatehouse_curl_library.easy_setopt(handle, option, value);
}

/// libcurl keeps the pointer: what it points to outlives the handle.
static inline CURLcode gatehouse_curl_set_pointer(CURL *_Nonnull handle, CURLoption option, void *_Nullable value)
{
    return gatehouse_curl_library.easy_setopt(handle, option, value);
}

/// For CURLOPT_COPYPOSTFIELDS, after CURLOPT_POSTFIELDSIZE_LARGE: libcurl copies that many bytes.
static inline CURLcode gatehouse_curl_set_bytes(CURL *_Nonnull handle, CURLoption option, const void *_Nullable bytes)
{
    return gatehouse_curl_library.easy_setopt(handle, option, bytes);
}

/// libcurl keeps the list: it outlives the transfer.
static inline CURLcode gatehouse_curl_set_list(
    CURL *_Nonnull handle, CURLoption option, struct curl_slist *_Nullable value)
{
    return gatehouse_curl_library.easy_setopt(handle, option, value);
}

/// Certificates in PEM form; libcurl copies them.
static inline CURLcode gatehouse_curl_set_authorities(
    CURL *_Nonnull handle, const void *_Nullable bytes, size_t count)
{
    struct curl_blob blob = {.data = (void *)bytes, .len = count, .flags = CURL_BLOB_COPY};
    return gatehouse_curl_library.easy_setopt(handle, CURLOPT_CAINFO_BLOB, &blob);
}

/// CURL_ERROR_SIZE bytes that outlive the handle.
static inline CURLcode gatehouse_curl_set_error_buffer(CURL *_Nonnull handle, char *_Nonnull buffer)
{
    return gatehouse_curl_library.easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}

typedef size_t (*gatehouse_curl_transfer_function)(
    char *_Nullable bytes, size_t size, size_t count, void *_Nullable context);

/// For CURLOPT_READFUNCTION, CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
static inline CURLcode gatehouse_curl_set_transfer_function(
    CURL *_Nonnull handle, CURLoption option, gatehouse_curl_transfer_function _Nonnull function)
{
    return gatehouse_curl_library.easy_setopt(handle, option, function);
}

typedef int (*gatehouse_curl_before_request_function)(
    void *_Nullable context, char *_Nullable remote_address, char *_Nullable local_address, int remote_port,
    int local_port);

/// For CURLOPT_PREREQFUNCTION: called when the connection stands, before a byte of the request is sent.
static inline CURLcode gatehouse_curl_set_before_request(
    CURL *_Nonnull handle, gatehouse_curl_before_request_function _Nonnull function)
{
    return gatehouse_curl_library.easy_setopt(handle, CURLOPT_PREREQFUNCTION, function);
}

typedef int (*gatehouse_curl_progress_function)(
    void *_Nullable context, curl_off_t download_total, curl_off_t downloaded, curl_off_t upload_total,
    curl_off_t uploaded);

/// For CURLOPT_XFERINFOFUNCTION: called about once a second at least; anything but 0 ends the transfer.
static inline CURLcode gatehouse_curl_set_progress(
    CURL *_Nonnull handle, void *_Nonnull context, gatehouse_curl_progress_function _Nonnull function)
{
    CURLcode result = gatehouse_curl_library.easy_setopt(handle, CURLOPT_XFERINFODATA, context);
    if (result == CURLE_OK)
        result = gatehouse_curl_library.easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, function);
    if (result == CURLE_OK)
        result = gatehouse_curl_library.easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    return result;
}

static inline CURLcode gatehouse_curl_get_long(CURL *_Nonnull handle, CURLINFO info, long *_Nonnull value)
{
    return gatehouse_curl_library.easy_getinfo(handle, info, value);
}

static inline CURLcode gatehouse_curl_get_size(CURL *_Nonnull handle, CURLINFO info, curl_off_t *_Nonnull value)
{
    return gatehouse_curl_library.easy_getinfo(handle, info, value);
}

// A connection that is made and then left to the caller (CURLOPT_CONNECT_ONLY).

static inline CURLcode gatehouse_curl_get_socket(CURL *_Nonnull handle, curl_socket_t *_Nonnull socket)
{
    return gatehouse_curl_library.easy_getinfo(handle, CURLINFO_ACTIVESOCKET, socket);
}

/// After CURLE_AGAIN the same bytes are sent again from the same place: OpenSSL may have begun to encrypt them.
static inline CURLcode gatehouse_curl_send(
    CURL *_Nonnull handle, const void *_Nonnull bytes, size_t count, size_t *_Nonnull sent)
{
    return gatehouse_curl_library.easy_send(handle, bytes, count, sent);
}

/// CURLE_OK and 0 bytes at the end of the connection.
static inline CURLcode gatehouse_curl_receive(
    CURL *_Nonnull handle, void *_Nonnull bytes, size_t count, size_t *_Nonnull received)
{
    return gatehouse_curl_library.easy_recv(handle, bytes, count, received);
}

// Macros with casts and function-like macros are not imported.
static const size_t gatehouse_curl_read_pause = CURL_READFUNC_PAUSE;
static const size_t gatehouse_curl_read_abort = CURL_READFUNC_ABORT;
static const size_t gatehouse_curl_write_pause = CURL_WRITEFUNC_PAUSE;
static const long gatehouse_curl_tls_1_2 = CURL_SSLVERSION_TLSv1_2;
static const long gatehouse_curl_http_1_1 = CURL_HTTP_VERSION_1_1;
static const long gatehouse_curl_separate_headers = CURLHEADER_SEPARATE;
static const long gatehouse_curl_ssh_public_key = CURLSSH_AUTH_PUBLICKEY;
static const long gatehouse_curl_ssh_password = CURLSSH_AUTH_PASSWORD;
static const int gatehouse_curl_pause_none = CURLPAUSE_CONT;
static const curl_socket_t gatehouse_curl_socket_timeout = CURL_SOCKET_TIMEOUT;
static const curl_socket_t gatehouse_curl_no_socket = CURL_SOCKET_BAD;

// libcurl copies headers and bodies into memory of its own. What it frees is overwritten first, so that no token stands
// in memory after its transfer.

static inline void gatehouse_curl_free(void *_Nullable memory)
{
    if (memory)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

static inline void *_Nullable gatehouse_curl_realloc(void *_Nullable memory, size_t count)
{
    size_t present = memory ? malloc_usable_size(memory) : 0;
    if (memory && count <= present && count > present / 2)
        return memory;
    void *other = malloc(count ? count : 1);
    if (!other)
        return NULL;
    if (memory)
        memcpy(other, memory, present < count ? present : count);
    gatehouse_curl_free(memory);
    return other;
}

/// Once in a process, after ``gatehouse_curl_load`` and before any other call.
static inline CURLcode gatehouse_curl_global_init(void)
{
    return gatehouse_curl_library.global_init_mem(
        CURL_GLOBAL_DEFAULT, malloc, gatehouse_curl_free, gatehouse_curl_realloc, strdup, calloc);
}

typedef curl_socket_t (*gatehouse_curl_open_socket_function)(
    void *_Nullable context, curlsocktype purpose, struct curl_sockaddr *_Nullable address);

/// For CURLOPT_OPENSOCKETFUNCTION: opens a socket for libcurl, or refuses to.
static inline CURLcode gatehouse_curl_set_open_socket(
    CURL *_Nonnull handle, gatehouse_curl_open_socket_function _Nonnull function)
{
    return gatehouse_curl_library.easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, function);
}

/// Opens the socket that libcurl asks for, close-on-exec; -1 and errno where it cannot.
///
/// By syscall(2) with whole registers: an `int` may carry anything in the upper half of its register, the optimised code of a
/// caller makes use of that, and the filter of RestrictAddressFamilies= (systemd.exec(5)) compares all 64 bits.
static inline curl_socket_t gatehouse_curl_open_socket(const struct curl_sockaddr *_Nonnull address)
{
    long type = address->socktype | SOCK_CLOEXEC;
    return (curl_socket_t)syscall(SYS_socket, (long)address->family, type, (long)address->protocol);
}

// MARK: Lists

/// Copies the text; NULL where memory is short, and the list is as it was.
static inline struct curl_slist *_Nullable gatehouse_curl_slist_append(
    struct curl_slist *_Nullable list, const char *_Nonnull text)
{
    return gatehouse_curl_library.slist_append(list, text);
}

static inline void gatehouse_curl_slist_free_all(struct curl_slist *_Nullable list)
{
    gatehouse_curl_library.slist_free_all(list);
}

// MARK: Multi handle

static inline CURLM *_Nullable gatehouse_curl_multi_init(void)
{
    return gatehouse_curl_library.multi_init();
}

static inline void gatehouse_curl_multi_cleanup(CURLM *_Nonnull multi)
{
    gatehouse_curl_library.multi_cleanup(multi);
}

static inline CURLMcode gatehouse_curl_multi_add_handle(CURLM *_Nonnull multi, CURL *_Nonnull handle)
{
    return gatehouse_curl_library.multi_add_handle(multi, handle);
}

static inline void gatehouse_curl_multi_remove_handle(CURLM *_Nonnull multi, CURL *_Nonnull handle)
{
    gatehouse_curl_library.multi_remove_handle(multi, handle);
}

static inline CURLMcode gatehouse_curl_multi_perform(CURLM *_Nonnull multi, int *_Nonnull running)
{
    return gatehouse_curl_library.multi_perform(multi, running);
}

static inline void gatehouse_curl_multi_socket_action(
    CURLM *_Nonnull multi, curl_socket_t socket, int events, int *_Nonnull running)
{
    gatehouse_curl_library.multi_socket_action(multi, socket, events, running);
}

static inline void gatehouse_curl_multi_poll(
    CURLM *_Nonnull multi, struct curl_waitfd *_Nullable others, unsigned int count, int milliseconds)
{
    gatehouse_curl_library.multi_poll(multi, others, count, milliseconds, NULL);
}

static inline void gatehouse_curl_multi_wakeup(CURLM *_Nonnull multi)
{
    gatehouse_curl_library.multi_wakeup(multi);
}

static inline CURLMcode gatehouse_curl_multi_set_long(CURLM *_Nonnull multi, CURLMoption option, long value)
{
    return gatehouse_curl_library.multi_setopt(multi, option, value);
}

typedef int (*gatehouse_curl_socket_function)(
    CURL *_Nullable handle, curl_socket_t socket, int what, void *_Nullable context, void *_Nullable socket_context);
typedef int (*gatehouse_curl_timer_function)(CURLM *_Nullable multi, long milliseconds, void *_Nullable context);

/// Lets libcurl say which sockets a multi handle waits for, and how long, instead of waiting itself.
static inline CURLMcode gatehouse_curl_multi_set_callbacks(
    CURLM *_Nonnull multi, void *_Nonnull context, gatehouse_curl_socket_function _Nonnull on_socket,
    gatehouse_curl_timer_function _Nonnull on_timer)
{
    CURLMcode result = gatehouse_curl_library.multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    if (result == CURLM_OK)
        result = gatehouse_curl_library.multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    if (result == CURLM_OK)
        result = gatehouse_curl_library.multi_setopt(multi, CURLMOPT_TIMERDATA, context);
    if (result == CURLM_OK)
        result = gatehouse_curl_library.multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    return result;
}

/// The next finished transfer, or NULL. `CURLMsg` holds a C union, which Swift sees as bytes only.
static inline CURL *_Nullable gatehouse_curl_multi_next_done(CURLM *_Nonnull multi, CURLcode *_Nonnull result)
{
    int left = 0;
    CURLMsg *message;
    while ((message = gatehouse_curl_library.multi_info_read(multi, &left))) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}

// MARK: Pinned certificate

/// SHA-256 of a certificate's DER form.
enum { GATEHOUSE_CURL_PIN_BYTES = 32 };

static inline int gatehouse_curl_certificate_has_pin(X509 *_Nullable certificate, const void *_Nonnull pin)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int count = 0;
    return certificate && X509_digest(certificate, EVP_sha256(), digest, &count) == 1
        && count == GATEHOUSE_CURL_PIN_BYTES && CRYPTO_memcmp(digest, pin, GATEHOUSE_CURL_PIN_BYTES) == 0;
}

/// Stands in for the chain's verification: the leaf is the pinned certificate, or the handshake fails.
static inline int gatehouse_curl_verify_pin(X509_STORE_CTX *_Nonnull chain, void *_Nullable pin)
{
    if (pin && gatehouse_curl_certificate_has_pin(X509_STORE_CTX_get0_cert(chain), pin)) {
        X509_STORE_CTX_set_error(chain, X509_V_OK);
        return 1;
    }
    X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REJECTED);
    return 0;
}

static inline CURLcode gatehouse_curl_set_up_context(
    CURL *_Nullable handle, void *_Nullable context, void *_Nullable pin)
{
    (void)handle;
    if (!context)
        return CURLE_SSL_CONNECT_ERROR;
    // The pin is for the first handshake; nothing is verified later.
    // Replies hold tokens, which OpenSSL would keep in its buffer until the next one comes.
    gatehouse_curl_library.SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CLEANSE_PLAINTEXT);
    if (pin)
        gatehouse_curl_library.SSL_CTX_set_cert_verify_callback(context, gatehouse_curl_verify_pin, pin);
    return CURLE_OK;
}

/// Sets up TLS beyond libcurl's options. With a pin, the certificate with this SHA-256 is trusted and no other; the pin
/// outlives every connection of the handle's multi.
static inline CURLcode gatehouse_curl_set_up_tls(CURL *_Nonnull handle, void *_Nullable pin)
{
    CURLcode result = gatehouse_curl_library.easy_setopt(handle, CURLOPT_SSL_CTX_DATA, pin);
    if (result == CURLE_OK)
        result = gatehouse_curl_library.easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, gatehouse_curl_set_up_context);
    return result;
}

/// Whether the connection that the handle uses right now was made to the pinned certificate.
///
/// libcurl does not know about the pin, so it may hand over a kept connection that was made under another one.
static inline int gatehouse_curl_connection_has_pin(CURL *_Nonnull handle, const void *_Nonnull pin)
{
    struct curl_tlssessioninfo *session = NULL;
    CURLcode result = gatehouse_curl_library.easy_getinfo(handle, CURLINFO_TLS_SSL_PTR, &session);
    if (result != CURLE_OK || !session || !session->internals || session->backend != CURLSSLBACKEND_OPENSSL)
        return 0;
    X509 *certificate = gatehouse_curl_library.SSL_get1_peer_certificate((SSL *)session->internals);
    int matches = gatehouse_curl_certificate_has_pin(certificate, pin);
    X509_free(certificate);
    return matches;
}
