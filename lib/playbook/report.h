/* SPDX-License-Identifier: MIT */
#ifndef CHURN_PLAYBOOK_REPORT_H
#define CHURN_PLAYBOOK_REPORT_H

#include <churn/table.h>

#include "base/arena.h"
#include "core/fail.h"

/* Findings about a file. Their codes come from diagnostics.csv, where they are explained. */
typedef enum diagnostic {
#define DIAGNOSTIC(number, name, severity, status) DIAGNOSTIC_##name = number,
#include "playbook/diagnostics.inc"
#undef DIAGNOSTIC
} diagnostic;

typedef struct finding {
    int32_t code;
    uint32_t line, column;
    uint32_t sequence;
    churn_status status;                     /* what it makes of the call; CHURN_OK: a warning */
    churn_str message, expected, suggestion; /* in the arena; {NULL, 0}: none */
    churn_str part;                          /* of a question; {NULL, 0}: of the file */
} finding;

typedef struct report {
    churn__arena *arena; /* of the texts */
    finding *findings;
    size_t count, capacity;
    uint64_t dropped, errors; /* dropped: beyond the limit, counted alone */
    uint32_t limit;
    bool failed;    /* no memory */
    churn_str part; /* what findings are added about */
} report;

/* Where, and what would be right. `expected` and `suggestion` are in the report's arena. */
typedef struct report_place {
    uint32_t line, column;
    churn_str expected, suggestion;
} report_place;

void report_init(report *to, churn__arena *arena, uint32_t limit);
void report_clear(report *to);
/* True while further findings are kept: nobody needs to look for suggestions otherwise. */
bool report_open(const report *to);
void report_add(report *to, diagnostic code, report_place place, const char *format, ...);
/* The same with a status of its own: an expression may be legal but not done. */
void report_add_status(report *to, int32_t code, churn_status status, report_place place,
                       churn_str message);
/* Make errors of warnings. */
void report_strict(report *to);
/* Put the findings in the order of the file. */
void report_sort(report *to);
/* CHURN_OK where there are no errors, else what the call returns, with the first error in `err`. */
churn_status report_status(const report *from, churn_str file, churn_error *err);
/* NULL where there is nothing to tell. */
churn_status report_table(const report *from, churn__heap *heap, churn_str file, churn_table **out,
                          churn_error *err);

#endif
