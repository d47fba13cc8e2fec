/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

#include <math.h>

#include <churn/kpi.h>

#include "base/num.h"

/* Own figures, measures, goals and benchmarks: parts of `kpi`. */

static uint32_t length_of(const churn__yaml_node *list)
{
    return list == NULL ? 0 : list->count;
}

/* ---- own figures ---- */

/* A name that a figure of the library has, or another one of the file. */
static void take_name(builder *b, registry *figures, uint32_t index, const churn__yaml_node *node)
{
    if (node == NULL || registry_add(b, figures, node->text, index, node)) {
        return;
    }
    for (size_t i = 0; i < figures->count; i++) {
        if (churn__str_eq(figures->entries[i].name, node->text)) {
            bool built_in = figures->entries[i].node == NULL;
            report_add(&b->report, built_in ? DIAGNOSTIC_own_figure_name : DIAGNOSTIC_duplicate_id,
                       b_at(node),
                       built_in ? "%q is a figure of the library" : "%q is defined twice",
                       &node->text);
            return;
        }
    }
}

static bool everybody(const churn__yaml_node *den)
{
    return den != NULL && churn__str_eq(den->text, CHURN__STR("true"));
}

static void build_defines(builder *b, const churn__yaml_node *list, registry *figures)
{
    churn__define_def *defs = b_array(b, length_of(list), sizeof *defs);
    uint32_t count = 0;
    b->pb->own.defines = defs; /* freed with the playbook, whatever comes below */
    for (uint32_t i = 0; defs != NULL && i < length_of(list); i++) {
        const churn__yaml_node *item = b_item(list, i);
        if (item == NULL) {
            continue;
        }
        churn__define_def *def = &defs[count++];
        b->pb->own.define_count = count;
        def->line = item->line;
        def->id = b_text(b, item, "id");
        def->title = b_text(b, item, "title");
        def->num = b_condition(b, b_get(item, "num"));
        def->den = everybody(b_get(item, "den")) ? NULL : b_condition(b, b_get(item, "den"));
        take_name(b, figures, i, b_get(item, "id"));
    }
}

static void build_measures(builder *b, const churn__yaml_node *list, registry *figures)
{
    churn__measure_def *defs = b_array(b, length_of(list), sizeof *defs);
    uint32_t count = 0;
    for (uint32_t i = 0; defs != NULL && i < length_of(list); i++) {
        const churn__yaml_node *item = b_item(list, i);
        if (item == NULL) {
            continue;
        }
        churn__measure_def *def = &defs[count++];
        def->line = item->line;
        def->name = b_text(b, item, "name");
        def->unit = b_text(b, item, "unit");
        def->take = (uint8_t)b_word(item, "take", &schema_measure_take, CHURN__MEASURE_LAST);
        take_name(b, figures, i, b_get(item, "name"));
    }
    b->pb->own.measures = defs;
    b->pb->own.measure_count = count;
}

/* ---- goals ---- */

/* A shorter period is a part of the longer one: weeks of days, months of days, quarters of months.
 */
static bool divides(int32_t per, int32_t every)
{
    return per == every || per == CHURN_EVERY_DAY ||
           (per != CHURN_EVERY_WEEK && every != CHURN_EVERY_WEEK && per < every);
}

const churn__figure *churn__playbook_figure(churn_str id)
{
    for (uint32_t i = 0; churn__kpi_set_at(i) != NULL; i++) {
        const churn__kpi_set *set = churn__kpi_set_at(i);
        for (uint32_t f = 0; f < set->count; f++) {
            if (churn__str_eq(churn__str_nts(set->figures[f].id), id)) {
                return &set->figures[f];
            }
        }
    }
    return NULL;
}

static bool is_share(churn_str kpi)
{
    const churn__figure *of = churn__playbook_figure(kpi);
    return of != NULL && of->unit == CHURN__UNIT_RATIO;
}

static void check_goal(builder *b, const churn__yaml_node *item, const churn__goal_def *def)
{
    if (isnan(def->at_most) && isnan(def->at_least)) {
        report_add(&b->report, DIAGNOSTIC_goal_bounds, b_at(item),
                   "a goal needs `at_most` or `at_least`");
    } else if (def->at_least > def->at_most) {
        report_add(&b->report, DIAGNOSTIC_goal_bounds, b_at(b_get(item, "at_least")),
                   "`at_least` is above `at_most`: nothing can be both");
    }
    if (!divides(def->per, def->every)) {
        report_add(&b->report, DIAGNOSTIC_goal_periods, b_at(b_get(item, "per")),
                   "periods of `per` are no parts of those of `every`");
    }
    if (!b->no_lints && is_share(def->kpi) && (def->at_most > 3 || def->at_least > 3)) {
        report_add(&b->report, DIAGNOSTIC_goal_percent,
                   b_at(b_get(item, def->at_most > 3 ? "at_most" : "at_least")),
                   "%q is a share: 3 %% is written 0.03", &def->kpi);
    }
}

static void build_goals(builder *b, const churn__yaml_node *list, const registry *figures)
{
    churn__goal_def *defs = b_array(b, length_of(list), sizeof *defs);
    registry ids = {0};
    uint32_t count = 0;
    for (uint32_t i = 0; defs != NULL && i < length_of(list); i++) {
        const churn__yaml_node *item = b_item(list, i);
        if (item == NULL) {
            continue;
        }
        churn__goal_def *def = &defs[count++];
        def->line = item->line;
        def->id = b_text(b, item, "id");
        def->kpi = b_text(b, item, "kpi");
        def->per = b_word(item, "per", &schema_every, 0);
        def->every =
            b_word(item, "every", &schema_every, def->per != 0 ? def->per : CHURN_EVERY_MONTH);
        def->per = def->per != 0 ? def->per : def->every;
        def->at_most = b_number(item, "at_most", (double)NAN);
        def->at_least = b_number(item, "at_least", (double)NAN);
        def->by = b_texts(b, b_get(item, "by"), &def->by_count);
        (void)b_refer(b, DIAGNOSTIC_unknown_figure, "figure", figures, b_get(item, "kpi"));
        if (b_get(item, "id") != NULL) {
            b_register_id(b, &ids, "goal", i, b_get(item, "id"));
        }
        check_goal(b, item, def);
    }
    registry_clear(b, &ids);
    b->pb->own.goals = defs;
    b->pb->own.goal_count = count;
}

/* ---- benchmarks ---- */

static void check_order(builder *b, const churn__yaml_node *item, const churn__benchmark_def *def)
{
    bool none = isnan(def->low) && isnan(def->median) && isnan(def->high);
    bool wrong = def->low > def->median || def->median > def->high || def->low > def->high;
    if (none || wrong) {
        report_add(&b->report, DIAGNOSTIC_benchmark_numbers, b_at(item),
                   none ? "a benchmark needs `low`, `median` or `high`"
                        : "`low`, `median` and `high` must ascend");
    }
}

static void take_size(builder *b, const churn__yaml_node *size, churn__benchmark_def *def)
{
    const churn__yaml_node *attribute = b_get(size, "attribute");
    uint32_t index =
        b_refer(b, DIAGNOSTIC_unknown_attribute, "attribute", &b->attributes, attribute);
    def->attribute = b_text(b, size, "attribute");
    def->at_least = b_number(size, "at_least", (double)NAN);
    def->at_most = b_number(size, "at_most", (double)NAN);
    if (attribute != NULL && index < b->pb->attribute_count &&
        b->pb->attributes[index].type != CHURN__TYPE_DOUBLE) {
        report_add(&b->report, DIAGNOSTIC_benchmark_size, b_at(attribute),
                   "%q is no number: sizes are ranges of one", &attribute->text);
    }
    if (def->at_least > def->at_most) {
        report_add(&b->report, DIAGNOSTIC_benchmark_size, b_at(size),
                   "`at_least` is above `at_most`: nobody has such a size");
    }
}

static void put_bound(churn__buf *out, const char *word, double bound)
{
    char number[CHURN__DOUBLE_CHARS];
    churn__buf_text(out, word);
    churn__buf_bytes(out, number, churn__double_print_short(bound, number));
}

/* "segment.smb", "employees 11 to 50", "employees at least 1000". */
static void name_size(builder *b, churn__benchmark_def *def)
{
    churn__buf text;
    bool least = !isnan(def->at_least), most = !isnan(def->at_most);
    churn__buf_init(&text, b->heap);
    churn__buf_text(&text, def->segment.len > 0 ? "segment." : "");
    churn__buf_str(&text, def->segment.len > 0 ? def->segment : def->attribute);
    if (least) {
        put_bound(&text, most ? " " : " at least ", def->at_least);
    }
    if (most) {
        put_bound(&text, least ? " to " : " at most ", def->at_most);
    }
    churn__buf_text(&text, def->attribute.len > 0 && !least && !most ? " known" : "");
    if (text.failed) {
        b_no_memory(b);
    } else if (text.size > 0) {
        def->size = b_keep(b, churn__buf_view(&text));
    }
    churn__buf_clear(&text);
}

static void build_benchmarks(builder *b, const churn__yaml_node *list, const registry *figures)
{
    churn__benchmark_def *defs = b_array(b, length_of(list), sizeof *defs);
    uint32_t count = 0;
    for (uint32_t i = 0; defs != NULL && i < length_of(list); i++) {
        const churn__yaml_node *item = b_item(list, i);
        if (item == NULL) {
            continue;
        }
        churn__benchmark_def *def = &defs[count++];
        *def = (churn__benchmark_def){
            .at_least = (double)NAN, .at_most = (double)NAN, .line = item->line};
        def->kpi = b_text(b, item, "kpi");
        def->per = b_word(item, "per", &schema_every, CHURN_EVERY_MONTH);
        def->low = b_number(item, "low", (double)NAN);
        def->median = b_number(item, "median", (double)NAN);
        def->high = b_number(item, "high", (double)NAN);
        def->source = b_text(b, item, "source");
        def->year = b_count(item, "year", 0);
        def->segment = b_text(b, item, "segment");
        (void)b_refer(b, DIAGNOSTIC_unknown_figure, "figure", figures, b_get(item, "kpi"));
        (void)b_refer(b, DIAGNOSTIC_unknown_segment, "segment", &b->segments,
                      b_get(item, "segment"));
        if (b_get(item, "size") != NULL) {
            take_size(b, b_get(item, "size"), def);
            b_forbid(b, item, "segment", "size");
        }
        check_order(b, item, def);
        name_size(b, def);
    }
    b->pb->own.benchmarks = defs;
    b->pb->own.benchmark_count = count;
}

/* ---- all ---- */

static void add_library_figures(builder *b, registry *figures)
{
    for (uint32_t i = 0; churn__kpi_set_at(i) != NULL; i++) {
        const churn__kpi_set *set = churn__kpi_set_at(i);
        for (uint32_t f = 0; f < set->count; f++) {
            (void)registry_add(b, figures, churn__str_nts(set->figures[f].id), f, NULL);
        }
    }
}

void b_own_figures(builder *b)
{
    const churn__yaml_node *map = b_get(b->root, "kpi");
    registry figures = {0};
    if (map != NULL) {
        add_library_figures(b, &figures);
        build_defines(b, b_get(map, "define"), &figures);
        build_measures(b, b_get(map, "measures"), &figures);
        build_goals(b, b_get(map, "goals"), &figures);
        build_benchmarks(b, b_get(map, "benchmarks"), &figures);
    }
    registry_clear(b, &figures);
}
