// Gatehouse. SPDX-License-Identifier: Apache-2.0

#pragma once

// SHA-256 of what is uploaded, HMAC-SHA-1 of one-time passwords, HKDF and AES-256-GCM for the state that outlives the
// process. docs/decisions/libcrypto.md says why libcrypto.

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
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

/// 1 when `count` bytes that nobody can guess were written.
static inline int gatehouse_crypto_random(unsigned char *_Nonnull bytes, int count)
{
    return RAND_bytes(bytes, count) == 1;
}

/// HKDF with SHA-256 (RFC 5869). 1 when `count` bytes were written to `output`.
static inline int gatehouse_crypto_hkdf_sha256(
    const void *_Nullable key, size_t key_count, const unsigned char *_Nonnull salt, size_t salt_count,
    const unsigned char *_Nonnull info, size_t info_count, void *_Nullable output, size_t count)
{
    if (!key || !output || key_count == 0 || key_count > INT_MAX || salt_count > INT_MAX || info_count > INT_MAX)
        return 0;
    size_t written = count;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    int done = context && EVP_PKEY_derive_init(context) == 1
        && EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) == 1
        && EVP_PKEY_CTX_set1_hkdf_salt(context, salt, (int)salt_count) == 1
        && EVP_PKEY_CTX_set1_hkdf_key(context, (const unsigned char *)key, (int)key_count) == 1
        && EVP_PKEY_CTX_add1_hkdf_info(context, info, (int)info_count) == 1
        && EVP_PKEY_derive(context, (unsigned char *)output, &written) == 1 && written == count;
    EVP_PKEY_CTX_free(context);
    return done;
}

enum { GATEHOUSE_CRYPTO_AES_KEY_BYTES = 32, GATEHOUSE_CRYPTO_GCM_NONCE_BYTES = 12, GATEHOUSE_CRYPTO_GCM_TAG_BYTES = 16 };

/// AES-256-GCM (NIST SP 800-38D). 1 when `count` bytes and the tag were written.
static inline int gatehouse_crypto_gcm_seal(
    const void *_Nullable key, const unsigned char *_Nonnull nonce, const unsigned char *_Nonnull associated,
    size_t associated_count, const void *_Nullable plain, size_t count, unsigned char *_Nonnull sealed,
    unsigned char *_Nonnull tag)
{
    int written = 0;
    if (!key || !plain || count > INT_MAX || associated_count > INT_MAX)
        return 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done = context && EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, (const unsigned char *)key, nonce) == 1
        && EVP_EncryptUpdate(context, NULL, &written, associated, (int)associated_count) == 1
        && (count == 0 || EVP_EncryptUpdate(context, sealed, &written, (const unsigned char *)plain, (int)count) == 1)
        && EVP_EncryptFinal_ex(context, sealed + count, &written) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, GATEHOUSE_CRYPTO_GCM_TAG_BYTES, tag) == 1;
    EVP_CIPHER_CTX_free(context);
    return done;
}

/// 1 when the tag is that of these bytes under this key; only then is what stands in `plain` of use.
static inline int gatehouse_crypto_gcm_open(
    const void *_Nullable key, const unsigned char *_Nonnull nonce, const unsigned char *_Nonnull associated,
    size_t associated_count, const unsigned char *_Nonnull sealed, size_t count, const unsigned char *_Nonnull tag,
    void *_Nullable plain)
{
    int written = 0;
    if (!key || !plain || count > INT_MAX || associated_count > INT_MAX)
        return 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done = context && EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, (const unsigned char *)key, nonce) == 1
        && EVP_DecryptUpdate(context, NULL, &written, associated, (int)associated_count) == 1
        && (count == 0 || EVP_DecryptUpdate(context, (unsigned char *)plain, &written, sealed, (int)count) == 1)
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, GATEHOUSE_CRYPTO_GCM_TAG_BYTES, (void *)tag) == 1
        && EVP_DecryptFinal_ex(context, (unsigned char *)plain + count, &written) == 1;
    EVP_CIPHER_CTX_free(context);
    return done;
}
