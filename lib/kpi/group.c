/* SPDX-License-Identifier: MIT */
#include "kpi/run_inside.h"

#include <churn/records.h>

#include "base/sort.h"

/*
 * Groups: tuples of codes, one a dimension, numbered as they appear. Codes are of texts of the
 * version where a key is one, else of the run's own words.
 */
#define FEWEST_SLOTS 64u

const churn__kpi_keys churn__kpi_no_keys = {
    {CHURN__NO_CODE, CHURN__NO_CODE, CHURN__NO_CODE, CHURN__NO_CODE, CHURN__NO_CODE, CHURN__NO_CODE,
     CHURN__NO_CODE, CHURN__NO_CODE, CHURN__NO_CODE, CHURN__NO_CODE, CHURN__NO_CODE, CHURN__NO_CODE,
     CHURN__NO_CODE, CHURN__NO_CODE, CHURN__NO_CODE, CHURN__NO_CODE, CHURN__NO_CODE}};

/* ---- names ---- */

#define START_MONTH CHURN__KEYS
#define CUSTOMER (CHURN__KEYS + 1)

static const char *const names[] = {
    [CHURN__KEY_PLAN] = "plan",
    [CHURN__KEY_PRODUCT] = "product",
    [CHURN__KEY_CURRENCY] = "currency",
    [CHURN__KEY_CHURN_KIND] = "churn.kind",
    [CHURN__KEY_CHURN_REASON] = "churn.reason",
    [CHURN__KEY_CHURN_COMPETITOR] = "churn.competitor",
    [CHURN__KEY_CHURN_VALUE] = "churn.value",
    [CHURN__KEY_CAUSE] = "cause",
    [CHURN__KEY_SURVEY_MOMENT] = "survey.moment",
    [CHURN__KEY_SURVEY_CATEGORY] = "survey.category",
    [CHURN__KEY_SURVEY_USER] = "survey.user",
    [CHURN__KEY_TICKET_PRIORITY] = "ticket.priority",
    [CHURN__KEY_TICKET_CATEGORY] = "ticket.category",
    [CHURN__KEY_SPEND_CHANNEL] = "spend.channel",
    [CHURN__KEY_OFFER] = "offer",
    [CHURN__KEY_TOUCHPOINT_CHANNEL] = "touchpoint.channel",
    [CHURN__KEY_EVENT_TYPE] = "event.type",
    [START_MONTH] = "start_month",
    [CUSTOMER] = "customer",
};

#define NAMES (sizeof names / sizeof *names)

static churn_str bare(churn_str name)
{
    const churn_str prefix = CHURN__STR("customer.");
    if (churn__str_starts(name, prefix)) {
        name.ptr += prefix.len;
        name.len -= prefix.len;
    }
    return name;
}

static churn_status fail_unknown(const churn__kpi_run *run, const churn__kpi_asked *asked,
                                 churn_str name, churn_error *err)
{
    const size_t most = NAMES + asked->attribute_count;
    churn_str *known = churn__alloc_array(run->heap, most, sizeof *known);
    churn_str near = {NULL, 0};
    if (known == NULL) {
        return churn__fail_memory(err, run->heap);
    }
    for (size_t i = 0; i < most; i++) {
        known[i] = i < NAMES ? churn__str_nts(names[i]) : asked->attributes[i - NAMES];
    }
    near = churn__nearest(bare(name), known, most);
    churn__free_array(run->heap, known, most, sizeof *known);
    if (near.ptr == NULL) {
        return churn__fail(err, CHURN_E_NOT_FOUND, 0, "kpi: by: there is nothing called %q", &name);
    }
    return churn__fail(err, CHURN_E_NOT_FOUND, 0,
                       "kpi: by: there is nothing called %q; did you mean %q?", &name, &near);
}

/* An attribute that nobody declared, but somebody has. */
static bool somebody_has(const churn__kpi_run *run, uint32_t attribute)
{
    const uint32_t count = churn__version_listed(run->version);
    const uint32_t *order = churn__version_order(run->version);
    for (uint32_t i = 0; i < count; i++) {
        const churn__attribute_state *states = NULL;
        if (churn__reader_attribute_states(run->reader, order[i], attribute, run->as_of, &states) >
            0) {
            return true;
        }
    }
    return false;
}

static churn_status find_attribute(churn__kpi_run *run, const churn__kpi_asked *asked,
                                   churn__dimension *dim, churn_error *err)
{
    const churn_str name = bare(dim->name);
    bool known = false;
    dim->source = CHURN__DIM_ATTRIBUTE;
    dim->attribute = churn__dict_view_find(churn__version_texts(run->version), name);
    for (uint32_t i = 0; i < asked->attribute_count && !known; i++) {
        known = churn__str_eq(asked->attributes[i], name);
    }
    if (known || (dim->attribute != CHURN__NO_CODE && somebody_has(run, dim->attribute))) {
        return CHURN_OK;
    }
    return fail_unknown(run, asked, dim->name, err);
}

static churn_status find_dimension(churn__kpi_run *run, const churn__kpi_asked *asked, uint32_t d,
                                   churn_error *err)
{
    churn__groups *groups = &run->inside->groups;
    churn__dimension *dim = &groups->dims[d];
    uint32_t key = 0;
    if (asked->given != NULL && asked->given[d].codes != NULL) {
        dim->source = CHURN__DIM_GIVEN;
        dim->given = &asked->given[d];
        return CHURN_OK;
    }
    if (churn__str_eq(dim->name, CHURN__STR("stage"))) {
        return churn__fail(err, CHURN_E_UNSUPPORTED, 0, "kpi: by: the playbook has no stages");
    }
    while (key < NAMES && !churn__str_eq(dim->name, churn__str_nts(names[key]))) {
        key++;
    }
    if (key == NAMES) {
        return find_attribute(run, asked, dim, err);
    }
    dim->source = key == START_MONTH ? CHURN__DIM_START
                  : key == CUSTOMER  ? CHURN__DIM_CUSTOMER
                                     : CHURN__DIM_KEY;
    dim->key = (uint8_t)key;
    if (dim->source == CHURN__DIM_KEY) {
        groups->of_key[key] = d;
        run->key_bits |= UINT32_C(1) << key;
    }
    return CHURN_OK;
}

/* ---- opening ---- */

/* Of keys that concern records only, customers say nothing. */
static bool of_customers(const churn__dimension *dim)
{
    return dim->source != CHURN__DIM_KEY || dim->key <= CHURN__KEY_CHURN_VALUE;
}

static bool take_words(churn__groups *groups, churn__dimension *dim)
{
    dim->given_codes =
        churn__alloc_array(groups->heap, dim->given->word_count, sizeof *dim->given_codes);
    for (uint32_t i = 0; dim->given_codes != NULL && i < dim->given->word_count; i++) {
        dim->given_codes[i] = churn__groups_word(groups, dim->given->words[i]);
        if (dim->given_codes[i] == CHURN__NO_CODE) {
            return false;
        }
    }
    return dim->given_codes != NULL;
}

static churn_status take_names(churn__groups *groups, churn__kpi_run *run,
                               const churn__kpi_asked *asked, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t d = 0; d < asked->by_count; d++) {
        churn__dimension *dim = &groups->dims[d];
        dim->name = asked->by[d];
        for (uint32_t other = 0; other < d; other++) {
            if (churn__str_eq(bare(groups->dims[other].name), bare(dim->name))) {
                CHURN_FAIL(CHURN_E_ARG, 0, "kpi: by: %q is there twice", &dim->name);
            }
        }
        CHURN_TRY(find_dimension(run, asked, d, err));
        groups->tracks = groups->tracks || of_customers(dim);
        if (dim->given != NULL && !take_words(groups, dim)) {
            CHURN_TRY(churn__fail_memory(err, groups->heap));
        }
    }
done:
    return st;
}

churn_status churn__groups_open(churn__groups *groups, churn__kpi_run *run,
                                const churn__kpi_asked *asked, churn_error *err)
{
    churn_status st = CHURN_OK;
    *groups = (churn__groups){.heap = run->heap, .dim_count = asked->by_count, .count = 1};
    memset(groups->of_key, 0xff, sizeof groups->of_key);
    if (asked->by_count == 0) {
        return CHURN_OK;
    }
    groups->count = 0;
    groups->slot_count = FEWEST_SLOTS;
    groups->words = churn__dict_create(run->heap);
    groups->dims = churn__alloc_array_zero(run->heap, asked->by_count, sizeof *groups->dims);
    groups->tuple = churn__alloc_array(run->heap, asked->by_count, sizeof *groups->tuple);
    groups->ends = churn__alloc_array(run->heap, asked->by_count, sizeof *groups->ends);
    groups->slots = churn__alloc_array(run->heap, groups->slot_count, sizeof *groups->slots);
    if (groups->words == NULL || groups->dims == NULL || groups->tuple == NULL ||
        groups->ends == NULL || groups->slots == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    memset(groups->slots, 0xff, groups->slot_count * sizeof *groups->slots);
    CHURN_TRY(take_names(groups, run, asked, err));
done:
    return st;
}

void churn__groups_close(churn__groups *groups)
{
    churn__heap *heap = groups->heap;
    if (heap == NULL) {
        return;
    }
    for (uint32_t d = 0; groups->dims != NULL && d < groups->dim_count; d++) {
        const churn__dimension *dim = &groups->dims[d];
        churn__free_array(heap, dim->given_codes, dim->given ? dim->given->word_count : 0,
                          sizeof *dim->given_codes);
    }
    churn__dict_free(groups->words);
    churn__free_array(heap, groups->dims, groups->dim_count, sizeof *groups->dims);
    churn__free_array(heap, groups->tuple, groups->dim_count, sizeof *groups->tuple);
    churn__free_array(heap, groups->ends, groups->dim_count, sizeof *groups->ends);
    churn__free_array(heap, groups->slots, groups->slot_count, sizeof *groups->slots);
    churn__free_array(heap, groups->tuples, groups->tuple_capacity, sizeof *groups->tuples);
    churn__free_array(heap, groups->points, groups->point_capacity, sizeof *groups->points);
    churn__free_array(heap, groups->codes, groups->code_capacity, sizeof *groups->codes);
    churn__free_array(heap, groups->changes, groups->change_capacity, sizeof *groups->changes);
    churn__main_free(groups);
    *groups = (churn__groups){.heap = NULL};
}

uint32_t churn__groups_word(churn__groups *groups, churn_str word)
{
    return churn__dict_add(groups->words, word);
}

/* ---- numbering ---- */

static uint32_t hash_of(const churn__groups *groups, const uint32_t *tuple)
{
    uint64_t hash = UINT64_C(0x9E3779B97F4A7C15);
    for (uint32_t d = 0; d < groups->dim_count; d++) {
        hash = (hash ^ tuple[d]) * UINT64_C(0xFF51AFD7ED558CCD);
        hash ^= hash >> 32;
    }
    return (uint32_t)hash;
}

static const uint32_t *tuple_of(const churn__groups *groups, uint32_t group)
{
    return groups->tuples + (size_t)group * groups->dim_count;
}

static uint32_t *slot_of(const churn__groups *groups, const uint32_t *tuple)
{
    const uint32_t mask = groups->slot_count - 1;
    uint32_t at = hash_of(groups, tuple) & mask;
    while (groups->slots[at] != CHURN__KPI_NONE &&
           memcmp(tuple_of(groups, groups->slots[at]), tuple, groups->dim_count * sizeof *tuple) !=
               0) {
        at = (at + 1) & mask;
    }
    return &groups->slots[at];
}

static bool more_slots(churn__groups *groups)
{
    const uint32_t count = groups->slot_count * 2;
    uint32_t *slots = churn__alloc_array(groups->heap, count, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    memset(slots, 0xff, count * sizeof *slots);
    churn__free_array(groups->heap, groups->slots, groups->slot_count, sizeof *slots);
    groups->slots = slots;
    groups->slot_count = count;
    for (uint32_t g = 0; g < groups->count; g++) {
        *slot_of(groups, tuple_of(groups, g)) = g;
    }
    return true;
}

static uint32_t find_group(churn__groups *groups, const uint32_t *tuple)
{
    uint32_t *slot = slot_of(groups, tuple);
    if (*slot != CHURN__KPI_NONE) {
        return *slot;
    }
    if (2 * (groups->count + 1) > groups->slot_count) {
        if (!more_slots(groups)) {
            return CHURN__KPI_NONE;
        }
        slot = slot_of(groups, tuple);
    }
    if (!churn__grow(groups->heap, (void **)&groups->tuples, &groups->tuple_capacity,
                     (size_t)(groups->count + 1) * groups->dim_count, sizeof *tuple)) {
        return CHURN__KPI_NONE;
    }
    memcpy(groups->tuples + (size_t)groups->count * groups->dim_count, tuple,
           groups->dim_count * sizeof *tuple);
    *slot = groups->count;
    return groups->count++;
}

/* ---- asking ---- */

void churn__groups_turn(churn__groups *groups)
{
    groups->tracked = false;
    groups->at = 0;
}

/* The point that holds in a period. NULL: no memory. */
static churn__track_point *point_at(churn__kpi_run *run, uint32_t period)
{
    churn__groups *groups = &run->inside->groups;
    if (!groups->tracked) {
        if (!churn__groups_track(run)) {
            return NULL;
        }
        groups->tracked = true;
    }
    while (groups->at > 0 && groups->points[groups->at].period > period) {
        groups->at--;
    }
    while (groups->at + 1 < groups->point_count &&
           groups->points[groups->at + 1].period <= period) {
        groups->at++;
    }
    return &groups->points[groups->at];
}

/* Causes and kinds of churn are words of ours. */
static uint32_t word_of_key(const churn__kpi_run *run, churn__groups *groups, uint32_t key,
                            uint32_t code)
{
    char text[64];
    if (key == CHURN__KEY_CAUSE) {
        return churn__groups_word(groups, churn__str_nts(churn__cause_name((uint8_t)code)));
    }
    if (key == CHURN__KEY_CHURN_KIND) {
        return churn__groups_word(groups, code == CHURN__CHURN_INVOLUNTARY
                                              ? CHURN__STR("involuntary")
                                              : CHURN__STR("voluntary"));
    }
    if (key == CHURN__KEY_CHURN_VALUE) {
        const size_t len = churn__value_class_text(run->settings, code, text, sizeof text);
        return churn__groups_word(groups, (churn_str){text, len});
    }
    return code;
}

/* False: no memory. */
static bool put_keys(churn__kpi_run *run, const churn__kpi_keys *keys, uint32_t *tuple)
{
    churn__groups *groups = &run->inside->groups;
    for (uint32_t key = 0; run->key_bits >> key != 0; key++) {
        const uint32_t d = groups->of_key[key], code = keys->code[key];
        if (d == CHURN__KPI_NONE || code == CHURN__NO_CODE) {
            continue;
        }
        tuple[d] = code == CHURN__KEY_NULL ? CHURN__NO_CODE : word_of_key(run, groups, key, code);
        if (tuple[d] == CHURN__NO_CODE && code != CHURN__KEY_NULL) {
            return false;
        }
    }
    return true;
}

uint32_t churn__run_group(churn__kpi_run *run, uint32_t period, const churn__kpi_keys *keys)
{
    churn__groups *groups = &run->inside->groups;
    if (groups->dim_count == 0) {
        return 0;
    }
    churn__track_point *point = point_at(run, period);
    if (point == NULL) {
        return CHURN__KPI_NONE;
    }
    const uint32_t *codes = groups->codes + (size_t)groups->at * groups->dim_count;
    if (keys != NULL && run->key_bits != 0) {
        memcpy(groups->tuple, codes, groups->dim_count * sizeof *codes);
        return put_keys(run, keys, groups->tuple) ? find_group(groups, groups->tuple)
                                                  : CHURN__KPI_NONE;
    }
    if (point->group == CHURN__KPI_NONE) {
        point->group = find_group(groups, codes);
    }
    return point->group;
}

uint32_t churn__run_group_until(churn__kpi_run *run, uint32_t period)
{
    churn__groups *groups = &run->inside->groups;
    if (groups->dim_count == 0 || point_at(run, period) == NULL ||
        groups->at + 1 >= groups->point_count) {
        return run->begun_count;
    }
    const uint32_t next = groups->points[groups->at + 1].period;
    return next < run->begun_count ? next : run->begun_count;
}

uint32_t churn__run_group_of_none(churn__kpi_run *run, const churn__kpi_keys *keys)
{
    churn__groups *groups = &run->inside->groups;
    if (groups->dim_count == 0) {
        return 0;
    }
    memset(groups->tuple, 0xff, groups->dim_count * sizeof *groups->tuple);
    if (keys != NULL && !put_keys(run, keys, groups->tuple)) {
        return CHURN__KPI_NONE;
    }
    return find_group(groups, groups->tuple);
}

bool churn__run_by_band(const churn__kpi_run *run)
{
    const churn__groups *groups = &run->inside->groups;
    bool found = false;
    for (uint32_t d = 0; d < groups->dim_count && !found; d++) {
        found = groups->dims[d].source == CHURN__DIM_GIVEN &&
                churn__str_ends(groups->dims[d].name, CHURN__STR(".band"));
    }
    return found;
}

uint32_t churn__run_group_count(const churn__kpi_run *run)
{
    return run->inside->groups.count;
}

/* ---- order ---- */

static bool is_own_word(const churn__dimension *dim)
{
    return dim->source != CHURN__DIM_KEY || dim->key == CHURN__KEY_CAUSE ||
           dim->key == CHURN__KEY_CHURN_KIND || dim->key == CHURN__KEY_CHURN_VALUE;
}

churn_str churn__groups_text(const churn__kpi_run *run, uint32_t group, uint32_t d)
{
    const churn__groups *groups = &run->inside->groups;
    const churn__dimension *dim = &groups->dims[d];
    const uint32_t code = tuple_of(groups, group)[d];
    if (code == CHURN__NO_CODE) {
        return (churn_str){NULL, 0};
    }
    if (is_own_word(dim)) {
        return churn__dict_get(groups->words, code);
    }
    return churn__dict_view_get(dim->key == CHURN__KEY_EVENT_TYPE
                                    ? churn__version_types(run->version)
                                    : churn__version_texts(run->version),
                                code);
}

static int compare_groups(const void *a, const void *b, const void *context)
{
    const churn__kpi_run *run = context;
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    for (uint32_t d = 0; d < run->inside->groups.dim_count; d++) {
        const churn_str s = churn__groups_text(run, x, d), t = churn__groups_text(run, y, d);
        const int order = churn__str_cmp(s, t);
        if ((s.ptr == NULL) != (t.ptr == NULL)) {
            return s.ptr == NULL ? 1 : -1;
        }
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

bool churn__groups_order(const churn__kpi_run *run, uint32_t *order)
{
    const uint32_t count = churn__run_group_count(run);
    for (uint32_t g = 0; g < count; g++) {
        order[g] = g;
    }
    return churn__sort(run->heap, order, count, sizeof *order, compare_groups, run);
}
