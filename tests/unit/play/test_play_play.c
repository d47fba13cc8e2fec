/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/str.h"
#include "play/play.h"

#define S(text) CHURN__STR(text)
#define NONE UINT32_MAX

/* ---- roles ---- */

/* The only attribute that is there is "owner". */
static churn_str owner_is(void *context, churn_str name)
{
    const churn_str nothing = {NULL, 0};
    return churn__str_eq(name, S("owner")) ? *(churn_str *)context : nothing;
}

static churn__role_def role(const char *attribute, const churn_str *people, uint32_t count,
                            uint32_t otherwise)
{
    churn__role_def def = {0};
    def.attribute = attribute == NULL ? (churn_str){NULL, 0} : churn__str_nts(attribute);
    def.people = people;
    def.people_count = count;
    def.otherwise = otherwise;
    return def;
}

static void assert_is(churn_str got, const char *expected)
{
    assert_int_equal(got.len, strlen(expected));
    assert_memory_equal(got.ptr, expected, got.len);
}

static void role_resolve__attribute_given__is_the_attribute(void **state)
{
    churn_str ana = S("ana");
    const churn_str eva = S("eva");
    const churn__role_def roles[] = {role("owner", NULL, 0, 1), role(NULL, &eva, 1, NONE)};
    (void)state;
    assert_is(churn__role_resolve(roles, 0, S("acme"), owner_is, &ana), "ana");
    assert_is(churn__role_resolve(roles, 1, S("acme"), owner_is, &ana), "eva");
}

static void role_resolve__attribute_missing__is_the_other_role(void **state)
{
    churn_str nobody[] = {{NULL, 0}, {"", 0}};
    const churn_str eva = S("eva");
    const churn__role_def roles[] = {role("owner", NULL, 0, 1), role("deputy", NULL, 0, 2),
                                     role(NULL, &eva, 1, NONE)};
    (void)state;
    assert_is(churn__role_resolve(roles, 0, S("acme"), owner_is, &nobody[0]), "eva");
    assert_is(churn__role_resolve(roles, 0, S("acme"), owner_is, &nobody[1]), "eva");
}

static void role_resolve__nobody_at_all__is_none(void **state)
{
    churn_str nobody = {NULL, 0};
    const churn__role_def roles[] = {role("owner", NULL, 0, NONE)};
    (void)state;
    assert_null(churn__role_resolve(roles, 0, S("acme"), owner_is, &nobody).ptr);
    assert_null(churn__role_resolve(roles, NONE, S("acme"), owner_is, &nobody).ptr);
}

static void role_resolve__circle__ends(void **state)
{
    churn_str nobody = {NULL, 0};
    for (uint32_t n = 1; n <= 7; n++) {
        churn__role_def roles[8];
        for (uint32_t back = 0; back < n; back++) { /* a tail that leads into a circle */
            for (uint32_t i = 0; i < n; i++) {
                roles[i] = role("owner", NULL, 0, i + 1 < n ? i + 1 : back);
            }
            assert_null(churn__role_resolve(roles, 0, S("acme"), owner_is, &nobody).ptr);
        }
    }
    (void)state;
}

static void role_resolve__long_chain__reaches_its_end(void **state)
{
    churn_str nobody = {NULL, 0};
    const churn_str eva = S("eva");
    churn__role_def roles[300];
    (void)state;
    for (uint32_t i = 0; i < 300; i++) {
        roles[i] = role("owner", NULL, 0, i + 1);
    }
    roles[299] = role(NULL, &eva, 1, NONE);
    assert_is(churn__role_resolve(roles, 0, S("acme"), owner_is, &nobody), "eva");
}

/* The person for customer number i. */
static churn_str chosen(const churn__role_def *def, int i)
{
    char id[16];
    churn_str nobody = {NULL, 0};
    const int len = snprintf(id, sizeof id, "c%d", i);
    return churn__role_resolve(def, 0, (churn_str){id, (size_t)len}, owner_is, &nobody);
}

static void role_resolve__several_people__share_evenly(void **state)
{
    const churn_str people[] = {S("ana"), S("bo"), S("cy"), S("di")};
    const churn__role_def all = role(NULL, people, 4, NONE);
    int load[4] = {0};
    (void)state;
    for (int i = 0; i < 4000; i++) {
        for (int k = 0; k < 4; k++) {
            load[k] += churn__str_eq(chosen(&all, i), people[k]);
        }
    }
    for (int k = 0; k < 4; k++) {
        assert_in_range(load[k], 880, 1120); /* mean 1000, 4 standard deviations of 27 */
    }
}

static void role_resolve__somebody_joins__moves_only_to_them(void **state)
{
    const churn_str people[] = {S("ana"), S("bo"), S("cy"), S("di")};
    const churn_str reversed[] = {S("cy"), S("bo"), S("ana")};
    const churn__role_def before = role(NULL, people, 3, NONE);
    const churn__role_def after = role(NULL, people, 4, NONE);
    const churn__role_def other_order = role(NULL, reversed, 3, NONE);
    (void)state;
    for (int i = 0; i < 1000; i++) {
        const churn_str was = chosen(&before, i), is = chosen(&after, i);
        assert_true(churn__str_eq(was, is) || churn__str_eq(is, people[3]));
        assert_true(churn__str_eq(was, chosen(&other_order, i)));
    }
}

/* ---- ids ---- */

static bool same(churn__hash128 a, churn__hash128 b)
{
    return a.high == b.high && a.low == b.low;
}

static void action_id__each_part__matters(void **state)
{
    churn__step_def named = {0}, plain = {0}, other = {0};
    churn__hash128 ids[12];
    const size_t n = sizeof ids / sizeof *ids;
    (void)state;
    named.id = S("call");
    plain.content_hash = 5;
    other.content_hash = 6;
    ids[0] = churn__action_id(S("p"), S("t"), S("c"), S(""), 7, &named, 0, 0);
    ids[1] = churn__action_id(S("q"), S("t"), S("c"), S(""), 7, &named, 0, 0);
    ids[2] = churn__action_id(S("p"), S("u"), S("c"), S(""), 7, &named, 0, 0);
    ids[3] = churn__action_id(S("p"), S("t"), S("d"), S(""), 7, &named, 0, 0);
    ids[4] = churn__action_id(S("p"), S("t"), S("c"), S("r"), 7, &named, 0, 0);
    ids[5] = churn__action_id(S("p"), S("t"), S("c"), S(""), 8, &named, 0, 0);
    ids[6] = churn__action_id(S("p"), S("t"), S("c"), S(""), 7, &named, 0, 1);
    ids[7] = churn__action_id(S("p"), S("t"), S("c"), S(""), 7, &plain, 0, 0);
    ids[8] = churn__action_id(S("p"), S("t"), S("c"), S(""), 7, &plain, 1, 0);
    ids[9] = churn__action_id(S("p"), S("t"), S("c"), S(""), 7, &other, 0, 0);
    ids[10] = churn__action_id(S("pt"), S(""), S("c"), S(""), 7, &named, 0, 0);
    ids[11] = churn__action_id(S("p"), S("tc"), S(""), S(""), 7, &named, 0, 0);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_false(same(ids[i], ids[j]));
        }
    }
}

static void action_id__named_step__ignores_ordinal_and_content(void **state)
{
    churn__step_def a = {0}, b = {0};
    (void)state;
    a.id = b.id = S("call");
    a.content_hash = 1;
    b.content_hash = 2;
    assert_true(same(churn__action_id(S("p"), S("t"), S("c"), S(""), 7, &a, 0, 0),
                     churn__action_id(S("p"), S("t"), S("c"), S(""), 7, &b, 3, 0)));
}

/* The host keeps these ids for years: they must never change. */
static void action_id__known_parts__is_what_it_always_was(void **state)
{
    churn__step_def step = {0};
    char hex[33];
    (void)state;
    step.id = S("call");
    churn__hash_hex(churn__action_id(S("saas-default"), S("low_health"), S("acme"),
                                     (churn_str){NULL, 0}, INT64_C(1769904000000000), &step, 0, 0),
                    hex);
    assert_string_equal(hex, "c9f4169530b876cc7c349a949801f3d7");
}

static void action_kind__each_number__has_its_word(void **state)
{
    (void)state;
    assert_string_equal(churn__action_kind_name(CHURN__STEP_TASK), "task");
    assert_string_equal(churn__action_kind_name(CHURN__STEP_SET_STATUS), "set_status");
    assert_string_equal(churn__action_kind_name(CHURN__ACTION_UNTAG), "untag");
    assert_string_equal(churn__action_kind_name(CHURN__ACTION_CANCEL), "cancel");
    assert_string_equal(churn__action_kind_name(200), "");
}

int main(void)
{
    const struct CMUnitTest play[] = {
        cmocka_unit_test(role_resolve__attribute_given__is_the_attribute),
        cmocka_unit_test(role_resolve__attribute_missing__is_the_other_role),
        cmocka_unit_test(role_resolve__nobody_at_all__is_none),
        cmocka_unit_test(role_resolve__circle__ends),
        cmocka_unit_test(role_resolve__long_chain__reaches_its_end),
        cmocka_unit_test(role_resolve__several_people__share_evenly),
        cmocka_unit_test(role_resolve__somebody_joins__moves_only_to_them),
        cmocka_unit_test(action_id__each_part__matters),
        cmocka_unit_test(action_id__named_step__ignores_ordinal_and_content),
        cmocka_unit_test(action_id__known_parts__is_what_it_always_was),
        cmocka_unit_test(action_kind__each_number__has_its_word),
    };
    return RUN_TESTS(play);
}
