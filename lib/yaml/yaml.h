/* SPDX-License-Identifier: MIT */
#ifndef CHURN_YAML_YAML_H
#define CHURN_YAML_YAML_H

#include "base/arena.h"
#include "core/fail.h"

/*
 * YAML text to a tree with positions, through libyaml's event API, under limits: no anchors,
 * aliases, merge keys, tags, directives or second documents; no duplicate keys; bounded size,
 * depth, events and scalars. JSON with surrogate pairs is accepted.
 */
typedef enum churn__yaml_kind {
    CHURN__YAML_SCALAR = 1,
    CHURN__YAML_SEQUENCE,
    CHURN__YAML_MAP
} churn__yaml_kind;

typedef struct churn__yaml_node {
    churn__yaml_kind kind;
    uint32_t line, column; /* from 1; columns in code points */
    bool plain;            /* a scalar without quotes, which may be a number, true or false */
    bool bad;              /* false here; for readers of the tree to note what they found wrong */
    bool one_line; /* a scalar whose text stands as it is on its line, so that positions inside
                      it can be told: plain, or quoted without escapes (the text then begins
                      a column after the node) */
    bool block;    /* a scalar introduced by | or > */
    uint32_t end_line, end_column; /* of a scalar: behind it; of a block the line behind it */
    churn_str text;                /* scalar */
    churn_str meaning; /* {NULL, 0} here; for readers to note how else the text could be spelled */
    uint32_t count;    /* items of a sequence, entries of a map */
    struct churn__yaml_node **items; /* values */
    struct churn__yaml_node **keys;  /* of a map: scalars */
} churn__yaml_node;

/* What is wrong with a text: one call reports the first fault of syntax, and every duplicate key.
 */
typedef struct churn__yaml_finding {
    int32_t code; /* CHURN__YAML_* */
    uint32_t line, column;
    churn_str message; /* in the arena */
} churn__yaml_finding;

#define CHURN__YAML_SYNTAX 101
#define CHURN__YAML_TOO_LARGE 102
#define CHURN__YAML_TOO_DEEP 103
#define CHURN__YAML_TOO_MANY 104
#define CHURN__YAML_SCALAR_TOO_LONG 105
#define CHURN__YAML_NOT_UTF8 106
#define CHURN__YAML_NUL 107
#define CHURN__YAML_DIRECTIVE 108
#define CHURN__YAML_ANCHOR 109
#define CHURN__YAML_ALIAS 110
#define CHURN__YAML_TAG 111
#define CHURN__YAML_DOCUMENTS 112
#define CHURN__YAML_DUPLICATE 113
#define CHURN__YAML_EMPTY 114
#define CHURN__YAML_KEY 115 /* a key that is no scalar, or too long */
#define CHURN__YAML_MERGE 116

/* The tree and the findings live in the arena. CHURN_OK with findings means that the text has
 * faults and *root may be NULL; other statuses are NOMEM. */
churn_status churn__yaml_read(churn__arena *arena, const churn_limits *limits, churn_str text,
                              churn__yaml_node **root, churn__yaml_finding **findings,
                              uint32_t *finding_count, churn_error *err);

/* The value of a key, or NULL. */
churn__yaml_node *churn__yaml_get(const churn__yaml_node *map, churn_str key);

#endif
