/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "core/column.h"
#include "core/fail.h"

/* A struct as three releases know it. */
typedef struct first {
    uint32_t struct_size, a;
} first;

typedef struct second {
    uint32_t struct_size, a;
    uint64_t b;
} second;

typedef struct third {
    uint32_t struct_size, a;
    uint64_t b, c;
} third;

static void copy_struct__each_age__as_promised(void **state)
{
    (void)state;
    churn_error err = {.struct_size = sizeof err};
    second ours = {0};
    first older = {sizeof older, 1};
    assert_ok(churn__copy_struct(&ours, sizeof ours, &older, "options", &err));
    assert_true(ours.a == 1 && ours.b == 0 && ours.struct_size == sizeof ours);
    second same = {sizeof same, 2, 3};
    assert_ok(churn__copy_struct(&ours, sizeof ours, &same, "options", &err));
    assert_true(ours.a == 2 && ours.b == 3);
    third newer = {sizeof newer, 4, 5, 0};
    assert_ok(churn__copy_struct(&ours, sizeof ours, &newer, "options", &err));
    assert_true(ours.a == 4 && ours.b == 5 && ours.struct_size == sizeof ours);
    assert_int_equal(err.status, CHURN_OK);
    newer.c = 1;
    assert_int_equal(churn__copy_struct(&ours, sizeof ours, &newer, "options", &err), CHURN_E_ABI);
    assert_non_null(strstr(err.message, "options: "));
    assert_ok(churn__copy_struct(&ours, sizeof ours, NULL, "options", &err));
    assert_true(ours.a == 0 && ours.b == 0);
}

static void copy_struct__nonsense_size__refused(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 1, 4, 7, 65537, UINT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        second ours = {0}, given = {sizes[i], 1, 1};
        churn_error err = {.struct_size = sizeof err};
        assert_int_equal(churn__copy_struct(&ours, sizeof ours, &given, "o", &err), CHURN_E_ABI);
        assert_int_equal(err.status, CHURN_E_ABI);
        assert_int_equal(churn__give_struct(&given, &ours, sizeof ours, "o", NULL), CHURN_E_ABI);
        assert_int_equal(given.a, 1);
    }
}

static void give_struct__each_age__writes_what_fits(void **state)
{
    (void)state;
    second ours = {sizeof ours, 7, 8};
    struct {
        first r;
        uint32_t guard;
    } older = {{sizeof older.r, 0}, 99};
    assert_ok(churn__give_struct(&older.r, &ours, sizeof ours, "r", NULL));
    assert_true(older.r.a == 7 && older.r.struct_size == sizeof older.r && older.guard == 99);
    third newer = {sizeof newer, 1, 1, 1};
    assert_ok(churn__give_struct(&newer, &ours, sizeof ours, "r", NULL));
    assert_true(newer.a == 7 && newer.b == 8 && newer.c == 0);
    assert_int_equal(newer.struct_size, sizeof newer);
    assert_ok(churn__give_struct(NULL, &ours, sizeof ours, "r", NULL));
}

static void take_str__good_and_bad__status_for_each(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        size_t len;
        bool optional;
        churn_status expected;
    } cases[] = {
        {"name", CHURN_NTS, false, CHURN_OK},
        {"name!", 4, false, CHURN_OK},
        {"", 0, false, CHURN_OK},
        {NULL, 0, true, CHURN_OK},
        {NULL, 0, false, CHURN_E_ARG},
        {NULL, 3, false, CHURN_E_ARG},
        {"a\0b", 3, false, CHURN_E_ARG},
        {"a\xFF", CHURN_NTS, false, CHURN_E_UTF8},
        {"123456789", 9, false, CHURN_E_LIMIT},
        {"12345678", 8, true, CHURN_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        churn_error err = {.struct_size = sizeof err};
        churn_str out = {"before", 6};
        churn_status st =
            churn__take_str(cases[i].s, cases[i].len, cases[i].optional, 8, "id", &out, &err);
        assert_int_equal(st, cases[i].expected);
        assert_int_equal(err.status, st);
        assert_ptr_equal(out.ptr, st == CHURN_OK ? cases[i].s : out.ptr);
        assert_int_equal(strncmp(err.message, "id: ", st == CHURN_OK ? 0 : 4), 0);
    }
}

/* ---- limits ---- */

static void limits__nothing_given__defaults(void **state)
{
    (void)state;
    churn_limits own, filled = {0};
    assert_ok(churn__limits_resolve(NULL, &own, NULL));
    assert_int_equal(own.struct_size, sizeof own);
    assert_int_equal(own.playbook_depth, 64);
    assert_int_equal(own.playbook_bytes, 1048576);
    assert_int_equal(own.expression_list, 256);
    assert_int_equal(own.records, 1000000000);
    assert_int_equal(own.outbox, 1000000);
    assert_int_equal(own.memory_bytes, 0);
    churn_limits_init(&filled, sizeof filled);
    assert_memory_equal(&filled, &own, sizeof own);
}

static void limits_init__older_and_newer_caller__stays_inside(void **state)
{
    (void)state;
    churn_limits older = {.memory_bytes = 77};
    churn_limits_init(&older, 8);
    assert_true(older.struct_size == 8 && older.playbook_depth == 64 && older.memory_bytes == 77);
    struct {
        churn_limits limits;
        uint64_t later;
    } newer = {.later = 5};
    churn_limits_init(&newer.limits, sizeof newer);
    assert_true(newer.later == 0 && newer.limits.struct_size == sizeof newer);
    churn_limits_init(NULL, sizeof older);
}

static void limits__given__kept_up_to_the_maximum(void **state)
{
    (void)state;
    churn_error err = {.struct_size = sizeof err};
    churn_limits own, given = {.struct_size = sizeof given,
                               .playbook_depth = 512,
                               .customers = 5,
                               .memory_bytes = UINT64_MAX,
                               .records = 4000000000};
    assert_ok(churn__limits_resolve(&given, &own, &err));
    assert_true(own.playbook_depth == 512 && own.customers == 5 && own.records == 4000000000);
    assert_true(own.memory_bytes == UINT64_MAX && own.diagnostics == 1000);
    given.playbook_depth = 513;
    own.customers = 42;
    assert_int_equal(churn__limits_resolve(&given, &own, &err), CHURN_E_RANGE);
    assert_string_equal(err.message, "churn_limits: playbook_depth is 513, at most 512 is allowed");
    assert_int_equal(own.customers, 42);
    given.playbook_depth = 0;
    given.string_bytes = 16 * 1048576 + 1;
    assert_int_equal(churn__limits_resolve(&given, &own, &err), CHURN_E_RANGE);
    given.struct_size = 3;
    assert_int_equal(churn__limits_resolve(&given, &own, &err), CHURN_E_ABI);
}

/* ---- cancel ---- */

static void cancel__life__set_seen_and_counted(void **state)
{
    (void)state;
    churn_error err = {.struct_size = sizeof err};
    int64_t live = churn_live_handles();
    churn_cancel *cancel = NULL;
    uint64_t done = 9, total = 9;
    assert_int_equal(churn_cancel_create(NULL, &err), CHURN_E_ARG);
    assert_ok(churn_cancel_create(&cancel, &err));
    assert_int_equal(churn_live_handles(), live + 1);
    assert_ok(churn__cancel_check(cancel, &err));
    churn_cancel_progress(cancel, &done, &total);
    assert_true(done == 0 && total == 0);
    churn__cancel_total(cancel, 100);
    churn__cancel_step(cancel, 40);
    churn_cancel_progress(cancel, &done, NULL);
    churn_cancel_progress(cancel, NULL, &total);
    assert_true(done == 40 && total == 100);
    assert_false(churn_cancel_is_set(cancel));
    churn_cancel_set(cancel);
    assert_true(churn_cancel_is_set(cancel));
    assert_int_equal(churn__cancel_check(cancel, &err), CHURN_E_CANCELLED);
    assert_int_equal(err.status, CHURN_E_CANCELLED);
    churn_cancel_free(cancel);
    assert_int_equal(churn_live_handles(), live);
}

static void cancel__null__does_nothing(void **state)
{
    (void)state;
    uint64_t done = 9, total = 9;
    churn_cancel_set(NULL);
    churn_cancel_free(NULL);
    churn__cancel_total(NULL, 1);
    churn__cancel_step(NULL, 1);
    churn_cancel_progress(NULL, &done, &total);
    assert_true(done == 0 && total == 0);
    assert_false(churn_cancel_is_set(NULL));
    assert_ok(churn__cancel_check(NULL, NULL));
}

/* ---- names ---- */

static void missing__reasons__named_and_ranked(void **state)
{
    (void)state;
    assert_string_equal(churn__missing_name(CHURN__PRESENT), "");
    assert_string_equal(churn__missing_name(CHURN__STALE_SOURCE), "stale_source");
    assert_string_equal(churn__missing_name(CHURN__SHORT_HISTORY_FROM), "short_history");
    assert_string_equal(churn__missing_name(CHURN__SHORT_HISTORY_SINCE), "short_history");
    assert_string_equal(churn__missing_name(CHURN__NEVER), "never");
    assert_string_equal(churn__missing_name(200), "");
    assert_true(churn__is_ignorance(CHURN__SHORT_HISTORY_FROM));
    assert_false(churn__is_ignorance(CHURN__NEVER) || churn__is_ignorance(CHURN__PRESENT));
    assert_int_equal(churn__missing_worse(CHURN__NEVER, CHURN__NO_RATE), CHURN__NO_RATE);
    assert_int_equal(churn__missing_worse(CHURN__NO_RATE, CHURN__NOT_PROVIDED),
                     CHURN__NOT_PROVIDED);
    assert_int_equal(churn__missing_worse(CHURN__PRESENT, CHURN__EMPTY), CHURN__EMPTY);
    assert_int_equal(churn__missing_worse(CHURN__EMPTY, CHURN__PRESENT), CHURN__EMPTY);
    assert_int_equal(churn__missing_worse(CHURN__PRESENT, CHURN__PRESENT), CHURN__PRESENT);
}

static void type_name__every_type__named(void **state)
{
    (void)state;
    static const char *const names[] = {"unknown",        "bool",     "int",
                                        "double",         "string",   "timestamp",
                                        "list of string", "duration", "unknown"};
    for (churn__type type = 0; type < 9; type++) {
        assert_string_equal(churn__type_name(type), names[type]);
    }
}

int main(void)
{
    const struct CMUnitTest structs[] = {
        cmocka_unit_test(copy_struct__each_age__as_promised),
        cmocka_unit_test(copy_struct__nonsense_size__refused),
        cmocka_unit_test(give_struct__each_age__writes_what_fits),
        cmocka_unit_test(take_str__good_and_bad__status_for_each),
        cmocka_unit_test(limits__nothing_given__defaults),
        cmocka_unit_test(limits_init__older_and_newer_caller__stays_inside),
        cmocka_unit_test(limits__given__kept_up_to_the_maximum),
        cmocka_unit_test(cancel__life__set_seen_and_counted),
        cmocka_unit_test(cancel__null__does_nothing),
        cmocka_unit_test(missing__reasons__named_and_ranked),
        cmocka_unit_test(type_name__every_type__named),
    };
    return RUN_TESTS(structs);
}
