/* SPDX-License-Identifier: MIT */
#include "store/load.h"

/*
 * Properties of events on their way from a source into a stage. Each has one type in a store, which
 * stands before its name in the dictionary: a name that is there under another letter is a clash.
 */
#define PREFIX "props."
#define PREFIX_BYTES (sizeof PREFIX - 1)

static const churn__type types[] = {CHURN__TYPE_BOOL, CHURN__TYPE_DOUBLE, CHURN__TYPE_STRING,
                                    CHURN__TYPE_TIME};
#define TYPES (sizeof types / sizeof *types)

/* ---- room ---- */

bool churn__load_prepare_props(load *l)
{
    churn__heap *heap = l->store->heap;
    const source *src = l->source;
    size_t n = src->attribute_count, room = 0;
    for (size_t i = 0; i < n; i++) {
        room += 2 * src->attribute_names[i].len + PREFIX_BYTES + 1;
    }
    l->prop_byte_room = room;
    l->prop_bytes = churn__alloc(heap, room);
    l->prop_names = churn__alloc_array(heap, n, sizeof *l->prop_names);
    l->props = churn__alloc_array(heap, n, sizeof *l->props);
    if (l->prop_bytes == NULL || l->prop_names == NULL || l->props == NULL) {
        return false;
    }
    char *at = l->prop_bytes;
    for (size_t i = 0; i < n; i++) {
        churn_str name = src->attribute_names[i];
        memcpy(at, PREFIX, PREFIX_BYTES);
        memcpy(at + PREFIX_BYTES, name.ptr, name.len);
        l->prop_names[i] = (churn_str){at, PREFIX_BYTES + name.len};
        memcpy(at + PREFIX_BYTES + name.len + 1, name.ptr, name.len); /* its key */
        at += 2 * name.len + PREFIX_BYTES + 1;
    }
    return true;
}

void churn__load_clear_props(load *l)
{
    churn__heap *heap = l->store->heap;
    churn__free(heap, l->prop_bytes, l->prop_byte_room);
    churn__free_array(heap, l->prop_names, l->attribute_room, sizeof *l->prop_names);
    churn__free_array(heap, l->props, l->attribute_room, sizeof *l->props);
    l->prop_bytes = NULL;
    l->prop_names = NULL;
    l->props = NULL;
}

/* ---- which property ---- */

static churn_str key_of(const load *l, uint32_t i, churn__type type)
{
    churn_str name = l->prop_names[i];
    char *key = l->prop_bytes + (name.ptr - l->prop_bytes) + name.len;
    key[0] = churn__props_letter(type);
    return (churn_str){key, name.len - PREFIX_BYTES + 1};
}

/* The type under which a name is known; 0: it is not. */
static churn__type known_type(const load *l, uint32_t i)
{
    for (size_t t = 0; t < TYPES; t++) {
        if (churn__dict_find(l->store->props, key_of(l, i, types[t])) != CHURN__NO_CODE) {
            return types[t];
        }
    }
    return 0;
}

/* The code of the i-th column's property, as `type`. */
static int32_t find_prop(load *l, uint32_t i, attribute_row *a)
{
    churn__dict *props = l->store->props;
    churn__type type = (churn__type)a->type;
    a->head.id = l->name_codes[i];
    if (a->head.id == CHURN__NO_CODE) {
        a->head.id = l->name_codes[i] = churn__dict_find(props, key_of(l, i, type));
    }
    if (a->head.id != CHURN__NO_CODE) {
        return 0;
    }
    if (known_type(l, i) != 0) {
        return REJECT_PROPERTY_TYPE;
    }
    if (churn__dict_count(props) + l->new_props++ >= PROPS_MAX) {
        return REJECT_PROPERTY_LIMIT;
    }
    churn__load_news(l, key_of(l, i, type), props)->target = &a->head.id;
    return 0;
}

int32_t churn__load_props(load *l, uint64_t row)
{
    const source *src = l->source;
    l->attribute_count = l->new_props = 0;
    for (uint32_t i = 0; i < src->attribute_count; i++) {
        cell in = {.kind = CELL_NONE};
        src->get(src, l->kind->field_count + i, row, &in);
        l->broken = l->broken || in.kind == CELL_BROKEN;
        if (in.kind == CELL_NONE || in.kind == CELL_UNSET) {
            continue;
        }
        l->fault_field = NULL;
        l->fault = l->prop_names[i];
        attribute_row *a = &l->attributes[l->attribute_count++];
        int32_t fault = churn__load_value(l, &in, a);
        fault = fault != 0 ? fault : find_prop(l, i, a);
        if (fault != 0) {
            return fault;
        }
    }
    return 0;
}

/* Zero has no sign: what is equal has the same bits. */
static uint64_t plain_zero(uint64_t bits)
{
    return bits == UINT64_C(1) << 63 ? 0 : bits;
}

size_t churn__load_prop_values(load *l)
{
    for (size_t i = 0; i < l->attribute_count; i++) {
        const attribute_row *a = &l->attributes[i];
        uint64_t bits = a->type == CHURN__TYPE_DOUBLE ? plain_zero(a->bits) : a->bits;
        l->props[i] = (prop_value){a->head.id, (uint32_t)a->type, bits};
    }
    return l->attribute_count;
}

/* ---- whole columns ---- */

churn_status churn__load_check_props(const load *l, churn_error *err)
{
    const source *src = l->source;
    bool columns = l->number == KIND_EVENT && src->attribute_type != NULL;
    for (uint32_t i = 0; columns && i < src->attribute_count; i++) {
        churn__type type = src->attribute_type(src, i), known = known_type(l, i);
        if (type != 0 && known != 0 && type != known) {
            return churn__fail(err, CHURN_E_TYPE, REJECT_PROPERTY_TYPE,
                               "event: column %q: holds %s values, and the property is %s in this "
                               "store",
                               &l->prop_names[i], churn__type_name(type), churn__type_name(known));
        }
    }
    return CHURN_OK;
}
