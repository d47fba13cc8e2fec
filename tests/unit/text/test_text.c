/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "text/text_inside.h"

static churn__heap *heap;

/* The words of a text, "|" between phrases. */
static void read_as(churn__words *words, const char *text, char *out, size_t cap)
{
    churn__word_list list = {.heap = heap};
    churn__buf buf;
    churn__buf_init(&buf, heap);
    assert_true(churn__words_read(words, churn__str_nts(text), &list));
    for (size_t i = 0; i < list.count; i++) {
        churn__buf_text(&buf, i > 0 ? " " : "");
        if (list.data[i] == CHURN__WORD_END) {
            churn__buf_char(&buf, '|');
        } else {
            churn__words_write(words, &list.data[i], 1, &buf);
        }
    }
    assert_true(buf.size < cap);
    memcpy(out, buf.data == NULL ? "" : buf.data, buf.size + (buf.data != NULL));
    out[buf.size] = '\0';
    churn__buf_clear(&buf);
    churn__word_list_clear(&list);
}

typedef struct reading {
    const char *text, *words;
} reading;

static void check(const char *language, const reading *all, size_t count)
{
    churn__words *words = churn__words_create(heap);
    char got[512];
    if (language != NULL) {
        assert_int_equal(churn__words_stop_language(words, churn__str_nts(language), NULL),
                         CHURN_OK);
    }
    for (size_t i = 0; i < count; i++) {
        read_as(words, all[i].text, got, sizeof got);
        if (strcmp(got, all[i].words) != 0) {
            fail_msg("\"%s\": got \"%s\", want \"%s\"", all[i].text, got, all[i].words);
        }
    }
    churn__words_free(words);
}

#define CHECK(language, all) check(language, all, sizeof(all) / sizeof *(all))

static void words_read__latin__words_and_ends(void **state)
{
    static const reading all[] = {
        {"", ""},
        {"  ... !", ""},
        {"The EXPORT fails.", "the export fails |"},
        {"slow; very slow", "slow | very slow |"},
        {"follow-up e-mail", "follow up e mail |"},
        {"don't, can’t, rock 'n' roll", "don't | can't | rock n roll |"},
        {"error 500, v2.3 and 1,5 %", "error 500 | v2.3 and 1,5 |"},
        {"node.js api_key", "node js api_key |"},
        {"end. next", "end | next |"},
        {"line\nnext", "line | next |"},
        {"click \"Export\" now", "click | export | now |"},
        {"a\xCC\x81rvíztűrő TÜKÖRFÚRÓGÉP", "árvíztűrő tükörfúrógép |"},
        {"STRASSE straße GROẞE", "strasse straße große |"},
        {"ΣΟΦΟΣ σοφος σοφος", "σοφοσ σοφοσ σοφοσ |"},
        {"co\xC2\xADoperate", "cooperate |"},
        {"x\xFFy", "x y |"},
    };
    (void)state;
    CHECK(NULL, all);
}

/* One accent is one word however it is written; marks stay with their letters. */
static void words_read__marks__composed(void **state)
{
    static const reading all[] = {
        {"cafe\xCC\x81 CAFÉ café", "café café café |"},
        {"Vie\xCC\xA3\xCC\x82t Việt", "việt việt |"},
        {"q\xCC\x81 q", "q\xCC\x81 q |"},                 /* no code point of its own: kept apart */
        {"\xCC\x81 x", "x |"},                            /* a mark on nothing */
        {"\u1112\u1161\u11ab \ud55c", "\ud55c \ud55c |"}, /* jamo and syllable */
        {"\u0939\u093f\u0928\u094d\u0926\u0940", "\u0939\u093f\u0928\u094d\u0926\u0940 |"},
    };
    (void)state;
    CHECK(NULL, all);
}

static void words_read__emoji__words(void **state)
{
    static const reading all[] = {
        {"bad\U0001F621app", "bad \U0001F621 app |"},
        {"\U0001F44D\U0001F3FD \U0001F44D", "\U0001F44D \U0001F44D |"}, /* without skin tone */
        {"\u2764\uFE0F", "\u2764 |"},
        {"\U0001F469\u200D\U0001F4BB!", "\U0001F469\u200D\U0001F4BB |"},
        {"\U0001F1ED\U0001F1FA\U0001F1E9\U0001F1EA", "\U0001F1ED\U0001F1FA \U0001F1E9\U0001F1EA |"},
        {"\U0001F621\U0001F621", "\U0001F621 \U0001F621 |"},
    };
    (void)state;
    CHECK(NULL, all);
}

static void words_read__scripts_without_spaces__letter_by_letter(void **state)
{
    static const reading all[] = {
        {"无法登录。", "无 法 登 录 |"},
        {"APIが遅い", "api が 遅 い |"},
        {"ログインできない", "ログイン で き な い |"},
        {"ไม่ดี", "ไ ม่ ดี |"}, /* a vowel before its letter is a letter of its own */
        {"로그인 오류", "로그인 오류 |"},
    };
    (void)state;
    CHECK(NULL, all);
}

static void words_read__french__cut_behind_the_article(void **state)
{
    static const reading french[] = {
        {"L'accès qu’ils aujourd'hui", "l' accès qu' ils aujourd'hui |"},
    };
    static const reading english[] = {{"L'accès", "l'accès |"}};
    (void)state;
    CHECK("fr", french);
    CHECK("en", english);
}

static void words_read__junk__left_out(void **state)
{
    char text[200] = "a ", got[512];
    churn__words *words = churn__words_create(heap);
    (void)state;
    memset(text + 2, 'x', CHURN__WORD_BYTES + 1);
    strcpy(text + 3 + CHURN__WORD_BYTES, " b");
    read_as(words, text, got, sizeof got);
    assert_string_equal(got, "a | b |");
    churn__words_free(words);
}

static void words_write__scripts__as_they_are_read(void **state)
{
    churn__words *words = churn__words_create(heap);
    churn__word_list list = {.heap = heap};
    churn__buf buf;
    (void)state;
    assert_int_equal(churn__words_stop_language(words, CHURN__STR("fr"), NULL), CHURN_OK);
    churn__buf_init(&buf, heap);
    assert_true(churn__words_read(words, CHURN__STR("panne d'accès 登录 ok"), &list));
    churn__words_write(words, list.data, 6, &buf);
    assert_string_equal(buf.data, "panne d'accès 登录 ok");
    churn__buf_clear(&buf);
    churn__word_list_clear(&list);
    churn__words_free(words);
}

/* ---- stop words ---- */

static bool is_stop(churn__words *words, const char *word)
{
    churn__word_list list = {.heap = heap};
    assert_true(churn__words_read(words, churn__str_nts(word), &list));
    bool stop = churn__words_is_stop(words, list.data[0]);
    churn__word_list_clear(&list);
    return stop;
}

static void words_stop__languages__articles_but_no_negations(void **state)
{
    static const struct {
        const char *language, *stop, *theme;
    } all[] = {{"en", "the", "not"},     {"de", "der", "nicht"}, {"fr", "les", "pas"},
               {"es", "los", "no"},      {"it", "gli", "non"},   {"pt", "os", "não"},
               {"nl", "het", "niet"},    {"hu", "hogy", "nem"},  {"en", "With", "without"},
               {"en", "thanks", "crash"}};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        churn__words *words = churn__words_create(heap);
        assert_false(is_stop(words, all[i].stop));
        assert_int_equal(churn__words_stop_language(words, churn__str_nts(all[i].language), NULL),
                         CHURN_OK);
        assert_true(is_stop(words, all[i].stop));
        assert_false(is_stop(words, all[i].theme));
        churn__words_free(words);
    }
}

static void words_stop__unknown_language__error(void **state)
{
    churn__words *words = churn__words_create(heap);
    churn_error err = {.struct_size = sizeof err};
    (void)state;
    assert_int_equal(churn__words_stop_language(words, CHURN__STR("xx"), &err), CHURN_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "`xx`"));
    assert_true(churn__words_stop(words, CHURN__STR("acme, Corp")));
    assert_true(is_stop(words, "ACME"));
    assert_true(is_stop(words, "corp"));
    assert_string_equal(churn__words_language(0), "en");
    assert_null(churn__words_language(8));
    churn__words_free(words);
}

/* ---- the tables ---- */

static void text_fold__pairs__lower(void **state)
{
    static const uint32_t all[][2] = {
        {'A', 'a'},     {'z', 'z'},         {0xC9, 0xE9},     {0x150, 0x151},   {0x130, 0x130},
        {0x131, 0x131}, {0x1E9E, 0xDF},     {0x3A3, 0x3C3},   {0x3C2, 0x3C3},   {0x410, 0x430},
        {0x212A, 'k'},  {0x10400, 0x10428}, {0x1E00, 0x1E01}, {0x1E01, 0x1E01}, {0xB5, 0x3BC}};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_int_equal(churn__text_fold(all[i][0]), all[i][1]);
    }
}

static void text_decode__every_code_point__comes_back(void **state)
{
    (void)state;
    for (uint32_t rune = 0; rune <= 0x10FFFF; rune += rune < 0x3000 ? 1 : 97) {
        char bytes[4];
        size_t at = 0, length = churn__text_encode(rune, bytes);
        assert_int_equal(churn__text_decode((churn_str){bytes, length}, &at), rune);
        assert_int_equal(at, length);
    }
}

static int setup(void **state)
{
    (void)state;
    heap = churn__heap_create(NULL, 0);
    return heap == NULL;
}

static int teardown(void **state)
{
    (void)state;
    int64_t left = (int64_t)churn__heap_used(heap);
    churn__heap_release(heap);
    return left != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_read__latin__words_and_ends),
        cmocka_unit_test(words_read__marks__composed),
        cmocka_unit_test(words_read__emoji__words),
        cmocka_unit_test(words_read__scripts_without_spaces__letter_by_letter),
        cmocka_unit_test(words_read__french__cut_behind_the_article),
        cmocka_unit_test(words_read__junk__left_out),
        cmocka_unit_test(words_write__scripts__as_they_are_read),
        cmocka_unit_test(words_stop__languages__articles_but_no_negations),
        cmocka_unit_test(words_stop__unknown_language__error),
        cmocka_unit_test(text_fold__pairs__lower),
        cmocka_unit_test(text_decode__every_code_point__comes_back),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
