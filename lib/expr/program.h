/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_PROGRAM_H
#define CHURN_EXPR_PROGRAM_H

#include "base/date.h"
#include "expr/expr.h"
#include "regex/regex.h"

/*
 * A compiled expression: a straight line of instructions without jumps over one frame of cells,
 *
 *     [ slots read | constants | registers ]
 *
 * with a cell an entry. No instruction writes to an entry that it reads. What an instruction does
 * is said by churn__expr_step() alone; the machine over columns (vector.h) comes back to it for
 * what it has no loop of its own for.
 */

/*
 * The state of a cell. For a bool it is the whole value. The order is what makes `&&` cheap: the
 * larger of two states is their conjunction (F over U over E over T, rules of cel-go), and for
 * values the larger of two is what a strict operation gives.
 */
#define EXPR_OK 0u
#define EXPR_TRUE 0u
#define EXPR_ERROR 1u
#define EXPR_UNKNOWN 2u
#define EXPR_FALSE 3u

/* T <-> F; U and E stay. */
static inline uint8_t expr_not(uint8_t s)
{
    uint8_t middle = (uint8_t)((s ^ (s >> 1)) & 1u);
    return (uint8_t)(s ^ (3u & (middle - 1u)));
}

/* To churn__truth: T 1, F 0, U 2, E 3. */
static inline churn__truth expr_truth(uint8_t s)
{
    return (churn__truth)((((s ^ (s >> 1)) & 1u) << 1) | ((s >> 1) ^ 1u));
}

static inline uint8_t expr_from_bool(bool b)
{
    return b ? EXPR_TRUE : EXPR_FALSE;
}

typedef struct expr_cell {
    union {
        int64_t i; /* int, timestamp, duration */
        double d;
        churn_str s;
        churn__strs l;
        const churn__zone *zone; /* of a constant; NULL: UTC */
    } as;
    uint32_t at; /* where in the text an error arose */
    uint8_t state;
    uint8_t code; /* EXPR_RUN_*, for an error */
} expr_cell;

enum {
    EXPR_RUN_OVERFLOW,
    EXPR_RUN_ZERO,
    EXPR_RUN_NON_FINITE,
    EXPR_RUN_RANGE,
    EXPR_RUN_TEXT,
    EXPR_RUN_LONG,
    EXPR_RUN_NULL,
    EXPR_RUN_TYPES
};

enum { EXPR_EQ, EXPR_NE, EXPR_LT, EXPR_LE, EXPR_GT, EXPR_GE };

typedef enum expr_op {
    OP_NONE,
    /* logic: look at states alone */
    OP_AND,
    OP_OR,
    OP_NOT,
    OP_ANY,    /* a or b, but strict: what `in` is made of */
    OP_HAS,    /* a is a slot */
    OP_SELECT, /* a ? b : c */
    OP_CMP_B,
    OP_DIFFER, /* == or != of two sorts: false or true, when both are there */
    OP_B2S,
    /* strict in values: everything from here on */
    OP_CMP_D,
    OP_CMP_I,
    OP_CMP_S,
    OP_CMP_ID,
    OP_IN_SET,
    OP_IN_LIST,
    OP_ADD_D,
    OP_SUB_D,
    OP_MUL_D,
    OP_DIV_D,
    OP_NEG_D,
    OP_ADD_I,
    OP_SUB_I,
    OP_MUL_I,
    OP_DIV_I,
    OP_MOD_I,
    OP_NEG_I,
    OP_CONCAT,
    OP_FINITE, /* the value itself, an error if not finite */
    OP_I2D,
    OP_D2I,
    OP_S2I,
    OP_T2I,
    OP_S2D,
    OP_D2S,
    OP_I2S,
    OP_T2S,
    OP_S2B,
    OP_I2T,
    OP_S2T,
    OP_SIZE_S,
    OP_SIZE_L,
    OP_CONTAINS,
    OP_STARTS,
    OP_ENDS,
    OP_ABS_I,
    OP_SIGN_I,
    OP_BIT_AND,
    OP_BIT_OR,
    OP_BIT_XOR,
    OP_BIT_NOT,
    OP_BIT_LEFT,
    OP_BIT_RIGHT,
    OP_MIN_I,
    OP_MAX_I,
    OP_ABS_D,
    OP_SIGN_D,
    OP_MIN_D,
    OP_MAX_D,
    OP_CEIL,
    OP_FLOOR,
    OP_ROUND,
    OP_TRUNC,
    OP_SQRT,
    OP_ISNAN,
    OP_ISINF,
    OP_ISFINITE,
    /* instants (T, microseconds), the nanoseconds behind them (NS, 0 to 999), durations (U,
     * nanoseconds): 64 bits each, and so is what follows unless it says text */
    OP_T_ADD, /* instant and duration, rounded down to a microsecond */
    OP_T_SUB,
    OP_T_FAR_ADD, /* the same, which may leave the calendar until OP_T_CARRY */
    OP_T_FAR_SUB,
    OP_NS_ADD, /* nanoseconds and what is left of a duration: 0 to 1998 */
    OP_NS_SUB,
    OP_T_CARRY, /* instant and such a sum, of whose microsecond it takes account */
    OP_T_DIFF,  /* duration between two instants */
    OP_NS_JOIN, /* duration of an int of microseconds and one of nanoseconds */
    OP_T_YEAR,  /* parts: instant and zone; dates first */
    OP_T_MONTH,
    OP_T_DATE,
    OP_T_DAY_OF_MONTH,
    OP_T_DAY_OF_WEEK,
    OP_T_DAY_OF_YEAR,
    OP_T_HOURS,
    OP_T_MINUTES,
    OP_T_SECONDS,
    OP_T_MILLISECONDS,
    OP_U_HOURS,
    OP_U_MINUTES,
    OP_U_SECONDS,
    OP_U_MILLISECONDS,
    OP_RAISE_NULL, /* an error of any type, whatever the operand */
    OP_RAISE_TYPES,
    OP_S2NS, /* text to number */
    OP_S2U,
    OP_TN2S, /* number to text */
    OP_U2S,
    OP_MATCHES /* text and `regex`, whose text is the other operand */
} expr_op;

/* The constants of a list, sorted, without repetition. */
typedef struct expr_set {
    uint32_t count;
    union {
        const int64_t *i;
        const double *d;
        const churn_str *s;
    } as;
} expr_set;

/* plan.c's same_code() looks at every field but `at`, and at `regex` by its text. */
typedef struct expr_code {
    uint8_t op;
    uint8_t cmp;      /* EXPR_EQ ... */
    churn__type type; /* of the result; of the left operand for OP_IN_SET */
    bool strict;      /* no check of finiteness; ints as doubles beside doubles */
    uint32_t a, b, c; /* entries of the frame; operands that the op has not are a again */
    uint32_t to;
    uint32_t at;
    const expr_set *set;
    const churn__regex *regex; /* OP_MATCHES; lives as long as the expression */
} expr_code;

/* The patterns of an expression. */
typedef struct expr_pattern {
    churn__regex *regex;
    struct expr_pattern *next;
} expr_pattern;
/* A zone that an expression holds. */
typedef struct expr_zone {
    churn__zone *zone;
    struct expr_zone *next;
} expr_zone;

struct churn__expr {
    churn__heap *heap;
    churn__arena arena;
    expr_zone *zones;
    churn_str text;
    churn__expr_place place;
    churn__type type;
    bool can_be_unknown;
    bool makes_text; /* needs memory to evaluate */
    size_t text_limit;
    uint32_t slot_count, const_count, reg_count, code_count, frame_count;
    uint32_t result; /* entry of the frame */
    const uint32_t *slots;
    const churn__type *slot_types;
    const bool *slot_never_missing;
    const expr_cell *consts;
    const expr_code *code;
    expr_pattern *patterns;
    const struct expr_plan *plan; /* the same for columns: vector.h */
    /* The checked tree, for explanations. */
    uint32_t flags;
    uint32_t node_count, arg_count;
    const struct expr_node *nodes;
    const uint32_t *args;
    /* The program for one record: fuse.h. */
    const struct row_code *row;
    uint32_t row_count, row_frame; /* instructions, cells */
    uint32_t row_result;
};

/* What a run may need besides the frame. */
typedef struct expr_run {
    churn__arena *text; /* for strings that are made; NULL where none are */
    size_t text_limit;
    bool no_memory;
} expr_run;

/* One instruction on cells; `out` is none of the operands. */
void churn__expr_step(const expr_code *code, const expr_cell *a, const expr_cell *b,
                      const expr_cell *c, expr_cell *out, expr_run *run);
/* All of them; slots are in the frame, constants are put there. */
void churn__expr_run_row(const churn__expr *expr, expr_cell *frame, expr_run *run);
/* The cell of a column. */
void churn__expr_load(const churn__column *column, churn__type type, uint32_t row, expr_cell *out);
/* As churn__expr_explain(), for cells: one a slot that is read, in their order; `why` they are
 * missing may be NULL. */
churn_status churn__expr_explain_cells(const churn__expr *expr, const expr_cell *slots,
                                       const churn__missing *why, churn__heap *heap,
                                       churn_table **out, churn_error *err);
/* Why a cell is an error, with its place in the text. */
churn_status churn__expr_explain_error(const churn__expr *expr, const expr_cell *cell,
                                       churn_error *err);
/* Line and column of a byte of an expression's text. */
void churn__expr_locate(churn_str text, churn__expr_place place, size_t offset, uint32_t *line,
                        uint32_t *column);
bool churn__expr_find_unknown(churn__expr *expr, bool *out);

/* Comparisons that both machines share. */
static inline bool expr_compare(int order, uint8_t cmp)
{
    switch (cmp) {
    case EXPR_EQ:
        return order == 0;
    case EXPR_NE:
        return order != 0;
    case EXPR_LT:
        return order < 0;
    case EXPR_LE:
        return order <= 0;
    case EXPR_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

static inline bool expr_finite(double x)
{
    return x - x == 0;
}

bool churn__expr_in_set(const expr_set *set, churn__type type, const expr_cell *value);

/* A frame of cells in the scratch, and memory for text; fit first. */
expr_cell *churn__expr_scratch_frame(churn__expr_scratch *scratch);
churn__arena *churn__expr_scratch_text(churn__expr_scratch *scratch);
uint32_t *churn__expr_scratch_trace(churn__expr_scratch *scratch);
/* Words that blame needs. */
size_t churn__expr_trace_size(const churn__expr *expr);
/* A cell that has a value, as a value. */
void churn__expr_give(churn__type type, const expr_cell *cell, churn__value *out);

#endif
