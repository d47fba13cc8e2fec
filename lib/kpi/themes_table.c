/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/date.h"
#include "kpi/run_inside.h"
#include "kpi/themes.h"
#include "model/model.h"

/* What the rows of a table of themes are illustrated with, and the table itself. */

#define CHECK_EVERY 4096u

/* ---- sentiment ---- */

/* Mean weight of the phrases of the lexicon, from left to right, the longest first, none twice. */
static double sentiment_of(const churn__themes *t, size_t text)
{
    const size_t begin = text == 0 ? 0 : t->corpus.ends[text - 1], end = t->corpus.ends[text];
    double sum = 0;
    uint32_t found = 0, value = 0;
    for (size_t i = begin; i < end;) {
        uint32_t length =
            churn__dictionary_match(t->lexicon, t->corpus.ids.data + i, end - i, &value);
        if (length > 0) {
            sum += t->options->lexicon[value].weight;
            found++;
        }
        i += length > 0 ? length : 1;
    }
    return found > 0 ? sum / found : (double)NAN;
}

static churn_status judge_texts(churn__themes *t, churn_error *err)
{
    if (t->lexicon == NULL) {
        return CHURN_OK;
    }
    t->sentiments = churn__alloc_array(t->heap, t->corpus.count, sizeof *t->sentiments);
    if (t->sentiments == NULL) {
        return churn__fail_memory(err, t->heap);
    }
    for (size_t i = 0; i < t->corpus.count; i++) {
        t->sentiments[i] = sentiment_of(t, i);
    }
    return CHURN_OK;
}

/* ---- examples ---- */

static bool newer(const churn__theme_record *a, const churn__theme_record *b)
{
    return a->at > b->at;
}

/* Of each customer the newest record, of those the newest; of one instant the first by customer. */
static void show_record(const churn__themes *t, churn__theme_row *row, uint32_t record)
{
    const churn__theme_record *all = t->records;
    uint32_t n = 0;
    while (n < row->example_count && all[row->examples[n]].rank != all[record].rank) {
        n++;
    }
    if (n < row->example_count && !newer(&all[record], &all[row->examples[n]])) {
        return;
    }
    if (n == row->example_count) { /* a customer who is not there yet */
        bool full = n == CHURN__THEME_EXAMPLES;
        if (full && !newer(&all[record], &all[row->examples[n - 1]])) {
            return;
        }
        n = full ? n - 1 : row->example_count++;
    }
    for (; n > 0 && newer(&all[record], &all[row->examples[n - 1]]); n--) {
        row->examples[n] = row->examples[n - 1];
    }
    row->examples[n] = record;
}

static void show(const churn__themes *t, churn__theme_row *row, uint32_t record)
{
    show_record(t, row, record);
    if (t->sentiments != NULL && !isnan(t->sentiments[t->records[record].text])) {
        row->sentiment += t->sentiments[t->records[record].text];
        row->sentiment_n++;
    }
}

static churn_status show_all(churn__themes *t, churn__kpi_run *run, const uint32_t *first,
                             churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t r = 0; r < t->record_count; r++) {
        const churn__theme_record *record = &t->records[r];
        const churn__theme_item *items = NULL;
        if (r % CHECK_EVERY == 0) {
            CHURN_TRY(churn__cancel_check(run->cancel, err));
        }
        if (record->period == 0) {
            continue; /* only compared with */
        }
        uint32_t n = churn__themes_items(t, record->text, &items);
        if (n == CHURN__THEME_NONE) {
            CHURN_TRY(churn__fail_memory(err, t->heap));
        }
        for (uint32_t i = 0; i < n; i++) {
            for (uint32_t row = first[items[i].item]; row != CHURN__THEME_NONE;
                 row = t->rows[row].next) {
                if (t->rows[row].group == record->group && t->rows[row].period == record->period) {
                    show(t, &t->rows[row], r);
                }
            }
        }
    }
done:
    return st;
}

churn_status churn__themes_illustrate(churn__themes *t, churn__kpi_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t *first = churn__alloc_array(t->heap, t->items, sizeof *first);
    if (first == NULL) {
        CHURN_TRY(churn__fail_memory(err, t->heap));
    }
    for (uint32_t i = 0; i < t->items; i++) {
        first[i] = CHURN__THEME_NONE;
    }
    for (size_t i = t->row_count; i > 0; i--) {
        t->rows[i - 1].next = first[t->rows[i - 1].item];
        first[t->rows[i - 1].item] = (uint32_t)(i - 1);
    }
    CHURN_TRY(judge_texts(t, err));
    CHURN_TRY(show_all(t, run, first, err));
done:
    churn__free_array(t->heap, first, t->items, sizeof *first);
    return st;
}

/* ---- the table ---- */

enum {
    COL_KIND,
    COL_PHRASE,
    COL_WORDS,
    COL_TIMES,
    COL_DOCUMENTS,
    COL_CUSTOMERS,
    COL_TOTAL,
    COL_SHARE,
    COL_LOW,
    COL_HIGH,
    COL_PREVIOUS_DOCUMENTS,
    COL_PREVIOUS_TOTAL,
    COL_PREVIOUS_SHARE,
    COL_LOG_ODDS,
    COL_Z,
    COL_P,
    COL_P_ADJUSTED,
    COL_CHANGE,
    COL_SENTIMENT,
    COL_SENTIMENT_N,
    COL_EXAMPLE,
    COL_COMPLETE = COL_EXAMPLE + CHURN__THEME_EXAMPLES,
    COLUMNS
};

static const churn__table_head columns[COLUMNS] = {
    [COL_KIND] = {"kind", CHURN_COLUMN_STRING},
    [COL_PHRASE] = {"phrase", CHURN_COLUMN_STRING},
    [COL_WORDS] = {"words", CHURN_COLUMN_INT},
    [COL_TIMES] = {"times", CHURN_COLUMN_INT},
    [COL_DOCUMENTS] = {"documents", CHURN_COLUMN_INT},
    [COL_CUSTOMERS] = {"customers", CHURN_COLUMN_INT},
    [COL_TOTAL] = {"total", CHURN_COLUMN_INT},
    [COL_SHARE] = {"share", CHURN_COLUMN_DOUBLE},
    [COL_LOW] = {"low", CHURN_COLUMN_DOUBLE},
    [COL_HIGH] = {"high", CHURN_COLUMN_DOUBLE},
    [COL_PREVIOUS_DOCUMENTS] = {"previous_documents", CHURN_COLUMN_INT},
    [COL_PREVIOUS_TOTAL] = {"previous_total", CHURN_COLUMN_INT},
    [COL_PREVIOUS_SHARE] = {"previous_share", CHURN_COLUMN_DOUBLE},
    [COL_LOG_ODDS] = {"log_odds", CHURN_COLUMN_DOUBLE},
    [COL_Z] = {"z", CHURN_COLUMN_DOUBLE},
    [COL_P] = {"p", CHURN_COLUMN_DOUBLE},
    [COL_P_ADJUSTED] = {"p_adjusted", CHURN_COLUMN_DOUBLE},
    [COL_CHANGE] = {"change", CHURN_COLUMN_STRING},
    [COL_SENTIMENT] = {"sentiment", CHURN_COLUMN_DOUBLE},
    [COL_SENTIMENT_N] = {"sentiment_n", CHURN_COLUMN_INT},
    [COL_EXAMPLE] = {"example_1", CHURN_COLUMN_STRING},
    [COL_EXAMPLE + 1] = {"example_2", CHURN_COLUMN_STRING},
    [COL_EXAMPLE + 2] = {"example_3", CHURN_COLUMN_STRING},
    [COL_COMPLETE] = {"complete", CHURN_COLUMN_BOOL},
};

typedef struct writing {
    churn__themes *t;
    churn__kpi_run *run;
    churn__table_builder *table;
    churn__buf buf;
    uint32_t base; /* columns before these */
} writing;

static void write_name(writing *w, const churn__theme_row *row)
{
    const churn__themes *t = w->t;
    const uint32_t phrases = churn__phrases_count(t->phrases);
    if (row->item >= phrases) {
        churn__table_add_string(w->table, w->base + COL_KIND, CHURN__STR("tag"));
        churn__table_add_string(w->table, w->base + COL_PHRASE, t->tag_names[row->item - phrases]);
        churn__table_add_null(w->table, w->base + COL_WORDS);
        return;
    }
    const churn__phrase *phrase = churn__phrases_get(t->phrases, row->item);
    churn__buf_reset(&w->buf);
    churn__words_write(t->words, phrase->words, phrase->count, &w->buf);
    churn__table_add_string(w->table, w->base + COL_KIND, CHURN__STR("phrase"));
    churn__table_add_string(w->table, w->base + COL_PHRASE, churn__buf_view(&w->buf));
    churn__table_add_int(w->table, w->base + COL_WORDS, phrase->count);
}

static void write_share(writing *w, uint32_t column, uint64_t part, uint64_t total)
{
    if (total == 0) {
        churn__table_add_null(w->table, w->base + column);
    } else {
        churn__table_add_double(w->table, w->base + column, (double)part / (double)total);
    }
}

static void write_counts(writing *w, const churn__theme_row *row)
{
    const churn__themes *t = w->t;
    const churn__theme_count *count = churn__themes_at(t, row->item, row->group, row->period);
    const uint64_t total = churn__themes_total(t, row->group, row->period);
    churn__interval i = {(double)NAN, (double)NAN};
    if (total > 0) {
        i = churn__wilson((int64_t)count->documents, (int64_t)total, w->run->z);
    }
    churn__table_add_int(w->table, w->base + COL_TIMES, count->times);
    churn__table_add_int(w->table, w->base + COL_DOCUMENTS, count->documents);
    churn__table_add_int(w->table, w->base + COL_CUSTOMERS, count->customers);
    churn__table_add_int(w->table, w->base + COL_TOTAL, (int64_t)total);
    write_share(w, COL_SHARE, count->documents, total);
    churn__table_add_double(w->table, w->base + COL_LOW, i.low);
    churn__table_add_double(w->table, w->base + COL_HIGH, i.high);
    churn__table_add_int(w->table, w->base + COL_PREVIOUS_DOCUMENTS, (int64_t)row->other_documents);
    churn__table_add_int(w->table, w->base + COL_PREVIOUS_TOTAL, (int64_t)row->other_total);
    write_share(w, COL_PREVIOUS_SHARE, row->other_documents, row->other_total);
}

static void write_change(writing *w, const churn__theme_row *row)
{
    static const churn_str rises = {"rises", 5}, falls = {"falls", 5}, noise = {"noise", 5};
    const double values[] = {row->log_odds, row->z, row->p, row->adjusted};
    for (uint32_t i = 0; i < 4; i++) {
        churn__table_add_double(w->table, w->base + COL_LOG_ODDS + i,
                                row->compared ? values[i] : (double)NAN);
    }
    bool changed = row->adjusted <= 1 - w->t->options->level;
    churn_str word = !changed ? noise : row->z > 0 ? rises : falls;
    churn__table_add_string(w->table, w->base + COL_CHANGE,
                            row->compared ? word : (churn_str){NULL, 0});
}

static void name_example(writing *w, const churn__theme_record *record)
{
    char at[40];
    const churn__version *version = w->run->version;
    churn__buf_reset(&w->buf);
    churn__buf_text(&w->buf, record->is_ticket ? "ticket " : "survey ");
    if (record->is_ticket) {
        churn__buf_str(&w->buf, churn__version_key(version, CHURN_RECORD_TICKET, record->id));
        return;
    }
    if (record->id != CHURN__NO_CODE) {
        churn__buf_str(&w->buf, churn__version_key(version, CHURN_RECORD_SURVEY, record->id));
        return;
    }
    churn__buf_text(&w->buf, "of ");
    churn__buf_str(&w->buf, churn__version_customer_id(version, record->customer));
    churn__buf_text(&w->buf, " at ");
    churn__buf_bytes(&w->buf, at, churn__instant_print(record->at, at));
}

static void write_examples(writing *w, const churn__theme_row *row)
{
    if (row->sentiment_n > 0) {
        churn__table_add_double(w->table, w->base + COL_SENTIMENT,
                                row->sentiment / row->sentiment_n);
    } else {
        churn__table_add_null(w->table, w->base + COL_SENTIMENT);
    }
    churn__table_add_int(w->table, w->base + COL_SENTIMENT_N, row->sentiment_n);
    for (uint32_t i = 0; i < CHURN__THEME_EXAMPLES; i++) {
        if (i < row->example_count) {
            name_example(w, &w->t->records[row->examples[i]]);
            churn__table_add_string(w->table, w->base + COL_EXAMPLE + i, churn__buf_view(&w->buf));
        } else {
            churn__table_add_null(w->table, w->base + COL_EXAMPLE + i);
        }
    }
}

churn_status churn__themes_write(churn__themes *t, churn__kpi_run *run, churn_table **out,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    writing w = {.t = t, .run = run, .table = churn__table_begin(run->heap, t->row_count)};
    churn__buf_init(&w.buf, run->heap);
    if (w.table == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    CHURN_TRY(churn__voice_columns(run, w.table, &w.base, err));
    churn__table_columns(w.table, columns, COLUMNS);
    for (size_t i = 0; i < t->row_count; i++) {
        const churn__theme_row *row = &t->rows[i];
        churn__voice_place(run, w.table, 0, row->period, row->group);
        write_name(&w, row);
        write_counts(&w, row);
        write_change(&w, row);
        write_examples(&w, row);
        churn__table_add_bool(w.table, w.base + COL_COMPLETE, run->periods[row->period].complete);
    }
    if (w.buf.failed) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    st = churn__table_finish(w.table, out, err);
    w.table = NULL;
done:
    churn__table_abandon(w.table);
    churn__buf_clear(&w.buf);
    return st;
}
