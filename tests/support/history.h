/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_HISTORY_H
#define CHURN_TESTS_HISTORY_H

#include "company.h"

/*
 * A company made at random: customers who log in more or less, pay, complain, answer, leave and
 * come back. Every record has a key of its own and its own instants, so that the order in which
 * they are loaded must not matter.
 */
#define PEOPLE 24
#define HISTORY_DAYS 120
#define HISTORY_MAX 20000

typedef struct made {
    churn_record_kind kind;
    churn_time at; /* when it can be known at the earliest */
    union {
        churn_customer customer;
        churn_attribute attribute;
        churn_event event;
        churn_subscription subscription;
        churn_invoice invoice;
        churn_ticket ticket;
        churn_survey survey;
        churn_churn churn;
    } as;
} made;

typedef struct history {
    uint64_t seed;
    uint32_t count, serial;
    made *rows;
    char ids[HISTORY_MAX][12];
    char customers[PEOPLE][8];
} history;

static const char history_playbook[] =
    "churn: 1\nname: history\ntime_zone: UTC\ncurrency: USD\nevaluate: 1d\n"
    "attributes: {plan: string, seats: number}\n"
    "sources:\n"
    "  product: {events: [login, export], max_lag: 2d}\n"
    "calendar: {work: [mon, tue, wed, thu, fri], hours: '09:00-17:00', zone: customer}\n"
    "roles:\n"
    "  csm: {from: customer.owner, else: lead}\n"
    "  lead: {people: [eva, fay, gil]}\n"
    "loss: {any: [subscription, record]}\n"
    "metrics:\n"
    "  - {id: logins, agg: count, event: login, window: 14d, history: clip}\n"
    "  - {id: quiet, agg: days_since, event: login}\n"
    "  - {id: exports, agg: count, event: export, window: 28d}\n"
    "  - {id: users, agg: distinct, event: login, of: user, window: 28d, history: clip}\n"
    "  - {id: paid, agg: sum, event: payment, window: 60d, history: clip}\n"
    "  - {id: open, ticket: open_count}\n"
    "  - {id: nps, survey: last, kind: nps, max_age: 60d}\n"
    "  - {id: failed, invoice: failed_count, window: 40d, history: clip}\n"
    "  - {id: mrr, subscription: mrr}\n"
    "segments:\n"
    "  - {id: large, when: 'metric.mrr >= 200'}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - id: use\n"
    "        weight: 60\n"
    "        factors:\n"
    "          - {metric: logins, weight: 2, curve: [[0, 0], [10, 100]]}\n"
    "          - {metric: exports, weight: 1, curve: [[0, 0], [4, 100]]}\n"
    "      - id: opinion\n"
    "        weight: 40\n"
    "        factors:\n"
    "          - {metric: nps, weight: 1, curve: [[0, 0], [10, 100]]}\n"
    "          - {metric: open, weight: 1, curve: [[0, 100], [3, 0]]}\n"
    "    caps:\n"
    "      - {id: unpaid, when: 'metric.failed >= 1', at_most: 40}\n"
    "    bands: {green: 70, yellow: 40, red: 0}\n"
    "    min_coverage: 0.5\n"
    "triggers:\n"
    "  - {id: low, when: 'health.score < 50', clear_when: 'health.score >= 60', for: 2d,\n"
    "     clear_for: 1d, severity: high, play: follow_up, cooldown: 3d}\n"
    "  - {id: gone_quiet, when: 'metric.quiet >= 6', play: mark, renotify: 4d, cooldown: 1d}\n"
    "  - {id: unhappy, when: 'metric.nps < 5', play: praise, grace: 10d, refire: 'every:20d'}\n"
    "  - {id: both, when: 'trigger.gone_quiet && trigger.low && !play.follow_up.running',\n"
    "     play: follow_up}\n"
    "  - {id: marked, when: '\"quiet\" in tags && status == \"at_risk\"', for: 3d}\n"
    "  - {id: back, population: churned, when: 'churn.days >= 5', play: praise}\n"
    "  - {id: idle, population: all, when: 'metric.exports == 0 && metric.open == 0',\n"
    "     initial: arm, on_unknown: reset, min_evals: 3}\n"
    "plays:\n"
    "  - id: follow_up\n"
    "    on_resolve: cancel_open\n"
    "    steps:\n"
    "      - {task: {title: 'Call {{customer.name}}: {{health.score}}', owner: csm, due: 2bd}}\n"
    "      - {notify: {to: lead}}\n"
    "  - id: mark\n"
    "    on_resolve: undo\n"
    "    steps:\n"
    "      - {set_status: at_risk}\n"
    "      - {tag: quiet}\n"
    "      - {task: {title: Ask, owner: csm, due: 6bh}}\n"
    "  - id: praise\n"
    "    on_resolve: undo\n"
    "    steps:\n"
    "      - {tag: quiet}\n"
    "      - {tag: heard}\n"
    "      - {set_status: watched}\n"
    "kpi: {preset: chartmogul}\n";

static inline uint64_t history_random(history *h, uint64_t below)
{
    h->seed ^= h->seed << 13; /* xorshift64: G. Marsaglia, 2003 */
    h->seed ^= h->seed >> 7;
    h->seed ^= h->seed << 17;
    return (h->seed >> 11) % below;
}

static inline churn_str history_str(const char *s)
{
    return (churn_str){s, strlen(s)};
}

static inline made *history_row(history *h, churn_record_kind kind, churn_time at)
{
    assert_true(h->count < HISTORY_MAX);
    made *row = &h->rows[h->count++];
    row->kind = kind;
    row->at = at;
    return row;
}

static inline churn_str history_id(history *h)
{
    char *id = h->ids[h->serial];
    snprintf(id, sizeof h->ids[0], "r%u", h->serial++ % 1000000);
    return history_str(id);
}

static inline churn_time history_instant(history *h, churn_time from, int64_t span)
{
    return from + (churn_time)history_random(h, (uint64_t)span / 1000000) * 1000000;
}

static inline void history_event(history *h, churn_str who, const char *type, churn_time at)
{
    static const char *const users[] = {"ann", "ben", "cia"};
    made *row = history_row(h, CHURN_RECORD_EVENT, at);
    churn_event *e = &row->as.event;
    churn_record_init(CHURN_RECORD_EVENT, e, sizeof *e);
    e->id = history_id(h);
    e->customer = who;
    e->type = history_str(type);
    e->at = at;
    e->user = history_str(users[history_random(h, 3)]);
    e->value = (double)history_random(h, 1000) / 10.0;
    if (history_random(h, 4) == 0) {
        e->known_at = history_instant(h, at, 3 * DAY);
        row->at = e->known_at;
    }
}

static inline void history_money(history *h, churn_str who, churn_time begin)
{
    made *row = history_row(h, CHURN_RECORD_SUBSCRIPTION, begin);
    churn_subscription *s = &row->as.subscription;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, s, sizeof *s);
    s->id = history_id(h);
    s->customer = who;
    s->valid_from = begin;
    s->status = STR("active");
    s->amount = (int64_t)history_random(h, 50000);
    s->currency = STR("USD");
    s->period = STR("month");
    if (history_random(h, 3) == 0) {
        s->ended_at = history_instant(h, begin + 30 * DAY, 60 * DAY);
        row = history_row(h, CHURN_RECORD_CHURN, s->ended_at);
        churn_churn *c = &row->as.churn;
        churn_record_init(CHURN_RECORD_CHURN, c, sizeof *c);
        c->customer = who;
        c->kind = STR("voluntary");
        c->at = s->ended_at;
        c->reason = STR("price");
    }
    row = history_row(h, CHURN_RECORD_INVOICE, begin);
    churn_invoice *i = &row->as.invoice;
    churn_record_init(CHURN_RECORD_INVOICE, i, sizeof *i);
    i->id = history_id(h);
    i->customer = who;
    i->issued_at = begin;
    i->due_at = begin + 14 * DAY;
    i->amount = 100;
    i->currency = STR("USD");
    if (history_random(h, 2)) {
        i->failed_at = history_instant(h, begin, 60 * DAY);
        i->failure = STR("card_declined");
    }
}

static inline void history_talk(history *h, churn_str who, churn_time from, int64_t span)
{
    for (uint64_t i = history_random(h, 4); i > 0; i--) {
        churn_time at = history_instant(h, from, span);
        churn_ticket *t = &history_row(h, CHURN_RECORD_TICKET, at)->as.ticket;
        churn_record_init(CHURN_RECORD_TICKET, t, sizeof *t);
        t->id = history_id(h);
        t->customer = who;
        t->opened_at = at;
        t->closed_at = history_instant(h, at, 20 * DAY);
    }
    for (uint64_t i = history_random(h, 5); i > 0; i--) {
        churn_time at = history_instant(h, from, span);
        churn_survey *s = &history_row(h, CHURN_RECORD_SURVEY, at)->as.survey;
        churn_record_init(CHURN_RECORD_SURVEY, s, sizeof *s);
        s->id = history_id(h);
        s->customer = who;
        s->kind = STR("nps");
        s->at = at;
        s->score = (double)history_random(h, 11);
    }
}

static inline void history_customer(history *h, uint32_t number, churn_time begin, churn_time end)
{
    static const char *const zones[] = {"Asia/Tokyo", "America/New_York", "Nowhere/At_All"};
    static const churn_str owners[] = {STR("ana"), STR("bo"), STR("")};
    static churn_named_value attributes[PEOPLE][3];
    snprintf(h->customers[number], sizeof h->customers[number], "c%02u",
             (number * 7u + 3u) % PEOPLE);
    churn_str who = history_str(h->customers[number]);
    churn_named_value *given = attributes[number];
    given[0] = (churn_named_value){STR("name"), {.type = CHURN_TYPE_STRING, .string = who}};
    given[1] = (churn_named_value){STR("owner"),
                                   {.type = CHURN_TYPE_STRING, .string = owners[number % 3]}};
    given[2] = (churn_named_value){
        STR("time_zone"), {.type = CHURN_TYPE_STRING, .string = history_str(zones[number % 3])}};
    churn_time since = number % 5 == 4 ? CHURN_TIME_NONE : history_instant(h, begin, 40 * DAY);
    churn_time first = since == CHURN_TIME_NONE ? begin : since;
    churn_customer *c = &history_row(h, CHURN_RECORD_CUSTOMER, first)->as.customer;
    churn_record_init(CHURN_RECORD_CUSTOMER, c, sizeof *c);
    c->id = who;
    c->since = since;
    c->attributes = given;
    c->attribute_count = number % 3 == 2 ? 2 : 3;
    uint64_t pace = 1 + history_random(h, 10);
    for (churn_time day = first; day < end; day += DAY) {
        if (day >= NEW_YEAR - 26 * DAY && day < NEW_YEAR - 20 * DAY) {
            continue; /* the feed of events is broken, for everybody */
        }
        if (history_random(h, 12) < pace && history_random(h, 25)) {
            history_event(h, who, "login", history_instant(h, day, DAY));
        }
        if (history_random(h, 30) < pace / 2) {
            history_event(h, who, "export", history_instant(h, day, DAY));
        }
        if (history_random(h, 90) == 0) {
            pace = history_random(h, 10); /* habits change */
        }
    }
    history_event(h, who, "payment", history_instant(h, first, 30 * DAY));
    history_money(h, who, first);
    history_talk(h, who, first, end - first);
}

static inline history *history_make(uint64_t seed)
{
    history *h = calloc(1, sizeof *h);
    assert_non_null(h);
    h->seed = seed * 2654435761u + 88172645463325252u;
    h->rows = calloc(HISTORY_MAX, sizeof *h->rows);
    assert_non_null(h->rows);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        history_customer(h, i, NEW_YEAR - HISTORY_DAYS * DAY, NEW_YEAR);
    }
    return h;
}

static inline void history_free(history *h)
{
    free(h->rows);
    free(h);
}

static inline void history_shuffle(history *h, uint64_t seed)
{
    h->seed = seed * 40503 + 1;
    for (uint32_t i = h->count; i > 1; i--) {
        uint32_t other = (uint32_t)history_random(h, i);
        made kept = h->rows[i - 1];
        h->rows[i - 1] = h->rows[other];
        h->rows[other] = kept;
    }
}

static inline churn_status history_add(churn_store *store, const made *row, churn_error *err)
{
    switch (row->kind) {
    case CHURN_RECORD_CUSTOMER:
        return churn_store_add_customer(store, &row->as.customer, err);
    case CHURN_RECORD_EVENT:
        return churn_store_add_event(store, &row->as.event, err);
    case CHURN_RECORD_SUBSCRIPTION:
        return churn_store_add_subscription(store, &row->as.subscription, err);
    case CHURN_RECORD_INVOICE:
        return churn_store_add_invoice(store, &row->as.invoice, err);
    case CHURN_RECORD_TICKET:
        return churn_store_add_ticket(store, &row->as.ticket, err);
    case CHURN_RECORD_SURVEY:
        return churn_store_add_survey(store, &row->as.survey, err);
    default:
        return churn_store_add_churn(store, &row->as.churn, err);
    }
}

/* Columns of the texts of events: every value stands once, rows are codes 0, 1, 2, ... */
typedef struct text_column {
    char *bytes;
    int64_t *offsets;
} text_column;

static inline void text_put(text_column *c, uint32_t row, churn_str s)
{
    memcpy(c->bytes + c->offsets[row], s.ptr, s.len);
    c->offsets[row + 1] = c->offsets[row] + (int64_t)s.len;
}

static inline churn_string_column text_view(const text_column *c)
{
    return (churn_string_column){.bytes = c->bytes, .offsets = c->offsets};
}

static inline text_column text_open(uint32_t rows)
{
    text_column c = {calloc(rows + 1, 16), calloc(rows + 1, sizeof(int64_t))};
    assert_true(c.bytes && c.offsets);
    return c;
}

/* All events of the history, as columns in one call. */
static inline void history_add_events(churn_store *store, const history *h)
{
    enum { ID, WHO, TYPE, USER, TEXTS };
    text_column texts[TEXTS];
    churn_time *at = calloc(h->count, sizeof *at), *known = calloc(h->count, sizeof *known);
    double *value = calloc(h->count, sizeof *value);
    uint32_t n = 0;
    for (int i = 0; i < TEXTS; i++) {
        texts[i] = text_open(h->count);
    }
    for (uint32_t i = 0; i < h->count; i++) {
        if (h->rows[i].kind == CHURN_RECORD_EVENT) {
            const churn_event *e = &h->rows[i].as.event;
            text_put(&texts[ID], n, e->id);
            text_put(&texts[WHO], n, e->customer);
            text_put(&texts[TYPE], n, e->type);
            text_put(&texts[USER], n, e->user);
            at[n] = e->at;
            known[n] = e->known_at;
            value[n++] = e->value;
        }
    }
    churn_event_batch batch = {.struct_size = sizeof batch,
                               .row_count = n,
                               .id = text_view(&texts[ID]),
                               .customer = text_view(&texts[WHO]),
                               .type = text_view(&texts[TYPE]),
                               .at = {at, NULL},
                               .known_at = {known, NULL},
                               .user = text_view(&texts[USER]),
                               .value = {value, NULL}};
    assert_ok(churn_store_add_events(store, &batch, NULL, NULL, NULL));
    for (int i = 0; i < TEXTS; i++) {
        free(texts[i].bytes);
        free(texts[i].offsets);
    }
    free(at);
    free(known);
    free(value);
}

static inline churn_store *history_store(const history *h, bool columns)
{
    churn_store *store = NULL;
    churn_error err = {.struct_size = sizeof err};
    churn_store_options options = {.struct_size = sizeof options, .time_zone = STR("UTC")};
    assert_ok(churn_store_create(&options, &store, &err));
    for (uint32_t i = 0; i < h->count; i++) {
        if (!columns || h->rows[i].kind != CHURN_RECORD_EVENT) {
            assert_ok(history_add(store, &h->rows[i], &err));
        }
    }
    if (columns) {
        history_add_events(store, h);
    }
    return store;
}

static inline churn_playbook *playbook_of(const char *text)
{
    churn_playbook *playbook = NULL;
    churn_table *found = NULL;
    churn_status st = churn_playbook_parse(text, CHURN_NTS, NULL, &playbook, &found, NULL);
    for (uint64_t i = 0; st != CHURN_OK && i < churn_table_row_count(found); i++) {
        fprintf(stderr, "%lld: %s\n", (long long)churn_table_int(found, i, 3),
                churn_table_string(found, i, 5).ptr);
    }
    churn_table_free(found);
    assert_ok(st);
    return playbook;
}

/* ---- tables as text ---- */

typedef struct text {
    char *data;
    size_t size, capacity;
} text;

static inline void text_add(text *t, const char *s, size_t len)
{
    if (t->size + len + 1 > t->capacity) {
        t->capacity = (t->size + len + 1) * 2;
        t->data = realloc(t->data, t->capacity);
        assert_non_null(t->data);
    }
    memcpy(t->data + t->size, s, len);
    t->size += len;
    t->data[t->size] = '\0';
}

static inline void text_add_cell(text *t, const churn_table *table, uint64_t row, uint32_t column)
{
    char number[64];
    int len = 0;
    if (churn_table_is_null(table, row, column)) {
        text_add(t, "-|", 2);
        return;
    }
    switch (churn_table_column_type(table, column)) {
    case CHURN_COLUMN_STRING: {
        churn_str s = churn_table_string(table, row, column);
        text_add(t, s.ptr, s.len);
        break;
    }
    case CHURN_COLUMN_DOUBLE:
        len = snprintf(number, sizeof number, "%a", churn_table_double(table, row, column));
        break;
    case CHURN_COLUMN_TIME:
        len = snprintf(number, sizeof number, "%lld",
                       (long long)churn_table_time(table, row, column));
        break;
    case CHURN_COLUMN_BOOL:
        len = snprintf(number, sizeof number, "%d", churn_table_bool(table, row, column));
        break;
    default:
        len =
            snprintf(number, sizeof number, "%lld", (long long)churn_table_int(table, row, column));
        break;
    }
    text_add(t, number, (size_t)len);
    text_add(t, "|", 1);
}

/* Appends and frees the table. */
static inline void text_add_table(text *t, churn_table *table)
{
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        for (uint32_t column = 0; column < churn_table_column_count(table); column++) {
            text_add_cell(t, table, row, column);
        }
        text_add(t, "\n", 1);
    }
    churn_table_free(table);
}

#endif
