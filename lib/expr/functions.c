/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"

/* The functions of the language: a line an overload. To add one, add its line here, its operation
 * to program.h and what it does to functions of row.c; vectors run it by themselves. */

#define GLOBAL 1u
#define METHOD 2u
#define BOTH 3u

#define B CHURN__TYPE_BOOL
#define I CHURN__TYPE_INT
#define D CHURN__TYPE_DOUBLE
#define S CHURN__TYPE_STRING
#define T CHURN__TYPE_TIME
#define L CHURN__TYPE_STRINGS

typedef struct overload {
    const char *name;
    uint8_t style, count;
    churn__type args[2], result;
    uint8_t op; /* OP_NONE: the argument itself */
} overload;

static const overload overloads[] = {
    {"size", BOTH, 1, {S}, I, OP_SIZE_S},
    {"size", BOTH, 1, {L}, I, OP_SIZE_L},
    {"contains", METHOD, 2, {S, S}, B, OP_CONTAINS},
    {"startsWith", METHOD, 2, {S, S}, B, OP_STARTS},
    {"endsWith", METHOD, 2, {S, S}, B, OP_ENDS},
    {"matches", BOTH, 2, {S, S}, B, OP_MATCHES},
    {"int", GLOBAL, 1, {I}, I, OP_NONE},
    {"int", GLOBAL, 1, {D}, I, OP_D2I},
    {"int", GLOBAL, 1, {S}, I, OP_S2I},
    {"int", GLOBAL, 1, {T}, I, OP_T2I},
    {"double", GLOBAL, 1, {D}, D, OP_NONE},
    {"double", GLOBAL, 1, {I}, D, OP_I2D},
    {"double", GLOBAL, 1, {S}, D, OP_S2D},
    {"string", GLOBAL, 1, {S}, S, OP_NONE},
    {"string", GLOBAL, 1, {I}, S, OP_I2S},
    {"string", GLOBAL, 1, {D}, S, OP_D2S},
    {"string", GLOBAL, 1, {B}, S, OP_B2S},
    {"string", GLOBAL, 1, {T}, S, OP_T2S},
    {"bool", GLOBAL, 1, {B}, B, OP_NONE},
    {"bool", GLOBAL, 1, {S}, B, OP_S2B},
    {"timestamp", GLOBAL, 1, {T}, T, OP_NONE},
    {"timestamp", GLOBAL, 1, {S}, T, OP_S2T},
    {"timestamp", GLOBAL, 1, {I}, T, OP_I2T},
    {"math.abs", GLOBAL, 1, {I}, I, OP_ABS_I},
    {"math.abs", GLOBAL, 1, {D}, D, OP_ABS_D},
    {"math.sign", GLOBAL, 1, {I}, I, OP_SIGN_I},
    {"math.sign", GLOBAL, 1, {D}, D, OP_SIGN_D},
    {"math.ceil", GLOBAL, 1, {D}, D, OP_CEIL},
    {"math.floor", GLOBAL, 1, {D}, D, OP_FLOOR},
    {"math.round", GLOBAL, 1, {D}, D, OP_ROUND},
    {"math.trunc", GLOBAL, 1, {D}, D, OP_TRUNC},
    {"math.sqrt", GLOBAL, 1, {D}, D, OP_SQRT},
    {"math.isNaN", GLOBAL, 1, {D}, B, OP_ISNAN},
    {"math.isInf", GLOBAL, 1, {D}, B, OP_ISINF},
    {"math.isFinite", GLOBAL, 1, {D}, B, OP_ISFINITE},
};

/* Those that take what no overload says: how many arguments at least and at most. */
static const struct {
    const char *name;
    uint32_t least, most;
} specials[] = {
    {"has", 1, 1}, {"dyn", 1, 1}, {"math.least", 1, UINT32_MAX}, {"math.greatest", 1, UINT32_MAX}};

#undef B
#undef I
#undef D
#undef S
#undef T
#undef L

static bool is_called(const expr_node *node, const char *name)
{
    return churn__str_eq(node->name, churn__str_nts(name));
}

bool churn__expr_is_sugar(churn_str function)
{
    static const char *const names[] = {
        "days_since", "days_since_first", "count", "sum", "distinct", "mean", "min", "max", "last",
        "first",      "active_days",      "exists"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (churn__str_eq(function, churn__str_nts(names[i]))) {
            return true;
        }
    }
    return false;
}

const char *churn__expr_left_out(churn_str function)
{
    static const char macros[] =
        "conditions look at one customer; count with a metric and a filter";
    static const char getters[] = "compare timestamps with each other";
    static const struct {
        const char *name, *instead;
    } out[] = {
        {"all", macros},
        {"exists", macros},
        {"exists_one", macros},
        {"map", macros},
        {"filter", macros},
        {"type", "types are known when an expression is compiled"},
        {"uint", "use int()"},
        {"bytes", "use strings"},
        {"duration", "windows and ages are metrics; write metric.<id>"},
        {"format", "join strings with `+` and string()"},
        {"getFullYear", getters},
        {"getMonth", getters},
        {"getDate", getters},
        {"getDayOfMonth", getters},
        {"getDayOfWeek", getters},
        {"getDayOfYear", getters},
        {"getHours", getters},
        {"getMinutes", getters},
        {"getSeconds", getters},
        {"getMilliseconds", getters},
    };
    for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
        if (churn__str_eq(function, churn__str_nts(out[i].name))) {
            return out[i].instead;
        }
    }
    return NULL;
}

/* ---- errors ---- */

static churn_status unknown_function(expr_comp *comp, const expr_node *node)
{
    churn_str names[sizeof overloads / sizeof *overloads + sizeof specials / sizeof *specials];
    size_t count = 0;
    for (size_t i = 0; i < sizeof overloads / sizeof *overloads; i++) {
        names[count++] = churn__str_nts(overloads[i].name);
    }
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
        names[count++] = churn__str_nts(specials[i].name);
    }
    churn_str near = churn__nearest(node->name, names, count);
    if (near.ptr == NULL) {
        return churn__expr_fail(comp, node->at, CHURN_E_NOT_FOUND, CHURN__EXPR_UNKNOWN_FUNCTION,
                                "unknown function %q", &node->name);
    }
    comp->suggestion = near;
    return churn__expr_fail(comp, node->at, CHURN_E_NOT_FOUND, CHURN__EXPR_UNKNOWN_FUNCTION,
                            "unknown function %q; did you mean %q?", &node->name, &near);
}

static churn_status wrong_count(expr_comp *comp, const expr_node *node, uint32_t wanted)
{
    return churn__expr_fail(comp, node->at, CHURN_E_TYPE, CHURN__EXPR_ARGUMENTS,
                            "%q takes %u argument%s, got %u", &node->name, (uint64_t)wanted,
                            wanted == 1 ? "" : "s", (uint64_t)node->count);
}

/* No overload fits: say what is nearest to the truth. */
static churn_status no_overload(expr_comp *comp, const expr_node *node)
{
    const overload *named = NULL, *counted = NULL;
    uint32_t style = node->method ? METHOD : GLOBAL;
    for (size_t i = 0; i < sizeof overloads / sizeof *overloads; i++) {
        if (is_called(node, overloads[i].name)) {
            named = &overloads[i];
            counted = named->count == node->count ? named : counted;
        }
    }
    if (named == NULL) {
        return unknown_function(comp, node);
    }
    if ((named->style & style) == 0) {
        const char *form = named->style == METHOD ? "x.f(y)" : "f(x)";
        return churn__expr_fail(comp, node->at, CHURN_E_TYPE, CHURN__EXPR_ARGUMENTS,
                                "%q is called in the form %s", &node->name, form);
    }
    if (counted == NULL) {
        return wrong_count(comp, node, named->count);
    }
    const char *got = churn__expr_type_name(expr_arg(comp, node, 0)->type);
    const char *second =
        node->count > 1 ? churn__expr_type_name(expr_arg(comp, node, 1)->type) : "";
    return churn__expr_fail(comp, node->at, CHURN_E_TYPE, CHURN__EXPR_TYPES,
                            "%q does not take %s%s%s", &node->name, got,
                            node->count > 1 ? " and " : "", second);
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
                                   "%q is left out: define a metric and write metric.<id>",
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

static bool fits(const expr_comp *comp, const expr_node *node, const overload *f, bool adapting)
{
    uint32_t style = node->method ? METHOD : GLOBAL;
    if (!is_called(node, f->name) || (f->style & style) == 0 || f->count != node->count) {
        return false;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        const expr_node *arg = expr_arg(comp, node, i);
        bool adapts =
            adapting && arg->adapts && f->args[i] == CHURN__TYPE_DOUBLE && !expr_is_strict(comp);
        if (arg->type != f->args[i] && !adapts) {
            return false;
        }
    }
    return true;
}

static const overload *choose(const expr_comp *comp, const expr_node *node)
{
    for (int adapting = 0; adapting < 2; adapting++) {
        for (size_t i = 0; i < sizeof overloads / sizeof *overloads; i++) {
            if (fits(comp, node, &overloads[i], adapting != 0)) {
                return &overloads[i];
            }
        }
    }
    return NULL;
}

static churn_status check_has(expr_comp *comp, expr_node *node)
{
    if (expr_arg(comp, node, 0)->kind != NODE_NAME) {
        return churn__expr_fail(comp, node->at, CHURN_E_TYPE, CHURN__EXPR_ARGUMENTS,
                                "has() takes the name of a value");
    }
    node->type = CHURN__TYPE_BOOL;
    node->op = OP_HAS;
    return CHURN_OK;
}

static churn_status check_dyn(expr_comp *comp, expr_node *node)
{
    const expr_node *arg = expr_arg(comp, node, 0);
    node->type = arg->type;
    node->element = arg->element;
    node->op = OP_NONE;
    node->dynamic = true;
    return CHURN_OK;
}

/* math.least, math.greatest: all int or all double. */
static churn_status check_extreme(expr_comp *comp, expr_node *node, bool least)
{
    churn__type type = expr_arg(comp, node, 0)->type;
    for (uint32_t i = 0; i < node->count; i++) {
        churn__type other = expr_arg(comp, node, i)->type;
        type = other == CHURN__TYPE_DOUBLE ? other : type;
    }
    if (type != CHURN__TYPE_INT && type != CHURN__TYPE_DOUBLE) {
        return no_overload(comp, node);
    }
    for (uint32_t i = 0; i < node->count; i++) {
        expr_node *arg = expr_arg(comp, node, i);
        if (!churn__expr_adapt(comp, arg, type)) {
            return churn__expr_fail(comp, arg->at, CHURN_E_TYPE, CHURN__EXPR_TYPES,
                                    "%q needs all int or all double, got %s and %s", &node->name,
                                    churn__expr_type_name(type), churn__expr_type_name(arg->type));
        }
    }
    bool is_int = type == CHURN__TYPE_INT;
    node->type = type;
    node->op = least ? (is_int ? OP_MIN_I : OP_MIN_D) : (is_int ? OP_MAX_I : OP_MAX_D);
    return CHURN_OK;
}

/* size([...]): a number known now. */
static bool check_list_size(const expr_comp *comp, expr_node *node)
{
    if (!is_called(node, "size") || node->count != 1) {
        return false;
    }
    const expr_node *list = expr_arg(comp, node, 0);
    if (list->type != EXPR_TYPE_LIST || !list->constant) {
        return false;
    }
    node->type = CHURN__TYPE_INT;
    node->value.as.i = list->count;
    node->constant = true;
    node->adapts = true;
    return true;
}

churn_status churn__expr_check_call(expr_comp *comp, expr_node *node)
{
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
        if (!is_called(node, specials[i].name) || node->method) {
            continue;
        }
        if (node->count < specials[i].least || node->count > specials[i].most) {
            return wrong_count(comp, node, specials[i].least);
        }
        return i == 0   ? check_has(comp, node)
               : i == 1 ? check_dyn(comp, node)
                        : check_extreme(comp, node, i == 2);
    }
    if (!node->method && churn__expr_is_sugar(node->name)) {
        return check_sugar(comp, node);
    }
    if (check_list_size(comp, node)) {
        return CHURN_OK;
    }
    const overload *f = choose(comp, node);
    if (f == NULL) {
        return no_overload(comp, node);
    }
    for (uint32_t i = 0; i < node->count; i++) {
        churn__expr_adapt(comp, expr_arg(comp, node, i), f->args[i]);
        node->dynamic = node->dynamic || expr_arg(comp, node, i)->dynamic;
    }
    node->type = f->result;
    node->op = f->op;
    return f->op == OP_MATCHES ? churn__expr_check_pattern(comp, node) : CHURN_OK;
}
