/* SPDX-License-Identifier: MIT */
#include "store_support.h"

#include <math.h>

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
    churn_named_value second[] = {number_of("rows", NAN), string_of("platform", "")};
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

int main(void)
{
    const struct CMUnitTest store_props[] = {
        cmocka_unit_test(add_event__props_of_every_type__read_back),
        cmocka_unit_test(add_event__clashing_type__rejected_with_its_name),
        cmocka_unit_test(add_event__names_that_cannot_be__refused),
        cmocka_unit_test(add_event__more_properties_than_a_store_holds__limit),
        cmocka_unit_test(add_events__column_of_another_type__names_it),
        cmocka_unit_test(add_event__same_id_other_props__is_an_update),
    };
    return RUN_TESTS(store_props);
}
