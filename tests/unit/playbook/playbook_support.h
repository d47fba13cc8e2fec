/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_PLAYBOOK_SUPPORT_H
#define CHURN_TESTS_PLAYBOOK_SUPPORT_H

#include "support.h"

#include "playbook/playbook.h"

/* One call of the compiler with everything that comes out of it. */
typedef struct compiled {
    churn_playbook *playbook;
    churn_table *diagnostics;
    churn_error err;
    churn_status status;
} compiled;

static inline compiled compile_with(const char *text, size_t len,
                                    const churn_playbook_options *options)
{
    compiled c = {.err = {.struct_size = sizeof c.err}};
    c.status = churn_playbook_parse(text, len, options, &c.playbook, &c.diagnostics, &c.err);
    assert_true((c.status == CHURN_OK) == (c.playbook != NULL));
    return c;
}

static inline void compiled_free(compiled *c)
{
    churn_table_free(c->diagnostics);
    churn_playbook_free(c->playbook);
    *c = (compiled){0};
}

static inline const char *cell_text(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_string(table, row, churn_table_find(table, column, CHURN_NTS)).ptr;
}

static inline int64_t cell_int(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_int(table, row, churn_table_find(table, column, CHURN_NTS));
}

/* A text that must compile; what is wrong is shown. */
static inline churn_playbook *compile_good(const char *text)
{
    compiled c = compile_with(text, CHURN_NTS, NULL);
    if (c.status != CHURN_OK) {
        fail_msg("%s", c.err.message);
    }
    churn_table_free(c.diagnostics);
    return c.playbook;
}

static inline void source_path(char *out, size_t cap, const char *name)
{
    const char *root = getenv("CHURN_SOURCE_ROOT");
    snprintf(out, cap, "%s/%s", root == NULL ? "." : root, name);
}

/* A file of the source tree, whole; NULL: not there. Free with free(). */
static inline char *source_file(const char *name, size_t *size)
{
    char path[1024];
    source_path(path, sizeof path, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*size + 1);
    if (text != NULL) {
        *size = fread(text, 1, *size, file);
        text[*size] = '\0';
    }
    fclose(file);
    return text;
}

#endif
