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
    bool end; /* the record is no more */
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
        if (!chain[i].end && chain[i].known == s->known &&
            same_words(kind, &chain[i].record, &s->record)) {
            return;
        }
    }
    if (s->dateless) {
        chain[0] = *s;
        t->count[id] = 1;
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

/* An end that comes first or after another says nothing. */
static void twin_tidy(twin *t, size_t id)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->count[id]; i++) {
        bool nothing = t->chain[id][i].end && (kept == 0 || t->chain[id][kept - 1].end);
        if (!nothing) {
            t->chain[id][kept++] = t->chain[id][i];
        }
    }
    t->count[id] = kept;
}

/* Whether there was something to retract, now or before. */
static bool twin_retract(twin *t, size_t id, churn_time known)
{
    said *chain = t->chain[id];
    size_t n = t->count[id], at = 0;
    if (known == CHURN_TIME_NONE) {
        t->count[id] = 0;
        return n > 0;
    }
    while (at < n && chain[at].known < known) {
        at++;
    }
    bool same = at < n && chain[at].known == known;
    if (!same && at == 0) {
        return false;
    }
    if (!same) {
        assert_true(n < CHAIN);
        memmove(&chain[at + 1], &chain[at], (n - at) * sizeof *chain);
        t->count[id]++;
    }
    chain[at].end = true;
    chain[at].known = known;
    twin_tidy(t, id);
    return true;
}

static const said *twin_newest(const twin *t, size_t id, churn_time known)
{
    const said *s = t->count[id] == 0 ? NULL : &t->chain[id][t->count[id] - 1];
    bool live = s != NULL && !s->end && (known == CHURN_TIME_NONE || s->known <= known);
    return live ? s : NULL;
}

static const said *twin_seen(const twin *t, size_t id, churn_time as_of)
{
    const said *seen = NULL;
    for (size_t i = 0; i < t->count[id]; i++) {
        seen = t->chain[id][i].known <= as_of ? &t->chain[id][i] : seen;
    }
    return seen != NULL && !seen->end && seen->at < as_of ? seen : NULL;
}

static void random_said(uint64_t *state, uint32_t kind, size_t id, said *out)
{
    random_record(state, kind, &out->record);
    set_text(kind, &out->record, "id", some_ids[id]);
    set_text(kind, &out->record, "customer", some_customers[id % 3]);
    out->at = T((int64_t)chance(state, 6));
    out->end = false;
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

static void retract_one(churn_store *store, twin *t, uint64_t *state, uint32_t kind)
{
    any_record row;
    size_t id = chance(state, IDS);
    churn_time known =
        chance(state, 3) == 0 ? CHURN_TIME_NONE : T((int64_t)chance(state, 12)) + CHURN__HOUR;
    churn_record_kind record = churn__store_kinds[kind].record;
    churn_record_init(record, &row, churn__store_kinds[kind].single_size);
    set_text(kind, &row, "id", some_ids[id]);
    memcpy(row.bytes + field_of(kind, "known_at")->single, &known, sizeof known);
    bool there = twin_retract(t, id, known);
    assert_int_equal(churn_store_retract(store, record, &row, NULL),
                     there ? CHURN_OK : CHURN_E_NOT_FOUND);
}

/* Rows of some ids take the place of all that happened in a few days. */
static void replace_some(churn_store *store, twin *t, uint64_t *state, uint32_t kind)
{
    any_record rows[IDS];
    bool named[IDS] = {false};
    size_t n = 0;
    churn_slice slice = {.struct_size = sizeof slice, .from = T((int64_t)chance(state, 4))};
    slice.to = chance(state, 4) == 0 ? CHURN_TIME_NONE : slice.from + 3 * CHURN__DAY;
    churn_load_options options = {.struct_size = sizeof options, .replace = &slice};
    bool dated = chance(state, 2) == 0;
    churn_time known = dated ? T((int64_t)chance(state, 14)) + CHURN__HOUR : CHURN_TIME_NONE;
    options.known_at = dated ? known : 0;
    for (size_t id = 0; id < IDS; id++) {
        said one;
        const said *old = twin_newest(t, id, known);
        random_said(state, kind, id, &one);
        if (old != NULL && chance(state, 2) == 0) {
            one.record = old->record;
            one.at = old->at;
        }
        bool inside = one.at >= slice.from && (slice.to == CHURN_TIME_NONE || one.at < slice.to);
        if (!inside || chance(state, 3) == 0) {
            continue;
        }
        churn_time none = CHURN_TIME_NONE;
        memcpy(one.record.bytes + field_of(kind, "known_at")->single, &none, sizeof none);
        one.dateless = !dated;
        one.known = dated ? known : one.at;
        one.end = false;
        named[id] = true;
        rows[n++] = one.record;
        if (old == NULL || old->at != one.at || !same_words(kind, &old->record, &one.record)) {
            twin_say(t, kind, id, &one);
        }
    }
    uint64_t removed = 0;
    for (size_t id = 0; id < IDS; id++) {
        const said *old = twin_newest(t, id, known);
        bool inside = old != NULL && old->at >= slice.from &&
                      (slice.to == CHURN_TIME_NONE || old->at < slice.to);
        if (inside && !named[id]) {
            removed++;
            assert_true(twin_retract(t, id, known));
        }
    }
    shuffle(state, rows, n);
    churn_load_report report = {.struct_size = sizeof report};
    assert_ok(add_batch(store, kind, rows, n, &options, &report, NULL));
    assert_int_equal(report.seen, n);
    assert_int_equal(report.added + report.updated + report.unchanged, n);
    assert_int_equal(report.retracted, removed);
    uint64_t version = churn_store_version(store), memory = churn_store_memory(store);
    assert_ok(add_batch(store, kind, rows, n, &options, &report, NULL));
    assert_int_equal(report.retracted, 0);
    assert_true(report.unchanged == n || dated);
    if (report.unchanged == n) {
        assert_int_equal(churn_store_version(store), version);
        assert_int_equal(churn_store_memory(store), memory);
    }
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
        if (chance(&state, 5) == 0) {
            retract_one(store, t, &state, kind);
        } else if (chance(&state, 5) == 0) {
            replace_some(store, t, &state, kind);
        } else if (chance(&state, 3) == 0) {
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
