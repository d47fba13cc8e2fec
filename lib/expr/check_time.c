/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"
#include "expr/time.h"

/*
 * Instants and durations. Most stay 64 bits of microseconds and of nanoseconds; `fine` marks the
 * instants that have nanoseconds as well, and the durations that may be no whole microseconds and
 * so give them to an instant. What is known to be coarse costs nothing.
 */

static churn__type sum_type(uint8_t token, churn__type a, churn__type b)
{
    bool u = b == CHURN__TYPE_DURATION;
    if (a == CHURN__TYPE_DURATION && u) {
        return CHURN__TYPE_DURATION;
    }
    if (a == CHURN__TYPE_TIME && u) {
        return CHURN__TYPE_TIME;
    }
    if (token == TOK_ADD) {
        return a == CHURN__TYPE_DURATION && b == CHURN__TYPE_TIME ? CHURN__TYPE_TIME : 0;
    }
    return a == CHURN__TYPE_TIME && b == CHURN__TYPE_TIME ? CHURN__TYPE_DURATION : 0;
}

bool churn__expr_check_time(expr_node *node, const expr_node *a, const expr_node *b)
{
    bool add = node->token == TOK_ADD;
    churn__type type = add || node->token == TOK_SUB ? sum_type(node->token, a->type, b->type) : 0;
    if (type == 0) {
        return false;
    }
    node->type = type;
    node->fine = a->fine || b->fine;
    if (type == CHURN__TYPE_TIME) {
        node->op = add ? OP_T_ADD : OP_T_SUB;
        node->lowers = node->lowers || node->fine || a->type == CHURN__TYPE_DURATION;
    } else if (a->type == CHURN__TYPE_TIME) {
        node->op = OP_T_DIFF;
        node->lowers = node->lowers || node->fine;
    } else {
        node->op = add ? OP_ADD_I : OP_SUB_I;
    }
    return true;
}

/* ---- conversions ---- */

static const churn_str *constant_text(const expr_node *node)
{
    bool known = node->kind == NODE_CONST || (node->kind == NODE_NAME && node->slot == UINT32_MAX);
    return known && node->type == CHURN__TYPE_STRING && node->value.state == EXPR_OK
               ? &node->value.as.s
               : NULL;
}

static churn_status bad_instant(expr_comp *comp, const expr_node *arg, churn_str text, bool time,
                                bool range)
{
    const char *form = time ? "write it as \"2026-01-31T09:30:00Z\"" : "write it as \"36h\"";
    const char *why = range ? (time ? "there is no such day" : "it does not fit 64 bits") : form;
    return churn__expr_fail(comp, arg->at, CHURN_E_PARSE,
                            time ? CHURN__EXPR_BAD_TIME : CHURN__EXPR_BAD_DURATION,
                            "%q is no %s: %s", &text, time ? "timestamp" : "duration", why);
}

/* A text that is known now is read now; mistakes in what is written out are told now, but strict
 * CEL leaves them to the rows. */
static churn_status check_text(expr_comp *comp, expr_node *node)
{
    const expr_node *arg = expr_arg(comp, node, 0);
    const churn_str *text = constant_text(arg);
    bool time = node->op == OP_S2T;
    int64_t value = 0, nanos = 0;
    node->fine = true;
    if (text == NULL) {
        return CHURN_OK;
    }
    expr_text how = time ? churn__expr_time_parse(*text, expr_is_strict(comp), &value, &nanos)
                         : churn__expr_duration_parse(*text, &value);
    if (how != EXPR_TEXT_OK) {
        bool later = expr_is_strict(comp) || arg->kind != NODE_CONST;
        return later ? CHURN_OK : bad_instant(comp, arg, *text, time, how == EXPR_TEXT_RANGE);
    }
    node->constant = true;
    node->value.as.i = value;
    node->nanos = (int16_t)nanos;
    node->fine = time ? nanos != 0 : value % 1000 != 0;
    return CHURN_OK;
}

churn_status churn__expr_check_instant(expr_comp *comp, expr_node *node)
{
    const expr_node *arg = expr_arg(comp, node, 0);
    switch (node->op) {
    case OP_S2T:
    case OP_S2U:
        return check_text(comp, node);
    case OP_T2S:
        node->lowers = node->lowers || arg->fine;
        return CHURN_OK;
    case OP_NONE: /* timestamp(timestamp), duration(duration) */
        node->fine = arg->fine;
        return CHURN_OK;
    default:
        return CHURN_OK;
    }
}

/* ---- zones ---- */

static churn_status hold_zone(expr_comp *comp, churn__zone *zone)
{
    expr_zone *held = churn__arena_alloc(comp->arena, sizeof *held);
    if (held == NULL) {
        churn__zone_release(zone);
        return churn__fail_memory(comp->err, comp->heap);
    }
    *held = (expr_zone){.zone = zone, .next = comp->expr->zones};
    comp->expr->zones = held;
    return CHURN_OK;
}

static const churn__zone *held_zone(const expr_comp *comp, churn_str name)
{
    for (const expr_zone *held = comp->expr->zones; held != NULL; held = held->next) {
        if (churn__str_eq(churn__zone_name(held->zone), name)) {
            return held->zone;
        }
    }
    return NULL;
}

/* CEL writes "02:00" for "+02:00". */
static bool full_name(churn_str text, char *out, size_t cap, churn_str *name)
{
    bool bare = text.len == 5 && text.ptr[2] == ':';
    if (text.len + 1 >= cap) {
        return false;
    }
    out[0] = '+';
    memcpy(out + (bare ? 1 : 0), text.ptr, text.len);
    *name = (churn_str){out, text.len + (bare ? 1 : 0)};
    out[name->len] = '\0';
    return true;
}

static churn_status open_zone(expr_comp *comp, const expr_node *arg, churn_str text,
                              const churn__zone **out)
{
    char buffer[128];
    churn_str name = {NULL, 0};
    churn__zone *zone = NULL;
    churn__zone_result result = CHURN__ZONE_UNKNOWN;
    if (text.len > 0 && full_name(text, buffer, sizeof buffer, &name)) {
        *out = held_zone(comp, name);
        if (*out != NULL) {
            return CHURN_OK;
        }
        result = churn__zone_open(comp->heap, comp->source->zoneinfo, name, &zone);
    }
    switch (result) {
    case CHURN__ZONE_OK:
        *out = zone;
        return hold_zone(comp, zone);
    case CHURN__ZONE_NOMEM:
        return churn__fail_memory(comp->err, comp->heap);
    default:
        return churn__expr_fail(comp, arg->at, CHURN_E_NOT_FOUND, CHURN__EXPR_UNKNOWN_ZONE,
                                "%q is no time zone: write \"Europe/Budapest\" or \"+02:00\"",
                                &text);
    }
}

churn_status churn__expr_check_zone(expr_comp *comp, expr_node *node)
{
    node->lowers = true;
    node->value.as.zone = NULL;
    if (node->count < 2) {
        return CHURN_OK;
    }
    const expr_node *arg = expr_arg(comp, node, 1);
    const churn_str *text = constant_text(arg);
    if (text == NULL) {
        return churn__expr_fail(comp, arg->at, CHURN_E_TYPE, CHURN__EXPR_ARGUMENTS,
                                "%q takes a zone in quotes, so that it is known before any row is "
                                "looked at",
                                &node->name);
    }
    return open_zone(comp, arg, *text, &node->value.as.zone);
}
