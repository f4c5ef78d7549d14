// Gatehouse. SPDX-License-Identifier: Apache-2.0

#pragma once

// libcurl brings some thirty libraries with it. They are loaded with the first transfer, so that a daemon which only
// answers from what it holds starts without them; docs/decisions/libcurl.md has the figures.

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <openssl/ssl.h>

/// Every function of libcurl that is called, by its name after `curl_`.
#define GATEHOUSE_CURL_FUNCTIONS(each) \
    each(easy_cleanup) \
    each(easy_getinfo) \
    each(easy_init) \
    each(easy_pause) \
    each(easy_perform) \
    each(easy_recv) \
    each(easy_send) \
    each(easy_setopt) \
    each(global_init_mem) \
    each(multi_add_handle) \
    each(multi_cleanup) \
    each(multi_info_read) \
    each(multi_init) \
    each(multi_perform) \
    each(multi_poll) \
    each(multi_remove_handle) \
    each(multi_setopt) \
    each(multi_socket_action) \
    each(multi_wakeup) \
    each(slist_append) \
    each(slist_free_all)

/// Those of libssl, which libcurl brings; libcrypto is linked.
#define GATEHOUSE_SSL_FUNCTIONS(each) \
    each(SSL_CTX_set_cert_verify_callback) \
    each(SSL_CTX_set_options) \
    each(SSL_get1_peer_certificate)

#define GATEHOUSE_CURL_MEMBER(name) __typeof__(curl_##name) *_Nonnull name;
#define GATEHOUSE_SSL_MEMBER(name) __typeof__(name) *_Nonnull name;

struct gatehouse_curl_library {
    GATEHOUSE_CURL_FUNCTIONS(GATEHOUSE_CURL_MEMBER)
    GATEHOUSE_SSL_FUNCTIONS(GATEHOUSE_SSL_MEMBER)
};

/// Filled by ``gatehouse_curl_load``, and never changed afterwards.
extern struct gatehouse_curl_library gatehouse_curl_library;

/// Loads libcurl and libssl and finds every function; NULL, or what the dynamic linker said, which is valid until this
/// thread loads again. One call at a time, and none once libcurl is used.
const char *_Nullable gatehouse_curl_load(void);
