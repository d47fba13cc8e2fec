/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_FUSE_INSIDE_H
#define CHURN_EXPR_FUSE_INSIDE_H

#include "expr/fuse.h"

/* What is known while the program for one record is made: fuse.c makes it, fuse_lay.c lays it out.
 */

#define FUSE_NONE UINT32_MAX

typedef struct fuse_item {
    row_code code;
    uint32_t next;
    uint32_t after, after_other; /* jumps go behind these items; FUSE_NONE: no jump */
    uint32_t place;
} fuse_item;

typedef struct fuse_block {
    uint32_t head, tail;  /* items; FUSE_NONE: empty */
    uint32_t cost;        /* twice the work, less one where it is likely to decide */
    uint8_t chain;        /* OP_AND or OP_OR: `first`, `last` are its operands, not yet joined */
    bool fixed;           /* the tail has its register already */
    uint32_t reg;         /* what it gives, once it is made */
    uint32_t first, last; /* blocks */
    uint32_t next;        /* in the chain that it is an operand of */
} fuse_block;

typedef struct fuser {
    churn__expr *expr;
    uint32_t *writer;   /* by entry of the frame: instruction + 1 */
    uint32_t *from;     /* three an instruction: the operand as SLOT, CONST or REG */
    uint32_t *uses;     /* by instruction */
    fuse_block *blocks; /* by instruction, then those of plain operands */
    fuse_item *items;
    uint32_t *last_use, *physical; /* by instruction */
    uint32_t *spare;               /* registers that are free again */
    uint32_t block_count, item_count, spare_count, reg_count;
    fuse_block prelude;
} fuser;

static inline bool fuse_is_reg(uint32_t operand)
{
    return (operand & ROW_KIND) == ROW_REG;
}

/* Put the items from `head` on in one line; false: no memory. */
bool churn__expr_fuse_lay_out(fuser *f, uint32_t head, uint32_t result);

#endif
