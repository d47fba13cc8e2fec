/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <math.h>
#include <string.h>

#include "expr/expr.h"
#include "score/score.h"

/*
 * What scores cost once metrics are there: bench_score [MILLIONS [FILE]]. Ten factors in two
 * groups, by curves of three to five points, over columns in batches as frames have them; with
 * everything there, with a tenth missing, with four cards, and one row at a time. Prints
 * nanoseconds a row. FILE: the metrics of which a tenth is missing are written there, for
 * score_peer.py, and the sums of what they come to are printed.
 */
#define FACTORS 10u
#define BATCH 2048u
#define COLUMNS (FACTORS + 3) /* and a segment for each card but the first */

typedef struct bench {
    churn__heap *heap;
    churn__expr_scratch *scratch;
    double *values[FACTORS];
    churn__missing *missing[FACTORS];
    uint8_t *segments[3];
    churn__column columns[COLUMNS];
    churn__point points[FACTORS][5];
    churn__factor_def factors[4][FACTORS];
    churn__group_def groups[2];
    churn__cap_def caps[1];
    churn__card_def cards[4];
    churn__score_def def;
    churn__score_out out;
    double sum;
} bench;

static void make_factor(bench *b, uint32_t f)
{
    uint32_t count = 3 + f % 3;
    for (uint32_t i = 0; i < count; i++) {
        b->points[f][i] = (churn__point){i * (1 + f % 4), 100.0 * i / (count - 1)};
    }
    for (uint32_t card = 0; card < 4; card++) {
        b->factors[card][f] = (churn__factor_def){.group = f / 5,
                                                  .weight = 1 + (f + card) % 3,
                                                  .slot = f,
                                                  .points = b->points[f],
                                                  .point_count = count,
                                                  .carried_slot = CHURN__NO_SLOT,
                                                  .carried_age_slot = CHURN__NO_SLOT,
                                                  .decay_slot = CHURN__NO_SLOT,
                                                  .low_slot = CHURN__NO_SLOT,
                                                  .high_slot = CHURN__NO_SLOT,
                                                  .coverage_slot = CHURN__NO_SLOT};
    }
}

static void make_score(bench *b)
{
    static const churn__band_def bands[] = {{.low = 70}, {.low = 40}, {.low = 0}};
    for (uint32_t f = 0; f < FACTORS; f++) {
        make_factor(b, f);
    }
    b->groups[0] = (churn__group_def){.parent = CHURN__NO_SLOT, .weight = 60};
    b->groups[1] = (churn__group_def){.parent = CHURN__NO_SLOT, .weight = 40};
    b->caps[0] = (churn__cap_def){.kind = CHURN__CAP_OVERRIDE};
    for (uint32_t card = 0; card < 4; card++) {
        b->cards[card] = (churn__card_def){.segment = card,
                                           .segment_slot = FACTORS + card - 1,
                                           .groups = b->groups,
                                           .factors = b->factors[card],
                                           .caps = b->caps,
                                           .bands = bands,
                                           .min_coverage = 0.5};
    }
    b->def = (churn__score_def){.baseline = 50,
                                .cards = b->cards,
                                .card_count = 1,
                                .group_count = 2,
                                .factor_count = FACTORS,
                                .cap_count = 1,
                                .band_count = 3};
}

static void make_values(bench *b, uint32_t rows)
{
    uint64_t seed = 7;
    for (uint32_t f = 0; f < FACTORS; f++) {
        b->values[f] = malloc(rows * sizeof(double));
        b->missing[f] = calloc(rows, 1);
        for (uint32_t i = 0; i < rows; i++) {
            b->values[f][i] = (double)(next_random(&seed) % 1500) / 100;
        }
        b->columns[f] = (churn__column){
            .type = CHURN__TYPE_DOUBLE, .values = b->values[f], .missing = b->missing[f]};
    }
    for (uint32_t s = 0; s < 3; s++) {
        b->segments[s] = malloc(rows);
        for (uint32_t i = 0; i < rows; i++) {
            b->segments[s][i] = next_random(&seed) % 4 == 0;
        }
        b->columns[FACTORS + s] =
            (churn__column){.type = CHURN__TYPE_BOOL, .values = b->segments[s]};
    }
}

static void make_missing(bench *b, uint32_t rows)
{
    uint64_t seed = 8;
    for (uint32_t f = 0; f < FACTORS; f++) {
        for (uint32_t i = 0; i < rows; i++) {
            b->missing[f][i] = next_random(&seed) % 10 == 0 ? CHURN__NEVER : CHURN__PRESENT;
        }
    }
}

static void make_out(bench *b)
{
    b->out = (churn__score_out){.score = malloc(BATCH * sizeof(double)),
                                .missing = malloc(BATCH),
                                .coverage = malloc(BATCH * sizeof(double)),
                                .low = malloc(BATCH * sizeof(double)),
                                .high = malloc(BATCH * sizeof(double)),
                                .certain = malloc(BATCH),
                                .overridden = malloc(BATCH),
                                .cards = malloc(BATCH * sizeof(uint32_t)),
                                .band_codes = malloc(BATCH * sizeof(uint32_t)),
                                .groups = malloc(2 * BATCH * sizeof(double))};
}

/* The columns from a row on. */
static void look_at(const bench *b, uint32_t first, churn__column *columns)
{
    for (uint32_t f = 0; f < FACTORS; f++) {
        columns[f] = b->columns[f];
        columns[f].values = b->values[f] + first;
        columns[f].missing = b->missing[f] + first;
    }
    for (uint32_t s = 0; s < 3; s++) {
        columns[FACTORS + s] = b->columns[FACTORS + s];
        columns[FACTORS + s].values = b->segments[s] + first;
    }
}

static void run(bench *b, const char *what, uint32_t rows, uint32_t batch)
{
    churn_error err = {.struct_size = sizeof err};
    churn__score_room *room = NULL;
    double best = HUGE_VAL;
    must(churn__score_room_create(b->heap, &b->def, batch, b->scratch, &room, &err), &err);
    for (int round = 0; round < 5; round++) {
        double begin = worked();
        for (uint32_t first = 0; first < rows; first += batch) {
            churn__column columns[COLUMNS];
            look_at(b, first, columns);
            const churn__score_in in = {.columns = columns,
                                        .n = rows - first < batch ? rows - first : batch};
            must(churn__score_eval(&b->def, &in, b->scratch, room, &b->out, &err), &err);
            b->sum += b->out.score[0];
        }
        double took = worked() - begin;
        best = took < best ? took : best;
    }
    churn__score_room_free(room);
    printf("%-28s %8.1f ns a row\n", what, best / rows * 1e9);
}

/* ---- for the peers ---- */

/* Column by column; NaN where it is missing. */
static void dump(const bench *b, const char *path, uint32_t rows)
{
    FILE *file = fopen(path, "wb");
    for (uint32_t f = 0; file != NULL && f < FACTORS; f++) {
        for (uint32_t i = 0; i < rows; i++) {
            double value = b->missing[f][i] != CHURN__PRESENT ? (double)NAN : b->values[f][i];
            (void)fwrite(&value, sizeof value, 1, file);
        }
    }
    if (file == NULL || fclose(file) != 0) {
        fprintf(stderr, "%s: cannot be written\n", path);
        exit(1);
    }
}

static void check_sums(bench *b, uint32_t rows)
{
    churn_error err = {.struct_size = sizeof err};
    churn__score_room *room = NULL;
    double score = 0, coverage = 0, low = 0, high = 0;
    must(churn__score_room_create(b->heap, &b->def, BATCH, b->scratch, &room, &err), &err);
    for (uint32_t first = 0; first < rows; first += BATCH) {
        churn__column columns[COLUMNS];
        look_at(b, first, columns);
        uint32_t n = rows - first < BATCH ? rows - first : BATCH;
        const churn__score_in in = {.columns = columns, .n = n};
        must(churn__score_eval(&b->def, &in, b->scratch, room, &b->out, &err), &err);
        for (uint32_t i = 0; i < n; i++) {
            score += b->out.missing[i] == CHURN__PRESENT ? b->out.score[i] : 0;
            coverage += b->out.coverage[i];
            low += b->out.low[i];
            high += b->out.high[i];
        }
    }
    churn__score_room_free(room);
    printf("sums %.6f %.6f %.6f %.6f\n", score, coverage, low, high);
}

int main(int argc, char **argv)
{
    uint32_t rows = (uint32_t)(1000000 * (argc > 1 ? strtod(argv[1], NULL) : 1));
    bench *b = calloc(1, sizeof *b);
    b->heap = churn__heap_create(NULL, 0);
    b->scratch = churn__expr_scratch_create(b->heap, BATCH);
    make_score(b);
    make_values(b, rows);
    make_out(b);
    run(b, "all there", rows, BATCH);
    run(b, "all there, one at a time", rows / 10, 1);
    b->def.card_count = 4;
    run(b, "four cards", rows, BATCH);
    b->def.card_count = 1;
    make_missing(b, rows);
    run(b, "a tenth missing", rows, BATCH);
    if (argc > 2) {
        dump(b, argv[2], rows);
        check_sums(b, rows);
    }
    b->def.card_count = 4;
    run(b, "a tenth missing, four cards", rows, BATCH);
    printf("%g\n", b->sum); /* so that it is computed */
    return 0;
}
