/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_SHARED_H
#define CHURN_TESTS_SHARED_H

#include "support.h"

/* Data and golden numbers from outside the project: in the folder CHURN_SHARED, by default `shared`
 * beside the source root. Tests skip what is not there. */

/* The whole file and a NUL; NULL: not there. Free with free(). */
static inline char *shared_file(const char *name)
{
    const char *shared = getenv("CHURN_SHARED"), *root = getenv("CHURN_SOURCE_ROOT");
    char path[1024];
    FILE *file = NULL;
    char *text = NULL;
    long size = 0;
    if (shared != NULL) {
        snprintf(path, sizeof path, "%s/%s", shared, name);
    } else {
        snprintf(path, sizeof path, "%s/../shared/%s", root == NULL ? "." : root, name);
    }
    file = fopen(path, "rb");
    if (file == NULL) {
        print_message("# %s is not there: set CHURN_SHARED\n", name);
        return NULL;
    }
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    text = malloc((size_t)size + 1);
    if (text != NULL) {
        text[fread(text, 1, (size_t)size, file)] = '\0';
    }
    fclose(file);
    return text;
}

#define MOST_CELLS 32

/* The next row of a CSV without quotes, its cells NUL-terminated in place. 0: no more. */
static inline int csv_row(char **at, char *cells[MOST_CELLS])
{
    int count = 0;
    char *p = *at;
    if (*p == '\0') {
        return 0;
    }
    cells[count++] = p;
    for (; *p != '\0' && *p != '\n'; p++) {
        if (*p == ',' && count < MOST_CELLS) {
            *p = '\0';
            cells[count++] = p + 1;
        } else if (*p == '\r') {
            *p = '\0';
        }
    }
    *at = *p == '\0' ? p : p + 1;
    *p = '\0';
    return count;
}

#endif
