/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <string.h>

#include "base/checked.h"
#include "base/num.h"

#define BUF_FIRST ((size_t)64)

void churn__buf_init(churn__buf *buf, churn__heap *heap)
{
    *buf = (churn__buf){.heap = heap};
}

void churn__buf_clear(churn__buf *buf)
{
    churn__free_wiped(buf->heap, buf->data, buf->capacity);
    churn__buf_init(buf, buf->heap);
}

void churn__buf_reset(churn__buf *buf)
{
    buf->size = 0;
    buf->failed = false;
    if (buf->data != NULL) {
        buf->data[0] = '\0';
    }
}

/* Room for `more` bytes and the NUL. */
static bool buf_reserve(churn__buf *buf, size_t more)
{
    size_t need = 0;
    if (buf->failed || !churn__add_size(buf->size, more, &need) ||
        !churn__add_size(need, 1, &need)) {
        return false;
    }
    if (buf->data != NULL && need <= buf->capacity) {
        return true;
    }
    need = need < BUF_FIRST ? BUF_FIRST : need;
    void *data = buf->data;
    if (!churn__grow_wiped(buf->heap, &data, &buf->capacity, need, 1)) {
        return false;
    }
    buf->data = data;
    return true;
}

void churn__buf_bytes(churn__buf *buf, const void *data, size_t size)
{
    if (!buf_reserve(buf, size)) {
        buf->failed = true;
        return;
    }
    if (size > 0) {
        memcpy(buf->data + buf->size, data, size);
    }
    buf->size += size;
    buf->data[buf->size] = '\0';
}

void churn__buf_str(churn__buf *buf, churn_str s)
{
    churn__buf_bytes(buf, s.ptr, s.len);
}

void churn__buf_text(churn__buf *buf, const char *nts)
{
    churn__buf_bytes(buf, nts, strlen(nts));
}

void churn__buf_char(churn__buf *buf, char c)
{
    churn__buf_bytes(buf, &c, 1);
}

void churn__buf_int(churn__buf *buf, int64_t value)
{
    char text[24];
    churn__buf_bytes(buf, text, churn__int_print(value, text));
}

void churn__buf_double(churn__buf *buf, double value)
{
    char text[CHURN__DOUBLE_CHARS];
    churn__buf_bytes(buf, text, churn__double_print(value, text));
}

void churn__buf_fixed(churn__buf *buf, double value, int decimals)
{
    char text[352]; /* the largest double has 309 digits before the point */
    churn__buf_bytes(buf, text, churn__double_fixed(value, decimals, text, sizeof text));
}

void churn__buf_u8(churn__buf *buf, uint8_t v)
{
    churn__buf_bytes(buf, &v, 1);
}

void churn__buf_u32(churn__buf *buf, uint32_t v)
{
    uint8_t bytes[4];
    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(v >> (8 * i));
    }
    churn__buf_bytes(buf, bytes, sizeof bytes);
}

void churn__buf_u64(churn__buf *buf, uint64_t v)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(v >> (8 * i));
    }
    churn__buf_bytes(buf, bytes, sizeof bytes);
}

void churn__buf_f64(churn__buf *buf, double v)
{
    uint64_t bits = 0;
    memcpy(&bits, &v, sizeof bits);
    churn__buf_u64(buf, bits);
}

void churn__buf_lenstr(churn__buf *buf, churn_str s)
{
    if (s.ptr == NULL) {
        churn__buf_u32(buf, UINT32_MAX);
    } else if (s.len >= UINT32_MAX) {
        buf->failed = true;
    } else {
        churn__buf_u32(buf, (uint32_t)s.len);
        churn__buf_str(buf, s);
    }
}

churn_str churn__buf_view(const churn__buf *buf)
{
    return buf->data == NULL ? (churn_str){"", 0} : (churn_str){buf->data, buf->size};
}

/* The next `size` bytes, NULL past the end. */
static const uint8_t *read_bytes(churn__reading *in, size_t size)
{
    if (in->failed || size > in->size - in->at) {
        in->failed = true;
        return NULL;
    }
    const uint8_t *bytes = in->data + in->at;
    in->at += size;
    return bytes;
}

static uint64_t read_little(churn__reading *in, unsigned size)
{
    const uint8_t *bytes = read_bytes(in, size);
    uint64_t v = 0;
    for (unsigned i = 0; bytes != NULL && i < size; i++) {
        v |= (uint64_t)bytes[i] << (8 * i);
    }
    return v;
}

uint8_t churn__read_u8(churn__reading *in)
{
    return (uint8_t)read_little(in, 1);
}

uint32_t churn__read_u32(churn__reading *in)
{
    return (uint32_t)read_little(in, 4);
}

uint64_t churn__read_u64(churn__reading *in)
{
    return read_little(in, 8);
}

double churn__read_f64(churn__reading *in)
{
    uint64_t bits = read_little(in, 8);
    double v = 0;
    memcpy(&v, &bits, sizeof v);
    return v;
}

churn_str churn__read_lenstr(churn__reading *in)
{
    uint32_t len = churn__read_u32(in);
    if (in->failed || len == UINT32_MAX) {
        return (churn_str){NULL, 0};
    }
    const uint8_t *bytes = read_bytes(in, len);
    return bytes == NULL ? (churn_str){NULL, 0} : (churn_str){(const char *)bytes, len};
}
