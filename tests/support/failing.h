/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_FAILING_H
#define CHURN_TESTS_FAILING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <churn/options.h>

/* An allocator that refuses its nth request, once or from then on, and that counts what is out.
 * Every block carries its size, so that a wrong `old_size` is noticed. Not for several threads. */
typedef struct failing {
    uint64_t requests; /* so far */
    uint64_t fail_at;  /* from 1; 0: never */
    bool for_ever;
    bool mismatch; /* somebody gave a wrong size back */
    int64_t blocks, bytes;
} failing;

static inline bool failing_refuses(failing *f)
{
    f->requests++;
    return f->fail_at != 0 &&
           (f->requests == f->fail_at || (f->for_ever && f->requests > f->fail_at));
}

static inline void *failing_resize(void *user_data, void *ptr, size_t old_size, size_t new_size)
{
    failing *f = user_data;
    max_align_t *head = ptr == NULL ? NULL : (max_align_t *)ptr - 1;
    if (head != NULL && *(size_t *)(void *)head != old_size) {
        f->mismatch = true;
    }
    if (new_size > 0 && failing_refuses(f)) {
        return NULL;
    }
    f->bytes += (int64_t)new_size - (ptr == NULL ? 0 : (int64_t)old_size);
    f->blocks += (new_size > 0) - (ptr != NULL);
    if (new_size == 0) {
        free(head);
        return NULL;
    }
    head = realloc(head, sizeof *head + new_size);
    if (head == NULL) {
        abort();
    }
    *(size_t *)(void *)head = new_size;
    return head + 1;
}

static inline churn_allocator failing_allocator(failing *f)
{
    return (churn_allocator){f, failing_resize};
}

#endif
