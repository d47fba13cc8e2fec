/* SPDX-License-Identifier: MIT */
#ifndef CHURN_PLAYBOOK_BUILD_H
#define CHURN_PLAYBOOK_BUILD_H

#include "base/dict.h"
#include "playbook/playbook.h"
#include "playbook/report.h"
#include "playbook/schema.h"
#include "yaml/yaml.h"

/*
 * From a tree to a compiled playbook, in steps that each go on after faults so that one reading
 * finds all of them: the tree is checked against the schema (what is wrong is marked bad and no
 * later step sees it), ids are collected, names become slots, then each section becomes
 * definitions.
 *
 * Faults of the file are findings. Running out of memory is kept in `st`, after which every step
 * does nothing.
 */

/* Definitions of one sort by name. */
typedef struct registry_entry {
    churn_str name;
    uint32_t index;
    const churn__yaml_node *node; /* where it is defined; NULL: built in */
} registry_entry;

typedef struct registry {
    churn__dict *dict; /* name -> entry */
    registry_entry *entries;
    size_t count, capacity;
} registry;

/* A constant of a trigger. */
typedef struct parameter {
    churn_str name; /* params.days */
    churn__value value;
} parameter;

typedef struct score_parts score_parts; /* score_parts.h */

typedef struct builder {
    churn_playbook *pb;
    churn__heap *heap;
    churn__arena *arena;  /* the playbook's own */
    churn__arena scratch; /* the tree, findings, names: gone when the building is over */
    report report;
    churn__yaml_node *root;
    churn_status st;         /* not CHURN_OK: no memory */
    uint64_t suggest_budget; /* names that may still be compared for suggestions */
    bool no_lints;
    churn_str zoneinfo;

    /* Definitions while they are filled in; the playbook has them as const. */
    churn__metric_def *metric_defs;
    churn__segment_def *segment_defs;
    churn__loss_condition *loss_defs;
    churn__score_def *score_defs;
    churn__trigger_def *trigger_defs;
    churn__play_def *play_defs;
    churn__roll_up_def *roll_up_defs;
    const churn__yaml_node **roll_up_nodes;
    score_parts *score_parts; /* by score */

    registry attributes, properties, sources, roles, metrics, segments, references, scores,
        triggers, plays, slots;
    const parameter *parameters;
    uint32_t parameter_count;

    const struct test_origin *test_origins; /* by test; NULL: they are as the file has them */

    /* Metrics that expressions called for, until b_called(); what is being read; what was wrong. */
    churn__metric_def *called;
    size_t called_count, called_capacity;
    uint32_t reading_line, reading_column;
    char why[200];
} builder;

/* A question has no file: see ask.c. */
static inline bool b_is_question(const builder *b)
{
    return b->root == NULL;
}

/* ---- basics (build.c) ---- */

/* Zeroed memory of the playbook; NULL: no memory, noted. */
void *b_array(builder *b, size_t count, size_t size);
/* The same, gone when the building is over. */
void *b_scratch_array(builder *b, size_t count, size_t size);
/* A copy that lives as long as the playbook. */
churn_str b_keep(builder *b, churn_str s);
/* prefix + s + suffix, kept. */
churn_str b_join(builder *b, const char *prefix, churn_str s, const char *suffix);
void b_no_memory(builder *b);
report_place b_at(const churn__yaml_node *node);
/* The candidate nearest to a name, within what may be spent on looking; copied. */
churn_str b_nearest(builder *b, churn_str name, const churn_str *candidates, size_t count);

/* The value of a key that passed the check; NULL where it is absent or was found wrong. */
churn__yaml_node *b_get(const churn__yaml_node *map, const char *key);
bool b_given(const churn__yaml_node *map, const char *key);                 /* right or wrong */
churn_str b_text(builder *b, const churn__yaml_node *map, const char *key); /* kept; {NULL, 0} */
double b_number(const churn__yaml_node *map, const char *key, double otherwise);
uint32_t b_count(const churn__yaml_node *map, const char *key, uint32_t otherwise);
bool b_bool(const churn__yaml_node *map, const char *key);
int64_t b_duration(const churn__yaml_node *map, const char *key, int64_t otherwise);
/* {0} where the key is absent. */
churn__span b_span(const churn__yaml_node *map, const char *key);
int b_word(const churn__yaml_node *map, const char *key, const schema *words, int otherwise);
churn_time b_instant(builder *b, const churn__yaml_node *map, const char *key,
                     churn_time otherwise);
/* The i-th item of a list (or the value itself), NULL where it was found wrong. */
churn__yaml_node *b_item(const churn__yaml_node *list, uint32_t i);
/* Items of a list of texts, kept; `*count` is how many are right. */
const churn_str *b_texts(builder *b, const churn__yaml_node *list, uint32_t *count);

/* ---- the check against the schema (check.c) ---- */

void b_check(builder *b, const schema *type, churn__yaml_node *node, churn_str what);
/* Before it: put a test for each of its cases (tests_cases.c). */
void b_cases(builder *b);
/* What is wrong with a single value (check_value.c); 0: nothing. */
diagnostic b_value_fault(const schema *type, const churn__yaml_node *node);
/* Is the text a number, a truth, as the format writes them. */
bool b_is_number(churn_str text);
bool b_is_truth(churn_str text);
bool b_is_null(const churn__yaml_node *node); /* of a scalar */

/* ---- names (names.c, slots.c) ---- */

/* Every id of the file into its registry; duplicates and reserved names are findings. */
void b_register(builder *b);
uint32_t b_find(const registry *in, churn_str name); /* UINT32_MAX: none */
/* "unknown metric `x`; did you mean `y`?" */
void b_unknown(builder *b, diagnostic code, const char *sort, const registry *in,
               const churn__yaml_node *node);
void b_registries_clear(builder *b);
void registry_clear(builder *b, registry *which);
/* The id of a definition: reserved words and duplicates are findings. */
void b_register_id(builder *b, registry *to, const char *sort, uint32_t index,
                   const churn__yaml_node *node);
/* The id of a group of a score. */
void b_register_group(builder *b, registry *to, uint32_t index, const churn__yaml_node *node);
bool registry_add(builder *b, registry *to, churn_str name, uint32_t index,
                  const churn__yaml_node *node);
void b_slots(builder *b);
/* One by one: for questions, which are few and short. UINT32_MAX: none. */
uint32_t b_slot_of_name(const churn_playbook *pb, churn_str name);
/* Names of the whole design that this version does not have. */
bool b_is_later_name(churn_str name);
churn__expr_scope b_scope(builder *b);
/* Names of a condition on single events. */
churn__expr_scope b_event_scope(builder *b);

/* ---- expressions (build.c) ---- */

churn__expr *b_condition(builder *b, const churn__yaml_node *node);
/* With names of its own; `want` 0: of any type. */
churn__expr *b_expression(builder *b, const churn__yaml_node *node, const churn__expr_scope *scope,
                          churn__type want);
churn__template *b_template(builder *b, const churn__yaml_node *node);

/* ---- metrics that are written where they are used (sugar.c) ---- */

/* As churn__expr_scope.call, but `out->slot` is the metric's index. */
churn__expr_found b_call(builder *b, churn_str name, const churn_str *args, uint32_t count,
                         churn__expr_name *out, const char **why);
/* The index of a metric that nobody declares, but which a factor or a roll-up needs: one that is
 * the same, or it is put behind the others. */
uint32_t b_hidden_metric(builder *b, const churn__metric_def *def);
/* The slots of metrics and the types of slots, those that were called for among them. */
uint32_t b_metric_slot(const builder *b, uint32_t metric);
churn__type b_slot_type(const builder *b, uint32_t slot);
/* Put those that were called for behind the playbook's metrics and slots. */
void b_called(builder *b);
void b_called_clear(builder *b);

/* ---- faults that several sections find ---- */

/* `key` must, or must not, stand beside `with`. */
void b_need(builder *b, const churn__yaml_node *map, const char *key, const char *with);
void b_forbid(builder *b, const churn__yaml_node *map, const char *key, const char *with);
/* The index that a name stands for, UINT32_MAX where it is unknown, which is reported. */
uint32_t b_refer(builder *b, diagnostic code, const char *sort, const registry *in,
                 const churn__yaml_node *node);

/* ---- sections ---- */

void b_declare(builder *b); /* room for every definition, with its id: what names need */
void b_header(builder *b);
void b_sources(builder *b);
void b_attributes(builder *b);
void b_properties(builder *b);
void b_calendar(builder *b);
void b_roles(builder *b);
void b_kpi(builder *b);
void b_voice(builder *b);           /* part of b_kpi() */
void b_engagement(builder *b);      /* part of b_kpi() */
void b_loss(builder *b);            /* after b_kpi() */
void b_own_figures(builder *b);     /* build_goals.c: the same */
void b_loss_conditions(builder *b); /* build_loss.c: when names are slots */
void b_metrics(builder *b);
void b_metrics_sources(builder *b);
/* The definition of a metric of events, and the type of its values. */
void b_event_metric(builder *b, const churn__yaml_node *item, churn__metric_def *def);
churn__type b_event_metric_type(builder *b, const churn__yaml_node *item);
/* The definition of a metric of records that are no events; others are left alone. */
void b_record_metric(builder *b, const churn__yaml_node *item, churn__metric_def *def);
/* The type of its values, before anything else is known of it; 0: it is no such metric. */
churn__type b_record_metric_type(builder *b, const churn__yaml_node *item);
/* window, offset and history, and `default`, which is of the metric's type; window and history are
 * out of place beside `with`. */
void b_metric_window(const churn__yaml_node *item, churn__metric_def *def);
void b_metric_default(builder *b, const churn__yaml_node *item, churn__metric_def *def);
void b_metric_no_window(builder *b, const churn__yaml_node *item, const char *with);
void b_segments(builder *b);
void b_references(builder *b);
void b_declare_scores(builder *b); /* groups and factors, for names */
void b_scores(builder *b);
void b_roll_ups(builder *b);
void b_score_lints(builder *b);
void b_score_parts_clear(builder *b);
const registry *b_band_ids(const builder *b, uint32_t score);
void b_triggers(builder *b);
void b_plays(builder *b);
void b_tests(builder *b);
void b_order(builder *b); /* build_order.c: metrics, segments and scores */

/* ---- what stands on what (graph.c) ---- */

/* Node i stands on edges[start[i] .. start[i + 1]). */
typedef struct graph {
    uint32_t count;
    const uint32_t *start, *edges;
    churn_str (*name)(builder *b, uint32_t node);
    report_place (*place)(builder *b, uint32_t node);
} graph;

/* Fill `order` so that each node comes after what it stands on, lowest numbers first; every cycle
 * is a finding that names its members. */
void b_graph_order(builder *b, const graph *g, uint32_t *order);
/* Conditions of losses must not stand on what the engine did: the nodes of both (build_loss.c). */
void b_loss_reach(builder *b, const graph *g, uint32_t loss, uint32_t state);
bool b_is_state_slot(const churn__slot *slot);

/* ---- lints ---- */

/* Between what a number can be, and whether it is seldom whole (values.c). */
void b_slot_values(const builder *b, const churn__slot *slot, churn__expr_name *out);
/* What can be said of definitions that are right (lints.c). */
void b_lints(builder *b);
/* Comments in the text that switch warnings off, `# churn: allow CH1701` (allow.c). */
void b_allow(builder *b, churn_str text);
/* What the file says, flat, for churn_playbook_diff() (facts.c). */
void b_facts(builder *b);

/* ---- meaning (canon.c) ---- */

/* Write a tree without layout, comments and order of keys. `skip`: a key of the top map to leave
 * out, or NULL. */
void canon_write(churn__buf *out, const churn__yaml_node *node, const char *skip);
/* A scalar for people: quotes only where they mean something. */
void canon_text(churn__buf *out, const churn__yaml_node *node);
uint64_t canon_hash(builder *b, const churn__yaml_node *node, const char *skip);

#endif
