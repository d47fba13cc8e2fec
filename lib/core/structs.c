/* SPDX-License-Identifier: MIT */
#include "core/fail.h"

#include <string.h>

/* A versioned struct holds its size and at least one field of four bytes. Nothing public is nearly
 * as long as the largest: a size beyond it is memory that was never initialised. */
#define STRUCT_SMALLEST 8u
#define STRUCT_LARGEST 65536u

static churn_status size_check(uint32_t size, const char *what, churn_error *err)
{
    if (size >= STRUCT_SMALLEST && size <= STRUCT_LARGEST) {
        return CHURN_OK;
    }
    return churn__fail(err, CHURN_E_ABI, 0, "%s: struct_size is %u, set it to sizeof the struct",
                       what, (uint64_t)size);
}

static bool is_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

churn_status churn__copy_struct(void *to, uint32_t known, const void *from, const char *what,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t size = 0;
    memset(to, 0, known);
    if (from == NULL) {
        goto done;
    }
    memcpy(&size, from, sizeof size);
    CHURN_TRY(size_check(size, what, err));
    if (size > known && !is_zero((const unsigned char *)from + known, size - known)) {
        CHURN_FAIL(CHURN_E_ABI, 0,
                   "%s: a field is set that this version of the library does not know", what);
    }
    memcpy(to, from, size < known ? size : known);
    memcpy(to, &known, sizeof known);
done:
    return st;
}

churn_status churn__check_struct(const void *to, const char *what, churn_error *err)
{
    uint32_t size = 0;
    if (to == NULL) {
        return CHURN_OK;
    }
    memcpy(&size, to, sizeof size);
    return size_check(size, what, err);
}

churn_status churn__give_struct(void *to, const void *from, uint32_t known, const char *what,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t size = 0;
    if (to == NULL) {
        goto done;
    }
    memcpy(&size, to, sizeof size);
    CHURN_TRY(size_check(size, what, err));
    uint32_t shared = size < known ? size : known;
    memcpy(to, from, shared);
    memcpy(to, &size, sizeof size);
    memset((unsigned char *)to + shared, 0, size - shared);
done:
    return st;
}

churn_status churn__take_str(const char *s, size_t len, bool optional, size_t max, const char *what,
                             churn_str *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str str = churn__str_arg(s, len);
    if (str.ptr == NULL && !optional) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: must not be NULL", what);
    }
    if (str.len > max) {
        CHURN_FAIL(CHURN_E_LIMIT, 0, "%s: %u bytes, at most %u are allowed", what,
                   (uint64_t)str.len, (uint64_t)max);
    }
    size_t fault = churn__utf8_fault(str.ptr, str.len);
    if (fault != SIZE_MAX) {
        CHURN_FAIL(CHURN_E_UTF8, 0, "%s: not UTF-8 from byte %u on", what, (uint64_t)fault);
    }
    if (str.len > 0 && memchr(str.ptr, '\0', str.len) != NULL) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: contains a NUL", what);
    }
    *out = str;
done:
    return st;
}
