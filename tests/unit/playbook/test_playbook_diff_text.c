/* SPDX-License-Identifier: MIT */
#include "playbook_support.h"

/* What reviewers read of two playbooks. */

#define HEAD "churn: 1\nname: t\ntime_zone: UTC\ncurrency: USD\n"
#define METRICS                                                               \
    "metrics:\n- {id: a, agg: count, event: x, window: 28d, history: clip}\n" \
    "- {id: b, agg: count, event: y, window: 28d, history: clip}\n"           \
    "segments: [{id: large, when: 'metric.a > 100'}]\n"

static void assert_text(const char *before, const char *after, const char *wanted)
{
    churn_playbook *a = compile_good(before), *b = compile_good(after);
    churn_buffer *text = NULL;
    assert_int_equal(churn_playbook_diff_text(a, b, &text, NULL), CHURN_OK);
    char got[4096];
    snprintf(got, sizeof got, "%.*s", (int)churn_buffer_size(text),
             (const char *)churn_buffer_data(text));
    assert_string_equal(got, wanted);
    churn_buffer_free(text);
    churn_playbook_free(a);
    churn_playbook_free(b);
}

static void playbook_diff_text__definitions__a_line_each(void **state)
{
    (void)state;
    assert_text(HEAD METRICS, HEAD METRICS "# the same\n", "no changes\n");
    assert_text(
        HEAD METRICS "triggers: [{id: t, when: 'metric.a == 0'}]\n",
        "churn: 1\nname: t\ntime_zone: UTC\ncurrency: EUR\n"
        "metrics:\n- {id: b, agg: count, event: y, window: 28d, history: clip}\n"
        "- {id: a, agg: count, event: z, window: 30d, history: clip}\n"
        "segments: [{id: large, when: 'metric.a > 100'}]\ntriggers: [{id: u, when: 'metric.a == 0'}]\n",
        "~ playbook: currency USD -> EUR\n"
        "~ metric a\n    ~ event x -> z\n    ~ window 28d -> 30d\n"
        "~ order of metrics\n"
        "- trigger t\n+ trigger u\n");
}

static void playbook_diff_text__parts_of_scores__by_name(void **state)
{
    (void)state;
    assert_text(
        HEAD METRICS "scores:\n- id: health\n  groups:\n  - id: use\n    weight: 50\n    factors:\n"
                     "    - {metric: a, weight: 1, curve: [[0, 0], [9, 100]]}\n"
                     "    - {metric: b, curve: [[0, 0], [9, 100]]}\n"
                     "  caps: [{id: few, when: 'metric.a == 0', at_most: 40}]\n"
                     "  bands: {green: 70, red: 0}\n  min_coverage: 0.5\n",
        HEAD METRICS "scores:\n- id: health\n  groups:\n  - id: use\n    weight: 60\n    factors:\n"
                     "    - {metric: a, weight: 2, curve: [[0, 0], [9, 100]]}\n"
                     "  - {id: more, factors: [{metric: b, id: c, curve: [[0, 0], [8, 100]]}]}\n"
                     "  caps: [{id: few, when: 'metric.a == 0', at_most: 35},\n"
                     "    {id: none, when: 'metric.b == 0', at_most: 10}]\n"
                     "  bands: {green: 75, yellow: 40, red: 0}\n",
        "~ score health\n"
        "    ~ band green: 70 -> 75\n"
        "    + band yellow: 40\n"
        "    ~ cap few: at_most 40 -> 35\n"
        "    + cap none: at_most 10, when metric.b == 0\n"
        "    + group more: factors [c]\n"
        "    + factor c of more: curve [[0, 0], [8, 100]], metric b\n"
        "    ~ factor a of use: weight 1 -> 2\n"
        "    - factor b of use: curve [[0, 0], [9, 100]]\n"
        "    ~ group use: weight 50 -> 60\n"
        "    ~ min_coverage 0.5 -> nothing\n");
}

static void playbook_diff_text__cards__named(void **state)
{
    (void)state;
#define SCORE                                                       \
    "scores:\n- id: health\n  groups:\n  - id: use\n    factors:\n" \
    "    - {metric: a, weight: 1, curve: [[0, 0], [9, 100]]}\n  bands: {green: 70, red: 0}\n"
    assert_text(
        HEAD METRICS SCORE "  segments: {large: {groups: {use: {factors: {a: {weight: 2}}}}}}\n",
        HEAD METRICS SCORE "  segments: {large: {groups: {use: {factors: {a: {weight: 3}}}}}}\n",
        "~ score health\n    ~ factor a of use on card large: weight 2 -> 3\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(playbook_diff_text__definitions__a_line_each),
        cmocka_unit_test(playbook_diff_text__parts_of_scores__by_name),
        cmocka_unit_test(playbook_diff_text__cards__named),
    };
    return RUN_TESTS(tests);
}
