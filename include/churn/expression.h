/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPRESSION_H
#define CHURN_EXPRESSION_H

#include <churn/arrow.h>
#include <churn/cancel.h>
#include <churn/options.h>
#include <churn/table.h>

CHURN_BEGIN_DECLS

/*
 * One expression by itself: the language of a playbook's conditions over variables that you
 * declare. It is a subset of the Common Expression Language (CEL), type-checked when compiled:
 *
 *     score < 70.0 && plan in ["free", "trial"]
 *
 * A value that is missing makes what stands on it unknown, by Kleene's logic: `false && unknown` is
 * false, `true || unknown` is true, everything else that needs the value is unknown. Unknown is
 * never true and never an error. has(x) asks whether x is there.
 *
 * Two things differ from strict CEL: numbers of both sorts compare with each other and an int
 * literal adapts to a double beside it; and a comparison with, or a result of, NaN or an infinity
 * is an error rather than IEEE's answer. CHURN_EXPRESSION_STRICT_CEL switches both off.
 *
 * A compiled expression is immutable: evaluate it from any number of threads. Evaluation always
 * ends: its cost is bounded when it is compiled, by the limits in options.h.
 */

/** What evaluation came to for one row. */
typedef int32_t churn_outcome;

#define CHURN_OUTCOME_VALUE 0   /* there is a value */
#define CHURN_OUTCOME_UNKNOWN 1 /* it stands on something missing */
#define CHURN_OUTCOME_ERROR 2   /* it cannot be computed: division of ints by zero, overflow, ... */

#define CHURN_EXPRESSION_STRICT_CEL 1u /* flag: exactly CEL's typing and IEEE comparisons */
#define CHURN_EXPRESSION_TEMPLATE 2u   /* flag: the text is a template, see the end */

typedef struct churn_expression_options {
    uint32_t struct_size;
    uint32_t flags;                   /* CHURN_EXPRESSION_* */
    const churn_allocator *allocator; /* kept until the expression is freed */
    const churn_limits *limits;       /* borrowed */
    /* Of templates; other expressions do not look at them: */
    churn_str time_zone; /* where dates are: an IANA name or an offset; {NULL, 0}: UTC; borrowed */
    churn_str currency;  /* of `money` without an argument: an ISO 4217 code; borrowed */
    churn_time as_of;    /* now, for `ago` and `in_days`; 0: they are refused */
} churn_expression_options;

/* Flag of a variable: where its value is missing it is CEL's null, a value, rather than unknown.
 * `x == null` asks for it and `==` with anything else is false; `<`, `+` and functions of it are
 * errors. */
#define CHURN_VARIABLE_NULLABLE 1u

/** A name that the text may use. Dots are allowed: "metric.logins_28d". */
typedef struct churn_variable {
    churn_str name;
    churn_type type;
    uint32_t flags; /* CHURN_VARIABLE_* */
} churn_variable;

/**
 * Compile an expression over declared variables.
 *
 * @param text UTF-8, borrowed
 * @param len its length, or CHURN_NTS
 * @param variables what the text may name, borrowed; values are given in this order later
 * @param variable_count how many
 * @param options NULL for defaults
 * @param[out] out returned: free with churn_expression_free()
 * @param err optional; line and column are those of the text
 * @return CHURN_OK; CHURN_E_PARSE; CHURN_E_TYPE; CHURN_E_NOT_FOUND for an unknown name, with a
 *         suggestion where one is near; CHURN_E_UNSUPPORTED for forms of CEL that are left out,
 *         which the message names; CHURN_E_UTF8; CHURN_E_LIMIT; CHURN_E_NOMEM; CHURN_E_ARG;
 *         CHURN_E_ABI
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_expression_compile(const char *text, size_t len,
                                                const churn_variable *variables,
                                                uint32_t variable_count,
                                                const churn_expression_options *options,
                                                churn_expression **out, churn_error *err);

/**
 * Free an expression.
 *
 * @param expression may be NULL
 * @threads one at a time per expression
 * @since 0.1
 */
CHURN_API void churn_expression_free(churn_expression *expression);

/**
 * Return the type that an expression gives.
 *
 * @return CHURN_TYPE_*; 0 for NULL
 * @threads any
 * @since 0.1
 */
CHURN_API churn_type churn_expression_type(const churn_expression *expression);

/**
 * Return the text that an expression was compiled from.
 *
 * @return view of the expression, valid until churn_expression_free()
 * @threads any
 * @since 0.1
 */
CHURN_API churn_str churn_expression_text(const churn_expression *expression);

/**
 * Tell whether an expression reads a variable.
 *
 * @param variable its number in the array that was compiled against
 * @return false also where there is no such variable
 * @threads any
 * @since 0.1
 */
CHURN_API bool churn_expression_uses(const churn_expression *expression, uint32_t variable);

/**
 * Tell whether missing values can make an expression unknown.
 *
 * @return false where it can never be unknown, whatever is missing
 * @threads any
 * @since 0.1
 */
CHURN_API bool churn_expression_can_be_unknown(const churn_expression *expression);

/* ---- one record ---- */

/**
 * Evaluate an expression for one record.
 *
 * @param values one a variable, in the order of compilation; `type` 0 means missing; borrowed
 * @param value_count how many; must equal the number of variables
 * @param[out] outcome CHURN_OUTCOME_*
 * @param[out] value the value where the outcome is CHURN_OUTCOME_VALUE; strings are views of the
 *        inputs or of the expression; may be NULL
 * @param err optional; also written, with the position in the text, where the outcome is an error
 *        although the call itself succeeds
 * @return CHURN_OK; CHURN_E_TYPE where a value is not of its variable's type; CHURN_E_UTF8;
 *         CHURN_E_UNSUPPORTED where the value is text that evaluation makes (`+`, string()), for
 *         which there is no owner here: use churn_expression_evaluate_into(); CHURN_E_NOMEM;
 *         CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_expression_evaluate(const churn_expression *expression,
                                                 const churn_value *values, uint32_t value_count,
                                                 churn_outcome *outcome, churn_value *value,
                                                 churn_error *err);

/**
 * Evaluate an expression for one record, with room for text that evaluation makes.
 *
 * @param values as for churn_expression_evaluate()
 * @param value_count how many; must equal the number of variables
 * @param room memory for the value where it is text that evaluation makes, its NUL included; may be
 *        NULL
 * @param room_size bytes of it
 * @param[out] room_needed bytes that the text takes, 0 where it needs no room; may be NULL
 * @param[out] outcome CHURN_OUTCOME_*
 * @param[out] value the value where the outcome is CHURN_OUTCOME_VALUE; a string is in `room` if
 *        the expression makes text, else a view of the inputs or of the expression; NULL: only the
 *        outcome is wanted, and no room is needed
 * @param err optional; also written where the outcome is an error
 * @return CHURN_OK; CHURN_E_RANGE where the room is too small: `room_needed` is set, all else is as
 *         it was; CHURN_E_TYPE; CHURN_E_UTF8; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_expression_evaluate_into(const churn_expression *expression,
                                                      const churn_value *values,
                                                      uint32_t value_count, void *room,
                                                      size_t room_size, size_t *room_needed,
                                                      churn_outcome *outcome, churn_value *value,
                                                      churn_error *err);

/**
 * Tell why an expression came to what it did for one record: what each of its parts came to.
 *
 * The table has a row for each part: the whole first, then its operands from left to right, each
 * followed by its own; literals are left out. Columns: `part` (its text), `depth` (0: the whole),
 * `line`, `column`, `outcome` ("value", "unknown", "error"), `value` (text as string() gives it,
 * strings quoted), `because` (names that are missing, at most eight, or what went wrong), `decided`
 * (whether the outcome of the whole stands on this part: of `a && b`, which is false, those that
 * are false).
 *
 * @param values as for churn_expression_evaluate()
 * @param value_count how many; must equal the number of variables
 * @param[out] out returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_TYPE; CHURN_E_UTF8; CHURN_E_UNSUPPORTED for a template; CHURN_E_NOMEM;
 *         CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_expression_explain(const churn_expression *expression,
                                                const churn_value *values, uint32_t value_count,
                                                churn_table **out, churn_error *err);

/* ---- many rows ---- */

/** One variable's values for many rows, as plain arrays. */
typedef struct churn_value_column {
    const void *values;   /* uint8_t[], int64_t[], double[], churn_str[] by the variable's type */
    const uint8_t *valid; /* one bit a row, least significant first; NULL: no row is missing */
    /* Strings that repeat: row i is dictionary[codes[i]], and `values` is not read. NULL: not so.
     */
    const uint32_t *codes;
    const churn_str *dictionary;
    uint32_t dictionary_count;
    uint32_t reserved; /* zero */
} churn_value_column;

/**
 * Evaluate an expression for many rows given as plain arrays.
 *
 * @param columns one a variable, in the order of compilation; entries that the expression does not
 *        use may be all zero; borrowed
 * @param column_count how many; must equal the number of variables
 * @param row_count rows in every column
 * @param cancel may be NULL
 * @param[out] out a table with the columns `value` (null where there is none, and where it is a
 *        double that is not finite, which tables do not hold), `outcome` ("value", "unknown",
 *        "error") and `error` (its message); returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_ARG where a column that is used has no values; CHURN_E_UTF8;
 *         CHURN_E_CANCELLED; CHURN_E_NOMEM
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_expression_evaluate_columns(const churn_expression *expression,
                                                         const churn_value_column *columns,
                                                         uint32_t column_count, uint64_t row_count,
                                                         churn_cancel *cancel, churn_table **out,
                                                         churn_error *err);

/** What the rows of an expression came to. */
typedef struct churn_expression_counts {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t value_rows;   /* there is a value */
    uint64_t true_rows;    /* of these, for a bool */
    uint64_t false_rows;   /* the same */
    uint64_t unknown_rows; /* it stands on something missing */
    uint64_t error_rows;   /* it cannot be computed */
} churn_expression_counts;

/**
 * Evaluate an expression for many rows into arrays of your own: the fastest way, which makes
 * nothing.
 *
 * @param columns as for churn_expression_evaluate_columns()
 * @param column_count how many; must equal the number of variables
 * @param row_count rows in every column
 * @param cancel may be NULL
 * @param[out] values row_count values by the expression's type: uint8_t (0 or 1) for bool, int64_t
 *        for int, timestamp and duration, double; 0 where there is none; may be NULL
 * @param[out] valid which rows have a value, one bit a row, least significant first, (row_count +
 *        7) / 8 bytes; may be NULL
 * @param[in,out] counts how many rows came to what; `struct_size` is yours; may be NULL
 * @param err optional; where the call fails, what the arrays hold is of no meaning
 * @return CHURN_OK; CHURN_E_UNSUPPORTED where the value is a string; CHURN_E_ARG where a column
 *         that is used has no values or a code is not in its dictionary; CHURN_E_UTF8;
 *         CHURN_E_CANCELLED; CHURN_E_NOMEM; CHURN_E_ABI
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_expression_fill(const churn_expression *expression,
                                             const churn_value_column *columns,
                                             uint32_t column_count, uint64_t row_count,
                                             churn_cancel *cancel, void *values, uint8_t *valid,
                                             churn_expression_counts *counts, churn_error *err);

/**
 * Evaluate an expression for the rows of an Arrow stream, whose columns are matched by name.
 *
 * @param stream as in churn_table_import(); columns that the expression does not use are ignored
 * @param cancel may be NULL
 * @param[out] out as for churn_expression_evaluate_columns()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND where a variable that is used has no column; CHURN_E_TYPE;
 *         CHURN_E_UTF8; CHURN_E_CORRUPT; CHURN_E_IO; CHURN_E_CANCELLED; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_expression_evaluate_stream(const churn_expression *expression,
                                                        struct ArrowArrayStream *stream,
                                                        churn_cancel *cancel, churn_table **out,
                                                        churn_error *err);

/* ---- many expressions ---- */

/**
 * Evaluate many expressions over the same rows. What they have in common is computed once.
 *
 * @param expressions compiled over equal variables; borrowed
 * @param count how many, at least one
 * @param names of the table's columns, one an expression; NULL: "0", "1" and so on; borrowed
 * @param columns as for churn_expression_evaluate_columns()
 * @param column_count how many; must equal the number of variables
 * @param row_count rows in every column
 * @param cancel may be NULL
 * @param[out] out a table with the values of each expression in a column of its own, null where
 *        there is none; returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_ARG, also where the variables of two expressions differ; and as
 *         churn_expression_evaluate_columns()
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_expressions_evaluate_columns(
    const churn_expression *const *expressions, uint32_t count, const churn_str *names,
    const churn_value_column *columns, uint32_t column_count, uint64_t row_count,
    churn_cancel *cancel, churn_table **out, churn_error *err);

/**
 * Evaluate many expressions over the rows of an Arrow stream, as
 * churn_expressions_evaluate_columns() does.
 *
 * @param expressions compiled over equal variables; borrowed
 * @param count how many, at least one
 * @param names of the table's columns, one an expression; NULL: "0", "1" and so on; borrowed
 * @param stream as in churn_table_import(); columns that no expression uses are ignored
 * @param cancel may be NULL
 * @param[out] out as for churn_expressions_evaluate_columns()
 * @param err optional
 * @return as churn_expression_evaluate_stream()
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_expressions_evaluate_stream(const churn_expression *const *expressions,
                                                         uint32_t count, const churn_str *names,
                                                         struct ArrowArrayStream *stream,
                                                         churn_cancel *cancel, churn_table **out,
                                                         churn_error *err);

/**
 * Evaluate many expressions over the same rows into arrays of your own.
 *
 * @param expressions compiled over equal variables; borrowed
 * @param count how many, at least one
 * @param columns as for churn_expression_evaluate_columns()
 * @param column_count how many; must equal the number of variables
 * @param row_count rows in every column
 * @param cancel may be NULL
 * @param[out] values one array an expression, as for churn_expression_fill(); may hold or be NULL
 * @param[out] valid the same for bitmaps; may hold or be NULL
 * @param[in,out] counts one an expression, each with its `struct_size`; may be NULL
 * @param err optional
 * @return CHURN_OK; CHURN_E_ARG, also where the variables of two expressions differ; and as
 *         churn_expression_fill()
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_expressions_fill(const churn_expression *const *expressions,
                                              uint32_t count, const churn_value_column *columns,
                                              uint32_t column_count, uint64_t row_count,
                                              churn_cancel *cancel, void *const *values,
                                              uint8_t *const *valid,
                                              churn_expression_counts *counts, churn_error *err);

/* ---- for whoever edits expressions ---- */

/**
 * Write an expression in the one canonical way: one line, as few parentheses as its tree needs,
 * strings in double quotes with the shortest escapes, comments dropped. Texts that read as the same
 * tree give the same text, and what is written reads back as that tree. Names and types are not
 * looked at.
 *
 * @param text UTF-8, borrowed
 * @param len its length, or CHURN_NTS
 * @param options NULL for defaults; the allocator is kept until the buffer is freed
 * @param[out] out the text; returned: free with churn_buffer_free()
 * @param err optional; line and column are those of the text
 * @return CHURN_OK; CHURN_E_PARSE; CHURN_E_UNSUPPORTED for forms of CEL that are left out;
 *         CHURN_E_UTF8; CHURN_E_LIMIT; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_expression_format(const char *text, size_t len,
                                               const churn_expression_options *options,
                                               churn_buffer **out, churn_error *err);

/**
 * Tell everything that can be said about a text: every error, and, where there is none, every lint:
 * what compiles but is probably not meant. A comment at the end of a line, or on a line of its own
 * before it, switches lints off by code or name: `// churn: allow CH1701`.
 *
 * @param text UTF-8, borrowed
 * @param len its length, or CHURN_NTS
 * @param variables what the text may name, borrowed
 * @param variable_count how many
 * @param options NULL for defaults; the allocator is kept until the table is freed
 * @param[out] findings in the order of the text: `severity` ("error", "warning"), `code`
 *        ("CH1301"), `line`, `column`, `message`, `suggestion`; no rows where there is nothing to
 *        say; returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK also where the text has errors; CHURN_E_NOMEM; CHURN_E_LIMIT; CHURN_E_ARG;
 *         CHURN_E_ABI
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_expression_check(const char *text, size_t len,
                                              const churn_variable *variables,
                                              uint32_t variable_count,
                                              const churn_expression_options *options,
                                              churn_table **findings, churn_error *err);

/**
 * List the functions of the language.
 *
 * @param[out] out one row a way to call a function, in the order of the reference: `name`, `call`
 *        (the form, "x.contains(y)"), `arguments` (their types, "string, string"), `result`,
 *        `description`, `example`, `standard` ("CEL", "CEL extension", "libchurn"); returned: free
 *        with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_expression_functions(churn_table **out, churn_error *err);

/* ---- templates ---- */

/*
 * A template is text with values in it, as the titles of a playbook's tasks are:
 *
 *     Call {{name}}: {{mrr | money("EUR")}} since {{since | date("long")}}
 *
 * Between the braces stands an expression of any type, behind it filters, which
 * churn_template_filters() lists. A template is an expression of type string that is never unknown:
 * what is missing or cannot be computed is a dash, or what the filter default() says. Errors are
 * those of churn_expression_compile(), and the first of them is told. Only a text that grows longer
 * than the limit string_bytes has the outcome error. Evaluate it by
 * churn_expression_evaluate_into(), by columns or by stream.
 */

/**
 * List the filters of templates.
 *
 * @param[out] out a table with a row a filter and the columns `name`, `takes` (what it is put
 *        behind), `arguments` (their names; `?` follows those that may be left out), `doc`,
 *        `example` and `shows` (what the example comes to, with the values of the reference);
 *        returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_template_filters(churn_table **out, churn_error *err);

CHURN_END_DECLS

#endif
