/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_LINT_H
#define CHURN_EXPR_LINT_H

#include <math.h>

#include "expr/ast.h"

/*
 * Lints: what compiles but is probably not what was meant. A lint speaks only where it is certain
 * about the values (always, never) or where the mistake is a known one; what teams write every day
 * (`metric.logins == 0`) is never a finding.
 */

/* What is known of a node, whatever the record. */
typedef struct lint_fact {
    uint64_t same;    /* equal for nodes that are the same tree; 64 bits of hash are taken for it */
    double low, high; /* of a number; infinite: not known */
    uint32_t parent;  /* UINT32_MAX: none */
    bool reads;       /* stands on a value of the record */
    bool chosen;      /* stands on a parameter */
    bool fractional;  /* a number that is seldom whole */
} lint_fact;

typedef struct lint_allow lint_allow;

typedef struct lint {
    expr_comp *comp;
    lint_fact *facts;
    uint32_t *stack;     /* as many as there are nodes */
    uint64_t budget;     /* steps that looking around may still take */
    churn__buf texts[2]; /* for messages, by turns */
    unsigned turn;
    lint_allow *allows;
    size_t allow_count, allow_capacity;
    churn_status st; /* not CHURN_OK: no memory */
} lint;

/* A link of a chain of && or ||, also as seen through `!`: the node, and whether it is denied. */
typedef struct lint_term {
    uint32_t node, whole;
    bool denied;
} lint_term;

#define LINT_OPEN ((double)INFINITY) /* the end of a range that is not known */
#define LINT_TERMS 64u               /* of a chain that are looked at */

bool lint_facts(lint *l);
void lint_allows(lint *l);
void lint_allows_unused(lint *l);
/* Report, unless it is allowed there. */
void lint_note(lint *l, uint32_t node, int32_t detail, const char *format, ...);
/* The canonical text of a node; valid until the next two calls. */
churn_str lint_text(lint *l, uint32_t node);

static inline const expr_node *lint_node(const lint *l, uint32_t i)
{
    return &l->comp->nodes[i];
}

static inline uint32_t lint_arg(const lint *l, const expr_node *node, uint32_t i)
{
    return l->comp->args[node->first + i];
}

static inline bool lint_is(const lint *l, uint32_t i, expr_token_kind token)
{
    const expr_node *node = lint_node(l, i);
    return (node->kind == NODE_BINARY || node->kind == NODE_UNARY) && node->token == token;
}

static inline bool lint_same(const lint *l, uint32_t a, uint32_t b)
{
    return l->facts[a].same == l->facts[b].same;
}

static inline bool lint_is_fixed(const lint *l, uint32_t i)
{
    return !l->facts[i].reads && !l->facts[i].chosen;
}

/* A number that is known now. */
static inline bool lint_is_point(const lint *l, uint32_t i)
{
    const lint_fact *f = &l->facts[i];
    return f->low == f->high && f->low - f->low == 0;
}

bool lint_is_call(const lint *l, uint32_t i, const char *name);
bool lint_is_comparison(uint8_t token);
/* The relation with its sides exchanged, and what it is when it is denied. */
uint8_t lint_mirrored(uint8_t token);
uint8_t lint_denied(uint8_t token);

void lint_logic(lint *l, uint32_t i);
void lint_numbers(lint *l, uint32_t i);

#endif
