/* SPDX-License-Identifier: MIT */
#include "metric/records.h"

#include <math.h>

#include "base/num.h"

/*
 * Conditions on single records: `it.priority == "high"`. The fields that one names are filled as
 * columns for a few hundred records at a time, the expression judges them together, and the metric
 * then sees only the records of which it is true. Which fields there are, and where they lie, the
 * store says.
 *
 * A field is what was known at the moment: an instant that dates itself and had not come yet (when
 * a ticket was closed) is missing, with what is known from then on (how it was rated); one that was
 * agreed on before (when an invoice is due) is there. Of what is told by states (subscriptions,
 * contacts) the one that holds at the moment is judged, and the metric sees all states of it or
 * none.
 */
#define WHERE_ROWS 256u
#define FIELDS_MOST 32u
#define VALUE_BYTES sizeof(churn_str) /* the widest value of a column */

typedef enum field_sort {
    SORT_FIELD, /* as the record has it */
    SORT_AGE,   /* derived: days since it began */
    SORT_TICKET_OPEN,
    SORT_INVOICE_OPEN
} field_sort;

typedef struct record_field {
    const char *name;
    field_sort sort;
    churn__type type; /* 0: cannot be named */
    churn__record_place place;
} record_field;

typedef struct record_fields {
    record_field fields[FIELDS_MOST];
    uint32_t count;
    uint16_t began, id; /* where in a record */
    bool states;
} record_fields;

/* ---- names ---- */

static churn_record_kind record_of(churn__metric_kind kind)
{
    static const churn_record_kind records[CHURN__METRIC_KINDS] = {
        [CHURN__METRIC_TICKET] = CHURN_RECORD_TICKET,
        [CHURN__METRIC_SURVEY] = CHURN_RECORD_SURVEY,
        [CHURN__METRIC_SUBSCRIPTION] = CHURN_RECORD_SUBSCRIPTION,
        [CHURN__METRIC_INVOICE] = CHURN_RECORD_INVOICE,
        [CHURN__METRIC_MILESTONE] = CHURN_RECORD_MILESTONE,
        [CHURN__METRIC_TOUCHPOINT] = CHURN_RECORD_TOUCHPOINT,
        [CHURN__METRIC_CONTACT] = CHURN_RECORD_CONTACT,
        [CHURN__METRIC_ANNOUNCEMENT] = CHURN_RECORD_ANNOUNCEMENT,
    };
    return records[kind];
}

static churn__type type_of(churn__field_form form)
{
    switch (form) {
    case CHURN__FORM_NONE:
        return 0;
    case CHURN__FORM_TEXT:
    case CHURN__FORM_KEY:
    case CHURN__FORM_WORD:
        return CHURN__TYPE_STRING;
    case CHURN__FORM_TRUTH:
        return CHURN__TYPE_BOOL;
    case CHURN__FORM_TIME:
        return CHURN__TYPE_TIME;
    default:
        return CHURN__TYPE_DOUBLE;
    }
}

static void add_derived(record_fields *to, const char *name, field_sort sort, churn__type type)
{
    to->fields[to->count++] = (record_field){.name = name, .sort = sort, .type = type};
}

/* False: a kind without such conditions. */
static bool describe(churn__metric_kind kind, record_fields *out)
{
    churn_record_kind record = record_of(kind);
    const char *name = NULL;
    *out = (record_fields){.states =
                               kind == CHURN__METRIC_SUBSCRIPTION || kind == CHURN__METRIC_CONTACT};
    if (record == 0) {
        return false;
    }
    while (out->count < FIELDS_MOST - 2 &&
           (name = churn__record_field(record, out->count)) != NULL) {
        churn__record_place place = churn__record_field_place(record, out->count);
        out->began = place.begins ? place.at : out->began;
        out->id = place.form == CHURN__FORM_KEY ? place.at : out->id;
        out->fields[out->count++] =
            (record_field){.name = name, .type = type_of(place.form), .place = place};
    }
    add_derived(out, "age_days", SORT_AGE, CHURN__TYPE_DOUBLE);
    if (kind == CHURN__METRIC_TICKET || kind == CHURN__METRIC_INVOICE) {
        add_derived(out, "open",
                    kind == CHURN__METRIC_TICKET ? SORT_TICKET_OPEN : SORT_INVOICE_OPEN,
                    CHURN__TYPE_BOOL);
    }
    return true;
}

bool churn__metric_it(churn__metric_kind kind, uint32_t i, churn__metric_it_field *out)
{
    record_fields all;
    if (!describe(kind, &all) || i >= all.count) {
        return false;
    }
    *out = (churn__metric_it_field){.name = all.fields[i].name,
                                    .type = all.fields[i].type,
                                    .never_missing = all.fields[i].sort != SORT_FIELD};
    return true;
}

/* ---- room ---- */

struct churn__metric_its {
    churn__expr_scratch *scratch;
    churn__column columns[FIELDS_MOST];
    const record_fields *kinds[CHURN__METRIC_KINDS]; /* NULL: nobody asks */
    churn__truth *truth;                             /* of the records that are judged */
    size_t truth_size;
    char *kept; /* records of which it is true */
    size_t kept_size;
    char *standing; /* states that hold */
    size_t standing_size;
};

static bool make_room(churn__metric_plan *plan)
{
    struct churn__metric_its *its = churn__arena_alloc(&plan->arena, sizeof *its);
    plan->its = its;
    if (its == NULL) {
        return false;
    }
    its->scratch = churn__expr_scratch_create(plan->heap, WHERE_ROWS);
    bool good = its->scratch != NULL;
    for (uint32_t i = 0; good && i < FIELDS_MOST; i++) {
        its->columns[i].values = churn__arena_array(&plan->arena, WHERE_ROWS, VALUE_BYTES);
        its->columns[i].missing =
            churn__arena_array(&plan->arena, WHERE_ROWS, sizeof(churn__missing));
        good = its->columns[i].values != NULL && its->columns[i].missing != NULL;
    }
    return good;
}

/* What is known of a kind, once. False: no memory. */
static bool know_kind(churn__metric_plan *plan, churn__metric_kind kind)
{
    if (plan->its == NULL && !make_room(plan)) {
        return false;
    }
    if (plan->its->kinds[kind] == NULL) {
        record_fields *own = churn__arena_alloc(&plan->arena, sizeof *own);
        if (own == NULL) {
            return false;
        }
        (void)describe(kind, own);
        plan->its->kinds[kind] = own;
    }
    return true;
}

churn_status churn__metric_its_create(churn__metric_plan *plan, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t m = 0; m < plan->config.metric_count; m++) {
        const churn__metric_def *def = plan->bounds[m].def;
        if (!plan->wanted[m] || def->expr == NULL || record_of(def->kind) == 0) {
            continue;
        }
        if (!know_kind(plan, def->kind)) {
            CHURN_TRY(churn__fail_memory(err, plan->heap));
        }
        CHURN_TRY(churn__expr_scratch_fit(plan->its->scratch, def->expr, err));
    }
done:
    return st;
}

void churn__metric_its_free(churn__metric_plan *plan)
{
    if (plan->its != NULL) {
        churn__expr_scratch_free(plan->its->scratch);
        churn__free_array(plan->heap, plan->its->truth, plan->its->truth_size, 1);
        churn__free_array(plan->heap, plan->its->kept, plan->its->kept_size, 1);
        churn__free_array(plan->heap, plan->its->standing, plan->its->standing_size, 1);
    }
}

/* ---- columns ---- */

static churn__value text_value(const churn__moment *m, uint32_t code)
{
    if (code == CHURN__NO_CODE) {
        return churn__moment_none(CHURN__NOT_PROVIDED);
    }
    churn_str text = churn__dict_view_get(churn__version_texts(m->plan->version), code);
    return (churn__value){.type = CHURN__TYPE_STRING, .as = {.s = text}};
}

static churn__value key_value(const churn__moment *m, uint32_t id)
{
    churn_record_kind record = record_of(m->bound->def->kind);
    churn_str key = churn__version_key(m->plan->version, record, id);
    return key.ptr == NULL ? churn__moment_none(CHURN__NOT_PROVIDED)
                           : (churn__value){.type = CHURN__TYPE_STRING, .as = {.s = key}};
}

static churn__value word_value(const char *const *words, uint8_t word)
{
    return word == 0 ? churn__moment_none(CHURN__NOT_PROVIDED)
                     : (churn__value){.type = CHURN__TYPE_STRING,
                                      .as = {.s = churn__str_nts(words[word - 1])}};
}

static churn__value number_value(double number)
{
    return isnan(number) ? churn__moment_none(CHURN__NOT_PROVIDED) : churn__moment_number(number);
}

/* Major units, of a record whose currency is known. */
static churn__value money_value(const churn__moment *m, int64_t minor, uint32_t currency)
{
    if (minor == CHURN_INT_NONE || currency == CHURN__NO_CODE) {
        return churn__moment_none(CHURN__NOT_PROVIDED);
    }
    churn_str code = churn__dict_view_get(churn__version_texts(m->plan->version), currency);
    double unit = 1;
    for (int scale = churn__currency_scale(code.ptr, code.len); scale > 0; scale--) {
        unit *= 10;
    }
    return churn__moment_number((double)minor / unit);
}

static churn_time time_at(const char *record, uint16_t at)
{
    return *(const churn_time *)(const void *)(record + at);
}

static churn__value given_value(const churn__moment *m, const churn__record_place *place,
                                const char *record)
{
    const void *at = record + place->at;
    bool known = place->dated == CHURN__NOT_DATED ||
                 churn__moment_has_come(m, time_at(record, place->dated));
    if (place->form == CHURN__FORM_TIME) {
        bool there = known && *(const churn_time *)at != CHURN_TIME_NONE;
        return there ? churn__moment_time(*(const churn_time *)at)
                     : churn__moment_none(CHURN__NEVER);
    }
    if (!known) {
        return churn__moment_none(CHURN__NOT_PROVIDED);
    }
    switch (place->form) {
    case CHURN__FORM_TEXT:
        return text_value(m, *(const uint32_t *)at);
    case CHURN__FORM_KEY:
        return key_value(m, *(const uint32_t *)at);
    case CHURN__FORM_WORD:
        return word_value(place->words, *(const uint8_t *)at);
    case CHURN__FORM_TRUTH:
        return *(const int8_t *)at == CHURN_TRUTH_NONE
                   ? churn__moment_none(CHURN__NOT_PROVIDED)
                   : churn__moment_truth(*(const int8_t *)at != 0);
    case CHURN__FORM_COUNT:
        return *(const int64_t *)at == CHURN_INT_NONE
                   ? churn__moment_none(CHURN__NOT_PROVIDED)
                   : churn__moment_number((double)*(const int64_t *)at);
    case CHURN__FORM_MONEY:
        return money_value(m, *(const int64_t *)at,
                           *(const uint32_t *)(const void *)(record + place->other));
    default:
        return number_value(*(const double *)at);
    }
}

static const record_fields *fields_of(const churn__moment *m)
{
    return m->plan->its->kinds[m->bound->def->kind];
}

/* When a record began. */
static churn_time began(const churn__moment *m, const char *record)
{
    return time_at(record, fields_of(m)->began);
}

static churn__value field_value(const churn__moment *m, const record_field *field,
                                const char *record)
{
    switch (field->sort) {
    case SORT_FIELD:
        return given_value(m, &field->place, record);
    case SORT_TICKET_OPEN:
        return churn__moment_truth(churn__metric_ticket_open(m, (const void *)record));
    case SORT_INVOICE_OPEN:
        return churn__moment_truth(churn__metric_invoice_open(m, (const void *)record));
    default:
        return churn__moment_number(churn__moment_days(began(m, record), m->at));
    }
}

static void put_cell(churn__column *column, uint32_t row, const churn__value *value)
{
    void *values = (void *)column->values;
    bool there = value->missing == CHURN__PRESENT;
    ((churn__missing *)column->missing)[row] = value->missing;
    switch (column->type) {
    case CHURN__TYPE_BOOL:
        ((uint8_t *)values)[row] = there && value->as.b;
        break;
    case CHURN__TYPE_STRING:
        ((churn_str *)values)[row] = there ? value->as.s : CHURN__STR("");
        break;
    case CHURN__TYPE_TIME:
        ((churn_time *)values)[row] = there ? value->as.t : CHURN_TIME_NONE;
        break;
    default:
        ((double *)values)[row] = there ? value->as.d : 0;
        break;
    }
}

static void fill_columns(churn__moment *m, const char *rows, size_t size, uint32_t n)
{
    const churn__metric_def *def = m->bound->def;
    uint32_t count = 0;
    const record_field *fields = fields_of(m)->fields;
    const uint32_t *slots = churn__expr_slots(def->expr, &count);
    for (uint32_t i = 0; i < count; i++) {
        churn__column *column = &m->plan->its->columns[slots[i]];
        column->type = fields[slots[i]].type;
        for (uint32_t row = 0; row < n; row++) {
            churn__value value = field_value(m, &fields[slots[i]], rows + row * size);
            put_cell(column, row, &value);
        }
    }
}

/* ---- judging ---- */

/* Those that began by then, in the window if there is one. */
static void note_excluded(churn__moment *m, uint32_t metric, const char *record)
{
    churn_time at = began(m, record);
    bool looked_at = m->bound->def->has_window ? churn__moment_in_window(m, at) : at < m->at;
    if (m->plan->quality != NULL && looked_at &&
        churn__reader_exists(m->reader, m->customer, m->as_of)) {
        m->plan->quality[metric].excluded++;
    }
}

/* False: no memory, which the plan notes. */
static bool room_for(churn__metric_plan *plan, char **data, size_t *size, size_t bytes)
{
    void *grown = *data;
    if (!churn__grow(plan->heap, &grown, size, bytes, 1)) {
        plan->failed = true;
        return false;
    }
    *data = grown;
    return true;
}

/* What the condition comes to for each of n records. */
static bool judge(churn__moment *m, const char *rows, size_t size, size_t n)
{
    churn__metric_plan *plan = m->plan;
    struct churn__metric_its *its = plan->its;
    char *truth = (char *)its->truth;
    if (!room_for(plan, &truth, &its->truth_size, n)) {
        return false;
    }
    its->truth = (churn__truth *)truth;
    for (size_t first = 0; first < n; first += WHERE_ROWS) {
        uint32_t count = n - first < WHERE_ROWS ? (uint32_t)(n - first) : WHERE_ROWS;
        fill_columns(m, rows + first * size, size, count);
        if (churn__expr_truth(m->bound->def->expr, its->columns, count, its->scratch,
                              its->truth + first, NULL) != CHURN_OK) {
            plan->failed = true;
            return false;
        }
    }
    return true;
}

/* Whether the i-th record that was judged counts. */
static bool counts(churn__moment *m, uint32_t metric, size_t i, const char *record)
{
    churn__truth truth = m->plan->its->truth[i];
    if (truth != CHURN__TRUE && truth != CHURN__FALSE) {
        note_excluded(m, metric, record);
    }
    return truth == CHURN__TRUE;
}

static size_t where_records(churn__moment *m, uint32_t metric, const char *rows, size_t size,
                            size_t n)
{
    size_t kept = 0;
    if (!judge(m, rows, size, n)) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (counts(m, metric, i, rows + i * size)) {
            memcpy(m->plan->its->kept + kept++ * size, rows + i * size, size);
        }
    }
    return kept;
}

/* ---- states ---- */

/* States of one thing, oldest first. */
typedef struct state_run {
    size_t from, to;
    const char *holds; /* the last that began by then; NULL: none */
} state_run;

static uint32_t id_of(const churn__moment *m, const char *record)
{
    return *(const uint32_t *)(const void *)(record + fields_of(m)->id);
}

static state_run next_run(const churn__moment *m, const char *rows, size_t size, size_t n,
                          size_t from)
{
    state_run run = {.from = from, .to = from};
    uint32_t id = id_of(m, rows + from * size);
    for (; run.to < n && id_of(m, rows + run.to * size) == id; run.to++) {
        const char *state = rows + run.to * size;
        run.holds = began(m, state) <= m->at ? state : run.holds;
    }
    return run;
}

static size_t where_states(churn__moment *m, uint32_t metric, const char *rows, size_t size,
                           size_t n)
{
    struct churn__metric_its *its = m->plan->its;
    size_t kept = 0, count = 0, i = 0;
    state_run run;
    if (!room_for(m->plan, &its->standing, &its->standing_size, n * size)) {
        return 0;
    }
    for (size_t at = 0; at < n; at = run.to) {
        run = next_run(m, rows, size, n, at);
        if (run.holds != NULL) {
            memcpy(its->standing + count++ * size, run.holds, size);
        }
    }
    if (!judge(m, its->standing, size, count)) {
        return 0;
    }
    for (size_t at = 0; at < n; at = run.to) {
        run = next_run(m, rows, size, n, at);
        if (run.holds != NULL && counts(m, metric, i++, run.holds)) {
            memcpy(its->kept + kept * size, rows + run.from * size, (run.to - run.from) * size);
            kept += run.to - run.from;
        }
    }
    return kept;
}

size_t churn__metric_where_it(churn__moment *m, uint32_t metric, const void **records, size_t size,
                              size_t n)
{
    struct churn__metric_its *its = m->plan->its;
    const char *rows = *records;
    if (m->bound->def->expr == NULL || n == 0) {
        return n;
    }
    if (!room_for(m->plan, &its->kept, &its->kept_size, n * size)) {
        return 0;
    }
    n = fields_of(m)->states ? where_states(m, metric, rows, size, n)
                             : where_records(m, metric, rows, size, n);
    *records = its->kept;
    return n;
}
