/* SPDX-License-Identifier: MIT */
#include "store_support.h"

#include <math.h>

#include "base/heap.h"
#include "store/props.h"

/* Properties of events: types, where they are read, what they cost. */

#define COUNT(array) (sizeof(array) / sizeof *(array))

static churn_named_value number_of(const char *name, double value)
{
    return (churn_named_value){text(name), {.type = CHURN_TYPE_DOUBLE, .number = value}};
}

static churn_named_value string_of(const char *name, const char *value)
{
    return (churn_named_value){text(name), {.type = CHURN_TYPE_STRING, .string = text(value)}};
}

static churn_named_value truth_of(const char *name, bool value)
{
    return (churn_named_value){text(name), {.type = CHURN_TYPE_BOOL, .truth = value}};
}

static churn_named_value time_of(const char *name, churn_time value)
{
    return (churn_named_value){text(name), {.type = CHURN_TYPE_TIME, .integer = value}};
}

static churn_status add_with(churn_store *store, churn_event e, const churn_named_value *props,
                             uint32_t n, churn_error *err)
{
    e.props = props;
    e.prop_count = n;
    return churn_store_add_event(store, &e, err);
}

static churn__event_prop prop_of(const view *v, const char *customer, const char *type,
                                 const char *name)
{
    churn__type found = 0;
    uint32_t prop = churn__version_find_prop(v->version, text(name), &found);
    assert_true(prop != CHURN__NO_CODE);
    uint32_t code = churn__dict_view_find(churn__version_types(v->version), text(type));
    churn__event_prop p = churn__reader_event_prop(v->reader, customer_of(v, customer), code, prop);
    assert_int_equal(p.type, found);
    return p;
}

static void add_event__props_of_every_type__read_back(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    churn_named_value first[] = {string_of("platform", "web"), number_of("rows", 12.5),
                                 truth_of("trial", true), time_of("due", T(40))};
    churn_named_value second[] = {number_of("rows", (double)NAN), string_of("platform", "")};
    assert_ok(add_with(store, event_of("acme", "login", T(1)), first, 4, NULL));
    assert_ok(add_with(store, event_of("acme", "login", T(2)), second, 2, NULL));
    assert_ok(add_with(store, event_of("acme", "export", T(3)), NULL, 0, NULL));
    view v = view_open(store);
    const uint32_t *platform = prop_of(&v, "acme", "login", "platform").values;
    const double *rows = prop_of(&v, "acme", "login", "rows").values;
    const int8_t *trial = prop_of(&v, "acme", "login", "trial").values;
    const churn_time *due = prop_of(&v, "acme", "login", "due").values;
    const churn__dict_view *texts = churn__version_texts(v.version);
    assert_string_equal(churn__dict_view_get(texts, platform[0]).ptr, "web");
    assert_string_equal(churn__dict_view_get(texts, platform[1]).ptr, "");
    assert_true(rows[0] == 12.5 && isnan(rows[1]));
    assert_true(trial[0] == 1 && trial[1] == CHURN_TRUTH_NONE);
    assert_true(due[0] == T(40) && due[1] == CHURN_TIME_NONE);
    assert_null(prop_of(&v, "acme", "export", "rows").values);
    churn__type type = 0;
    assert_true(churn__version_find_prop(v.version, text("row"), &type) == CHURN__NO_CODE);
    view_close(&v);
    churn_store_free(store);
}

static void add_event__clashing_type__rejected_with_its_name(void **arg)
{
    (void)arg;
    const churn_named_value each[] = {string_of("x", "1"), number_of("x", 1), truth_of("x", true),
                                      time_of("x", T(1))};
    for (size_t i = 0; i < COUNT(each); i++) {
        churn_store *store = store_new();
        assert_ok(add_with(store, event_of("acme", "login", T(1)), &each[i], 1, NULL));
        for (size_t j = 0; j < COUNT(each); j++) {
            churn_error err = {.struct_size = sizeof err};
            churn_status st = add_with(store, event_of("b", "login", T(2)), &each[j], 1, &err);
            assert_int_equal(st, i == j ? CHURN_OK : CHURN_E_TYPE);
            assert_true(i == j || strstr(err.message, "props.x") != NULL);
        }
        churn_named_value whole = {text("x"), {.type = CHURN_TYPE_INT, .integer = 3}};
        churn_status st = add_with(store, event_of("c", "login", T(2)), &whole, 1, NULL);
        assert_int_equal(st, each[i].value.type == CHURN_TYPE_DOUBLE ? CHURN_OK : CHURN_E_TYPE);
        churn_store_free(store);
    }
}

static void add_event__names_that_cannot_be__refused(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    churn_named_value twice[] = {number_of("x", 1), number_of("x", 1)};
    churn_named_value empty = number_of("", 1);
    churn_named_value bad = {{"a\0b", 3}, {.type = CHURN_TYPE_DOUBLE, .number = 1}};
    churn_event e = event_of("acme", "login", T(1));
    assert_int_equal(add_with(store, e, twice, 2, &err), CHURN_E_ARG);
    assert_non_null(strstr(err.message, "twice"));
    assert_int_equal(add_with(store, e, &empty, 1, &err), CHURN_E_ARG);
    assert_int_equal(add_with(store, e, &bad, 1, &err), CHURN_E_ARG);
    assert_int_equal(add_with(store, e, NULL, 1, &err), CHURN_E_ARG);
    assert_int_equal(add_with(store, e, twice, CHURN_EVENT_PROPS_MAX + 1, &err), CHURN_E_LIMIT);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_EVENT), 0);
    churn_store_free(store);
}

static void add_event__more_properties_than_a_store_holds__limit(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    char name[] = "p0000";
    for (int i = 0; i <= CHURN_EVENT_PROPS_MAX; i++) {
        for (int digit = 4, rest = i; digit > 0; digit--, rest /= 10) {
            name[digit] = (char)('0' + rest % 10);
        }
        churn_named_value prop = number_of(name, i);
        churn_status st = add_with(store, event_of("acme", "login", T(i)), &prop, 1, &err);
        assert_int_equal(st, i < CHURN_EVENT_PROPS_MAX ? CHURN_OK : CHURN_E_LIMIT);
    }
    assert_non_null(strstr(err.message, "props.p1024"));
    view v = view_open(store);
    const double *values = prop_of(&v, "acme", "login", "p0700").values;
    assert_true(values[700] == 700 && isnan(values[699]));
    view_close(&v);
    churn_store_free(store);
}

static void add_events__column_of_another_type__names_it(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    churn_named_value x = string_of("x", "1");
    double numbers[] = {1};
    int64_t offsets[] = {0, 1};
    churn_time at[] = {T(2)};
    churn_any_column column = {
        .name = text("x"), .type = CHURN_TYPE_DOUBLE, .numbers = {.values = numbers}};
    churn_event_batch b = {.struct_size = sizeof b,
                           .row_count = 1,
                           .prop_count = 1,
                           .props = &column,
                           .customer = {.bytes = "a", .offsets = offsets},
                           .type = {.bytes = "t", .offsets = offsets},
                           .at = {.values = at}};
    assert_ok(add_with(store, event_of("acme", "login", T(1)), &x, 1, NULL));
    assert_int_equal(churn_store_add_events(store, &b, NULL, NULL, &err), CHURN_E_TYPE);
    assert_non_null(strstr(err.message, "props.x"));
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_EVENT), 1);
    column.name = text("y");
    assert_ok(churn_store_add_events(store, &b, NULL, NULL, &err));
    view v = view_open(store);
    const double *y = prop_of(&v, "a", "t", "y").values;
    assert_true(y[0] == 1);
    view_close(&v);
    churn_store_free(store);
}

static void add_event__same_id_other_props__is_an_update(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    churn_event e = event_of("acme", "login", T(1));
    e.id = text("e1");
    e.known_at = T(1);
    churn_named_value web = string_of("platform", "web"), app = string_of("platform", "app");
    assert_ok(add_with(store, e, &web, 1, NULL));
    uint64_t once = hash_of(store);
    assert_ok(add_with(store, e, &web, 1, NULL));
    assert_true(hash_of(store) == once);
    e.known_at = T(3);
    assert_ok(add_with(store, e, &app, 1, NULL));
    assert_true(hash_of(store) != once);
    view v = view_open(store);
    assert_int_equal(events_seen(&v, "acme", "login", T(2)), 1);
    assert_int_equal(events_seen(&v, "acme", "login", T(4)), 1);
    assert_int_equal(events_of(&v, "acme", "login").count, 2);
    const uint32_t *platform = prop_of(&v, "acme", "login", "platform").values;
    const churn__dict_view *texts = churn__version_texts(v.version);
    assert_string_equal(churn__dict_view_get(texts, platform[0]).ptr, "app"); /* app < web */
    assert_string_equal(churn__dict_view_get(texts, platform[1]).ptr, "web");
    view_close(&v);
    churn_store_free(store);
}

/* ---- against a slow twin ---- */

#define EVENTS 400
#define PROPS 5
#define ROWS 24

/* What one event says; texts are single letters. */
typedef struct said {
    int id; /* -1: none */
    char customer, type, user;
    churn_time at;
    double value;
    bool given[PROPS];
    int props[PROPS];
} said;

static const churn_type prop_types[PROPS] = {CHURN_TYPE_STRING, CHURN_TYPE_DOUBLE, CHURN_TYPE_BOOL,
                                             CHURN_TYPE_TIME, CHURN_TYPE_DOUBLE};
/* Numbers follow the first use, names do not. */
static const char *const prop_names[PROPS] = {"m", "z", "a", "q", "b"};

static uint64_t draw(uint64_t *state, uint64_t n)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % n;
}

static said random_said(uint64_t *state)
{
    said s = {.id = draw(state, 3) == 0 ? (int)draw(state, 40) : -1};
    s.customer = (char)(s.id >= 0 ? 'a' + s.id % 3 : 'a' + (int)draw(state, 3));
    s.type = (char)('t' + draw(state, 2));
    s.at = T((int64_t)draw(state, 5));
    s.user = draw(state, 2) == 0 ? (char)('u' + draw(state, 2)) : 0;
    s.value = draw(state, 3) == 0 ? (double)draw(state, 2) : (double)NAN;
    for (int p = 0; p < PROPS; p++) { /* the last only with one type of event */
        s.given[p] = draw(state, 2) == 0 && (p < PROPS - 1 || s.type == 't');
        s.props[p] = (int)draw(state, prop_types[p] == CHURN_TYPE_BOOL ? 2 : 3);
    }
    return s;
}

typedef struct letters {
    char bytes[ROWS * 2];
    int64_t offsets[ROWS + 1];
    uint8_t valid[ROWS / 8 + 1];
} letters;

static void letter(letters *to, size_t i, const char *s, size_t len)
{
    int64_t at = i == 0 ? 0 : to->offsets[i];
    memcpy(to->bytes + at, s, len);
    to->offsets[0] = 0;
    to->offsets[i + 1] = at + (int64_t)len;
    if (len > 0) {
        to->valid[i / 8] = (uint8_t)(to->valid[i / 8] | 1u << i % 8);
    }
}

static churn_string_column texts_of(const letters *from)
{
    return (churn_string_column){
        .bytes = from->bytes, .offsets = from->offsets, .valid = from->valid};
}

static void id_text(int id, char out[2])
{
    out[0] = (char)('A' + id / 10);
    out[1] = (char)('0' + id % 10);
}

typedef struct columns {
    letters customer, type, user, id, texts;
    churn_time at[ROWS], times[ROWS];
    double value[ROWS], numbers[2][ROWS];
    uint8_t truths[ROWS], valid[PROPS][ROWS / 8 + 1];
    churn_any_column props[PROPS];
} columns;

static void fill_columns(columns *c, const said *rows, size_t n)
{
    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < n; i++) {
        char id[2];
        id_text(rows[i].id, id);
        letter(&c->customer, i, &rows[i].customer, 1);
        letter(&c->type, i, &rows[i].type, 1);
        letter(&c->user, i, &rows[i].user, rows[i].user != 0);
        letter(&c->id, i, id, rows[i].id >= 0 ? 2 : 0);
        c->at[i] = rows[i].at;
        c->value[i] = rows[i].value;
        char word = (char)('x' + rows[i].props[0]);
        letter(&c->texts, i, &word, rows[i].given[0]);
        c->numbers[0][i] = rows[i].props[1];
        c->truths[i] = (uint8_t)rows[i].props[2];
        c->times[i] = T(rows[i].props[3]);
        c->numbers[1][i] = rows[i].props[4];
        for (int p = 0; p < PROPS; p++) {
            uint8_t bit = (uint8_t)(rows[i].given[p] << i % 8);
            c->valid[p][i / 8] = (uint8_t)(c->valid[p][i / 8] | bit);
        }
    }
    for (int p = 0; p < PROPS; p++) {
        c->props[p] = (churn_any_column){
            .name = text(prop_names[p]),
            .type = prop_types[p],
            .strings = texts_of(&c->texts),
            .numbers = {.values = c->numbers[p == 4], .valid = c->valid[p]},
            .truths = {.values = c->truths, .valid = c->valid[p]},
            .times = {.values = c->times, .valid = c->valid[p]},
        };
    }
}

static void load_batch(churn_store *store, const said *rows, size_t n)
{
    columns c;
    fill_columns(&c, rows, n);
    churn_event_batch b = {.struct_size = sizeof b,
                           .prop_count = PROPS,
                           .row_count = n,
                           .id = texts_of(&c.id),
                           .customer = texts_of(&c.customer),
                           .type = texts_of(&c.type),
                           .at = {.values = c.at},
                           .user = texts_of(&c.user),
                           .value = {.values = c.value},
                           .props = c.props};
    assert_ok(churn_store_add_events(store, &b, NULL, NULL, NULL));
}

static void load_single(churn_store *store, const said *s)
{
    churn_named_value props[PROPS];
    uint32_t n = 0;
    char customer[2] = {s->customer}, type[2] = {s->type}, user[2] = {s->user}, id[2];
    char word[2] = {(char)('x' + s->props[0])};
    churn_event e = event_of(customer, type, s->at);
    e.user = s->user == 0 ? (churn_str){NULL, 0} : text(user);
    e.value = s->value;
    if (s->id >= 0) {
        id_text(s->id, id);
        e.id = (churn_str){id, 2};
    }
    for (int p = PROPS - 1; p >= 0; p--) {
        if (s->given[p]) {
            props[n++] = prop_types[p] == CHURN_TYPE_STRING ? string_of(prop_names[p], word)
                         : prop_types[p] == CHURN_TYPE_BOOL ? truth_of(prop_names[p], s->props[p])
                         : prop_types[p] == CHURN_TYPE_TIME ? time_of(prop_names[p], T(s->props[p]))
                                                            : number_of(prop_names[p], s->props[p]);
        }
    }
    assert_ok(add_with(store, e, props, n, NULL));
}

/* (at, user, value, properties by name, id); nothing before anything. */
static int cmp_said(const void *a, const void *b)
{
    static const int by_name[PROPS] = {2, 4, 0, 3, 1}; /* a b m q z */
    const said *x = a, *y = b;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    if (x->user != y->user) {
        return x->user - y->user;
    }
    double v = isnan(x->value) ? -1 : x->value, w = isnan(y->value) ? -1 : y->value;
    if (v != w) {
        return v < w ? -1 : 1;
    }
    for (int i = 0; i < PROPS; i++) {
        int p = by_name[i];
        int m = x->given[p] ? x->props[p] : -1, n = y->given[p] ? y->props[p] : -1;
        if (m != n) {
            return m - n;
        }
    }
    return x->id - y->id;
}

static void check_prop(const view *v, const said *rows, size_t n, const char *customer,
                       const char *type, int p)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        any = any || rows[i].given[p];
    }
    churn__type found = 0;
    if (churn__version_find_prop(v->version, text(prop_names[p]), &found) == CHURN__NO_CODE) {
        assert_false(any);
        return;
    }
    churn__event_prop cells = prop_of(v, customer, type, prop_names[p]);
    assert_true(any == (cells.values != NULL));
    for (size_t i = 0; any && i < n; i++) {
        int wanted = rows[i].props[p];
        if (cells.type == CHURN__TYPE_DOUBLE) {
            double cell = ((const double *)cells.values)[i];
            assert_true(rows[i].given[p] ? cell == wanted : isnan(cell));
        } else if (cells.type == CHURN__TYPE_BOOL) {
            int8_t cell = ((const int8_t *)cells.values)[i];
            assert_int_equal(cell, rows[i].given[p] ? wanted : CHURN_TRUTH_NONE);
        } else if (cells.type == CHURN__TYPE_TIME) {
            churn_time cell = ((const churn_time *)cells.values)[i];
            assert_true(cell == (rows[i].given[p] ? T(wanted) : CHURN_TIME_NONE));
        } else {
            uint32_t cell = ((const uint32_t *)cells.values)[i];
            assert_true(rows[i].given[p] == (cell != CHURN__NO_CODE));
            assert_true(!rows[i].given[p] ||
                        churn__dict_view_get(churn__version_texts(v->version), cell).ptr[0] ==
                            'x' + wanted);
        }
    }
}

static void check_list(const view *v, const said *all, size_t count, char customer, char type)
{
    static said rows[EVENTS];
    char c[2] = {customer}, t[2] = {type};
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (all[i].customer == customer && all[i].type == type) {
            rows[n++] = all[i];
        }
    }
    qsort(rows, n, sizeof *rows, cmp_said);
    churn__events e = {.count = 0};
    if (customer_of(v, c) != CHURN__NO_CODE) {
        e = events_of(v, c, t);
    }
    assert_int_equal(e.count, n);
    for (size_t i = 0; i < n; i++) {
        assert_true(e.at[i] == rows[i].at);
        assert_true(isnan(rows[i].value) ? e.value == NULL || isnan(e.value[i])
                                         : e.value[i] == rows[i].value);
    }
    for (int p = 0; n > 0 && p < PROPS; p++) {
        check_prop(v, rows, n, c, t, p);
    }
}

static void check_all(churn_store *store, const said *all, size_t count)
{
    view v = view_open(store);
    for (char customer = 'a'; customer <= 'c'; customer++) {
        check_list(&v, all, count, customer, 't');
        check_list(&v, all, count, customer, 'u');
    }
    view_close(&v);
}

static size_t say(said *all, size_t count, const said *s)
{
    for (size_t i = 0; s->id >= 0 && i < count; i++) {
        if (all[i].id == s->id) {
            all[i] = *s;
            return count;
        }
    }
    all[count] = *s;
    return count + 1;
}

/* Loading what is left in another order gives the same store. */
static void check_order(churn_store *store, said *all, size_t count, uint64_t *state)
{
    churn_store *other = store_new();
    for (size_t i = count; i > 1; i--) {
        size_t j = draw(state, i);
        said moved = all[i - 1];
        all[i - 1] = all[j];
        all[j] = moved;
    }
    for (size_t i = 0; i < count; i++) {
        load_single(other, &all[i]);
    }
    check_all(other, all, count);
    assert_true(hash_of(other) == hash_of(store));
    churn_store_free(other);
}

static void random_history(uint64_t seed)
{
    static said all[EVENTS];
    said rows[ROWS];
    uint64_t state = seed;
    size_t count = 0;
    churn_store *store = store_new();
    while (count + ROWS < EVENTS / 2) {
        bool batch = draw(&state, 3) == 0;
        size_t n = 1 + draw(&state, ROWS);
        for (size_t i = 0; i < n; i++) {
            rows[i] = random_said(&state);
            count = say(all, count, &rows[i]);
            if (!batch) {
                load_single(store, &rows[i]);
            }
        }
        if (batch) {
            load_batch(store, rows, n);
        }
        check_all(store, all, count);
    }
    check_order(store, all, count, &state);
    churn_store_free(store);
}

static void props__random_histories__as_the_twin(void **arg)
{
    (void)arg;
    for (uint64_t seed = 1; seed <= 120; seed++) {
        random_history(seed * 7919);
    }
}

/* ---- columns of positions ---- */

#define FAR 300000

static void check_column(const prop_column *c, const int32_t *cells)
{
    uint32_t rank = 0, position = 0;
    prop_cursor cursor = churn__props_from(c, 0);
    for (uint32_t i = 0; i < FAR; i++) {
        uint32_t entry = 0;
        assert_int_equal(churn__props_rank(c, i), rank);
        bool found = churn__props_find(c, i, &entry);
        assert_true(found == (cells[i] >= 0));
        if (found) {
            assert_int_equal(entry, rank++);
            assert_int_equal(churn__props_bits(c, entry), (uint64_t)cells[i]);
            assert_true(churn__props_next(&cursor, &position));
            assert_int_equal(position, i);
        }
    }
    assert_false(churn__props_next(&cursor, &position));
    assert_int_equal(c->count, rank);
}

static void check_fill(const prop_column *c, const int32_t *cells, uint64_t *state)
{
    churn_time out[100];
    for (int i = 0; i < 200; i++) {
        uint32_t from = (uint32_t)draw(state, FAR - 100);
        churn__props_fill_none(CHURN__TYPE_TIME, out, 100);
        churn__props_fill(c, from, 100, out);
        for (uint32_t k = 0; k < 100; k++) {
            assert_true(out[k] == (cells[from + k] < 0 ? CHURN_TIME_NONE : cells[from + k]));
        }
    }
}

/* None, few, about as many as a list holds, nearly all, all: in turns over the blocks. */
static void props_append__every_density__found_again(void **arg)
{
    (void)arg;
    static int32_t cells[FAR];
    static const uint64_t of_256[] = {0, 1, 16, 17, 128, 255, 256};
    churn__heap *heap = churn__heap_create(NULL, 0);
    uint64_t state = 99;
    for (size_t turn = 0; turn < COUNT(of_256); turn++) {
        prop_set set = {.heap = heap};
        for (uint32_t i = 0; i < FAR; i++) {
            uint64_t density = of_256[(turn + i / 65536) % COUNT(of_256)];
            cells[i] = draw(&state, 256) < density ? (int32_t)i : -1;
            prop_value value = {3, CHURN__TYPE_TIME, i};
            assert_true(cells[i] < 0 || churn__props_append(&set, i, &value));
        }
        check_column(churn__props_column(&set, 3), cells);
        churn__props_close(&set);
        check_column(churn__props_column(&set, 3), cells);
        check_fill(churn__props_column(&set, 3), cells, &state);
        churn__props_clear(&set);
    }
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
}

/* ---- memory ---- */

static uint64_t memory_with(uint32_t every, churn_type type, uint32_t prop_count)
{
    enum { N = 200000 };
    static churn_time at[N];
    static int64_t offsets[N + 1];
    static char bytes[N];
    static double numbers[N];
    static uint8_t truths[N], valid[N / 8 + 1];
    memset(valid, 0, sizeof valid);
    memset(bytes, 'a', sizeof bytes);
    for (int i = 0; i < N; i++) {
        at[i] = T(0) + i;
        offsets[i + 1] = i + 1;
        numbers[i] = i;
        valid[i / 8] = (uint8_t)(valid[i / 8] | (every > 0 && (uint32_t)i % every == 0) << i % 8);
    }
    churn_any_column props[8];
    for (uint32_t p = 0; p < prop_count; p++) {
        static const char *const names[8] = {"a", "b", "c", "d", "e", "f", "g", "h"};
        props[p] = (churn_any_column){.name = text(names[p]),
                                      .type = type,
                                      .numbers = {.values = numbers, .valid = valid},
                                      .truths = {.values = truths, .valid = valid}};
    }
    churn_event_batch b = {.struct_size = sizeof b,
                           .row_count = N,
                           .prop_count = prop_count,
                           .props = props,
                           .customer = {.bytes = bytes, .offsets = offsets},
                           .type = {.bytes = bytes, .offsets = offsets},
                           .at = {.values = at}};
    churn_store *store = store_new();
    assert_ok(churn_store_add_events(store, &b, NULL, NULL, NULL));
    uint64_t memory = churn_store_memory(store);
    churn_store_free(store);
    return memory;
}

static void store_memory__props__cost_where_given(void **arg)
{
    (void)arg;
    const uint64_t n = 200000, plain = memory_with(0, CHURN_TYPE_DOUBLE, 0),
                   slack = 20000 + 8 * 8448; /* blocks at the end */
    assert_true(memory_with(0, CHURN_TYPE_DOUBLE, 8) <= plain + slack);
    assert_true(memory_with(1, CHURN_TYPE_DOUBLE, 1) <= plain + n * 8 + n / 7 + slack);
    assert_true(memory_with(1, CHURN_TYPE_BOOL, 8) <= plain + 8 * (n + n / 7) + slack);
    assert_true(memory_with(100, CHURN_TYPE_DOUBLE, 8) <= plain + 8 * n / 100 * 10 + slack);
}

int main(void)
{
    const struct CMUnitTest store_props[] = {
        cmocka_unit_test(add_event__props_of_every_type__read_back),
        cmocka_unit_test(add_event__clashing_type__rejected_with_its_name),
        cmocka_unit_test(add_event__names_that_cannot_be__refused),
        cmocka_unit_test(add_event__more_properties_than_a_store_holds__limit),
        cmocka_unit_test(add_events__column_of_another_type__names_it),
        cmocka_unit_test(add_event__same_id_other_props__is_an_update),
        cmocka_unit_test(props__random_histories__as_the_twin),
        cmocka_unit_test(props_append__every_density__found_again),
        cmocka_unit_test(store_memory__props__cost_where_given),
    };
    return RUN_TESTS(store_props);
}
