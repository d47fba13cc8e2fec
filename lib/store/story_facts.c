/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/sort.h"
#include "store/story.h"

/*
 * What records say, in lines. Every kind follows from its table of fields: a line for the record's
 * own instant, one for each instant that dates itself, and, of states, what changed since the last.
 * The table below only knows better words.
 */
typedef struct fact {
    const char *kind;
    const char *field;                 /* that dates it; NULL: the record's own instant */
    const char *what;                  /* {field} stands for its text */
    const char *value, *amount, *text; /* fields that have columns of their own */
} fact;

static const fact facts[] = {
    {"customer", NULL, "became a customer", NULL, NULL, NULL},
    {"invoice", NULL, "issued invoice", NULL, "amount", NULL},
    {"invoice", "paid_at", "paid invoice", NULL, "amount", NULL},
    {"invoice", "failed_at", "payment failed", NULL, "amount", "failure"},
    {"invoice", "refunded_at", "refunded invoice", NULL, "refunded", NULL},
    {"ticket", NULL, "opened ticket", NULL, NULL, "text"},
    {"ticket", "first_response_at", "answered ticket", NULL, NULL, NULL},
    {"ticket", "closed_at", "closed ticket", "csat", NULL, NULL},
    {"ticket", "reopened_at", "reopened ticket", NULL, NULL, NULL},
    {"survey", NULL, "answered {kind} survey", "score", NULL, "text"},
    {"churn", NULL, "churned: {kind}", NULL, "amount", "reason"},
    {"subscription", "ended_at", "subscription ended", NULL, "amount", NULL},
    {"subscription", "cancel_requested_at", "asked to cancel subscription", NULL, NULL, NULL},
    {"alias", NULL, "known to {source} as {alias}", NULL, NULL, NULL},
    {"milestone", NULL, "reached {name}", NULL, NULL, NULL},
    {"touchpoint", NULL, "contacted by {channel}", NULL, NULL, NULL},
    {"touchpoint", "opened_at", "opened message", NULL, NULL, NULL},
    {"touchpoint", "clicked_at", "clicked in message", NULL, NULL, NULL},
    {"touchpoint", "replied_at", "replied", NULL, NULL, NULL},
    {"touchpoint", "outcome_at", "outcome: {outcome}", NULL, NULL, "outcome"},
    {"announcement", NULL, "announced {name}", NULL, NULL, NULL},
    {"override", NULL, "judged {score}", "value", NULL, "reason"},
    {"override", "value", "took back what was judged of {score}", NULL, NULL, "reason"},
};

/* The records of one kind while they are told. */
typedef struct telling {
    churn__story *story;
    const reading *r;
    const kind_info *kind;
    const field *when, *id, *user, *currency, *status;
} telling;

static const fact *fact_of(const kind_info *kind, const char *dated_by)
{
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        const fact *f = &facts[i];
        bool same = dated_by == NULL ? f->field == NULL
                                     : f->field != NULL && strcmp(f->field, dated_by) == 0;
        if (same && strcmp(f->kind, kind->name) == 0) {
            return f;
        }
    }
    return NULL;
}

static const field *named(const kind_info *kind, const char *name)
{
    return name == NULL ? NULL : churn__store_field(kind, churn__str_nts(name));
}

static bool dates_itself(const kind_info *kind, const field *f)
{
    bool found = false;
    for (uint32_t i = 0; i < kind->mask_count; i++) {
        found = found || (kind->masks[i].time == f->row && kind->masks[i].target == f->row);
    }
    return found;
}

/* Is a field seen only from another one's instant on? */
static bool dated_by_other(const kind_info *kind, const field *f)
{
    bool found = false;
    for (uint32_t i = 0; i < kind->mask_count; i++) {
        found = found || (kind->masks[i].time != f->row && kind->masks[i].target == f->row);
    }
    return found;
}

/* ---- fields of lines ---- */

/* A copy that lives as long as the story; {NULL, 0} for nothing. */
static churn_str keep(churn__story *s)
{
    churn_str text = churn__buf_view(&s->buf);
    churn_str kept = {NULL, 0};
    s->failed = s->failed || s->buf.failed;
    if (!s->failed && text.len > 0) {
        kept = churn__arena_str(&s->texts, text.ptr, text.len);
        s->failed = kept.ptr == NULL;
    }
    return kept;
}

static churn_str text_of(const telling *t, const field *f, const void *row)
{
    return f == NULL ? (churn_str){NULL, 0} : churn__field_str(t->r, f, row);
}

static int64_t integer_of(const field *f, const void *row)
{
    int64_t value = CHURN_INT_NONE;
    if (f != NULL) {
        memcpy(&value, (const char *)row + f->row, sizeof value);
    }
    return value;
}

static double number_of(const field *f, const void *row)
{
    double value = (double)NAN;
    if (f != NULL) {
        memcpy(&value, (const char *)row + f->row, sizeof value);
    }
    return value;
}

/* "answered {kind} survey" with the fields of a row. */
static churn_str say(const telling *t, const char *words, const void *row)
{
    churn__buf *buf = &t->story->buf;
    churn__buf_reset(buf);
    for (const char *at = words; *at != '\0'; at++) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (end == NULL) {
            churn__buf_char(buf, *at);
            continue;
        }
        const field *f = churn__store_field(t->kind, (churn_str){at + 1, (size_t)(end - at) - 1});
        if (f != NULL) {
            churn__field_text(t->r, f, row, buf);
        }
        at = end;
    }
    return keep(t->story);
}

/* ---- details ---- */

static bool is_named(const field *f, const char *name)
{
    return name != NULL && strcmp(f->name, name) == 0;
}

/* Fields that every line shows elsewhere, or that are lines of their own. */
static bool has_place(const telling *t, const field *f)
{
    return f->type == FIELD_CUSTOMER || f == t->when || f == t->id || f == t->user ||
           f == t->currency || is_named(f, "known_at") || dates_itself(t->kind, f) ||
           f->type == FIELD_VALUE || (t->kind->states && is_named(f, "name")) ||
           (t->r->number == KIND_CUSTOMER && f->row != offsetof(row_head, customer));
}

/* In the words or a column of this fact. */
static bool has_column(const fact *f, const field *of)
{
    if (f == NULL) {
        return false;
    }
    size_t len = strlen(of->name);
    bool in_words = false;
    for (const char *at = strchr(f->what, '{'); at != NULL; at = strchr(at + 1, '{')) {
        in_words = in_words || (strncmp(at + 1, of->name, len) == 0 && at[1 + len] == '}');
    }
    return in_words || is_named(of, f->value) || is_named(of, f->amount) || is_named(of, f->text);
}

static void put_detail(const telling *t, const field *f, const void *row)
{
    churn__buf *buf = &t->story->buf;
    size_t before = buf->size;
    churn__buf_text(buf, before > 0 ? ", " : "");
    churn__buf_text(buf, f->name);
    churn__buf_text(buf, ": ");
    size_t begin = buf->size;
    churn__field_text(t->r, f, row, buf);
    if (buf->size == begin && !buf->failed) { /* not given */
        buf->size = before;
        buf->data[before] = '\0';
    }
}

/* What else a record says from its own instant on. */
static churn_str details_of(const telling *t, const fact *of, const void *row)
{
    churn__buf_reset(&t->story->buf);
    churn__buf_text(&t->story->buf, "");
    for (uint32_t i = 0; i < t->kind->field_count; i++) {
        const field *f = &t->kind->fields[i];
        if (!has_place(t, f) && f != t->status && !has_column(of, f) &&
            !dated_by_other(t->kind, f)) {
            put_detail(t, f, row);
        }
    }
    return keep(t->story);
}

static void put_or_none(const telling *t, const field *f, const void *row)
{
    churn__buf *buf = &t->story->buf;
    size_t before = buf->size;
    churn__field_text(t->r, f, row, buf);
    churn__buf_text(buf, buf->size == before ? "none" : "");
}

/* "plan: basic -> pro, seats: 5 -> 10". */
static churn_str changes_of(const telling *t, const void *old, const void *row)
{
    churn__story *s = t->story;
    churn__buf_reset(&s->buf);
    churn__buf_text(&s->buf, "");
    for (uint32_t i = 0; i < t->kind->field_count; i++) {
        const field *f = &t->kind->fields[i];
        size_t before = s->buf.size;
        if (has_place(t, f) || f == t->status || dated_by_other(t->kind, f)) {
            continue;
        }
        churn__buf_text(&s->buf, before > 0 ? ", " : "");
        churn__buf_text(&s->buf, f->name);
        churn__buf_text(&s->buf, ": ");
        size_t a = s->buf.size;
        put_or_none(t, f, old);
        size_t b = s->buf.size;
        churn__buf_text(&s->buf, " -> ");
        size_t c = s->buf.size;
        put_or_none(t, f, row);
        bool same = !s->buf.failed && b - a == s->buf.size - c &&
                    memcmp(s->buf.data + a, s->buf.data + c, b - a) == 0;
        if (same) {
            s->buf.size = before;
            s->buf.data[before] = '\0';
        }
    }
    return keep(s);
}

/* ---- lines ---- */

static void begin_line(const telling *t, const void *row, churn_time at, churn__story_line *line)
{
    churn__story_line_init(line, t->kind->name, at);
    line->id = text_of(t, t->id, row);
    line->user = text_of(t, t->user, row);
}

static void fill_columns(const telling *t, const fact *f, const void *row, churn__story_line *line)
{
    line->value = number_of(named(t->kind, f->value), row);
    line->amount = integer_of(named(t->kind, f->amount), row);
    line->text = text_of(t, named(t->kind, f->text), row);
    if (line->amount != CHURN_INT_NONE) {
        line->currency = text_of(t, t->currency, row);
    }
}

/* Fields of other instants: "ticket first_response" where nobody found better words. */
static void tell_dated(const telling *t, const field *f, const void *row)
{
    churn__story_line line;
    const fact *known = fact_of(t->kind, f->name);
    begin_line(t, row, integer_of(f, row), &line);
    if (known != NULL) {
        line.what = say(t, known->what, row);
        fill_columns(t, known, row, &line);
    } else {
        size_t len = strlen(f->name);
        len -= len > 3 && strcmp(f->name + len - 3, "_at") == 0 ? 3 : 0;
        churn_str name = {f->name, len};
        line.what = churn__story_text(t->story, "%s %S", t->kind->name, &name);
    }
    churn__story_add(t->story, &line);
}

/* `old` is the state before, which has told its own dates already. */
static void tell_dates(const telling *t, const void *old, const void *row)
{
    for (uint32_t i = 0; i < t->kind->field_count; i++) {
        const field *f = &t->kind->fields[i];
        bool told = old != NULL && integer_of(f, old) == integer_of(f, row);
        if (dates_itself(t->kind, f) && integer_of(f, row) != CHURN_TIME_NONE && !told) {
            tell_dated(t, f, row);
        }
    }
}

static churn_time when_of(const void *row)
{
    const row_head *head = row;
    bool undated = (head->flags & ROW_UNDATED) != 0 || head->when < CHURN_TIME_MIN;
    return undated ? CHURN_TIME_NONE : head->when;
}

/* A judgement without a value takes back what was judged before. */
static bool is_taken_back(const telling *t, const void *row)
{
    return t->r->number == KIND_OVERRIDE && isnan(((const override_row *)row)->data.value);
}

static void tell_fact(const telling *t, const void *row)
{
    churn__story_line line;
    const fact *known = fact_of(t->kind, is_taken_back(t, row) ? "value" : NULL);
    begin_line(t, row, when_of(row), &line);
    line.what = known != NULL ? say(t, known->what, row) : churn__str_nts(t->kind->name);
    if (known != NULL) {
        fill_columns(t, known, row, &line);
    }
    line.details = details_of(t, known, row);
    churn__story_add(t->story, &line);
    tell_dates(t, NULL, row);
}

/* An invoice that was not paid when it fell due; who knows no date only sees what was paid late. */
static void tell_overdue(const telling *t, const void *row)
{
    const churn__invoice *invoice = &((const invoice_row *)row)->data;
    churn_time paid = invoice->paid_at;
    bool late = paid != CHURN_TIME_NONE ? paid > invoice->due_at
                                        : !t->r->now && invoice->due_at < t->r->as_of;
    if (late && (t->r->now || invoice->due_at <= t->r->as_of)) {
        churn__story_line line;
        begin_line(t, row, invoice->due_at, &line);
        line.what = CHURN__STR("invoice fell due unpaid");
        line.amount = invoice->amount;
        line.currency = text_of(t, t->currency, row);
        churn__story_add(t->story, &line);
    }
}

/* ---- states ---- */

/* The word of a state: of a subscription its status, of a contact whether it is active. */
static churn_str state_word(const telling *t, const void *old, const void *row)
{
    churn__story *s = t->story;
    const char *kind = t->kind->name;
    churn_str was = old == NULL ? (churn_str){NULL, 0} : text_of(t, t->status, old);
    churn_str is = text_of(t, t->status, row);
    if (t->status != NULL && t->status->type == FIELD_TRUTH) {
        int8_t before = old == NULL ? -2 : *((const int8_t *)old + t->status->row);
        int8_t now = *((const int8_t *)row + t->status->row);
        bool same = (before != 0) == (now != 0) && old != NULL;
        return churn__story_text(s, "%s %s", kind, same ? "changed" : now != 0 ? "joined" : "left");
    }
    if (is.ptr == NULL) {
        return churn__story_text(s, "%s %s", kind, old == NULL ? "began" : "changed");
    }
    if (old == NULL) {
        return churn__story_text(s, "%s began: %S", kind, &is);
    }
    return churn__str_eq(was, is) ? churn__story_text(s, "%s changed", kind)
                                  : churn__story_text(s, "%s %S -> %S", kind, &was, &is);
}

static void tell_state(const telling *t, const void *old, const void *row)
{
    churn__story_line line;
    begin_line(t, row, when_of(row), &line);
    line.what = state_word(t, old, row);
    line.amount = integer_of(named(t->kind, "amount"), row);
    if (line.amount != CHURN_INT_NONE) {
        line.currency = text_of(t, t->currency, row);
    }
    line.text = text_of(t, named(t->kind, "name"), row);
    line.details = old == NULL ? details_of(t, NULL, row) : changes_of(t, old, row);
    churn__story_add(t->story, &line);
    tell_dates(t, old, row);
}

static void tell_attribute(const telling *t, const attribute_row *old, const attribute_row *row)
{
    churn__story *s = t->story;
    churn__story_line line;
    churn_str name = churn__dict_view_get(t->r->version->texts, row->head.id);
    bool was = old != NULL && old->type != 0, is = row->type != 0;
    churn__story_line_init(&line, t->kind->name, when_of(row));
    line.id = name;
    line.what = churn__story_text(s, "%S %s", &name, !is ? "unset" : was ? "changed" : "set");
    if (row->type == CHURN__TYPE_DOUBLE) {
        memcpy(&line.value, &row->bits, sizeof line.value);
    }
    churn__buf_reset(&s->buf);
    churn__value_text_of(t->r->version, row, &s->buf);
    line.text = keep(s);
    if (was) {
        churn__buf_reset(&s->buf);
        churn__value_text_of(t->r->version, old, &s->buf);
        churn__buf_text(&s->buf, " -> ");
        churn__buf_str(&s->buf, is ? line.text : CHURN__STR("none"));
        line.details = keep(s);
    }
    churn__story_add(s, &line);
}

static bool same_value(const attribute_row *a, const attribute_row *b)
{
    return a->type == b->type && a->bits == b->bits;
}

static int cmp_ids(const void *a, const void *b, const void *context)
{
    const row_head *x = *(const void *const *)a, *y = *(const void *const *)b;
    (void)context;
    return (x->id > y->id) - (x->id < y->id);
}

/* The state of the same id that came before, where rows are by id and time. */
static const void *state_before(const reading *r, size_t i)
{
    const row_head *head = r->rows[i], *other = i == 0 ? NULL : r->rows[i - 1];
    return other != NULL && r->kind->key_when && other->id == head->id ? other : NULL;
}

static void tell_rows(const telling *t)
{
    const reading *r = t->r;
    for (size_t i = 0; i < r->row_count; i++) {
        const void *row = r->rows[i], *old = state_before(r, i);
        if (r->number == KIND_ATTRIBUTE) {
            if (old == NULL || !same_value(old, row)) {
                tell_attribute(t, old, row);
            }
        } else if (t->kind->states && t->kind->key_when && r->number != KIND_OVERRIDE) {
            tell_state(t, old, row);
        } else if (r->number != KIND_CUSTOMER || when_of(row) != CHURN_TIME_NONE) {
            tell_fact(t, row);
        }
        if (r->number == KIND_INVOICE) {
            tell_overdue(t, row);
        }
    }
}

/* ---- events ---- */

/* "count: 3, plan: pro", as the properties lie. */
static churn_str event_details(const telling *t, const event_place *place)
{
    churn__story *s = t->story;
    prop_value props[PROPS_MAX];
    size_t n = place == NULL || place->set == NULL
                   ? 0
                   : churn__props_at(place->set, place->position, props);
    churn__buf_reset(&s->buf);
    for (size_t i = 0; i < n; i++) {
        churn__buf_text(&s->buf, i > 0 ? ", " : "");
        churn__buf_str(&s->buf, churn__version_prop_name(t->r->version, props[i].prop));
        churn__buf_text(&s->buf, ": ");
        churn__bits_text(t->r->version, (churn__type)props[i].type, props[i].bits, &s->buf);
    }
    return keep(s);
}

static void tell_event(const telling *t, const event_row *row, const event_place *place)
{
    churn__story_line line;
    begin_line(t, row, row->head.when, &line);
    line.what = churn__dict_view_get(t->r->version->types, row->type);
    line.value = row->value;
    line.details = event_details(t, place);
    churn__story_add(t->story, &line);
}

static bool tell_events(const telling *t, reading *r, uint32_t customer)
{
    size_t count = 0;
    if (!churn__reading_events(r, customer, &count)) {
        return false;
    }
    for (size_t from = 0; from < count; from += EVENT_BLOCK) {
        size_t n = count - from < EVENT_BLOCK ? count - from : EVENT_BLOCK;
        churn__reading_block(r, customer, from, n);
        for (size_t i = 0; i < n; i++) {
            bool any = churn__version_prop_count(r->version) > 0;
            tell_event(t, r->rows[i], any ? churn__reading_place(r, from, i) : NULL);
        }
    }
    return true;
}

/* ---- all of a kind ---- */

static const field *first_of(const kind_info *kind, field_type type)
{
    for (uint32_t i = 0; i < kind->field_count; i++) {
        if (kind->fields[i].type == type) {
            return &kind->fields[i];
        }
    }
    return NULL;
}

/* A record's id, or the name that is its key. */
static const field *id_field(const kind_info *kind)
{
    const field *id = first_of(kind, FIELD_ID);
    for (uint32_t i = 0; id == NULL && kind->id_is_text && i < kind->field_count; i++) {
        id = kind->fields[i].row == offsetof(row_head, id) ? &kind->fields[i] : NULL;
    }
    return id;
}

bool churn__story_tell(churn__story *story, reading *r, uint32_t customer)
{
    telling t = {.story = story, .r = r, .kind = r->kind};
    t.when = churn__field_when(r->kind);
    t.id = id_field(r->kind);
    t.user = named(r->kind, "user");
    t.currency = first_of(r->kind, FIELD_CURRENCY);
    if (r->kind->states) {
        t.status = named(r->kind, "status");
        t.status = t.status == NULL ? named(r->kind, "active") : t.status;
    }
    if (r->number == KIND_EVENT) {
        return tell_events(&t, r, customer);
    }
    if (!churn__reading_rows(r, customer) ||
        (r->kind->states &&
         !churn__sort(r->heap, r->rows, r->row_count, sizeof *r->rows, cmp_ids, NULL))) {
        return false;
    }
    tell_rows(&t);
    return true;
}
