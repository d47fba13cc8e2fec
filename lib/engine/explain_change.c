/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "engine/evidence.h"
#include "engine/explain.h"
#include "engine/one.h"

/*
 * Why a score is not what it was: between two dates, two playbooks, or both. The steps between the
 * sides are taken apart in score/change.c; here they are computed and told.
 */

/* Where a level was taken. */
typedef struct place {
    churn__frame *frame;
    uint32_t row;
    churn__score_level level;
} place;

typedef struct change {
    churn_engine *engine;
    churn__frame *now, *old; /* old: by the playbook before; NULL: the same */
    churn_time dates[2];     /* of `now` */
    uint32_t score, old_score;
    place was, configured, carded, is;
    churn__score_change steps;
    churn__saying saying;
    churn__buf text;
    churn__arena arena;
    churn__score_line *lines;
    uint32_t count;
    churn__table_builder *to;
} change;

/* ---- the sides ---- */

static churn_status open_side(change *c, churn__asking *asking, const churn_playbook *playbook,
                              uint32_t score, uint32_t dates, churn__frame **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__frame_options want = {
        .only_score = score, .one_customer = true, .playbook = playbook};
    CHURN_TRY(churn__frame_open(c->engine, asking->version, c->dates, dates, &want, out, err));
    CHURN_TRY(churn__frame_survey(*out, c->engine, &want, asking->options.cancel, err));
    CHURN_TRY(churn__frame_fill(*out, asking->order, 1, err));
done:
    return st;
}

static churn_status open_sides(change *c, churn__asking *asking, const churn_playbook *before,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t dates = c->dates[0] == c->dates[1] ? 1 : 2;
    CHURN_TRY(open_side(c, asking, NULL, c->score, dates, &c->now, err));
    if (before != NULL) {
        CHURN_TRY(open_side(c, asking, before, c->old_score, 1, &c->old, err));
    }
    for (uint32_t row = 0; row < dates; row++) {
        if (!c->now->exists[row]) {
            CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "the customer does not exist at %s",
                       row + 1 == dates ? "as_of" : "the date before");
        }
    }
done:
    return st;
}

static churn_status take(change *c, place *p, churn__frame *frame, uint32_t row, uint32_t card,
                         churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t score = frame == c->old ? c->old_score : c->score;
    const churn__score_def *def = &frame->playbook->scores[score];
    p->frame = frame;
    p->row = row;
    if (!churn__score_level_make(def, &c->arena, &p->level)) {
        CHURN_TRY(churn__fail_memory(err, c->arena.heap));
    }
    churn__score_in in = churn__frame_score_in(frame, score);
    CHURN_TRY(churn__score_level_take(&p->level, &in, row, card, frame->scratch, err));
done:
    return st;
}

static uint32_t card_of(const change *c, const churn__frame *frame, uint32_t row)
{
    return frame->scores[frame == c->old ? c->old_score : c->score].cards[row];
}

/* The steps, as few as there are. */
static churn_status take_steps(change *c, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t last = c->now->date_count - 1;
    uint32_t card_before = card_of(c, c->now, 0), card = card_of(c, c->now, last);
    CHURN_TRY(take(c, &c->configured, c->now, 0, card_before, err));
    c->steps.was = c->steps.configured = c->steps.carded = c->steps.is = &c->configured.level;
    c->carded = c->configured;
    c->was = c->configured;
    c->is = c->configured;
    if (c->old != NULL) {
        CHURN_TRY(take(c, &c->was, c->old, 0, card_of(c, c->old, 0), err));
        c->steps.was = &c->was.level;
    }
    if (card != card_before) {
        CHURN_TRY(take(c, &c->carded, c->now, 0, card, err));
        c->steps.carded = &c->carded.level;
        c->steps.is = &c->carded.level;
    }
    if (last > 0) {
        CHURN_TRY(take(c, &c->is, c->now, last, card, err));
        c->steps.is = &c->is.level;
    }
    if (isnan(c->steps.was->score)) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "there is no score to explain before: nothing scores");
    }
    if (isnan(c->steps.is->score)) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "there is no score to explain at as_of: nothing scores");
    }
done:
    return st;
}

/* ---- the table ---- */

enum {
    COL_KIND,
    COL_NAME,
    COL_GROUP,
    COL_METRIC,
    COL_VALUE_BEFORE,
    COL_VALUE_AFTER,
    COL_WORD_BEFORE,
    COL_WORD_AFTER,
    COL_UNIT,
    COL_POINTS_BEFORE,
    COL_POINTS_AFTER,
    COL_WEIGHT_BEFORE,
    COL_WEIGHT_AFTER,
    COL_CONTRIBUTION,
    COL_TEXT,
    COL_RECORDS,
    COL_CARD_BEFORE,
    COL_CARD_AFTER,
    COL_PLAYBOOK_BEFORE,
    COL_PLAYBOOK_AFTER
};

static churn_str card_name(const place *p)
{
    return churn__card_name(p->frame->playbook, p->level.def,
                            (uint32_t)(p->level.card - p->level.def->cards));
}

static const place *place_of(const change *c, const churn__score_level *level)
{
    const place *all[] = {&c->was, &c->configured, &c->carded, &c->is};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (&all[i]->level == level) {
            return all[i];
        }
    }
    return &c->configured;
}

static void constant_columns(const change *c)
{
    char before[CHURN__HASH_DIGITS + 1], after[CHURN__HASH_DIGITS + 1];
    const churn_str cards[] = {card_name(place_of(c, c->steps.was)),
                               card_name(place_of(c, c->steps.is))};
    const churn_str hashes[] = {{before, CHURN__HASH_DIGITS}, {after, CHURN__HASH_DIGITS}};
    churn__shown_hash(c->was.frame->playbook, before);
    churn__shown_hash(c->now->playbook, after);
    churn__table_choice_column(c->to, "card_before", &cards[0], 1);
    churn__table_choice_column(c->to, "card_after", &cards[1], 1);
    churn__table_choice_column(c->to, "playbook_before", &hashes[0], 1);
    churn__table_choice_column(c->to, "playbook_after", &hashes[1], 1);
}

static bool begin_table(change *c)
{
    static const churn__table_head columns[] = {
        {"kind", CHURN_COLUMN_STRING},         {"name", CHURN_COLUMN_STRING},
        {"group", CHURN_COLUMN_STRING},        {"metric", CHURN_COLUMN_STRING},
        {"value_before", CHURN_COLUMN_DOUBLE}, {"value_after", CHURN_COLUMN_DOUBLE},
        {"word_before", CHURN_COLUMN_STRING},  {"word_after", CHURN_COLUMN_STRING},
        {"unit", CHURN_COLUMN_STRING},         {"points_before", CHURN_COLUMN_DOUBLE},
        {"points_after", CHURN_COLUMN_DOUBLE}, {"weight_before", CHURN_COLUMN_DOUBLE},
        {"weight_after", CHURN_COLUMN_DOUBLE}, {"contribution", CHURN_COLUMN_DOUBLE},
        {"text", CHURN_COLUMN_STRING},         {"records", CHURN_COLUMN_STRING},
    };
    c->to = churn__table_begin(churn__store_heap(c->engine->store), c->count);
    churn__table_columns(c->to, columns, sizeof columns / sizeof *columns);
    if (c->to != NULL) {
        constant_columns(c);
    }
    return c->to != NULL;
}

static churn_str kind_name(churn__line_kind kind)
{
    switch (kind) {
    case CHURN__LINE_BEFORE:
        return CHURN__STR("before");
    case CHURN__LINE_CONFIGURATION:
        return CHURN__STR("configuration");
    case CHURN__LINE_CARD:
        return CHURN__STR("card");
    case CHURN__LINE_BEHAVIOUR:
        return CHURN__STR("behaviour");
    case CHURN__LINE_CAP:
        return CHURN__STR("cap");
    case CHURN__LINE_FLOOR:
        return CHURN__STR("floor");
    case CHURN__LINE_OVERRIDE:
        return CHURN__STR("override");
    case CHURN__LINE_AFTER:
        return CHURN__STR("after");
    default:
        return CHURN__STR("missing");
    }
}

/* ---- records ---- */

#define RECORDS_TOLD 5

typedef struct record_list {
    churn__buf *text;
    uint64_t count;
} record_list;

/* A child customer with its score, which is what changed. */
static void tell_child(churn__buf *text, const churn__evidence_row *row)
{
    if (row->kind == CHURN_RECORD_CUSTOMER) {
        churn__buf_char(text, ' ');
        churn__say_score(text, row->value.as.d);
    }
}

/* "+login-17, -login-3": its id, or what and when it was. */
static void tell_record(void *context, const churn__evidence_row *row, churn__evidence_change what)
{
    record_list *list = context;
    char at[40];
    if (what == CHURN__EVIDENCE_STAYED || list->count++ >= RECORDS_TOLD) {
        return;
    }
    churn__buf_text(list->text, list->count > 1 ? ", " : "");
    churn__buf_char(list->text, what == CHURN__EVIDENCE_ENTERED ? '+' : '-');
    if (row->id.ptr != NULL) {
        churn__buf_str(list->text, row->id);
        tell_child(list->text, row);
        return;
    }
    churn__buf_str(list->text, row->what.ptr != NULL
                                   ? row->what
                                   : churn__str_nts(churn__record_kind_name(row->kind)));
    if (row->at > CHURN_TIME_MIN) {
        churn__buf_char(list->text, ' ');
        churn__buf_bytes(list->text, at, churn__instant_print(row->at, at));
    }
}

static churn_status add_records(change *c, uint32_t factor, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__sources sources;
    churn__evidence before = {.count = 0}, after = {.count = 0};
    record_list list = {.text = &c->text};
    if (!churn__sources_find(c->now->playbook, &c->arena, c->score, factor, &sources)) {
        CHURN_TRY(churn__fail_memory(err, c->arena.heap));
    }
    CHURN_TRY(churn__evidence_list(c->now, &sources, 0, &before, err));
    CHURN_TRY(churn__evidence_list(c->now, &sources, c->now->date_count - 1, &after, err));
    churn__buf_reset(&c->text);
    churn__evidence_differ(&before, &after, tell_record, &list);
    if (list.count > RECORDS_TOLD) {
        churn__buf_text(&c->text, " and ");
        churn__buf_int(&c->text, (int64_t)(list.count - RECORDS_TOLD));
        churn__buf_text(&c->text, " more");
    }
    churn_str none = {NULL, 0};
    churn__table_add_string(c->to, COL_RECORDS, list.count > 0 ? churn__buf_view(&c->text) : none);
done:
    churn__evidence_free(c->now->heap, &before);
    churn__evidence_free(c->now->heap, &after);
    return st;
}

/* ---- lines ---- */

static churn__side_told side_of(const place *p, uint32_t factor)
{
    churn__side_told side = {.shown = {.number = CHURN__NONE, .value = (double)NAN},
                             .points = (double)NAN};
    if (factor == CHURN__NO_SLOT) {
        return side;
    }
    side.factor = &p->level.card->factors[factor];
    side.state = &p->level.states[factor];
    side.points = churn__round6(side.state->points);
    side.weight = isnan(side.points) ? 0 : side.state->effective;
    churn__shown_of(p->frame, &p->level, factor, p->row, &side.shown);
    return side;
}

/* From which side to which a line leads. */
static void places_of(const change *c, churn__line_kind kind, const place **before,
                      const place **after)
{
    *before = place_of(c, c->steps.carded);
    *after = place_of(c, c->steps.is);
    if (kind == CHURN__LINE_CONFIGURATION) {
        *before = place_of(c, c->steps.was);
        *after = place_of(c, c->steps.configured);
    } else if (kind == CHURN__LINE_CARD) {
        *before = place_of(c, c->steps.configured);
        *after = place_of(c, c->steps.carded);
    }
}

static void add_sides(change *c, const churn__side_told *before, const churn__side_told *after)
{
    const churn__side_told *there = after->factor != NULL ? after : before;
    churn__table_add_string(c->to, COL_METRIC, there->shown.metric);
    churn__table_add_double(c->to, COL_VALUE_BEFORE, before->shown.value);
    churn__table_add_double(c->to, COL_VALUE_AFTER, after->shown.value);
    churn__table_add_string(c->to, COL_WORD_BEFORE, before->shown.word);
    churn__table_add_string(c->to, COL_WORD_AFTER, after->shown.word);
    churn__table_add_string(c->to, COL_UNIT, there->shown.unit);
}

static void add_common(change *c, const churn__score_line *line, churn_str name)
{
    static const uint8_t only = 0;
    churn__table_add_string(c->to, COL_KIND, kind_name(line->kind));
    churn__table_add_string(c->to, COL_NAME, name);
    churn__table_add_double(c->to, COL_POINTS_BEFORE, line->points_before);
    churn__table_add_double(c->to, COL_POINTS_AFTER, line->points);
    churn__table_add_double(c->to, COL_WEIGHT_BEFORE, line->weight_before);
    churn__table_add_double(c->to, COL_WEIGHT_AFTER, line->weight);
    churn__table_add_double(c->to, COL_CONTRIBUTION, (double)line->contribution / 1e6);
    for (uint32_t column = COL_CARD_BEFORE; column <= COL_PLAYBOOK_AFTER; column++) {
        churn__table_add_codes(c->to, column, &only, 1);
    }
}

/* Not just another weight, as something else came or went. */
static bool came_or_went(const churn__side_told *before, const churn__side_told *after)
{
    return isnan(before->points) != isnan(after->points) ||
           before->state->substituted != after->state->substituted;
}

static churn_status tell_factor(change *c, const churn__score_line *line, churn_error *err)
{
    churn_status st = CHURN_OK;
    const place *from = NULL, *to = NULL;
    places_of(c, line->kind, &from, &to);
    churn__side_told before = side_of(from, line->before), after = side_of(to, line->after);
    const churn__side_told *there = after.factor != NULL ? &after : &before;
    const churn__card_def *card = after.factor != NULL ? to->level.card : from->level.card;
    bool data = line->kind == CHURN__LINE_BEHAVIOUR ||
                (line->kind == CHURN__LINE_MISSINGNESS && came_or_went(&before, &after));
    add_common(c, line, there->factor->id);
    add_sides(c, &before, &after);
    churn__buf_reset(&c->text);
    churn__shown_path(&c->text, card, there->factor->group);
    churn__table_add_string(c->to, COL_GROUP, churn__buf_view(&c->text));
    churn__buf_reset(&c->text);
    churn__say_change(&c->text, line->kind, card_name(from), card_name(to), &before, &after);
    churn__table_add_string(c->to, COL_TEXT, churn__buf_view(&c->text));
    if (data) { /* both sides are of this playbook */
        CHURN_TRY(add_records(c, line->after != CHURN__NO_SLOT ? line->after : line->before, err));
    } else {
        churn__table_add_null(c->to, COL_RECORDS);
    }
done:
    return st;
}

static const churn__cap_def *cap_of(const change *c, const churn__score_line *line)
{
    return line->after != CHURN__NO_SLOT ? &c->steps.is->card->caps[line->after]
                                         : &c->steps.was->card->caps[line->before];
}

static void say_cap(change *c, const churn__cap_def *cap, const churn__score_line *line)
{
    if (cap->kind != CHURN__CAP_OVERRIDE) {
        churn__say_cap_change(&c->text, cap, line->points_before, line->points);
        return;
    }
    churn_str id = c->steps.is->def->id;
    churn__override_told before = churn__override_told_of(c->now, 0, id);
    churn__override_told told = churn__override_told_of(c->now, c->now->date_count - 1, id);
    churn__say_override_change(&c->text, &c->saying, line->points_before, line->points, &before,
                               &told);
}

/* The first line, the last one, or a cap. */
static void tell_other(change *c, const churn__score_line *line)
{
    const churn__side_told nothing = {.shown = {.value = (double)NAN}};
    bool after = line->kind == CHURN__LINE_AFTER;
    churn_str name = kind_name(line->kind);
    churn__buf_reset(&c->text);
    if (after || line->kind == CHURN__LINE_BEFORE) {
        churn__say_end(&c->text, &c->saying, after, c->old != NULL);
    } else {
        const churn__cap_def *cap = cap_of(c, line);
        name = cap->id;
        say_cap(c, cap, line);
    }
    add_common(c, line, name);
    add_sides(c, &nothing, &nothing);
    churn__table_add_null(c->to, COL_GROUP);
    churn__table_add_string(c->to, COL_TEXT, churn__buf_view(&c->text));
    churn__table_add_null(c->to, COL_RECORDS);
}

static churn_status tell(change *c, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    if (!begin_table(c)) {
        CHURN_TRY(churn__fail_memory(err, c->engine->heap));
    }
    for (uint32_t i = 0; i < c->count; i++) {
        const churn__score_line *line = &c->lines[i];
        bool factor = line->kind >= CHURN__LINE_CONFIGURATION && line->kind < CHURN__LINE_AFTER;
        if (factor) {
            CHURN_TRY(tell_factor(c, line, err));
        } else {
            tell_other(c, line);
        }
    }
    if (c->text.failed) {
        CHURN_TRY(churn__fail_memory(err, c->engine->heap));
    }
    st = churn__table_finish(c->to, out, err);
    c->to = NULL;
done:
    return st;
}

/* ---- all of it ---- */

static churn_status find_scores(change *c, const churn_explain_change_options *options,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__find_score(c->engine->playbook, options->score, &c->score, err));
    if (options->before != NULL) {
        churn_str id = c->engine->playbook->scores[c->score].id;
        c->old_score = churn__shown_score(options->before, id);
        if (c->old_score == CHURN__NONE) {
            CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "the playbook before has no score %q", &id);
        }
        CHURN_TRY(churn__engine_check_store(options->before, c->engine->store, err));
    }
done:
    return st;
}

static churn_status explain(change *c, churn__asking *asking,
                            const churn_explain_change_options *options, churn_table **out,
                            churn_error *err)
{
    churn_status st = CHURN_OK;
    c->engine = asking->engine;
    churn__arena_init(&c->arena, c->engine->heap);
    churn__buf_init(&c->text, c->engine->heap);
    CHURN_TRY(find_scores(c, options, err));
    CHURN_TRY(open_sides(c, asking, options->before, err));
    CHURN_TRY(take_steps(c, err));
    c->saying = (churn__saying){
        .playbook = c->engine->playbook, .as_of = c->dates[1], .before = c->dates[0]};
    CHURN_TRY(churn__score_explain_change(&c->steps, &c->arena, &c->lines, &c->count, err));
    CHURN_TRY(tell(c, out, err));
done:
    churn__table_abandon(c->to);
    churn__frame_close(c->old);
    churn__frame_close(c->now);
    churn__buf_clear(&c->text);
    churn__arena_clear(&c->arena);
    return st;
}

churn_status churn_engine_explain_change(churn_engine *engine, const char *customer, size_t len,
                                         churn_time before, churn_time as_of,
                                         const churn_explain_change_options *options,
                                         churn_table **out, churn_error *err)
{
    if (!out) {
        return churn__fail_null(err, "churn_engine_explain_change", "out");
    }
    *out = NULL;
    churn__asking asking = {.engine = NULL};
    change c = {.dates = {before, as_of}};
    churn_explain_change_options mine;
    churn_query_options query = {.struct_size = sizeof query};
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_explain_change_options", err));
    CHURN_TRY(churn__take_str(customer, len, false, 1024, "customer", &query.customer, err));
    if (mine.flags != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_explain_change_options: flags must be zero");
    }
    query.cancel = mine.cancel;
    CHURN_TRY(
        churn__asking_begin(engine, &query, 0, c.dates, before == as_of ? 1 : 2, &asking, err));
    CHURN_TRY(explain(&c, &asking, &mine, out, err));
done:
    churn__asking_end(&asking);
    return st;
}
