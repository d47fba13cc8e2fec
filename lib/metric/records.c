/* SPDX-License-Identifier: MIT */
#include "metric/records.h"

/* Binding metrics of records, and one kind after the other. */

/* ---- binding ---- */

/* Words that the store has; one that it has not is no record's. */
static bool bind_filter(churn__metric_plan *plan, const churn__metric_filter *filter,
                        churn__metric_list *out)
{
    const churn__dict_view *texts = churn__version_texts(plan->version);
    out->count = 0;
    out->items = churn__arena_array(&plan->arena, filter->count, sizeof *out->items);
    for (uint32_t i = 0; out->items != NULL && i < filter->count; i++) {
        uint32_t code = churn__dict_view_find(texts, filter->words[i]);
        if (code != CHURN__NO_CODE) {
            out->items[out->count++] = code;
        }
    }
    return out->items != NULL;
}

static bool bind_filters(churn__metric_plan *plan, churn__metric_bound *bound)
{
    churn__metric_list *lists =
        churn__arena_array(&plan->arena, CHURN__FILTERS, sizeof *bound->filters);
    bool good = lists != NULL;
    for (uint32_t i = 0; good && i < CHURN__FILTERS; i++) {
        good = bind_filter(plan, &bound->def->filters[i], &lists[i]);
    }
    bound->filters = lists;
    return good;
}

static bool needs_rates(const churn__metric_plan *plan)
{
    return plan->records[CHURN__METRIC_SUBSCRIPTION].count > 0 ||
           plan->records[CHURN__METRIC_INVOICE].count > 0;
}

static churn_status bind_rates(churn__metric_plan *plan, churn_error *err)
{
    churn_status st = CHURN_OK;
    plan->exchange = churn__arena_array(&plan->arena, plan->date_count, sizeof *plan->exchange);
    if (plan->exchange == NULL) {
        CHURN_TRY(churn__fail_memory(err, plan->heap));
    }
    CHURN_TRY(churn__exchange_book_create(plan->heap, plan->version, plan->config.currency,
                                          &plan->book, err));
    if (plan->config.policy != NULL) {
        churn__exchange_book_keep(plan->book, plan->config.policy);
    }
    for (uint32_t date = 0; date < plan->date_count; date++) {
        const churn__exchange *exchange = churn__exchange_at(plan->book, plan->dates[date]);
        if (exchange == NULL) {
            CHURN_TRY(churn__fail_memory(err, plan->heap));
        }
        plan->exchange[date] = *exchange; /* its rates stay where they are as long as the book */
    }
done:
    return st;
}

churn_status churn__metric_records_create(churn__metric_plan *plan, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t m = 0; m < plan->config.metric_count; m++) {
        if (!bind_filters(plan, &plan->bounds[m])) {
            CHURN_TRY(churn__fail_memory(err, plan->heap));
        }
    }
    if (needs_rates(plan)) {
        CHURN_TRY(bind_rates(plan, err));
    }
    CHURN_TRY(churn__metric_its_create(plan, err));
done:
    return st;
}

void churn__metric_records_free(churn__metric_plan *plan)
{
    churn__heap *heap = plan->heap;
    churn__exchange_book_free(plan->book);
    churn__free_array(heap, plan->numbers, plan->number_capacity, sizeof *plan->numbers);
    churn__ledger_free(plan->ledger);
    churn__metric_keys_free(heap, &plan->people);
    churn__metric_its_free(plan);
}

/* ---- one kind after the other ---- */

/* Where a metric stands at a date, or why it has no value. Before tracking began nothing is known,
 * and what is open by then cannot be. */
churn__missing churn__moment_begin(churn__moment *m, uint32_t metric)
{
    churn__metric_plan *plan = m->plan;
    const churn__metric_bound *bound = &plan->bounds[metric];
    const churn__metric_def *def = bound->def;
    churn_time clip = CHURN_TIME_NONE;
    churn_time since = plan->needs_since ? plan->since[m->date] : CHURN_TIME_NONE;
    m->bound = bound;
    m->start = CHURN_TIME_MIN;
    m->at = churn__metric_end(plan, def, m->date);
    if (bound->block[m->date] != CHURN__PRESENT) {
        return bound->block[m->date];
    }
    if (!def->has_window) { /* an attribute says for itself whether it is known */
        bool early = m->at < bound->from && def->kind != CHURN__METRIC_ATTRIBUTE;
        return early ? churn__metric_short(bound, since) : CHURN__PRESENT;
    }
    m->start = churn__metric_before(plan, m->at, def->window);
    churn__missing reason = churn__metric_history(bound, since, m->start, &clip);
    m->start = clip > m->start ? clip : m->start;
    return reason;
}

static size_t read_announcements(churn__reader *reader, uint32_t customer, churn_time as_of,
                                 const churn__announcement **out)
{
    (void)customer; /* they are of the business */
    return churn__reader_announcements(reader, as_of, out);
}

/* The rows of a kind at one date and every metric of it. */
#define RECORDS_OF(kind, row_type, gather)                                                         \
    static churn__value value_of_##kind(churn__moment *m, uint32_t metric, const void *rows,       \
                                        size_t n)                                                  \
    {                                                                                              \
        n = churn__metric_where_it(m, metric, &rows, sizeof(row_type), n);                         \
        return churn__metric_of_##kind(m, (const row_type *)rows, n);                              \
    }                                                                                              \
    static void records_##kind(churn__moment *m, const churn__metric_list *list, size_t row,       \
                               churn__column *out)                                                 \
    {                                                                                              \
        const row_type *rows = NULL;                                                               \
        size_t n = gather(m->reader, m->customer, m->as_of, &rows);                                \
        for (uint32_t i = 0; i < list->count; i++) {                                               \
            uint32_t metric = list->items[i];                                                      \
            churn__missing reason = churn__moment_begin(m, metric);                                \
            churn__metric_put_value(m->plan, metric, row,                                          \
                                    reason == CHURN__PRESENT ? value_of_##kind(m, metric, rows, n) \
                                                             : churn__moment_none(reason),         \
                                    out);                                                          \
        }                                                                                          \
    }

RECORDS_OF(tickets, churn__ticket, churn__reader_tickets)
RECORDS_OF(surveys, churn__survey, churn__reader_surveys)
RECORDS_OF(subscriptions, churn__subscription, churn__reader_subscriptions)
RECORDS_OF(invoices, churn__invoice, churn__reader_invoices)
RECORDS_OF(milestones, churn__milestone, churn__reader_milestones)
RECORDS_OF(touchpoints, churn__touchpoint, churn__reader_touchpoints)
RECORDS_OF(contacts, churn__contact, churn__reader_contacts)
RECORDS_OF(announcements, churn__announcement, read_announcements)

/* One that was never set is not provided, which is named before a history that is too short. */
static churn__value attribute_value(churn__moment *m, const churn__attribute_state *states,
                                    size_t n, churn__missing reason)
{
    if (reason == CHURN__PRESENT) {
        return churn__metric_of_attribute(m, states, n);
    }
    bool is_set = n > 0 && states[0].valid_from <= m->at;
    return churn__moment_none(is_set ? reason : churn__missing_worse(reason, CHURN__NOT_PROVIDED));
}

/* Each attribute has rows of its own. */
static void records_attributes(churn__moment *m, const churn__metric_list *list, size_t row,
                               churn__column *out)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const churn__attribute_state *states = NULL;
        churn__missing reason = churn__moment_begin(m, list->items[i]);
        uint32_t name = m->bound->attribute[0];
        size_t n = name == CHURN__NO_CODE ? 0
                                          : churn__reader_attribute_states(m->reader, m->customer,
                                                                           name, m->as_of, &states);
        churn__metric_put_value(m->plan, list->items[i], row, attribute_value(m, states, n, reason),
                                out);
    }
}

/* ---- attributes and ages ---- */

static churn__metric_cell age_at(churn__reader *reader, uint32_t customer, churn_time as_of,
                                 churn_time at)
{
    churn_time since = churn__reader_since(reader, customer, as_of);
    if (since == CHURN_TIME_NONE) {
        return churn__metric_no_value(CHURN__NOT_PROVIDED);
    }
    return since > at ? churn__metric_no_value(CHURN__NEVER)
                      : churn__metric_value((double)churn__floor_div(at - since, CHURN__DAY));
}

static churn__value attribute_at(churn__reader *reader, uint32_t customer, uint32_t attribute,
                                 churn_time at)
{
    if (attribute == CHURN__NO_CODE) {
        return (churn__value){.missing = CHURN__NOT_PROVIDED};
    }
    return churn__reader_attribute(reader, customer, attribute, at);
}

churn__metric_cell churn__metric_attribute_number(churn__metric_plan *plan, churn__reader *reader,
                                                  uint32_t customer, uint32_t attribute,
                                                  uint32_t date)
{
    churn_time as_of = plan->dates[date];
    if (attribute == CHURN__METRIC_AGE) {
        return plan->customer_block[date] == CHURN__PRESENT
                   ? age_at(reader, customer, as_of, as_of)
                   : churn__metric_no_value(plan->customer_block[date]);
    }
    return plan->attribute_block[date] == CHURN__PRESENT
               ? churn__metric_number(attribute_at(reader, customer, attribute, as_of))
               : churn__metric_no_value(plan->attribute_block[date]);
}

static void records_customer(churn__moment *m, const churn__metric_list *list, size_t row,
                             churn__column *out)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const churn__metric_bound *bound = &m->plan->bounds[list->items[i]];
        churn_time at = churn__metric_end(m->plan, bound->def, m->date);
        churn__missing reason = bound->block[m->date];
        churn__metric_put(m->plan, list->items[i], row,
                          reason == CHURN__PRESENT ? age_at(m->reader, m->customer, m->as_of, at)
                                                   : churn__metric_no_value(reason),
                          out);
    }
}

/* ---- all ---- */

typedef void (*records_of)(churn__moment *m, const churn__metric_list *list, size_t row,
                           churn__column *out);

void churn__metric_records(churn__metric_plan *plan, churn__reader *reader, uint32_t customer,
                           size_t first, churn__column *out)
{
    static const records_of of[CHURN__METRIC_KINDS] = {
        [CHURN__METRIC_TICKET] = records_tickets,
        [CHURN__METRIC_SURVEY] = records_surveys,
        [CHURN__METRIC_SUBSCRIPTION] = records_subscriptions,
        [CHURN__METRIC_INVOICE] = records_invoices,
        [CHURN__METRIC_MILESTONE] = records_milestones,
        [CHURN__METRIC_TOUCHPOINT] = records_touchpoints,
        [CHURN__METRIC_CONTACT] = records_contacts,
        [CHURN__METRIC_ANNOUNCEMENT] = records_announcements,
        [CHURN__METRIC_ATTRIBUTE] = records_attributes,
        [CHURN__METRIC_CUSTOMER] = records_customer,
    };
    churn__moment m = {.plan = plan, .reader = reader, .customer = customer};
    for (m.date = 0; m.date < plan->date_count; m.date++) {
        m.as_of = plan->dates[m.date];
        for (uint32_t kind = 0; kind < CHURN__METRIC_KINDS; kind++) {
            if (of[kind] != NULL && plan->records[kind].count > 0) {
                of[kind](&m, &plan->records[kind], first + m.date, out);
            }
        }
    }
}
