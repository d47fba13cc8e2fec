/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "base/sort.h"
#include "playbook/schema_keys.h"
#include "playbook/score_parts.h"

/* Bands: names for stretches of a score, with colours. */

/* ---- colours ---- */

/* Colours by name; the same words as names of bands have these colours unless one is given. Those
 * of the Material palette, 600 to 800, which are told apart on white. */
static const struct {
    const char *name, *color;
    bool is_color;
} colors[] = {
    {"green", "#2e7d32", true},      {"lime", "#9e9d24", true},
    {"yellow", "#f9a825", true},     {"amber", "#ff8f00", true},
    {"orange", "#ef6c00", true},     {"red", "#c62828", true},
    {"blue", "#1565c0", true},       {"teal", "#00695c", true},
    {"purple", "#6a1b9a", true},     {"grey", "#757575", true},
    {"gray", "#757575", true},       {"black", "#212121", true},
    {"healthy", "#2e7d32", false},   {"good", "#2e7d32", false},
    {"excellent", "#2e7d32", false}, {"great", "#2e7d32", false},
    {"stable", "#2e7d32", false},    {"strong", "#2e7d32", false},
    {"average", "#f9a825", false},   {"fair", "#f9a825", false},
    {"neutral", "#f9a825", false},   {"watch", "#f9a825", false},
    {"warning", "#f9a825", false},   {"concerning", "#ef6c00", false},
    {"weak", "#ef6c00", false},      {"at_risk", "#ef6c00", false},
    {"poor", "#c62828", false},      {"bad", "#c62828", false},
    {"critical", "#c62828", false},  {"danger", "#c62828", false},
    {"unhealthy", "#c62828", false},
};
#define COLORS (sizeof colors / sizeof colors[0])

/* From the best band to the worst. */
static const char *const ramp[] = {"#2e7d32", "#9e9d24", "#f9a825", "#ef6c00", "#c62828"};
#define RAMP (uint32_t)(sizeof ramp / sizeof ramp[0])

static const char *color_named(churn_str name, bool any)
{
    for (size_t i = 0; i < COLORS; i++) {
        if ((any || colors[i].is_color) && churn__str_eq(name, churn__str_nts(colors[i].name))) {
            return colors[i].color;
        }
    }
    return NULL;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

churn_str b_color(builder *b, churn_str text)
{
    static const char digits[] = "0123456789abcdef";
    char small[8] = "#";
    const char *named = color_named(text, false);
    if (named != NULL) {
        return churn__str_nts(named);
    }
    if (text.len != 7 || text.ptr[0] != '#') {
        return (churn_str){NULL, 0};
    }
    for (size_t i = 1; i < 7; i++) {
        int digit = hex_digit(text.ptr[i]);
        if (digit < 0) {
            return (churn_str){NULL, 0};
        }
        small[i] = digits[digit];
    }
    return b_keep(b, (churn_str){small, 7});
}

static churn_str given_color(builder *b, const churn__yaml_node *node)
{
    churn_str names[COLORS], color = b_color(b, node->text);
    size_t count = 0;
    if (color.ptr != NULL || b->st != CHURN_OK) {
        return color;
    }
    for (size_t i = 0; i < COLORS; i++) {
        if (colors[i].is_color) {
            names[count++] = churn__str_nts(colors[i].name);
        }
    }
    report_place place = b_at(node);
    place.expected = CHURN__STR("'#rrggbb' or the name of a colour");
    place.suggestion = b_nearest(b, node->text, names, count);
    if (place.suggestion.ptr != NULL) {
        report_add(&b->report, DIAGNOSTIC_unknown_color, place,
                   "unknown colour %q; did you mean %q?", &node->text, &place.suggestion);
    } else {
        report_add(&b->report, DIAGNOSTIC_unknown_color, place,
                   "unknown colour %q: '#rrggbb' in quotes or a name is expected", &node->text);
    }
    return color;
}

/* By its name, else by its place among the others. */
static churn_str usual_color(const churn__band_def *band, uint32_t place, uint32_t count)
{
    const char *named = color_named(band->id, true);
    if (named != NULL) {
        return churn__str_nts(named);
    }
    uint32_t step = count < 2 ? 0 : (place * (RAMP - 1) + (count - 1) / 2) / (count - 1);
    return churn__str_nts(ramp[step]);
}

/* ---- bands ---- */

typedef struct placed_band {
    churn__band_def def;
    const churn__yaml_node *key, *value;
} placed_band;

/* Highest first; of those with one bound the one that stands first in the file. */
static int compare_bands(const void *a, const void *b, const void *context)
{
    (void)context;
    const churn__band_def *left = &((const placed_band *)a)->def;
    const churn__band_def *right = &((const placed_band *)b)->def;
    if (left->low != right->low) {
        return left->low > right->low ? -1 : 1;
    }
    if (left->line != right->line) {
        return left->line < right->line ? -1 : 1;
    }
    return (left->column > right->column) - (left->column < right->column);
}

static void check_same(builder *b, const churn__score_def *def)
{
    const churn__band_def *bands = def->cards[0].bands;
    for (uint32_t i = 1; i < def->band_count; i++) {
        if (bands[i].low == bands[i - 1].low) {
            report_place place = {.line = bands[i].line, .column = bands[i].column};
            report_add(&b->report, DIAGNOSTIC_same_bound, place,
                       "the bands %q and %q begin at the same score", &bands[i - 1].id,
                       &bands[i].id);
        }
    }
}

/* A score below the lowest bound has the lowest band: said where there can be such scores. */
static void check_gap(builder *b, const score_parts *parts, const churn__yaml_node *map)
{
    const churn__score_def *def = parts->def;
    double least = 100, low = 0, high = 0;
    for (uint32_t f = 0; f < def->factor_count; f++) {
        churn__factor_range(&parts->factors[f], &low, &high);
        least = low < least ? low : least;
    }
    if (def->band_count == map->count && def->band_count > 0 &&
        parts->bands[def->band_count - 1].low > least) {
        report_add(&b->report, DIAGNOSTIC_band_gap, b_at(map),
                   "no band begins at 0: a score below %g has the lowest band",
                   parts->bands[def->band_count - 1].low);
    }
}

static void fill_band(builder *b, const churn__yaml_node *key, const churn__yaml_node *value,
                      placed_band *to)
{
    const churn__yaml_node *from = value, *color = NULL;
    to->key = key;
    to->value = value;
    to->def =
        (churn__band_def){.id = b_keep(b, key->text), .line = key->line, .column = key->column};
    if (value->kind == CHURN__YAML_MAP) {
        from = b_get(value, "from");
        color = b_get(value, "color");
        to->def.title = b_text(b, value, "title");
    }
    if (from != NULL) {
        (void)churn__double_parse(from->text.ptr, from->text.len, &to->def.low);
    }
    if (color != NULL) {
        to->def.color = given_color(b, color);
    }
}

static uint32_t read_bands(builder *b, const churn__yaml_node *map, placed_band *placed)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < map->count; i++) {
        const churn__yaml_node *key = map->keys[i], *value = b_item(map, i);
        if (churn__str_eq(key->text, CHURN__STR("unknown"))) {
            report_add(&b->report, DIAGNOSTIC_reserved_name, b_at(key),
                       "`unknown` is the band of scores that nobody knows: take another name");
        } else if (value != NULL && (value->kind == CHURN__YAML_SCALAR || b_get(value, "from"))) {
            fill_band(b, key, value, &placed[count++]);
        }
    }
    return count;
}

static void keep_bands(builder *b, score_parts *parts, placed_band *placed, uint32_t count)
{
    parts->bands = b_array(b, count, sizeof *parts->bands);
    parts->band_nodes = b_scratch_array(b, count, sizeof *parts->band_nodes);
    parts->band_values = b_scratch_array(b, count, sizeof *parts->band_values);
    if (b->st != CHURN_OK ||
        !churn__sort(b->heap, placed, count, sizeof *placed, compare_bands, NULL)) {
        b_no_memory(b);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        parts->bands[i] = placed[i].def;
        parts->band_nodes[i] = placed[i].key;
        parts->band_values[i] = placed[i].value;
        if (parts->bands[i].color.ptr == NULL) {
            parts->bands[i].color = usual_color(&parts->bands[i], i, count);
        }
        (void)registry_add(b, &parts->band_ids, parts->bands[i].id, i, placed[i].key);
    }
    parts->def->band_count = count;
    parts->cards[0].bands = parts->bands;
}

void b_bands(builder *b, score_parts *parts)
{
    const churn__yaml_node *map = b_get(parts->node, "bands");
    placed_band *placed = map == NULL ? NULL : b_scratch_array(b, map->count, sizeof *placed);
    if (placed == NULL) {
        return;
    }
    keep_bands(b, parts, placed, read_bands(b, map, placed));
    if (b->st == CHURN_OK) {
        check_same(b, parts->def);
        check_gap(b, parts, map);
    }
}
