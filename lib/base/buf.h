/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_BUF_H
#define CHURN_BASE_BUF_H

#include "base/heap.h"

/*
 * A growable run of bytes. A failed append sets `failed` and every later one does nothing, so that
 * a chain of appends is checked once, at its end. The data are always NUL-terminated.
 */
typedef struct churn__buf {
    churn__heap *heap;
    char *data;
    size_t size, capacity;
    bool failed;
} churn__buf;

void churn__buf_init(churn__buf *buf, churn__heap *heap);
void churn__buf_clear(churn__buf *buf); /* frees */
void churn__buf_reset(churn__buf *buf); /* empties, keeps the memory */
void churn__buf_bytes(churn__buf *buf, const void *data, size_t size);
void churn__buf_str(churn__buf *buf, churn_str s);
void churn__buf_text(churn__buf *buf, const char *nts);
void churn__buf_char(churn__buf *buf, char c);
void churn__buf_int(churn__buf *buf, int64_t value);
void churn__buf_double(churn__buf *buf, double value);              /* shortest round trip */
void churn__buf_fixed(churn__buf *buf, double value, int decimals); /* see churn__double_fixed */
/* Little-endian binary, for saved state. */
void churn__buf_u8(churn__buf *buf, uint8_t v);
void churn__buf_u32(churn__buf *buf, uint32_t v);
void churn__buf_u64(churn__buf *buf, uint64_t v);
void churn__buf_f64(churn__buf *buf, double v);
void churn__buf_lenstr(churn__buf *buf,
                       churn_str s); /* u32 length, bytes; length UINT32_MAX: NULL */
/* A view of all, valid until the next change. */
churn_str churn__buf_view(const churn__buf *buf);

/* Reading the same bytes back: `failed` is set by the first read past the end and stays. */
typedef struct churn__reading {
    const uint8_t *data;
    size_t size, at;
    bool failed;
} churn__reading;

uint8_t churn__read_u8(churn__reading *in);
uint32_t churn__read_u32(churn__reading *in);
uint64_t churn__read_u64(churn__reading *in);
double churn__read_f64(churn__reading *in);
churn_str churn__read_lenstr(churn__reading *in); /* view of the input, not NUL-terminated */

/* A public buffer that owns a copy of the bytes; NULL: no memory. */
churn_buffer *churn__buffer_make(churn__heap *heap, const void *data, size_t size);

#endif
