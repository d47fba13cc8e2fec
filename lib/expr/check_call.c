/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"

/* Which overload of a function a call means. */

static bool is_called(const expr_node *node, const char *name)
{
    return churn__str_eq(node->name, churn__str_nts(name));
}

static uint32_t style_of(const expr_node *node)
{
    return node->method ? EXPR_METHOD : EXPR_GLOBAL;
}

/* ---- errors ---- */

static churn_status unknown_function(expr_comp *comp, expr_node *node)
{
    churn_str names[96];
    uint32_t count;
    const expr_function *all = churn__expr_functions(&count);
    if (churn__expr_raises(comp, node)) {
        return CHURN_OK;
    }
    count = count < 96 ? count : 96;
    for (uint32_t i = 0; i < count; i++) {
        names[i] = churn__str_nts(all[i].name);
    }
    churn_str near = churn__nearest(node->name, names, count);
    if (near.ptr == NULL || *churn__expr_function_hint(node->name) != '\0') {
        return churn__expr_fail(comp, node->at, CHURN_E_NOT_FOUND, CHURN__EXPR_UNKNOWN_FUNCTION,
                                "unknown function %q%s", &node->name,
                                churn__expr_function_hint(node->name));
    }
    churn__expr_suggest(comp, near);
    return churn__expr_fail(comp, node->at, CHURN_E_NOT_FOUND, CHURN__EXPR_UNKNOWN_FUNCTION,
                            "unknown function %q; did you mean %q?", &node->name, &near);
}

static churn_status wrong_count(expr_comp *comp, expr_node *node, const expr_function *f)
{
    if (churn__expr_raises(comp, node)) {
        return CHURN_OK;
    }
    uint64_t receiver = node->method ? 1 : 0, wanted = f->least - receiver;
    return churn__expr_fail(comp, node->at, CHURN_E_TYPE, CHURN__EXPR_ARGUMENTS,
                            "%q takes %u argument%s, got %u", &node->name, wanted,
                            wanted == 1 ? "" : "s", (uint64_t)node->count - receiver);
}

/* What the ways to call a function take that have as many arguments as this call. */
static void list_taken(churn__buf *out, const expr_node *node)
{
    uint32_t count, found = 0;
    const expr_function *all = churn__expr_functions(&count);
    for (uint32_t i = 0; i < count; i++) {
        const expr_function *f = &all[i];
        bool fits = node->count >= f->least && node->count <= f->most && f->args[0] != 0;
        if (!is_called(node, f->name) || !fits) {
            continue;
        }
        churn__buf_text(out, found++ == 0 ? "; it takes " : ", or ");
        churn__buf_text(out, churn__expr_type_name(f->args[0]));
        if (node->count > 1 && f->args[1] != 0) {
            churn__buf_text(out, " and ");
            churn__buf_text(out, churn__expr_type_name(f->args[1]));
        }
    }
}

static churn_status wrong_types(expr_comp *comp, expr_node *node)
{
    if (churn__expr_raises(comp, node)) {
        return CHURN_OK;
    }
    const char *got = churn__expr_type_name(expr_arg(comp, node, 0)->type);
    const char *second =
        node->count > 1 ? churn__expr_type_name(expr_arg(comp, node, 1)->type) : "";
    churn__buf taken;
    churn__buf_init(&taken, comp->heap);
    list_taken(&taken, node);
    churn_status st = taken.failed
                          ? churn__fail_memory(comp->err, comp->heap)
                          : churn__expr_fail(comp, node->at, CHURN_E_TYPE, CHURN__EXPR_TYPES,
                                             "%q does not take %s%s%s%s", &node->name, got,
                                             node->count > 1 ? " and " : "", second,
                                             taken.size > 0 ? taken.data : "");
    churn__buf_clear(&taken);
    return st;
}

/* No overload fits: say what is nearest to the truth. */
static churn_status no_overload(expr_comp *comp, expr_node *node)
{
    uint32_t count;
    const expr_function *all = churn__expr_functions(&count), *named = NULL, *counted = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (is_called(node, all[i].name)) {
            named = named != NULL ? named : &all[i];
            bool fits = node->count >= all[i].least && node->count <= all[i].most;
            counted = fits ? &all[i] : counted;
        }
    }
    if (named == NULL) {
        return unknown_function(comp, node);
    }
    if ((named->style & style_of(node)) == 0 && !expr_is_unchecked(comp)) {
        bool method = named->style == EXPR_METHOD;
        return churn__expr_fail(comp, node->at, CHURN_E_TYPE, CHURN__EXPR_ARGUMENTS,
                                method ? "%q is written behind a value: x.%S(...)"
                                       : "%q is written before its value: %S(x)",
                                &node->name, &node->name);
    }
    return counted == NULL ? wrong_count(comp, node, named) : wrong_types(comp, node);
}

/* ---- what only scopes can do ---- */

#define SUGAR_ARGS 8u

static churn_status sugar_arguments(expr_comp *comp, const expr_node *node, churn_str *args)
{
    if (node->count > SUGAR_ARGS) {
        return churn__expr_fail(comp, node->at, CHURN_E_TYPE, CHURN__EXPR_ARGUMENTS,
                                "%q takes %u arguments at most, got %u", &node->name,
                                (uint64_t)SUGAR_ARGS, (uint64_t)node->count);
    }
    for (uint32_t i = 0; i < node->count; i++) {
        const expr_node *arg = expr_arg(comp, node, i);
        if (arg->kind != NODE_CONST || arg->type != CHURN__TYPE_STRING) {
            return churn__expr_fail(comp, arg->at, CHURN_E_TYPE, CHURN__EXPR_ARGUMENTS,
                                    "%q takes text in quotes alone, so that it is known before "
                                    "any customer is looked at",
                                    &node->name);
        }
        args[i] = arg->value.as.s;
    }
    return CHURN_OK;
}

static churn_status sugar_unknown(expr_comp *comp, const expr_node *node, churn_str text,
                                  const char *why)
{
    return churn__expr_fail(comp, node->at, CHURN_E_NOT_FOUND, CHURN__EXPR_UNKNOWN_NAME,
                            "%q stands for nothing%s%s", &text, why != NULL ? ": " : "",
                            why != NULL ? why : "");
}

/* count("login", "30d"): a name that is written as a call. */
static churn_status check_sugar(expr_comp *comp, expr_node *node)
{
    churn_status st = CHURN_OK;
    const churn__expr_scope *scope = comp->scope;
    churn_str args[SUGAR_ARGS], text = {comp->text.ptr + node->at, node->end - node->at};
    churn__expr_name found = {0};
    const char *why = NULL;
    if (scope->call == NULL) {
        CHURN_TRY(churn__expr_fail(comp, node->at, CHURN_E_UNSUPPORTED, CHURN__EXPR_EXCLUDED,
                                   "%q is left out here: it stands for a metric in playbooks "
                                   "and questions; define a metric and write metric.<id>",
                                   &node->name));
    }
    CHURN_TRY(sugar_arguments(comp, node, args));
    switch (scope->call(scope->context, node->name, args, node->count, &found, &why)) {
    case CHURN__EXPR_KNOWN:
        break;
    case CHURN__EXPR_LATER:
        return churn__expr_fail(comp, node->at, CHURN_E_UNSUPPORTED, CHURN__EXPR_EXCLUDED,
                                "%q is something that this version does not do", &text);
    default:
        return sugar_unknown(comp, node, text, why);
    }
    node->name = text;
    node->count = 0;
    CHURN_TRY(churn__expr_take_name(comp, node, &found));
done:
    return st;
}

/* ---- choice ---- */

static bool takes(const expr_comp *comp, const expr_node *arg, churn__type type, bool adapting)
{
    bool adapts = adapting && arg->adapts && type == CHURN__TYPE_DOUBLE && !expr_is_strict(comp);
    return type == 0 || arg->type == type || adapts;
}

static bool fits(const expr_comp *comp, const expr_node *node, const expr_function *f,
                 bool adapting)
{
    if (!is_called(node, f->name) || (f->style & style_of(node)) == 0 || node->count < f->least ||
        node->count > f->most) {
        return false;
    }
    for (uint32_t i = 0; i < node->count && i < 2; i++) {
        if (!takes(comp, expr_arg(comp, node, i), f->args[i], adapting)) {
            return false;
        }
    }
    return true;
}

static const expr_function *choose(const expr_comp *comp, const expr_node *node)
{
    uint32_t count;
    const expr_function *all = churn__expr_functions(&count);
    for (int adapting = 0; adapting < 2; adapting++) {
        for (uint32_t i = 0; i < count; i++) {
            if (fits(comp, node, &all[i], adapting != 0)) {
                return &all[i];
            }
        }
    }
    return NULL;
}

/* ---- those with rules of their own ---- */

static churn_status check_has(expr_comp *comp, expr_node *node)
{
    if (expr_arg(comp, node, 0)->kind == NODE_NAME) {
        return CHURN_OK;
    }
    return churn__expr_fail(comp, node->at, CHURN_E_TYPE, CHURN__EXPR_ARGUMENTS,
                            "%q takes the name of a value, such as has(score)", &node->name);
}

static void check_dyn(const expr_comp *comp, expr_node *node)
{
    const expr_node *arg = expr_arg(comp, node, 0);
    node->type = arg->type;
    node->element = arg->element;
    node->sample = arg->sample;
    node->fine = arg->fine;
    node->nullable = arg->nullable;
    node->dynamic = true;
}

/* math.least([1, 2, 3]): a list that is written out is as good as its elements. */
static void open_list(const expr_comp *comp, expr_node *node)
{
    bool extreme = is_called(node, "math.least") || is_called(node, "math.greatest");
    const expr_node *list = extreme && node->count == 1 ? expr_arg(comp, node, 0) : NULL;
    if (list != NULL && list->kind == NODE_LIST && list->count > 0) {
        node->first = list->first;
        node->count = list->count;
    }
}

/* math.least, math.greatest: ints, or doubles, or doubles and ints that become doubles. */
static churn_status check_extreme(expr_comp *comp, expr_node *node, bool least)
{
    churn__type type = expr_arg(comp, node, 0)->type;
    for (uint32_t i = 0; i < node->count; i++) {
        churn__type other = expr_arg(comp, node, i)->type;
        type = other == CHURN__TYPE_DOUBLE ? other : type;
    }
    if (!expr_is_number(type)) {
        return wrong_types(comp, node);
    }
    for (uint32_t i = 0; i < node->count; i++) {
        expr_node *arg = expr_arg(comp, node, i);
        if (churn__expr_adapt(comp, arg, type)) {
            continue;
        }
        if (expr_is_number(arg->type)) { /* strict CEL does not know which one it will be */
            node->dynamic = node->dynamic || expr_is_strict(comp);
            continue;
        }
        if (churn__expr_raises(comp, node)) {
            return CHURN_OK;
        }
        return churn__expr_fail(comp, arg->at, CHURN_E_TYPE, CHURN__EXPR_TYPES,
                                "%q needs numbers, got %s", &node->name,
                                churn__expr_type_name(arg->type));
    }
    bool is_int = type == CHURN__TYPE_INT;
    node->type = type;
    node->op = least ? (is_int ? OP_MIN_I : OP_MIN_D) : (is_int ? OP_MAX_I : OP_MAX_D);
    return CHURN_OK;
}

/* size([...]): a number known now, unless what the list holds may not be there. */
static void check_list_size(const expr_comp *comp, expr_node *node)
{
    const expr_node *list = expr_arg(comp, node, 0);
    node->constant = list->kind == NODE_LIST && list->constant;
    node->value.as.i = node->constant ? list->count : 0;
    node->adapts = node->constant;
    node->lowers = !node->constant;
}

static churn_status check_special(expr_comp *comp, expr_node *node, const expr_function *f)
{
    switch (f->special) {
    case EXPR_HAS:
        return check_has(comp, node);
    case EXPR_DYN:
        check_dyn(comp, node);
        return CHURN_OK;
    case EXPR_LEAST:
    case EXPR_GREATEST:
        return check_extreme(comp, node, f->special == EXPR_LEAST);
    case EXPR_SIZE_LIST:
        check_list_size(comp, node);
        return CHURN_OK;
    case EXPR_PART:
        return churn__expr_check_zone(comp, node);
    case EXPR_MATCHES:
        return churn__expr_check_pattern(comp, node);
    default:
        return churn__expr_check_instant(comp, node);
    }
}

static churn_status check_overload(expr_comp *comp, expr_node *node)
{
    const expr_function *f = choose(comp, node);
    if (f == NULL) {
        return no_overload(comp, node);
    }
    for (uint32_t i = 0; i < node->count; i++) {
        expr_node *arg = expr_arg(comp, node, i);
        if (i < 2 && f->args[i] != 0) {
            churn__expr_adapt(comp, arg, f->args[i]);
        }
        node->dynamic = node->dynamic || arg->dynamic;
        node->lowers = node->lowers || arg->nullable || arg->type == EXPR_TYPE_NULL;
    }
    node->type = f->result;
    node->op = f->op;
    node->lowers = node->lowers && f->special != EXPR_HAS && f->special != EXPR_DYN;
    return check_special(comp, node, f);
}

churn_status churn__expr_check_call(expr_comp *comp, expr_node *node)
{
    if (!node->method && churn__expr_is_sugar(node->name)) {
        return check_sugar(comp, node);
    }
    open_list(comp, node);
    return check_overload(comp, node);
}
