/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_AST_H
#define CHURN_EXPR_AST_H

#include "expr/program.h"

/*
 * From text to program. Nodes stand in an array in the order in which they are finished, operands
 * before what uses them, so that checking and generating code are loops and only the parser
 * recurses.
 */

typedef enum expr_token_kind {
    TOK_END,
    TOK_BAD, /* a literal that was complained about */
    TOK_NAME,
    TOK_INT,
    TOK_DOUBLE,
    TOK_STRING,
    TOK_TRUE,
    TOK_FALSE,
    TOK_NULL,
    TOK_IN,
    TOK_EQ,
    TOK_NE,
    TOK_LE,
    TOK_GE,
    TOK_LT,
    TOK_GT,
    TOK_AND,
    TOK_OR,
    TOK_ADD,
    TOK_SUB,
    TOK_MUL,
    TOK_DIV,
    TOK_MOD,
    TOK_NOT,
    TOK_QUESTION,
    TOK_COLON,
    TOK_OPEN,
    TOK_CLOSE,
    TOK_OPEN_LIST,
    TOK_CLOSE_LIST,
    TOK_OPEN_MAP,
    TOK_CLOSE_MAP,
    TOK_COMMA,
    TOK_DOT
} expr_token_kind;

typedef struct expr_token {
    expr_token_kind kind;
    uint32_t at, len; /* bytes of the text */
    union {
        uint64_t magnitude; /* TOK_INT: at most 2^63 */
        double number;
        churn_str string;
    } as;
} expr_token;

typedef enum expr_node_kind {
    NODE_CONST,
    NODE_NAME,
    NODE_UNARY,
    NODE_BINARY,
    NODE_TERNARY,
    NODE_LIST,
    NODE_CALL
} expr_node_kind;

/* Types that live at compile time only. */
#define EXPR_TYPE_LIST 100u  /* a list, whose structure is always known */
#define EXPR_TYPE_NULL 101u  /* of the literal */
#define EXPR_TYPE_MIXED 102u /* elements of a list that have several types */
#define EXPR_TYPE_BAD 103u   /* of what was complained about: nothing more is said of it */
#define EXPR_TYPE_ERROR 104u /* unchecked: of what fails whenever it is computed */
#define EXPR_TYPE_NONE 0u    /* element type of [] */

typedef struct expr_node {
    uint8_t kind;
    uint8_t token;         /* the operator, an expr_token_kind */
    uint8_t op;            /* expr_op, chosen by the checker */
    churn__type type;      /* after coercion */
    churn__type element;   /* of a list */
    bool adapts;           /* an int that becomes a double beside one */
    bool to_double;        /* ... and did */
    bool dynamic;          /* under dyn() */
    bool constant;         /* a literal, or a list of them */
    bool method;           /* called as x.f() */
    bool swapped;          /* OP_CMP_ID with the double on the left */
    bool fine;             /* an instant with nanoseconds; a duration that may have some */
    bool lowers;           /* means more than one instruction: lower.c */
    bool raises;           /* unchecked: fails whenever it is computed */
    uint8_t pick;          /* of a ternary: 1 or 2, the operand that alone counts */
    int16_t nanos;         /* behind the microseconds of a constant instant */
    uint32_t at, end;      /* bytes of the text: what errors point at; behind its last token */
    uint32_t first, count; /* operands: entries of `args` */
    uint32_t sample;       /* of a list: a node that is like its elements */
    churn_str name;        /* of a name or function */
    expr_cell value;       /* of a constant */
    uint32_t slot;         /* of a name; UINT32_MAX: constant */
    bool never_missing;
    const churn__regex *regex; /* of matches() */
    bool nullable;             /* its absence is null, a value */
    uint32_t from, outer;      /* where its text begins, and where its parentheses do */
    /* code generation */
    uint32_t code_start, reg_base, operand;
} expr_node;

typedef struct expr_comp {
    churn__heap *heap;
    churn__arena *arena; /* of the expression */
    churn_limits limits;
    churn_str text;
    churn__expr_place place;
    const churn__expr_scope *scope;
    uint32_t flags;
    const churn__expr_source *source;
    churn_error *err;
    churn_str suggestion; /* of the error that is about to be told */
    churn_status first;   /* what went wrong first; CHURN_OK: nothing did */
    bool broken;          /* the text cannot be cut into tokens */

    expr_token *tokens;
    size_t token_count, token_capacity;
    size_t next; /* token */
    uint32_t depth;
    expr_node *nodes;
    size_t node_count, node_capacity;
    uint32_t *args;
    size_t arg_count, arg_capacity;
    uint32_t *pending; /* operands of lists and calls that are still open */
    size_t pending_count, pending_capacity;
    churn__expr *expr;
    bool plain; /* generate without shortcuts: an entry of the frame for every node */
} expr_comp;

/* How a function is called; what it is of. */
#define EXPR_GLOBAL 1u
#define EXPR_METHOD 2u
#define EXPR_ANY_COUNT UINT8_MAX

typedef enum expr_origin {
    EXPR_OF_CEL,      /* the standard definitions */
    EXPR_OF_CEL_MATH, /* CEL's own extension math */
    EXPR_OF_CHURN
} expr_origin;

/* What the checker does with a call beyond looking at types. */
typedef enum expr_special {
    EXPR_PLAIN,
    EXPR_HAS,
    EXPR_DYN,
    EXPR_LEAST,
    EXPR_GREATEST,
    EXPR_SIZE_LIST,
    EXPR_PART, /* of an instant; may take a zone */
    EXPR_MATCHES
} expr_special;

/* An overload. Types: CHURN__TYPE_*; 0: any; EXPR_TYPE_LIST: any list. */
typedef struct expr_function {
    const char *name;
    uint8_t style; /* EXPR_GLOBAL | EXPR_METHOD; a method's first argument stands before its dot */
    uint8_t least, most; /* arguments */
    churn__type args[2], result;
    uint8_t op; /* OP_NONE: the argument itself */
    uint8_t special, origin;
    const char *doc, *example;
} expr_function;

const expr_function *churn__expr_functions(uint32_t *count);
/* The form of CEL that is called so and left out here: what to write instead; NULL: none. */
const char *churn__expr_left_out(churn_str function);

churn_status churn__expr_fail(expr_comp *comp, size_t at, churn_status status, int32_t detail,
                              const char *format, ...);
/* Text to nodes: check_text, lex, parse. */
churn_status churn__expr_read(expr_comp *comp);
/* Frees what compiling needed. */
void churn__expr_clear(expr_comp *comp);
/* Tells of something that compiles but is probably not meant (lint.c). */
churn_status churn__expr_lint(expr_comp *comp);
/* What somebody who wrote this probably meant, as the end of a message (hints.c); "": who knows. */
const char *churn__expr_word_hint(churn_str before, churn_str word);
const char *churn__expr_reserved_hint(churn_str word);
const char *churn__expr_sign_hint(churn_str sign);
const char *churn__expr_function_hint(churn_str name);
const char *churn__expr_types_hint(const expr_node *node, const expr_node *a, const expr_node *b);
const char *churn__expr_bool_hint(churn__type got);
churn_status churn__expr_lex(expr_comp *comp);
churn_status churn__expr_parse(expr_comp *comp);
churn_status churn__expr_check(expr_comp *comp, churn__type want);
churn_status churn__expr_check_call(expr_comp *comp, expr_node *node);
/* Compile the pattern of a call of matches(). */
churn_status churn__expr_check_pattern(expr_comp *comp, expr_node *node);
churn_status churn__expr_check_operator(expr_comp *comp, expr_node *node);
churn_status churn__expr_check_list(expr_comp *comp, expr_node *node);
churn_status churn__expr_check_in(expr_comp *comp, expr_node *node);
/* Two lists become one, by `+` or as the branches of a ternary. */
void churn__expr_join_lists(const expr_comp *comp, expr_node *node, const expr_node *a,
                            const expr_node *b);
/* Whether two values may be compared with `==`. */
bool churn__expr_can_equal(const expr_comp *comp, const expr_node *a, const expr_node *b);
churn_status churn__expr_mismatch(expr_comp *comp, expr_node *node, const expr_node *a,
                                  const expr_node *b);
/* An instant or a duration beside `+` or `-`. False: no such operation. */
bool churn__expr_check_time(expr_node *node, const expr_node *a, const expr_node *b);
/* timestamp("...") and duration("..."): a constant. */
churn_status churn__expr_check_instant(expr_comp *comp, expr_node *node);
/* The zone of x.getHours("Europe/Budapest"). */
churn_status churn__expr_check_zone(expr_comp *comp, expr_node *node);
/* Whether an error waits until the node is computed, as where types are not checked. */
bool churn__expr_raises(const expr_comp *comp, expr_node *node);
/* Do something with the tree in which nodes that mean more than one instruction are nodes that mean
 * one; then the operands of its nodes are those of the tree. */
churn_status churn__expr_lowered(expr_comp *comp, churn_status (*then)(expr_comp *comp));
/* Take over what a name or a call of the scope's was found to be. */
churn_status churn__expr_take_name(expr_comp *comp, expr_node *node, const churn__expr_name *found);
churn_status churn__expr_generate(expr_comp *comp);
/* Take out of code what its result does not stand on; returns how much is left. `live` has a zero
 * for each entry of the frame. */
size_t churn__expr_prune(expr_code *code, size_t count, uint32_t result, uint8_t *live);
/* The slots that the names of the tree read, distinct and ascending, with their types. */
churn_status churn__expr_collect_slots(expr_comp *comp);
/* Where an operand of a node stands in the frame, once code is generated. */
uint32_t churn__expr_entry(const churn__expr *expr, uint32_t operand);

static inline expr_node *expr_arg(const expr_comp *comp, const expr_node *node, uint32_t i)
{
    return &comp->nodes[comp->args[node->first + i]];
}

static inline bool expr_is_strict(const expr_comp *comp)
{
    return (comp->flags & CHURN__EXPR_STRICT_CEL) != 0;
}

/* Keep what was probably meant for whoever asked for it alone. */
void churn__expr_suggest(expr_comp *comp, churn_str near);
/* A text literal that a name is compared with must be one that the name can be. */
churn_status churn__expr_check_word(expr_comp *comp, const expr_node *name, const expr_node *text);
/* Make a node a double where it may become one. */
bool churn__expr_adapt(const expr_comp *comp, expr_node *node, churn__type type);
/* The operation that compares a with b, adapting literals; OP_NONE: there is none. */
uint8_t churn__expr_comparison(const expr_comp *comp, expr_node *a, expr_node *b, bool equality);
const char *churn__expr_type_name(churn__type type);

static inline bool expr_is_unchecked(const expr_comp *comp)
{
    return (comp->flags & CHURN__EXPR_UNCHECKED) != 0;
}

static inline bool expr_is_scalar(churn__type type)
{
    return (type >= CHURN__TYPE_BOOL && type <= CHURN__TYPE_TIME) || type == CHURN__TYPE_DURATION;
}

static inline bool expr_is_number(churn__type type)
{
    return type == CHURN__TYPE_INT || type == CHURN__TYPE_DOUBLE;
}

#endif
