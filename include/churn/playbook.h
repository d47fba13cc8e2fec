/* SPDX-License-Identifier: MIT */
#ifndef CHURN_PLAYBOOK_H
#define CHURN_PLAYBOOK_H

#include <churn/options.h>
#include <churn/table.h>

CHURN_BEGIN_DECLS

/*
 * A playbook says in YAML (or JSON, which is YAML) what health means, when a customer is at risk
 * and what is then done. Compiling it finds every mistake at once:
 *
 *     churn_playbook *playbook = NULL;
 *     churn_table *diagnostics = NULL;
 *     if (churn_playbook_open("saas.yaml", NULL, &playbook, &diagnostics, &err) != CHURN_OK) {
 *         ... print the rows of diagnostics: file:line:column: severity CODE: message ...
 *     }
 *     churn_table_free(diagnostics);
 *
 * A compiled playbook never changes; share it between engines and threads. What the file may hold
 * is in docs/reference/playbook.md, made from the table that drives the parser.
 */

#define CHURN_PLAYBOOK_STRICT 1u   /* flag: every warning is an error, as for continuous checks */
#define CHURN_PLAYBOOK_NO_LINTS 2u /* flag: what compiles but looks wrong (CH17..) is not told */

typedef struct churn_playbook_options {
    uint32_t struct_size;
    uint32_t flags;                   /* CHURN_PLAYBOOK_* */
    const churn_allocator *allocator; /* kept until everything made from the playbook is freed */
    const churn_limits *limits;       /* borrowed */
    churn_str zoneinfo;               /* directory of TZif files; default the system's */
    churn_str file; /* name shown in diagnostics; default "playbook" or the path */
} churn_playbook_options;

/**
 * Compile a playbook from a file.
 *
 * @param path a file name, borrowed
 * @param options NULL for defaults
 * @param[out] out returned: free with churn_playbook_free()
 * @param[out] diagnostics every finding, also on success (warnings), NULL if there is none:
 *        `severity` ("error", "warning"), `code` ("CH0203"), `file`, `line`, `column`, `message`,
 *        `expected`, `suggestion`; returned: free with churn_table_free(); may be NULL
 * @param err optional; the first error, and how many there are
 * @return CHURN_OK; CHURN_E_IO; CHURN_E_PARSE where the text is no YAML; CHURN_E_CONFIG where it is
 *         no playbook; CHURN_E_UNSUPPORTED where all that is wrong is what this version does not
 *         do; CHURN_E_UTF8; CHURN_E_LIMIT; CHURN_E_RANGE for limits over their maximum;
 *         CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_playbook_open(const char *path, const churn_playbook_options *options,
                                           churn_playbook **out, churn_table **diagnostics,
                                           churn_error *err);

/**
 * Compile a playbook from text.
 *
 * @param text UTF-8, borrowed
 * @param len its length, or CHURN_NTS
 * @param options NULL for defaults
 * @param[out] out returned: free with churn_playbook_free()
 * @param[out] diagnostics as for churn_playbook_open()
 * @param err optional
 * @return as churn_playbook_open(), without CHURN_E_IO
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_playbook_parse(const char *text, size_t len,
                                            const churn_playbook_options *options,
                                            churn_playbook **out, churn_table **diagnostics,
                                            churn_error *err);

/**
 * Return the name that a playbook gives itself.
 *
 * @return view of the playbook, valid until churn_playbook_free()
 * @threads any
 * @since 0.1
 */
CHURN_API churn_str churn_playbook_name(const churn_playbook *playbook);

/**
 * Return the time zone of a playbook, such as "Europe/Budapest": what the dates and wall times of a
 * store's records should be in too (`time_zone` of churn_store_options).
 *
 * @return view of the playbook, valid until churn_playbook_free(); {NULL, 0} for NULL
 * @threads any
 * @since 0.1
 */
CHURN_API churn_str churn_playbook_time_zone(const churn_playbook *playbook);

/**
 * Return a hash of what a playbook means: equal for texts that differ only in comments, layout and
 * the spelling of expressions.
 *
 * @return 0 for NULL
 * @threads any
 * @since 0.1
 */
CHURN_API uint64_t churn_playbook_hash(const churn_playbook *playbook);

/**
 * List what a playbook defines.
 *
 * @param[out] out `sort` ("attribute", "property", "source", "role", "metric", "segment",
 *        "reference", "score", "band", "card", "trigger", "play", "figure", "measure", "goal",
 *        "benchmark", "test"), `id` (of a benchmark: its figure), `parent` (of a band and of a
 *        card: the score), `detail`, `line`; returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_playbook_contents(const churn_playbook *playbook, churn_table **out,
                                               churn_error *err);

/**
 * Compare two playbooks by meaning: what changes when the one takes the place of the other. Layout,
 * comments, the order of keys and the spelling of expressions are no changes, and neither are the
 * playbook's own tests; there are no rows exactly where the hashes are equal.
 *
 * @param before the playbook that is in force
 * @param after the one that would follow it
 * @param[out] out `sort` as for churn_playbook_contents(), "playbook" for what stands in no
 *        definition; `id`; `change` ("added", "removed": one row a definition; "changed": one row a
 *        key; "moved": the order of definitions alone); `key` ("when", "groups.usage.weight"),
 *        `before`, `after`: null where it is not there; returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_playbook_diff(const churn_playbook *before,
                                           const churn_playbook *after, churn_table **out,
                                           churn_error *err);

/**
 * Write what changes between two playbooks for people who review it: a line a definition that came
 * ("+ trigger quiet"), went ("- ...") or changed ("~ metric logins: window 28d -> 30d"), and under
 * a score a line for each of its factors, groups, caps, bands and cards.
 *
 * @param before the playbook that is in force
 * @param after the one that would follow it
 * @param[out] out UTF-8, "no changes" and a newline where there are none; returned: free with
 *        churn_buffer_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_playbook_diff_text(const churn_playbook *before,
                                                const churn_playbook *after, churn_buffer **out,
                                                churn_error *err);

/**
 * List the metrics of a playbook, for user interfaces and documents.
 *
 * @param[out] out `id`, `type` ("number", "bool", "string", "timestamp"), `unit` ("count", "days",
 *        "hours", "money", "ratio", "points", "value" for whatever the events count in, "number",
 *        "bool", "text", "time"), `currency` (of money), `description` (the playbook's, else a
 *        sentence made of the definition), `dependencies` (metrics and `customer.<attribute>` that
 *        it is made of, "a, b"), `sources` (that it stands on, by way of others too), `line`; in
 *        the playbook's order; returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_playbook_metrics(const churn_playbook *playbook, churn_table **out,
                                              churn_error *err);

/**
 * List what the scores of a playbook are made of, for user interfaces and documents: a row for each
 * factor of each card. A card is a set of numbers: "default" of the score itself, or of a segment.
 *
 * @param[out] out `score`; `card`; `group` (the path, "adoption.depth"); `factor`; `of` (the
 *        metric, the score, the roll-up or the text of the expression that it stands on); `as`
 *        ("value", "percentile", "robust_z", "trend", "score", "roll_up", "expression"); `among`
 *        (with whom a percentile or a robust z compares: "book", "segment", "segment.<id>", "self",
 *        or a reference; null of others); `direction` ("higher" or "lower" is better; null:
 *        neither); `declared` (whether the playbook says so, or the points do); `unit` (of what it
 *        stands on); `weight`; `share` (of the whole score, if all is there); `missing` ("exclude",
 *        "value", "worst", "best", "carry", "error"); `points` ("0: 0, 4: 40", of steps "from 3:
 *        20" or "to 3: 20", by value "free: 20, otherwise: 50"; null of an expression); `line`; in
 *        the playbook's order; returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_playbook_factors(const churn_playbook *playbook, churn_table **out,
                                              churn_error *err);

/**
 * Read an instant as people write it for a playbook: ISO 8601 with a zone as it is, a date as local
 * midnight at its start, a time without zone as local time, both in the playbook's zone.
 *
 * @param text UTF-8, borrowed
 * @param len its length, or CHURN_NTS
 * @param[out] out the instant
 * @param err optional
 * @return CHURN_OK; CHURN_E_PARSE; CHURN_E_RANGE; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_playbook_time(const churn_playbook *playbook, const char *text,
                                           size_t len, churn_time *out, churn_error *err);

/**
 * Write an instant in a playbook's zone: as a date where it is local midnight, else as local time
 * with its offset.
 *
 * @param at the instant
 * @param buf filled in, NUL-terminated; may be NULL where cap is 0
 * @param cap bytes at buf
 * @param[out] needed bytes needed, the NUL counted; may be NULL
 * @param err optional
 * @return CHURN_OK; CHURN_E_RANGE where cap is too small or the instant out of range; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_playbook_time_text(const churn_playbook *playbook, churn_time at,
                                                char *buf, size_t cap, size_t *needed,
                                                churn_error *err);

/**
 * Return how often the playbook wants to be evaluated.
 *
 * @return microseconds; 0 for NULL
 * @threads any
 * @since 0.1
 */
CHURN_API int64_t churn_playbook_interval(const churn_playbook *playbook);

/**
 * Return the JSON Schema (draft-07) of playbook files, for editors.
 *
 * @param[out] out returned: free with churn_buffer_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_playbook_schema(churn_buffer **out, churn_error *err);

/**
 * Return how many bytes a playbook, and what was made from it and is alive, take.
 *
 * @return 0 for NULL
 * @threads any
 * @since 0.1
 */
CHURN_API uint64_t churn_playbook_memory(const churn_playbook *playbook);

/**
 * Free a playbook. Engines made from it keep what they need and may be freed later.
 *
 * @param playbook may be NULL
 * @threads one at a time per playbook
 * @since 0.1
 */
CHURN_API void churn_playbook_free(churn_playbook *playbook);

CHURN_END_DECLS

#endif
