/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_EXPR_H
#define CHURN_EXPR_EXPR_H

#include <churn/expression.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/date.h"
#include "core/column.h"
#include "core/fail.h"

/*
 * Expressions for whoever has names of its own: the caller resolves names to slots, and evaluates
 * over an array of columns indexed by slot. One compiled program serves one customer and a million.
 */
typedef struct churn__expr churn__expr;

/* What a name stands for. */
typedef struct churn__expr_name {
    churn__type type;
    bool is_constant;   /* then `constant` holds it (params) and slot is not used */
    bool never_missing; /* customer.churned, trigger.x: has() of it is true */
    bool nullable;      /* where it is missing it is CEL's null: a value, not unknown */
    bool bounded;       /* a number from `low` to `high`, which may be infinite: for lints */
    bool fractional;    /* a number that is seldom whole: a ratio, a mean, a score */
    double low, high;
    uint32_t slot;
    churn__value constant;
} churn__expr_name;

typedef enum churn__expr_found {
    CHURN__EXPR_UNKNOWN, /* no such name */
    CHURN__EXPR_KNOWN,
    CHURN__EXPR_LATER /* a name of the design that this version does not have: UNSUPPORTED */
} churn__expr_found;

typedef struct churn__expr_scope {
    void *context;
    /* `name` is the whole dotted path, without spaces. */
    churn__expr_found (*resolve)(void *context, churn_str name, churn__expr_name *out);
    /* All names, for suggestions: the i-th, {NULL, 0} past the last. May be NULL. */
    churn_str (*list)(void *context, uint32_t i);
    /* The i-th of the only texts that a slot can be, {NULL, 0} past the last; none at all: it can
     * be any. May be NULL. */
    churn_str (*word)(void *context, uint32_t slot, uint32_t i);
    /* What to say about an unknown name that is like no other, NULL: nothing. May be NULL. */
    const char *(*advice)(void *context, churn_str name);
    /* Asked for count("login", "30d") and its like (churn__expr_is_sugar()), whose arguments are
     * text known now: what it stands for, as for a name; `*why` says what is wrong where it is
     * nothing, and stays NULL or is valid until the next call. May be NULL: they are left out. */
    churn__expr_found (*call)(void *context, churn_str function, const churn_str *args,
                              uint32_t count, churn__expr_name *out, const char **why);
} churn__expr_scope;

/* Whether a function is one of those that only scopes can do: days_since, count, sum ... */
bool churn__expr_is_sugar(churn_str function);

/* Where an expression stands in a file, so that errors carry the file's position: the position of
 * its first character, and whether columns map one to one (plain or quoted scalar on one line). */
typedef struct churn__expr_place {
    uint32_t line, column;
} churn__expr_place;

#define CHURN__EXPR_STRICT_CEL 1u
#define CHURN__EXPR_GIVE_LIST 2u /* the value may be a name of a list: for templates */
#define CHURN__EXPR_NO_LINTS 0x100u
/* Types that do not fit and unknown names are errors of the rows that need them, as where CEL runs
 * without its checker; for tests. */
#define CHURN__EXPR_UNCHECKED 4u

/* Details of errors (churn_error.detail), stable: 1xx syntax, 2xx names, 3xx types, 4xx limits, 5xx
 * left out of the profile ... */
#define CHURN__EXPR_SYNTAX 101
#define CHURN__EXPR_BAD_NUMBER 102
#define CHURN__EXPR_BAD_STRING 103
#define CHURN__EXPR_RESERVED 104
#define CHURN__EXPR_PATTERN 105
#define CHURN__EXPR_BAD_ESCAPE 110
#define CHURN__EXPR_BAD_UTF8 106
#define CHURN__EXPR_BIG_NUMBER 107
#define CHURN__EXPR_BAD_TIME 108
#define CHURN__EXPR_BAD_DURATION 109
#define CHURN__EXPR_UNKNOWN_NAME 201
#define CHURN__EXPR_UNKNOWN_FUNCTION 202
#define CHURN__EXPR_UNKNOWN_WORD 203
#define CHURN__EXPR_UNKNOWN_ZONE 204
#define CHURN__EXPR_TYPES 301
#define CHURN__EXPR_ARGUMENTS 302
#define CHURN__EXPR_NOT_BOOL 303
#define CHURN__EXPR_TOO_LONG 401
#define CHURN__EXPR_TOO_DEEP 402
#define CHURN__EXPR_TOO_MANY 403
#define CHURN__EXPR_EXCLUDED 501
/* ... and 6xx, where a row cannot be computed. */
#define CHURN__EXPR_RUN_OVERFLOW 601
#define CHURN__EXPR_RUN_ZERO 602
#define CHURN__EXPR_RUN_NON_FINITE 603
#define CHURN__EXPR_RUN_RANGE 604
#define CHURN__EXPR_RUN_TEXT 605
#define CHURN__EXPR_RUN_LONG 606
#define CHURN__EXPR_RUN_NULL 607
#define CHURN__EXPR_RUN_TYPES 608

/* Lints, 7xx: it compiles, but is probably not what was meant. */
#define CHURN__EXPR_LINT_EQUALITY 701
#define CHURN__EXPR_LINT_CONSTANT 702
#define CHURN__EXPR_LINT_MISSING 703
#define CHURN__EXPR_LINT_GUARD 704
#define CHURN__EXPR_LINT_HAS 705
#define CHURN__EXPR_LINT_ZERO 706
#define CHURN__EXPR_LINT_RANGE 707
#define CHURN__EXPR_LINT_TWICE 708
#define CHURN__EXPR_LINT_NEVER 709
#define CHURN__EXPR_LINT_ALWAYS 710
#define CHURN__EXPR_LINT_SELF 711
#define CHURN__EXPR_LINT_BRANCHES 712
#define CHURN__EXPR_LINT_ITEM 713
#define CHURN__EXPR_LINT_UNUSED_ALLOW 790
#define CHURN__EXPR_LINT_BAD_ALLOW 791

/* Something to say about a text: why it does not compile, or, where `status` is CHURN_OK, a lint:
 * it compiles, but is probably not what was meant. Texts are valid during the call only. */
typedef struct churn__expr_finding {
    churn_status status;
    int32_t detail; /* CHURN__EXPR_* */
    uint32_t line, column;
    churn_str message;
    churn_str suggestion; /* {NULL, 0}: none; also part of the message */
} churn__expr_finding;

/* What is compiled, and how. */
typedef struct churn__expr_source {
    churn_str text;
    churn__expr_place place; /* {0}: line 1, column 1 */
    const churn__expr_scope *scope;
    churn__type want;     /* 0: any */
    uint32_t flags;       /* CHURN__EXPR_* */
    const char *zoneinfo; /* directory of TZif files; NULL: the system's */
    /* Called for each finding, errors and lints, in the order in which they are found; may be
     * NULL. */
    void (*report)(void *context, const churn__expr_finding *finding);
    void *report_context;
} churn__expr_source;

/* The words of a comment that switches lints off, behind its `#` or `//`: "churn: allow CH1701".
 * Begin: whether it is one at all, and where it goes on. Next: one code or name after the other.
 * `*fault` is set where something else than `allow` and words follows "churn:". */
bool churn__expr_allow_begin(churn_str comment, size_t *at, bool *fault);
bool churn__expr_allow_next(churn_str comment, size_t *at, churn_str *word);
/* The name of a lint, as in lib/playbook/diagnostics.csv; NULL: there is no such lint. */
const char *churn__expr_lint_name(int32_t detail);

/* Compile. On failure `err` is the first error: status, detail, line, column, message. Running out
 * of memory is not reported, only returned. */
churn_status churn__expr_compile(churn__heap *heap, const churn_limits *limits,
                                 const churn__expr_source *source, churn__expr **out,
                                 churn_error *err);
void churn__expr_free(churn__expr *expr);
/* Append the canonical text of an expression: equal for texts that read as one tree. It is read
 * only, names and types are not looked at. */
churn_status churn__expr_format(churn__heap *heap, const churn_limits *limits, churn_str text,
                                churn__buf *out, churn_error *err);
churn__type churn__expr_type(const churn__expr *expr);
churn_str churn__expr_text(const churn__expr *expr);
/* The slot that an expression is by itself; UINT32_MAX: it is more. NULL is UINT32_MAX. */
uint32_t churn__expr_slot(const churn__expr *expr);
bool churn__expr_can_be_unknown(const churn__expr *expr);
/* The distinct slots read, ascending; view of the expression. */
const uint32_t *churn__expr_slots(const churn__expr *expr, uint32_t *count);

/* Memory for evaluation: made once, used for any number of evaluations of this many rows at most,
 * by one thread at a time. Grows to the largest expression it is used with. */
typedef struct churn__expr_scratch churn__expr_scratch;
churn__expr_scratch *churn__expr_scratch_create(churn__heap *heap, uint32_t max_rows);
void churn__expr_scratch_free(churn__expr_scratch *scratch);
/* Make room for an expression ahead of time, so that evaluating it never fails. */
churn_status churn__expr_scratch_fit(churn__expr_scratch *scratch, const churn__expr *expr,
                                     churn_error *err);

/* Evaluate a condition (type bool) for rows 0 .. n-1 (n <= max_rows): one churn__truth a row.
 * `columns` is indexed by slot; unused slots may be zero. */
churn_status churn__expr_truth(const churn__expr *expr, const churn__column *columns, uint32_t n,
                               churn__expr_scratch *scratch, churn__truth *out, churn_error *err);
/* Evaluate an expression of numbers, or a condition (1 and 0), for rows row .. row + n - 1, of
 * which the first is a multiple of 8. NaN where it is missing or an error. */
churn_status churn__expr_numbers(const churn__expr *expr, const churn__column *columns,
                                 uint32_t row, uint32_t n, churn__expr_scratch *scratch,
                                 double *out, churn_error *err);
/* Many conditions over the same slots as one program: what they have in common is computed once for
 * a chunk of rows. Immutable; the expressions are borrowed and must outlive it. */
typedef struct churn__expr_group churn__expr_group;
churn_status churn__expr_group_create(churn__heap *heap, const churn__expr *const *exprs,
                                      uint32_t count, churn__expr_group **out, churn_error *err);
void churn__expr_group_free(churn__expr_group *group);
/* Make room for a group ahead of time, so that evaluating it never fails. */
churn_status churn__expr_group_fit(churn__expr_scratch *scratch, const churn__expr_group *group,
                                   churn_error *err);
/* As churn__expr_truth() for each of them: out[i], if not NULL, takes those of the i-th. */
churn_status churn__expr_group_truth(const churn__expr_group *group, const churn__column *columns,
                                     uint32_t n, churn__expr_scratch *scratch,
                                     churn__truth *const *out, churn_error *err);
/* Evaluate any expression for one row of the columns. Missing (UNKNOWN) and ERROR come as
 * `*truth`; CHURN__TRUE means that *out holds a value. Strings are views of columns or expression,
 * or, where evaluation made them, of the scratch until it is used again.
 * `err` may be NULL; its position and message are written for ERROR. */
churn_status churn__expr_value(const churn__expr *expr, const churn__column *columns, uint32_t row,
                               churn__expr_scratch *scratch, churn__value *out, churn__truth *truth,
                               churn_error *err);
/* For a row whose outcome is UNKNOWN: the slots whose missing values caused it, i.e. that an
 * operand which decided the outcome stands on; at most `cap`, in order of slot. Returns how many.
 */
uint32_t churn__expr_blame(const churn__expr *expr, const churn__column *columns, uint32_t row,
                           churn__expr_scratch *scratch, uint32_t *slots, uint32_t cap);
/* One row of the columns, part by part: a table with a row for each part of the expression, the
 * whole first, then its operands from left to right, literals left out. Columns: `part` (its text),
 * `depth`, `line`, `column`, `outcome` ("value", "unknown", "error"), `value` (as string() gives
 * it, strings quoted), `because` (names that are missing, with the reason where the columns give
 * one: "metric.x (never)"; or what went wrong), `decided` (whether the result of the whole stands
 * on it). Memory comes from `heap`. */
churn_status churn__expr_explain(const churn__expr *expr, const churn__column *columns,
                                 uint32_t row, churn__heap *heap, churn_table **out,
                                 churn_error *err);

/* ---- templates ---- */

/*
 * Text with values in it: "Call {{customer.name}}: {{mrr | money | default("nothing")}}". Between
 * the braces stands an expression of any type, behind it filters, which the table in
 * template_filters.c describes.
 */
typedef struct churn__template churn__template;

typedef struct churn__template_options {
    churn_str currency;   /* of `money` without an argument; {NULL, 0}: it must have one */
    const char *zoneinfo; /* directory of TZif files; NULL: the system's */
    bool has_now;         /* `now` is given when it is rendered: else no `ago`, no `in_days` */
} churn__template_options;

/* Compile; every error is reported, `err` is the first. `source->want` must be 0. `options` may be
 * NULL. */
churn_status churn__template_compile(churn__heap *heap, const churn_limits *limits,
                                     const churn__expr_source *source,
                                     const churn__template_options *options, churn__template **out,
                                     churn_error *err);
void churn__template_free(churn__template *tmpl);
/* The distinct slots read, ascending; view of the template. */
const uint32_t *churn__template_slots(const churn__template *tmpl, uint32_t *count);
/* Make room ahead of time, so that rendering takes memory for nothing but `out`. */
churn_status churn__template_fit(churn__expr_scratch *scratch, const churn__template *tmpl,
                                 churn_error *err);

/* What is rendered: one row of columns, as somebody in a zone sees it at an instant. */
typedef struct churn__template_view {
    const churn__column *columns;
    uint32_t row;
    churn__expr_scratch *scratch;
    const churn__zone *zone; /* NULL: UTC */
    churn_time now;
} churn__template_view;

/* Append the text. What is missing or an error is "\xE2\x80\x93" where no default() says otherwise.
 * CHURN_E_LIMIT with CHURN__EXPR_RUN_LONG: it grew longer than the limit string_bytes, and what
 * was appended is cut there. */
churn_status churn__template_render(const churn__template *tmpl, const churn__template_view *view,
                                    churn__buf *out, churn_error *err);

/* How the i-th filter is documented; `name` NULL past the last. */
typedef struct churn__template_filter_doc {
    const char *name, *takes, *arguments, *doc, *example, *shows;
} churn__template_filter_doc;
churn__template_filter_doc churn__template_filter(uint32_t i);

#endif
