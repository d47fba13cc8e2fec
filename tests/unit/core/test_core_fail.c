/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "core/fail.h"
#include "failing.h"

static void assert_formats(const char *expected, const char *format, ...)
{
    char out[256];
    va_list args;
    va_start(args, format);
    size_t size = churn__formatv(out, sizeof out, format, args);
    va_end(args);
    assert_string_equal(out, expected);
    assert_int_equal(size, strlen(expected));
}

static void format__each_directive__as_documented(void **state)
{
    (void)state;
    churn_str s = CHURN__STR("caf\xC3\xA9"), control = CHURN__STR("a\nb\x7F\0c");
    churn_str none = {NULL, 0}, broken = CHURN__STR("a\xC3(\xFF");
    assert_formats("plain", "plain");
    assert_formats("", "");
    assert_formats("a b", "%s %s", "a", "b");
    assert_formats("(null)", "%s", (const char *)NULL);
    assert_formats("caf\xC3\xA9|`caf\xC3\xA9`", "%S|%q", &s, &s);
    assert_formats("`a?b??c`", "%q", &control);
    assert_formats("a?(?|`a?(?`", "%S|%q", &broken, &broken);
    assert_formats("|``", "%S|%q", &none, &none);
    assert_formats("-9223372036854775808 0 7", "%d %d %d", INT64_MIN, INT64_C(0), INT64_C(7));
    assert_formats("18446744073709551615 0", "%u %u", UINT64_MAX, UINT64_C(0));
    assert_formats("0.1 5 1e+22", "%g %g %g", 0.1, 5.0, 1e22);
    assert_formats("100%", "100%%");
    assert_formats("x", "x%");
}

static void format__long_strings__shows_64_bytes_of_whole_characters(void **state)
{
    (void)state;
    char text[100], expected[100];
    memset(text, 'a', sizeof text);
    memcpy(text + 62, "\xE2\x82\xAC", 3);
    memcpy(expected, text, 62);
    memcpy(expected + 62, "...", 4);
    churn_str s = {text, sizeof text};
    assert_formats(expected, "%S", &s);
    s.len = 64;
    memset(text, 'b', 64);
    memcpy(expected, text, 64);
    expected[64] = '\0';
    assert_formats(expected, "%S", &s);
}

static void format__small_buffer__cut_at_a_character_and_silent_after(void **state)
{
    (void)state;
    char out[8];
    assert_int_equal(churn__format(out, sizeof out, "abcdef\xC3\xA9gh"), 6);
    assert_string_equal(out, "abcdef");
    assert_int_equal(churn__format(out, sizeof out, "abcde%dx", INT64_C(1234)), 5);
    assert_string_equal(out, "abcde");
    assert_int_equal(churn__format(out, sizeof out, "%s%s", "12345678", "x"), 7);
    assert_string_equal(out, "1234567");
    assert_int_equal(churn__format(out, sizeof out, "1234567"), 7);
    assert_int_equal(churn__format(out, 1, "x"), 0);
    assert_string_equal(out, "");
    assert_int_equal(churn__format(NULL, 0, "x"), 0);
}

static void fail__full_struct__all_fields_written(void **state)
{
    (void)state;
    churn_error err = {.struct_size = sizeof err, .line = 9, .column = 9, .reserved = 0};
    assert_int_equal(churn__fail(&err, CHURN_E_TYPE, 203, "column %s: %d", "x", INT64_C(5)),
                     CHURN_E_TYPE);
    assert_int_equal(err.struct_size, sizeof err);
    assert_int_equal(err.status, CHURN_E_TYPE);
    assert_int_equal(err.detail, 203);
    assert_true(err.line == 0 && err.column == 0 && err.row == CHURN_ROW_NONE);
    assert_string_equal(err.message, "column x: 5");
    assert_int_equal(churn__fail_at(&err, CHURN_E_PARSE, 1, 3, 14, 15, "again: %s", err.message),
                     CHURN_E_PARSE);
    assert_true(err.line == 3 && err.column == 14 && err.row == 15);
    assert_string_equal(err.message, "again: column x: 5");
    assert_int_equal(churn__fail(NULL, CHURN_E_IO, 0, "x"), CHURN_E_IO);
    assert_int_equal(churn__fail_at(NULL, CHURN_E_IO, 0, 1, 1, 1, "x"), CHURN_E_IO);
}

static void fail__longest_message__ends_inside(void **state)
{
    (void)state;
    churn_error err = {.struct_size = sizeof err};
    char text[1000];
    memset(text, 'm', sizeof text);
    text[999] = '\0';
    churn__fail(&err, CHURN_E_ARG, 0, "%s", text);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
}

static void fail__short_or_long_struct__only_what_is_known(void **state)
{
    (void)state;
    struct {
        churn_error err;
        char tail[16];
    } longer = {.err = {.struct_size = sizeof longer}, .tail = "tail"};
    churn__fail(&longer.err, CHURN_E_ARG, 0, "x");
    assert_int_equal(longer.err.status, CHURN_E_ARG);
    assert_int_equal(longer.err.struct_size, sizeof longer);
    assert_string_equal(longer.tail, "tail");
    churn_error shorter = {.struct_size = 16};
    assert_int_equal(churn__fail(&shorter, CHURN_E_ARG, 0, "x"), CHURN_E_ARG);
    assert_int_equal(shorter.status, 0);
}

static void error_init__sizes__empty_state(void **state)
{
    (void)state;
    churn_error err;
    memset(&err, 0xFF, sizeof err);
    churn_error_init(&err, 8);
    assert_int_equal(err.status, -1);
    churn_error_init(&err, sizeof err);
    assert_int_equal(err.struct_size, sizeof err);
    assert_true(err.status == 0 && err.row == CHURN_ROW_NONE && err.message[0] == '\0');
    churn_error_init(NULL, sizeof err);
    assert_int_equal(sizeof err, 512);
}

static void fail_memory__cap_or_host__told_apart(void **state)
{
    (void)state;
    churn_error err = {.struct_size = sizeof err};
    assert_int_equal(churn__fail_memory(&err, NULL), CHURN_E_NOMEM);
    churn__heap *heap = churn__heap_create(NULL, 10);
    assert_int_equal(churn__fail_memory(&err, heap), CHURN_E_NOMEM);
    assert_null(churn__alloc(heap, 11));
    assert_int_equal(churn__fail_memory(&err, heap), CHURN_E_LIMIT);
    assert_non_null(strstr(err.message, "memory_bytes"));
    churn__heap_release(heap);
    assert_int_equal(churn__fail_null(&err, "churn_x", "out"), CHURN_E_ARG);
    assert_string_equal(err.message, "churn_x: out must not be NULL");
}

/* ---- statuses ---- */

static void status__registry__every_number_named(void **state)
{
    (void)state;
    assert_string_equal(churn_status_name(CHURN_OK), "CHURN_OK");
    assert_string_equal(churn_status_name(CHURN_E_PARSE), "CHURN_E_PARSE");
    assert_string_equal(churn_status_name(CHURN_E_ABI), "CHURN_E_ABI");
    assert_true(CHURN_E_NOMEM == 3 && CHURN_E_PARSE == 11 && CHURN_E_ABI == 20);
    for (churn_status st = 0; st <= CHURN_E_ABI; st++) {
        assert_true(strlen(churn_status_text(st)) > 10);
        for (churn_status other = 0; other < st; other++) {
            assert_string_not_equal(churn_status_name(st), churn_status_name(other));
        }
    }
    static const churn_status unknown[] = {-1, 21, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(churn_status_name(unknown[i]), "CHURN_E_FAILED");
        assert_string_equal(churn_status_text(unknown[i]), churn_status_text(CHURN_E_FAILED));
    }
}

static void version__of_library__as_in_headers(void **state)
{
    (void)state;
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", CHURN_VERSION_MAJOR, CHURN_VERSION_MINOR,
             CHURN_VERSION_PATCH);
    assert_string_equal(churn_version(), text);
    assert_int_equal(churn_version_number(), CHURN_VERSION_MAJOR * 1000000 +
                                                 CHURN_VERSION_MINOR * 1000 + CHURN_VERSION_PATCH);
    assert_int_equal(churn_abi_version(), CHURN_ABI_VERSION);
}

int main(void)
{
    const struct CMUnitTest fail_tests[] = {
        cmocka_unit_test(format__each_directive__as_documented),
        cmocka_unit_test(format__long_strings__shows_64_bytes_of_whole_characters),
        cmocka_unit_test(format__small_buffer__cut_at_a_character_and_silent_after),
        cmocka_unit_test(fail__full_struct__all_fields_written),
        cmocka_unit_test(fail__longest_message__ends_inside),
        cmocka_unit_test(fail__short_or_long_struct__only_what_is_known),
        cmocka_unit_test(error_init__sizes__empty_state),
        cmocka_unit_test(fail_memory__cap_or_host__told_apart),
        cmocka_unit_test(status__registry__every_number_named),
        cmocka_unit_test(version__of_library__as_in_headers),
    };
    return RUN_TESTS(fail_tests);
}
