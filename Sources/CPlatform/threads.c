// Gatehouse. SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <semaphore.h>

enum { NANOSECONDS = 1000000000 };

int gatehouse_wait(void *semaphore, int64_t nanoseconds)
{
    struct timespec until;
    if (clock_gettime(CLOCK_MONOTONIC, &until) < 0) return -errno;
    int64_t of_second = until.tv_nsec + nanoseconds % NANOSECONDS;
    until.tv_sec += nanoseconds / NANOSECONDS + of_second / NANOSECONDS;
    until.tv_nsec = of_second % NANOSECONDS;
    while (sem_clockwait(semaphore, CLOCK_MONOTONIC, &until) < 0)
        if (errno != EINTR) return -errno;
    return 0;
}
