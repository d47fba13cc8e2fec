/* SPDX-License-Identifier: MIT */
#include "base/dict.h"

#include <errno.h>
#include <sys/random.h>

bool churn__random_bytes(void *out, size_t size)
{
    uint8_t *bytes = out;
    while (size > 0) {
        ssize_t got = getrandom(bytes, size, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        bytes += got;
        size -= (size_t)got;
    }
    return true;
}
