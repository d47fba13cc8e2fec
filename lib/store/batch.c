/* SPDX-License-Identifier: MIT */
#include "base/sort.h"
#include "store/load.h"

/* A whole load: many rows, one version of the store, one report. */

#define CANCEL_EVERY 4096
#define AHEAD 12 /* rows: as long as memory takes */

/* ---- options ---- */

static churn_time said(churn_time at)
{
    return at == 0 ? CHURN_TIME_NONE : at;
}

static churn_status check_time(churn_time at, const char *what, churn_error *err)
{
    bool ok = at == CHURN_TIME_NONE || (at >= CHURN_TIME_MIN && at <= CHURN_TIME_MAX);
    return ok ? CHURN_OK
              : churn__fail(err, CHURN_E_RANGE, 0,
                            "churn_load_options: %s lies outside the years "
                            "1 to 9999",
                            what);
}

static churn_status check_options(churn_load_options *o, churn_error *err)
{
    churn_status st = CHURN_OK;
    if ((o->flags & ~(CHURN_LOAD_STRICT | CHURN_LOAD_RETRACT)) != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_load_options: unknown flags");
    }
    if (o->unknown_customer < 0 || o->unknown_customer > CHURN_UNKNOWN_CUSTOMER_REJECT) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_load_options: unknown_customer is %d",
                   (int64_t)o->unknown_customer);
    }
    if (o->money < 0 || o->money > CHURN_MONEY_MINOR) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_load_options: money is %d", (int64_t)o->money);
    }
    if ((o->column_count > 0 && o->columns == NULL) ||
        (o->constant_count > 0 && o->constants == NULL) ||
        (o->value_count > 0 && o->values == NULL)) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_load_options: a count without its array");
    }
    CHURN_TRY(check_time(o->valid_from, "valid_from", err));
    CHURN_TRY(check_time(o->known_at, "known_at", err));
    CHURN_TRY(churn__take_str(o->source.ptr, o->source.len, true, ID_BYTES,
                              "churn_load_options: source", &o->source, err));
done:
    return st;
}

churn_status churn__store_open_zone(churn_store *store, churn_str name, churn__zone **out,
                                    churn_error *err)
{
    name = churn__str_arg(name.ptr, name.len);
    switch (churn__zone_open(store->heap, store->zoneinfo, name, out)) {
    case CHURN__ZONE_OK:
        return CHURN_OK;
    case CHURN__ZONE_UNKNOWN:
        return churn__fail(err, CHURN_E_NOT_FOUND, 0, "time zone %q: there is none of that name",
                           &name);
    case CHURN__ZONE_CORRUPT:
        return churn__fail(err, CHURN_E_CORRUPT, 0, "time zone %q: its file is damaged", &name);
    default:
        return churn__fail_memory(err, store->heap);
    }
}

churn_status churn__store_load_options(churn_store *store, const churn_load_options *given,
                                       churn_load_options *copy, load_settings *out,
                                       churn__zone **zone, churn_error *err)
{
    churn_status st = CHURN_OK;
    *zone = NULL;
    CHURN_TRY(churn__copy_struct(copy, sizeof *copy, given, "churn_load_options", err));
    CHURN_TRY(check_options(copy, err));
    if (copy->time_zone.ptr != NULL) {
        CHURN_TRY(churn__store_open_zone(store, copy->time_zone, zone, err));
    }
    bool create = copy->unknown_customer == 0
                      ? store->create_customers
                      : copy->unknown_customer == CHURN_UNKNOWN_CUSTOMER_CREATE;
    *out = (load_settings){
        .flags = copy->flags,
        .create_customers = create,
        .zone_declared = store->zone_declared || *zone != NULL,
        .money = copy->money,
        .valid_from = said(copy->valid_from),
        .known_at = said(copy->known_at),
        .zone = *zone != NULL ? *zone : store->zone,
        .source = copy->source,
        .cancel = copy->cancel,
        .replace = copy->replace,
    };
done:
    return st;
}

/* ---- rows ---- */

static churn_status load_batch(load *l, uint64_t *row_number, churn_error *err)
{
    churn_status st = CHURN_OK;
    const source *src = l->source;
    bool room = churn__load_entries(l);
    if (l->number == KIND_EVENT) {
        room = room && src->rows <= UINT32_MAX &&
               churn__store_stage_reserve(&l->stage->events, (size_t)src->rows);
    }
    if (!room) {
        CHURN_TRY(churn__fail_memory(err, l->store->heap));
    }
    if (churn__load_is_quick(l)) {
        return churn__load_quick(l, row_number, err);
    }
    for (uint64_t row = 0; row < src->rows; row++) {
        if (row % CANCEL_EVERY == 0) {
            churn__cancel_step(l->settings->cancel, *row_number);
            CHURN_TRY(churn__cancel_check(l->settings->cancel, err));
        }
        if (row + AHEAD < src->rows) {
            churn__load_ahead(l, row + AHEAD);
        }
        CHURN_TRY(churn__load_row(l, row, (*row_number)++, err));
    }
done:
    return st;
}

static churn_status load_batches(load *l, uint64_t *seen, churn_error *err)
{
    churn_status st = CHURN_OK;
    bool end = false;
    if (l->source->next == NULL) {
        churn__cancel_total(l->settings->cancel, l->source->rows);
        CHURN_TRY(load_batch(l, seen, err));
        churn__cancel_step(l->settings->cancel, *seen);
        goto done;
    }
    churn__cancel_total(l->settings->cancel, 0); /* nobody knows how many are to come */
    for (;;) {
        CHURN_TRY(l->source->next(l->source, &end, err));
        if (end) {
            break;
        }
        CHURN_TRY(load_batch(l, seen, err));
        churn__cancel_step(l->settings->cancel, *seen);
    }
done:
    return st;
}

/* ---- customers that came twice ---- */

/* Rows without known_at have the same one, whatever their `since`. */
static churn_time customer_known(const customer_row *row)
{
    return (row->head.flags & ROW_DATELESS) != 0 ? CHURN_TIME_NONE : row->head.known;
}

static int cmp_customers(const void *a, const void *b, const void *context)
{
    const customer_row *rows = context;
    const customer_row *x = &rows[*(const uint32_t *)a], *y = &rows[*(const uint32_t *)b];
    churn_time xk = customer_known(x), yk = customer_known(y);
    if (x->head.customer != y->head.customer) {
        return x->head.customer < y->head.customer ? -1 : 1;
    }
    if (x->valid_from != y->valid_from) {
        return x->valid_from < y->valid_from ? -1 : 1;
    }
    return (xk > yk) - (xk < yk);
}

static void drop_overruled(stage *s, const tally *t)
{
    attribute_row *attributes = (void *)s->rows[KIND_ATTRIBUTE].rows;
    for (size_t i = 0; i < s->rows[KIND_ATTRIBUTE].count; i++) {
        if ((t->by_origin[attributes[i].head.origin] & OUTCOME_CONFLICTING) != 0) {
            attributes[i].head.customer = CHURN__NO_CODE;
        }
    }
}

/* The last of the rows of one customer wins, with all its attributes. */
static bool overrule_customers(stage *s, tally *t, churn__heap *heap)
{
    size_t n = s->rows[KIND_CUSTOMER].count;
    customer_row *rows = (void *)s->rows[KIND_CUSTOMER].rows;
    uint32_t *order = churn__alloc_array(heap, n, sizeof *order);
    for (size_t i = 0; order != NULL && i < n; i++) {
        order[i] = (uint32_t)i;
    }
    bool ok = order != NULL && churn__sort(heap, order, n, sizeof *order, cmp_customers, rows);
    for (size_t i = 1; ok && i < n; i++) {
        if (cmp_customers(&order[i - 1], &order[i], rows) == 0) {
            uint8_t *outcome = &t->by_origin[rows[order[i - 1]].head.origin];
            *outcome = (uint8_t)(*outcome | OUTCOME_CONFLICTING);
        }
    }
    for (size_t i = 0; ok && i < n; i++) {
        bool lost = (t->by_origin[rows[i].head.origin] & OUTCOME_CONFLICTING) != 0;
        rows[i].head.customer = lost ? CHURN__NO_CODE : rows[i].head.customer;
        rows[i].valid_from = CHURN_TIME_NONE;
    }
    churn__free_array(heap, order, n, sizeof *order);
    if (ok) {
        drop_overruled(s, t);
    }
    return ok;
}

/* ---- the end of a load ---- */

static churn_status make_report(load *l, const tally *t, uint64_t seen, uint64_t customers,
                                churn_load_report *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    *out = (churn_load_report){
        .struct_size = sizeof *out,
        .seen = seen,
        .added = t->added,
        .updated = t->updated,
        .unchanged = t->unchanged,
        .conflicting = t->conflicting,
        .retracted = t->retracted,
        .rejected = l->rejected,
        .undated = l->undated,
        .unmapped = l->unmapped,
        .rewrote_history = t->rewrote,
        .late = t->late,
        .customers = customers,
    };
    if (l->rejections != NULL && l->rejected > 0) {
        churn__table_builder *b = l->rejections;
        l->rejections = NULL;
        CHURN_TRY(churn__table_finish(b, &out->rejections, err));
    }
done:
    return st;
}

static bool begin_rejections(load *l)
{
    l->rejections = churn__table_begin(l->store->heap, 0);
    if (l->rejections == NULL) {
        return false;
    }
    (void)churn__table_column(l->rejections, "row", CHURN_COLUMN_INT);
    (void)churn__table_column(l->rejections, "field", CHURN_COLUMN_STRING);
    (void)churn__table_column(l->rejections, "code", CHURN_COLUMN_STRING);
    (void)churn__table_column(l->rejections, "reason", CHURN_COLUMN_STRING);
    return true;
}

static uint32_t provided_bits(const load *l)
{
    bool attributes = l->number == KIND_CUSTOMER && l->source->attribute_count > 0;
    return 1u << l->number | (attributes ? 1u << KIND_ATTRIBUTE : 0);
}

static bool prepare_tally(load *l, tally *t)
{
    t->mark = churn__version_late_mark(l->store->current, l->number);
    if (l->number != KIND_CUSTOMER) {
        return true;
    }
    t->origins = (size_t)l->accepted;
    t->by_origin = churn__alloc_array_zero(l->store->heap, t->origins, sizeof *t->by_origin);
    return t->by_origin != NULL && overrule_customers(l->stage, t, l->store->heap);
}

/* From rows in a stage to a version in `out`, or none where nothing changed. */
static churn_status commit(load *l, tally *t, churn__version **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    bool retracts = (l->settings->flags & CHURN_LOAD_RETRACT) != 0;
    l->stage->provided |= retracts ? 0 : provided_bits(l);
    if (!prepare_tally(l, t)) {
        CHURN_TRY(churn__fail_memory(err, l->store->heap));
    }
    CHURN_TRY(churn__load_check_parents(l, t, err));
    CHURN_TRY(churn__store_commit(l->store, l->stage, t, true, l->settings->cancel, out, err));
    churn__store_tally_up(t);
done:
    return st;
}

/* A date or naive time was placed in a zone that nobody named. */
static void note_localised(load *l)
{
    if (l->values.localised && !l->settings->zone_declared) {
        atomic_store_explicit(&l->store->localised, true, memory_order_relaxed);
    }
}

static void publish(load *l, churn__version *version)
{
    churn_store *store = l->store;
    note_localised(l);
    if (version == NULL) {
        churn__store_rollback(store, l->stage);
        return;
    }
    churn__store_publish(store, version);
    churn__store_stage_mark(store, &store->pending);
}

/* ---- where rows come from ---- */

static churn_status begin_source(load *l, churn_error *err)
{
    churn_status st = CHURN_OK;
    bool retracts = (l->settings->flags & CHURN_LOAD_RETRACT) != 0;
    l->mapped = churn__load_maps(l);
    if (l->settings->source.len == 0 || retracts) {
        goto done;
    }
    uint32_t code = churn__dict_add(l->store->sources, l->settings->source);
    if (code == CHURN__NO_CODE) {
        CHURN_TRY(churn__fail_memory(err, l->store->heap));
    }
    if (code >= SOURCES_MAX) {
        CHURN_FAIL(CHURN_E_LIMIT, 0, "churn_load_options: source: the limit of %u is reached",
                   (uint64_t)SOURCES_MAX);
    }
    l->stage->source = code + 1;
done:
    return st;
}

/* ---- a slice that is replaced ---- */

static churn_status check_slice(const load *l, const churn_slice *s, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(check_time(s->from, "replace.from", err));
    CHURN_TRY(check_time(s->to, "replace.to", err));
    if (s->to != CHURN_TIME_NONE && s->from >= s->to) {
        CHURN_FAIL(CHURN_E_ARG, 0, "replace: `from` must come before `to`");
    }
    if ((l->settings->flags & CHURN_LOAD_RETRACT) != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "replace: rows that retract replace nothing");
    }
    if (l->number == KIND_CUSTOMER || l->number == KIND_ALIAS) {
        CHURN_FAIL(CHURN_E_ARG, 0, "replace: %s records have no instant and so no slices",
                   l->kind->name);
    }
    if (s->type_count > 0 && (s->types == NULL || l->number != KIND_EVENT)) {
        CHURN_FAIL(CHURN_E_ARG, 0, "replace: types are a list of types of events");
    }
done:
    return st;
}

/* Types that no event has yet become known, and are forgotten where none comes. */
static churn_status take_type(load *l, churn_str given, uint32_t *code, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__take_str(given.ptr, given.len, false, ID_BYTES, "replace.types", &given, err));
    *code = churn__dict_add(l->store->types, given);
    if (*code == CHURN__NO_CODE) {
        CHURN_TRY(churn__fail_memory(err, l->store->heap));
    }
done:
    return st;
}

static churn_status begin_slice(load *l, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_slice given;
    record_slice *s = &l->slice;
    if (l->settings->replace == NULL) {
        goto done;
    }
    CHURN_TRY(churn__copy_struct(&given, sizeof given, l->settings->replace, "churn_slice", err));
    CHURN_TRY(check_slice(l, &given, err));
    s->kind = l->number;
    s->from = given.from;
    s->to = given.to == CHURN_TIME_NONE ? FOREVER : given.to;
    s->known = l->settings->known_at;
    s->source = l->stage->source;
    s->types = churn__alloc_array(l->store->heap, given.type_count, sizeof *s->types);
    if (s->types == NULL) {
        CHURN_TRY(churn__fail_memory(err, l->store->heap));
    }
    s->type_count = given.type_count;
    for (uint32_t i = 0; i < s->type_count; i++) {
        CHURN_TRY(take_type(l, given.types[i], &s->types[i], err));
    }
    l->stage->replaced = s;
done:
    return st;
}

/* Rows without a column that each of them needs: one fault, not one a row. */
static churn_status check_columns(const load *l, churn_error *err)
{
    churn_status st = CHURN_OK;
    const source *src = l->source;
    for (uint32_t i = 0; src->rows > 0 && src->next == NULL && i < l->kind->field_count; i++) {
        if ((l->required >> i & 1) != 0 && (src->given >> i & 1) == 0) {
            CHURN_FAIL(CHURN_E_ARG, 0,
                       "%s: %u rows, and the column `%s`, which each needs, is not given",
                       l->kind->name, src->rows, l->kind->fields[i].name);
        }
    }
done:
    return st;
}

static churn_status load_all(load *l, churn_load_report *own, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = l->store->heap;
    churn__version *version = NULL;
    uint64_t seen = 0;
    moments when = {.heap = heap};
    tally t = {.mark = CHURN_TIME_NONE, .moments = &when};
    churn__store_stage_mark(l->store, l->stage);
    if (!churn__load_prepare(l)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    CHURN_TRY(begin_source(l, err));
    CHURN_TRY(churn__load_check_props(l, err));
    CHURN_TRY(begin_slice(l, err));
    CHURN_TRY(load_batches(l, &seen, err));
    CHURN_TRY(commit(l, &t, &version, err));
    uint64_t customers = version == NULL ? 0 : version->customers - l->store->current->customers;
    CHURN_TRY(make_report(l, &t, seen, customers, own, err));
    publish(l, version);
    version = NULL;
done:
    if (st != CHURN_OK) {
        churn__version_release(version);
        churn__store_rollback(l->store, l->stage);
    }
    churn__free_array(heap, t.by_origin, t.origins, sizeof *t.by_origin);
    churn__store_moments_clear(&when);
    churn__store_slice_clear(&l->slice, heap);
    return st;
}

churn_status churn__store_load(churn_store *store, uint32_t kind, source *from,
                               const load_settings *settings, churn_load_report *report,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_load_report own = {.struct_size = sizeof own};
    stage rows;
    load l;
    churn__load_init(&l, store, kind, from, settings);
    churn__store_stage_init(&rows, store->heap);
    l.stage = &rows;
    CHURN_TRY(churn__give_struct(report, &own, sizeof own, "churn_load_report", err));
    CHURN_TRY(check_columns(&l, err));
    CHURN_TRY(churn__store_begin_batch(store, err));
    if (report == NULL || begin_rejections(&l)) {
        st = load_all(&l, &own, err);
    } else {
        st = churn__fail_memory(err, store->heap);
    }
    churn__store_stage_clear(&rows);
    churn__load_clear(&l);
    churn__store_end(store);
    CHURN_TRY(st);
    (void)churn__give_struct(report, &own, sizeof own, "churn_load_report", err);
done:
    return st;
}

/* ---- one record ---- */

static churn_status check_records(const churn_store *store, uint32_t kind, churn_error *err)
{
    const stage *s = &store->pending;
    uint64_t waiting = kind == KIND_EVENT ? s->events.count : s->rows[kind].count;
    if (store->current->records[kind] + waiting < store->limits.records) {
        return CHURN_OK;
    }
    return churn__fail(err, CHURN_E_LIMIT, 0, "%s records: the limit of %u is reached",
                       churn__store_kinds[kind].name, store->limits.records);
}

/* What waits is sealed by whoever asks first. */
static churn_status load_one(load *l, churn_error *err)
{
    churn_store *store = l->store;
    churn_status st = check_records(store, l->number, err);
    if (st == CHURN_OK) {
        st = churn__load_prepare(l) ? churn__load_row(l, 0, CHURN_ROW_NONE, err)
                                    : churn__fail_memory(err, store->heap);
    }
    if (st == CHURN_OK) {
        store->pending.provided |= provided_bits(l);
        note_localised(l);
        atomic_store_explicit(&store->waiting, true, memory_order_release);
    }
    churn__load_clear(l);
    return st;
}

churn_status churn__store_load_source(churn_store *store, uint32_t kind, source *from,
                                      int32_t money, churn_error *err)
{
    load_settings settings = {.flags = CHURN_LOAD_STRICT,
                              .create_customers = store->create_customers,
                              .money = money,
                              .valid_from = CHURN_TIME_NONE,
                              .known_at = CHURN_TIME_NONE,
                              .zone_declared = store->zone_declared,
                              .zone = store->zone};
    load l;
    churn__load_init(&l, store, kind, from, &settings);
    l.stage = &store->pending;
    l.in_sequence = true;
    churn_status st = churn__store_begin_row(store, err);
    if (st == CHURN_OK) {
        st = load_one(&l, err);
        churn__store_end(store);
    }
    return st;
}

static named_values named_of(uint32_t kind, const void *record)
{
    const churn_customer *customer = record;
    const churn_event *event = record;
    if (kind == KIND_CUSTOMER) {
        return (named_values){customer->attributes, customer->attribute_count, false, "attributes",
                              "name of an attribute"};
    }
    return kind == KIND_EVENT ? (named_values){event->props, event->prop_count, true, "props",
                                               "name of a property"}
                              : (named_values){.count = 0};
}

churn_status churn__store_load_one(churn_store *store, uint32_t kind, const void *record,
                                   churn_error *err)
{
    churn_status st = CHURN_OK;
    named_values named = named_of(kind, record);
    uint32_t n = named.count;
    churn_str *names = NULL;
    struct_source from;
    churn__source_struct(&from, &churn__store_kinds[kind], record);
    if (n > 0) {
        CHURN_TRY(churn__source_names(store->heap, &named, &names, err));
        from.base.attribute_names = names;
        from.base.attribute_count = n;
        from.named = named.data;
    }
    CHURN_TRY(churn__store_load_source(store, kind, &from.base, CHURN_MONEY_MINOR, err));
done:
    churn__free_array(store->heap, names, n, sizeof *names);
    return st;
}
