/* SPDX-License-Identifier: MIT */
#include "base/hash.h"
#include "store/inside.h"

/*
 * What a store holds as one number. Each record is hashed by what it says, texts by their bytes and
 * never by their codes; the hashes are added up, so that no order plays a part. What was only said
 * again is not hashed: which of it is kept is the store's own business.
 */

typedef struct hashing {
    const churn__version *version;
    uint64_t sum;
} hashing;

static uint64_t hash_text(const churn__dict_view *view, uint32_t code)
{
    if (code == CHURN__NO_CODE || view == NULL) {
        return 0;
    }
    churn_str text = churn__dict_view_get(view, code);
    return churn__hash64(text.ptr, text.len, text.len + 1);
}

/* A record as numbers: kind, customer, key, times, then its fields. */
typedef struct words {
    uint64_t data[FIELDS_MAX + 16];
    size_t count;
} words;

static void put(words *w, uint64_t word)
{
    w->data[w->count++] = word;
}

static void begin(const hashing *h, words *w, uint32_t kind, const row_head *row)
{
    const churn__version *v = h->version;
    const churn__dict_view *ids = churn__version_row_order(v, kind).ids;
    bool of_customer = !churn__store_kinds[kind].business;
    w->count = 0;
    put(w, (uint64_t)churn__store_kinds[kind].record);
    put(w, of_customer ? hash_text(v->customer_ids, row->customer) : 0);
    put(w, hash_text(ids, row->id));
    put(w, (uint64_t)row->when);
    put(w, (uint64_t)row->known);
    put(w, (uint64_t)row->until);
    put(w, row->flags);
}

static void finish(hashing *h, const words *w)
{
    h->sum += churn__hash64(w->data, w->count * sizeof w->data[0], 1);
}

static void put_field(const hashing *h, words *w, const field *f, const void *row)
{
    const char *at = (const char *)row + f->row;
    uint64_t word = 0;
    uint32_t code = 0;
    if (f->row < sizeof(row_head)) { /* in begin() */
        return;
    }
    switch (f->type) {
    case FIELD_TIME:
    case FIELD_COUNT:
    case FIELD_MONEY:
    case FIELD_NUMBER:
        memcpy(&word, at, sizeof word);
        break;
    case FIELD_WORD:
    case FIELD_TRUTH:
        word = (uint8_t)*at;
        break;
    case FIELD_PERIOD: {
        const subscription_row *s = row;
        word = (uint64_t)s->data.period_count << 8 | s->data.period_unit;
        break;
    }
    case FIELD_VALUE: {
        const attribute_row *a = row;
        bool text = a->type == CHURN__TYPE_STRING;
        put(w, a->type);
        word = text ? hash_text(h->version->texts, (uint32_t)a->bits) : a->bits;
        break;
    }
    default:
        memcpy(&code, at, sizeof code);
        word = hash_text(f->type == FIELD_EVENT_TYPE ? h->version->types : h->version->texts, code);
        break;
    }
    put(w, word);
}

static void put_row(const hashing *h, words *w, uint32_t kind, const void *row)
{
    const kind_info *info = &churn__store_kinds[kind];
    begin(h, w, kind, row);
    for (uint32_t i = 0; i < info->field_count; i++) {
        put_field(h, w, &info->fields[i], row);
    }
}

static void hash_row(hashing *h, uint32_t kind, const void *row)
{
    words w;
    put_row(h, &w, kind, row);
    finish(h, &w);
}

/* Properties are added up: their numbers tell nothing but the order of loading. */
static void put_props(const hashing *h, words *w, const event_run *run, uint32_t position)
{
    const churn__version *v = h->version;
    uint64_t sum = 0;
    uint32_t entry = 0;
    for (uint32_t i = 0; i < run->props.count; i++) {
        const prop_column *c = &run->props.columns[i];
        if (!churn__props_find(c, position, &entry)) {
            continue;
        }
        uint64_t bits = churn__props_bits(c, entry);
        bool text = c->type == CHURN__TYPE_STRING;
        uint64_t data[] = {hash_text(v->props, c->prop), /* name and type */
                           text ? hash_text(v->texts, (uint32_t)bits) : bits};
        sum += churn__hash64(data, sizeof data, 5);
    }
    if (sum != 0) {
        put(w, sum);
    }
}

static void hash_rows(hashing *h, uint32_t kind, uint32_t customer)
{
    const churn__version *v = h->version;
    const void *rows = NULL;
    uint32_t n = churn__store_row_block(v->rows[kind], v->row_runs[kind], customer, &rows);
    const kind_info *info = &churn__store_kinds[kind];
    for (uint32_t i = 0; i < n; i++) {
        const char *row = (const char *)rows + (size_t)i * info->row_size;
        if (churn__store_is_record(info, rows, i, n)) {
            hash_row(h, kind, row);
        }
    }
}

static void hash_list(hashing *h, const event_run *run, const event_list *list, uint32_t customer)
{
    /* As large as any row: what reads fields cannot be seen to stay within an event's. */
    union {
        event_row event;
        subscription_row largest;
    } row = {.event = {.type = list->type}};
    words w;
    for (uint32_t i = list->begin; i < list[1].begin; i++) {
        churn__store_event_at(&run->cells, i, &row.event);
        if (row_is_echo(&row.event.head)) {
            continue;
        }
        row.event.head.customer = customer;
        row.event.type = list->type;
        put_row(h, &w, KIND_EVENT, &row);
        put_props(h, &w, run, i);
        finish(h, &w);
    }
}

static void hash_events(hashing *h, uint32_t customer)
{
    const churn__version *v = h->version;
    uint32_t slot = 0;
    for (uint32_t i = churn__store_event_base(v->events, v->event_runs, customer);
         i < v->event_runs; i++) {
        const event_run *run = v->events[i];
        if (!index_find(&run->index, customer, &slot)) {
            continue;
        }
        for (uint32_t l = run->index.begin[slot]; l < run->index.begin[slot + 1]; l++) {
            hash_list(h, run, &run->lists[l], customer);
        }
    }
}

static void hash_marks(hashing *h)
{
    const mark_list *marks = h->version->marks;
    for (size_t i = 0; marks != NULL && i < marks->count; i++) {
        const mark *m = &marks->data[i];
        uint64_t data[] = {hash_text(h->version->texts, m->source), (uint64_t)m->through,
                           (uint64_t)m->known};
        h->sum += churn__hash64(data, sizeof data, 2);
    }
}

churn_status churn_store_hash(churn_store *store, uint64_t *hash, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__version *version = NULL;
    if (store == NULL || hash == NULL) {
        return churn__fail_null(err, "churn_store_hash", store == NULL ? "store" : "hash");
    }
    CHURN_TRY(churn__store_pin(store, &version, err));
    hashing h = {.version = version};
    for (uint32_t i = 0; i < churn__version_listed(version); i++) {
        uint32_t customer = churn__version_order(version)[i];
        churn_str id = churn__version_customer_id(version, customer);
        h.sum += churn__hash64(id.ptr, id.len, 3);
        hash_events(&h, customer);
        for (uint32_t kind = 0; kind < KINDS; kind++) {
            hash_rows(&h, kind, customer);
        }
    }
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        hash_rows(&h, kind, CHURN__BUSINESS);
    }
    hash_marks(&h);
    h.sum += churn__hash64(&version->provided, sizeof version->provided, 4);
    if (version->forgotten != CHURN_TIME_NONE) {
        h.sum += churn__hash64(&version->forgotten, sizeof version->forgotten, 6);
    }
    *hash = h.sum;
done:
    churn__version_release(version);
    return st;
}
