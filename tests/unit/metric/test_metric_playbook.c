/* SPDX-License-Identifier: MIT */
#include "shared.h"

/* Metrics as a playbook names them: records.yaml and events.yaml have their cases, computed by
 * hand, as the playbook's own tests. */

static churn_playbook *playbook_of(const char *file)
{
    const char *root = getenv("CHURN_SOURCE_ROOT");
    char path[1024];
    churn_playbook *playbook = NULL;
    churn_error err;
    churn_error_init(&err, sizeof err);
    snprintf(path, sizeof path, "%s/tests/unit/metric/%s", root == NULL ? "." : root, file);
    if (churn_playbook_open(path, NULL, &playbook, NULL, &err) != CHURN_OK) {
        fail_msg("%s", err.message);
    }
    return playbook;
}

static const char *cell_at(const churn_table *table, uint64_t row, const char *name)
{
    uint32_t column = churn_table_find(table, name, CHURN_NTS);
    churn_str text = churn_table_string(table, row, column);
    return text.ptr == NULL ? "" : text.ptr;
}

static void check_playbook(const char *file, uint64_t expected)
{
    churn_playbook *playbook = playbook_of(file);
    churn_table *table = NULL;
    uint64_t passed = 0, failed = 0;
    churn_error err;
    churn_error_init(&err, sizeof err);
    if (churn_playbook_test(playbook, &passed, &failed, &table, &err) != CHURN_OK) {
        fail_msg("%s", err.message);
    }
    for (uint64_t row = 0; failed > 0 && row < churn_table_row_count(table); row++) {
        if (churn_table_bool(table, row, churn_table_find(table, "passed", CHURN_NTS))) {
            continue;
        }
        print_message("%s: %s: expected %s, got %s %s\n", cell_at(table, row, "test"),
                      cell_at(table, row, "what"), cell_at(table, row, "expected"),
                      cell_at(table, row, "got"), cell_at(table, row, "message"));
    }
    assert_int_equal(failed, 0);
    assert_int_equal(passed, expected);
    churn_table_free(table);
    churn_playbook_free(playbook);
}

static void records__every_metric__as_computed_by_hand(void **state)
{
    (void)state;
    check_playbook("records.yaml", 183);
}

static void events__every_metric__as_computed_by_hand(void **state)
{
    (void)state;
    check_playbook("events.yaml", 120);
}

/* ---- the sample of the design ---- */

static const char sample_head[] =
    "churn: 1\nname: sample\ntime_zone: Europe/Budapest\ncurrency: USD\n"
    "attributes: {plan: string, seats: number, industry: string}\n";

/* The part of the sample from one key to the next. */
static char *sample_part(char *design, const char *from, const char *to)
{
    char *start = strstr(design, from);
    char *end = start == NULL ? NULL : strstr(start, to);
    assert_non_null(end);
    *end = '\0';
    return start;
}

static void sample__its_metrics__compile(void **state)
{
    (void)state;
    static char text[16384];
    char *design = shared_file("DESIGN.md");
    churn_playbook *playbook = NULL;
    churn_table *contents = NULL;
    churn_error err;
    churn_error_init(&err, sizeof err);
    if (design == NULL) {
        skip();
    }
    snprintf(text, sizeof text, "%s%s", sample_head,
             sample_part(design, "\nmetrics:\n", "\nscores:\n"));
    if (churn_playbook_parse(text, CHURN_NTS, NULL, &playbook, NULL, &err) != CHURN_OK) {
        fail_msg("%s", err.message);
    }
    assert_ok(churn_playbook_contents(playbook, &contents, &err));
    uint64_t metrics = 0;
    for (uint64_t row = 0; row < churn_table_row_count(contents); row++) {
        metrics += strcmp(cell_at(contents, row, "sort"), "metric") == 0;
    }
    assert_int_equal(metrics, 18);
    churn_table_free(contents);
    churn_playbook_free(playbook);
    free(design);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(records__every_metric__as_computed_by_hand),
        cmocka_unit_test(events__every_metric__as_computed_by_hand),
        cmocka_unit_test(sample__its_metrics__compile),
    };
    return RUN_TESTS(group);
}
