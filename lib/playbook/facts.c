/* SPDX-License-Identifier: MIT */
#include "base/sort.h"
#include "playbook/build.h"

/*
 * What a file says, flat: for each definition its keys with canonical texts, so that two playbooks
 * are compared without their trees. All that the hash of a playbook stands on is in it, and nothing
 * else.
 */

/* The sections that define things by name; the last ones stand in `kpi`. */
static const struct {
    const char *section, *sort;
    bool of_kpi;
} sections[] = {{"attributes", "attribute", false},
                {"properties", "property", false},
                {"sources", "source", false},
                {"roles", "role", false},
                {"metrics", "metric", false},
                {"segments", "segment", false},
                {"references", "reference", false},
                {"scores", "score", false},
                {"triggers", "trigger", false},
                {"plays", "play", false},
                {"define", "figure", true},
                {"measures", "measure", true},
                {"goals", "goal", true},
                {"benchmarks", "benchmark", true}};

#define SECTIONS (sizeof sections / sizeof *sections)

typedef struct gathering {
    builder *b;
    churn__buf path, text;
    churn__fact *facts; /* of the definition at hand */
    size_t fact_count, fact_capacity;
    churn__facts *said;
    size_t said_count, said_capacity;
} gathering;

static void add_fact(gathering *to)
{
    builder *b = to->b;
    if (to->path.failed || to->text.failed ||
        !churn__grow(b->heap, (void **)&to->facts, &to->fact_capacity, to->fact_count + 1,
                     sizeof *to->facts)) {
        b_no_memory(b);
        return;
    }
    to->facts[to->fact_count++] =
        (churn__fact){b_keep(b, churn__buf_view(&to->path)), b_keep(b, churn__buf_view(&to->text))};
}

static size_t enter(gathering *to, churn_str name)
{
    size_t before = to->path.size;
    if (before > 0) {
        churn__buf_char(&to->path, '.');
    }
    churn__buf_str(&to->path, name);
    return before;
}

static void leave(gathering *to, size_t before)
{
    if (!to->path.failed) {
        to->path.size = before;
    }
}

/* ---- lists ---- */

/* What a thing in a list is called there; NULL: nothing. Factors have the name of what they stand
 * on. */
static const churn__yaml_node *name_of(const churn__yaml_node *item)
{
    static const char *const keys[] = {"id", "metric", "score"};
    const churn__yaml_node *of = item;
    while (of != NULL && of->kind == CHURN__YAML_MAP) {
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            const churn__yaml_node *name = churn__yaml_get(of, churn__str_nts(keys[i]));
            if (name != NULL && name->kind == CHURN__YAML_SCALAR) {
                return name;
            }
        }
        of = churn__yaml_get(of, CHURN__STR("roll_up"));
    }
    return NULL;
}

#define MOST_NAMED 64 /* longer lists go by number */

static bool all_named(const churn__yaml_node *list)
{
    if (list->count == 0 || list->count > MOST_NAMED) {
        return false;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const churn__yaml_node *name = name_of(list->items[i]);
        for (uint32_t j = 0; name != NULL && j < i; j++) {
            if (churn__str_eq(name->text, name_of(list->items[j])->text)) {
                return false;
            }
        }
        if (name == NULL) {
            return false;
        }
    }
    return true;
}

static bool all_scalars(const churn__yaml_node *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind != CHURN__YAML_SCALAR) {
            return false;
        }
    }
    return true;
}

/* Points of a curve. */
static bool all_points(const churn__yaml_node *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind != CHURN__YAML_SEQUENCE || !all_scalars(list->items[i])) {
            return false;
        }
    }
    return list->count > 0;
}

/* An item that could be mistaken for two is quoted. */
static void put_item(churn__buf *out, const churn__yaml_node *item)
{
    bool odd = item->text.len == 0;
    for (size_t i = 0; i < item->text.len; i++) {
        odd = odd || strchr(",[]{}\"'", item->text.ptr[i]) != NULL;
    }
    if (!odd || item->meaning.ptr != NULL) {
        canon_text(out, item);
        return;
    }
    churn__buf_char(out, '"');
    for (size_t i = 0; i < item->text.len; i++) {
        churn__buf_text(out, item->text.ptr[i] == '"' ? "\"" : "");
        churn__buf_char(out, item->text.ptr[i]);
    }
    churn__buf_char(out, '"');
}

static void put_list(gathering *to, const churn__yaml_node *list, bool named)
{
    churn__buf_reset(&to->text);
    churn__buf_char(&to->text, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        churn__buf_text(&to->text, i > 0 ? ", " : "");
        put_item(&to->text, named ? name_of(list->items[i]) : list->items[i]);
    }
    churn__buf_char(&to->text, ']');
    add_fact(to);
}

static void put_points(gathering *to, const churn__yaml_node *list)
{
    churn__buf_reset(&to->text);
    for (uint32_t i = 0; i < list->count; i++) {
        churn__buf_text(&to->text, i > 0 ? "], " : "[");
        for (uint32_t j = 0; j < list->items[i]->count; j++) {
            churn__buf_text(&to->text, j > 0 ? ", " : "[");
            put_item(&to->text, list->items[i]->items[j]);
        }
    }
    churn__buf_text(&to->text, "]]");
    add_fact(to);
}

static void flatten(gathering *to, const churn__yaml_node *node);

static void flatten_items(gathering *to, const churn__yaml_node *list, bool named)
{
    char number[24];
    for (uint32_t i = 0; i < list->count && to->b->st == CHURN_OK; i++) {
        size_t len = churn__format(number, sizeof number, "%u", (uint64_t)i + 1);
        churn_str name = named ? name_of(list->items[i])->text : (churn_str){number, len};
        size_t before = enter(to, name);
        flatten(to, list->items[i]);
        leave(to, before);
    }
}

/* A list whose things have names says in one fact which they are, in order. */
static void flatten_list(gathering *to, const churn__yaml_node *list)
{
    bool scalars = all_scalars(list), named = !scalars && all_named(list);
    if (!scalars && all_points(list)) {
        put_points(to, list);
        return;
    }
    if (scalars || named) {
        put_list(to, list, named);
    }
    if (!scalars) {
        flatten_items(to, list, named);
    }
}

/* Nesting is bounded by the limit on depth of the text. */
static void flatten(gathering *to, const churn__yaml_node *node)
{
    if (node->kind == CHURN__YAML_SEQUENCE) {
        flatten_list(to, node);
        return;
    }
    if (node->kind == CHURN__YAML_SCALAR || node->count == 0) {
        churn__buf_reset(&to->text);
        if (node->kind == CHURN__YAML_SCALAR) {
            canon_text(&to->text, node);
        } else {
            churn__buf_text(&to->text, "{}");
        }
        add_fact(to);
        return;
    }
    for (uint32_t i = 0; i < node->count && to->b->st == CHURN_OK; i++) {
        size_t before = enter(to, node->keys[i]->text);
        flatten(to, node->items[i]);
        leave(to, before);
    }
}

/* ---- definitions ---- */

static int compare_facts(const void *a, const void *b, const void *context)
{
    (void)context;
    return churn__str_cmp(((const churn__fact *)a)->key, ((const churn__fact *)b)->key);
}

/* The facts gathered so far, as one definition's. */
static void add_said(gathering *to, churn__facts said)
{
    builder *b = to->b;
    churn__fact *kept = b_array(b, to->fact_count, sizeof *kept);
    if (b->st != CHURN_OK) {
        return;
    }
    if (!churn__sort(b->heap, to->facts, to->fact_count, sizeof *to->facts, compare_facts, NULL) ||
        !churn__grow(b->heap, (void **)&to->said, &to->said_capacity, to->said_count + 1,
                     sizeof *to->said)) {
        b_no_memory(b);
        return;
    }
    if (to->fact_count > 0) {
        memcpy(kept, to->facts, to->fact_count * sizeof *kept);
    }
    said.facts = kept;
    said.count = (uint32_t)to->fact_count;
    to->said[to->said_count++] = said;
    to->fact_count = 0;
}

/* What a definition is called; benchmarks of one figure by whom they are of. */
static churn_str definition_name(gathering *to, const churn__yaml_node *item)
{
    const churn__yaml_node *name = name_of(item), *kpi = NULL;
    if (name == NULL && item->kind == CHURN__YAML_MAP) {
        name = churn__yaml_get(item, CHURN__STR("name"));
        kpi = churn__yaml_get(item, CHURN__STR("kpi"));
    }
    for (uint32_t i = 0; kpi != NULL && i < to->b->pb->own.benchmark_count; i++) {
        const churn__benchmark_def *def = &to->b->pb->own.benchmarks[i];
        if (def->line == item->line && def->size.len > 0) {
            churn__buf_reset(&to->text);
            churn__buf_str(&to->text, kpi->text);
            churn__buf_text(&to->text, " of ");
            churn__buf_str(&to->text, def->size);
            return b_keep(to->b, churn__buf_view(&to->text));
        }
    }
    name = name != NULL ? name : kpi;
    return name != NULL ? b_keep(to->b, name->text) : CHURN__STR("");
}

static void add_section(gathering *to, size_t which, const churn__yaml_node *section)
{
    bool list = section->kind == CHURN__YAML_SEQUENCE;
    for (uint32_t i = 0; i < section->count && to->b->st == CHURN_OK; i++) {
        const churn__yaml_node *item = section->items[i];
        churn__facts said = {.sort = sections[which].sort,
                             .rank = (uint32_t)which + 1,
                             .place = list ? i + 1 : 0,
                             .id = list ? definition_name(to, item)
                                        : b_keep(to->b, section->keys[i]->text)};
        to->path.size = 0;
        flatten(to, item);
        add_said(to, said);
    }
}

static size_t section_of(churn_str key, bool of_kpi)
{
    for (size_t i = 0; i < SECTIONS; i++) {
        if (sections[i].of_kpi == of_kpi &&
            churn__str_eq(key, churn__str_nts(sections[i].section))) {
            return i;
        }
    }
    return SIZE_MAX;
}

static bool is_kpi(const churn__yaml_node *root, uint32_t i)
{
    return churn__str_eq(root->keys[i]->text, CHURN__STR("kpi")) &&
           root->items[i]->kind == CHURN__YAML_MAP && root->items[i]->count > 0;
}

/* What stands in no definition. */
static void add_rest(gathering *to, const churn__yaml_node *map, bool of_kpi)
{
    for (uint32_t i = 0; i < map->count; i++) {
        churn_str key = map->keys[i]->text;
        if (section_of(key, of_kpi) != SIZE_MAX ||
            (!of_kpi && churn__str_eq(key, CHURN__STR("tests")))) {
            continue;
        }
        size_t before = enter(to, key);
        if (!of_kpi && is_kpi(map, i)) {
            add_rest(to, map->items[i], true);
        } else {
            flatten(to, map->items[i]);
        }
        leave(to, before);
    }
}

static void add_sections(gathering *to, const churn__yaml_node *map, bool of_kpi)
{
    for (uint32_t i = 0; i < map->count && to->b->st == CHURN_OK; i++) {
        size_t which = section_of(map->keys[i]->text, of_kpi);
        if (which != SIZE_MAX) {
            add_section(to, which, map->items[i]);
        } else if (!of_kpi && is_kpi(map, i)) {
            add_sections(to, map->items[i], true);
        }
    }
}

static int compare_said(const void *a, const void *b, const void *context)
{
    (void)context;
    const churn__facts *x = a, *y = b;
    if (x->rank != y->rank) {
        return x->rank < y->rank ? -1 : 1;
    }
    return churn__str_cmp(x->id, y->id);
}

static void keep_said(gathering *to)
{
    builder *b = to->b;
    churn__facts *kept = b_array(b, to->said_count, sizeof *kept);
    if (b->st != CHURN_OK) {
        return;
    }
    if (!churn__sort(b->heap, to->said, to->said_count, sizeof *to->said, compare_said, NULL)) {
        b_no_memory(b);
        return;
    }
    memcpy(kept, to->said, to->said_count * sizeof *kept);
    b->pb->said = kept;
    b->pb->said_count = (uint32_t)to->said_count;
}

void b_facts(builder *b)
{
    gathering to = {.b = b};
    if (b->report.errors > 0) { /* there will be no playbook to compare */
        return;
    }
    churn__buf_init(&to.path, b->heap);
    churn__buf_init(&to.text, b->heap);
    add_rest(&to, b->root, false);
    add_said(&to, (churn__facts){.sort = "playbook", .id = CHURN__STR("")});
    add_sections(&to, b->root, false);
    if (b->st == CHURN_OK) {
        keep_said(&to);
    }
    churn__buf_clear(&to.path);
    churn__buf_clear(&to.text);
    churn__free_array(b->heap, to.facts, to.fact_capacity, sizeof *to.facts);
    churn__free_array(b->heap, to.said, to.said_capacity, sizeof *to.said);
}
