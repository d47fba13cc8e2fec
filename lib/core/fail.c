/* SPDX-License-Identifier: MIT */
#include "core/fail.h"

#include <string.h>

void churn_error_init(churn_error *err, uint32_t size)
{
    if (err == NULL || size < sizeof *err) {
        return;
    }
    *err = (churn_error){.struct_size = size, .row = CHURN_ROW_NONE};
}

/* A struct shorter than the first release's is none that we know: it stays as it is. */
static bool err_writable(const churn_error *err)
{
    return err != NULL && err->struct_size >= sizeof *err;
}

/* The message is built aside, because an argument may be the message of the same struct. */
static void err_write(churn_error *err, const churn_error *head, const char *format, va_list args)
{
    char message[sizeof err->message];
    size_t size = churn__formatv(message, sizeof message, format, args);
    uint32_t struct_size = err->struct_size;
    *err = *head;
    err->struct_size = struct_size;
    memcpy(err->message, message, size + 1);
}

churn_status churn__fail(churn_error *err, churn_status status, int32_t detail, const char *format,
                         ...)
{
    if (err_writable(err)) {
        churn_error head = {.status = status, .detail = detail, .row = CHURN_ROW_NONE};
        va_list args;
        va_start(args, format);
        err_write(err, &head, format, args);
        va_end(args);
    }
    return status;
}

churn_status churn__fail_at(churn_error *err, churn_status status, int32_t detail, uint32_t line,
                            uint32_t column, uint64_t row, const char *format, ...)
{
    if (err_writable(err)) {
        churn_error head = {
            .status = status, .detail = detail, .line = line, .column = column, .row = row};
        va_list args;
        va_start(args, format);
        err_write(err, &head, format, args);
        va_end(args);
    }
    return status;
}

churn_status churn__fail_memory(churn_error *err, const churn__heap *heap)
{
    if (heap != NULL && churn__heap_hit_limit(heap)) {
        return churn__fail(err, CHURN_E_LIMIT, 0, "memory: the limit memory_bytes was reached");
    }
    return churn__fail(err, CHURN_E_NOMEM, 0, "memory: the allocator gave none");
}

churn_status churn__fail_null(churn_error *err, const char *function, const char *what)
{
    return churn__fail(err, CHURN_E_ARG, 0, "%s: %s must not be NULL", function, what);
}
