/* SPDX-License-Identifier: MIT */
#include "store_rows.h"

/*
 * What holds when depends on what was said, and not on the order in which it came: random versions
 * of a few records, most of which say what the one before them said, in random order and random
 * portions, against a twin that sorts them and keeps the last.
 */
#define DAYS 12
#define RECORDS 3
#define WAYS 6
#define DATED KINDS /* attributes with a value a day, known at once */

typedef struct saying {
    uint32_t record, day, content;
} saying;

static const char *const names[RECORDS] = {"r0", "r1", "r2"};
static const char *const contents[] = {"low", "high", "odd"};

static any_record row_of(uint32_t kind, const saying *s)
{
    any_record r;
    churn_time known = T(10 + (int64_t)s->day);
    memset(&r, 0, sizeof r);
    switch (kind) {
    case KIND_TICKET:
        r.ticket = ticket_of(names[s->record], "acme", T(1));
        r.ticket.priority = text(contents[s->content]);
        r.ticket.known_at = known;
        break;
    case KIND_EVENT:
        r.event = event_of("acme", names[s->record], T(1));
        r.event.id = text(names[s->record]);
        r.event.value = s->content;
        r.event.known_at = known;
        break;
    case KIND_CONTACT:
        churn_record_init(CHURN_RECORD_CONTACT, &r, sizeof r.contact);
        r.contact.id = text(names[s->record]);
        r.contact.customer = text("acme");
        r.contact.valid_from = T(1);
        r.contact.role = text(contents[s->content]);
        r.contact.known_at = known;
        break;
    case KIND_CUSTOMER:
        churn_record_init(CHURN_RECORD_CUSTOMER, &r, sizeof r.customer);
        r.customer.id = text(names[s->record]);
        r.customer.since = T((int64_t)s->content);
        r.customer.known_at = known;
        break;
    default:
        r.attribute = attribute_of("acme", names[s->record], contents[s->content], T(1));
        r.attribute.valid_from = kind == DATED ? known : T(1);
        r.attribute.known_at = kind == DATED ? CHURN_TIME_NONE : known;
        break;
    }
    return r;
}

static size_t random_sayings(uint64_t *state, saying *out)
{
    size_t n = 0;
    for (uint32_t record = 0; record < RECORDS; record++) {
        uint32_t content = 0;
        for (uint32_t day = 0; day < DAYS; day++) {
            content = chance(state, 4) == 0 ? chance(state, 3) : content;
            out[n] = (saying){record, day, content};
            n += chance(state, 6) != 0;
        }
    }
    return n;
}

/* By the text of a content, its place; -1: none. */
static int content_of(const view *v, uint32_t code)
{
    churn_str word = churn__dict_view_get(churn__version_texts(v->version), code);
    for (int i = 0; i < 3; i++) {
        if (churn__str_eq(word, text(contents[i]))) {
            return i;
        }
    }
    return -1;
}

static bool is_named(const view *v, churn_record_kind kind, uint32_t id, uint32_t record)
{
    return churn__str_eq(churn__version_key(v->version, kind, id), text(names[record]));
}

static int ticket_seen(const view *v, uint32_t record, churn_time as_of)
{
    const churn__ticket *rows = NULL;
    int seen = -1;
    size_t n = churn__reader_tickets(v->reader, customer_of(v, "acme"), as_of, &rows);
    for (size_t i = 0; i < n; i++) {
        if (is_named(v, CHURN_RECORD_TICKET, rows[i].id, record)) {
            assert_int_equal(seen, -1);
            seen = content_of(v, rows[i].priority);
        }
    }
    return seen;
}

static int contact_seen(const view *v, uint32_t record, churn_time as_of)
{
    const churn__contact *rows = NULL;
    int seen = -1;
    size_t n = churn__reader_contacts(v->reader, customer_of(v, "acme"), as_of, &rows);
    for (size_t i = 0; i < n; i++) {
        if (is_named(v, CHURN_RECORD_CONTACT, rows[i].id, record)) {
            assert_int_equal(seen, -1);
            seen = content_of(v, rows[i].role);
        }
    }
    return seen;
}

static int event_seen(const view *v, uint32_t record, churn_time as_of)
{
    churn__events e = events_of(v, "acme", names[record]);
    int seen = -1;
    for (size_t i = 0; i < e.count; i++) {
        bool known = e.known == NULL || e.known[i] <= as_of;
        if (known && (e.until == NULL || as_of < e.until[i])) {
            assert_int_equal(seen, -1);
            seen = (int)e.value[i];
        }
    }
    return seen;
}

static int attribute_seen(const view *v, uint32_t record, churn_time as_of)
{
    const char *value = attribute_at(v, "acme", names[record], as_of);
    for (int i = 0; value != NULL && i < 3; i++) {
        if (strcmp(value, contents[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static int seen_at(uint32_t kind, const view *v, uint32_t record, churn_time as_of)
{
    switch (kind) {
    case KIND_TICKET:
        return ticket_seen(v, record, as_of);
    case KIND_CONTACT:
        return contact_seen(v, record, as_of);
    case KIND_EVENT:
        return event_seen(v, record, as_of);
    default:
        return attribute_seen(v, record, as_of);
    }
}

/* The twin: the last thing said by then. */
static int said_by(const saying *all, size_t n, uint32_t record, uint32_t day)
{
    const saying *last = NULL;
    for (size_t i = 0; i < n; i++) {
        bool counts = all[i].record == record && all[i].day <= day;
        last = counts && (last == NULL || all[i].day > last->day) ? &all[i] : last;
    }
    return last == NULL ? -1 : (int)last->content;
}

static void check(uint32_t kind, churn_store *store, const saying *all, size_t n)
{
    view v = view_open(store);
    for (uint32_t record = 0; record < RECORDS; record++) {
        for (uint32_t day = 0; day < DAYS; day++) {
            churn_time as_of = T(10 + (int64_t)day) + CHURN__HOUR;
            assert_int_equal(seen_at(kind, &v, record, as_of), said_by(all, n, record, day));
        }
    }
    view_close(&v);
}

static void load_in_portions(churn_store *store, uint64_t *state, uint32_t kind,
                             const any_record *rows, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t some = 1 + chance(state, 6);
        some = some > n - i ? n - i : some;
        if (some == 1 && chance(state, 2) == 0) {
            assert_ok(add_one(store, kind, &rows[i], NULL));
        } else {
            assert_ok(add_batch(store, kind, rows + i, some, NULL, NULL, NULL));
        }
        i += some;
    }
}

static void load_every_way(uint32_t kind, uint64_t seed)
{
    saying all[DAYS * RECORDS];
    any_record rows[DAYS * RECORDS];
    uint64_t state = seed, expected = 0;
    uint32_t real = kind == DATED ? KIND_ATTRIBUTE : kind;
    size_t n = random_sayings(&state, all);
    for (size_t i = 0; i < n; i++) {
        rows[i] = row_of(kind, &all[i]);
    }
    for (int way = 0; way < WAYS; way++) {
        churn_store *store = store_new();
        uint64_t records = 0;
        if (way == 0) {
            assert_ok(add_batch(store, real, rows, n, NULL, NULL, NULL));
            expected = hash_of(store);
            records = churn_store_record_count(store, churn__store_kinds[real].record);
        } else {
            shuffle(&state, rows, n);
            load_in_portions(store, &state, real, rows, n);
        }
        if (kind != KIND_CUSTOMER) {
            check(kind, store, all, n);
        }
        assert_true(hash_of(store) == expected);
        assert_true(way > 0 || records > 0);
        churn_store_free(store);
    }
}

static void versions__random_order_and_portions__as_the_twin(void **arg)
{
    static const uint32_t kinds[] = {KIND_TICKET,   KIND_EVENT,     KIND_CONTACT,
                                     KIND_CUSTOMER, KIND_ATTRIBUTE, DATED};
    (void)arg;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        for (uint64_t seed = 1; seed <= 60; seed++) {
            load_every_way(kinds[k], seed * 1000003 + k);
        }
    }
}

static uint64_t hash_of_customers(const any_record *rows, bool turned)
{
    churn_store *store = store_new();
    for (int i = 0; i < 2; i++) {
        assert_ok(add_batch(store, KIND_CUSTOMER, &rows[turned ? 1 - i : i], 1, NULL, NULL, NULL));
    }
    uint64_t hash = hash_of(store);
    churn_store_free(store);
    return hash;
}

/* A customer without `since` is no news after one with it, whichever came first. */
static void customers__a_row_without_since__counts_before_one_with_it_only(void **arg)
{
    (void)arg;
    any_record rows[2];
    for (int i = 0; i < 2; i++) {
        churn_record_init(CHURN_RECORD_CUSTOMER, &rows[i], sizeof rows[i].customer);
        rows[i].customer.id = text("acme");
    }
    rows[0].customer.since = T(5);
    rows[0].customer.known_at = T(2);
    rows[1].customer.known_at = T(3);
    uint64_t after = hash_of_customers(rows, false);
    assert_true(hash_of_customers(rows, true) == after);
    rows[1].customer.known_at = T(1);
    uint64_t before = hash_of_customers(rows, false);
    assert_true(hash_of_customers(rows, true) == before);
    assert_true(before != after);
}

/* ---- night after night ---- */

#define NIGHTS 60
#define MANY 200

/* Everything again, known at (or from) the next night; returns what the store takes. */
static size_t load_night(churn_store *store, uint32_t kind, uint32_t night)
{
    static any_record rows[MANY];
    static char ids[MANY][8];
    for (size_t i = 0; i < MANY; i++) {
        saying s = {(uint32_t)i % RECORDS, night, 0};
        rows[i] = row_of(kind, &s);
        ids[i][0] = 'i';
        ids[i][1] = (char)('0' + i / 100);
        ids[i][2] = (char)('0' + i / 10 % 10);
        ids[i][3] = (char)('0' + i % 10);
        if (kind == DATED || kind == KIND_ATTRIBUTE) {
            rows[i].attribute.customer = text(ids[i]);
        } else if (kind == KIND_TICKET) {
            rows[i].ticket.id = text(ids[i]);
        } else {
            rows[i].event.id = text(ids[i]);
        }
    }
    churn_load_report report = {.struct_size = sizeof report};
    uint32_t real = kind == DATED ? KIND_ATTRIBUTE : kind;
    assert_ok(add_batch(store, real, rows, MANY, NULL, &report, NULL));
    assert_int_equal(night == 0 ? report.added : report.unchanged, MANY);
    return (size_t)churn_store_memory(store);
}

static void nights__the_same_every_night__memory_stays(void **arg)
{
    static const uint32_t kinds[] = {KIND_TICKET, KIND_EVENT, KIND_ATTRIBUTE, DATED};
    (void)arg;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        churn_store *store = store_new();
        size_t least = 0, most = 0;
        for (uint32_t night = 0; night < NIGHTS; night++) {
            size_t memory = load_night(store, kinds[k], night);
            least = night == 8 ? memory : least;
            most = memory > most ? memory : most;
        }
        assert_true(most < least + least / 2); /* merges come and go */
        /* What comes between two nights holds until the next one. */
        saying late = {0, 20, 1};
        any_record row = row_of(kinds[k], &late);
        if (kinds[k] == KIND_TICKET) {
            row.ticket.id = text("i000");
            row.ticket.known_at += CHURN__HOUR;
            assert_ok(add_batch(store, KIND_TICKET, &row, 1, NULL, NULL, NULL));
            view v = view_open(store);
            for (int hour = 0; hour < 48; hour++) {
                const churn__ticket *rows = NULL;
                churn_time as_of = T(30) + hour * CHURN__HOUR;
                size_t n = churn__reader_tickets(v.reader, customer_of(&v, "acme"), as_of, &rows);
                bool high = false;
                for (size_t i = 0; i < n; i++) {
                    high = high || content_of(&v, rows[i].priority) == 1;
                }
                assert_int_equal(n, MANY);
                assert_true(high == (hour >= 1 && hour < 24));
            }
            view_close(&v);
        }
        churn_store_free(store);
    }
}

/* States that were left out are there to be retracted, one by one and as a slice. */
static void nights__states_left_out__retracted_like_others(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    for (uint32_t night = 0; night < 10; night++) {
        (void)load_night(store, DATED, night);
    }
    saying first = {0, 4, 0}, otherwise = {0, 3, 1};
    any_record row = row_of(DATED, &first);
    row.attribute.customer = text("i000");
    assert_ok(churn_store_retract(store, CHURN_RECORD_ATTRIBUTE, &row, NULL));
    assert_int_equal(churn_store_retract(store, CHURN_RECORD_ATTRIBUTE, &row, NULL),
                     CHURN_E_NOT_FOUND);
    row = row_of(DATED, &otherwise);
    row.attribute.customer = text("i000");
    assert_ok(add_one(store, KIND_ATTRIBUTE, &row, NULL));
    view v = view_open(store);
    assert_string_equal(attribute_at(&v, "i000", "r0", T(13)), "high");
    assert_string_equal(attribute_at(&v, "i000", "r0", T(14)), "high");
    assert_string_equal(attribute_at(&v, "i000", "r0", T(15)), "low");
    view_close(&v);
    const churn_slice slice = {.struct_size = sizeof slice, .from = T(0), .to = CHURN_TIME_NONE};
    const churn_load_options options = {.struct_size = sizeof options, .replace = &slice};
    churn_load_report report = {.struct_size = sizeof report};
    assert_ok(add_batch(store, KIND_ATTRIBUTE, &row, 1, &options, &report, NULL));
    assert_int_equal(report.unchanged, 1);
    v = view_open(store);
    assert_null(attribute_at(&v, "i001", "r1", T(40)));
    assert_null(attribute_at(&v, "i000", "r0", T(12)));
    assert_string_equal(attribute_at(&v, "i000", "r0", T(40)), "high");
    view_close(&v);
    churn_store_free(store);
}

int main(void)
{
    const struct CMUnitTest store_order[] = {
        cmocka_unit_test(versions__random_order_and_portions__as_the_twin),
        cmocka_unit_test(customers__a_row_without_since__counts_before_one_with_it_only),
        cmocka_unit_test(nights__the_same_every_night__memory_stays),
        cmocka_unit_test(nights__states_left_out__retracted_like_others),
    };
    return RUN_TESTS(store_order);
}
