/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"

/*
 * What canonical code need not compute: the other side of a choice that was settled when compiling,
 * operands that algebra took away. Going backwards, an instruction stays if its entry is read later
 * before it is written again.
 */
size_t churn__expr_prune(expr_code *code, size_t count, uint32_t result, uint8_t *live)
{
    size_t kept = count;
    live[result] = 1;
    for (size_t i = count; i > 0; i--) {
        const expr_code *c = &code[i - 1];
        if (live[c->to] == 0) {
            continue;
        }
        live[c->to] = 0;
        live[c->a] = live[c->b] = live[c->c] = 1;
        code[--kept] = *c;
    }
    memmove(code, code + kept, (count - kept) * sizeof *code);
    return count - kept;
}
