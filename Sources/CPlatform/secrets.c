// Gatehouse. SPDX-License-Identifier: Apache-2.0

// Memory for secrets. Small blocks come out of chunks of 64 KiB by sizes of powers of two; what is freed is overwritten and
// kept for the next of its size. Chunks are never given back: a daemon holds a few hundred tokens and sessions.

#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

enum { SMALLEST_SHIFT = 5, LARGEST_SHIFT = 12, CHUNK = 64 << 10 };

struct free_block {
    struct free_block *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct free_block *free_blocks[LARGEST_SHIFT + 1];
static char *chunk;
static size_t chunk_left;
static int worst = GATEHOUSE_SECRETS_UNREACHABLE;

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

// Puts pages at an address that neither the kernel nor another process can read, and that are never swapped
// (memfd_secret(2)).
static void *map_unreachable(void *address, size_t count)
{
    int descriptor = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
    if (descriptor < 0)
        return MAP_FAILED;
    void *memory = MAP_FAILED;
    if (ftruncate(descriptor, (off_t)count) == 0)
        memory = mmap(address, count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor, 0);
    close(descriptor);
    if (memory != MAP_FAILED)
        madvise(memory, count, MADV_DONTFORK);
    return memory;
}

// A mapping of its own between two pages that nobody may touch.
static void *map(size_t count)
{
    size_t page = page_size();
    int kind = GATEHOUSE_SECRETS_UNREACHABLE;
    char *room = mmap(NULL, count + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return NULL;
    void *memory = map_unreachable(room + page, count);
    if (memory == MAP_FAILED) {
        memory = mmap(
            room + page, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (memory == MAP_FAILED) {
            munmap(room, count + 2 * page);
            return NULL;
        }
        // Only pages that are used are held.
        kind = mlock2(memory, count, MLOCK_ONFAULT) == 0 ? GATEHOUSE_SECRETS_LOCKED : GATEHOUSE_SECRETS_PLAIN;
        madvise(memory, count, MADV_WIPEONFORK);
    }
    madvise(memory, count, MADV_DONTDUMP);
    if (kind < worst)
        worst = kind;
    return memory;
}

static int shift_of(size_t count)
{
    int shift = SMALLEST_SHIFT;
    while (((size_t)1 << shift) < count)
        shift++;
    return shift;
}

static size_t whole_pages(size_t count)
{
    size_t page = page_size();
    return (count + page - 1) / page * page;
}

static void *take(int shift)
{
    size_t size = (size_t)1 << shift;
    struct free_block *block = free_blocks[shift];
    if (block) {
        free_blocks[shift] = block->next;
        block->next = NULL;
        return block;
    }
    if (chunk_left < size) {
        char *next = map(CHUNK);
        if (!next)
            return NULL;
        chunk = next;
        chunk_left = CHUNK;
    }
    chunk_left -= size;
    return chunk + chunk_left;
}

void *gatehouse_secret_allocate(size_t count)
{
    pthread_mutex_lock(&lock);
    void *memory;
    if (count > SIZE_MAX / 2)
        memory = NULL;
    else
        memory = count > (size_t)1 << LARGEST_SHIFT ? map(whole_pages(count)) : take(shift_of(count));
    pthread_mutex_unlock(&lock);
    return memory;
}

void gatehouse_secret_free(void *memory, size_t count)
{
    if (!memory)
        return;
    explicit_bzero(memory, count);
    if (count > (size_t)1 << LARGEST_SHIFT) {
        size_t page = page_size();
        munmap((char *)memory - page, whole_pages(count) + 2 * page);
        return;
    }
    pthread_mutex_lock(&lock);
    struct free_block *block = memory;
    int shift = shift_of(count);
    block->next = free_blocks[shift];
    free_blocks[shift] = block;
    pthread_mutex_unlock(&lock);
}

int gatehouse_secret_memory(void)
{
    pthread_mutex_lock(&lock);
    int kind = worst;
    pthread_mutex_unlock(&lock);
    return kind;
}
