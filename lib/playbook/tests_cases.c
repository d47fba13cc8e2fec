/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "playbook/build.h"
#include "playbook/build_tests.h"

/*
 * Tests with `cases:`: a test for each row, in which `$name` is what the row says of that name. The
 * rows are put in before the tree is checked, so that what stands there afterwards is checked as
 * what anybody writes, and is pointed at where it stands in its row.
 *
 * Only the nodes on the way to what is replaced are copied. Recursion is as deep as the text, which
 * has a limit.
 */

#define LABEL CHURN__STR("case") /* a key of rows that is no name: how the row is called */

typedef struct made_test {
    churn__yaml_node *test;
    test_origin origin;
} made_test;

typedef struct expansion {
    builder *b;
    const churn__yaml_node *rows;
    made_test *made; /* what the list becomes */
    size_t count, capacity;
    uint64_t room;              /* nodes that may still be made */
    const churn__yaml_node *at; /* the test at hand */
    uint32_t number;            /* of it, from 1 */
} expansion;

/* ---- names ---- */

/* `$name`: the name without the sign; {NULL, 0}: it is none. */
static churn_str name_in(const churn__yaml_node *node)
{
    churn_str none = {NULL, 0};
    if (node->kind != CHURN__YAML_SCALAR || node->text.len < 2 || node->text.ptr[0] != '$') {
        return none;
    }
    churn_str name = {node->text.ptr + 1, node->text.len - 1};
    return churn__is_name(name) ? name : none;
}

/* `$$name` is the text `$name`. */
static bool is_escaped(const churn__yaml_node *node)
{
    return node->kind == CHURN__YAML_SCALAR && node->text.len > 1 && node->text.ptr[0] == '$' &&
           node->text.ptr[1] == '$';
}

typedef void visit(void *context, const churn__yaml_node *node, churn_str name);

static void visit_names(const churn__yaml_node *node, visit *what, void *context)
{
    churn_str name = name_in(node);
    if (name.ptr != NULL) {
        what(context, node, name);
    }
    for (uint32_t i = 0; node->kind != CHURN__YAML_SCALAR && i < node->count; i++) {
        visit_names(node->items[i], what, context);
    }
}

/* What of a test may name things: all but the cases themselves. */
static void visit_test(const churn__yaml_node *test, visit *what, void *context)
{
    for (uint32_t i = 0; i < test->count; i++) {
        if (!churn__str_eq(test->keys[i]->text, CHURN__STR("cases"))) {
            visit_names(test->items[i], what, context);
        }
    }
}

/* ---- faults ---- */

typedef struct names_check {
    expansion *to;
    const churn__yaml_node *row; /* NULL: all of them together */
    churn_str sought;
    uint64_t faults;
    bool found;
} names_check;

static churn_str nearest_name(expansion *to, churn_str name)
{
    churn_str words[64];
    size_t count = 0;
    const churn__yaml_node *row = to->rows->count > 0 ? to->rows->items[0] : NULL;
    for (uint32_t i = 0; row != NULL && row->kind == CHURN__YAML_MAP && i < row->count; i++) {
        if (count < sizeof words / sizeof *words && !churn__str_eq(row->keys[i]->text, LABEL)) {
            words[count++] = row->keys[i]->text;
        }
    }
    return b_nearest(to->b, name, words, count);
}

static bool any_row_has(const expansion *to, churn_str name)
{
    for (uint32_t i = 0; i < to->rows->count; i++) {
        const churn__yaml_node *row = to->rows->items[i];
        if (row->kind == CHURN__YAML_MAP && churn__yaml_get(row, name) != NULL) {
            return true;
        }
    }
    return false;
}

/* A name that no row knows is a slip of the pen in the test. */
static void check_known(void *context, const churn__yaml_node *node, churn_str name)
{
    names_check *check = context;
    expansion *to = check->to;
    if (!churn__str_eq(name, LABEL) && any_row_has(to, name)) {
        return;
    }
    report_place place = b_at(node);
    churn_str near = nearest_name(to, name);
    check->faults++;
    if (near.ptr == NULL) {
        report_add(&to->b->report, DIAGNOSTIC_unknown_case, place, "no case says what %q is",
                   &node->text);
        return;
    }
    place.suggestion = b_join(to->b, "$", near, "");
    report_add(&to->b->report, DIAGNOSTIC_unknown_case, place,
               "no case says what %q is; did you mean %q?", &node->text, &place.suggestion);
}

/* A name that only this row lacks is a hole in the row. */
static void check_given(void *context, const churn__yaml_node *node, churn_str name)
{
    names_check *check = context;
    (void)node;
    if (churn__yaml_get(check->row, name) != NULL || !any_row_has(check->to, name)) {
        return;
    }
    if (check->faults == 0) {
        report_place place = b_at(check->row);
        place.expected = name;
        report_add(&check->to->b->report, DIAGNOSTIC_missing_key, place,
                   "this case does not say what %q is", &name);
    }
    check->faults++;
}

static void note_use(void *context, const churn__yaml_node *node, churn_str name)
{
    names_check *check = context;
    (void)node;
    check->found = check->found || churn__str_eq(name, check->sought);
}

/* What a row says and nobody asks for. */
static void check_used(expansion *to, const churn__yaml_node *row)
{
    for (uint32_t i = 0; i < row->count; i++) {
        names_check check = {.to = to, .sought = row->keys[i]->text};
        visit_test(to->at, note_use, &check);
        if (check.found || churn__str_eq(check.sought, LABEL)) {
            continue;
        }
        churn_str name = b_join(to->b, "$", check.sought, "");
        report_add(&to->b->report, DIAGNOSTIC_unused_case, b_at(row->keys[i]),
                   "the test does not use %q", &name);
    }
}

/* ---- replacing ---- */

static churn__yaml_node *copy_node(expansion *to, const churn__yaml_node *node)
{
    churn__yaml_node *copy = NULL;
    churn__yaml_node **items = NULL;
    if (to->room <= node->count) {
        to->room = 0;
        return NULL;
    }
    to->room -= (uint64_t)node->count + 1;
    copy = churn__arena_alloc(&to->b->scratch, sizeof *copy);
    items = churn__arena_array(&to->b->scratch, (size_t)node->count + 1, sizeof(void *));
    if (copy == NULL || items == NULL) {
        b_no_memory(to->b);
        return NULL;
    }
    *copy = *node;
    copy->items = items;
    for (uint32_t i = 0; i < node->count; i++) {
        items[i] = node->items[i];
    }
    return copy;
}

static churn__yaml_node *replace_scalar(expansion *to, churn__yaml_node *node,
                                        const churn__yaml_node *row)
{
    churn_str name = name_in(node);
    if (name.ptr != NULL) {
        churn__yaml_node *value = churn__yaml_get(row, name);
        return value == NULL ? node : value;
    }
    if (!is_escaped(node)) {
        return node;
    }
    churn__yaml_node *copy = copy_node(to, node);
    if (copy != NULL) {
        copy->text = (churn_str){node->text.ptr + 1, node->text.len - 1};
        copy->one_line = false;
    }
    return copy;
}

/* The node itself where nothing in it is replaced; NULL: no memory, or too much of it. */
static churn__yaml_node *replace(expansion *to, churn__yaml_node *node, const churn__yaml_node *row)
{
    churn__yaml_node *copy = NULL;
    if (node->kind == CHURN__YAML_SCALAR) {
        return replace_scalar(to, node, row);
    }
    for (uint32_t i = 0; i < node->count; i++) {
        churn__yaml_node *item = replace(to, node->items[i], row);
        if (item == NULL) {
            return NULL;
        }
        if (item != node->items[i] && copy == NULL) {
            copy = copy_node(to, node);
            if (copy == NULL) {
                return NULL;
            }
        }
        if (copy != NULL) {
            copy->items[i] = item;
        }
    }
    return copy == NULL ? node : copy;
}

/* The test without its cases. */
static churn__yaml_node *without_cases(expansion *to)
{
    churn__yaml_node *copy = copy_node(to, to->at);
    churn__yaml_node **keys = NULL;
    if (copy == NULL) {
        return NULL;
    }
    keys = churn__arena_array(&to->b->scratch, copy->count, sizeof(void *));
    if (keys == NULL) {
        b_no_memory(to->b);
        return NULL;
    }
    copy->keys = keys;
    copy->count = 0;
    for (uint32_t i = 0; i < to->at->count; i++) {
        if (!churn__str_eq(to->at->keys[i]->text, CHURN__STR("cases"))) {
            keys[copy->count] = to->at->keys[i];
            copy->items[copy->count++] = to->at->items[i];
        }
    }
    return copy;
}

/* ---- tests ---- */

static void put_test(expansion *to, churn__yaml_node *test, test_origin origin)
{
    builder *b = to->b;
    if (b->st != CHURN_OK) {
        return;
    }
    if (!churn__grow(b->heap, (void **)&to->made, &to->capacity, to->count + 1, sizeof *to->made)) {
        b_no_memory(b);
        return;
    }
    to->made[to->count++] = (made_test){test, origin};
}

static churn_str label_of(const churn__yaml_node *row)
{
    const churn__yaml_node *label = churn__yaml_get(row, LABEL);
    return label == NULL || label->kind != CHURN__YAML_SCALAR ? (churn_str){NULL, 0} : label->text;
}

static void put_row(expansion *to, churn__yaml_node *test, uint32_t i)
{
    const churn__yaml_node *row = to->rows->items[i];
    names_check check = {.to = to, .row = row};
    visit_test(to->at, check_given, &check);
    check_used(to, row);
    churn__yaml_node *made = check.faults > 0 ? NULL : replace(to, test, row);
    if (made != NULL) {
        put_test(
            to, made,
            (test_origin){.number = to->number, .row = i + 1, .node = row, .label = label_of(row)});
    }
}

static bool are_rows(builder *b, const churn__yaml_node *rows)
{
    uint64_t errors = b->report.errors;
    b_check(b, &schema_cases, (churn__yaml_node *)rows, CHURN__STR("cases"));
    return b->report.errors == errors;
}

static void expand(expansion *to, churn__yaml_node *test)
{
    builder *b = to->b;
    names_check check = {.to = to};
    to->at = test;
    to->rows = churn__yaml_get(test, CHURN__STR("cases"));
    if (!are_rows(b, to->rows)) {
        return;
    }
    visit_test(test, check_known, &check);
    churn__yaml_node *bare = without_cases(to);
    for (uint32_t i = 0; bare != NULL && check.faults == 0 && i < to->rows->count; i++) {
        put_row(to, bare, i);
    }
    if (to->room == 0 && b->st == CHURN_OK) {
        report_add(&b->report, DIAGNOSTIC_too_many_values, b_at(to->rows),
                   "the cases make tests with more than %u values (playbook_events)",
                   b->pb->limits.playbook_events);
    }
}

static bool has_cases(const churn__yaml_node *list)
{
    for (uint32_t i = 0; list != NULL && list->kind == CHURN__YAML_SEQUENCE && i < list->count;
         i++) {
        const churn__yaml_node *test = list->items[i];
        if (test->kind == CHURN__YAML_MAP && churn__yaml_get(test, CHURN__STR("cases")) != NULL) {
            return true;
        }
    }
    return false;
}

/* What was made, where the builder keeps it. */
static void keep(expansion *to, churn__yaml_node *list)
{
    builder *b = to->b;
    churn__yaml_node **items =
        churn__arena_array(&b->scratch, to->count + 1, sizeof(churn__yaml_node *));
    test_origin *origins = churn__arena_array(&b->scratch, to->count + 1, sizeof *origins);
    if (items == NULL || origins == NULL) {
        b_no_memory(b);
        return;
    }
    for (size_t i = 0; i < to->count; i++) {
        items[i] = to->made[i].test;
        origins[i] = to->made[i].origin;
    }
    list->items = items;
    list->count = (uint32_t)to->count;
    b->test_origins = origins;
}

void b_cases(builder *b)
{
    churn__yaml_node *list = churn__yaml_get(b->root, CHURN__STR("tests"));
    if (!has_cases(list)) {
        return;
    }
    expansion to = {.b = b, .room = b->pb->limits.playbook_events};
    for (uint32_t i = 0; i < list->count && b->st == CHURN_OK && to.room > 0; i++) {
        churn__yaml_node *test = list->items[i];
        to.number = i + 1;
        if (test->kind == CHURN__YAML_MAP && churn__yaml_get(test, CHURN__STR("cases")) != NULL) {
            expand(&to, test);
        } else {
            put_test(&to, test, (test_origin){.number = to.number});
        }
    }
    if (b->st == CHURN_OK) {
        keep(&to, list);
    }
    churn__free_array(b->heap, to.made, to.capacity, sizeof *to.made);
}
