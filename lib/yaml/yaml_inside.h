/* SPDX-License-Identifier: MIT */
#ifndef CHURN_YAML_YAML_INSIDE_H
#define CHURN_YAML_YAML_INSIDE_H

#include "yaml/yaml.h"

#define YAML_KEY_MAX 256 /* bytes of a key */

/* What a reading collects. Findings are copied into the arena at the end. */
typedef struct yaml_findings {
    churn__heap *heap;
    churn__arena *arena;
    churn__yaml_finding *data;
    size_t count, capacity;
    bool failed; /* no memory */
} yaml_findings;

void yaml_finding_add(yaml_findings *to, int32_t code, uint64_t line, uint64_t column,
                      const char *format, ...);

/* Line and column (from 1, in code points) of a byte of UTF-8 text, by libyaml's idea of a line. */
void yaml_position(churn_str text, size_t offset, uint64_t *line, uint64_t *column);

/* Look at the bytes before libyaml does: NUL, UTF-8, directives (whose scanning is quadratic in
 * libyaml 0.2.5). False: there is a finding. */
bool yaml_scan(churn_str text, yaml_findings *findings);

/*
 * JSON writes characters beyond U+FFFF as two escapes, a surrogate pair, which libyaml refuses. A
 * pair (12 characters) is put as one long escape (10) and two noncharacters, so that no position
 * moves; they are taken out of the scalar's value afterwards.
 */
typedef struct yaml_pairs {
    churn_str text; /* to be parsed: the caller's own, or `copy` */
    churn_str original;
    char *copy;
    size_t copy_size;
    size_t *offsets; /* of the pairs, in the original */
    size_t count, capacity;
    size_t next, counted, points; /* cursor of yaml_pairs_restore(): pair, byte, code points */
} yaml_pairs;

bool yaml_pairs_find(churn__heap *heap, churn_str text, yaml_pairs *out); /* false: no memory */
void yaml_pairs_clear(churn__heap *heap, yaml_pairs *pairs);
/* Undo what stands in a value, in place; returns its new length. In a double-quoted scalar the
 * noncharacters go; in others, which do not know escapes, the pair comes back as it was written. */
size_t yaml_pairs_restore(yaml_pairs *pairs, bool double_quoted, size_t start, char *value,
                          size_t len);

#endif
