// Gatehouse. SPDX-License-Identifier: Apache-2.0

#pragma once

// SHA-256 of what is uploaded, HMAC-SHA-1 of one-time passwords. docs/decisions/libcrypto.md says why libcrypto.

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stddef.h>

enum { GATEHOUSE_CRYPTO_SHA256_BYTES = 32 };

/// A running SHA-256, or NULL when memory is short. The caller frees it with EVP_MD_CTX_free.
static inline EVP_MD_CTX *_Nullable gatehouse_crypto_sha256_new(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(context);
        context = NULL;
    }
    return context;
}

/// 1 when the bytes were added.
static inline int gatehouse_crypto_sha256_add(
    EVP_MD_CTX *_Nonnull context, const void *_Nullable bytes, size_t count)
{
    return count == 0 || EVP_DigestUpdate(context, bytes, count) == 1;
}

/// 1 when `digest`, of GATEHOUSE_CRYPTO_SHA256_BYTES, was written. The context is used up.
static inline int gatehouse_crypto_sha256_end(EVP_MD_CTX *_Nonnull context, unsigned char *_Nonnull digest)
{
    return EVP_DigestFinal_ex(context, digest, NULL) == 1;
}

static inline void gatehouse_crypto_sha256_free(EVP_MD_CTX *_Nullable context)
{
    EVP_MD_CTX_free(context);
}

enum { GATEHOUSE_CRYPTO_SHA1_BYTES = 20 };

/// 1 when `digest`, of GATEHOUSE_CRYPTO_SHA1_BYTES, was written.
static inline int gatehouse_crypto_hmac_sha1(
    const void *_Nullable key, size_t key_count, const void *_Nullable message, size_t count,
    unsigned char *_Nonnull digest)
{
    unsigned int written = 0;
    if (key_count > INT_MAX)
        return 0;
    return HMAC(EVP_sha1(), key ? key : "", (int)key_count, message, count, digest, &written) != NULL
        && written == GATEHOUSE_CRYPTO_SHA1_BYTES;
}
