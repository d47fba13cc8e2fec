/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/buf.h"
#include "base/num.h"
#include "core/fail.h"
#include "playbook/playbook.h"
#include "playbook/schema.h"
#include "table/table.h"

/* What a playbook defines, as a table. */

typedef struct listing {
    churn__table_builder *table;
    uint32_t sort, id, parent, detail, line;
    churn__buf text; /* the detail of the next row */
} listing;

static void row_child(listing *to, const char *sort, churn_str id, churn_str parent, uint32_t line)
{
    churn__table_add_string(to->table, to->sort, churn__str_nts(sort));
    churn__table_add_string(to->table, to->id, id);
    churn__table_add_string(to->table, to->parent, parent);
    if (to->text.size > 0) {
        churn__table_add_string(to->table, to->detail, churn__buf_view(&to->text));
    } else {
        churn__table_add_null(to->table, to->detail);
    }
    if (line > 0) {
        churn__table_add_int(to->table, to->line, line);
    } else {
        churn__table_add_null(to->table, to->line);
    }
    churn__buf_reset(&to->text);
}

static void row(listing *to, const char *sort, churn_str id, uint32_t line)
{
    row_child(to, sort, id, (churn_str){NULL, 0}, line);
}

static void counted(listing *to, uint64_t count, const char *what)
{
    churn__buf_text(&to->text, to->text.size > 0 ? ", " : "");
    churn__buf_int(&to->text, (int64_t)count);
    churn__buf_char(&to->text, ' ');
    churn__buf_text(&to->text, what);
    churn__buf_text(&to->text, count == 1 ? "" : "s");
}

static void joined(listing *to, const churn_str *items, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        churn__buf_text(&to->text, to->text.size > 0 ? ", " : "");
        churn__buf_str(&to->text, items[i]);
    }
}

/* The word that stands for a value in the file. */
static void word(listing *to, const schema *words, int value)
{
    for (uint32_t i = 0; i < words->word_count; i++) {
        if (!words->words[i].later && words->words[i].value == value) {
            churn__buf_text(&to->text, to->text.size > 0 ? ", " : "");
            churn__buf_text(&to->text, words->words[i].name);
            return;
        }
    }
}

static void rows_attributes(listing *to, const churn_playbook *pb)
{
    for (uint32_t i = 0; i < pb->attribute_count; i++) {
        word(to, &schema_attribute_type, pb->attributes[i].type);
        row(to, "attribute", pb->attributes[i].name, pb->attributes[i].line);
    }
}

static void rows_properties(listing *to, const churn_playbook *pb)
{
    for (uint32_t i = 0; i < pb->property_count; i++) {
        word(to, &schema_attribute_type, pb->properties[i].type);
        row(to, "property", pb->properties[i].name, pb->properties[i].line);
    }
}

static void rows_sources(listing *to, const churn_playbook *pb)
{
    for (uint32_t i = 0; i < pb->source_count; i++) {
        const churn__source_def *def = &pb->sources[i];
        joined(to, def->events, def->event_count);
        for (uint32_t j = 0; j < def->record_count; j++) {
            word(to, &schema_record_kind, def->records[j]);
        }
        row(to, "source", def->id, def->line);
    }
}

static void rows_roles(listing *to, const churn_playbook *pb)
{
    for (uint32_t i = 0; i < pb->role_count; i++) {
        const churn__role_def *def = &pb->roles[i];
        if (def->attribute.ptr != NULL) {
            churn__buf_text(&to->text, "customer.");
            churn__buf_str(&to->text, def->attribute);
        }
        joined(to, def->people, def->people_count);
        row(to, "role", def->id, def->line);
    }
}

static const char *metric_sort(const churn__metric_def *def)
{
    static const char *const sorts[] = {
        [CHURN__METRIC_TICKET] = "ticket ",
        [CHURN__METRIC_SURVEY] = "survey ",
        [CHURN__METRIC_SUBSCRIPTION] = "subscription ",
        [CHURN__METRIC_INVOICE] = "invoice ",
        [CHURN__METRIC_RATIO] = "ratio",
        [CHURN__METRIC_PCT_CHANGE] = "pct_change",
        [CHURN__METRIC_ATTRIBUTE] = "attribute ",
        [CHURN__METRIC_CUSTOMER] = "age_days",
    };
    const char *sort = (size_t)def->kind < sizeof sorts / sizeof sorts[0] ? sorts[def->kind] : NULL;
    return sort == NULL ? "" : sort;
}

static void metric_what(listing *to, const churn__metric_def *def)
{
    static const schema *const words[] = {&schema_agg, &schema_ticket, &schema_survey,
                                          &schema_subscription, &schema_invoice};
    for (size_t i = 0; def->what != 0 && i < sizeof words / sizeof words[0]; i++) {
        for (uint32_t j = 0; j < words[i]->word_count; j++) {
            const schema_word *one = &words[i]->words[j];
            if (!one->later && one->value == (int)def->what) {
                churn__buf_text(&to->text, one->name);
            }
        }
    }
}

static void rows_metrics(listing *to, const churn_playbook *pb)
{
    for (uint32_t i = 0; i < pb->declared_count; i++) {
        const churn__metric_def *def = &pb->metrics[i];
        churn__buf_text(&to->text, metric_sort(def));
        metric_what(to, def);
        churn__buf_str(&to->text, def->attribute);
        row(to, "metric", def->id, def->line);
    }
}

static void rows_segments(listing *to, const churn_playbook *pb)
{
    for (uint32_t i = 0; i < pb->segment_count; i++) {
        churn__buf_str(&to->text, churn__expr_text(pb->segments[i].when));
        row(to, "segment", pb->segments[i].id, pb->segments[i].line);
    }
}

static void rows_references(listing *to, const churn_playbook *pb)
{
    for (uint32_t i = 0; i < pb->frozen_count; i++) {
        const churn__metric_reference *def = &pb->frozen[i];
        churn__buf_str(&to->text, pb->metrics[def->metric].id);
        counted(to, def->found.total, "value");
        row(to, "reference", def->id, def->line);
    }
}

/* ">= 70, #2e7d32, Healthy" */
static void row_band(listing *to, const churn__score_def *score, const churn__band_def *band)
{
    char low[CHURN__DOUBLE_CHARS];
    churn__buf_text(&to->text, ">= ");
    churn__buf_bytes(&to->text, low, churn__double_print_short(band->low, low));
    joined(to, &band->color, 1);
    joined(to, &band->title, band->title.len > 0);
    row_child(to, "band", band->id, score->id, band->line);
}

static void rows_score(listing *to, const churn_playbook *pb, const churn__score_def *def)
{
    counted(to, def->group_count, "group");
    counted(to, def->factor_count, "factor");
    row(to, "score", def->id, def->line);
    for (uint32_t i = 0; i < def->band_count; i++) {
        row_band(to, def, &def->cards[0].bands[i]);
    }
    for (uint32_t c = 1; c < def->card_count; c++) {
        uint32_t from = def->cards[c].from;
        churn__buf_text(&to->text, "from ");
        churn__buf_str(&to->text, churn__card_name(pb, def, from));
        row_child(to, "card", churn__card_name(pb, def, c), def->id, def->cards[c].line);
    }
}

static void rows_triggers(listing *to, const churn_playbook *pb)
{
    for (uint32_t i = 0; i < pb->trigger_count; i++) {
        churn__buf_str(&to->text, churn__expr_text(pb->triggers[i].when));
        row(to, "trigger", pb->triggers[i].id, pb->triggers[i].line);
    }
}

static void rows_plays(listing *to, const churn_playbook *pb)
{
    for (uint32_t i = 0; i < pb->play_count; i++) {
        counted(to, pb->plays[i].step_count, "step");
        row(to, "play", pb->plays[i].id, pb->plays[i].line);
    }
}

/* ">= 0.9, <= 0.97 per month" */
static void goal_bounds(listing *to, const churn__goal_def *def)
{
    const double bounds[] = {def->at_least, def->at_most};
    for (int i = 0; i < 2; i++) {
        char number[CHURN__DOUBLE_CHARS];
        if (!isnan(bounds[i])) {
            churn__buf_text(&to->text, i == 0 ? " >= " : " <= ");
            churn__buf_bytes(&to->text, number, churn__double_print_short(bounds[i], number));
        }
    }
}

static void rows_figures(listing *to, const churn__own_figures *own)
{
    for (uint32_t i = 0; i < own->define_count; i++) {
        churn__buf_str(&to->text, churn__expr_text(own->defines[i].num));
        row(to, "figure", own->defines[i].id, own->defines[i].line);
    }
    for (uint32_t i = 0; i < own->measure_count; i++) {
        word(to, &schema_measure_take, own->measures[i].take);
        row(to, "measure", own->measures[i].name, own->measures[i].line);
    }
    for (uint32_t i = 0; i < own->goal_count; i++) {
        churn__buf_str(&to->text, own->goals[i].kpi);
        goal_bounds(to, &own->goals[i]);
        word(to, &schema_every, own->goals[i].every);
        row(to, "goal", own->goals[i].id, own->goals[i].line);
    }
    for (uint32_t i = 0; i < own->benchmark_count; i++) {
        const churn__benchmark_def *def = &own->benchmarks[i];
        churn__buf_str(&to->text, def->size);
        joined(to, &def->source, 1);
        row(to, "benchmark", def->kpi, def->line);
    }
}

static void rows_tests(listing *to, const churn_playbook *pb)
{
    for (uint32_t i = 0; i < pb->test_count; i++) {
        counted(to, pb->tests[i].expect_count, "expectation");
        row(to, "test", pb->tests[i].name, pb->tests[i].line);
    }
}

static void rows_all(listing *to, const churn_playbook *pb)
{
    rows_attributes(to, pb);
    rows_properties(to, pb);
    rows_sources(to, pb);
    rows_roles(to, pb);
    rows_metrics(to, pb);
    rows_segments(to, pb);
    rows_references(to, pb);
    for (uint32_t i = 0; i < pb->score_count; i++) {
        rows_score(to, pb, &pb->scores[i]);
    }
    rows_triggers(to, pb);
    rows_plays(to, pb);
    rows_figures(to, &pb->own);
    rows_tests(to, pb);
}

churn_status churn_playbook_contents(const churn_playbook *playbook, churn_table **out,
                                     churn_error *err)
{
    churn_status st = CHURN_OK;
    if (playbook == NULL || out == NULL) {
        return churn__fail_null(err, "churn_playbook_contents",
                                playbook == NULL ? "playbook" : "out");
    }
    *out = NULL;
    listing to = {.table = churn__table_begin(playbook->heap, playbook->slot_count)};
    if (to.table == NULL) {
        return churn__fail_memory(err, playbook->heap);
    }
    churn__buf_init(&to.text, playbook->heap);
    to.sort = churn__table_column(to.table, "sort", CHURN_COLUMN_STRING);
    to.id = churn__table_column(to.table, "id", CHURN_COLUMN_STRING);
    to.parent = churn__table_column(to.table, "parent", CHURN_COLUMN_STRING);
    to.detail = churn__table_column(to.table, "detail", CHURN_COLUMN_STRING);
    to.line = churn__table_column(to.table, "line", CHURN_COLUMN_INT);
    rows_all(&to, playbook);
    bool failed = to.text.failed;
    churn__buf_clear(&to.text);
    if (failed) {
        churn__table_abandon(to.table);
        return churn__fail_memory(err, playbook->heap);
    }
    st = churn__table_finish(to.table, out, err);
    return st;
}
