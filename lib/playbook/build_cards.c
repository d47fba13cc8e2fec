/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "playbook/score_parts.h"

/*
 * Cards: other numbers of a score for segments. A card is a copy of the one that it inherits from,
 * in which what it says itself is written anew. They are tried in the order of the playbook's
 * segments, so they stand in it.
 */

#define CARD_FACTORS_MOST UINT32_C(1000000)

typedef struct card_reading {
    builder *b;
    score_parts *parts;
    const churn__yaml_node **from; /* by card; NULL: the score's own numbers */
    registry ids;                  /* of cards: names of segments */
    bool *filled;
} card_reading;

/* ---- which cards there are ---- */

static const churn__yaml_node *key_of(const churn__yaml_node *map, churn_str name, uint32_t *at)
{
    for (*at = 0; *at < map->count; (*at)++) {
        if (churn__str_eq(map->keys[*at]->text, name)) {
            return map->keys[*at];
        }
    }
    return NULL;
}

static void check_names(builder *b, const churn__yaml_node *map)
{
    for (uint32_t i = 0; i < map->count; i++) {
        if (churn__is_name(map->keys[i]->text)) {
            (void)b_refer(b, DIAGNOSTIC_unknown_segment, "segment", &b->segments, map->keys[i]);
        }
    }
}

static void add_card(card_reading *r, uint32_t segment, const churn__yaml_node *key,
                     const churn__yaml_node *node)
{
    builder *b = r->b;
    uint32_t at = r->parts->def->card_count++;
    r->parts->card_nodes[at] = node;
    r->parts->cards[at] = (churn__card_def){
        .segment = segment,
        .segment_slot = churn__playbook_slot(b->pb, CHURN__SLOT_SEGMENT, segment, 0),
        .line = key->line,
        .column = key->column};
    (void)registry_add(b, &r->ids, key->text, at, key);
}

/* A segment that stands twice was reported; the first is meant. */
static void find_cards(card_reading *r, const churn__yaml_node *map)
{
    builder *b = r->b;
    check_names(b, map);
    for (uint32_t s = 0; s < b->pb->segment_count && b->st == CHURN_OK; s++) {
        uint32_t at = 0;
        churn_str id = b->pb->segments[s].id;
        const churn__yaml_node *key = id.ptr == NULL ? NULL : key_of(map, id, &at);
        if (key != NULL && b_find(&b->segments, id) == s) {
            add_card(r, s, key, map->items[at]);
        }
    }
}

/* ---- from which they inherit ---- */

static void find_parents(card_reading *r)
{
    builder *b = r->b;
    for (uint32_t c = 1; c < r->parts->def->card_count; c++) {
        const churn__yaml_node *node = r->parts->card_nodes[c];
        const churn__yaml_node *from = node->bad ? NULL : b_get(node, "from");
        uint32_t parent =
            b_refer(b, DIAGNOSTIC_unknown_card, "segment with numbers here", &r->ids, from);
        r->from[c] = from;
        r->parts->cards[c].from = parent == UINT32_MAX ? 0 : parent;
    }
}

/* "enterprise from smb from enterprise", from the first of its cards on. */
static void report_circle(card_reading *r, uint32_t first)
{
    churn__buf text;
    builder *b = r->b;
    churn__card_def *cards = r->parts->cards;
    churn__buf_init(&text, b->heap);
    churn__buf_str(&text, b->pb->segments[cards[first].segment].id);
    for (uint32_t c = cards[first].from;; c = cards[c].from) {
        churn__buf_text(&text, " from ");
        churn__buf_str(&text, b->pb->segments[cards[c].segment].id);
        if (c == first) {
            break;
        }
    }
    if (text.failed) {
        b_no_memory(b);
    } else {
        report_add(&b->report, DIAGNOSTIC_cycle, b_at(r->from[first]), "a cycle: %s", text.data);
    }
    churn__buf_clear(&text);
    cards[first].from = 0; /* so that the others can be read */
}

/* Each walk ends at the score's own numbers, at what was walked before, or where it began. */
static void find_circles(card_reading *r)
{
    uint32_t count = r->parts->def->card_count;
    uint32_t *seen = b_scratch_array(r->b, count, sizeof *seen); /* in the walk of which card */
    for (uint32_t c = 1; seen != NULL && c < count && r->b->st == CHURN_OK; c++) {
        uint32_t at = c;
        while (at != 0 && seen[at] == 0) {
            seen[at] = c;
            at = r->parts->cards[at].from;
        }
        if (at != 0 && seen[at] == c) {
            report_circle(r, at);
        }
    }
}

/* ---- what a card says itself ---- */

typedef struct card_copy {
    churn__card_def *card;
    churn__group_def *groups;
    churn__factor_def *factors;
    churn__cap_def *caps;
    churn__band_def *bands;
} card_copy;

static void *copy_of(builder *b, const void *from, uint32_t count, size_t size)
{
    void *copy = b_array(b, count, size);
    if (copy != NULL && count > 0) {
        memcpy(copy, from, count * size);
    }
    return copy;
}

static bool copy_card(card_reading *r, uint32_t c, card_copy *to)
{
    builder *b = r->b;
    const churn__score_def *def = r->parts->def;
    const churn__card_def *from = &r->parts->cards[r->parts->cards[c].from];
    to->card = &r->parts->cards[c];
    to->groups = copy_of(b, from->groups, def->group_count, sizeof *to->groups);
    to->factors = copy_of(b, from->factors, def->factor_count, sizeof *to->factors);
    to->caps = copy_of(b, from->caps, def->cap_count, sizeof *to->caps);
    to->bands = copy_of(b, from->bands, def->band_count, sizeof *to->bands);
    to->card->groups = to->groups;
    to->card->factors = to->factors;
    to->card->caps = to->caps;
    to->card->bands = to->bands;
    to->card->min_coverage = from->min_coverage;
    return b->st == CHURN_OK;
}

static void card_bands(card_reading *r, const churn__yaml_node *map, card_copy *to)
{
    builder *b = r->b;
    uint32_t count = r->parts->def->band_count;
    for (uint32_t i = 0; i < map->count; i++) {
        const churn__yaml_node *value = b_item(map, i);
        uint32_t band =
            b_refer(b, DIAGNOSTIC_unknown_band, "band", &r->parts->band_ids, map->keys[i]);
        if (band != UINT32_MAX && value != NULL) {
            (void)churn__double_parse(value->text.ptr, value->text.len, &to->bands[band].low);
            to->bands[band].line = map->keys[i]->line;
            to->bands[band].column = map->keys[i]->column;
        }
    }
    for (uint32_t i = 1; i < count; i++) {
        if (to->bands[i].low >= to->bands[i - 1].low &&
            r->parts->bands[i].low < r->parts->bands[i - 1].low) {
            report_add(&b->report, DIAGNOSTIC_band_order, b_at(map),
                       "the band %q must begin above %q here, too", &to->bands[i - 1].id,
                       &to->bands[i].id);
            return;
        }
    }
}

static void card_factor(card_reading *r, const churn__yaml_node *node, churn__factor_def *def)
{
    builder *b = r->b;
    def->weight = b_number(node, "weight", def->weight);
    if (b_given(node, "curve") || b_given(node, "steps") || b_given(node, "points")) {
        b_factor_points(b, node, false, def);
    }
    b_factor_missing(b, node, def);
    b_factor_decay(b, node, def);
}

static void card_factors(card_reading *r, const churn__yaml_node *map, uint32_t group,
                         card_copy *to)
{
    builder *b = r->b;
    for (uint32_t i = 0; i < map->count && b->st == CHURN_OK; i++) {
        const churn__yaml_node *node = b_item(map, i);
        uint32_t f =
            b_refer(b, DIAGNOSTIC_unknown_factor, "factor", &r->parts->factor_ids, map->keys[i]);
        if (f == UINT32_MAX || node == NULL) {
            continue;
        }
        if (r->parts->homes[f] != group) {
            report_place place = b_at(map->keys[i]);
            place.suggestion = to->groups[r->parts->homes[f]].id;
            report_add(&b->report, DIAGNOSTIC_unknown_factor, place,
                       "the factor %q is not in this group but in %q", &map->keys[i]->text,
                       &place.suggestion);
            continue;
        }
        card_factor(r, node, &to->factors[f]);
    }
}

static void card_groups(card_reading *r, const churn__yaml_node *map, card_copy *to)
{
    builder *b = r->b;
    for (uint32_t i = 0; i < map->count && b->st == CHURN_OK; i++) {
        const churn__yaml_node *node = b_item(map, i);
        uint32_t g =
            b_refer(b, DIAGNOSTIC_unknown_group, "group", &r->parts->group_ids, map->keys[i]);
        if (g == UINT32_MAX || node == NULL) {
            continue;
        }
        const churn__yaml_node *factors = b_get(node, "factors");
        to->groups[g].weight = b_number(node, "weight", to->groups[g].weight);
        if (factors != NULL) {
            card_factors(r, factors, g, to);
        }
    }
}

/* Keys that such a cap does not have. */
static void forbid_for(builder *b, const churn__yaml_node *node, const churn__cap_def *def)
{
    bool mark = def->kind == CHURN__CAP_OVERRIDE, floor = def->is_floor;
    if (mark || floor) {
        b_forbid(b, node, "at_most", mark ? "override" : "a floor");
    }
    if (mark || !floor) {
        b_forbid(b, node, "at_least", mark ? "override" : "a cap");
    }
    if (def->kind != CHURN__CAP_CRITICAL) {
        b_forbid(b, node, "below", mark ? "override" : "when");
        b_forbid(b, node, "fewest", mark ? "override" : "when");
    }
}

static void card_caps(card_reading *r, const churn__yaml_node *map, card_copy *to)
{
    builder *b = r->b;
    for (uint32_t i = 0; i < map->count && b->st == CHURN_OK; i++) {
        const churn__yaml_node *node = b_item(map, i);
        uint32_t c = b_refer(b, DIAGNOSTIC_unknown_cap, "cap", &r->parts->cap_ids, map->keys[i]);
        if (c == UINT32_MAX || node == NULL) {
            continue;
        }
        churn__cap_def *def = &to->caps[c];
        forbid_for(b, node, def);
        def->bound = b_number(node, def->is_floor ? "at_least" : "at_most", def->bound);
        def->below = b_number(node, "below", def->below);
        def->fewest = b_count(node, "fewest", def->fewest);
        def->off = b_get(node, "off") != NULL ? b_bool(node, "off") : def->off;
        if (b_get(node, "fewest") != NULL && def->kind == CHURN__CAP_CRITICAL &&
            def->factor_count > 0 && def->fewest > def->factor_count) {
            report_add(&b->report, DIAGNOSTIC_out_of_range, b_at(b_get(node, "fewest")),
                       "`fewest`: more than the %u factors that are critical",
                       (uint64_t)def->factor_count);
        }
    }
}

static void fill_card(card_reading *r, uint32_t c)
{
    card_copy to = {0};
    const churn__yaml_node *node = r->parts->card_nodes[c];
    if (!copy_card(r, c, &to) || node->bad || node->kind != CHURN__YAML_MAP) {
        return;
    }
    const churn__yaml_node *bands = b_get(node, "bands"), *groups = b_get(node, "groups");
    const churn__yaml_node *caps = b_get(node, "caps");
    to.card->min_coverage = b_number(node, "min_coverage", to.card->min_coverage);
    if (bands != NULL) {
        card_bands(r, bands, &to);
    }
    if (groups != NULL) {
        card_groups(r, groups, &to);
        report_place place = {.line = to.card->line, .column = to.card->column};
        b_weights(r->b, r->parts, to.card, place);
    }
    if (caps != NULL) {
        card_caps(r, caps, &to);
    }
}

/* Those that it inherits from first. */
static void fill_line(card_reading *r, uint32_t c, uint32_t *line)
{
    uint32_t count = 0;
    for (uint32_t at = c; at != 0 && !r->filled[at]; at = r->parts->cards[at].from) {
        line[count++] = at;
    }
    while (count > 0 && r->b->st == CHURN_OK) {
        fill_card(r, line[--count]);
        r->filled[line[count]] = true;
    }
}

/* ---- all ---- */

static bool small_enough(card_reading *r, const churn__yaml_node *map)
{
    builder *b = r->b;
    uint64_t size = (uint64_t)map->count * r->parts->def->factor_count;
    if (size > CARD_FACTORS_MOST) {
        report_add(&b->report, DIAGNOSTIC_too_many, b_at(map),
                   "%u segments times %u factors: at most %u in all are allowed",
                   (uint64_t)map->count, (uint64_t)r->parts->def->factor_count,
                   (uint64_t)CARD_FACTORS_MOST);
    }
    return size <= CARD_FACTORS_MOST;
}

void b_cards(builder *b, score_parts *parts)
{
    const churn__yaml_node *map = b_get(parts->node, "segments");
    card_reading r = {.b = b, .parts = parts};
    if (map == NULL || !small_enough(&r, map)) {
        return;
    }
    size_t count = (size_t)map->count + 1;
    uint32_t *line = b_scratch_array(b, count, sizeof *line);
    r.from = b_scratch_array(b, count, sizeof *r.from);
    r.filled = b_scratch_array(b, count, sizeof *r.filled);
    if (b->st == CHURN_OK) {
        find_cards(&r, map);
        find_parents(&r);
        find_circles(&r);
    }
    for (uint32_t c = 1; b->st == CHURN_OK && c < parts->def->card_count; c++) {
        fill_line(&r, c, line);
    }
    registry_clear(b, &r.ids);
}
