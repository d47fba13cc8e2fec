/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_VECTOR_H
#define CHURN_EXPR_VECTOR_H

#include "expr/kernels.h"
#include "expr/program.h"

/*
 * The machine over columns. One or many compiled expressions become a plan (plan.c): every distinct
 * computation once, conjuncts with the cheap and decisive ones first, registers shared by what is
 * never alive at once. vector.c runs a plan over chunks of rows.
 *
 * A bool is two bitmaps, T and F; what is in neither is unknown or, where a third one says so, an
 * error. Any other value is an array beside a bitmap of the rows that have it.
 */
#define EXPR_CHUNK 1024u
#define EXPR_WORDS (EXPR_CHUNK / 64u)
#define EXPR_NONE UINT32_MAX
#define EXPR_REGION_DEPTH 48u

/* What is known of a value in the rows of a chunk. */
typedef struct expr_vec {
    const void *values;    /* not of bools */
    const uint64_t *t;     /* of a bool: true; else: there is a value */
    const uint64_t *f;     /* of a bool: false */
    const uint64_t *e;     /* an error; NULL: nowhere */
    const uint32_t *codes; /* of a column of coded strings */
    const uint64_t *keys;  /* of a column of strings, where they are known */
    uint32_t step;         /* 0: one value for all rows */
} expr_vec;

/* All bits: as `t` it says, by being this very array, that nothing is missing. */
extern const uint64_t churn__expr_ones[EXPR_WORDS];
extern const uint64_t churn__expr_zeros[EXPR_WORDS];

/* Bytes of a value in a register: 0 for bools, 8 for numbers and instants, 16 for all others. */
static inline uint32_t expr_value_size(churn__type type)
{
    switch (type) {
    case CHURN__TYPE_BOOL:
        return 0;
    case CHURN__TYPE_INT:
    case CHURN__TYPE_DOUBLE:
    case CHURN__TYPE_TIME:
    case CHURN__TYPE_DURATION:
        return 8;
    default:
        return 16;
    }
}

/* ---- plans ---- */

enum {
    STEP_CODE,  /* one instruction */
    STEP_BEGIN, /* `to` is its first operand */
    STEP_JOIN,  /* `to` is itself and (or) the next operand */
    STEP_ENTER, /* the rows that what follows is needed for; none: go to `skip` */
    STEP_WANT   /* what follows is needed for an output alone */
};

/* Which rows a region is for. */
enum { REGION_ALL, REGION_NOT_FALSE, REGION_NOT_TRUE, REGION_TRUE, REGION_FALSE };

typedef struct plan_step {
    uint8_t kind;
    uint8_t rows;                  /* REGION_*, of STEP_ENTER */
    churn__type to_type, types[3]; /* of the result and the operands */
    uint32_t to, a, b, c;          /* values; `a` decides the rows of STEP_ENTER */
    uint32_t region,
        from; /* whose rows it is needed for; those of STEP_ENTER are a part of `from` */
    uint32_t skip;
    uint32_t output; /* of STEP_WANT */
    uint32_t table;  /* of STEP_CODE: it can be done for the entries of a dictionary; EXPR_NONE */
    size_t text_limit;
    expr_code code; /* of STEP_CODE, with values for operands; of STEP_JOIN, `op` alone */
} plan_step;

typedef struct plan_slot {
    uint32_t slot, value;
    churn__type type;
    bool as_text; /* strings are needed as such, not only by entries of a dictionary */
} plan_slot;

typedef struct plan_const {
    uint32_t value;
    expr_cell cell;
} plan_const;

/* Where a value that is computed goes. */
typedef struct plan_register {
    uint32_t value;
    uint32_t bits;   /* number of its three bitmaps */
    uint32_t offset; /* of its values, in chunks of a byte a row */
    uint32_t size;   /* of a value; 0: a bool */
} plan_register;

typedef struct plan_output {
    uint32_t value;
    churn__type type;
} plan_output;

struct expr_plan {
    uint32_t value_count, slot_count, const_count, register_count, step_count, region_count;
    uint32_t output_count, table_count;
    uint32_t bits_count;  /* registers of three bitmaps */
    uint32_t value_bytes; /* of all registers, a row */
    bool makes_text;
    const plan_slot *slots;
    const plan_const *consts;
    const plan_register *registers;
    const plan_step *steps;
    const plan_output *outputs;
};

/* The plan of expressions that outlive it, in an arena; false: no memory. */
bool churn__expr_plan_make(churn__heap *heap, churn__arena *arena, const churn__expr *const *exprs,
                           uint32_t count, const struct expr_plan **out);
/* What evaluating costs a row, and how often it is true, for the order of conjuncts. */
double churn__expr_cost(const expr_code *code);
double churn__expr_odds(const expr_code *code);
bool churn__expr_makes_text(uint8_t op);

/* ---- running ---- */

/* Where a coded column's instruction looks up what it came to. */
typedef struct expr_table {
    const uint32_t *t, *e; /* bits by entry */
    const int64_t *values; /* of other than bools */
    bool ready;
    bool errs; /* some entry is an error */
    bool few;  /* one word holds all entries */
} expr_table;

/* The memory of a plan in a scratch. */
typedef struct expr_room {
    expr_vec *vecs;  /* by value: as it is now */
    expr_vec *homes; /* by value: where it goes */
    uint64_t *bits;  /* slots, then registers: three bitmaps each */
    uint64_t *masks; /* one a region: the rows that it is for */
    char *values;    /* of registers */
    char *tails;     /* 64 rows of each slot */
    expr_table *tables;
    churn_str **texts; /* by slot: room for decoded strings; NULL: it is not coded */
    uint32_t words;    /* of a bitmap */
} expr_room;

churn_status churn__expr_plan_fit(churn__expr_scratch *scratch, const struct expr_plan *plan,
                                  churn_error *err);
/* Before rows of these columns are evaluated, and again whenever a dictionary is another: makes
 * room for coded columns, so that only they can make it fail. `wanted` by output: those that are
 * not NULL; NULL itself: all. */
churn_status churn__expr_plan_open(churn__expr_scratch *scratch, const struct expr_plan *plan,
                                   const churn__column *columns, uint64_t rows,
                                   const void *const *wanted, churn_error *err);
/* Rows [row, row + n) of the columns that the plan was opened with: a piece, after pieces of whole
 * words. */
churn_status churn__expr_plan_run(churn__expr_scratch *scratch, uint64_t row, uint32_t n,
                                  churn_error *err);
/* How many rows to run next, of `left`: whole words as long as there are any. */
uint32_t churn__expr_plan_piece(const churn__expr_scratch *scratch, uint64_t left);
/* What an output came to in the rows that were run last: view of scratch and columns. */
const expr_vec *churn__expr_plan_result(const churn__expr_scratch *scratch, uint32_t output);

const struct expr_plan *churn__expr_group_plan(const churn__expr_group *group);

/* A run of a plan: what the files of the machine share. */
typedef struct expr_machine {
    const struct expr_plan *plan;
    const expr_kernels *kernels;
    const expr_room *room;
    const churn__column *columns;
    const void *const *wanted;
    uint32_t words; /* of this piece */
    expr_run run;
} expr_machine;

void churn__expr_machine_run(expr_machine *m, uint64_t row, uint32_t n);
/* One instruction for all rows of a piece. */
void churn__expr_step_vec(expr_machine *m, const plan_step *step);
/* The same by the row machine, and by a table of what the entries of a dictionary come to. */
void churn__expr_step_rows(expr_machine *m, const plan_step *step);
void churn__expr_step_codes(expr_machine *m, const plan_step *step);
/* Instructions on strings that have loops of their own; false: this is none. */
bool churn__expr_step_strings(expr_machine *m, const plan_step *step);
/* Run an instruction for each entry of a dictionary; `memory` is as large as the next function
 * says. */
void churn__expr_fill_table(const struct expr_plan *plan, const plan_step *step,
                            const churn__column *column, void *memory, expr_table *out);
size_t churn__expr_table_bytes(const plan_step *step, uint32_t entries);

/* ---- bitmaps ---- */

/* The arrays of a register, to be written. */
static inline uint64_t *expr_bits(const uint64_t *home)
{
    return (uint64_t *)(uintptr_t)home;
}

/* Rows of which it is known what a bool is, or that there is a value. */
static inline uint64_t expr_known(const expr_vec *v, churn__type type, uint32_t w)
{
    return type == CHURN__TYPE_BOOL ? v->t[w] | v->f[w] : v->t[w];
}

static inline uint64_t expr_errors(const expr_vec *v, uint32_t w)
{
    return v->e != NULL ? v->e[w] : 0;
}

#endif
