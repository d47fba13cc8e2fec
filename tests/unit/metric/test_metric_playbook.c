/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <churn/churn.h>

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
    check_playbook("events.yaml", 103);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(records__every_metric__as_computed_by_hand),
        cmocka_unit_test(events__every_metric__as_computed_by_hand),
    };
    return RUN_TESTS(group);
}
