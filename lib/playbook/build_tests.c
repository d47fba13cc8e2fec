/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "playbook/build_tests.h"

/* The playbook's own tests as definitions. */

/* ---- when ---- */

static void fill_when(builder *b, const churn__yaml_node *item, churn__test_def *def)
{
    const churn__yaml_node *advance = b_get(item, "advance");
    bool once = b_given(item, "as_of"), many = b_given(item, "advance");
    if (once && many) {
        b_forbid(b, item, "advance", "as_of");
    } else if (!once && !many) {
        report_place place = b_at(item);
        place.expected = CHURN__STR("as_of or advance");
        report_add(&b->report, DIAGNOSTIC_one_of, place, "a test needs `as_of` or `advance`");
    }
    def->is_advance = many;
    def->as_of = many ? b_instant(b, advance, "to", 0) : b_instant(b, item, "as_of", 0);
    def->from = many ? b_instant(b, advance, "from", 0) : def->as_of;
    def->every = b_duration(advance, "every", b->pb->evaluate.amount);
    const churn__yaml_node *to = b_get(advance, "to");
    if (to != NULL && b_get(advance, "from") != NULL && def->as_of < def->from) {
        report_add(&b->report, DIAGNOSTIC_order, b_at(to), "`to` comes before `from`");
    }
}

/* ---- names ---- */

static churn_str numbered(builder *b, const char *prefix, uint32_t number)
{
    char digits[24];
    churn_str text = {digits, churn__int_print((int64_t)number, digits)};
    return b_join(b, prefix, text, "");
}

/* "payment [row 2]", "payment [never paid]" */
static churn_str test_name(builder *b, const churn__yaml_node *item, const test_origin *origin)
{
    churn_str name = b_get(item, "name") != NULL ? b_text(b, item, "name")
                                                 : numbered(b, "test ", origin->number);
    if (origin->row == 0 || name.ptr == NULL) {
        return name;
    }
    churn_str label = origin->label.ptr != NULL ? origin->label : numbered(b, "row ", origin->row);
    churn_str before = b_join(b, name.ptr, CHURN__STR(" ["), "");
    return before.ptr == NULL || label.ptr == NULL ? name : b_join(b, before.ptr, label, "]");
}

/* Names tell tests apart where one is asked for. */
static void check_names(builder *b, const churn__test_def *defs, uint32_t count)
{
    registry names = {0};
    for (uint32_t i = 0; i < count && b->st == CHURN_OK; i++) {
        uint32_t before = defs[i].name.ptr == NULL ? UINT32_MAX : b_find(&names, defs[i].name);
        if (before != UINT32_MAX) {
            report_place place = {.line = defs[i].line, .column = defs[i].column};
            report_add(&b->report, DIAGNOSTIC_duplicate_id, place,
                       "test %q is defined twice, first at line %u", &defs[i].name,
                       (uint64_t)defs[before].line);
        } else if (defs[i].name.ptr != NULL) {
            (void)registry_add(b, &names, defs[i].name, i, NULL);
        }
    }
    registry_clear(b, &names);
}

void b_tests(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "tests");
    churn__test_def *defs = list == NULL ? NULL : b_array(b, list->count, sizeof *defs);
    if (defs == NULL) {
        return;
    }
    for (uint32_t i = 0; i < list->count && b->st == CHURN_OK; i++) {
        const churn__yaml_node *item = list->items[i];
        churn__test_def *def = &defs[i];
        if (item->bad || item->kind != CHURN__YAML_MAP) {
            continue;
        }
        const test_origin plain = {.number = i + 1};
        const test_origin *origin = b->test_origins == NULL ? &plain : &b->test_origins[i];
        const churn__yaml_node *place = origin->node == NULL ? item : origin->node;
        def->line = place->line;
        def->column = place->column;
        def->name = test_name(b, item, origin);
        b_given_fill(b, b_get(item, "given"), def);
        fill_when(b, item, def);
        b_expect_fill(b, item, def);
    }
    check_names(b, defs, list->count);
    b->pb->tests = defs;
    b->pb->test_count = list->count;
}
