/* SPDX-License-Identifier: MIT */
#include "metric/records.h"

#include <math.h>
#include <stddef.h>

#include "base/num.h"

/*
 * Conditions on single records: `it.priority == "high"`. The fields that one names are filled as
 * columns for a few hundred records at a time, the expression judges them together, and the metric
 * then sees only the records of which it is true.
 *
 * A field is what was known at the moment: an instant that dates itself and had not come yet (when
 * a ticket was closed) is missing, one that was agreed on before (when an invoice is due) is there.
 */
#define WHERE_ROWS 256u
#define FIELDS_MOST 16u
#define VALUE_BYTES sizeof(churn_str) /* the widest value of a column */

typedef enum sort_of_field {
    FIELD_TEXT,
    FIELD_HAPPENED, /* an instant that dates itself */
    FIELD_AGREED,   /* an instant that may lie ahead */
    FIELD_NUMBER,
    FIELD_MONEY, /* minor units of the record's own currency */
    FIELD_SURVEY_KIND,
    FIELD_AGE,         /* derived: days since it began */
    FIELD_TICKET_OPEN, /* derived */
    FIELD_INVOICE_OPEN
} sort_of_field;

typedef struct record_field {
    const char *name;
    sort_of_field sort;
    size_t at; /* in the record */
} record_field;

#define TICKET(field) offsetof(churn__ticket, field)
static const record_field ticket_fields[] = {
    {"it.id", FIELD_TEXT, TICKET(id)},
    {"it.user", FIELD_TEXT, TICKET(user)},
    {"it.priority", FIELD_TEXT, TICKET(priority)},
    {"it.category", FIELD_TEXT, TICKET(category)},
    {"it.text", FIELD_TEXT, TICKET(text)},
    {"it.opened_at", FIELD_HAPPENED, TICKET(opened_at)},
    {"it.first_response_at", FIELD_HAPPENED, TICKET(first_response_at)},
    {"it.closed_at", FIELD_HAPPENED, TICKET(closed_at)},
    {"it.reopened_at", FIELD_HAPPENED, TICKET(reopened_at)},
    {"it.csat", FIELD_NUMBER, TICKET(csat)},
    {"it.open", FIELD_TICKET_OPEN, 0},
    {"it.age_days", FIELD_AGE, TICKET(opened_at)},
};

#define SURVEY(field) offsetof(churn__survey, field)
static const record_field survey_fields[] = {
    {"it.id", FIELD_TEXT, SURVEY(id)},
    {"it.user", FIELD_TEXT, SURVEY(user)},
    {"it.kind", FIELD_SURVEY_KIND, SURVEY(kind)},
    {"it.moment", FIELD_TEXT, SURVEY(moment)},
    {"it.category", FIELD_TEXT, SURVEY(category)},
    {"it.text", FIELD_TEXT, SURVEY(text)},
    {"it.at", FIELD_HAPPENED, SURVEY(at)},
    {"it.score", FIELD_NUMBER, SURVEY(score)},
    {"it.age_days", FIELD_AGE, SURVEY(at)},
};

#define INVOICE(field) offsetof(churn__invoice, field)
static const record_field invoice_fields[] = {
    {"it.id", FIELD_TEXT, INVOICE(id)},
    {"it.currency", FIELD_TEXT, INVOICE(currency)},
    {"it.failure", FIELD_TEXT, INVOICE(failure)},
    {"it.issued_at", FIELD_HAPPENED, INVOICE(issued_at)},
    {"it.due_at", FIELD_AGREED, INVOICE(due_at)},
    {"it.paid_at", FIELD_HAPPENED, INVOICE(paid_at)},
    {"it.failed_at", FIELD_HAPPENED, INVOICE(failed_at)},
    {"it.refunded_at", FIELD_HAPPENED, INVOICE(refunded_at)},
    {"it.amount", FIELD_MONEY, INVOICE(amount)},
    {"it.refunded", FIELD_MONEY, INVOICE(refunded)},
    {"it.open", FIELD_INVOICE_OPEN, 0},
    {"it.age_days", FIELD_AGE, INVOICE(issued_at)},
};

#define TOUCHPOINT(field) offsetof(churn__touchpoint, field)
static const record_field touchpoint_fields[] = {
    {"it.id", FIELD_TEXT, TOUCHPOINT(id)},
    {"it.channel", FIELD_TEXT, TOUCHPOINT(channel)},
    {"it.user", FIELD_TEXT, TOUCHPOINT(user)},
    {"it.play", FIELD_TEXT, TOUCHPOINT(play)},
    {"it.action", FIELD_TEXT, TOUCHPOINT(action)},
    {"it.offer", FIELD_TEXT, TOUCHPOINT(offer)},
    {"it.outcome", FIELD_TEXT, TOUCHPOINT(outcome)},
    {"it.at", FIELD_HAPPENED, TOUCHPOINT(at)},
    {"it.opened_at", FIELD_HAPPENED, TOUCHPOINT(opened_at)},
    {"it.clicked_at", FIELD_HAPPENED, TOUCHPOINT(clicked_at)},
    {"it.replied_at", FIELD_HAPPENED, TOUCHPOINT(replied_at)},
    {"it.outcome_at", FIELD_HAPPENED, TOUCHPOINT(outcome_at)},
    {"it.age_days", FIELD_AGE, TOUCHPOINT(at)},
};

/* ---- names ---- */

#define COUNT_OF(array) (uint32_t)(sizeof(array) / sizeof(array)[0])

static const record_field *fields_of(churn__metric_kind kind, uint32_t *count)
{
    switch (kind) {
    case CHURN__METRIC_TICKET:
        *count = COUNT_OF(ticket_fields);
        return ticket_fields;
    case CHURN__METRIC_SURVEY:
        *count = COUNT_OF(survey_fields);
        return survey_fields;
    case CHURN__METRIC_INVOICE:
        *count = COUNT_OF(invoice_fields);
        return invoice_fields;
    case CHURN__METRIC_TOUCHPOINT:
        *count = COUNT_OF(touchpoint_fields);
        return touchpoint_fields;
    default:
        *count = 0;
        return NULL;
    }
}

static churn__type type_of(sort_of_field sort)
{
    switch (sort) {
    case FIELD_TEXT:
    case FIELD_SURVEY_KIND:
        return CHURN__TYPE_STRING;
    case FIELD_HAPPENED:
    case FIELD_AGREED:
        return CHURN__TYPE_TIME;
    case FIELD_TICKET_OPEN:
    case FIELD_INVOICE_OPEN:
        return CHURN__TYPE_BOOL;
    default:
        return CHURN__TYPE_DOUBLE;
    }
}

bool churn__metric_it(churn__metric_kind kind, uint32_t i, churn__metric_it_field *out)
{
    uint32_t count = 0;
    const record_field *fields = fields_of(kind, &count);
    if (i >= count) {
        return false;
    }
    out->name = churn__str_nts(fields[i].name);
    out->type = type_of(fields[i].sort);
    out->never_missing = fields[i].sort == FIELD_AGE || out->type == CHURN__TYPE_BOOL;
    return true;
}

/* ---- room ---- */

struct churn__metric_its {
    churn__expr_scratch *scratch;
    churn__column columns[FIELDS_MOST];
    churn__truth *truth;
    char *kept; /* records of which it is true */
    size_t kept_size;
};

static bool make_room(churn__metric_plan *plan)
{
    struct churn__metric_its *its = churn__arena_alloc(&plan->arena, sizeof *its);
    plan->its = its;
    if (its == NULL) {
        return false;
    }
    its->scratch = churn__expr_scratch_create(plan->heap, WHERE_ROWS);
    its->truth = churn__arena_array(&plan->arena, WHERE_ROWS, sizeof *its->truth);
    bool good = its->scratch != NULL && its->truth != NULL;
    for (uint32_t i = 0; good && i < FIELDS_MOST; i++) {
        its->columns[i].values = churn__arena_array(&plan->arena, WHERE_ROWS, VALUE_BYTES);
        its->columns[i].missing =
            churn__arena_array(&plan->arena, WHERE_ROWS, sizeof(churn__missing));
        good = its->columns[i].values != NULL && its->columns[i].missing != NULL;
    }
    return good;
}

churn_status churn__metric_its_create(churn__metric_plan *plan, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t m = 0; m < plan->config.metric_count; m++) {
        const churn__metric_def *def = plan->bounds[m].def;
        uint32_t fields = 0;
        if (!plan->wanted[m] || def->expr == NULL || fields_of(def->kind, &fields) == NULL) {
            continue;
        }
        if (plan->its == NULL && !make_room(plan)) {
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
        churn__free_array(plan->heap, plan->its->kept, plan->its->kept_size, 1);
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

static churn__value time_value(const churn__moment *m, churn_time at, bool dates_itself)
{
    bool there = at != CHURN_TIME_NONE && (!dates_itself || churn__moment_has_come(m, at));
    return there ? churn__moment_time(at) : churn__moment_none(CHURN__NEVER);
}

static churn__value kind_value(uint8_t kind)
{
    static const char *const names[] = {
        "", [CHURN__SURVEY_NPS] = "nps", [CHURN__SURVEY_CSAT] = "csat", [CHURN__SURVEY_CES] = "ces",
        [CHURN__SURVEY_CUSTOM] = "custom"};
    return (churn__value){.type = CHURN__TYPE_STRING, .as = {.s = churn__str_nts(names[kind])}};
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

static churn__value field_value(const churn__moment *m, const record_field *field,
                                const char *record)
{
    const void *at = record + field->at;
    switch (field->sort) {
    case FIELD_TEXT:
        return text_value(m, *(const uint32_t *)at);
    case FIELD_HAPPENED:
        return time_value(m, *(const churn_time *)at, true);
    case FIELD_AGREED:
        return time_value(m, *(const churn_time *)at, false);
    case FIELD_NUMBER: {
        double number = *(const double *)at;
        return isnan(number) ? churn__moment_none(CHURN__NOT_PROVIDED)
                             : churn__moment_number(number);
    }
    case FIELD_MONEY:
        return money_value(m, *(const int64_t *)at,
                           ((const churn__invoice *)(const void *)record)->currency);
    case FIELD_SURVEY_KIND:
        return kind_value(*(const uint8_t *)at);
    case FIELD_TICKET_OPEN:
        return churn__moment_truth(churn__metric_ticket_open(m, (const void *)record));
    case FIELD_INVOICE_OPEN:
        return churn__moment_truth(churn__metric_invoice_open(m, (const void *)record));
    default:
        return churn__moment_number(churn__moment_days(*(const churn_time *)at, m->at));
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
    uint32_t all = 0, count = 0;
    const record_field *fields = fields_of(def->kind, &all);
    const uint32_t *slots = churn__expr_slots(def->expr, &count);
    for (uint32_t i = 0; i < count; i++) {
        churn__column *column = &m->plan->its->columns[slots[i]];
        column->type = type_of(fields[slots[i]].sort);
        for (uint32_t row = 0; row < n; row++) {
            churn__value value = field_value(m, &fields[slots[i]], rows + row * size);
            put_cell(column, row, &value);
        }
    }
}

/* ---- judging ---- */

/* When a record began: the age's field. */
static churn_time began(churn__metric_kind kind, const char *record)
{
    uint32_t count = 0;
    const record_field *fields = fields_of(kind, &count);
    return *(const churn_time *)(const void *)(record + fields[count - 1].at);
}

/* Those that began by then, in the window if there is one. */
static void note_excluded(churn__moment *m, uint32_t metric, const char *record)
{
    churn_time at = began(m->bound->def->kind, record);
    bool looked_at = m->bound->def->has_window ? churn__moment_in_window(m, at) : at < m->at;
    if (m->plan->quality != NULL && looked_at &&
        churn__reader_exists(m->reader, m->customer, m->as_of)) {
        m->plan->quality[metric].excluded++;
    }
}

static bool keep_room(churn__metric_plan *plan, size_t bytes)
{
    struct churn__metric_its *its = plan->its;
    void *data = its->kept;
    if (!churn__grow(plan->heap, &data, &its->kept_size, bytes, 1)) {
        plan->failed = true;
        return false;
    }
    its->kept = data;
    return true;
}

size_t churn__metric_where_it(churn__moment *m, uint32_t metric, const void **records, size_t size,
                              size_t n)
{
    churn__metric_plan *plan = m->plan;
    const char *rows = *records;
    size_t kept = 0;
    if (m->bound->def->expr == NULL || n == 0) {
        return n;
    }
    if (!keep_room(plan, n * size)) {
        return 0;
    }
    for (size_t first = 0; first < n; first += WHERE_ROWS) {
        uint32_t count = n - first < WHERE_ROWS ? (uint32_t)(n - first) : WHERE_ROWS;
        fill_columns(m, rows + first * size, size, count);
        if (churn__expr_truth(m->bound->def->expr, plan->its->columns, count, plan->its->scratch,
                              plan->its->truth, NULL) != CHURN_OK) {
            plan->failed = true;
            return 0;
        }
        for (uint32_t i = 0; i < count; i++) {
            const char *record = rows + (first + i) * size;
            if (plan->its->truth[i] == CHURN__TRUE) {
                memcpy(plan->its->kept + kept++ * size, record, size);
            } else if (plan->its->truth[i] != CHURN__FALSE) {
                note_excluded(m, metric, record);
            }
        }
    }
    *records = plan->its->kept;
    return kept;
}
