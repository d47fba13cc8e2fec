/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"
#include "playbook/schema_keys.h"

/*
 * Metrics that are written where they are used: `count("login", "30d")`, `days_since("login")`,
 * `sum("purchase.value", "90d")`. Each means the metric that has these keys and no others. One that
 * the playbook declares is used where there is one; else a metric is added that has no id, and is
 * known by how it is written.
 */

/* ---- functions ---- */

#define TAKES_NOTHING 0u
#define TAKES_NUMBERS 1u
#define TAKES_ANYTHING 2u

typedef struct function {
    const char *name;
    uint8_t what;
    uint8_t takes;
    bool window; /* needed; else optional */
} function;

static const function functions[] = {
    {"count", CHURN__AGG_COUNT, TAKES_NOTHING, true},
    {"active_days", CHURN__AGG_ACTIVE_DAYS, TAKES_NOTHING, true},
    {"distinct", CHURN__AGG_DISTINCT, TAKES_ANYTHING, true},
    {"sum", CHURN__AGG_SUM, TAKES_NUMBERS, true},
    {"mean", CHURN__AGG_MEAN, TAKES_NUMBERS, true},
    {"min", CHURN__AGG_MIN, TAKES_NUMBERS, true},
    {"max", CHURN__AGG_MAX, TAKES_NUMBERS, true},
    {"first", CHURN__AGG_FIRST, TAKES_ANYTHING, false},
    {"last", CHURN__AGG_LAST, TAKES_ANYTHING, false},
    {"exists", CHURN__AGG_EXISTS, TAKES_NOTHING, false},
    {"days_since", CHURN__AGG_DAYS_SINCE, TAKES_NOTHING, false},
    {"days_since_first", CHURN__AGG_DAYS_SINCE_FIRST, TAKES_NOTHING, false},
};

/* What is said of records that are no events. */
typedef struct record_function {
    const char *name, *of;
    uint8_t kind, what, take;
    bool window;
} record_function;

static const record_function record_functions[] = {
    {"sum", "invoice.amount", CHURN__METRIC_INVOICE, CHURN__INVOICE_BILLED_AMOUNT, CHURN__TAKE_MEAN,
     true},
    {"sum", "invoice.refunded", CHURN__METRIC_INVOICE, CHURN__INVOICE_REFUNDED_AMOUNT,
     CHURN__TAKE_MEAN, true},
    {"count", "invoice.failed", CHURN__METRIC_INVOICE, CHURN__INVOICE_FAILED_COUNT,
     CHURN__TAKE_MEAN, true},
    {"days_since", "invoice.failed", CHURN__METRIC_INVOICE, CHURN__INVOICE_DAYS_SINCE_FAILURE,
     CHURN__TAKE_MEAN, false},
    {"count", "ticket.opened", CHURN__METRIC_TICKET, CHURN__TICKET_OPENED_COUNT, CHURN__TAKE_MEAN,
     true},
    {"count", "ticket.closed", CHURN__METRIC_TICKET, CHURN__TICKET_CLOSED_COUNT, CHURN__TAKE_MEAN,
     true},
    {"count", "ticket.reopened", CHURN__METRIC_TICKET, CHURN__TICKET_REOPENED_COUNT,
     CHURN__TAKE_MEAN, true},
    {"mean", "ticket.csat", CHURN__METRIC_TICKET, CHURN__TICKET_CSAT, CHURN__TAKE_MEAN, true},
    {"mean", "survey.score", CHURN__METRIC_SURVEY, CHURN__SURVEY_MEAN, CHURN__TAKE_MEAN, true},
    {"min", "survey.score", CHURN__METRIC_SURVEY, CHURN__SURVEY_MEAN, CHURN__TAKE_MIN, true},
    {"max", "survey.score", CHURN__METRIC_SURVEY, CHURN__SURVEY_MEAN, CHURN__TAKE_MAX, true},
    {"last", "survey.score", CHURN__METRIC_SURVEY, CHURN__SURVEY_LAST, CHURN__TAKE_MEAN, false},
};

static const function *function_named(churn_str name)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (churn__str_eq(name, churn__str_nts(functions[i].name))) {
            return &functions[i];
        }
    }
    return NULL;
}

static const record_function *record_function_named(churn_str name, churn_str of)
{
    for (size_t i = 0; i < sizeof record_functions / sizeof record_functions[0]; i++) {
        const record_function *one = &record_functions[i];
        if (churn__str_eq(name, churn__str_nts(one->name)) &&
            churn__str_eq(of, churn__str_nts(one->of))) {
            return one;
        }
    }
    return NULL;
}

/* ---- what is wrong ---- */

/* What `why` says, until the next call. */
static bool wrong(builder *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)churn__formatv(b->why, sizeof b->why, format, args);
    va_end(args);
    return false;
}

static bool fill_window(builder *b, churn_str text, churn__metric_def *def)
{
    churn__yaml_node node = {.kind = CHURN__YAML_SCALAR, .plain = true, .text = text};
    if (text.len == 0 || b_value_fault(&schema_window, &node) != (diagnostic)0 ||
        !churn__span_parse(text.ptr, text.len, &def->window)) {
        return wrong(b, "%q is no window: a length of time such as 30d, 2cmo or mtd is expected",
                     &text);
    }
    def->has_window = true;
    return true;
}

/* The arguments after the first: how far it looks back, and what a window means that reaches before
 * the customer's start. */
static bool fill_rest(builder *b, const char *name, bool needed, bool allowed,
                      const churn_str *args, uint32_t count, churn__metric_def *def)
{
    if (count < 2) {
        return !needed || wrong(b, "it looks back over a window: write %s(..., \"30d\")", name);
    }
    if (!allowed || count > 3) {
        return wrong(b, allowed ? "more arguments than it takes" : "it takes no window");
    }
    if (!fill_window(b, args[1], def)) {
        return false;
    }
    def->clip = count == 3 && churn__str_eq(args[2], CHURN__STR("clip"));
    return count < 3 || def->clip || churn__str_eq(args[2], CHURN__STR("require")) ||
           wrong(b, "%q: `clip` or `require` is expected", &args[2]);
}

/* ---- of events ---- */

#define PROP_PREFIX CHURN__STR("props.")

static uint32_t property_named(const churn_playbook *pb, churn_str name)
{
    uint32_t i = 0;
    while (i < pb->property_count && !churn__str_eq(pb->properties[i].name, name)) {
        i++;
    }
    return i < pb->property_count ? i : UINT32_MAX;
}

/* "purchase.value", "purchase.props.plan.name": the event, and what is taken of it. */
static void split(churn_str text, churn_str *event, churn_str *of)
{
    size_t dot = text.len;
    for (size_t i = 0; i < text.len; i++) {
        churn_str rest = {text.ptr + i + 1, text.len - i - 1};
        if (text.ptr[i] == '.') {
            dot = i;
            if (churn__str_starts(rest, PROP_PREFIX)) {
                break;
            }
        }
    }
    *event = (churn_str){text.ptr, dot};
    *of = dot == text.len ? (churn_str){NULL, 0}
                          : (churn_str){text.ptr + dot + 1, text.len - dot - 1};
}

static bool fill_prop(builder *b, churn_str of, churn__metric_def *def)
{
    bool prefixed = churn__str_starts(of, PROP_PREFIX);
    churn_str name =
        prefixed ? (churn_str){of.ptr + PROP_PREFIX.len, of.len - PROP_PREFIX.len} : of;
    def->of = CHURN__OF_PROP;
    def->prop = property_named(b->pb, name);
    return def->prop != UINT32_MAX ||
           wrong(b,
                 "of an event `value`, `user`, `type` or a property under `properties` is taken, "
                 "not %q",
                 &of);
}

static churn__type type_taken(const builder *b, const churn__metric_def *def)
{
    switch (def->of) {
    case CHURN__OF_VALUE:
        return CHURN__TYPE_DOUBLE;
    case CHURN__OF_PROP:
        return b->pb->properties[def->prop].type;
    default:
        return CHURN__TYPE_STRING;
    }
}

static bool fill_of(builder *b, const function *f, churn_str of, churn__metric_def *def)
{
    static const char *const words[] = {
        [CHURN__OF_VALUE] = "value", [CHURN__OF_USER] = "user", [CHURN__OF_TYPE] = "type"};
    uint32_t i = 0;
    def->of = f->what == CHURN__AGG_DISTINCT ? CHURN__OF_USER : CHURN__OF_VALUE;
    def->of_given = of.ptr != NULL;
    while (i < 3 && !churn__str_eq(of, churn__str_nts(words[i]))) {
        i++;
    }
    if (def->of_given && i < 3) {
        def->of = (churn__metric_of)i;
    } else if (def->of_given && !fill_prop(b, of, def)) {
        return false;
    }
    if (f->takes == TAKES_NUMBERS && type_taken(b, def) != CHURN__TYPE_DOUBLE) {
        return wrong(b, "`%s` takes numbers, and %q is none", f->name, &of);
    }
    return true;
}

static bool fill_event(builder *b, const function *f, churn_str text, churn__metric_def *def)
{
    churn_str event = text, of = {NULL, 0};
    def->kind = CHURN__METRIC_EVENT;
    def->what = (churn__metric_what)f->what;
    def->type = f->what == CHURN__AGG_EXISTS ? CHURN__TYPE_BOOL : CHURN__TYPE_DOUBLE;
    def->align = CHURN__UNIT_MICRO;
    def->q = 0.5;
    def->half_life = 1;
    if (f->takes != TAKES_NOTHING) {
        split(text, &event, &of);
    }
    if (event.len == 0) {
        return wrong(b, "the type of an event is expected");
    }
    if (!fill_of(b, f, of, def)) {
        return false;
    }
    if (f->what == CHURN__AGG_FIRST || f->what == CHURN__AGG_LAST) {
        def->type = type_taken(b, def);
    }
    if (!churn__str_eq(event, CHURN__STR("any"))) {
        churn_str *events = b_array(b, 1, sizeof *events);
        def->events = events;
        def->event_count = events != NULL;
        if (events != NULL) {
            events[0] = b_keep(b, event);
        }
    }
    return b->st == CHURN_OK;
}

static bool fill_record(const record_function *f, churn__metric_def *def)
{
    def->kind = (churn__metric_kind)f->kind;
    def->what = (churn__metric_what)f->what;
    def->take = (churn__metric_take)f->take;
    def->type = CHURN__TYPE_DOUBLE;
    return true;
}

static bool fill(builder *b, churn_str name, const churn_str *args, uint32_t count,
                 churn__metric_def *def)
{
    const function *f = function_named(name);
    if (f == NULL || count == 0) {
        return wrong(b, "the type of an event is expected, as in \"login\"");
    }
    const record_function *record = record_function_named(name, args[0]);
    if (record != NULL) {
        return fill_record(record, def) &&
               fill_rest(b, f->name, record->window, record->window, args, count, def);
    }
    return fill_event(b, f, args[0], def) &&
           fill_rest(b, f->name, f->window, true, args, count, def);
}

/* ---- the same as one that is there ---- */

static bool same_events(const churn__metric_def *a, const churn__metric_def *b)
{
    if (a->event_count != b->event_count) {
        return false;
    }
    for (uint32_t i = 0; i < a->event_count; i++) {
        if (!churn__str_eq(a->events[i], b->events[i])) {
            return false;
        }
    }
    return true;
}

static bool same_span(churn__span a, churn__span b)
{
    return a.amount == b.amount && a.unit == b.unit && a.to_date == b.to_date;
}

/* It has a key that no call can have. */
static bool has_more(const churn__metric_def *def)
{
    bool filtered = def->filters[0].count > 0 || def->filters[1].count > 0 || def->per_user ||
                    def->survey_kind != 0 || def->max_age != 0 || def->min_period != 0;
    bool counted = def->expr != NULL || def->scaled || def->has_scale || def->approx ||
                   def->calendar || def->align != CHURN__UNIT_MICRO || def->customer_zone;
    return filtered || counted || def->has_default || def->offset.amount != 0 ||
           def->offset.to_date || def->if_never != CHURN__NEVER_SINCE_START;
}

static bool same(const churn__metric_def *there, const churn__metric_def *called)
{
    return there->kind == called->kind && there->what == called->what &&
           there->has_window == called->has_window && same_span(there->window, called->window) &&
           (there->clip == called->clip || !called->has_window) && there->of == called->of &&
           there->prop == called->prop && there->take == called->take &&
           same_events(there, called) && !has_more(there);
}

static uint32_t find(const builder *b, const churn__metric_def *called)
{
    for (uint32_t i = 0; i < b->pb->metric_count; i++) {
        if (same(&b->pb->metrics[i], called)) {
            return i;
        }
    }
    for (size_t i = 0; i < b->called_count; i++) {
        if (same(&b->called[i], called)) {
            return b->pb->metric_count + (uint32_t)i;
        }
    }
    return UINT32_MAX;
}

/* ---- calls ---- */

/* `count("login", "30d")` */
static churn_str written(builder *b, churn_str name, const churn_str *args, uint32_t count)
{
    churn__buf text;
    churn__buf_init(&text, b->heap);
    churn__buf_str(&text, name);
    for (uint32_t i = 0; i < count; i++) {
        churn__buf_text(&text, i == 0 ? "(\"" : "\", \"");
        churn__buf_str(&text, args[i]);
    }
    churn__buf_text(&text, "\")");
    churn_str kept = text.failed ? (churn_str){NULL, 0} : b_keep(b, churn__buf_view(&text));
    if (text.failed) {
        b_no_memory(b);
    }
    churn__buf_clear(&text);
    return kept;
}

static uint32_t add(builder *b, const churn__metric_def *def)
{
    if (b->st != CHURN_OK || !churn__grow(b->heap, (void **)&b->called, &b->called_capacity,
                                          b->called_count + 1, sizeof *b->called)) {
        b_no_memory(b);
        return 0;
    }
    b->called[b->called_count++] = *def;
    return b->pb->metric_count + (uint32_t)b->called_count - 1;
}

churn__expr_found b_call(builder *b, churn_str name, const churn_str *args, uint32_t count,
                         churn__expr_name *out, const char **why)
{
    churn__metric_def def = {.line = b->reading_line, .column = b->reading_column};
    b->why[0] = '\0';
    if (!fill(b, name, args, count, &def)) {
        *why = b->why;
        return CHURN__EXPR_UNKNOWN;
    }
    uint32_t metric = find(b, &def);
    if (metric == UINT32_MAX) {
        def.id = written(b, name, args, count);
        metric = add(b, &def);
    }
    *out = (churn__expr_name){.type = def.type, .slot = metric};
    return CHURN__EXPR_KNOWN;
}

/* ---- metrics that nobody writes ---- */

static bool same_operand(const churn__operand *a, const churn__operand *b)
{
    return a->metric == b->metric && a->is_attribute == b->is_attribute;
}

/* Of baselines and of what is carried. */
static bool same_hidden(const churn__metric_def *there, const churn__metric_def *wanted)
{
    bool derived = there->kind == CHURN__METRIC_BASELINE || there->kind == CHURN__METRIC_CARRY;
    return derived && there->kind == wanted->kind && there->what == wanted->what &&
           there->form == wanted->form && there->baseline == wanted->baseline &&
           same_operand(&there->a, &wanted->a) && there->back == wanted->back &&
           there->fewest == wanted->fewest && there->every == wanted->every &&
           there->every_unit == wanted->every_unit && there->segment == wanted->segment &&
           there->reference == wanted->reference && !there->has_default;
}

static uint32_t find_hidden(const builder *b, const churn__metric_def *wanted)
{
    for (uint32_t i = 0; i < b->pb->metric_count; i++) {
        if (same_hidden(&b->pb->metrics[i], wanted)) {
            return i;
        }
    }
    for (size_t i = 0; i < b->called_count; i++) {
        if (same_hidden(&b->called[i], wanted)) {
            return b->pb->metric_count + (uint32_t)i;
        }
    }
    return UINT32_MAX;
}

uint32_t b_hidden_metric(builder *b, const churn__metric_def *def)
{
    bool derived = def->kind == CHURN__METRIC_BASELINE || def->kind == CHURN__METRIC_CARRY;
    uint32_t metric = derived ? find_hidden(b, def) : find(b, def);
    return metric == UINT32_MAX ? add(b, def) : metric;
}

/* ---- into the playbook ---- */

static churn__metric_def *joined_metrics(builder *b, uint32_t before, uint32_t more)
{
    churn__metric_def *all = b_array(b, (size_t)before + more, sizeof *all);
    if (all != NULL && before > 0) {
        memcpy(all, b->pb->metrics, before * sizeof *all);
    }
    if (all != NULL) {
        memcpy(all + before, b->called, more * sizeof *all);
    }
    return all;
}

static churn__slot *joined_slots(builder *b, uint32_t more)
{
    uint32_t before = b->pb->slot_count;
    churn__slot *all = b_array(b, (size_t)before + more, sizeof *all);
    if (all != NULL && before > 0) {
        memcpy(all, b->pb->slots, before * sizeof *all);
    }
    for (uint32_t i = 0; all != NULL && i < more; i++) {
        all[before + i] = (churn__slot){CHURN__SLOT_METRIC, b->pb->metric_count + i, 0,
                                        b->called[i].type, b->called[i].id};
    }
    return all;
}

void b_called(builder *b)
{
    uint32_t more = (uint32_t)b->called_count, before = b->pb->metric_count;
    if (more == 0 || b->st != CHURN_OK) {
        return;
    }
    churn__metric_def *metrics = joined_metrics(b, before, more);
    churn__slot *slots = joined_slots(b, more);
    if (metrics == NULL || slots == NULL) {
        return;
    }
    b->metric_defs = metrics;
    b->pb->metrics = metrics;
    b->pb->metric_count += more;
    b->pb->slots = slots;
    b->pb->slot_count += more;
    b->called_count = 0;
}

void b_called_clear(builder *b)
{
    churn__free_array(b->heap, b->called, b->called_capacity, sizeof *b->called);
    b->called = NULL;
    b->called_count = b->called_capacity = 0;
}

uint32_t b_metric_slot(const builder *b, uint32_t metric)
{
    return metric < b->pb->declared_count
               ? churn__playbook_slot(b->pb, CHURN__SLOT_METRIC, metric, 0)
               : b->pb->named_slots + (metric - b->pb->declared_count);
}

churn__type b_slot_type(const builder *b, uint32_t slot)
{
    uint32_t count = b->pb->slot_count;
    return slot < count ? b->pb->slots[slot].type : b->called[slot - count].type;
}
