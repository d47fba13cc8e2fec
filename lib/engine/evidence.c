/* SPDX-License-Identifier: MIT */
#include "engine/evidence.h"

#include <math.h>

#include "base/sort.h"
#include "engine/explain.h"

/* The records behind a metric's value, and which of them came and went between two dates. */

/* ---- two lists ---- */

static int compare_values(const churn__value *a, const churn__value *b)
{
    if (a->type != b->type) {
        return a->type < b->type ? -1 : 1;
    }
    switch (a->type) {
    case CHURN__TYPE_DOUBLE:
        return (a->as.d > b->as.d) - (a->as.d < b->as.d);
    case CHURN__TYPE_STRING:
        return churn__str_cmp(a->as.s, b->as.s);
    case CHURN__TYPE_BOOL:
        return (int)a->as.b - (int)b->as.b;
    case 0:
        return 0;
    default:
        return (a->as.i > b->as.i) - (a->as.i < b->as.i);
    }
}

static int compare_rows(const churn__evidence_row *a, const churn__evidence_row *b)
{
    int by = (a->at > b->at) - (a->at < b->at);
    by = by != 0 ? by : (a->kind > b->kind) - (a->kind < b->kind);
    by = by != 0 ? by : churn__str_cmp(a->id, b->id);
    by = by != 0 ? by : churn__str_cmp(a->what, b->what);
    by = by != 0 ? by : churn__str_cmp(a->user, b->user);
    return by != 0 ? by : compare_values(&a->value, &b->value);
}

static int compare_sorted(const void *a, const void *b, const void *context)
{
    (void)context;
    return compare_rows(a, b);
}

/* What two parts of a metric share is one record. */
static void drop_twins(churn__evidence *list)
{
    uint64_t kept = 0;
    for (uint64_t i = 0; i < list->count; i++) {
        if (kept == 0 || compare_rows(&list->rows[kept - 1], &list->rows[i]) != 0) {
            list->rows[kept++] = list->rows[i];
        }
    }
    list->count = kept;
}

static bool grow(churn__heap *heap, churn__evidence *list, uint64_t more)
{
    void *rows = list->rows;
    bool ok =
        churn__grow(heap, &rows, &list->capacity, (size_t)(list->count + more), sizeof *list->rows);
    list->rows = rows;
    return ok;
}

static churn_status add_metric(churn__frame *frame, uint32_t metric, uint32_t date,
                               churn__evidence *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__evidence found = {.count = 0};
    CHURN_TRY(churn__metric_evidence(frame->plan, frame->reader, frame->customers[0], metric, date,
                                     true, &found, err));
    if (!grow(frame->heap, out, found.count)) {
        CHURN_TRY(churn__fail_memory(err, frame->heap));
    }
    for (uint64_t i = 0; i < found.count; i++) {
        out->rows[out->count++] = found.rows[i];
    }
done:
    churn__evidence_free(frame->heap, &found);
    return st;
}

/* Each child that counts is a row, with its score. */
static churn_status add_children(churn__frame *frame, uint32_t roll_up, uint32_t date,
                                 churn__evidence *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__roll_up_def *def = &frame->playbook->roll_ups[roll_up];
    const churn__family_child *children = NULL;
    uint32_t n = 0;
    CHURN_TRY(churn__family_children(frame, roll_up, date, &children, &n, err));
    if (!grow(frame->heap, out, n)) {
        CHURN_TRY(churn__fail_memory(err, frame->heap));
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!isnan(children[i].score)) {
            out->rows[out->count++] = (churn__evidence_row){
                .kind = CHURN_RECORD_CUSTOMER,
                .at = CHURN_TIME_NONE,
                .id = churn__version_customer_id(frame->version, children[i].customer),
                .what = frame->playbook->scores[def->score].id,
                .value = {.type = CHURN__TYPE_DOUBLE, .as.d = children[i].score},
                .share = children[i].share};
        }
    }
done:
    return st;
}

static bool has_twins(const churn_playbook *playbook, const churn__sources *sources)
{
    return sources->metric_count + sources->roll_up_count > 1 ||
           (sources->metric_count == 1 &&
            churn__metric_is_derived(&playbook->metrics[sources->metrics[0]]));
}

churn_status churn__evidence_list(churn__frame *frame, const churn__sources *sources, uint32_t date,
                                  churn__evidence *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < sources->metric_count && frame->plan != NULL; i++) {
        CHURN_TRY(add_metric(frame, sources->metrics[i], date, out, err));
    }
    for (uint32_t i = 0; i < sources->roll_up_count; i++) {
        CHURN_TRY(add_children(frame, sources->roll_ups[i], date, out, err));
    }
    if (!churn__sort(frame->heap, out->rows, (size_t)out->count, sizeof *out->rows, compare_sorted,
                     NULL)) {
        CHURN_TRY(churn__fail_memory(err, frame->heap));
    }
    if (has_twins(frame->playbook, sources)) {
        drop_twins(out);
    }
done:
    return st;
}

void churn__evidence_differ(const churn__evidence *before, const churn__evidence *after,
                            churn__evidence_use use, void *context)
{
    uint64_t i = 0, k = 0;
    while (i < before->count || k < after->count) {
        int by = i == before->count  ? 1
                 : k == after->count ? -1
                                     : compare_rows(&before->rows[i], &after->rows[k]);
        if (by < 0) {
            use(context, &before->rows[i++], CHURN__EVIDENCE_LEFT);
        } else if (by > 0) {
            use(context, &after->rows[k++], CHURN__EVIDENCE_ENTERED);
        } else {
            use(context, &after->rows[k++], CHURN__EVIDENCE_STAYED);
            i++;
        }
    }
}

/* ---- the table ---- */

enum { COL_KIND, COL_ID, COL_AT, COL_WHAT, COL_USER, COL_VALUE, COL_WORD, COL_CHANGE, COL_SHARE };

typedef struct telling {
    churn__table_builder *to;
    bool changes; /* there is a date to compare with */
} telling;

static churn__table_builder *begin_table(churn__heap *heap, uint64_t rows)
{
    static const churn_str changes[] = {{"in", 2}, {"entered", 7}, {"left", 4}};
    churn__table_builder *to = churn__table_begin(heap, rows);
    if (to != NULL) {
        churn__table_column(to, "kind", CHURN_COLUMN_STRING);
        churn__table_column(to, "id", CHURN_COLUMN_STRING);
        churn__table_column(to, "at", CHURN_COLUMN_TIME);
        churn__table_column(to, "what", CHURN_COLUMN_STRING);
        churn__table_column(to, "user", CHURN_COLUMN_STRING);
        churn__table_column(to, "value", CHURN_COLUMN_DOUBLE);
        churn__table_column(to, "word", CHURN_COLUMN_STRING);
        churn__table_choice_column(to, "change", changes, 3);
        churn__table_column(to, "share", CHURN_COLUMN_DOUBLE);
    }
    return to;
}

/* Numbers, and truths as 1 and 0; texts, truths and instants as words. */
static void add_value(churn__table_builder *to, const churn__value *value)
{
    char instant[40];
    double number = (double)NAN;
    churn_str word = {NULL, 0};
    bool there = value->missing == CHURN__PRESENT;
    switch (there ? value->type : 0) {
    case CHURN__TYPE_DOUBLE:
        number = value->as.d;
        break;
    case CHURN__TYPE_INT:
        number = (double)value->as.i;
        break;
    case CHURN__TYPE_BOOL:
        number = value->as.b;
        word = value->as.b ? CHURN__STR("true") : CHURN__STR("false");
        break;
    case CHURN__TYPE_STRING:
        word = value->as.s;
        break;
    case CHURN__TYPE_TIME:
        word = (churn_str){instant, churn__instant_print(value->as.t, instant)};
        break;
    default:
        break;
    }
    churn__table_add_double(to, COL_VALUE, number);
    churn__table_add_string(to, COL_WORD, word);
}

static void tell_row(void *context, const churn__evidence_row *row, churn__evidence_change change)
{
    const telling *t = context;
    uint8_t code = (uint8_t)(t->changes ? change : CHURN__EVIDENCE_STAYED);
    const char *kind = churn__record_kind_name(row->kind);
    churn__table_add_string(t->to, COL_KIND, churn__str_nts(kind));
    churn__table_add_string(t->to, COL_ID, row->id);
    churn__table_add_time(t->to, COL_AT, row->at > CHURN_TIME_MIN ? row->at : CHURN_TIME_NONE);
    churn__table_add_string(t->to, COL_WHAT, row->what);
    churn__table_add_string(t->to, COL_USER, row->user);
    add_value(t->to, &row->value);
    churn__table_add_codes(t->to, COL_CHANGE, &code, 1);
    churn__table_add_double(t->to, COL_SHARE,
                            row->kind == CHURN_RECORD_CUSTOMER ? row->share : (double)NAN);
}

/* ---- all of it ---- */

/* What is asked about: a metric, a score, or one of its factors. */
typedef struct subject {
    uint32_t metric, score, factor; /* CHURN__NONE: not this */
    churn__sources sources;
    churn__arena arena;
} subject;

static churn_status no_metric(const churn_engine *engine, churn_str name, churn_error *err)
{
    const churn_playbook *playbook = engine->playbook;
    churn_str near = {NULL, 0};
    churn_str *names = churn__alloc_array(engine->heap, playbook->declared_count, sizeof *names);
    for (uint32_t i = 0; names != NULL && i < playbook->declared_count; i++) {
        names[i] = playbook->metrics[i].id;
    }
    if (names != NULL) {
        near = churn__nearest(name, names, playbook->declared_count);
    }
    churn__free_array(engine->heap, names, playbook->declared_count, sizeof *names);
    if (near.ptr == NULL) {
        return churn__fail(err, CHURN_E_NOT_FOUND, 0, "unknown metric %q", &name);
    }
    return churn__fail(err, CHURN_E_NOT_FOUND, 0, "unknown metric %q; did you mean %q?", &name,
                       &near);
}

static churn_status find_factor(const churn__score_def *score, churn_str name, uint32_t *out,
                                churn_error *err)
{
    for (uint32_t f = 0; f < score->factor_count; f++) {
        if (churn__str_eq(score->cards[0].factors[f].id, name)) {
            *out = f;
            return CHURN_OK;
        }
    }
    return churn__fail(err, CHURN_E_NOT_FOUND, 0, "the score %q has no factor %q", &score->id,
                       &name);
}

/* "logins_28d", "health" or "health.usage". Ids have no dots. */
static churn_status find_subject(const churn_engine *engine, churn_str name, subject *out,
                                 churn_error *err)
{
    const churn_playbook *playbook = engine->playbook;
    size_t dot = 0;
    for (uint32_t i = 0; i < playbook->declared_count; i++) {
        if (churn__str_eq(playbook->metrics[i].id, name)) {
            out->metric = i;
            return CHURN_OK;
        }
    }
    while (dot < name.len && name.ptr[dot] != '.') {
        dot++;
    }
    out->score = churn__shown_score(playbook, (churn_str){name.ptr, dot});
    if (out->score == CHURN__NONE) {
        return no_metric(engine, name, err);
    }
    if (dot == name.len) {
        return CHURN_OK;
    }
    const churn_str factor = {name.ptr + dot + 1, name.len - dot - 1};
    return find_factor(&playbook->scores[out->score], factor, &out->factor, err);
}

static churn_status find_sources(const churn_engine *engine, subject *s, churn_error *err)
{
    if (s->metric != CHURN__NONE) {
        s->sources = (churn__sources){.metrics = &s->metric, .metric_count = 1};
    } else if (!churn__sources_find(engine->playbook, &s->arena, s->score, s->factor,
                                    &s->sources)) {
        return churn__fail_memory(err, engine->heap);
    }
    return CHURN_OK;
}

static churn_status tell(churn__frame *frame, const churn__sources *sources, churn_table **out,
                         churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__evidence before = {.count = 0}, after = {.count = 0};
    telling t = {.changes = frame->date_count > 1};
    if (t.changes) {
        CHURN_TRY(churn__evidence_list(frame, sources, 0, &before, err));
    }
    CHURN_TRY(churn__evidence_list(frame, sources, frame->date_count - 1, &after, err));
    t.to = begin_table(churn__store_heap(frame->engine->store), after.count);
    if (t.to == NULL) {
        CHURN_TRY(churn__fail_memory(err, frame->heap));
    }
    churn__evidence_differ(t.changes ? &before : &after, &after, tell_row, &t);
    st = churn__table_finish(t.to, out, err);
done:
    churn__evidence_free(frame->heap, &before);
    churn__evidence_free(frame->heap, &after);
    return st;
}

static churn_status search(churn__asking *asking, const subject *s, const churn_time *dates,
                           uint32_t date_count, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_engine *engine = asking->engine;
    churn__frame *frame = NULL;
    bool metric = s->metric != CHURN__NONE;
    uint32_t slot =
        metric ? churn__playbook_slot(engine->playbook, CHURN__SLOT_METRIC, s->metric, 0) : 0;
    const churn__frame_options want = {
        .only_score = s->score, .one_customer = true, .slots = &slot, .slot_count = metric};
    CHURN_TRY(churn__frame_open(engine, asking->version, dates, date_count, &want, &frame, err));
    CHURN_TRY(churn__frame_survey(frame, engine, &want, asking->options.cancel, err));
    CHURN_TRY(churn__frame_fill(frame, asking->order, 1, err));
    if (!frame->exists[date_count - 1]) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "the customer does not exist at as_of");
    }
    CHURN_TRY(tell(frame, &s->sources, out, err));
done:
    churn__frame_close(frame);
    return st;
}

churn_status churn_engine_evidence(churn_engine *engine, const char *customer, size_t customer_len,
                                   const char *metric, size_t metric_len, churn_time from,
                                   churn_time as_of, const churn_query_options *options,
                                   churn_table **out, churn_error *err)
{
    if (!out) {
        return churn__fail_null(err, "churn_engine_evidence", "out");
    }
    *out = NULL;
    churn__asking asking = {.engine = NULL};
    churn_query_options mine;
    churn_str name = {NULL, 0};
    subject about = {.metric = CHURN__NONE, .score = CHURN__NONE, .factor = CHURN__NONE};
    bool both = from != CHURN_TIME_NONE;
    const churn_time dates[] = {both ? from : as_of, as_of};
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_query_options", err));
    mine.struct_size = sizeof mine;
    CHURN_TRY(
        churn__take_str(customer, customer_len, false, 1024, "customer", &mine.customer, err));
    CHURN_TRY(churn__take_str(metric, metric_len, false, 1024, "metric", &name, err));
    CHURN_TRY(churn__asking_begin(engine, &mine, 0, dates, both ? 2 : 1, &asking, err));
    churn__arena_init(&about.arena, engine->heap);
    CHURN_TRY(find_subject(engine, name, &about, err));
    CHURN_TRY(find_sources(engine, &about, err));
    CHURN_TRY(search(&asking, &about, dates, both ? 2 : 1, out, err));
done:
    churn__arena_clear(&about.arena);
    churn__asking_end(&asking);
    return st;
}
