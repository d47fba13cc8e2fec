/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <churn/churn.h>
#include <pthread.h>
#include <stdatomic.h>

/*
 * One expression and one set of columns for four threads that begin at the same time: the first use
 * of everything is among what they do at once. Each finds what the others find.
 */
enum { THREADS = 4, ROWS = 3000, ROUNDS = 25 };

static int64_t seats[ROWS];
static double score[ROWS];
static uint32_t codes[ROWS];
static uint8_t valid[(ROWS + 7) / 8];
static const churn_str plans[] = {{"free", 4}, {"pro", 3}, {"trial", 5}};

static const churn_variable variables[] = {{{"seats", 5}, CHURN_TYPE_INT, 0},
                                           {{"score", 5}, CHURN_TYPE_DOUBLE, 0},
                                           {{"plan", 4}, CHURN_TYPE_STRING, 0}};

typedef struct world {
    churn_expression *rule, *number, *text;
    pthread_barrier_t gate;
    atomic_uint failed;
    atomic_ullong sums[THREADS];
} world;

typedef struct worker {
    world *w;
    unsigned number;
} worker;

static void open_columns(churn_value_column *columns)
{
    memset(columns, 0, 3 * sizeof *columns);
    columns[0] = (churn_value_column){.values = seats, .valid = valid};
    columns[1] = (churn_value_column){.values = score};
    columns[2] = (churn_value_column){.codes = codes, .dictionary = plans, .dictionary_count = 3};
}

static uint64_t one_by_one(world *w)
{
    uint64_t sum = 0;
    for (unsigned row = 0; row < ROWS; row += 7) {
        bool there = (valid[row / 8] >> row % 8 & 1) != 0;
        const churn_value values[] = {{.type = there ? CHURN_TYPE_INT : 0, .integer = seats[row]},
                                      {.type = CHURN_TYPE_DOUBLE, .number = score[row]},
                                      {.type = CHURN_TYPE_STRING, .string = plans[codes[row]]}};
        churn_error err = {.struct_size = sizeof err};
        churn_outcome outcome = 0;
        churn_value value;
        char room[64];
        w->failed += churn_expression_evaluate(w->rule, values, 3, &outcome, &value, &err) != 0;
        sum += (uint64_t)outcome * 3 + (outcome == CHURN_OUTCOME_VALUE && value.truth);
        w->failed += churn_expression_evaluate_into(w->text, values, 3, room, sizeof room, NULL,
                                                    &outcome, &value, &err) != 0;
        sum += outcome == CHURN_OUTCOME_VALUE ? value.string.len : 0;
    }
    return sum;
}

static uint64_t together(world *w)
{
    static const churn_str names[] = {{"rule", 4}, {"number", 6}, {"text", 4}};
    const churn_expression *const all[] = {w->rule, w->number, w->text};
    churn_value_column columns[3];
    uint8_t truth[ROWS];
    churn_expression_counts counts = {.struct_size = sizeof counts};
    churn_table *table = NULL, *many = NULL, *why = NULL;
    const churn_value nothing[3] = {{0}};
    open_columns(columns);
    w->failed +=
        churn_expression_fill(w->rule, columns, 3, ROWS, NULL, truth, NULL, &counts, NULL) != 0;
    w->failed +=
        churn_expression_evaluate_columns(w->number, columns, 3, ROWS, NULL, &table, NULL) != 0;
    w->failed +=
        churn_expressions_evaluate_columns(all, 3, names, columns, 3, ROWS, NULL, &many, NULL) != 0;
    w->failed += churn_expression_explain(w->rule, nothing, 3, &why, NULL) != 0;
    uint64_t sum = counts.true_rows * 7 + counts.unknown_rows * 5 + counts.error_rows;
    for (unsigned row = 0; row < ROWS; row++) {
        sum += (uint64_t)churn_table_int(table, row, 0) + truth[row] +
               churn_table_string(many, row, 2).len;
    }
    churn_table_free(table);
    churn_table_free(many);
    churn_table_free(why);
    return sum;
}

static void *work(void *arg)
{
    const worker *me = arg;
    uint64_t sum = 0;
    pthread_barrier_wait(&me->w->gate);
    for (unsigned round = 0; round < ROUNDS; round++) {
        sum = sum * 31 + (me->number % 2 == 0 ? one_by_one(me->w) : 0) + together(me->w) +
              (me->number % 2 == 0 ? 0 : one_by_one(me->w));
    }
    me->w->sums[me->number] = sum;
    return NULL;
}

static churn_expression *compile(const char *text)
{
    churn_expression *e = NULL;
    churn_error err = {.struct_size = sizeof err};
    if (churn_expression_compile(text, CHURN_NTS, variables, 3, NULL, &e, &err) != CHURN_OK) {
        fail_msg("`%s`: %s", text, err.message);
    }
    return e;
}

static void make_rows(void)
{
    for (unsigned i = 0; i < ROWS; i++) {
        seats[i] = i % 11;
        score[i] = (double)(i % 101);
        codes[i] = i % 3;
        valid[i / 8] = (uint8_t)(valid[i / 8] | ((i % 13 != 0) << (i % 8)));
    }
}

static void expression__shared_by_threads__gives_each_the_same(void **state)
{
    (void)state;
    static world w;
    worker workers[THREADS];
    pthread_t threads[THREADS];
    make_rows();
    w.rule = compile("plan in ['free', 'trial'] && score < 70.0 && 100 / seats > 12");
    w.number = compile("seats * 3 + int(score)");
    w.text = compile("plan + ':' + string(seats)");
    assert_int_equal(pthread_barrier_init(&w.gate, NULL, THREADS), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (worker){&w, i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(w.failed, 0);
    for (unsigned i = 1; i < THREADS; i++) {
        assert_true(w.sums[i] == w.sums[0]);
    }
    churn_expression_free(w.rule);
    churn_expression_free(w.number);
    churn_expression_free(w.text);
    pthread_barrier_destroy(&w.gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expression__shared_by_threads__gives_each_the_same),
    };
    return RUN_TESTS(tests);
}
