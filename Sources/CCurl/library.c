// Gatehouse. SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdint.h>

#include "CCurl.h"

// OpenSSL's exit handler would free what other threads still use while the process ends. What is asked for first holds.
__attribute__((constructor)) static void keep_openssl_until_the_end(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}

#define CURL_SONAME "libcurl.so.4"

struct gatehouse_curl_library gatehouse_curl_library;

// By the handle of libcurl, so that libssl is the one which libcurl uses: dlsym(3) looks into what a library brings.
#define FIND_CURL(name) \
    if (!(found.name = (__typeof__(curl_##name) *)dlsym(library, "curl_" #name))) \
        return dlerror();
#define FIND_SSL(name) \
    if (!(found.name = (__typeof__(name) *)dlsym(library, #name))) \
        return dlerror();

const char *_Nullable gatehouse_curl_load(void)
{
    void *library = dlopen(CURL_SONAME, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return dlerror();
    struct gatehouse_curl_library found;
    GATEHOUSE_CURL_FUNCTIONS(FIND_CURL)
    GATEHOUSE_SSL_FUNCTIONS(FIND_SSL)
    gatehouse_curl_library = found;
    return NULL;
}

// What is loaded later is named in the program, so that packaging tools and initrd builders can see it: "ELF dlopen
// Metadata" of the UAPI Group's specifications.

#define NOTE_OWNER "FDO"
#define NOTE_TYPE 0x407c0c0a
#define NOTE_TEXT \
    "[{\"feature\":\"transfer\",\"description\":\"HTTPS and SFTP\",\"priority\":\"required\",\"soname\":[\"" CURL_SONAME "\"]}]"

__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct {
    Elf64_Nhdr header;
    char owner[sizeof NOTE_OWNER];
    char text[sizeof NOTE_TEXT];
} dlopen_note = {
    {sizeof NOTE_OWNER, sizeof NOTE_TEXT, NOTE_TYPE},
    NOTE_OWNER,
    NOTE_TEXT,
};
