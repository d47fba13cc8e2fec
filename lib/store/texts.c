/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "store/source.h"

/* One record whose fields are texts, as a playbook's own tests write them. */

typedef struct text_source {
    source base;
    const churn_field_text *fields;
    const bool *is_text; /* by field; may be NULL */
    uint32_t count;
    const churn_field_text **attributes; /* those that are no field */
} text_source;

static const churn_field_text *field_of(const text_source *s, const char *name)
{
    for (uint32_t i = 0; i < s->count; i++) {
        if (churn__str_eq(s->fields[i].field, churn__str_nts(name))) {
            return &s->fields[i];
        }
    }
    return NULL;
}

/* Attributes that nobody called texts say by their looks what they are, as plain scalars of YAML
 * do. */
static void set_attribute(const text_source *s, cell *out, const churn_field_text *from)
{
    churn_str text = from->text;
    if (text.ptr == NULL && s->base.kind->record == CHURN_RECORD_EVENT) {
        return;
    }
    bool is_true = churn__str_eq(text, CHURN__STR("true"));
    int64_t when = 0;
    out->kind = CELL_TEXT;
    out->text = text;
    if (s->is_text != NULL && s->is_text[from - s->fields]) {
        return;
    }
    if (is_true || churn__str_eq(text, CHURN__STR("false"))) {
        out->kind = CELL_TRUTH;
        out->integer = is_true;
    } else if (churn__double_parse(text.ptr, text.len, &out->number)) {
        out->kind = CELL_NUMBER;
    } else {
        static const cell_kind kinds[] = {[CHURN__WHEN_BAD] = CELL_TEXT,
                                          [CHURN__WHEN_RANGE] = CELL_TEXT,
                                          [CHURN__WHEN_DATE] = CELL_DATE,
                                          [CHURN__WHEN_LOCAL] = CELL_LOCAL,
                                          [CHURN__WHEN_INSTANT] = CELL_TIME};
        out->kind = kinds[churn__when_parse(text.ptr, text.len, &when)];
        out->integer = when;
    }
}

static void get(const source *base, uint32_t number, uint64_t row, cell *out)
{
    const text_source *s = (const void *)base;
    uint32_t fields = base->kind->field_count;
    (void)row;
    out->kind = CELL_NONE;
    out->entry = NO_ENTRY;
    if (number >= fields) {
        set_attribute(s, out, s->attributes[number - fields]);
        return;
    }
    const field *f = &base->kind->fields[number];
    const churn_field_text *from = field_of(s, f->name);
    if (from == NULL || from->text.ptr == NULL) {
        out->kind = f->type == FIELD_VALUE ? CELL_UNSET : CELL_NONE;
    } else if (f->type == FIELD_VALUE) {
        set_attribute(s, out, from);
    } else {
        out->kind = CELL_TEXT;
        out->text = from->text;
    }
}

/* The name of an attribute or a property that a text is for; NULL: it is for none. */
static churn_str own_name(const kind_info *kind, churn_str from)
{
    churn_str prefix = CHURN__STR("props."), none = {NULL, 0};
    if (kind->record == CHURN_RECORD_EVENT && from.len > prefix.len &&
        churn__str_starts(from, prefix)) {
        return (churn_str){from.ptr + prefix.len, from.len - prefix.len};
    }
    return kind->record == CHURN_RECORD_CUSTOMER ? from : none;
}

/* Names that are no field: attributes, properties, and mistakes. */
static churn_status take_names(text_source *s, churn_str *names, churn_error *err)
{
    churn_status st = CHURN_OK;
    const kind_info *kind = s->base.kind;
    for (uint32_t i = 0; i < s->count; i++) {
        const churn_field_text *one = &s->fields[i];
        if (churn__store_field(kind, one->field) != NULL) {
            continue;
        }
        churn_str name = own_name(kind, one->field);
        if (name.ptr == NULL) {
            CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "%s: there is no field %q", kind->name, &one->field);
        }
        names[s->base.attribute_count] = name;
        s->attributes[s->base.attribute_count++] = one;
    }
done:
    return st;
}

churn_status churn__store_add_texts(churn_store *store, churn_record_kind record,
                                    const churn_field_text *fields, const bool *is_text,
                                    uint32_t count, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t kind = churn__store_kind(record);
    churn__heap *heap = store->heap;
    churn_str *names = churn__alloc_array(heap, count, sizeof *names);
    text_source s = {.fields = fields, .is_text = is_text, .count = count};
    s.attributes = churn__alloc_array(heap, count, sizeof *s.attributes);
    if (kind == KIND_NONE) {
        CHURN_FAIL(CHURN_E_ARG, 0, "kind: there is no such record");
    }
    if (names == NULL || s.attributes == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    s.base = (source){.rows = 1,
                      .given = UINT32_MAX,
                      .attribute_names = names,
                      .get = get,
                      .kind = &churn__store_kinds[kind]};
    CHURN_TRY(take_names(&s, names, err));
    CHURN_TRY(churn__store_load_source(store, kind, &s.base, CHURN_MONEY_MAJOR, err));
done:
    churn__free_array(heap, names, count, sizeof *names);
    churn__free_array(heap, s.attributes, count, sizeof *s.attributes);
    return st;
}

static churn__field_form form_of(const kind_info *kind, const field *f)
{
    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_CURRENCY:
        return CHURN__FORM_TEXT;
    case FIELD_NAME:
    case FIELD_ID:
        return kind->id_is_text ? CHURN__FORM_TEXT : CHURN__FORM_KEY;
    case FIELD_WORD:
        return CHURN__FORM_WORD;
    case FIELD_TRUTH:
        return CHURN__FORM_TRUTH;
    case FIELD_TIME:
        return CHURN__FORM_TIME;
    case FIELD_COUNT:
        return CHURN__FORM_COUNT;
    case FIELD_MONEY:
        return CHURN__FORM_MONEY;
    case FIELD_NUMBER:
        return CHURN__FORM_NUMBER;
    default:
        return CHURN__FORM_NONE;
    }
}

/* Where readers find in a row what it has in its head; 0: nowhere. */
static size_t shown_at(const kind_info *kind, size_t row)
{
    if (row >= sizeof(row_head)) {
        return row;
    }
    return row == offsetof(row_head, when) ? kind->when_to
           : row == offsetof(row_head, id) ? kind->id_to
                                           : 0;
}

static uint16_t in_data(size_t row)
{
    return (uint16_t)(row - sizeof(row_head));
}

static void place_currency(const kind_info *kind, churn__record_place *place)
{
    for (uint32_t i = 0; i < kind->field_count; i++) {
        if (kind->fields[i].type == FIELD_CURRENCY) {
            place->other = in_data(kind->fields[i].row);
        }
    }
}

churn__record_place churn__record_field_place(churn_record_kind record, uint32_t i)
{
    uint32_t k = churn__store_kind(record);
    churn__record_place place = {.form = CHURN__FORM_NONE, .dated = CHURN__NOT_DATED};
    if (k == KIND_NONE || i >= churn__store_kinds[k].field_count) {
        return place;
    }
    const kind_info *kind = &churn__store_kinds[k];
    const field *f = &kind->fields[i];
    size_t at = shown_at(kind, f->row);
    if (at == 0 || kind->when_to == 0) {
        return place; /* its rows are shown in another way, or not this field */
    }
    place.form = form_of(kind, f);
    place.at = in_data(at);
    place.words = f->words;
    place.begins = f->row == offsetof(row_head, when);
    if (place.begins) {
        place.dated = place.at;
    }
    for (uint32_t m = 0; m < kind->mask_count; m++) {
        if (kind->masks[m].target == f->row) {
            place.dated = in_data(kind->masks[m].time);
        }
    }
    if (place.form == CHURN__FORM_MONEY) {
        place_currency(kind, &place);
    }
    return place;
}

const char *churn__record_field(churn_record_kind record, uint32_t i)
{
    uint32_t kind = churn__store_kind(record);
    bool there = kind != KIND_NONE && i < churn__store_kinds[kind].field_count;
    return there ? churn__store_kinds[kind].fields[i].name : NULL;
}
