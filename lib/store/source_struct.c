/* SPDX-License-Identifier: MIT */
#include "store/source.h"

#include <math.h>

/* One record in a public struct. */

static void set_text(cell *out, churn_str text)
{
    text = churn__str_arg(text.ptr, text.len);
    out->kind = text.ptr == NULL ? CELL_NONE : CELL_TEXT;
    out->text = text;
}

static void set_value(cell *out, const churn_value *v)
{
    switch (v->type) {
    case 0:
        out->kind = CELL_UNSET;
        break;
    case CHURN_TYPE_BOOL:
        out->kind = CELL_TRUTH;
        out->integer = v->truth;
        break;
    case CHURN_TYPE_INT:
        out->kind = CELL_INT;
        out->integer = v->integer;
        break;
    case CHURN_TYPE_DOUBLE:
        out->kind = CELL_NUMBER;
        out->number = v->number;
        break;
    case CHURN_TYPE_STRING:
        set_text(out, v->string);
        break;
    case CHURN_TYPE_TIME:
        out->kind = CELL_TIME;
        out->integer = v->integer;
        break;
    default:
        out->kind = CELL_BROKEN;
        break;
    }
}

static void set_int(cell *out, cell_kind kind, const void *at)
{
    memcpy(&out->integer, at, sizeof out->integer);
    out->kind = out->integer == INT64_MIN ? CELL_NONE : kind;
}

static void get(const source *base, uint32_t number, uint64_t row, cell *out)
{
    const struct_source *s = (const void *)base;
    (void)row;
    out->kind = CELL_NONE;
    out->entry = NO_ENTRY;
    if (number >= base->kind->field_count) {
        set_value(out, &s->named[number - base->kind->field_count].value);
        out->kind = out->kind == CELL_NUMBER && isnan(out->number) ? CELL_NONE : out->kind;
        return;
    }
    const field *f = &base->kind->fields[number];
    const char *at = (const char *)s->record + f->single;
    churn_str text;
    churn_truth truth;
    switch (f->type) {
    case FIELD_TIME:
        set_int(out, CELL_TIME, at);
        break;
    case FIELD_COUNT:
    case FIELD_MONEY:
        set_int(out, CELL_INT, at);
        break;
    case FIELD_NUMBER:
        memcpy(&out->number, at, sizeof out->number);
        out->kind = isnan(out->number) ? CELL_NONE : CELL_NUMBER;
        break;
    case FIELD_TRUTH:
        memcpy(&truth, at, sizeof truth);
        out->kind = truth == CHURN_TRUTH_NONE ? CELL_NONE : CELL_TRUTH;
        out->integer = truth;
        break;
    case FIELD_VALUE:
        set_value(out, (const void *)at);
        break;
    default:
        memcpy(&text, at, sizeof text);
        set_text(out, text);
        break;
    }
}

void churn__source_struct(struct_source *s, const kind_info *kind, const void *record)
{
    s->record = record;
    s->base.rows = 1;
    s->base.given = UINT32_MAX;
    s->base.attribute_count = 0;
    s->base.attribute_type = NULL;
    s->named = NULL;
    s->base.get = get;
    s->base.next = NULL;
    s->base.kind = kind;
    memset(s->base.entries, 0, sizeof s->base.entries);
    memset(s->base.codes, 0, sizeof s->base.codes);
}

churn_status churn__source_few(uint32_t count, churn_error *err)
{
    return count <= PROPS_MAX
               ? CHURN_OK
               : churn__fail(err, CHURN_E_LIMIT, 0, "props: %u of them, and a store has at most %u",
                             (uint64_t)count, (uint64_t)PROPS_MAX);
}

churn_status churn__source_unique(const churn_str *names, uint32_t count, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 1; i < count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (churn__str_eq(names[i], names[j])) {
                CHURN_FAIL(CHURN_E_ARG, 0, "props: %q is given twice", &names[i]);
            }
        }
    }
done:
    return st;
}

churn_status churn__source_names(churn__heap *heap, const named_values *values, churn_str **out,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t n = values->count;
    if (values->data == NULL) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: must not be NULL", values->what);
    }
    if (values->unique) {
        CHURN_TRY(churn__source_few(n, err));
    }
    *out = churn__alloc_array(heap, n, sizeof **out);
    if (*out == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (uint32_t i = 0; i < n; i++) {
        churn_str name = values->data[i].name;
        CHURN_TRY(
            churn__take_str(name.ptr, name.len, false, ID_BYTES, values->name, &(*out)[i], err));
        if ((*out)[i].len == 0) {
            CHURN_FAIL(CHURN_E_ARG, 0, "%s: must not be empty", values->name);
        }
    }
    if (values->unique) {
        CHURN_TRY(churn__source_unique(*out, n, err));
    }
done:
    return st;
}
