/* SPDX-License-Identifier: MIT */
#include "store/story.h"

#include <math.h>

#include "base/sort.h"

/* One customer's story: lines are collected from wherever they are known, then put in order. */

/* ---- options ---- */

/* Of what is the business's alone, only announcements are part of every story. */
static bool is_told(uint32_t kind)
{
    return !churn__store_kinds[kind].business || kind == KIND_ANNOUNCEMENT;
}

static bool known_kind(const churn__story *s, churn_str name)
{
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        if (is_told(kind) && churn__str_eq(name, churn__str_nts(churn__store_kinds[kind].name))) {
            return true;
        }
    }
    for (uint32_t i = 0; s->others != NULL && s->others[i] != NULL; i++) {
        if (churn__str_eq(name, churn__str_nts(s->others[i]))) {
            return true;
        }
    }
    return false;
}

static churn_status check_kinds(const churn__story *s, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_story_options *o = &s->options;
    if (o->kind_count > 0 && o->kinds == NULL) {
        CHURN_TRY(churn__fail_null(err, "churn_story_options", "kinds"));
    }
    for (uint32_t i = 0; i < o->kind_count; i++) {
        churn_str name;
        CHURN_TRY(churn__take_str(o->kinds[i].ptr, o->kinds[i].len, false, ID_BYTES, "kinds", &name,
                                  err));
        if (!known_kind(s, name)) {
            CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "kinds: a story has no lines of kind %q", &name);
        }
    }
done:
    return st;
}

static bool bad_instant(churn_time at)
{
    return at != CHURN_TIME_NONE && (at < CHURN_TIME_MIN || at > CHURN_TIME_MAX);
}

static churn_status take_options(churn__story *s, churn_time as_of, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_story_options *o = &s->options;
    s->as_of = as_of;
    s->from = o->from == 0 ? CHURN_TIME_NONE : o->from;
    s->to = o->to == 0 || o->to == CHURN_TIME_NONE ? INT64_MAX : o->to;
    if (o->flags != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_story_options: flags must be zero");
    }
    if (bad_instant(o->from) || bad_instant(o->to) || bad_instant(as_of)) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "story: an instant lies outside the years 1 to 9999");
    }
    CHURN_TRY(check_kinds(s, err));
done:
    return st;
}

static bool wants_kind(const churn__story *s, const char *name)
{
    const churn_story_options *o = &s->options;
    bool wanted = o->kind_count == 0;
    for (uint32_t i = 0; !wanted && i < o->kind_count; i++) {
        wanted =
            churn__str_eq(churn__str_arg(o->kinds[i].ptr, o->kinds[i].len), churn__str_nts(name));
    }
    return wanted;
}

/* ---- life ---- */

churn_status churn__story_open(churn__heap *heap, const churn_story_options *options,
                               const char *const *others, churn_time as_of, churn__story **out,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__story *s = churn__alloc_zero(heap, sizeof *s);
    *out = NULL;
    if (s == NULL) {
        return churn__fail_memory(err, heap);
    }
    s->heap = churn__heap_retain(heap);
    s->others = others;
    churn__arena_init(&s->texts, heap);
    churn__buf_init(&s->buf, heap);
    CHURN_TRY(
        churn__copy_struct(&s->options, sizeof s->options, options, "churn_story_options", err));
    CHURN_TRY(take_options(s, as_of, err));
    *out = s;
    s = NULL;
done:
    churn__story_close(s);
    return st;
}

void churn__story_close(churn__story *s)
{
    if (s == NULL) {
        return;
    }
    churn__heap *heap = s->heap;
    churn__free_array(heap, s->lines, s->capacity, sizeof *s->lines);
    churn__arena_clear(&s->texts);
    churn__buf_clear(&s->buf);
    churn__version_release(s->version);
    churn__free(heap, s, sizeof *s);
    churn__heap_release(heap);
}

/* ---- lines ---- */

void churn__story_line_init(churn__story_line *line, const char *kind, churn_time at)
{
    *line =
        (churn__story_line){.at = at, .kind = kind, .value = (double)NAN, .amount = CHURN_INT_NONE};
}

static uint32_t order_of(const churn__story *s, const char *name)
{
    uint32_t order = 0;
    while (order < KINDS && strcmp(churn__store_kinds[order].name, name) != 0) {
        order++;
    }
    if (order < KINDS) {
        return (uint32_t)churn__store_kinds[order].record;
    }
    for (order = 0; s->others[order] != NULL && strcmp(s->others[order], name) != 0; order++) {
    }
    return INT32_MAX + order;
}

void churn__story_add(churn__story *s, const churn__story_line *line)
{
    if (line->at < s->from || line->at >= s->to || !wants_kind(s, line->kind)) {
        return;
    }
    if (!churn__grow(s->heap, (void **)&s->lines, &s->capacity, s->count + 1, sizeof *s->lines)) {
        s->failed = true;
        return;
    }
    s->lines[s->count] = *line;
    s->lines[s->count++].order = order_of(s, line->kind);
}

churn_str churn__story_text(churn__story *s, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    size_t len = churn__formatv(text, sizeof text, format, args);
    va_end(args);
    churn_str kept = churn__arena_str(&s->texts, text, len);
    s->failed = s->failed || kept.ptr == NULL;
    return kept;
}

static churn_status tell_kind(churn__story *s, uint32_t kind, uint32_t customer, churn_error *err)
{
    reading r;
    churn_status st = churn__reading_of(&r, s->version, kind, customer, s->as_of, err);
    if (st != CHURN_OK) {
        return st;
    }
    if (!churn__story_tell(s, &r, customer) || s->failed) {
        st = churn__fail_memory(err, s->heap);
    }
    churn__reading_close(&r);
    return st;
}

churn_status churn__story_records(churn__story *s, churn__version *version, uint32_t customer,
                                  churn_error *err)
{
    churn_status st = CHURN_OK;
    s->version = churn__version_retain(version);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        CHURN_TRY(churn__cancel_check(s->options.cancel, err));
        if (is_told(kind) && wants_kind(s, churn__store_kinds[kind].name)) {
            bool business = churn__store_kinds[kind].business;
            CHURN_TRY(tell_kind(s, kind, business ? CHURN__BUSINESS : customer, err));
        }
    }
done:
    return st;
}

/* ---- the table ---- */

static const churn__table_head columns[] = {
    {"at", CHURN_COLUMN_TIME},     {"kind", CHURN_COLUMN_STRING},
    {"id", CHURN_COLUMN_STRING},   {"what", CHURN_COLUMN_STRING},
    {"user", CHURN_COLUMN_STRING}, {"value", CHURN_COLUMN_DOUBLE},
    {"amount", CHURN_COLUMN_INT},  {"currency", CHURN_COLUMN_STRING},
    {"text", CHURN_COLUMN_STRING}, {"details", CHURN_COLUMN_STRING},
};

static int cmp_lines(const void *a, const void *b, const void *context)
{
    const churn__story_line *x = a, *y = b;
    (void)context;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    if (x->order != y->order) {
        return x->order < y->order ? -1 : 1;
    }
    return churn__str_cmp(x->id, y->id);
}

static void add_line(churn__table_builder *table, const churn__story_line *line)
{
    churn__table_add_time(table, 0, line->at);
    churn__table_add_string(table, 1, churn__str_nts(line->kind));
    churn__table_add_string(table, 2, line->id);
    churn__table_add_string(table, 3, line->what);
    churn__table_add_string(table, 4, line->user);
    churn__table_add_double(table, 5, line->value);
    if (line->amount == CHURN_INT_NONE) {
        churn__table_add_null(table, 6);
    } else {
        churn__table_add_int(table, 6, line->amount);
    }
    churn__table_add_string(table, 7, line->currency);
    churn__table_add_string(table, 8, line->text);
    churn__table_add_string(table, 9, line->details);
}

churn_status churn__story_table(churn__story *s, churn_table **out, churn_error *err)
{
    uint64_t limit = s->options.limit;
    size_t first = limit != 0 && limit < s->count ? s->count - (size_t)limit : 0;
    if (s->failed || !churn__sort(s->heap, s->lines, s->count, sizeof *s->lines, cmp_lines, NULL)) {
        return churn__fail_memory(err, s->heap);
    }
    churn__table_builder *table = churn__table_begin(s->heap, s->count - first);
    if (table == NULL) {
        return churn__fail_memory(err, s->heap);
    }
    churn__table_columns(table, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = first; i < s->count; i++) {
        add_line(table, &s->lines[i]);
    }
    return churn__table_finish(table, out, err);
}

/* ---- the call ---- */

static churn_status find(const churn__version *version, const char *customer, size_t len,
                         uint32_t *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str id;
    CHURN_TRY(churn__take_str(customer, len, false, ID_BYTES, "customer", &id, err));
    *out = churn__version_find_customer(version, id);
    if (*out == CHURN__NO_CODE) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "customer: the store has none with this id");
    }
done:
    return st;
}

churn_status churn_store_story(churn_store *store, const char *customer, size_t len,
                               const churn_story_options *options, churn_table **out,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__version *version = NULL;
    churn__story *story = NULL;
    uint32_t code = CHURN__NO_CODE;
    churn_story_options mine;
    if (store == NULL || out == NULL) {
        return churn__fail_null(err, "churn_store_story", store == NULL ? "store" : "out");
    }
    *out = NULL;
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_story_options", err));
    CHURN_TRY(churn__store_pin(store, &version, err));
    CHURN_TRY(find(version, customer, len, &code, err));
    CHURN_TRY(churn__story_open(churn__store_heap(store), options, NULL,
                                mine.as_of == 0 ? CHURN_TIME_NONE : mine.as_of, &story, err));
    CHURN_TRY(churn__story_records(story, version, code, err));
    CHURN_TRY(churn__story_table(story, out, err));
done:
    churn__story_close(story);
    churn__version_release(version);
    return st;
}
