/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

/* Since when a customer is there: by its record, or by whatever else is known of it. */

static uint32_t block(const churn__reader *reader, uint32_t kind, uint32_t customer,
                      const void **rows)
{
    const churn__version *v = churn__reader_version(reader);
    return churn__store_row_block(v->rows[kind], v->row_runs[kind], customer, rows);
}

static const row_head *row_at(uint32_t kind, const void *rows, uint32_t i)
{
    return (const void *)((const char *)rows + (size_t)i * churn__store_kinds[kind].row_size);
}

/* The customer's record as known at as_of; one that nobody dated is known all the time, so that a
 * customer of tomorrow is one who has not begun, and not one without a beginning. */
static const customer_row *customer_record(const churn__reader *reader, uint32_t customer,
                                           churn_time as_of)
{
    const void *rows = NULL;
    uint32_t n = block(reader, KIND_CUSTOMER, customer, &rows);
    for (uint32_t i = 0; i < n; i++) {
        const row_head *row = row_at(KIND_CUSTOMER, rows, i);
        bool first = i == 0 && row->known == row->when && as_of < row->known;
        if (row_known(row, as_of) || first) {
            return (const void *)row;
        }
    }
    return NULL;
}

churn_time churn__reader_since(churn__reader *reader, uint32_t customer, churn_time as_of)
{
    const customer_row *row = customer_record(reader, customer, as_of);
    return row == NULL ? CHURN_TIME_NONE : row->since;
}

static bool any_event(const churn__reader *reader, uint32_t customer, churn_time as_of)
{
    const churn__version *v = churn__reader_version(reader);
    uint32_t slot = 0;
    for (uint32_t i = churn__store_event_base(v->events, v->event_runs, customer);
         i < v->event_runs; i++) {
        const event_run *run = v->events[i];
        bool here = index_find(&run->index, customer, &slot);
        uint32_t end = here ? run->index.begin[slot + 1] : 0;
        for (uint32_t l = here ? run->index.begin[slot] : 0; l < end; l++) {
            const event_columns *cells = &run->cells;
            uint32_t e = run->lists[l].begin, last = run->lists[l + 1].begin;
            for (; e < last && cells->at[e] < as_of; e++) {
                if ((cells->known == NULL || cells->known[e] <= as_of) &&
                    (cells->until == NULL || as_of < cells->until[e])) {
                    return true;
                }
            }
        }
    }
    return false;
}

static bool any_row(const churn__reader *reader, uint32_t kind, uint32_t customer, churn_time as_of)
{
    const void *rows = NULL;
    uint32_t n = block(reader, kind, customer, &rows);
    for (uint32_t i = 0; i < n; i++) {
        if (row_seen(&churn__store_kinds[kind], row_at(kind, rows, i), as_of)) {
            return true;
        }
    }
    return false;
}

bool churn__reader_exists(churn__reader *reader, uint32_t customer, churn_time as_of)
{
    const customer_row *row = customer_record(reader, customer, as_of);
    if (row != NULL) {
        return row->since == CHURN_TIME_NONE || row->since <= as_of;
    }
    bool exists = any_event(reader, customer, as_of);
    for (uint32_t kind = KIND_ATTRIBUTE; !exists && kind < KINDS; kind++) {
        exists = !churn__store_kinds[kind].no_fact && any_row(reader, kind, customer, as_of);
    }
    return exists;
}

static void take_earlier(churn_time *first, churn_time at)
{
    if (at > CHURN_TIME_MIN && (*first == CHURN_TIME_NONE || at < *first)) {
        *first = at;
    }
}

static void first_of_events(const churn__reader *reader, uint32_t customer, churn_time *first)
{
    const churn__version *v = churn__reader_version(reader);
    uint32_t slot = 0;
    for (uint32_t i = churn__store_event_base(v->events, v->event_runs, customer);
         i < v->event_runs; i++) {
        const event_run *run = v->events[i];
        bool here = index_find(&run->index, customer, &slot);
        uint32_t end = here ? run->index.begin[slot + 1] : 0;
        for (uint32_t l = here ? run->index.begin[slot] : 0; l < end; l++) {
            take_earlier(first, run->cells.at[run->lists[l].begin]);
        }
    }
}

static void first_of_rows(const churn__reader *reader, uint32_t kind, uint32_t customer,
                          churn_time *first)
{
    const void *rows = NULL;
    uint32_t n = block(reader, kind, customer, &rows);
    for (uint32_t i = 0; i < n; i++) {
        take_earlier(first, row_at(kind, rows, i)->when);
    }
}

churn_time churn__reader_first(churn__reader *reader, uint32_t customer)
{
    const void *rows = NULL;
    uint32_t n = block(reader, KIND_CUSTOMER, customer, &rows);
    churn_time first = CHURN_TIME_NONE;
    bool all = n > 0;
    for (uint32_t i = 0; i < n; i++) {
        const customer_row *row = (const void *)row_at(KIND_CUSTOMER, rows, i);
        take_earlier(&first, row->since);
        all = all && row->since != CHURN_TIME_NONE;
    }
    if (all) {
        return first;
    }
    first_of_events(reader, customer, &first);
    for (uint32_t kind = KIND_ATTRIBUTE; kind < KINDS; kind++) {
        if (!churn__store_kinds[kind].no_fact) {
            first_of_rows(reader, kind, customer, &first);
        }
    }
    return first;
}

/* An event that is seen at `as_of` and at all later dates, found without looking far. */
static bool has_lasting_event(const churn__reader *reader, uint32_t customer, churn_time as_of)
{
    const churn__version *v = churn__reader_version(reader);
    uint32_t slot = 0;
    for (uint32_t i = churn__store_event_base(v->events, v->event_runs, customer);
         i < v->event_runs; i++) {
        const event_run *run = v->events[i];
        const event_columns *cells = &run->cells;
        bool here = index_find(&run->index, customer, &slot);
        uint32_t end = here ? run->index.begin[slot + 1] : 0;
        for (uint32_t l = here ? run->index.begin[slot] : 0; l < end; l++) {
            uint32_t oldest = run->lists[l].begin;
            if (cells->at[oldest] < as_of &&
                (cells->known == NULL || cells->known[oldest] <= as_of) &&
                (cells->until == NULL || cells->until[oldest] > CHURN_TIME_MAX)) {
                return true;
            }
        }
    }
    return false;
}

/* One record seen at the first and at the last date is seen at all of them, as nothing is known
 * twice. */
static bool has_lasting_record(const churn__reader *reader, uint32_t customer,
                               const churn_time *dates, uint32_t n, const customer_row **out)
{
    const void *rows = NULL;
    *out = NULL;
    if (block(reader, KIND_CUSTOMER, customer, &rows) != 1) {
        return false;
    }
    *out = customer_record(reader, customer, dates[0]);
    return *out != NULL && customer_record(reader, customer, dates[n - 1]) != NULL;
}

static bool has_record(const churn__reader *reader, uint32_t customer)
{
    const void *rows = NULL;
    return block(reader, KIND_CUSTOMER, customer, &rows) > 0;
}

void churn__reader_since_dates(churn__reader *reader, uint32_t customer, const churn_time *dates,
                               uint32_t n, churn_time *out)
{
    const customer_row *row = NULL;
    bool same =
        !has_record(reader, customer) || has_lasting_record(reader, customer, dates, n, &row);
    for (uint32_t i = 0; same && i < n; i++) {
        out[i] = row == NULL ? CHURN_TIME_NONE : row->since;
    }
    for (uint32_t i = 0; !same && i < n; i++) {
        out[i] = churn__reader_since(reader, customer, dates[i]);
    }
}

void churn__reader_exists_dates(churn__reader *reader, uint32_t customer, const churn_time *dates,
                                uint32_t n, uint8_t *out)
{
    const customer_row *row = NULL;
    if (!has_record(reader, customer) && has_lasting_event(reader, customer, dates[0])) {
        memset(out, 1, n);
        return;
    }
    bool same = has_lasting_record(reader, customer, dates, n, &row);
    for (uint32_t i = 0; i < n; i++) {
        out[i] = same ? row->since == CHURN_TIME_NONE || row->since <= dates[i]
                      : churn__reader_exists(reader, customer, dates[i]);
    }
}
