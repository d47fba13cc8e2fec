/* SPDX-License-Identifier: MIT */
#include "engine/one.h"

#include <string.h>

/* An answer moved into memory of the caller: it holds whatever becomes of the engine. */

typedef struct room {
    char *data; /* NULL: only what is needed is counted */
    size_t used;
} room;

#define ROOM_ALIGN sizeof(double)

/* Arrays first, so that bytes of texts need no alignment. */
static const void *take_array(room *to, const void *from, uint32_t count, size_t size)
{
    size_t bytes = count * size;
    char *at = to->data ? to->data + to->used : NULL;
    if (at && bytes > 0) {
        memcpy(at, from, bytes);
    }
    to->used += (bytes + ROOM_ALIGN - 1) / ROOM_ALIGN * ROOM_ALIGN;
    return at;
}

static void take_texts(room *to, const churn_str *texts, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        churn_str text = texts[i];
        if (!text.ptr) {
            continue;
        }
        if (to->data) {
            char *at = to->data + to->used;
            memcpy(at, text.ptr, text.len);
            at[text.len] = '\0';
            ((churn_str *)texts)[i].ptr = at; /* of our own array: it was taken before */
        }
        to->used += text.len + 1;
    }
}

/* What is pointed to goes to the room, and the answer points there. */
static void take_answer(room *to, churn_customer_answer *answer)
{
    uint32_t metrics = answer->metric_count, scores = answer->score_count;
    uint32_t segments = answer->segment_count;
    churn_customer_answer a = *answer;
    a.numbers = take_array(to, a.numbers, metrics, sizeof *a.numbers);
    a.times = take_array(to, a.times, metrics, sizeof *a.times);
    a.scores = take_array(to, a.scores, scores, sizeof *a.scores);
    a.coverages = take_array(to, a.coverages, scores, sizeof *a.coverages);
    a.lows = take_array(to, a.lows, scores, sizeof *a.lows);
    a.highs = take_array(to, a.highs, scores, sizeof *a.highs);
    a.metric_ids = take_array(to, a.metric_ids, metrics, sizeof *a.metric_ids);
    a.texts = take_array(to, a.texts, metrics, sizeof *a.texts);
    a.reasons = take_array(to, a.reasons, metrics, sizeof *a.reasons);
    a.score_ids = take_array(to, a.score_ids, scores, sizeof *a.score_ids);
    a.bands = take_array(to, a.bands, scores, sizeof *a.bands);
    a.cards = take_array(to, a.cards, scores, sizeof *a.cards);
    a.segment_ids = take_array(to, a.segment_ids, segments, sizeof *a.segment_ids);
    a.metric_types = take_array(to, a.metric_types, metrics, sizeof *a.metric_types);
    a.certains = take_array(to, a.certains, scores, sizeof *a.certains);
    a.overridden = take_array(to, a.overridden, scores, sizeof *a.overridden);
    a.segments = take_array(to, a.segments, segments, sizeof *a.segments);
    const churn_customer_answer *texts = to->data ? &a : answer;
    take_texts(to, texts->metric_ids, metrics);
    take_texts(to, texts->texts, metrics);
    take_texts(to, texts->reasons, metrics);
    take_texts(to, texts->score_ids, scores);
    take_texts(to, texts->bands, scores);
    take_texts(to, texts->cards, scores);
    take_texts(to, texts->segment_ids, segments);
    if (to->data) {
        *answer = a;
    }
}

/* Whether what was given holds as much; none given does. */
static churn_status check_room(const void *given, size_t size, size_t needed, const char *what,
                               churn_error *err)
{
    if (given == NULL) {
        return CHURN_OK;
    }
    if ((uintptr_t)given % ROOM_ALIGN != 0) {
        return churn__fail(err, CHURN_E_ARG, 0, "%s: room is not aligned", what);
    }
    if (size < needed) {
        return churn__fail(err, CHURN_E_RANGE, 0, "%s: room: %u bytes are needed", what,
                           (uint64_t)needed);
    }
    return CHURN_OK;
}

churn_status churn__one_pack(churn_customer_answer *answer, churn_error *err)
{
    room to = {NULL, 0};
    take_answer(&to, answer);
    answer->room_needed = to.used;
    churn_status st =
        check_room(answer->room, answer->room_size, to.used, "churn_customer_answer", err);
    if (st == CHURN_OK && answer->room != NULL) {
        to = (room){answer->room, 0};
        take_answer(&to, answer);
    }
    return st;
}

static void take_explanation(room *to, churn_explanation *explanation)
{
    uint32_t n = explanation->line_count;
    churn_explanation e = *explanation;
    e.values = take_array(to, e.values, n, sizeof *e.values);
    e.points = take_array(to, e.points, n, sizeof *e.points);
    e.weights = take_array(to, e.weights, n, sizeof *e.weights);
    e.contributions = take_array(to, e.contributions, n, sizeof *e.contributions);
    e.micros = take_array(to, e.micros, n, sizeof *e.micros);
    e.names = take_array(to, e.names, n, sizeof *e.names);
    e.groups = take_array(to, e.groups, n, sizeof *e.groups);
    e.metrics = take_array(to, e.metrics, n, sizeof *e.metrics);
    e.words = take_array(to, e.words, n, sizeof *e.words);
    e.kinds = take_array(to, e.kinds, n, sizeof *e.kinds);
    churn_explanation *texts = to->data ? &e : explanation;
    take_texts(to, texts->names, n);
    take_texts(to, texts->groups, n);
    take_texts(to, texts->metrics, n);
    take_texts(to, texts->words, n);
    take_texts(to, &texts->band, 1);
    take_texts(to, &texts->card, 1);
    if (to->data) {
        *explanation = e;
    }
}

churn_status churn__one_pack_lines(churn_explanation *explanation, churn_error *err)
{
    room to = {NULL, 0};
    take_explanation(&to, explanation);
    explanation->room_needed = to.used;
    churn_status st =
        check_room(explanation->room, explanation->room_size, to.used, "churn_explanation", err);
    if (st == CHURN_OK && explanation->room != NULL) {
        to = (room){explanation->room, 0};
        take_explanation(&to, explanation);
    }
    return st;
}
