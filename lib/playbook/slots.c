/* SPDX-License-Identifier: MIT */
#include "playbook/score_parts.h"

/* Every name that a condition may use, in the order of churn__slot_kind, index and part, so that a
 * slot is found by bisection. */

typedef struct slot_list {
    builder *b;
    churn__slot *slots;
    uint32_t count;
} slot_list;

static void slot_add(slot_list *to, churn__slot_kind kind, uint32_t index, uint32_t part,
                     churn__type type, churn_str name)
{
    builder *b = to->b;
    if (b->st != CHURN_OK) {
        return;
    }
    to->slots[to->count] = (churn__slot){kind, index, part, type, name};
    /* A second definition of one name was reported; conditions mean the first. */
    (void)registry_add(b, &b->slots, name, to->count, NULL);
    to->count++;
}

static void slot_fixed(slot_list *to, churn__slot_kind kind, churn__type type, const char *name)
{
    slot_add(to, kind, 0, 0, type, b_keep(to->b, churn__str_nts(name)));
}

static void slots_metrics(slot_list *to)
{
    const churn_playbook *pb = to->b->pb;
    for (uint32_t i = 0; i < pb->metric_count; i++) {
        const churn__metric_def *def = &pb->metrics[i];
        slot_add(to, CHURN__SLOT_METRIC, i, 0, def->type, b_join(to->b, "metric.", def->id, ""));
    }
}

static void slots_customer(slot_list *to)
{
    const churn_playbook *pb = to->b->pb;
    for (uint32_t i = 0; i < pb->attribute_count; i++) {
        const churn__attribute_def *def = &pb->attributes[i];
        slot_add(to, CHURN__SLOT_ATTRIBUTE, i, 0, def->type,
                 b_join(to->b, "customer.", def->name, ""));
    }
    slot_fixed(to, CHURN__SLOT_CUSTOMER_ID, CHURN__TYPE_STRING, "customer.id");
    slot_fixed(to, CHURN__SLOT_AGE_DAYS, CHURN__TYPE_DOUBLE, "customer.age_days");
    slot_fixed(to, CHURN__SLOT_CHURNED, CHURN__TYPE_BOOL, "customer.churned");
    slot_fixed(to, CHURN__SLOT_CHURN_DAYS, CHURN__TYPE_DOUBLE, "churn.days");
    slot_fixed(to, CHURN__SLOT_CHURN_REASON, CHURN__TYPE_STRING, "churn.reason");
    slot_fixed(to, CHURN__SLOT_CHURN_KIND, CHURN__TYPE_STRING, "churn.kind");
    slot_fixed(to, CHURN__SLOT_CHURN_MRR, CHURN__TYPE_DOUBLE, "churn.mrr");
}

static void slots_score(slot_list *to, uint32_t index)
{
    static const struct {
        uint32_t part;
        churn__type type;
        const char *suffix;
    } parts[] = {
        {CHURN__PART_SCORE, CHURN__TYPE_DOUBLE, ".score"},
        {CHURN__PART_BAND, CHURN__TYPE_STRING, ".band"},
        {CHURN__PART_COVERAGE, CHURN__TYPE_DOUBLE, ".coverage"},
        {CHURN__PART_LOW, CHURN__TYPE_DOUBLE, ".low"},
        {CHURN__PART_HIGH, CHURN__TYPE_DOUBLE, ".high"},
        {CHURN__PART_CERTAIN, CHURN__TYPE_BOOL, ".certain"},
        {CHURN__PART_OVERRIDDEN, CHURN__TYPE_BOOL, ".overridden"},
        {CHURN__PART_CARD, CHURN__TYPE_STRING, ".card"},
    };
    const churn__score_def *def = &to->b->pb->scores[index];
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        slot_add(to, CHURN__SLOT_SCORE, index, parts[i].part, parts[i].type,
                 b_join(to->b, "", def->id, parts[i].suffix));
    }
    churn_str prefix = b_join(to->b, "", def->id, ".");
    for (uint32_t i = 0; prefix.ptr != NULL && i < def->group_count; i++) {
        slot_add(to, CHURN__SLOT_SCORE, index, CHURN__PART_GROUP + i, CHURN__TYPE_DOUBLE,
                 b_join(to->b, prefix.ptr, to->b->score_parts[index].groups[i].id, ""));
    }
}

static void slots_judged(slot_list *to)
{
    const churn_playbook *pb = to->b->pb;
    for (uint32_t i = 0; i < pb->segment_count; i++) {
        slot_add(to, CHURN__SLOT_SEGMENT, i, 0, CHURN__TYPE_BOOL,
                 b_join(to->b, "segment.", pb->segments[i].id, ""));
    }
    for (uint32_t i = 0; i < pb->score_count; i++) {
        slots_score(to, i);
    }
}

static void slots_state(slot_list *to)
{
    const churn_playbook *pb = to->b->pb;
    for (uint32_t i = 0; i < pb->trigger_count; i++) {
        slot_add(to, CHURN__SLOT_TRIGGER, i, 0, CHURN__TYPE_BOOL,
                 b_join(to->b, "trigger.", pb->triggers[i].id, ""));
    }
    for (uint32_t i = 0; i < pb->play_count; i++) {
        slot_add(to, CHURN__SLOT_PLAY_RUNNING, i, 0, CHURN__TYPE_BOOL,
                 b_join(to->b, "play.", pb->plays[i].id, ".running"));
    }
    slot_fixed(to, CHURN__SLOT_STATUS, CHURN__TYPE_STRING, "status");
    slot_fixed(to, CHURN__SLOT_TAGS, CHURN__TYPE_STRINGS, "tags");
    slot_fixed(to, CHURN__SLOT_AS_OF, CHURN__TYPE_TIME, "as_of");
}

/* They come last and have no name of their own in conditions. */
static void slots_roll_ups(slot_list *to)
{
    const churn_playbook *pb = to->b->pb;
    for (uint32_t i = 0; i < pb->roll_up_count && to->b->st == CHURN_OK; i++) {
        to->slots[to->count++] =
            (churn__slot){CHURN__SLOT_ROLL_UP, i, 0, CHURN__TYPE_DOUBLE, pb->roll_ups[i].name};
    }
}

#define FIXED_SLOTS 10
#define SCORE_SLOTS 8

static size_t slots_wanted(const churn_playbook *pb)
{
    size_t count = (size_t)FIXED_SLOTS + pb->metric_count + pb->attribute_count +
                   pb->segment_count + pb->trigger_count + pb->play_count + pb->roll_up_count;
    for (uint32_t i = 0; i < pb->score_count; i++) {
        count += SCORE_SLOTS + (size_t)pb->scores[i].group_count;
    }
    return count;
}

void b_slots(builder *b)
{
    slot_list to = {.b = b};
    to.slots = b_array(b, slots_wanted(b->pb), sizeof *to.slots);
    if (to.slots == NULL) {
        return;
    }
    slots_metrics(&to);
    slots_customer(&to);
    slots_judged(&to);
    slots_state(&to);
    slots_roll_ups(&to);
    b->pb->slots = to.slots;
    b->pb->slot_count = to.count;
    b->pb->named_slots = to.count;
}

/* ---- what a condition sees ---- */

bool b_is_later_name(churn_str name)
{
    static const char *const spaces[] = {"stage.", "milestone.", "it.", "announced."};
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        if (churn__str_starts(name, churn__str_nts(spaces[i]))) {
            return true;
        }
    }
    return churn__str_starts(name, CHURN__STR("play.")) &&
           churn__str_ends(name, CHURN__STR(".days_since_end"));
}

static bool never_missing(const churn__slot *slot)
{
    switch (slot->kind) {
    case CHURN__SLOT_SCORE:
        return slot->part == CHURN__PART_CERTAIN || slot->part == CHURN__PART_OVERRIDDEN ||
               slot->part == CHURN__PART_CARD;
    case CHURN__SLOT_CUSTOMER_ID:
    case CHURN__SLOT_CHURNED:
    case CHURN__SLOT_TRIGGER:
    case CHURN__SLOT_PLAY_RUNNING:
    case CHURN__SLOT_TAGS:
    case CHURN__SLOT_AS_OF:
        return true;
    default:
        return false;
    }
}

uint32_t b_slot_of_name(const churn_playbook *pb, churn_str name)
{
    uint32_t i = 0;
    while (i < pb->slot_count && !churn__str_eq(pb->slots[i].name, name)) {
        i++;
    }
    return i < pb->slot_count ? i : UINT32_MAX;
}

static churn__expr_found scope_resolve(void *context, churn_str name, churn__expr_name *out)
{
    const builder *b = context;
    for (uint32_t i = 0; i < b->parameter_count; i++) {
        if (churn__str_eq(name, b->parameters[i].name)) {
            *out = (churn__expr_name){.type = b->parameters[i].value.type,
                                      .is_constant = true,
                                      .never_missing = true,
                                      .constant = b->parameters[i].value};
            return CHURN__EXPR_KNOWN;
        }
    }
    uint32_t slot = b_is_question(b) ? b_slot_of_name(b->pb, name) : b_find(&b->slots, name);
    if (slot == UINT32_MAX) {
        return b_is_later_name(name) ? CHURN__EXPR_LATER : CHURN__EXPR_UNKNOWN;
    }
    const churn__slot *found = &b->pb->slots[slot];
    *out = (churn__expr_name){
        .type = found->type, .never_missing = never_missing(found), .slot = slot};
    b_slot_values(b, found, out);
    return CHURN__EXPR_KNOWN;
}

/* All names, while there is something left to spend on comparing them. */
static churn_str scope_list(void *context, uint32_t i)
{
    builder *b = context;
    churn_str none = {NULL, 0};
    uint64_t total = (uint64_t)b->parameter_count + b->pb->slot_count;
    if (i == 0) {
        if (total > b->suggest_budget || !report_open(&b->report)) {
            return none;
        }
        b->suggest_budget -= total;
    }
    if (i < b->parameter_count) {
        return b->parameters[i].name;
    }
    return i < total ? b->pb->slots[i - b->parameter_count].name : none;
}

/* The keys of a map of a score, from the file: segments are read before scores are filled in. */
static churn_str score_key(const builder *b, uint32_t score, const char *map, uint32_t i)
{
    churn_str none = {NULL, 0};
    const churn__yaml_node *node = b_item(b_get(b->root, "scores"), score);
    const churn__yaml_node *found = node == NULL ? NULL : b_get(node, map);
    return found != NULL && i < found->count ? found->keys[i]->text : none;
}

static churn_str scope_band(const builder *b, uint32_t score, uint32_t i)
{
    churn_str none = {NULL, 0};
    if (!b_is_question(b)) {
        return score_key(b, score, "bands", i);
    }
    const churn__score_def *def = &b->pb->scores[score];
    return i < def->band_count ? def->cards[0].bands[i].id : none;
}

/* "default", then the segments that have numbers of their own. */
static churn_str scope_card(const builder *b, uint32_t score, uint32_t i)
{
    churn_str none = {NULL, 0};
    if (i == 0) {
        return CHURN__STR("default");
    }
    if (!b_is_question(b)) {
        return score_key(b, score, "segments", i - 1);
    }
    const churn__score_def *def = &b->pb->scores[score];
    return i < def->card_count ? b->pb->segments[def->cards[i].segment].id : none;
}

static churn_str scope_word(void *context, uint32_t slot, uint32_t i)
{
    const builder *b = context;
    const churn__slot *of = slot < b->pb->slot_count ? &b->pb->slots[slot] : NULL;
    if (of != NULL && of->kind == CHURN__SLOT_SCORE && of->part == CHURN__PART_BAND) {
        return scope_band(b, of->index, i);
    }
    return of != NULL && of->kind == CHURN__SLOT_SCORE && of->part == CHURN__PART_CARD
               ? scope_card(b, of->index, i)
               : (churn_str){NULL, 0};
}

static const char *scope_advice(void *context, churn_str name)
{
    (void)context;
    if (churn__str_eq(name, CHURN__STR("customer.since"))) {
        return "`customer.age_days` says how old a customer is";
    }
    return churn__str_starts(name, CHURN__STR("customer.")) ? "`attributes` declares them" : NULL;
}

static churn__expr_found scope_call(void *context, churn_str function, const churn_str *args,
                                    uint32_t count, churn__expr_name *out, const char **why)
{
    builder *b = context;
    churn__expr_found found = b_call(b, function, args, count, out, why);
    if (found == CHURN__EXPR_KNOWN) {
        out->slot = b_metric_slot(b, out->slot);
    }
    return found;
}

churn__expr_scope b_scope(builder *b)
{
    return (churn__expr_scope){.context = b,
                               .resolve = scope_resolve,
                               .list = scope_list,
                               .word = scope_word,
                               .advice = scope_advice,
                               .call = scope_call};
}

/* ---- for the engine ---- */

static int slot_compare(const churn__slot *slot, churn__slot_kind kind, uint32_t index,
                        uint32_t part)
{
    if (slot->kind != kind) {
        return slot->kind < kind ? -1 : 1;
    }
    if (slot->index != index) {
        return slot->index < index ? -1 : 1;
    }
    return slot->part == part ? 0 : slot->part < part ? -1 : 1;
}

churn_str churn__card_name(const churn_playbook *playbook, const churn__score_def *score,
                           uint32_t card)
{
    uint32_t segment = score->cards[card].segment;
    return segment == CHURN__NO_SLOT ? CHURN__STR("default") : playbook->segments[segment].id;
}

uint32_t churn__playbook_slot(const churn_playbook *playbook, churn__slot_kind kind, uint32_t index,
                              uint32_t part)
{
    uint32_t low = 0, high = playbook->named_slots;
    if (kind == CHURN__SLOT_METRIC && index >= playbook->declared_count) {
        return index < playbook->metric_count
                   ? playbook->named_slots + (index - playbook->declared_count)
                   : UINT32_MAX;
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = slot_compare(&playbook->slots[middle], kind, index, part);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return UINT32_MAX;
}
