/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_FILE_H
#define CHURN_BASE_FILE_H

#include "base/heap.h"

/* The one place where the library opens files. */

typedef enum churn__file_result {
    CHURN__FILE_OK,
    CHURN__FILE_MISSING, /* no such file, or a part of the path is not a folder */
    CHURN__FILE_DENIED,  /* no permission */
    CHURN__FILE_KIND,    /* a folder, pipe or device */
    CHURN__FILE_TOO_BIG, /* more than `max` bytes */
    CHURN__FILE_IO,
    CHURN__FILE_NOMEM
} churn__file_result;

/* Read a whole regular file of at most `max` bytes. `*data` has size bytes and a NUL after them;
 * free it with churn__free(heap, data, size + 1). Both are untouched on failure. */
churn__file_result churn__file_read(churn__heap *heap, const char *path, size_t max, char **data,
                                    size_t *size);
/* "no such file" and so on, for messages; never NULL. */
const char *churn__file_result_text(churn__file_result result);

#endif
