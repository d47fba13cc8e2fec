/* SPDX-License-Identifier: MIT */
#include "store_support.h"

#include "store/inside.h"

/* Many small loads beside a large one: merges go on over many calls, and nobody sees them. */
#define BASE 120000
#define SMALL 60
#define LOADS 400
#define CUSTOMERS 997

static uint32_t chance(uint64_t *state, uint32_t n)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33) % n;
}

typedef struct rows {
    char bytes[BASE * 4];
    int64_t offsets[BASE + 1];
    int64_t id_offsets[BASE + 1];
    char ids[BASE * 8];
    char types[BASE];
    int64_t type_offsets[BASE + 1];
    churn_time at[BASE];
    uint64_t state;
    uint32_t next_id;
    uint64_t per_customer[CUSTOMERS];
} rows;

static void put_digits(char *to, int digits, uint32_t value)
{
    while (digits-- > 0) {
        to[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

static void fill(rows *r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t customer = chance(&r->state, CUSTOMERS);
        put_digits(r->bytes + i * 4, 4, customer);
        put_digits(r->ids + i * 8, 8, r->next_id++);
        r->types[i] = (char)('a' + chance(&r->state, 3));
        r->at[i] = T(0) + (int64_t)chance(&r->state, 1000) * CHURN__HOUR;
        r->offsets[i + 1] = (int64_t)i * 4 + 4;
        r->id_offsets[i + 1] = (int64_t)i * 8 + 8;
        r->type_offsets[i + 1] = (int64_t)i + 1;
        r->per_customer[customer]++;
    }
}

static void load_events(churn_store *store, const rows *r, size_t n, bool with_ids)
{
    churn_event_batch batch = {.struct_size = sizeof batch, .row_count = n};
    batch.customer = (churn_string_column){.bytes = r->bytes, .offsets = r->offsets};
    batch.type = (churn_string_column){.bytes = r->types, .offsets = r->type_offsets};
    if (with_ids) {
        batch.id = (churn_string_column){.bytes = r->ids, .offsets = r->id_offsets};
    }
    batch.at.values = r->at;
    assert_ok(churn_store_add_events(store, &batch, NULL, NULL, NULL));
}

static void load_tickets(churn_store *store, const rows *r, size_t n)
{
    churn_ticket_batch batch = {.struct_size = sizeof batch, .row_count = n};
    batch.customer = (churn_string_column){.bytes = r->bytes, .offsets = r->offsets};
    batch.id = (churn_string_column){.bytes = r->ids, .offsets = r->id_offsets};
    batch.opened_at.values = r->at;
    assert_ok(churn_store_add_tickets(store, &batch, NULL, NULL, NULL));
}

static void check_all(churn_store *store, const rows *r, uint32_t kind)
{
    view v = view_open(store);
    for (uint32_t c = 0; c < CUSTOMERS; c++) {
        char id[5] = {0};
        const churn__ticket *tickets = NULL;
        size_t n = 0;
        put_digits(id, 4, c);
        uint32_t customer = customer_of(&v, id);
        if (kind == KIND_TICKET) {
            n = churn__reader_tickets(v.reader, customer, T(900), &tickets);
        }
        for (uint32_t type = 0; kind == KIND_EVENT && type < 3; type++) {
            churn__events e = churn__reader_events(v.reader, customer, type);
            for (size_t i = 1; i < e.count; i++) {
                assert_true(e.at[i - 1] <= e.at[i]);
            }
            n += e.count;
        }
        assert_int_equal(n, r->per_customer[c]);
    }
    view_close(&v);
}

/* How many merges were under way at once, at most; runs stay few. */
static uint32_t many_loads(uint32_t kind, bool with_ids)
{
    rows *r = calloc(1, sizeof *r);
    uint32_t most = 0;
    assert_non_null(r);
    r->state = 7;
    churn_store *store = store_new();
    for (int i = 0; i <= LOADS; i++) {
        size_t n = i == 0 ? BASE : SMALL + (size_t)(i % 7 == 0) * 900;
        fill(r, n);
        if (kind == KIND_EVENT) {
            load_events(store, r, n, with_ids);
        } else {
            load_tickets(store, r, n);
        }
        const churn__version *now = store->current;
        uint32_t runs = kind == KIND_EVENT ? now->event_runs : now->row_runs[kind];
        uint32_t under_way = store->merges[kind].count;
        most = under_way > most ? under_way : most;
        assert_true(runs <= 24);
        if (i % 50 == 0) {
            check_all(store, r, kind);
        }
    }
    check_all(store, r, kind);
    churn_store_free(store);
    free(r);
    return most;
}

static void push__small_loads_beside_a_large_one__merged_in_pieces(void **state)
{
    (void)state;
    assert_true(many_loads(KIND_EVENT, false) > 0);
    assert_true(many_loads(KIND_EVENT, true) > 0);
    (void)many_loads(KIND_TICKET, true); /* whole blocks come with few rows: they may spend more */
}

int main(void)
{
    const struct CMUnitTest store_merge[] = {
        cmocka_unit_test(push__small_loads_beside_a_large_one__merged_in_pieces),
    };
    return RUN_TESTS(store_merge);
}
