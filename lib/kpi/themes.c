/* SPDX-License-Identifier: MIT */
#include "kpi/themes.h"

#include <math.h>

/* Gathering the texts of records, and what is asked of them. */

/* ---- what is given ---- */

static churn_status stop_languages(churn__themes *t, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_theme_options *o = t->options;
    for (uint32_t i = 0; i < o->language_count; i++) {
        if (!churn__str_eq(o->languages[i], CHURN__STR("none"))) {
            CHURN_TRY(churn__words_stop_language(t->words, o->languages[i], err));
        }
    }
    if (o->language_count == 0) {
        CHURN_TRY(churn__words_stop_language(t->words, CHURN__STR("en"), err));
    }
    for (uint32_t i = 0; i < o->stop_word_count; i++) {
        if (!churn__words_stop(t->words, o->stop_words[i])) {
            CHURN_TRY(churn__fail_memory(err, t->heap));
        }
    }
done:
    return st;
}

static uint32_t find_tag(const churn__themes *t, churn_str name)
{
    uint32_t i = 0;
    while (i < t->tag_count && !churn__str_eq(t->tag_names[i], name)) {
        i++;
    }
    return i;
}

static bool tag_room(churn__themes *t, uint32_t count)
{
    t->tags = churn__dictionary_create(t->heap);
    t->tag_names = churn__alloc_array(t->heap, count, sizeof *t->tag_names);
    t->tag_of = churn__alloc_array(t->heap, count, sizeof *t->tag_of);
    t->next_tag = churn__alloc_array(t->heap, count, sizeof *t->next_tag);
    t->tag_seen = churn__alloc_array_zero(t->heap, count, sizeof *t->tag_seen);
    t->tag_times = churn__alloc_array_zero(t->heap, count, sizeof *t->tag_times);
    return t->tags != NULL && t->tag_names != NULL && t->tag_of != NULL && t->next_tag != NULL &&
           t->tag_seen != NULL && t->tag_times != NULL;
}

static churn_status add_tag(churn__themes *t, uint32_t i, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_tag_phrase *given = &t->options->tags[i];
    uint32_t held = 0, tag = find_tag(t, given->tag);
    if (given->tag.len == 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "themes: tags: number %u has no name", (uint64_t)i);
    }
    if (!churn__dictionary_add(t->tags, t->words, given->phrase, i, &held)) {
        CHURN_TRY(churn__fail_memory(err, t->heap));
    }
    if (held == CHURN__NO_PHRASE) {
        CHURN_FAIL(CHURN_E_ARG, 0, "themes: tags: a phrase of %q has no word", &given->tag);
    }
    if (tag == t->tag_count) {
        t->tag_names[t->tag_count++] = given->tag;
    }
    t->tag_of[i] = tag;
    t->next_tag[i] = CHURN__THEME_NONE;
    if (held != i) { /* the phrase is of another tag, too */
        t->next_tag[i] = t->next_tag[held];
        t->next_tag[held] = i;
    }
done:
    return st;
}

static churn_status add_weights(churn__themes *t, churn_error *err)
{
    churn_status st = CHURN_OK;
    t->lexicon = churn__dictionary_create(t->heap);
    if (t->lexicon == NULL) {
        CHURN_TRY(churn__fail_memory(err, t->heap));
    }
    for (uint32_t i = 0; i < t->options->lexicon_count; i++) {
        const churn_phrase_weight *given = &t->options->lexicon[i];
        uint32_t held = 0;
        if (!isfinite(given->weight)) {
            CHURN_FAIL(CHURN_E_ARG, 0, "themes: lexicon: the weight of %q is not finite",
                       &given->phrase);
        }
        if (!churn__dictionary_add(t->lexicon, t->words, given->phrase, i, &held)) {
            CHURN_TRY(churn__fail_memory(err, t->heap));
        }
        if (held == CHURN__NO_PHRASE) {
            CHURN_FAIL(CHURN_E_ARG, 0, "themes: lexicon: phrase %u has no word", (uint64_t)i);
        }
    }
done:
    return st;
}

static churn_status themes_open(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__themes *t = state;
    const churn__themes_want *want = run->set_options;
    t->heap = run->heap;
    t->options = want->options;
    churn__corpus_init(&t->corpus, run->heap);
    t->words = churn__words_create(run->heap);
    t->text_codes = churn__dict_view_count(churn__version_texts(run->version));
    t->text_of = churn__alloc_array_zero(run->heap, t->text_codes, sizeof *t->text_of);
    if (t->words == NULL || t->text_of == NULL || !tag_room(t, t->options->tag_count)) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    CHURN_TRY(stop_languages(t, err));
    for (uint32_t i = 0; i < t->options->tag_count; i++) {
        CHURN_TRY(add_tag(t, i, err));
    }
    if (t->options->lexicon_count > 0) {
        CHURN_TRY(add_weights(t, err));
    }
done:
    return st;
}

static void themes_close(churn__kpi_run *run, void *state)
{
    churn__themes *t = state;
    churn__heap *heap = run->heap;
    const size_t tags = t->options->tag_count, texts = t->corpus.count;
    churn__dictionary_free(t->tags);
    churn__dictionary_free(t->lexicon);
    churn__free_array(heap, t->tag_names, tags, sizeof *t->tag_names);
    churn__free_array(heap, t->tag_of, tags, sizeof *t->tag_of);
    churn__free_array(heap, t->next_tag, tags, sizeof *t->next_tag);
    churn__free_array(heap, t->tag_seen, tags, sizeof *t->tag_seen);
    churn__free_array(heap, t->tag_times, tags, sizeof *t->tag_times);
    churn__phrases_free(t->phrases);
    churn__words_free(t->words);
    churn__free_array(heap, t->sentiments, texts, sizeof *t->sentiments);
    churn__corpus_clear(&t->corpus);
    churn__free_array(heap, t->weights, t->weight_capacity, sizeof *t->weights);
    churn__free_array(heap, t->text_of, t->text_codes, sizeof *t->text_of);
    churn__free_array(heap, t->records, t->record_capacity, sizeof *t->records);
    churn__free_array(heap, t->counts, t->count_total, sizeof *t->counts);
    churn__free_array(heap, t->totals, (size_t)t->groups * t->periods, sizeof *t->totals);
    churn__free_array(heap, t->list, t->list_capacity, sizeof *t->list);
    churn__free_array(heap, t->rows, t->row_capacity, sizeof *t->rows);
}

/* ---- records ---- */

static bool has_words(const churn__corpus *corpus, size_t text)
{
    for (size_t i = text == 0 ? 0 : corpus->ends[text - 1]; i < corpus->ends[text]; i++) {
        if (corpus->ids.data[i] != CHURN__WORD_END) {
            return true;
        }
    }
    return false;
}

/* The text of a code in the corpus, read when it is first seen; NONE: it has no words. */
static churn_status read_text(churn__themes *t, churn__kpi_run *run, uint32_t code, uint32_t *out,
                              churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t *place = &t->text_of[code];
    if (*place == 0) {
        churn_str text = churn__dict_view_get(churn__version_texts(run->version), code);
        const size_t number = t->corpus.count;
        if (!churn__grow(t->heap, (void **)&t->weights, &t->weight_capacity, number + 1,
                         sizeof *t->weights) ||
            !churn__corpus_add(&t->corpus, t->words, text)) {
            CHURN_TRY(churn__fail_memory(err, t->heap));
        }
        t->weights[number] = 0;
        *place = has_words(&t->corpus, number) ? (uint32_t)number + 1 : CHURN__THEME_NONE;
    }
    *out = *place == CHURN__THEME_NONE ? CHURN__THEME_NONE : *place - 1;
done:
    return st;
}

static churn_status take_record(churn__themes *t, churn__kpi_run *run, uint32_t code,
                                const churn__kpi_keys *keys, churn__theme_record record,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    record.period = churn__run_period(run, record.at);
    if (code == CHURN__NO_CODE || record.period == CHURN__KPI_NONE) {
        goto done;
    }
    CHURN_TRY(read_text(t, run, code, &record.text, err));
    if (record.text == CHURN__THEME_NONE) {
        goto done;
    }
    record.group = churn__run_group(run, record.period, keys);
    if (record.group == CHURN__KPI_NONE ||
        !churn__grow(t->heap, (void **)&t->records, &t->record_capacity, t->record_count + 1,
                     sizeof *t->records)) {
        CHURN_TRY(churn__fail_memory(err, t->heap));
    }
    t->weights[record.text]++;
    t->records[t->record_count++] = record;
done:
    return st;
}

static churn_status take_tickets(churn__themes *t, churn__kpi_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__ticket *rows = NULL;
    size_t n = churn__reader_tickets(run->reader, run->customer, run->as_of, &rows);
    for (size_t i = 0; i < n; i++) {
        churn__kpi_keys keys = churn__kpi_no_keys;
        keys.code[CHURN__KEY_TICKET_PRIORITY] = churn__key_code(rows[i].priority);
        keys.code[CHURN__KEY_TICKET_CATEGORY] = churn__key_code(rows[i].category);
        churn__theme_record record = {.at = rows[i].opened_at,
                                      .customer = run->customer,
                                      .rank = run->rank,
                                      .id = rows[i].id,
                                      .is_ticket = true};
        CHURN_TRY(take_record(t, run, rows[i].text, &keys, record, err));
    }
done:
    return st;
}

static churn_status take_surveys(churn__themes *t, churn__kpi_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__survey *rows = NULL;
    size_t n = churn__reader_surveys(run->reader, run->customer, run->as_of, &rows);
    for (size_t i = 0; i < n; i++) {
        churn__kpi_keys keys = churn__kpi_no_keys;
        keys.code[CHURN__KEY_SURVEY_MOMENT] = churn__key_code(rows[i].moment);
        keys.code[CHURN__KEY_SURVEY_CATEGORY] = churn__key_code(rows[i].category);
        keys.code[CHURN__KEY_SURVEY_USER] = churn__key_code(rows[i].user);
        churn__theme_record record = {
            .at = rows[i].at, .customer = run->customer, .rank = run->rank, .id = rows[i].id};
        CHURN_TRY(take_record(t, run, rows[i].text, &keys, record, err));
    }
done:
    return st;
}

static churn_status themes_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__themes *t = state;
    if ((t->options->sources & CHURN_THEMES_TICKETS) != 0) {
        CHURN_TRY(take_tickets(t, run, err));
    }
    if ((t->options->sources & CHURN_THEMES_SURVEYS) != 0) {
        CHURN_TRY(take_surveys(t, run, err));
    }
done:
    return st;
}

static churn_status themes_finish(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__themes *t = state;
    const churn__themes_want *want = run->set_options;
    CHURN_TRY(churn__themes_count(t, run, err));
    CHURN_TRY(churn__themes_compare(t, run, err));
    CHURN_TRY(churn__themes_illustrate(t, run, err));
    CHURN_TRY(churn__themes_write(t, run, want->out, err));
done:
    return st;
}

const churn__kpi_set churn__themes_table = {.name = "themes",
                                            .state_size = sizeof(churn__themes),
                                            .open = themes_open,
                                            .customer = themes_customer,
                                            .finish = themes_finish,
                                            .close = themes_close};
