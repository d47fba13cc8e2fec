/* SPDX-License-Identifier: MIT */
#include "engine/evidence.h"

#include <math.h>

#include "base/sort.h"

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

churn_status churn__evidence_list(churn__frame *frame, uint32_t metric, uint32_t date,
                                  churn__evidence *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__metric_evidence(frame->plan, frame->reader, frame->customers[0], metric, date,
                                     true, out, err));
    if (!churn__sort(frame->heap, out->rows, (size_t)out->count, sizeof *out->rows, compare_sorted,
                     NULL)) {
        CHURN_TRY(churn__fail_memory(err, frame->heap));
    }
    if (churn__metric_is_derived(&frame->playbook->metrics[metric])) {
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

enum { COL_KIND, COL_ID, COL_AT, COL_WHAT, COL_USER, COL_VALUE, COL_WORD, COL_CHANGE };

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
}

/* ---- all of it ---- */

static churn_status find_metric(const churn_engine *engine, churn_str name, uint32_t *out,
                                churn_error *err)
{
    const churn_playbook *playbook = engine->playbook;
    churn_str near = {NULL, 0};
    for (uint32_t i = 0; i < playbook->declared_count; i++) {
        if (churn__str_eq(playbook->metrics[i].id, name)) {
            *out = i;
            return CHURN_OK;
        }
    }
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

static churn_status tell(churn__frame *frame, uint32_t metric, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__evidence before = {.count = 0}, after = {.count = 0};
    telling t = {.changes = frame->date_count > 1};
    if (t.changes) {
        CHURN_TRY(churn__evidence_list(frame, metric, 0, &before, err));
    }
    CHURN_TRY(churn__evidence_list(frame, metric, frame->date_count - 1, &after, err));
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

static churn_status search(churn__asking *asking, uint32_t metric, const churn_time *dates,
                           uint32_t date_count, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_engine *engine = asking->engine;
    churn__frame *frame = NULL;
    uint32_t slot = churn__playbook_slot(engine->playbook, CHURN__SLOT_METRIC, metric, 0);
    const churn__frame_options want = {
        .only_score = CHURN__NONE, .one_customer = true, .slots = &slot, .slot_count = 1};
    CHURN_TRY(churn__frame_open(engine, asking->version, dates, date_count, &want, &frame, err));
    CHURN_TRY(churn__frame_survey(frame, engine, &want, asking->options.cancel, err));
    CHURN_TRY(churn__frame_fill(frame, asking->order, 1, err));
    if (!frame->exists[date_count - 1]) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "the customer does not exist at as_of");
    }
    CHURN_TRY(tell(frame, metric, out, err));
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
    uint32_t number = 0;
    bool both = from != CHURN_TIME_NONE;
    const churn_time dates[] = {both ? from : as_of, as_of};
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_query_options", err));
    mine.struct_size = sizeof mine;
    CHURN_TRY(
        churn__take_str(customer, customer_len, false, 1024, "customer", &mine.customer, err));
    CHURN_TRY(churn__take_str(metric, metric_len, false, 1024, "metric", &name, err));
    CHURN_TRY(churn__asking_begin(engine, &mine, 0, dates, both ? 2 : 1, &asking, err));
    CHURN_TRY(find_metric(engine, name, &number, err));
    CHURN_TRY(search(&asking, number, dates, both ? 2 : 1, out, err));
done:
    churn__asking_end(&asking);
    return st;
}
