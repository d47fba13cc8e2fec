/* SPDX-License-Identifier: MIT */
#include "store_rows.h"

/*
 * What is seen of records with versions, against a slow twin that keeps every record as a list of
 * what was said and walks through it for each question.
 */
#define IDS 12
#define CHAIN 64

typedef struct said {
    any_record record;
    churn_time at, known;
    bool dateless;
} said;

typedef struct twin {
    said chain[IDS][CHAIN];
    size_t count[IDS];
} twin;

static bool same_words(uint32_t kind, const any_record *a, const any_record *b)
{
    const kind_info *info = &churn__store_kinds[kind];
    bool same = true;
    for (uint32_t i = 0; i < info->field_count; i++) {
        const field *f = &info->fields[i];
        if (f->type == FIELD_TIME && strcmp(f->name, "known_at") != 0) {
            same = same && int_at(a, f->single) == int_at(b, f->single);
        } else if (f->type == FIELD_NUMBER) {
            same = same && memcmp(a->bytes + f->single, b->bytes + f->single, 8) == 0;
        } else if (f->type <= FIELD_DURATION) {
            same = same && churn__str_eq(text_at(a, f->single), text_at(b, f->single));
        }
    }
    return same;
}

static void twin_say(twin *t, uint32_t kind, size_t id, const said *s)
{
    said *chain = t->chain[id];
    size_t n = t->count[id], at = 0;
    for (size_t i = 0; i < n; i++) {
        if (chain[i].known == s->known && same_words(kind, &chain[i].record, &s->record)) {
            return;
        }
    }
    if (s->dateless) {
        chain[0] = *s;
        t->count[id] = 1;
        return;
    }
    if (n > 0 && chain[n - 1].known < s->known &&
        same_words(kind, &chain[n - 1].record, &s->record)) {
        return;
    }
    while (at < n && chain[at].known < s->known) {
        at++;
    }
    if (at == n || chain[at].known != s->known) {
        assert_true(n < CHAIN);
        memmove(&chain[at + 1], &chain[at], (n - at) * sizeof *chain);
        t->count[id]++;
    }
    chain[at] = *s;
}

static const said *twin_seen(const twin *t, size_t id, churn_time as_of)
{
    const said *seen = NULL;
    for (size_t i = 0; i < t->count[id]; i++) {
        seen = t->chain[id][i].known <= as_of ? &t->chain[id][i] : seen;
    }
    return seen != NULL && seen->at < as_of ? seen : NULL;
}

static void random_said(uint64_t *state, uint32_t kind, size_t id, said *out)
{
    random_record(state, kind, &out->record);
    set_text(kind, &out->record, "id", some_ids[id]);
    set_text(kind, &out->record, "customer", some_customers[id % 3]);
    out->at = T((int64_t)chance(state, 6));
    out->dateless = chance(state, 3) == 0;
    out->known = out->dateless ? out->at : T((int64_t)chance(state, 12)) + CHURN__HOUR;
    churn_time known = out->dateless ? CHURN_TIME_NONE : out->known;
    memcpy(out->record.bytes + field_of(kind, "known_at")->single, &known, sizeof known);
    const char *when = kind == KIND_EVENT ? "at" : "opened_at";
    memcpy(out->record.bytes + field_of(kind, when)->single, &out->at, sizeof known);
}

/* A batch in which no record is said twice for the same known_at: first what has none. */
static void say_batch(churn_store *store, twin *t, uint64_t *state, uint32_t kind)
{
    any_record rows[IDS];
    said all[IDS];
    size_t n = 1 + chance(state, IDS);
    for (size_t i = 0; i < n; i++) {
        random_said(state, kind, i, &all[i]);
        rows[i] = all[i].record;
        twin_say(t, kind, i, &all[i]);
    }
    shuffle(state, rows, n);
    churn_load_report report = {.struct_size = sizeof report};
    assert_ok(add_batch(store, kind, rows, n, NULL, &report, NULL));
    assert_int_equal(report.added + report.updated + report.unchanged, n);
}

static void say_one(churn_store *store, twin *t, uint64_t *state, uint32_t kind)
{
    said one;
    size_t id = chance(state, IDS);
    random_said(state, kind, id, &one);
    twin_say(t, kind, id, &one);
    assert_ok(add_one(store, kind, &one.record, NULL));
}

static churn_time shown(churn_time at, churn_time as_of)
{
    return at > as_of ? CHURN_TIME_NONE : at;
}

static void check_tickets(const view *v, const twin *t, churn_time as_of)
{
    size_t expected = 0, found = 0;
    for (size_t id = 0; id < IDS; id++) {
        expected += twin_seen(t, id, as_of) != NULL;
    }
    for (uint32_t c = 0; c < churn__version_customers(v->version); c++) {
        const churn__ticket *rows = NULL;
        size_t n = churn__reader_tickets(v->reader, c, as_of, &rows);
        for (size_t i = 0; i < n; i++, found++) {
            churn_str key = churn__version_key(v->version, CHURN_RECORD_TICKET, rows[i].id);
            const said *s =
                twin_seen(t, (size_t)((key.ptr[1] - '0') * 10 + key.ptr[2] - '0'), as_of);
            assert_non_null(s);
            const churn_ticket *record = &s->record.ticket;
            assert_true(rows[i].opened_at == s->at && rows[i].known_at == s->known);
            assert_true(rows[i].closed_at == shown(record->closed_at, as_of));
            assert_true(rows[i].reopened_at == shown(record->reopened_at, as_of));
            assert_true(rows[i].first_response_at == shown(record->first_response_at, as_of));
            bool rated = rows[i].closed_at != CHURN_TIME_NONE && !isnan(record->csat);
            assert_true(rated ? rows[i].csat == record->csat : isnan(rows[i].csat));
            churn_str priority =
                churn__dict_view_get(churn__version_texts(v->version), rows[i].priority);
            assert_true(churn__str_eq(priority, record->priority));
            assert_true(i == 0 || rows[i].opened_at >= rows[i - 1].opened_at);
        }
    }
    assert_int_equal(found, expected);
}

/* Events carry no id to their readers: sums over (type, at, value) must do. */
static void check_events(const view *v, const twin *t, churn_time as_of)
{
    double expected = 0, found = 0;
    for (size_t id = 0; id < IDS; id++) {
        const said *s = twin_seen(t, id, as_of);
        if (s != NULL) {
            double value = isnan(s->record.event.value) ? 0.5 : s->record.event.value;
            expected += (value + 1) * (double)s->record.event.type.ptr[0] *
                        (double)((s->at - T(0)) / CHURN__HOUR + 1);
        }
    }
    for (uint32_t c = 0; c < churn__version_customers(v->version); c++) {
        for (uint32_t type = 0; type < 4; type++) {
            churn__events e = churn__reader_events(v->reader, c, type);
            churn_str name = churn__dict_view_get(churn__version_types(v->version), type);
            for (size_t i = 0; i < e.count; i++) {
                bool known = e.known == NULL || e.known[i] <= as_of;
                bool until = e.until == NULL || as_of < e.until[i];
                assert_true(i == 0 || e.at[i - 1] <= e.at[i]);
                if (e.at[i] < as_of && known && until) {
                    double value = e.value == NULL || isnan(e.value[i]) ? 0.5 : e.value[i];
                    found += (value + 1) * (double)name.ptr[0] *
                             (double)((e.at[i] - T(0)) / CHURN__HOUR + 1);
                }
            }
        }
    }
    assert_true(expected == found);
}

static void compare(uint32_t kind, uint64_t seed)
{
    uint64_t state = seed;
    twin *t = calloc(1, sizeof *t);
    churn_store *store = store_new();
    assert_non_null(t);
    for (int step = 0; step < 60; step++) {
        if (chance(&state, 3) == 0) {
            say_batch(store, t, &state, kind);
        } else {
            say_one(store, t, &state, kind);
        }
        if (chance(&state, 4) != 0) {
            continue;
        }
        view v = view_open(store);
        for (int question = 0; question < 8; question++) {
            churn_time as_of = T(0) + (int64_t)chance(&state, 14 * 24) * CHURN__HOUR;
            if (kind == KIND_TICKET) {
                check_tickets(&v, t, as_of);
            } else {
                check_events(&v, t, as_of);
            }
        }
        view_close(&v);
    }
    churn_store_free(store);
    free(t);
}

static void readers__tickets_with_versions__as_the_twin(void **arg)
{
    (void)arg;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        compare(KIND_TICKET, seed * 1000003);
    }
}

static void readers__events_with_versions__as_the_twin(void **arg)
{
    (void)arg;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        compare(KIND_EVENT, seed * 1000033);
    }
}

int main(void)
{
    const struct CMUnitTest store_twin[] = {
        cmocka_unit_test(readers__tickets_with_versions__as_the_twin),
        cmocka_unit_test(readers__events_with_versions__as_the_twin),
    };
    return RUN_TESTS(store_twin);
}
