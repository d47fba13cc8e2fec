/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_KPI_BOOK_H
#define CHURN_TESTS_KPI_BOOK_H

#include "sub.h"

#include <math.h>

#include <churn/kpi.h>
#include <churn/store.h>

/* A store of customers made of hand-made rows, asked for figures; somebody is a customer while
 * something of theirs is live that is no trial. */

#define BOOK_SPANS 64

typedef struct book {
    churn__heap *heap;
    churn_store *store;
    churn__version *version;
    churn__reader *reader;
    churn__kpi_asked asked;
    churn__kpi_policy policy;
    churn__kpi_settings settings;
    churn_table *table;
    uint32_t customers;
    churn__life_span spans[BOOK_SPANS];
} book;

static inline churn_status book_lives(void *context, churn__reader *reader, uint32_t customer,
                                      const churn__life_span **spans, size_t *count,
                                      churn_error *err)
{
    static const churn__exchange exchange = {.currency = 0};
    book *b = context;
    const churn__subscription *rows = NULL;
    churn__mrr_step *steps = NULL;
    size_t n = 0, capacity = 0, found = 0;
    const size_t row_count =
        churn__reader_subscriptions(reader, customer, b->asked.cut.as_of, &rows);
    const churn_status st = churn__mrr_steps(b->heap, &b->policy, rows, row_count, &exchange,
                                             &steps, &n, &capacity, err);
    for (size_t i = 0; i < n; i++) {
        if (steps[i].live > 0 && (i == 0 || steps[i - 1].live == 0)) {
            assert_true(found < BOOK_SPANS);
            b->spans[found++] = (churn__life_span){.from = steps[i].at,
                                                   .to = CHURN_TIME_NONE,
                                                   .reason = CHURN__NO_CODE,
                                                   .competitor = CHURN__NO_CODE,
                                                   .mrr = CHURN_INT_NONE};
        } else if (steps[i].live == 0 && found > 0 && i > 0 && steps[i - 1].live > 0) {
            b->spans[found - 1].to = steps[i].at;
            b->spans[found - 1].kind = CHURN__CHURN_VOLUNTARY;
        }
    }
    churn__free_array(b->heap, steps, capacity, sizeof *steps);
    *spans = b->spans;
    *count = found;
    return st;
}

static inline void open_book(book *b, churn_time from, churn_time to, int32_t every,
                             churn_time as_of)
{
    memset(b, 0, sizeof *b);
    b->heap = churn__heap_create(NULL, 0);
    b->policy = churn__kpi_policy_preset(CHURN__POLICY_CHARTMOGUL);
    b->policy.group = CHURN__GROUP_INSTANT;
    b->settings.gross_margin = (double)NAN;
    b->asked.cut = (churn__kpi_cut){
        .from = from, .to = to, .every = every, .as_of = as_of == CHURN_TIME_NONE ? to : as_of};
    b->asked.currency = CHURN__STR("USD");
    assert_ok(churn_store_create(NULL, &b->store, NULL));
}

/* What was answered is of the past. */
static inline void book_turn(book *b)
{
    churn_table_free(b->table);
    churn__reader_free(b->reader);
    churn__version_release(b->version);
    b->table = NULL;
    b->reader = NULL;
    b->version = NULL;
}

static inline void close_book(book *b)
{
    book_turn(b);
    churn_store_free(b->store);
    churn__heap_release(b->heap);
}

static inline churn_str book_status(uint8_t status)
{
    static const char *const names[] = {"",         "trial",  "active",   "paused",
                                        "past_due", "unpaid", "cancelled"};
    return churn__str_nts(names[status]);
}

static inline void book_row(book *b, const char *customer, const churn__subscription *row,
                            const char *plan)
{
    static const char units[] = "dwmy";
    static const char *const names[] = {"day", "week", "month", "year"};
    churn_subscription r;
    char id[32];
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &r, sizeof r);
    snprintf(id, sizeof id, "%s-%04u", customer, (unsigned)row->id);
    r.customer = churn__str_nts(customer);
    r.id = churn__str_nts(id);
    r.status = book_status(row->status);
    r.amount = row->amount;
    r.currency = row->currency == EUR ? CHURN__STR("EUR") : CHURN__STR("USD");
    r.period = churn__str_nts(names[strchr(units, row->period_unit) - units]);
    r.plan = plan == NULL ? (churn_str){NULL, 0} : churn__str_nts(plan);
    r.valid_from = row->valid_from;
    r.ended_at = row->ended_at;
    assert_ok(churn_store_add_subscription(b->store, &r, NULL));
}

/* One more customer, with these rows. */
static inline void add(book *b, const churn__subscription *rows, size_t count)
{
    char customer[16];
    book_turn(b);
    snprintf(customer, sizeof customer, "c%05u", (unsigned)b->customers++);
    for (size_t i = 0; i < count; i++) {
        book_row(b, customer, &rows[i], NULL);
    }
}

static inline churn_status ask_book(book *b, churn_error *err)
{
    book_turn(b);
    assert_ok(churn__store_pin(b->store, &b->version, NULL));
    b->reader = churn__reader_create(b->heap, b->version);
    b->asked.policy = &b->policy;
    b->asked.settings = &b->settings;
    b->asked.lives = book_lives;
    b->asked.lives_context = b;
    return churn__kpi_figures(b->heap, b->version, &b->asked, &b->table, err);
}

static inline uint32_t book_column(const book *b, const char *name)
{
    const uint32_t i = churn_table_find(b->table, name, CHURN_NTS);
    assert_int_not_equal(i, CHURN_COLUMN_NONE);
    return i;
}

/* The row of a figure in the i-th period, of the group with a text in the first dimension (NULL:
 * there is none); the number of rows: there is no such row. */
static inline uint64_t row_of(book *b, const char *figure, size_t period, const char *group)
{
    churn_time last = CHURN_TIME_NONE;
    size_t at = 0;
    uint64_t row = 0;
    if (b->table == NULL) {
        assert_ok(ask_book(b, NULL));
    }
    for (; row < churn_table_row_count(b->table); row++) {
        const churn_time end = churn_table_time(b->table, row, 2);
        if (strcmp(churn_table_string(b->table, row, 0).ptr, figure) != 0) {
            continue;
        }
        at += last != CHURN_TIME_NONE && end != last;
        last = end;
        const char *text = b->asked.by_count > 0 ? churn_table_string(b->table, row, 3).ptr : NULL;
        const bool same = text == NULL || group == NULL ? text == group : strcmp(text, group) == 0;
        if (at == period && (b->asked.by_count == 0 || same)) {
            break;
        }
    }
    return row;
}

static inline bool has(book *b, const char *figure, size_t period, const char *column)
{
    const uint64_t row = row_of(b, figure, period, NULL);
    assert_true(row < churn_table_row_count(b->table));
    return !churn_table_is_null(b->table, row, book_column(b, column));
}

static inline double cell(book *b, const char *figure, size_t period, const char *column)
{
    assert_true(has(b, figure, period, column));
    const uint64_t row = row_of(b, figure, period, NULL);
    const uint32_t i = book_column(b, column);
    return churn_table_column_type(b->table, i) == CHURN_COLUMN_INT
               ? (double)churn_table_int(b->table, row, i)
               : churn_table_double(b->table, row, i);
}

static inline double figure(book *b, const char *name, size_t period)
{
    return cell(b, name, period, "value");
}

/* Of a group, 0 where it has no row. */
static inline double figure_by(book *b, const char *name, size_t period, const char *group)
{
    const uint64_t row = row_of(b, name, period, group);
    return row < churn_table_row_count(b->table)
               ? churn_table_double(b->table, row, book_column(b, "value"))
               : 0;
}

static inline void near_to(double got, double expected, double tolerance, int line)
{
    if (!(fabs(got - expected) <= tolerance)) {
        fail_msg("line %d: %.17g, expected %.17g", line, got, expected);
    }
}

#define assert_near(got, expected, tolerance) near_to(got, expected, tolerance, __LINE__)
#define assert_figure(b, name, period, expected) \
    assert_near(figure(b, name, period), expected, 1e-12)

#endif
