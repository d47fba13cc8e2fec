/* SPDX-License-Identifier: MIT */
#include "store/source_stream.h"

#include "base/sort.h"

/* Which column of a stream is which field: as the options say, else by name; and whether its type
 * can hold it. */

static churn_str arg(churn_str s)
{
    return churn__str_arg(s.ptr, s.len);
}

static churn_str column_name(const stream_source *s, uint32_t i)
{
    return churn__arrow_get_field(s->reader, i)->name;
}

/* ---- names ---- */

#define NEAR_MOST 256 /* names among which a suggestion is looked for */

static churn_status fail_column(const stream_source *s, churn_str name, churn_error *err)
{
    churn_str names[NEAR_MOST];
    uint32_t n = churn__arrow_field_count(s->reader);
    n = n > NEAR_MOST ? NEAR_MOST : n;
    for (uint32_t i = 0; i < n; i++) {
        names[i] = column_name(s, i);
    }
    churn_str near = churn__nearest(name, names, n);
    if (near.ptr == NULL) {
        return churn__fail(err, CHURN_E_NOT_FOUND, 0, "column %q: the stream has none of that name",
                           &name);
    }
    return churn__fail(err, CHURN_E_NOT_FOUND, 0,
                       "column %q: the stream has none of that name; did you mean %q?", &name,
                       &near);
}

static churn_status fail_field(const stream_source *s, churn_str name, churn_error *err)
{
    const kind_info *kind = s->base.kind;
    churn_str names[FIELDS_MAX];
    for (uint32_t i = 0; i < kind->field_count; i++) {
        names[i] = churn__str_nts(kind->fields[i].name);
    }
    churn_str near = churn__nearest(name, names, kind->field_count);
    if (near.ptr == NULL) {
        return churn__fail(err, CHURN_E_NOT_FOUND, 0, "%s: there is no field %q", kind->name,
                           &name);
    }
    return churn__fail(err, CHURN_E_NOT_FOUND, 0, "%s: there is no field %q; did you mean %q?",
                       kind->name, &name, &near);
}

/* The only column of a name; NO_COLUMN where there is none. */
static churn_status find_column(const stream_source *s, churn_str name, uint32_t *out,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    *out = NO_COLUMN;
    for (uint32_t i = 0; i < churn__arrow_field_count(s->reader); i++) {
        if (!churn__str_eq(column_name(s, i), name)) {
            continue;
        }
        if (*out != NO_COLUMN) {
            CHURN_FAIL(CHURN_E_ARG, 0, "column %q: the stream has several of that name", &name);
        }
        *out = i;
    }
done:
    return st;
}

#define PREFIX CHURN__STR("props.")

static bool is_event(const stream_source *s)
{
    return s->base.kind->record == CHURN_RECORD_EVENT;
}

/* Beside its fields the kind has attributes, or properties. */
static bool is_open(const stream_source *s)
{
    return s->base.kind->record == CHURN_RECORD_CUSTOMER || is_event(s);
}

/* The name of an attribute, or of a property without "props."; NULL: it is neither. */
static churn_str own_name(const stream_source *s, churn_str name)
{
    churn_str prefix = PREFIX;
    if (!is_event(s)) {
        return is_open(s) ? name : (churn_str){NULL, 0};
    }
    return churn__str_starts(name, prefix)
               ? (churn_str){name.ptr + prefix.len, name.len - prefix.len}
               : (churn_str){NULL, 0};
}

static column *add_attribute(stream_source *s, churn_str name, churn_str own)
{
    column *c = &s->attributes[s->base.attribute_count];
    *c = (column){.name = name, .field = NO_COLUMN};
    s->names[s->base.attribute_count++] = own;
    return c;
}

/* The place of a field or of an attribute that there is; NULL: none. */
static column *find_place(stream_source *s, churn_str name)
{
    const field *f = churn__store_field(s->base.kind, name);
    if (f != NULL) {
        return &s->columns[f - s->base.kind->fields];
    }
    for (uint32_t i = 0; i < s->base.attribute_count; i++) {
        if (churn__str_eq(s->attributes[i].name, name)) {
            return &s->attributes[i];
        }
    }
    return NULL;
}

/* The place of a field, or of an attribute or property, which is made when first named. */
static churn_status place_of(stream_source *s, churn_str name, column **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    *out = find_place(s, name);
    if (*out != NULL) {
        goto done;
    }
    churn_str own = own_name(s, name);
    if (own.ptr == NULL) {
        CHURN_TRY(fail_field(s, name, err));
    }
    const char *what = is_event(s) ? "name of a property" : "name of an attribute";
    CHURN_TRY(churn__take_str(own.ptr, own.len, false, ID_BYTES, what, &own, err));
    if (own.len == 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: must not be empty", what);
    }
    *out = add_attribute(s, name, own);
done:
    return st;
}

static bool is_placed(const column *c)
{
    return c->field != NO_COLUMN || c->constant.ptr != NULL;
}

/* ---- what the options say ---- */

static churn_status map_columns(stream_source *s, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < s->options->column_count; i++) {
        churn_str name = arg(s->options->columns[i].field);
        churn_str from = arg(s->options->columns[i].text);
        column *c = NULL;
        CHURN_TRY(place_of(s, name, &c, err));
        if (is_placed(c)) {
            CHURN_FAIL(CHURN_E_ARG, 0, "field %q: given twice", &name);
        }
        CHURN_TRY(find_column(s, from, &c->field, err));
        if (c->field == NO_COLUMN) {
            CHURN_TRY(fail_column(s, from, err));
        }
    }
done:
    return st;
}

static churn_status map_constants(stream_source *s, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < s->options->constant_count; i++) {
        churn_str name = arg(s->options->constants[i].field);
        churn_str value = arg(s->options->constants[i].text);
        column *c = NULL;
        CHURN_TRY(place_of(s, name, &c, err));
        if (is_placed(c)) {
            CHURN_FAIL(CHURN_E_ARG, 0, "field %q: given twice", &name);
        }
        if (value.ptr == NULL) {
            CHURN_FAIL(CHURN_E_ARG, 0, "constant %q: must not be NULL", &name);
        }
        c->constant = value;
    }
done:
    return st;
}

static int compare_values(const void *a, const void *b, const void *context)
{
    const churn_field_value *x = a, *y = b;
    int by_field = churn__str_cmp(x->field, y->field);
    (void)context;
    return by_field != 0 ? by_field : churn__str_cmp(x->from, y->from);
}

/* Sorting keeps equal ones in the order of the options. */
static bool sort_values(stream_source *s)
{
    uint32_t n = s->options->value_count;
    s->values = churn__alloc_array(s->heap, n, sizeof *s->values);
    s->value_room = n;
    for (uint32_t i = 0; s->values != NULL && i < n; i++) {
        const churn_field_value *v = &s->options->values[i];
        s->values[i] = (churn_field_value){arg(v->field), arg(v->from), arg(v->to)};
    }
    return s->values != NULL &&
           churn__sort(s->heap, s->values, n, sizeof *s->values, compare_values, NULL);
}

static churn_status map_values(stream_source *s, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t n = s->options->value_count;
    if (n > 0 && !sort_values(s)) {
        CHURN_TRY(churn__fail_memory(err, s->heap));
    }
    for (uint32_t begin = 0, end = 0; begin < n; begin = end) {
        churn_str name = s->values[begin].field;
        column *c = find_place(s, name);
        if (c == NULL) {
            st = fail_field(s, name, err);
            goto done;
        }
        while (end < n && churn__str_eq(s->values[end].field, name)) {
            end++;
        }
        c->values = s->values + begin;
        c->value_count = end - begin;
    }
done:
    return st;
}

/* ---- what the stream has ---- */

static bool is_taken(const stream_source *s, uint32_t number)
{
    for (uint32_t i = 0; i < s->base.kind->field_count; i++) {
        if (s->columns[i].field == number) {
            return true;
        }
    }
    for (uint32_t i = 0; i < s->base.attribute_count; i++) {
        if (s->attributes[i].field == number) {
            return true;
        }
    }
    return false;
}

static churn_status map_by_name(stream_source *s, churn_error *err)
{
    churn_status st = CHURN_OK;
    const kind_info *kind = s->base.kind;
    uint32_t required = churn__load_required(kind, s->options->flags);
    for (uint32_t i = 0; i < kind->field_count; i++) {
        column *c = &s->columns[i];
        c->name = churn__str_nts(kind->fields[i].name);
        if ((churn__load_wanted(kind, s->options->flags) >> i & 1) == 0) {
            c->field = NO_COLUMN;
            c->constant = (churn_str){NULL, 0};
            continue;
        }
        if (!is_placed(c)) {
            CHURN_TRY(find_column(s, c->name, &c->field, err));
        }
        if (!is_placed(c) && (required >> i & 1) != 0) {
            CHURN_FAIL(CHURN_E_NOT_FOUND, 0,
                       "%s: field %q must be given and has neither column nor constant", kind->name,
                       &c->name);
        }
        s->base.given |= is_placed(c) ? 1u << i : 0;
    }
done:
    return st;
}

/* A column `props` that is no struct: what it holds would be lost. */
static churn_status refuse_props(const stream_source *s, uint32_t i, churn_error *err)
{
    const char *format = churn__arrow_unsupported(s->reader, i);
    return churn__fail(err, CHURN_E_TYPE, 0,
                       "column \"props\": is no struct%s%s: flatten it into columns "
                       "\"props.<name>\", or cast it to a struct",
                       format == NULL ? "" : " but the Arrow type ", format == NULL ? "" : format);
}

/* Other columns of customers are attributes, but for those that hold nothing at all; of events
 * those that are called so are properties. */
static churn_status map_attributes(stream_source *s, uint32_t explicit_count, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < churn__arrow_field_count(s->reader); i++) {
        column *c = NULL;
        churn_str name = column_name(s, i);
        bool nothing = churn__arrow_get_field(s->reader, i)->kind == CHURN__ARROW_NULL &&
                       churn__arrow_unsupported(s->reader, i) == NULL;
        if (is_taken(s, i) || nothing || churn__store_field(s->base.kind, name) != NULL) {
            continue;
        }
        if (is_event(s) && churn__str_eq(name, CHURN__STR("props"))) {
            CHURN_TRY(refuse_props(s, i, err));
        }
        if (own_name(s, name).ptr == NULL) {
            continue;
        }
        CHURN_TRY(place_of(s, name, &c, err));
        if (is_placed(c)) { /* an attribute that the options take from elsewhere */
            if (c >= s->attributes + explicit_count) {
                CHURN_FAIL(CHURN_E_ARG, 0, "column %q: the stream has several of that name", &name);
            }
            continue;
        }
        c->field = i;
    }
done:
    return st;
}

/* ---- types ---- */

#define KIND_BIT(kind) (1u << CHURN__ARROW_##kind)

static uint32_t kinds_for(field_type type)
{
    uint32_t numbers = KIND_BIT(INT) | KIND_BIT(DOUBLE) | KIND_BIT(DECIMAL) | KIND_BIT(STRING);
    switch (type) {
    case FIELD_CUSTOMER:
    case FIELD_ID:
    case FIELD_EVENT_TYPE:
    case FIELD_NAME:
    case FIELD_TEXT:
        return KIND_BIT(STRING) | KIND_BIT(INT);
    case FIELD_TIME:
        return KIND_BIT(TIME) | KIND_BIT(LOCAL) | KIND_BIT(DATE) | KIND_BIT(STRING);
    case FIELD_COUNT:
    case FIELD_MONEY:
    case FIELD_NUMBER:
        return numbers;
    case FIELD_TRUTH:
        return KIND_BIT(BOOL) | KIND_BIT(INT) | KIND_BIT(STRING);
    case FIELD_VALUE:
        return UINT32_MAX & ~KIND_BIT(DURATION);
    default:
        return KIND_BIT(STRING);
    }
}

static const char *kind_word(churn__arrow_kind kind)
{
    static const char *const words[] = {
        [CHURN__ARROW_NULL] = "nulls",        [CHURN__ARROW_BOOL] = "truths",
        [CHURN__ARROW_INT] = "integers",      [CHURN__ARROW_DOUBLE] = "floating point numbers",
        [CHURN__ARROW_STRING] = "texts",      [CHURN__ARROW_TIME] = "instants",
        [CHURN__ARROW_LOCAL] = "naive times", [CHURN__ARROW_DATE] = "dates",
        [CHURN__ARROW_DECIMAL] = "decimals",  [CHURN__ARROW_DURATION] = "durations",
    };
    return words[kind];
}

static churn_status take_type(const stream_source *s, column *c, field_type type, int32_t money,
                              churn_error *err)
{
    churn_status st = CHURN_OK;
    if (c->field == NO_COLUMN) {
        goto done;
    }
    const churn__arrow_field *from = churn__arrow_get_field(s->reader, c->field);
    const char *unsupported = churn__arrow_unsupported(s->reader, c->field);
    if (unsupported != NULL) {
        CHURN_FAIL(CHURN_E_TYPE, 0, "column %q: the Arrow type %s is not read: %s", &from->name,
                   unsupported, churn__arrow_hint(unsupported));
    }
    c->kind = from->kind;
    c->may_round = type == FIELD_NUMBER || type == FIELD_VALUE;
    if (from->kind != CHURN__ARROW_NULL && (kinds_for(type) >> from->kind & 1) == 0) {
        CHURN_FAIL(CHURN_E_TYPE, 0, "column %q: holds %s, which cannot be the field %q%s",
                   &from->name, kind_word(from->kind), &c->name,
                   type == FIELD_TIME ? ": give timestamps, dates or text such as 2026-02-01" : "");
    }
    if (type == FIELD_MONEY && from->kind == CHURN__ARROW_INT && money == 0) {
        CHURN_FAIL(CHURN_E_TYPE, 0,
                   "column %q: integers of money: the option `money` must say whether they are "
                   "major or minor units",
                   &from->name);
    }
done:
    return st;
}

static churn_status take_types(stream_source *s, int32_t money, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < s->base.kind->field_count; i++) {
        column *c = &s->columns[i];
        field_type type = s->base.kind->fields[i].type;
        c->null_unsets = c->nan_counts = type == FIELD_VALUE;
        CHURN_TRY(take_type(s, c, type, money, err));
    }
    for (uint32_t i = 0; i < s->base.attribute_count; i++) {
        CHURN_TRY(take_type(s, &s->attributes[i], FIELD_VALUE, money, err));
    }
done:
    return st;
}

/* What the values of a property's column come to. */
static churn__type type_of(const source *base, uint32_t i)
{
    const stream_source *s = (const void *)base;
    const column *c = &s->attributes[i];
    if (c->field == NO_COLUMN) {
        return c->constant.ptr == NULL ? 0 : CHURN__TYPE_STRING;
    }
    switch (c->kind) {
    case CHURN__ARROW_NULL:
        return 0;
    case CHURN__ARROW_BOOL:
        return CHURN__TYPE_BOOL;
    case CHURN__ARROW_STRING:
        return CHURN__TYPE_STRING;
    case CHURN__ARROW_INT:
    case CHURN__ARROW_DOUBLE:
    case CHURN__ARROW_DECIMAL:
        return CHURN__TYPE_DOUBLE;
    default:
        return CHURN__TYPE_TIME;
    }
}

churn_status churn__source_stream_map(stream_source *s, int32_t money, churn_error *err)
{
    churn_status st = CHURN_OK;
    size_t room = (size_t)churn__arrow_field_count(s->reader) + s->options->column_count +
                  s->options->constant_count;
    s->attribute_room = is_open(s) ? room : 0;
    s->attributes = churn__alloc_array(s->heap, s->attribute_room, sizeof *s->attributes);
    s->names = churn__alloc_array(s->heap, s->attribute_room, sizeof *s->names);
    s->base.attribute_names = s->names;
    if (s->attributes == NULL || s->names == NULL) {
        CHURN_TRY(churn__fail_memory(err, s->heap));
    }
    CHURN_TRY(map_columns(s, err));
    CHURN_TRY(map_constants(s, err));
    CHURN_TRY(map_by_name(s, err));
    if (is_open(s) && (s->options->flags & CHURN_LOAD_RETRACT) == 0) {
        CHURN_TRY(map_attributes(s, s->base.attribute_count, err));
    }
    if (is_event(s)) {
        s->base.attribute_type = type_of;
        CHURN_TRY(churn__source_few(s->base.attribute_count, err));
    }
    CHURN_TRY(map_values(s, err));
    CHURN_TRY(take_types(s, money, err));
done:
    return st;
}
