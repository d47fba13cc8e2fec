/* SPDX-License-Identifier: MIT */
/*
 * Run the tests that a playbook carries, as the Test Anything Protocol, which most runners read:
 *
 *     playbook_test saas.yaml plg.yaml
 *
 * Without arguments it tests a small playbook of its own, of which one expectation is wrong.
 */
#include <stdio.h>
#include <string.h>

#include <churn/churn.h>

static const char sample[] =
    "churn: 1\n"
    "name: sample\n"
    "time_zone: UTC\n"
    "metrics:\n"
    "  - {id: logins, agg: count, event: login, window: 28d, history: clip}\n"
    "  - {id: nps, survey: last, kind: nps, max_age: 90d}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - id: all\n"
    "        factors:\n"
    "          - {metric: logins, weight: 3, curve: [[0, 0], [20, 100]]}\n"
    "          - {metric: nps, weight: 1, curve: [[0, 0], [10, 100]]}\n"
    "    bands: {green: 70, yellow: 40, red: 0}\n"
    "tests:\n"
    "  - name: logins make bands\n"
    "    given: {events: [{type: login, at: 2026-01-10, times: $logins, every: 12h}]}\n"
    "    as_of: 2026-01-30\n"
    "    expect: {health.band: $band}\n"
    "    cases:\n"
    "      - {logins: 0, band: red}\n"
    "      - {logins: 8, band: yellow}\n"
    "      - {logins: 12, band: green}\n";

/* What stands below a result: every line marked, so that runners leave it alone. */
static void print_note(churn_str text)
{
    const char *line = text.ptr, *end = text.ptr + text.len;
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        int size = (int)((stop != NULL ? stop : end) - line);
        printf("# %.*s\n", size, line);
        line += size + 1;
    }
}

static churn_str cell(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_string(table, row, churn_table_find(table, column, CHURN_NTS));
}

static void print_result(const churn_table *table, uint64_t row, const char *file, uint64_t number)
{
    bool passed = churn_table_bool(table, row, churn_table_find(table, "passed", CHURN_NTS));
    int64_t line = churn_table_int(table, row, churn_table_find(table, "line", CHURN_NTS));
    churn_str customer = cell(table, row, "customer");
    printf("%s %llu - %s%s%s%s%s\n", passed ? "ok" : "not ok", (unsigned long long)number,
           cell(table, row, "test").ptr, customer.len > 0 ? ", " : "", customer.ptr,
           cell(table, row, "what").len > 0 ? ": " : "", cell(table, row, "what").ptr);
    if (!passed) {
        printf("# %s:%lld: expected %s, got %s\n", file, (long long)line,
               cell(table, row, "expected").ptr, cell(table, row, "got").ptr);
        print_note(cell(table, row, "message"));
    }
}

/* Numbers go on from one playbook to the next. */
static churn_status run(churn_playbook *playbook, const char *file, uint64_t *number,
                        uint64_t *failed, churn_error *err)
{
    churn_table *results = NULL;
    uint64_t wrong = 0;
    churn_status st = churn_playbook_test(playbook, NULL, &wrong, &results, err);
    for (uint64_t row = 0; st == CHURN_OK && row < churn_table_row_count(results); row++) {
        print_result(results, row, file, ++*number);
    }
    *failed += wrong;
    churn_table_free(results);
    return st;
}

static churn_status open_and_run(const char *file, uint64_t *number, uint64_t *failed,
                                 churn_error *err)
{
    churn_playbook *playbook = NULL;
    churn_status st = file == NULL
                          ? churn_playbook_parse(sample, CHURN_NTS, NULL, &playbook, NULL, err)
                          : churn_playbook_open(file, NULL, &playbook, NULL, err);
    if (st == CHURN_OK) {
        st = run(playbook, file == NULL ? "sample" : file, number, failed, err);
    }
    churn_playbook_free(playbook);
    return st;
}

int main(int count, char **files)
{
    churn_error err = {.struct_size = sizeof err};
    uint64_t number = 0, failed = 0;
    churn_status st = CHURN_OK;
    printf("TAP version 13\n");
    if (count < 2) {
        st = open_and_run(NULL, &number, &failed, &err);
    }
    for (int i = 1; st == CHURN_OK && i < count; i++) {
        st = open_and_run(files[i], &number, &failed, &err);
    }
    if (st != CHURN_OK) {
        printf("Bail out! %s\n", err.message);
        return 2;
    }
    printf("1..%llu\n", (unsigned long long)number);
    return count < 2 || failed == 0 ? 0 : 1;
}
