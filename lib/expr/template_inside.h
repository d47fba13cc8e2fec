/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_TEMPLATE_INSIDE_H
#define CHURN_EXPR_TEMPLATE_INSIDE_H

#include "base/num.h"
#include "expr/program.h"

/* What a template is made of. */

#define TEMPLATE_NOTHING "\xE2\x80\x93" /* an en dash */
#define TEMPLATE_ARGS 2u

typedef enum filter_kind {
    FILTER_DEFAULT,
    /* how a number is written */
    FILTER_NUMBER,
    FILTER_ROUND,
    FILTER_PERCENT,
    FILTER_THOUSANDS,
    FILTER_SIGNED,
    FILTER_MONEY,
    FILTER_PLURAL,
    FILTER_DATE,
    FILTER_TIME,
    FILTER_DATETIME,
    FILTER_AGO,
    FILTER_IN_DAYS,
    FILTER_DAYS,
    FILTER_DURATION,
    FILTER_YES_NO,
    FILTER_JOIN,
    /* text to text */
    FILTER_SHORT,
    FILTER_UPPER,
    FILTER_LOWER,
    FILTER_TITLE,
    FILTER_TRIM,
    FILTER_QUOTE,
    FILTER_JSON,
    FILTER_URLENCODE,
    FILTER_HTML
} filter_kind;

#define TAKES(type) (1u << (type))
#define TAKES_NUMBER (TAKES(CHURN__TYPE_INT) | TAKES(CHURN__TYPE_DOUBLE))
#define TAKES_STRING TAKES(CHURN__TYPE_STRING)
#define TAKES_ANY UINT32_MAX

/* What an argument must be beyond its type. */
typedef enum filter_rule {
    RULE_NONE,
    RULE_DECIMALS, /* 0 to 9 */
    RULE_LENGTH,   /* 1 and more */
    RULE_UNITS,    /* 1 to 4 */
    RULE_CURRENCY,
    RULE_STYLE, /* of a date */
    RULE_ZONE,
    RULE_VALUE /* of default(): a string, or of the value's own type */
} filter_rule;

typedef struct filter_arg {
    churn__type type;
    uint8_t rule;
    bool optional;
} filter_arg;

/* A filter of the language. */
typedef struct filter_def {
    const char *name;
    uint32_t takes; /* TAKES */
    uint8_t kind;
    filter_arg args[TEMPLATE_ARGS]; /* type 0: none */
    churn__type gives;              /* 0: as it was, but written so */
    churn__template_filter_doc doc;
} filter_def;

const filter_def *churn__template_find_filter(churn_str name);
/* The name that was probably meant, else {NULL, 0}. */
churn_str churn__template_near_filter(churn_str name);

/* A filter of a template, with its arguments. */
typedef struct text_filter {
    const filter_def *def;
    uint8_t count;
    churn__value args[TEMPLATE_ARGS];
    churn__zone *zone; /* NULL: the view's */
    int scale;         /* decimals of a currency */
} text_filter;

typedef struct text_part {
    churn_str text; /* literal, where expr is NULL */
    churn__expr *expr;
    text_filter *filters;
    uint32_t filter_count;
} text_part;

struct churn__template {
    churn__heap *heap;
    churn__arena arena;
    churn_str currency;
    size_t limit; /* bytes of a rendered text */
    text_part *parts;
    uint32_t count;
    const uint32_t *slots;
    uint32_t slot_count;
};

/* The pattern of a style of dates: itself, or what its name stands for; {NULL, 0}: no style. */
churn_str churn__template_style(churn_str style);

/* ---- compiling ---- */

/* Columns count characters, as editors do. */
typedef struct text_cursor {
    churn_str text;
    size_t at;
    churn__expr_place place;
} text_cursor;

static inline bool text_at_end(const text_cursor *c)
{
    return c->at >= c->text.len;
}

/* The character here, NUL at the end. */
static inline char text_here(const text_cursor *c)
{
    return text_at_end(c) ? '\0' : c->text.ptr[c->at];
}

static inline bool text_is_space(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

static inline bool text_is_word(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
           ch == '_';
}

/* Without the spaces at its end. */
static inline churn_str text_trimmed(churn_str s)
{
    while (s.len > 0 && text_is_space(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

bool churn__text_looks_at(const text_cursor *c, const char *two);
void churn__text_advance(text_cursor *c, size_t bytes);
void churn__text_skip_space(text_cursor *c);
/* To the next of these characters outside strings and brackets, or to the end; `||` is none. */
void churn__text_skip_to(text_cursor *c, const char *ends);
/* To "}}" outside strings; false: there is none. */
bool churn__text_find_close(text_cursor *c);

typedef struct template_comp {
    churn__template *tmpl;
    const churn_limits *limits;
    const churn__expr_source *source;
    churn__template_options options;
    churn_error *err;
    churn_status st; /* of the first error */
    bool broken;     /* no memory: nothing goes on */
} template_comp;

void churn__template_no_memory(template_comp *with);
void churn__template_compile_parts(template_comp *with);

/* ---- rendering ---- */

/* How a number is to be written. */
typedef struct text_number {
    bool given; /* by a filter */
    int decimals;
    bool grouped, plus, percent;
    churn_str currency;
} text_number;

#define TEXT_NATURAL (-1) /* at most 2 decimals, no trailing zeros */

/* A value on its way through filters. */
typedef enum text_state { TEXT_MISSING, TEXT_VALUE, TEXT_WRITTEN } text_state;

typedef struct text_work {
    const churn__template *tmpl;
    const churn__template_view *view;
    churn__buf *out;
    size_t start; /* where the text begins, once it is written */
    text_state state;
    churn__value value;
    text_number number;
} text_work;

/* A date as a style says; `at` outside the calendar is nothing. */
void churn__template_put_date(churn__buf *out, churn_time at, const churn__zone *zone,
                              churn_str pattern);
void churn__template_put_number(churn__buf *out, const churn__value *value,
                                const text_number *number);
/* The `units` largest units of nanoseconds that are not 0; whole words or "h", "min", "s". */
void churn__template_put_duration(churn__buf *out, int64_t nanoseconds, unsigned units, bool words);
void churn__template_put_ago(churn__buf *out, churn_time at, churn_time now);
void churn__template_put_in_days(churn__buf *out, int64_t days);
/* A value as it is without filters. */
void churn__template_put_value(text_work *work);
void churn__template_put_json(churn__buf *out, const churn__value *value);
/* Turn the text that is written into another. */
void churn__template_rewrite(text_work *work, const text_filter *filter);

#endif
