/* SPDX-License-Identifier: MIT */
#include "expr/template_inside.h"

/* Text with {{expressions | filters}}: parts, their filters and arguments. */

/* ---- errors ---- */

#define MOST_FILTERS 16u

/* The first one is the caller's. */
static void note(template_comp *with, churn_status st, const churn_error *why)
{
    if (with->st == CHURN_OK && with->err != NULL) {
        churn__fail_at(with->err, st, why->detail, why->line, why->column, CHURN_ROW_NONE, "%s",
                       why->message);
    }
    with->st = with->st == CHURN_OK ? st : with->st;
}

void churn__template_no_memory(template_comp *with)
{
    with->st = churn__fail_memory(with->err, with->tmpl->heap);
    with->broken = true;
}

static void tell(template_comp *with, churn__expr_place place, churn_status st, int32_t detail,
                 churn_str near, const char *format, ...)
{
    churn_error why = {.struct_size = sizeof why};
    char message[400];
    va_list args;
    va_start(args, format);
    churn__formatv(message, sizeof message, format, args);
    va_end(args);
    churn__fail_at(&why, st, detail, place.line, place.column, CHURN_ROW_NONE, "%s", message);
    if (with->source->report != NULL) {
        const churn__expr_finding finding = {.status = st,
                                             .detail = detail,
                                             .line = place.line,
                                             .column = place.column,
                                             .message = churn__str_nts(message),
                                             .suggestion = near};
        with->source->report(with->source->report_context, &finding);
    }
    note(with, st, &why);
}

static const churn_str nobody = {NULL, 0};

static void tell_syntax(template_comp *with, churn__expr_place place, const char *what)
{
    tell(with, place, CHURN_E_PARSE, CHURN__EXPR_SYNTAX, nobody, "text: %s", what);
}

/* ---- expressions ---- */

/* What the compiler of expressions found it has reported; NULL: it did not compile. */
static churn__expr *compile_expr(template_comp *with, churn_str text, churn__expr_place place,
                                 const churn__expr_scope *scope)
{
    churn_error why = {.struct_size = sizeof why};
    churn__expr_source source = *with->source;
    churn__expr *expr = NULL;
    source.text = text;
    source.place = place;
    source.scope = scope;
    source.want = 0;
    source.flags |= CHURN__EXPR_GIVE_LIST;
    const churn_status st =
        churn__expr_compile(with->tmpl->heap, with->limits, &source, &expr, &why);
    if (st == CHURN_E_NOMEM || (st == CHURN_E_LIMIT && why.detail == 0)) {
        churn__template_no_memory(with);
    } else if (st != CHURN_OK) {
        note(with, st, &why);
    }
    return expr;
}

/* ---- arguments of filters ---- */

static churn__expr_found no_names(void *context, churn_str name, churn__expr_name *out)
{
    (void)context;
    (void)name;
    (void)out;
    return CHURN__EXPR_UNKNOWN;
}

static const char *literals_only(void *context, churn_str name)
{
    (void)context;
    (void)name;
    return "a filter takes literals: a text stands in quotes";
}

/* A literal of the language, by its own compiler. */
static bool take_literal(template_comp *with, churn_str text, churn__expr_place place,
                         churn__value *out)
{
    static const churn__expr_scope nothing = {.resolve = no_names, .advice = literals_only};
    churn__expr *expr = compile_expr(with, text, place, &nothing);
    bool good = false;
    if (expr == NULL) {
        return false;
    }
    if (expr->slot_count == 0 && expr->code_count == 0 && expr->result < expr->const_count) {
        churn__expr_give(expr->type, &expr->consts[expr->result], out);
        good = true;
    } else {
        tell(with, place, CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, nobody,
             "text: an argument of a filter is a literal");
    }
    if (good && out->type == CHURN__TYPE_STRING) {
        const churn_str s = out->as.s;
        out->as.s = churn__arena_str(&with->tmpl->arena, s.len > 0 ? s.ptr : "", s.len);
        if (out->as.s.ptr == NULL) {
            churn__template_no_memory(with);
            good = false;
        }
    }
    churn__expr_free(expr);
    return good;
}

static const char *open_zone(template_comp *with, text_filter *filter, churn_str name)
{
    churn__zone *zone = NULL;
    switch (churn__zone_open(with->tmpl->heap, with->options.zoneinfo, name, &zone)) {
    case CHURN__ZONE_OK:
        churn__zone_release(filter->zone);
        filter->zone = zone;
        return NULL;
    case CHURN__ZONE_NOMEM:
        churn__template_no_memory(with);
        return NULL;
    case CHURN__ZONE_CORRUPT:
        return "the file of this time zone cannot be read";
    default:
        return "there is no such time zone";
    }
}

static const char *check_range(const churn__value *value, int64_t least, int64_t most,
                               const char *fault)
{
    return value->as.i < least || value->as.i > most ? fault : NULL;
}

/* What is wrong with an argument of the right type; NULL: nothing. */
static const char *check_rule(template_comp *with, text_filter *filter, const churn__value *value,
                              uint8_t rule)
{
    switch (rule) {
    case RULE_DECIMALS:
        return check_range(value, 0, 9, "decimals are 0 to 9");
    case RULE_UNITS:
        return check_range(value, 1, 4, "units are 1 to 4");
    case RULE_LENGTH:
        return check_range(value, 1, INT64_MAX, "a text has at least 1 character");
    case RULE_CURRENCY:
        filter->scale = churn__currency_scale(value->as.s.ptr, value->as.s.len);
        return filter->scale < 0 ? "this is no ISO 4217 currency" : NULL;
    case RULE_STYLE:
        return churn__template_style(value->as.s).ptr == NULL
                   ? "a date is written as \"iso\", \"medium\", \"long\", \"full\", \"month\" or in codes "
                     "such as \"%d %b %Y\""
                   : NULL;
    case RULE_ZONE:
        return open_zone(with, filter, value->as.s);
    default:
        return NULL;
    }
}

/* default() takes a text, or what the value itself could be. */
static bool fits(const filter_arg *want, churn__type type, churn__value *value)
{
    if (value->type == want->type) {
        return true;
    }
    if (want->rule == RULE_VALUE && type == CHURN__TYPE_DOUBLE && value->type == CHURN__TYPE_INT) {
        *value = (churn__value){.type = type, .as.d = (double)value->as.i};
    }
    return want->rule == RULE_VALUE && value->type == type;
}

static void take_argument(template_comp *with, text_filter *filter, churn_str text,
                          churn__expr_place place, churn__type type)
{
    const uint8_t i = filter->count;
    churn__value value = {0};
    if (i >= TEMPLATE_ARGS || filter->def->args[i].type == 0) {
        tell(with, place, CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, nobody,
             i == 0 ? "text: `%s` takes no arguments" : "text: `%s` takes fewer arguments",
             filter->def->name);
        return;
    }
    if (!take_literal(with, text, place, &value)) {
        return;
    }
    const filter_arg *want = &filter->def->args[i];
    if (!fits(want, type, &value)) {
        tell(with, place, CHURN_E_TYPE, CHURN__EXPR_ARGUMENTS, nobody,
             "text: `%s` takes %s here, this is %s", filter->def->name,
             churn__type_name(want->type), churn__type_name(value.type));
        return;
    }
    filter->args[filter->count++] = value;
    const char *fault = check_rule(with, filter, &value, want->rule);
    if (fault != NULL) {
        tell(with, place, CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, nobody, "text: `%s`: %s",
             filter->def->name, fault);
    }
}

/* From behind "(" to behind ")"; `inside` ends before "}}". */
static void take_arguments(template_comp *with, text_cursor *inside, text_filter *filter,
                           churn__type type)
{
    const churn__expr_place open = inside->place;
    churn__text_skip_space(inside);
    for (bool more = text_here(inside) != ')'; more && !with->broken;) {
        churn__text_skip_space(inside);
        const churn__expr_place place = inside->place;
        const size_t from = inside->at;
        churn__text_skip_to(inside, ",)|");
        if (text_here(inside) != ',' && text_here(inside) != ')') {
            tell_syntax(with, open, "`(` without `)`");
            return;
        }
        const churn_str text = {inside->text.ptr + from, inside->at - from};
        if (filter->def != NULL) {
            take_argument(with, filter, text_trimmed(text), place, type);
        }
        more = text_here(inside) == ',';
        if (more) {
            churn__text_advance(inside, 1);
        }
    }
    if (text_here(inside) == ')') {
        churn__text_advance(inside, 1);
    }
}

/* ---- filters ---- */

/* What a value is on its way; written: a filter said how. */
typedef struct passing {
    churn__type type; /* 0: not known because of an error */
    bool written;
} passing;

static bool accepts(const filter_def *def, const passing *value)
{
    return (def->takes & TAKES(value->type)) != 0 ||
           (value->written && (def->takes & TAKES_STRING) != 0);
}

static void check_type(template_comp *with, const filter_def *def, churn__expr_place place,
                       const passing *value)
{
    const bool is_time = value->type == CHURN__TYPE_TIME;
    const bool is_number = (TAKES_NUMBER & TAKES(value->type)) != 0;
    const char *hint = "";
    if (value->type == 0 || accepts(def, value)) {
        return;
    }
    if (def->kind == FILTER_DURATION && is_number) {
        hint = ": write `days` for a number of days";
    } else if ((def->takes & TAKES_STRING) != 0 && (is_number || is_time)) {
        hint = is_time ? ": write it by `date` before" : ": write it by `number` before";
    }
    tell(with, place, CHURN_E_TYPE, CHURN__EXPR_TYPES, nobody, "text: `%s` takes %s, this is %s%s",
         def->name, def->doc.takes, churn__type_name(value->type), hint);
}

/* What a filter needs from whoever renders. */
static void check_needs(template_comp *with, text_filter *filter, churn__expr_place place)
{
    const filter_def *def = filter->def;
    uint8_t least = 0;
    while (least < TEMPLATE_ARGS && def->args[least].type != 0 && !def->args[least].optional) {
        least++;
    }
    if (filter->count < least && with->st == CHURN_OK) {
        tell(with, place, CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, nobody,
             "text: `%s` needs its arguments: %s(%s)", def->name, def->name, def->doc.arguments);
    }
    if (def->kind == FILTER_MONEY && filter->count == 0) {
        const churn_str code = with->tmpl->currency;
        filter->scale = churn__currency_scale(code.ptr, code.len);
        if (code.len == 0) {
            tell(with, place, CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, nobody,
                 "text: `money` needs a currency here: money(\"EUR\")");
        }
    }
    if ((def->kind == FILTER_AGO || def->kind == FILTER_IN_DAYS) && !with->options.has_now) {
        tell(with, place, CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, nobody,
             "text: `%s` needs to know what time it is, which nobody says here", def->name);
    }
}

static void pass(const filter_def *def, passing *value)
{
    if (def->kind == FILTER_DEFAULT) {
        return;
    }
    value->type = def->gives != 0 ? def->gives : value->type;
    value->written = def->kind != FILTER_DAYS;
}

/* A name behind `|`, and what it takes. */
static void take_filter(template_comp *with, text_cursor *inside, text_part *part, passing *value)
{
    churn__text_advance(inside, 1);
    churn__text_skip_space(inside);
    const churn__expr_place place = inside->place;
    churn_str name = {inside->text.ptr + inside->at, 0};
    while (text_is_word(text_here(inside))) {
        churn__text_advance(inside, 1);
        name.len++;
    }
    if (name.len == 0) {
        tell_syntax(with, place, "a filter's name must follow `|`");
        return;
    }
    text_filter *filter = &part->filters[part->filter_count];
    filter->def = churn__template_find_filter(name);
    if (filter->def == NULL) {
        const churn_str near = churn__template_near_filter(name);
        tell(with, place, CHURN_E_NOT_FOUND, CHURN__EXPR_UNKNOWN_FUNCTION, near,
             near.ptr != NULL ? "unknown filter %q; did you mean %q?" : "unknown filter %q", &name,
             &near);
        value->type = 0;
    } else {
        part->filter_count++;
        check_type(with, filter->def, place, value);
    }
    churn__text_skip_space(inside);
    if (text_here(inside) == '(') {
        churn__text_advance(inside, 1);
        take_arguments(with, inside, filter, value->type);
    }
    if (filter->def != NULL && !with->broken) {
        check_needs(with, filter, place);
        pass(filter->def, value);
    }
}

static uint32_t count_filters(text_cursor inside)
{
    uint32_t count = 0;
    for (churn__text_skip_to(&inside, "|"); !text_at_end(&inside);
         churn__text_skip_to(&inside, "|")) {
        count++;
        churn__text_advance(&inside, 1);
    }
    return count;
}

static void take_filters(template_comp *with, text_cursor *inside, text_part *part)
{
    const uint32_t most = count_filters(*inside);
    passing value = {part->expr != NULL ? churn__expr_type(part->expr) : 0, false};
    if (most > MOST_FILTERS) {
        tell(with, inside->place, CHURN_E_LIMIT, CHURN__EXPR_TOO_MANY, nobody,
             "text: a value goes through %u filters at most", (uint64_t)MOST_FILTERS);
        return;
    }
    part->filters = churn__arena_array(&with->tmpl->arena, most, sizeof *part->filters);
    if (part->filters == NULL) {
        churn__template_no_memory(with);
        return;
    }
    while (text_here(inside) == '|' && !with->broken) {
        take_filter(with, inside, part, &value);
        churn__text_skip_space(inside);
        if (!text_at_end(inside) && text_here(inside) != '|') {
            tell_syntax(with, inside->place, "`|` or `}}` is expected here");
            churn__text_skip_to(inside, "|");
        }
    }
}

/* ---- parts ---- */

/* From "{{" to behind "}}". */
static void take_value(template_comp *with, text_cursor *c, text_part *part)
{
    const churn__expr_place open = c->place;
    churn__text_advance(c, 2);
    churn__text_skip_space(c);
    text_cursor inside = *c;
    if (!churn__text_find_close(c)) {
        tell_syntax(with, open, "`{{` without `}}`");
        return;
    }
    inside.text.len = c->at;
    const churn__expr_place place = inside.place;
    const size_t from = inside.at;
    churn__text_skip_to(&inside, "|");
    const churn_str text = {inside.text.ptr + from, inside.at - from};
    part->expr = compile_expr(with, text_trimmed(text), place, with->source->scope);
    if (!text_at_end(&inside) && !with->broken) {
        take_filters(with, &inside, part);
    }
    churn__text_advance(c, 2);
}

static void take_text(template_comp *with, text_cursor *c, text_part *part)
{
    const size_t from = c->at;
    while (!text_at_end(c) && !churn__text_looks_at(c, "{{")) {
        churn__text_advance(c, 1);
    }
    part->text = churn__arena_str(&with->tmpl->arena, c->text.ptr + from, c->at - from);
    if (part->text.ptr == NULL) {
        churn__template_no_memory(with);
    }
}

/* At most this many parts: each {{ begins one and ends the one before it. */
static size_t most_parts(churn_str text)
{
    size_t count = 1;
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] == '{' && text.ptr[i + 1] == '{') {
            count += 2;
            i++;
        }
    }
    return count;
}

static bool check_text(template_comp *with, churn__expr_place place)
{
    const churn_str text = with->source->text;
    if (text.len > with->tmpl->limit) {
        tell(with, place, CHURN_E_LIMIT, CHURN__EXPR_TOO_LONG, nobody,
             "the text is longer than %u bytes (limit string_bytes)", (uint64_t)with->tmpl->limit);
        return false;
    }
    if (churn__utf8_fault(text.ptr, text.len) != SIZE_MAX) {
        tell(with, place, CHURN_E_UTF8, CHURN__EXPR_SYNTAX, nobody, "the text is not UTF-8");
        return false;
    }
    return true;
}

void churn__template_compile_parts(template_comp *with)
{
    churn__template *tmpl = with->tmpl;
    text_cursor c = {with->source->text, 0, with->source->place};
    c.place.line = c.place.line > 0 ? c.place.line : 1;
    c.place.column = c.place.column > 0 ? c.place.column : 1;
    if (!check_text(with, c.place)) {
        return;
    }
    tmpl->parts = churn__arena_array(&tmpl->arena, most_parts(c.text), sizeof *tmpl->parts);
    if (tmpl->parts == NULL) {
        churn__template_no_memory(with);
        return;
    }
    while (!text_at_end(&c) && !with->broken) {
        text_part *part = &tmpl->parts[tmpl->count++];
        if (churn__text_looks_at(&c, "{{")) {
            take_value(with, &c, part);
        } else {
            take_text(with, &c, part);
        }
    }
}
