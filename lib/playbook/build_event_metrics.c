/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "playbook/build.h"

/* Metrics of events: what each aggregate takes, and the keys that go with it. */

/* ---- what aggregates take ---- */

#define TAKES_NOTHING 0u
#define TAKES_NUMBERS 1u  /* value, or a property that is a number */
#define TAKES_ANYTHING 2u /* user and type and any property, too */

typedef enum window_rule { WINDOW_NEEDED, WINDOW_OPTIONAL, WINDOW_NONE } window_rule;

typedef struct agg_rule {
    uint8_t what;
    uint8_t takes;
    bool of_optional; /* counts events where `of` is not given */
    bool per_user;
    window_rule window;
} agg_rule;

static const agg_rule agg_rules[] = {
    {CHURN__AGG_COUNT, TAKES_NOTHING, false, true, WINDOW_NEEDED},
    {CHURN__AGG_DISTINCT, TAKES_ANYTHING, false, true, WINDOW_NEEDED},
    {CHURN__AGG_SUM, TAKES_NUMBERS, false, true, WINDOW_NEEDED},
    {CHURN__AGG_MEAN, TAKES_NUMBERS, false, true, WINDOW_NEEDED},
    {CHURN__AGG_MIN, TAKES_NUMBERS, false, true, WINDOW_NEEDED},
    {CHURN__AGG_MAX, TAKES_NUMBERS, false, true, WINDOW_NEEDED},
    {CHURN__AGG_ACTIVE_DAYS, TAKES_NOTHING, false, true, WINDOW_NEEDED},
    {CHURN__AGG_DAYS_SINCE, TAKES_NOTHING, false, false, WINDOW_OPTIONAL},
    {CHURN__AGG_TREND, TAKES_NUMBERS, true, false, WINDOW_NONE},
    {CHURN__AGG_MEDIAN, TAKES_NUMBERS, false, true, WINDOW_NEEDED},
    {CHURN__AGG_QUANTILE, TAKES_NUMBERS, false, true, WINDOW_NEEDED},
    {CHURN__AGG_STDDEV, TAKES_NUMBERS, false, true, WINDOW_NEEDED},
    {CHURN__AGG_FIRST, TAKES_ANYTHING, false, false, WINDOW_OPTIONAL},
    {CHURN__AGG_LAST, TAKES_ANYTHING, false, false, WINDOW_OPTIONAL},
    {CHURN__AGG_DAYS_SINCE_FIRST, TAKES_NOTHING, false, false, WINDOW_OPTIONAL},
    {CHURN__AGG_GAP_MEAN, TAKES_NOTHING, false, true, WINDOW_NEEDED},
    {CHURN__AGG_GAP_MAX, TAKES_NOTHING, false, true, WINDOW_NEEDED},
    {CHURN__AGG_RATE, TAKES_NOTHING, false, true, WINDOW_NEEDED},
    {CHURN__AGG_STREAK, TAKES_NOTHING, false, true, WINDOW_OPTIONAL},
    {CHURN__AGG_EXISTS, TAKES_NOTHING, false, false, WINDOW_OPTIONAL},
    {CHURN__AGG_EWMA, TAKES_NOTHING, false, true, WINDOW_OPTIONAL},
    {CHURN__AGG_ACTIVE_PERIODS, TAKES_NOTHING, false, true, WINDOW_NONE},
};

static const agg_rule *rule_of(churn__metric_what what)
{
    for (size_t i = 0; i < sizeof agg_rules / sizeof agg_rules[0]; i++) {
        if (agg_rules[i].what == what) {
            return &agg_rules[i];
        }
    }
    return &agg_rules[0];
}

/* Keys that belong to some aggregates only. */
typedef struct key_rule {
    const char *key;
    bool needed;
    uint8_t whats[4]; /* 0: no more */
} key_rule;

static const key_rule key_rules[] = {
    {"if_never", false, {CHURN__AGG_DAYS_SINCE, CHURN__AGG_DAYS_SINCE_FIRST}},
    {"calendar", false, {CHURN__AGG_DAYS_SINCE, CHURN__AGG_DAYS_SINCE_FIRST}},
    {"buckets", true, {CHURN__AGG_TREND, CHURN__AGG_ACTIVE_PERIODS}},
    {"every", true, {CHURN__AGG_TREND, CHURN__AGG_ACTIVE_PERIODS, CHURN__AGG_STREAK}},
    {"relative", false, {CHURN__AGG_TREND}},
    {"robust", false, {CHURN__AGG_TREND}},
    {"min_buckets", false, {CHURN__AGG_TREND}},
    {"q", true, {CHURN__AGG_QUANTILE}},
    {"half_life", true, {CHURN__AGG_EWMA}},
    {"scale", false, {CHURN__AGG_SUM}},
    {"approx", false, {CHURN__AGG_DISTINCT}},
};

static bool key_fits(const key_rule *rule, churn__metric_what what)
{
    for (size_t i = 0; i < sizeof rule->whats; i++) {
        if (rule->whats[i] != 0 && rule->whats[i] == what) {
            return true;
        }
    }
    return false;
}

/* ---- properties ---- */

#define PROP_PREFIX CHURN__STR("props.")
#define IT_PREFIX CHURN__STR("it.")

/* UINT32_MAX where it is not declared, which is reported. */
static uint32_t refer_prop(builder *b, const churn__yaml_node *node)
{
    churn__yaml_node named = *node;
    named.text = (churn_str){node->text.ptr + PROP_PREFIX.len, node->text.len - PROP_PREFIX.len};
    return b_refer(b, DIAGNOSTIC_unknown_property, "property", &b->properties, &named);
}

static churn__expr_found where_resolve(void *context, churn_str name, churn__expr_name *out)
{
    static const churn__expr_name own[] = {
        {.type = CHURN__TYPE_DOUBLE, .slot = CHURN__WHERE_VALUE},
        {.type = CHURN__TYPE_STRING, .slot = CHURN__WHERE_USER},
        {.type = CHURN__TYPE_STRING, .slot = CHURN__WHERE_TYPE, .never_missing = true},
    };
    static const char *const names[] = {"value", "user", "type"};
    const builder *b = context;
    if (churn__str_starts(name, IT_PREFIX)) { /* as conditions on other records say it */
        name = (churn_str){name.ptr + IT_PREFIX.len, name.len - IT_PREFIX.len};
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (churn__str_eq(name, churn__str_nts(names[i]))) {
            *out = own[i];
            return CHURN__EXPR_KNOWN;
        }
    }
    for (uint32_t i = 0; i < b->pb->property_count; i++) {
        churn_str own_name = b->pb->properties[i].name;
        if (churn__str_starts(name, PROP_PREFIX) &&
            churn__str_eq((churn_str){name.ptr + PROP_PREFIX.len, name.len - PROP_PREFIX.len},
                          own_name)) {
            *out = (churn__expr_name){.type = b->pb->properties[i].type,
                                      .slot = CHURN__WHERE_PROP + i};
            return CHURN__EXPR_KNOWN;
        }
    }
    return CHURN__EXPR_UNKNOWN;
}

static churn_str where_list(void *context, uint32_t i)
{
    static const char *const names[] = {"value", "user", "type"};
    builder *b = context;
    churn_str none = {NULL, 0};
    if (i < CHURN__WHERE_PROP) {
        return churn__str_nts(names[i]);
    }
    i -= CHURN__WHERE_PROP;
    bool spent = b->suggest_budget == 0 || !report_open(&b->report);
    if (i >= b->pb->property_count || spent) {
        return none;
    }
    b->suggest_budget--;
    return b_join(b, "props.", b->pb->properties[i].name, "");
}

static const char *where_advice(void *context, churn_str name)
{
    (void)context;
    return churn__str_starts(name, PROP_PREFIX)
               ? "`properties` declares them"
               : "a condition on events names `value`, `user`, `type` and `props.<name>`";
}

churn__expr_scope b_event_scope(builder *b)
{
    return (churn__expr_scope){
        .context = b, .resolve = where_resolve, .list = where_list, .advice = where_advice};
}

static const churn__expr *fill_where(builder *b, const churn__yaml_node *item)
{
    churn__expr_scope scope = b_event_scope(b);
    return b_expression(b, b_get(item, "where"), &scope, CHURN__TYPE_BOOL);
}

/* ---- of ---- */

static churn__metric_of of_of(const churn__yaml_node *item, churn__metric_what what)
{
    int standard = what == CHURN__AGG_DISTINCT ? CHURN__OF_USER : CHURN__OF_VALUE;
    return (churn__metric_of)b_word(item, "of", &schema_of, standard);
}

static void check_of(builder *b, const churn__yaml_node *item, const char *agg,
                     const churn__metric_def *def)
{
    const churn__yaml_node *of = b_get(item, "of");
    uint8_t takes = rule_of(def->what)->takes;
    bool number = def->of == CHURN__OF_VALUE;
    if (of == NULL) {
        return;
    }
    if (takes == TAKES_NOTHING) {
        report_add(&b->report, DIAGNOSTIC_not_together, b_at(of), "`of` does not go with `%s`",
                   agg);
        return;
    }
    if (def->of == CHURN__OF_PROP && def->prop != UINT32_MAX) {
        number = b->pb->properties[def->prop].type == CHURN__TYPE_DOUBLE;
    }
    if (takes == TAKES_NUMBERS && !number && def->prop != UINT32_MAX) {
        report_add(&b->report, DIAGNOSTIC_not_together, b_at(of),
                   "`%s` takes `of: value` or a property that is a number", agg);
    }
}

/* ---- keys ---- */

static void check_window(builder *b, const churn__yaml_node *item, const char *agg,
                         const churn__metric_def *def)
{
    switch (rule_of(def->what)->window) {
    case WINDOW_NEEDED:
        b_need(b, item, "window", agg);
        break;
    case WINDOW_NONE:
        b_forbid(b, item, "window", agg);
        if (def->what == CHURN__AGG_TREND) {
            b_forbid(b, item, "history", agg);
        }
        break;
    default:
        break;
    }
    const churn__yaml_node *history = b_get(item, "history");
    bool scales = def->what == CHURN__AGG_COUNT || def->what == CHURN__AGG_SUM ||
                  def->what == CHURN__AGG_RATE;
    if (def->scaled && !scales) {
        report_add(&b->report, DIAGNOSTIC_not_together, b_at(history),
                   "`history: scale` does not go with `%s`", agg);
    }
}

/* Whole days are needed where only whole days count. */
static void check_align(builder *b, const churn__yaml_node *item, const churn__metric_def *def)
{
    static const char *const keys[] = {"window", "offset", "every"};
    const churn__span spans[] = {
        def->window, def->offset, {.amount = def->every, .unit = def->every_unit}};
    for (size_t i = 0; def->align != CHURN__UNIT_MICRO && i < 3; i++) {
        const churn__yaml_node *node = b_get(item, keys[i]);
        if (node != NULL && spans[i].unit == CHURN__UNIT_MICRO &&
            spans[i].amount % CHURN__DAY != 0) {
            report_add(&b->report, DIAGNOSTIC_not_together, b_at(node),
                       "`%s`: with `align` only whole days", keys[i]);
        }
    }
}

#define ROBUST_MOST 200

static void check_buckets(builder *b, const churn__yaml_node *item, const churn__metric_def *def)
{
    const churn__yaml_node *least = b_get(item, "min_buckets"), *all = b_get(item, "buckets");
    if (least != NULL && all != NULL && def->min_buckets > def->buckets) {
        report_add(&b->report, DIAGNOSTIC_out_of_range, b_at(least),
                   "`min_buckets`: more than `buckets`");
    }
    if (all != NULL && def->robust && def->buckets > ROBUST_MOST) {
        report_add(&b->report, DIAGNOSTIC_out_of_range, b_at(all),
                   "`buckets`: more than %d with `robust`", (int64_t)ROBUST_MOST);
    }
}

static void check_keys(builder *b, const churn__yaml_node *item, const char *agg,
                       const churn__metric_def *def)
{
    for (size_t i = 0; i < sizeof key_rules / sizeof key_rules[0]; i++) {
        if (!key_fits(&key_rules[i], def->what)) {
            b_forbid(b, item, key_rules[i].key, agg);
        } else if (key_rules[i].needed) {
            b_need(b, item, key_rules[i].key, agg);
        }
    }
    if (!b_given(item, "per")) {
        b_forbid(b, item, "take", agg);
    } else if (!rule_of(def->what)->per_user ||
               (def->what == CHURN__AGG_DISTINCT && def->of == CHURN__OF_USER)) {
        b_forbid(b, item, "per", agg);
    }
}

/* Of a streak it is a word, else a length. */
static void fill_every(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    const churn__yaml_node *node = b_get(item, "every");
    churn__span span = {0};
    bool streak = def->what == CHURN__AGG_STREAK;
    if (node == NULL) {
        return;
    }
    int unit = schema_word_value(&schema_streak_unit, node->text, 0);
    if (streak == (unit == 0)) {
        report_add(&b->report, DIAGNOSTIC_bad_value, b_at(node),
                   streak ? "`every`: a streak is of days or weeks: `day` or `week`"
                          : "`every`: a duration such as 7d or 1cmo is expected");
        return;
    }
    if (streak) {
        def->every_unit = (churn__unit)unit;
        def->every = 1;
        return;
    }
    (void)churn__span_parse(node->text.ptr, node->text.len, &span);
    def->every = span.amount;
    def->every_unit = span.unit;
}

static void fill_if_never(const churn__yaml_node *item, churn__metric_def *def)
{
    const churn__yaml_node *node = b_get(item, "if_never");
    if (node != NULL && churn__double_parse(node->text.ptr, node->text.len, &def->if_never_value)) {
        def->if_never = CHURN__NEVER_NUMBER;
        return;
    }
    def->if_never =
        (churn__if_never)b_word(item, "if_never", &schema_if_never_word, CHURN__NEVER_SINCE_START);
}

static bool is_any(const churn_str *events, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (churn__str_eq(events[i], CHURN__STR("any"))) {
            return true;
        }
    }
    return false;
}

static void fill_events(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    def->events = b_texts(b, b_get(item, "event"), &def->event_count);
    if (def->events != NULL && is_any(def->events, def->event_count)) {
        def->event_count = 0;
    }
    def->of = of_of(item, def->what);
    def->of_given = b_get(item, "of") != NULL;
    if (def->of == CHURN__OF_PROP) {
        def->prop = refer_prop(b, b_get(item, "of"));
    }
    def->expr = fill_where(b, item);
    if (b_given(item, "per")) {
        def->take = (churn__metric_take)b_word(item, "take", &schema_event_take, CHURN__TAKE_MAX);
    }
}

static void fill_times(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    b_metric_window(item, def);
    def->scaled = b_word(item, "history", &schema_history, 0) == 2;
    def->clip = def->clip || def->scaled;
    def->align = (churn__unit)b_word(item, "align", &schema_align, CHURN__UNIT_MICRO);
    def->customer_zone = b_word(item, "zone", &schema_metric_zone, 0) == 1;
    fill_every(b, item, def);
    fill_if_never(item, def);
}

void b_event_metric(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    const churn__yaml_node *agg = b_get(item, "agg");
    def->kind = CHURN__METRIC_EVENT;
    def->what = (churn__metric_what)b_word(item, "agg", &schema_agg, CHURN__AGG_COUNT);
    fill_events(b, item, def);
    fill_times(b, item, def);
    def->buckets = b_count(item, "buckets", 0);
    def->min_buckets = b_count(item, "min_buckets", 0);
    def->relative = b_bool(item, "relative");
    def->robust = b_bool(item, "robust");
    def->calendar = b_bool(item, "calendar");
    def->approx = b_get(item, "approx") != NULL;
    def->has_scale = b_get(item, "scale") != NULL;
    def->scale = (uint8_t)b_count(item, "scale", 0);
    def->q = b_number(item, "q", 0.5);
    def->half_life = b_duration(item, "half_life", 1);
    if (agg != NULL) {
        check_of(b, item, agg->text.ptr, def);
        check_window(b, item, agg->text.ptr, def);
        check_align(b, item, def);
        check_buckets(b, item, def);
        check_keys(b, item, agg->text.ptr, def);
    }
}

/* ---- types ---- */

static churn__type of_type(builder *b, const churn__yaml_node *item, churn__metric_what what)
{
    const churn__yaml_node *of = b_get(item, "of");
    switch (of_of(item, what)) {
    case CHURN__OF_USER:
    case CHURN__OF_TYPE:
        return CHURN__TYPE_STRING;
    case CHURN__OF_PROP: {
        churn_str name = {of->text.ptr + PROP_PREFIX.len, of->text.len - PROP_PREFIX.len};
        uint32_t prop = b_find(&b->properties, name);
        return prop == UINT32_MAX ? CHURN__TYPE_DOUBLE : b->pb->properties[prop].type;
    }
    default:
        return CHURN__TYPE_DOUBLE;
    }
}

churn__type b_event_metric_type(builder *b, const churn__yaml_node *item)
{
    churn__metric_what what = (churn__metric_what)b_word(item, "agg", &schema_agg, 0);
    if (what == CHURN__AGG_EXISTS) {
        return CHURN__TYPE_BOOL;
    }
    return what == CHURN__AGG_FIRST || what == CHURN__AGG_LAST ? of_type(b, item, what)
                                                               : CHURN__TYPE_DOUBLE;
}
