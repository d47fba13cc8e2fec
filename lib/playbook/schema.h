/* SPDX-License-Identifier: MIT */
#ifndef CHURN_PLAYBOOK_SCHEMA_H
#define CHURN_PLAYBOOK_SCHEMA_H

#include "base/buf.h"
#include "base/heap.h"

/*
 * What a playbook may hold, as one table. It drives the check of a file (check.c), the JSON Schema
 * that churn_playbook_schema() gives (schema_json.c), and through that the reference page
 * (docs/reference/generate.py). Add a key here first.
 *
 * But for groups in groups the table is a finite tree: walking it beside a file needs no limit but
 * the one on the depth of the text.
 */
typedef enum schema_type {
    SCHEMA_KEYS = 1,    /* a map with the keys listed */
    SCHEMA_VARIANTS,    /* a map of one of several sorts, told by the first key of each */
    SCHEMA_MAP,         /* a map from names of the author's to `of` */
    SCHEMA_LIST,        /* a list of `of` */
    SCHEMA_ONE_OR_LIST, /* `of`, or a list of it */
    SCHEMA_EITHER,      /* what the first alternative that fits says */
    SCHEMA_WORD,        /* one of the words listed */
    SCHEMA_NAME,        /* [a-z][a-z0-9_]* */
    SCHEMA_TEXT,        /* not empty */
    SCHEMA_NUMBER,
    SCHEMA_INT,
    SCHEMA_BOOL,
    SCHEMA_DURATION, /* s m h d w */
    SCHEMA_SPAN,     /* calendar units as well */
    SCHEMA_WINDOW,   /* calendar units and mtd qtd ytd */
    SCHEMA_DUE,      /* calendar and business units as well */
    SCHEMA_INSTANT,  /* a date or a time */
    SCHEMA_DATE,
    SCHEMA_HOURS, /* 09:00-17:00 */
    SCHEMA_EXPRESSION,
    SCHEMA_TEMPLATE, /* text with {{expressions}} */
    SCHEMA_POINT,    /* [x, y] */
    SCHEMA_VALUE,    /* any number, truth or text */
    SCHEMA_NOTHING,  /* null */
    SCHEMA_ANYTHING, /* whatever */
    SCHEMA_LATER     /* legal in the format, not done by this version */
} schema_type;

typedef struct schema schema;

typedef struct schema_word {
    const char *name; /* ends in "." : whatever begins so */
    int value;        /* what it stands for in the definitions */
    bool later;
    const char *doc;
} schema_word;

typedef struct schema_key {
    const char *name;
    const schema *type;
    bool required;
    bool later;           /* legal in the format, not done by this version */
    const char *standard; /* the default, as YAML or in words; NULL: none */
    const char *doc;      /* one sentence */
    const char *example;  /* YAML; NULL: none */
} schema_key;

struct schema {
    schema_type type;
    const char *what;       /* of a name, a text or a number: what it is, for messages */
    const schema_key *keys; /* KEYS */
    uint32_t key_count;
    const schema_word *words; /* WORD; in VARIANTS the sorts that are not done yet */
    uint32_t word_count;
    const schema *const *any; /* VARIANTS, EITHER */
    uint32_t any_count;
    const schema *of;    /* MAP, LIST, ONE_OR_LIST */
    bool free_keys;      /* MAP: keys are texts rather than names */
    const char *pointer; /* written already: where, in the JSON Schema; NULL: not yet */
    bool cases;          /* KEYS: below it `$name` may stand for any value */
    uint32_t least;      /* LIST: items; MAP: entries */
    bool data;           /* LIST: of values, however many the text may have, not of definitions */
    bool ranged;         /* NUMBER, INT: from `low` to `high` */
    bool open_low;       /* `low` itself is out */
    double low, high;
};

#define SCHEMA_COUNT(array) (uint32_t)(sizeof(array) / sizeof(array)[0])
#define SCHEMA_KEYS_OF(array) .type = SCHEMA_KEYS, .keys = (array), .key_count = SCHEMA_COUNT(array)
#define SCHEMA_WORDS_OF(array) .words = (array), .word_count = SCHEMA_COUNT(array)
#define SCHEMA_ANY_OF(array) .any = (array), .any_count = SCHEMA_COUNT(array)
/* A key that a later version does. */
#define SCHEMA_LATER_KEY(key_name, sentence)                 \
    {                                                        \
        .name = (key_name), .later = true, .doc = (sentence) \
    }

extern const schema schema_playbook;

/* Parts that several tables use. */
extern const schema schema_name, schema_text, schema_value, schema_bool, schema_number;
extern const schema schema_fraction, schema_positive, schema_weight, schema_points_bound;
extern const schema schema_count, schema_duration, schema_duration_positive, schema_instant;
extern const schema schema_span, schema_window;
extern const schema schema_expression, schema_later;
/* Sections that have files of their own. */
extern const schema schema_metrics, schema_scores, schema_triggers, schema_plays, schema_tests;
extern const schema schema_sources, schema_references, schema_kpi, schema_loss;
extern const schema schema_goals, schema_define, schema_measures, schema_benchmarks;

/* Parts of `kpi:` with a file of their own. */
extern const schema schema_active_events, schema_activation, schema_reach;

/* Words whose values the builders read. */
extern const schema schema_attribute_type, schema_record_kind, schema_weekday;
extern const schema schema_agg, schema_of, schema_history, schema_ticket, schema_survey;
extern const schema schema_survey_kind, schema_subscription, schema_invoice, schema_if_never_word;
extern const schema schema_sla_part, schema_record_take, schema_milestone, schema_touchpoint;
extern const schema schema_contact, schema_announcement, schema_attribute_take;
extern const schema schema_ends, schema_direction, schema_roll_up_take, schema_roll_up_of;
extern const schema schema_factor_missing, schema_severity, schema_initial, schema_population;
extern const schema schema_on_unknown_word, schema_refire_word, schema_on_resolve, schema_preset;
extern const schema schema_loss_word;
extern const schema schema_recognition, schema_within_word, schema_same_period, schema_discounts;
extern const schema schema_inclusion, schema_refunds, schema_fx, schema_group_changes;
extern const schema schema_churn_rate, schema_returners;
extern const schema schema_measure_take, schema_every;
extern const schema schema_event_take, schema_align, schema_metric_zone, schema_streak_unit;
extern const schema schema_expr_type, schema_baseline_of, schema_baseline_as;

/* The value of a word, or `otherwise`. */
int schema_word_value(const schema *words, churn_str text, int otherwise);
/* "a number from 0 to 100", "one of `a`, `b`": what stands in the column `expected`. */
void schema_expected(const schema *type, churn__buf *out);
/* JSON Schema (draft-07) of the whole table. */
void schema_json(churn__buf *out);

#endif
