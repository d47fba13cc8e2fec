/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "core/fail.h"
#include "playbook/playbook.h"

/*
 * What changes between two playbooks, for people: the rows of churn_playbook_diff() as a line each
 * thing, with the parts of scores called by their names rather than by where they stand.
 */

/* A part of a score: "groups.use.factors.logins.weight" is `weight` of the factor `logins`. */
typedef struct part {
    const char *word; /* "factor"; NULL: the definition itself */
    churn_str name;
    churn_str prefix; /* of keys: up to and with the name */
    churn_str group;  /* that a factor stands in; {NULL, 0} */
    churn_str card;   /* of a segment; {NULL, 0}: the score's own */
    churn_str rest;   /* the key within the part */
} part;

typedef struct telling {
    const churn_playbook *before, *after;
    const churn_table *table;
    churn__buf out;
    uint32_t sort, id, change, key, was, is;
} telling;

/* ---- the parts of scores ---- */

static const struct {
    const char *list, *word;
} lists[] = {{"groups", "group"},
             {"factors", "factor"},
             {"caps", "cap"},
             {"bands", "band"},
             {"segments", "card"}};
#define LISTS (sizeof lists / sizeof *lists)

static churn_str segment_at(churn_str key, size_t at)
{
    const char *begin = key.ptr + at;
    const char *dot = at < key.len ? memchr(begin, '.', key.len - at) : NULL;
    return (churn_str){begin, dot == NULL ? key.len - at : (size_t)(dot - begin)};
}

static const char *word_of(churn_str list)
{
    for (size_t i = 0; i < LISTS; i++) {
        if (churn__str_eq(list, churn__str_nts(lists[i].list))) {
            return lists[i].word;
        }
    }
    return NULL;
}

static part part_of(bool score, churn_str key)
{
    part found = {.rest = key};
    for (size_t at = 0; score && at < key.len;) {
        churn_str list = segment_at(key, at);
        size_t next = at + list.len + 1;
        const char *word = word_of(list);
        if (word == NULL || next >= key.len) {
            break;
        }
        churn_str name = segment_at(key, next);
        if (found.word != NULL && strcmp(found.word, "card") == 0) {
            found.card = found.name;
        } else if (found.word != NULL) {
            found.group = found.name;
        }
        at = next + name.len + 1;
        found.word = word;
        found.name = name;
        found.prefix = (churn_str){key.ptr, next + name.len};
        found.rest = at < key.len ? (churn_str){key.ptr + at, key.len - at} : (churn_str){"", 0};
    }
    return found;
}

static bool is_same_part(const part *a, const part *b)
{
    return a->word == b->word && churn__str_eq(a->prefix, b->prefix);
}

static const churn__facts *find_facts(const churn_playbook *playbook, churn_str sort, churn_str id)
{
    for (uint32_t i = 0; i < playbook->said_count; i++) {
        const churn__facts *one = &playbook->said[i];
        if (churn__str_eq(churn__str_nts(one->sort), sort) && churn__str_eq(one->id, id)) {
            return one;
        }
    }
    return NULL;
}

/* Does a playbook say anything of a part? */
static bool has_part(const churn_playbook *playbook, churn_str sort, churn_str id, churn_str prefix)
{
    const churn__facts *facts = find_facts(playbook, sort, id);
    for (uint32_t i = 0; facts != NULL && i < facts->count; i++) {
        churn_str key = facts->facts[i].key;
        bool whole = key.len == prefix.len || (key.len > prefix.len && key.ptr[prefix.len] == '.');
        if (whole && churn__str_starts(key, prefix)) {
            return true;
        }
    }
    return false;
}

/* ---- lines ---- */

static churn_str text_at(const telling *t, uint64_t row, uint32_t column)
{
    return churn_table_string(t->table, row, column);
}

static bool is_told(const telling *t, uint64_t row, uint32_t column)
{
    return !churn_table_is_null(t->table, row, column);
}

static void write_key(churn__buf *out, churn_str key)
{
    churn__buf_str(out, key);
    churn__buf_text(out, key.len > 0 ? " " : "");
}

/* "window 28d -> 30d", "max_age 90d is new", "curve is gone (was [[0, 0]])" */
static void write_change(telling *t, uint64_t row, churn_str key)
{
    bool was = is_told(t, row, t->was), is = is_told(t, row, t->is);
    write_key(&t->out, key);
    if (was && is) {
        churn__buf_str(&t->out, text_at(t, row, t->was));
        churn__buf_text(&t->out, " -> ");
        churn__buf_str(&t->out, text_at(t, row, t->is));
    } else if (is) {
        churn__buf_text(&t->out, "-> ");
        churn__buf_str(&t->out, text_at(t, row, t->is));
    } else {
        churn__buf_str(&t->out, text_at(t, row, t->was));
        churn__buf_text(&t->out, " -> nothing");
    }
}

/* What a part that comes is, or one that goes was. */
static void write_whole(telling *t, uint64_t from, uint64_t to, uint32_t column)
{
    bool first = true;
    for (uint64_t row = from; row < to; row++) {
        part one = part_of(true, text_at(t, row, t->key));
        if (churn__str_eq(one.rest, CHURN__STR("id")) ||
            churn__str_eq(text_at(t, row, column), one.name)) {
            continue; /* its name, which is said */
        }
        churn__buf_text(&t->out, first ? ": " : ", ");
        write_key(&t->out, one.rest);
        churn__buf_str(&t->out, text_at(t, row, column));
        first = false;
    }
    churn__buf_char(&t->out, '\n');
}

static void write_name(telling *t, const part *of)
{
    churn__buf_text(&t->out, of->word);
    churn__buf_char(&t->out, ' ');
    churn__buf_str(&t->out, of->name);
    if (of->group.len > 0) {
        churn__buf_text(&t->out, " of ");
        churn__buf_str(&t->out, of->group);
    }
    if (of->card.len > 0) {
        churn__buf_text(&t->out, " on card ");
        churn__buf_str(&t->out, of->card);
    }
}

/* A list of names that has others now: the parts themselves tell. */
static bool is_implied(const telling *t, uint64_t row, const part *one)
{
    bool list = word_of(one->rest) != NULL;
    return list && text_at(t, row, t->was).len != text_at(t, row, t->is).len;
}

/* What is said of a group stands before and behind what is said of its factors. */
static bool is_said_before(const telling *t, const part *of, uint64_t first, uint64_t from)
{
    for (uint64_t row = first; strcmp(of->word, "group") == 0 && row < from; row++) {
        part one = part_of(true, text_at(t, row, t->key));
        if (is_same_part(of, &one)) {
            return true;
        }
    }
    return false;
}

/* Rows [from, to) that are of one part of a score; `first`: of the score. */
static void write_part(telling *t, const part *of, uint64_t first, uint64_t from, uint64_t to)
{
    churn_str sort = text_at(t, from, t->sort), id = text_at(t, from, t->id);
    bool was = of->word != NULL && has_part(t->before, sort, id, of->prefix);
    bool is = of->word != NULL && has_part(t->after, sort, id, of->prefix);
    if (of->word != NULL && was != is && is_said_before(t, of, first, from)) {
        return;
    }
    if (of->word != NULL && was != is) {
        churn__buf_text(&t->out, is ? "    + " : "    - ");
        write_name(t, of);
        write_whole(t, from, to, is ? t->is : t->was);
        return;
    }
    for (uint64_t row = from; row < to; row++) {
        part one = part_of(of->word != NULL, text_at(t, row, t->key));
        if (is_implied(t, row, &one)) {
            continue;
        }
        churn__buf_text(&t->out, "    ~ ");
        if (of->word != NULL) {
            write_name(t, of);
            churn__buf_text(&t->out, ": ");
        }
        write_change(t, row, one.rest);
        churn__buf_char(&t->out, '\n');
    }
}

/* ---- definitions ---- */

static void write_title(telling *t, uint64_t row, const char *sign)
{
    churn__buf_text(&t->out, sign);
    churn__buf_str(&t->out, text_at(t, row, t->sort));
    if (is_told(t, row, t->id)) {
        churn__buf_char(&t->out, ' ');
        churn__buf_str(&t->out, text_at(t, row, t->id));
    }
}

static bool is_change(const telling *t, uint64_t row, const char *change)
{
    return churn__str_eq(text_at(t, row, t->change), churn__str_nts(change));
}

static bool is_same_thing(const telling *t, uint64_t a, uint64_t b)
{
    return is_change(t, b, "changed") && is_change(t, a, "changed") &&
           churn__str_eq(text_at(t, a, t->sort), text_at(t, b, t->sort)) &&
           churn__str_eq(text_at(t, a, t->id), text_at(t, b, t->id));
}

/* Rows [from, to) that are of one definition. */
static void write_changed(telling *t, uint64_t from, uint64_t to)
{
    bool score = churn__str_eq(text_at(t, from, t->sort), CHURN__STR("score"));
    write_title(t, from, "~ ");
    if (!score && to == from + 1) {
        churn__buf_text(&t->out, ": ");
        write_change(t, from, text_at(t, from, t->key));
        churn__buf_char(&t->out, '\n');
        return;
    }
    churn__buf_char(&t->out, '\n');
    for (uint64_t row = from; row < to;) {
        part of = part_of(score, text_at(t, row, t->key));
        uint64_t end = row + 1;
        for (; end < to; end++) {
            part next = part_of(score, text_at(t, end, t->key));
            if (!is_same_part(&of, &next)) {
                break;
            }
        }
        write_part(t, &of, from, row, end);
        row = end;
    }
}

static void write_all(telling *t)
{
    uint64_t count = churn_table_row_count(t->table);
    for (uint64_t row = 0; row < count;) {
        uint64_t end = row + 1;
        while (end < count && is_same_thing(t, row, end)) {
            end++;
        }
        if (is_change(t, row, "changed")) {
            write_changed(t, row, end);
        } else if (is_change(t, row, "moved")) {
            churn__buf_text(&t->out, "~ order of ");
            churn__buf_str(&t->out, text_at(t, row, t->sort));
            churn__buf_text(&t->out, "s\n");
        } else {
            write_title(t, row, is_change(t, row, "added") ? "+ " : "- ");
            churn__buf_char(&t->out, '\n');
        }
        row = end;
    }
    if (count == 0) {
        churn__buf_text(&t->out, "no changes\n");
    }
}

churn_status churn_playbook_diff_text(const churn_playbook *before, const churn_playbook *after,
                                      churn_buffer **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_table *table = NULL;
    if (before == NULL || after == NULL || out == NULL) {
        return churn__fail_null(err, "churn_playbook_diff_text",
                                before == NULL  ? "before"
                                : after == NULL ? "after"
                                                : "out");
    }
    *out = NULL;
    telling t = {.before = before, .after = after};
    churn__buf_init(&t.out, after->heap);
    CHURN_TRY(churn_playbook_diff(before, after, &table, err));
    t.table = table;
    t.sort = churn_table_find(table, "sort", CHURN_NTS);
    t.id = churn_table_find(table, "id", CHURN_NTS);
    t.change = churn_table_find(table, "change", CHURN_NTS);
    t.key = churn_table_find(table, "key", CHURN_NTS);
    t.was = churn_table_find(table, "before", CHURN_NTS);
    t.is = churn_table_find(table, "after", CHURN_NTS);
    write_all(&t);
    *out = t.out.failed ? NULL : churn__buffer_make(after->heap, t.out.data, t.out.size);
    if (*out == NULL) {
        CHURN_TRY(churn__fail_memory(err, after->heap));
    }
done:
    churn__buf_clear(&t.out);
    churn_table_free(table);
    return st;
}
