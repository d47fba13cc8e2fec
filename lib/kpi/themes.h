/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_THEMES_H
#define CHURN_KPI_THEMES_H

#include "kpi/voice.h"
#include "text/text.h"

/*
 * Themes of texts. Each distinct text is cut into words once; records point to their text. What is
 * counted are items: first phrases, by the number that lib/text gives them, then tags.
 */
#define CHURN__THEME_COUNTS_MAX 67108864u
#define CHURN__THEME_EXAMPLES 3u
#define CHURN__THEME_NONE UINT32_MAX

typedef struct churn__theme_record {
    churn_time at;
    uint32_t text, group, period;
    uint32_t customer, rank; /* its number and its place by id */
    uint32_t id;             /* text; CHURN__NO_CODE: none */
    bool is_ticket;
} churn__theme_record;

/* Of an item in a period and group. */
typedef struct churn__theme_count {
    uint32_t documents, customers, times;
    uint32_t last; /* rank of the last customer who used it, + 1 */
} churn__theme_count;

typedef struct churn__theme_row {
    uint32_t item, group, period;
    uint32_t next; /* row of the same item; CHURN__THEME_NONE */
    uint64_t other_documents, other_total;
    bool compared;
    double log_odds, z, p, adjusted;
    double sentiment; /* sum */
    uint32_t sentiment_n;
    uint32_t examples[CHURN__THEME_EXAMPLES]; /* records, the newest first */
    uint32_t example_count;
} churn__theme_row;

typedef struct churn__theme_item {
    uint32_t item, times;
} churn__theme_item;

typedef struct churn__themes {
    churn__heap *heap;
    const churn_theme_options *options;
    churn__words *words;
    churn__dictionary *tags, *lexicon;
    churn_str *tag_names; /* each once, in order of first mention */
    uint32_t tag_count;
    uint32_t *tag_of, *next_tag; /* by phrase of a tag: its tag, and the next with that phrase */
    uint32_t *tag_seen;          /* by tag: stamp of the last text; times in it */
    uint32_t *tag_times;
    churn__corpus corpus;
    uint32_t *weights; /* by text of the corpus: records */
    size_t weight_capacity;
    uint32_t *text_of; /* by code of texts: text of the corpus + 1; 0: not read; NONE: no words */
    size_t text_codes;
    churn__theme_record *records;
    size_t record_count, record_capacity;
    /* counted */
    churn__phrases *phrases;
    uint32_t items, groups, periods;
    churn__theme_count *counts; /* [item][group][period] */
    size_t count_total;
    uint64_t *totals;        /* [group][period]: records with a text */
    double *sentiments;      /* by text; NaN: none */
    churn__theme_item *list; /* items of a text */
    size_t list_capacity;
    /* compared */
    churn__theme_row *rows;
    size_t row_count, row_capacity;
} churn__themes;

/* The items of a text; CHURN__THEME_NONE: no memory. Valid until the next call. */
uint32_t churn__themes_items(churn__themes *themes, size_t text, const churn__theme_item **out);
/* Count everything; the rows that are to be shown; their examples; the table. In this order. */
churn_status churn__themes_count(churn__themes *themes, churn__kpi_run *run, churn_error *err);
churn_status churn__themes_compare(churn__themes *themes, churn__kpi_run *run, churn_error *err);
churn_status churn__themes_illustrate(churn__themes *themes, churn__kpi_run *run, churn_error *err);
churn_status churn__themes_write(churn__themes *themes, churn__kpi_run *run, churn_table **out,
                                 churn_error *err);

static inline churn__theme_count *churn__themes_at(const churn__themes *themes, uint32_t item,
                                                   uint32_t group, uint32_t period)
{
    return &themes->counts[((size_t)item * themes->groups + group) * themes->periods + period];
}

static inline uint64_t churn__themes_total(const churn__themes *themes, uint32_t group,
                                           uint32_t period)
{
    return themes->totals[(size_t)group * themes->periods + period];
}

#endif
