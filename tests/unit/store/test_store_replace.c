/* SPDX-License-Identifier: MIT */
#include "store_support.h"

/*
 * Slices that are swapped for the rows of a load: events without ids against a twin that keeps a
 * list of them and looks through it, and what a caller must not ask for.
 */
#define MOST 4000
#define ROWS 40

typedef struct fact {
    uint32_t customer, type, user; /* user 0: none */
    int64_t hour;                  /* since T(0) */
    double value;
    churn_time known, until;
    uint32_t source; /* 0: none */
} fact;

typedef struct twin {
    fact facts[MOST];
    size_t count;
} twin;

static const char customers[] = "abcde";
static const char types[] = "xyz";

static uint32_t chance(uint64_t *state, uint32_t n)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33) % n;
}

static churn_time at_of(const fact *f)
{
    return T(0) + f->hour * CHURN__HOUR;
}

static bool same_fact(const fact *a, const fact *b)
{
    return a->customer == b->customer && a->type == b->type && a->user == b->user &&
           a->hour == b->hour && a->value == b->value;
}

static fact random_fact(uint64_t *state)
{
    return (fact){.customer = chance(state, 5),
                  .type = chance(state, 3),
                  .user = chance(state, 3),
                  .hour = chance(state, 12),
                  .value = chance(state, 2)};
}

/* Columns of one byte a text. */
typedef struct columns {
    char customer[ROWS], type[ROWS], user[ROWS];
    int64_t offsets[ROWS + 1];
    churn_time at[ROWS], known[ROWS];
    double value[ROWS];
    uint8_t has_user[ROWS / 8];
} columns;

static churn_status load_facts(churn_store *store, const fact *facts, size_t n,
                               const churn_load_options *options, churn_load_report *report,
                               churn_error *err)
{
    columns c = {.offsets = {0}};
    for (size_t i = 0; i < n; i++) {
        c.customer[i] = customers[facts[i].customer];
        c.type[i] = types[facts[i].type];
        c.user[i] = "?uv"[facts[i].user];
        c.has_user[i / 8] = (uint8_t)(c.has_user[i / 8] | (facts[i].user > 0) << i % 8);
        c.offsets[i + 1] = (int64_t)i + 1;
        c.at[i] = at_of(&facts[i]);
        c.known[i] = facts[i].known;
        c.value[i] = facts[i].value;
    }
    churn_event_batch batch = {.struct_size = sizeof batch, .row_count = n};
    batch.customer = (churn_string_column){.bytes = c.customer, .offsets = c.offsets};
    batch.type = (churn_string_column){.bytes = c.type, .offsets = c.offsets};
    batch.user = (churn_string_column){.bytes = c.user, .offsets = c.offsets, .valid = c.has_user};
    batch.at.values = c.at;
    batch.known_at.values = c.known;
    batch.value.values = c.value;
    return churn_store_add_events(store, &batch, options, report, err);
}

static void twin_add(twin *t, fact f, churn_time known)
{
    assert_true(t->count < MOST);
    f.known = f.known != CHURN_TIME_NONE ? f.known : known;
    f.known = f.known != CHURN_TIME_NONE ? f.known : at_of(&f);
    f.until = CHURN_TIME_MAX + 1;
    t->facts[t->count++] = f;
}

typedef struct swap {
    int64_t from, to; /* hours */
    uint32_t type;    /* 3: all */
    uint32_t source;  /* 0: all */
    churn_time known;
} swap;

static bool swapped(const swap *s, const fact *f)
{
    return (s->source == 0 || s->source == f->source) && f->hour >= s->from && f->hour < s->to &&
           (s->type == 3 || f->type == s->type);
}

/* The row that repeats a fact and has not yet been taken; of equal facts the one that was known
 * first is taken first. */
static void twin_replace(twin *t, const swap *s, fact *rows, size_t n)
{
    bool taken[ROWS] = {false};
    bool done[MOST] = {false};
    size_t before = t->count, kept = 0;
    for (size_t round = 0; round < before; round++) {
        size_t next = before;
        for (size_t i = 0; i < before; i++) {
            next =
                !done[i] && (next == before || t->facts[i].known < t->facts[next].known) ? i : next;
        }
        fact *f = &t->facts[next];
        done[next] = true;
        bool live =
            f->until > CHURN_TIME_MAX && (s->known == CHURN_TIME_NONE || f->known <= s->known);
        if (!swapped(s, f) || !live) {
            continue;
        }
        size_t i = 0;
        while (i < n && (taken[i] || !same_fact(&rows[i], f))) {
            i++;
        }
        if (i < n) {
            taken[i] = true;
        } else {
            f->until = s->known; /* CHURN_TIME_NONE: away */
        }
    }
    for (size_t i = 0; i < before; i++) {
        if (t->facts[i].until != CHURN_TIME_NONE) {
            t->facts[kept++] = t->facts[i];
        }
    }
    t->count = kept;
    for (size_t i = 0; i < n; i++) {
        if (!taken[i]) {
            rows[i].source = s->source;
            twin_add(t, rows[i], s->known);
        }
    }
}

static double weight(uint32_t customer, uint32_t type, uint32_t user, int64_t hour, double value)
{
    return 1 + customer * 7 + type * 100 + user * 1000 + (double)hour * 10000 + value * 1000000;
}

static double twin_sum(const twin *t, churn_time as_of)
{
    double sum = 0;
    for (size_t i = 0; i < t->count; i++) {
        const fact *f = &t->facts[i];
        if (at_of(f) < as_of && f->known <= as_of && as_of < f->until) {
            sum += weight(f->customer, f->type, f->user, f->hour, f->value);
        }
    }
    return sum;
}

static double store_sum(const view *v, churn_time as_of)
{
    double sum = 0;
    for (uint32_t c = 0; c < 5; c++) {
        for (uint32_t type = 0; type < 3; type++) {
            char name[] = {customers[c], 0}, word[] = {types[type], 0};
            if (customer_of(v, name) == CHURN__NO_CODE) {
                continue;
            }
            churn__events e = events_of(v, name, word);
            for (size_t i = 0; i < e.count; i++) {
                bool seen = e.at[i] < as_of && (e.known == NULL || e.known[i] <= as_of) &&
                            (e.until == NULL || as_of < e.until[i]);
                uint32_t user = 0;
                if (e.user != NULL && e.user[i] != CHURN__NO_CODE) {
                    churn_str s = churn__dict_view_get(churn__version_texts(v->version), e.user[i]);
                    user = s.ptr[0] == 'u' ? 1 : 2;
                }
                int64_t hour = (e.at[i] - T(0)) / CHURN__HOUR;
                sum += seen ? weight(c, type, user, hour, e.value[i]) : 0;
            }
        }
    }
    return sum;
}

static void check_twin(churn_store *store, const twin *t)
{
    view v = view_open(store);
    for (int hour = 0; hour < 30; hour++) {
        churn_time as_of = T(0) + hour * CHURN__HOUR + 1;
        assert_true(store_sum(&v, as_of) == twin_sum(t, as_of));
    }
    view_close(&v);
}

static churn_str source_text(uint32_t source)
{
    return text(source == 0 ? "" : source == 1 ? "desk" : "chat");
}

/* `sources`: how many there are. */
static void replace_step(churn_store *store, twin *t, uint64_t *state, uint32_t sources)
{
    fact rows[ROWS];
    size_t n = 0, before = t->count;
    swap s = {.from = chance(state, 8), .type = chance(state, 4), .known = CHURN_TIME_NONE};
    s.to = s.from + 1 + chance(state, 8);
    s.source = sources == 0 ? 0 : 1 + chance(state, sources);
    if (chance(state, 2) == 0) {
        s.known = T(0) + (int64_t)chance(state, 28) * CHURN__HOUR;
    }
    for (size_t i = 0; i < before && n < ROWS - 8; i++) { /* most of what is there, again */
        if (swapped(&s, &t->facts[i]) && chance(state, 6) != 0) {
            rows[n++] = t->facts[i];
        }
    }
    for (uint32_t i = chance(state, 4); i > 0; i--) {
        fact f = random_fact(state);
        f.source = s.source;
        if (swapped(&s, &f)) {
            rows[n++] = f;
        }
    }
    for (size_t i = 0; i < n; i++) {
        rows[i].known = CHURN_TIME_NONE;
    }
    churn_str one_type = {&types[s.type % 3], 1};
    churn_slice slice = {.struct_size = sizeof slice,
                         .from = T(0) + s.from * CHURN__HOUR,
                         .to = T(0) + s.to * CHURN__HOUR,
                         .types = &one_type,
                         .type_count = s.type < 3};
    churn_load_options options = {
        .struct_size = sizeof options, .replace = &slice, .source = source_text(s.source)};
    options.known_at = s.known == CHURN_TIME_NONE ? 0 : s.known;
    churn_load_report report = {.struct_size = sizeof report};
    twin_replace(t, &s, rows, n);
    assert_ok(load_facts(store, rows, n, &options, &report, NULL));
    assert_int_equal(report.added + report.unchanged, n);
    assert_int_equal(report.rewrote_history, s.known == CHURN_TIME_NONE ? report.retracted : 0);
    if (s.known != CHURN_TIME_NONE) {
        return; /* what was learned later than that stays, and comes once more */
    }
    assert_int_equal(t->count, before + report.added - report.retracted);
    uint64_t version = churn_store_version(store), memory = churn_store_memory(store);
    assert_ok(load_facts(store, rows, n, &options, &report, NULL));
    assert_int_equal(report.unchanged, n);
    assert_int_equal(report.retracted, 0);
    assert_int_equal(churn_store_version(store), version);
    assert_int_equal(churn_store_memory(store), memory);
}

static void add_step(churn_store *store, twin *t, uint64_t *state, uint32_t sources)
{
    fact rows[ROWS];
    size_t n = chance(state, 20);
    uint32_t source = sources == 0 ? 0 : chance(state, 1 + sources);
    churn_load_options options = {.struct_size = sizeof options, .source = source_text(source)};
    for (size_t i = 0; i < n; i++) {
        rows[i] = random_fact(state);
        rows[i].source = source;
        rows[i].known = chance(state, 2) == 0
                            ? CHURN_TIME_NONE
                            : at_of(&rows[i]) + (int64_t)chance(state, 9) * CHURN__HOUR;
        twin_add(t, rows[i], CHURN_TIME_NONE);
    }
    assert_ok(load_facts(store, rows, n, &options, NULL, NULL));
}

static void compare_with_twin(uint32_t sources)
{
    twin *t = calloc(1, sizeof *t);
    assert_non_null(t);
    for (uint64_t seed = 1; seed <= 120; seed++) {
        uint64_t state = seed * 7919;
        churn_store *store = store_new();
        t->count = 0;
        for (int step = 0; step < 24; step++) {
            if (chance(&state, 2) == 0) {
                add_step(store, t, &state, sources);
            } else {
                replace_step(store, t, &state, sources);
            }
            check_twin(store, t);
        }
        churn_store_free(store);
    }
    free(t);
}

static void replace__events_without_ids__as_the_twin(void **arg)
{
    (void)arg;
    compare_with_twin(0);
}

static void replace__events_of_two_sources__as_the_twin(void **arg)
{
    (void)arg;
    compare_with_twin(2);
}

static void replace__bad_calls__say_what_is_wrong(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    fact f = {.hour = 5, .known = CHURN_TIME_NONE};
    churn_str type = text("x");
    churn_slice slice = {.struct_size = sizeof slice, .from = T(0), .to = T(0)};
    churn_load_options options = {.struct_size = sizeof options, .replace = &slice};
    assert_int_equal(load_facts(store, &f, 1, &options, NULL, &err), CHURN_E_ARG);
    slice.to = CHURN_TIME_MAX + 1;
    assert_int_equal(load_facts(store, &f, 1, &options, NULL, &err), CHURN_E_RANGE);
    slice.to = T(1);
    options.flags = CHURN_LOAD_RETRACT;
    assert_int_equal(load_facts(store, &f, 1, &options, NULL, &err), CHURN_E_ARG);
    options.flags = 0;
    slice.type_count = 1;
    assert_int_equal(load_facts(store, &f, 1, &options, NULL, &err), CHURN_E_ARG);
    slice.types = &type;
    churn_customer_batch customer = {.struct_size = sizeof customer};
    assert_int_equal(churn_store_add_customers(store, &customer, &options, NULL, &err),
                     CHURN_E_ARG);
    churn_ticket_batch ticket = {.struct_size = sizeof ticket};
    assert_int_equal(churn_store_add_tickets(store, &ticket, &options, NULL, &err), CHURN_E_ARG);
    slice.struct_size = 0;
    assert_int_equal(load_facts(store, &f, 1, &options, NULL, &err), CHURN_E_ABI);
    assert_int_equal(churn_store_version(store), 0);
    churn_store_free(store);
}

static void replace__rows_outside__rejected(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    fact rows[] = {{.hour = 5, .known = CHURN_TIME_NONE},
                   {.hour = 24, .known = CHURN_TIME_NONE},
                   {.hour = 5, .type = 1, .known = CHURN_TIME_NONE}};
    churn_str type = text("x");
    churn_slice slice = {
        .struct_size = sizeof slice, .from = T(0), .to = T(1), .types = &type, .type_count = 1};
    churn_load_options options = {
        .struct_size = sizeof options, .replace = &slice, .flags = CHURN_LOAD_STRICT};
    churn_load_report report = {.struct_size = sizeof report};
    assert_int_equal(load_facts(store, rows, 3, &options, NULL, &err), CHURN_E_RANGE);
    assert_int_equal(err.row, 1);
    assert_int_equal(err.detail, 20);
    assert_int_equal(churn_store_version(store), 0);
    options.flags = 0;
    assert_ok(load_facts(store, rows, 3, &options, &report, &err));
    assert_int_equal(report.added, 1);
    assert_int_equal(report.rejected, 2);
    assert_string_equal(churn_table_string(report.rejections, 0, 2).ptr, "outside_slice");
    assert_string_equal(churn_table_string(report.rejections, 1, 1).ptr, "type");
    churn_table_free(report.rejections);
    churn_store_free(store);
}

/* Zero rows empty a slice; what lies beside it stays. */
static void replace__by_nothing__slice_is_empty(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    for (int day = 0; day < 4; day++) {
        churn_ticket t = ticket_of((const char *[]){"a", "b", "c", "d"}[day], "acme", T(day));
        assert_ok(churn_store_add_ticket(store, &t, NULL));
    }
    churn_slice slice = {.struct_size = sizeof slice, .from = CHURN_TIME_NONE, .to = T(2)};
    churn_load_options options = {
        .struct_size = sizeof options, .replace = &slice, .known_at = T(9)};
    churn_load_report report = {.struct_size = sizeof report};
    churn_ticket_batch none = {.struct_size = sizeof none};
    assert_ok(churn_store_add_tickets(store, &none, &options, &report, NULL));
    assert_int_equal(report.seen, 0);
    assert_int_equal(report.retracted, 2);
    const churn__ticket *rows = NULL;
    view v = view_open(store);
    assert_int_equal(churn__reader_tickets(v.reader, 0, T(9) - 1, &rows), 4);
    assert_int_equal(churn__reader_tickets(v.reader, 0, T(9), &rows), 2);
    view_close(&v);
    options.known_at = 0;
    slice.from = T(2);
    slice.to = CHURN_TIME_NONE;
    assert_ok(churn_store_add_tickets(store, &none, &options, &report, NULL));
    assert_int_equal(report.retracted, 2);
    assert_int_equal(report.rewrote_history, 2);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_TICKET), 2);
    churn_store_free(store);
}

int main(void)
{
    const struct CMUnitTest store_replace[] = {
        cmocka_unit_test(replace__events_without_ids__as_the_twin),
        cmocka_unit_test(replace__events_of_two_sources__as_the_twin),
        cmocka_unit_test(replace__bad_calls__say_what_is_wrong),
        cmocka_unit_test(replace__rows_outside__rejected),
        cmocka_unit_test(replace__by_nothing__slice_is_empty),
    };
    return RUN_TESTS(store_replace);
}
