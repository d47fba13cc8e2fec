/* SPDX-License-Identifier: MIT */
#include "store/load.h"

#include "base/num.h"

/*
 * One row at a time from a source into a stage. First every cell is read and checked, and texts are
 * looked up; only a row that is good in all its parts brings new strings into the dictionaries.
 */

/* ---- texts ---- */

static churn__dict *dict_of(const load *l, field_type type)
{
    switch (type) {
    case FIELD_CUSTOMER:
        return l->store->customers;
    case FIELD_ID:
        return l->store->ids[l->number];
    case FIELD_EVENT_TYPE:
        return l->store->types;
    default:
        return l->store->texts;
    }
}

static uint64_t most_bytes(const load *l, field_type type)
{
    bool id = type == FIELD_CUSTOMER || type == FIELD_ID || type == FIELD_NAME ||
              type == FIELD_EVENT_TYPE;
    return id ? ID_BYTES : l->values.text_bytes;
}

news *churn__load_news(load *l, churn_str text, churn__dict *dict)
{
    news *one = &l->news[l->news_count++];
    *one = (news){.text = text, .dict = dict, .number = NO_FIELD, .entry = NO_ENTRY};
    return one;
}

void churn__load_remember(load *l, uint32_t number, const cell *in, churn_str kept, uint32_t code)
{
    text_cache *cache = &l->caches[number];
    cache->last = kept;
    cache->code = code;
    short_note(&cache->shorts, kept, code);
    if (in->entry < cache->entry_count) {
        cache->entries[in->entry] = code;
    }
}

/* The code of a text: known from the row before, from the column's dictionary, from ours, or news.
 */
static int32_t take_text(load *l, uint32_t number, const cell *in, uint32_t *target)
{
    const field *f = &l->kind->fields[number];
    text_cache *cache = &l->caches[number];
    uint32_t code = short_find(&cache->shorts, in->text);
    if (code == CHURN__NO_CODE && cache->last.ptr != NULL && churn__str_eq(cache->last, in->text)) {
        code = cache->code;
    }
    if (code != CHURN__NO_CODE) {
        *target = code;
        return 0;
    }
    if (f->type == FIELD_CUSTOMER && l->mapped) {
        return churn__load_mapped(l, number, in, target);
    }
    churn__dict *dict = dict_of(l, f->type);
    code = churn__dict_find(dict, in->text);
    if (code == CHURN__NO_CODE) {
        int32_t fault = churn__value_text(in->text, most_bytes(l, f->type));
        if (fault == 0) {
            news *one = churn__load_news(l, in->text, dict);
            one->target = target;
            one->number = number;
            one->entry = in->entry;
        }
        return fault;
    }
    *target = code;
    churn__load_remember(l, number, in, churn__dict_get(dict, code), code);
    return 0;
}

/* Whole numbers are texts where texts are wanted: ids often are. */
static int32_t as_text(load *l, uint32_t number, cell *in)
{
    if (in->kind == CELL_INT) {
        char *digits = l->digits[number];
        in->text = (churn_str){digits, churn__int_print(in->integer, digits)};
        in->kind = CELL_TEXT;
    }
    return in->kind == CELL_TEXT ? 0 : REJECT_BAD_VALUE;
}

static int32_t take_currency(load *l, uint32_t number, const cell *in, uint32_t *target)
{
    l->values.currency_scale = churn__currency_scale(in->text.ptr, in->text.len);
    return l->values.currency_scale < 0 ? REJECT_UNKNOWN_CURRENCY
                                        : take_text(l, number, in, target);
}

/* ---- attributes ---- */

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static int32_t take_attribute_text(load *l, const cell *in, attribute_row *a)
{
    uint32_t code = churn__dict_find(l->store->texts, in->text);
    a->type = CHURN__TYPE_STRING;
    a->bits = code;
    if (code != CHURN__NO_CODE) {
        return 0;
    }
    int32_t fault = churn__value_text(in->text, l->values.text_bytes);
    if (fault == 0) {
        churn__load_news(l, in->text, l->store->texts)->wide = &a->bits;
    }
    return fault;
}

/* Numbers of all sorts become doubles, dates and times instants. */
int32_t churn__load_value(load *l, const cell *in, attribute_row *a)
{
    churn_time at = 0;
    double number = 0;
    int32_t fault = 0;
    switch (in->kind) {
    case CELL_UNSET:
        a->type = a->bits = 0;
        return 0;
    case CELL_TEXT:
        return take_attribute_text(l, in, a);
    case CELL_TRUTH:
        a->type = CHURN__TYPE_BOOL;
        a->bits = (uint64_t)in->integer;
        return in->integer == 0 || in->integer == 1 ? 0 : REJECT_BAD_VALUE;
    case CELL_INT:
    case CELL_NUMBER:
    case CELL_DECIMAL:
        fault = churn__value_number(in, &number);
        a->type = CHURN__TYPE_DOUBLE;
        a->bits = bits_of(number);
        return fault;
    default:
        fault = churn__value_time(&l->values, in, &at);
        a->type = CHURN__TYPE_TIME;
        a->bits = (uint64_t)at;
        return fault;
    }
}

/* A customer's id: whole numbers are texts where ids are wanted. */
static int32_t take_parent(load *l, const cell *in, attribute_row *a)
{
    cell own = *in;
    if (in->kind == CELL_INT) {
        own.kind = CELL_TEXT;
        own.text = (churn_str){l->parent_digits, churn__int_print(in->integer, l->parent_digits)};
    }
    return own.kind == CELL_TEXT ? take_attribute_text(l, &own, a) : REJECT_BAD_VALUE;
}

static int32_t take_attribute(load *l, const cell *in, attribute_row *a)
{
    bool parent = a->head.id == l->store->parent_name && in->kind != CELL_UNSET;
    return parent ? take_parent(l, in, a) : churn__load_value(l, in, a);
}

/* ---- fields ---- */

static int32_t take_money(load *l, const field *f, const cell *in, int64_t *out)
{
    if (l->values.currency_scale < 0) {
        l->fault_field = NULL;
        l->fault = CHURN__STR("currency");
        return REJECT_MISSING_FIELD;
    }
    return churn__value_money(&l->values, f, in, out);
}

static int32_t take_words(load *l, uint32_t number, cell *in)
{
    const field *f = &l->kind->fields[number];
    void *to = l->row.bytes + f->row;
    churn__duration duration;
    int32_t fault = as_text(l, number, in);
    if (fault != 0) {
        return fault;
    }
    switch (f->type) {
    case FIELD_WORD:
        return churn__value_word(f, in->text, to);
    case FIELD_PERIOD:
        return churn__value_period(in->text, to, &l->row.subscription.data.period_count);
    case FIELD_CURRENCY:
        return take_currency(l, number, in, to);
    case FIELD_DURATION:
        return churn__duration_parse(in->text.ptr, in->text.len, &duration)
                   ? take_text(l, number, in, to)
                   : REJECT_BAD_DURATION;
    default:
        return take_text(l, number, in, to);
    }
}

static int32_t take_number(const field *f, const cell *in, void *to)
{
    double value = 0;
    int32_t fault = churn__value_number(in, &value);
    if (fault == 0 && f->points && (value < 0 || value > 100)) {
        return REJECT_OUT_OF_RANGE;
    }
    if (fault == 0) {
        memcpy(to, &value, sizeof value);
    }
    return fault;
}

static int32_t take_field(load *l, uint32_t number, cell *in)
{
    const field *f = &l->kind->fields[number];
    void *to = l->row.bytes + f->row;
    uint32_t code = (uint32_t)in->integer;
    l->broken = l->broken || in->kind == CELL_BROKEN;
    if (in->kind == CELL_CODE) {
        memcpy(to, &code, sizeof code);
        return 0;
    }
    switch (f->type) {
    case FIELD_TIME:
        return churn__value_time(&l->values, in, to);
    case FIELD_COUNT:
        return churn__value_count(in, to);
    case FIELD_MONEY:
        return take_money(l, f, in, to);
    case FIELD_NUMBER:
        return take_number(f, in, to);
    case FIELD_TRUTH:
        return churn__value_truth(in, to);
    case FIELD_VALUE:
        return take_attribute(l, in, &l->row.attribute);
    default:
        return take_words(l, number, in);
    }
}

/* An empty text says nothing, except as the value of an attribute. NaN says nothing either. */
static bool is_empty(const field *f, const cell *in)
{
    return in->kind == CELL_NONE ||
           (in->kind == CELL_TEXT && in->text.len == 0 && f->type != FIELD_VALUE);
}

static int32_t take_fields(load *l, uint64_t row)
{
    cell in;
    for (uint32_t k = 0; k < l->used_count; k++) {
        uint32_t i = l->used[k];
        const field *f = &l->kind->fields[i];
        l->fault_field = f;
        in.kind = CELL_NONE;
        if ((l->source->given >> i & 1) != 0) {
            l->source->get(l->source, i, row, &in);
        }
        if (is_empty(f, &in)) {
            if ((l->required >> i & 1) != 0) {
                return REJECT_MISSING_FIELD;
            }
            continue;
        }
        int32_t fault = take_field(l, i, &in);
        if (fault != 0) {
            return fault;
        }
    }
    return 0;
}

/* ---- rules over fields ---- */

/* A known_at that nobody gave is when it happened. */
static void set_known(const load *l, row_head *head)
{
    if (head->known == CHURN_TIME_NONE) {
        head->known = l->settings->known_at;
    }
    if (head->known == CHURN_TIME_NONE) {
        head->known = head->when < CHURN_TIME_MIN ? CHURN_TIME_MIN : head->when;
        head->flags |= ROW_DATELESS;
    }
}

static bool is_base(const attribute_row *a, uint32_t name)
{
    return a->head.id == name && (a->head.flags & ROW_UNDATED) != 0;
}

static const attribute_row *pending_base(const churn_store *store, uint32_t customer, uint32_t name)
{
    const attribute_row *rows = (const void *)store->pending.rows[KIND_ATTRIBUTE].rows;
    uint32_t at = customer < store->last_capacity ? store->last_attribute[customer] : 0;
    while (at != 0 && !is_base(&rows[at - 1], name)) {
        at = rows[at - 1].head.origin;
    }
    return at == 0 ? NULL : &rows[at - 1];
}

/* The value that holds from the customer's beginning, as the store has it now. */
static const attribute_row *find_base(const load *l, uint32_t customer, uint32_t name)
{
    const attribute_row *rows = NULL;
    const attribute_row *base = l->in_sequence ? pending_base(l->store, customer, name) : NULL;
    uint32_t n =
        base != NULL ? 0 : churn__load_attribute_rows(l->store->current, customer, name, &rows);
    for (uint32_t i = 0; base == NULL && i < n; i++) {
        base = is_base(&rows[i], name) && rows[i].head.until == FOREVER ? &rows[i] : NULL;
    }
    return base;
}

static int32_t finish_attribute(const load *l, attribute_row *a, uint32_t customer,
                                churn_time valid_from)
{
    a->head.when = valid_from != CHURN_TIME_NONE ? valid_from : l->settings->valid_from;
    if (a->head.when == CHURN_TIME_NONE) {
        a->head.when = CHURN_TIME_MIN;
        a->head.flags |= ROW_UNDATED;
    }
    set_known(l, &a->head);
    bool may_rewrite = (a->head.flags & ROW_UNDATED) != 0 && (a->head.flags & ROW_DATELESS) != 0;
    if (!may_rewrite || customer == CHURN__NO_CODE || a->head.id == CHURN__NO_CODE) {
        return 0;
    }
    const attribute_row *base = find_base(l, customer, a->head.id);
    bool same = base == NULL || (base->type == a->type && base->bits == a->bits);
    return same ? 0 : REJECT_UNDATED_CHANGE;
}

static int32_t finish_subscription(load *l)
{
    const churn__subscription *s = &l->row.subscription.data;
    if (s->amount != CHURN_INT_NONE && s->period_unit == 0) {
        l->fault_field = NULL;
        l->fault = CHURN__STR("period");
        return REJECT_MISSING_FIELD;
    }
    return 0;
}

static int32_t finish_survey(load *l)
{
    const churn__survey *s = &l->row.survey.data;
    l->fault_field = NULL;
    l->fault = CHURN__STR("score");
    return s->kind == CHURN__SURVEY_NPS && (s->score < 0 || s->score > 10) ? REJECT_OUT_OF_RANGE
                                                                           : 0;
}

/* Nobody said whether a contact is active: they are. */
static void finish_contact(churn__contact *c)
{
    c->active = c->active == CHURN_TRUTH_NONE ? 1 : c->active;
}

static int32_t finish_rate(load *l)
{
    l->fault_field = NULL;
    l->fault = CHURN__STR("rate");
    return l->row.rate.data.rate > 0 ? 0 : REJECT_OUT_OF_RANGE;
}

static int32_t finish_override(load *l)
{
    churn_time expires = l->row.override.data.expires_at;
    l->fault_field = NULL;
    l->fault = CHURN__STR("expires_at");
    return expires == CHURN_TIME_NONE || expires > l->row.head.when ? 0 : REJECT_OUT_OF_RANGE;
}

static int32_t finish_row(load *l)
{
    row_head *head = &l->row.head;
    switch (l->number) {
    case KIND_CUSTOMER:
        head->when = l->row.customer.since;
        break;
    case KIND_ATTRIBUTE:
        l->fault_field = NULL;
        l->fault = CHURN__STR("value");
        return finish_attribute(l, &l->row.attribute, head->customer, head->when);
    case KIND_SUBSCRIPTION:
        set_known(l, head);
        return finish_subscription(l);
    case KIND_SURVEY:
        set_known(l, head);
        return finish_survey(l);
    case KIND_CONTACT:
        finish_contact(&l->row.contact.data);
        break;
    case KIND_ALIAS:
        set_known(l, head);
        return churn__load_alias_id(l);
    case KIND_RATE:
        set_known(l, head);
        return finish_rate(l);
    case KIND_OVERRIDE:
        set_known(l, head);
        return finish_override(l);
    default:
        break;
    }
    set_known(l, head);
    return 0;
}

static int32_t check_owner(load *l)
{
    const row_head *head = &l->row.head;
    l->fault_field = NULL;
    l->fault = l->number == KIND_CUSTOMER ? CHURN__STR("id") : CHURN__STR("customer");
    if (head->customer == CHURN__NO_CODE && l->number != KIND_CUSTOMER &&
        !l->settings->create_customers) {
        return REJECT_UNKNOWN_CUSTOMER;
    }
    bool has_id = l->store->ids[l->number] != NULL && head->id != CHURN__NO_CODE;
    l->fault_field = NULL;
    l->fault = l->number == KIND_ALIAS ? CHURN__STR("alias") : CHURN__STR("id");
    return has_id && l->store->owners[l->number].data[head->id] != head->customer
               ? REJECT_ID_OF_OTHER_CUSTOMER
               : 0;
}

/* The attributes of a customer's row. */
static int32_t take_attributes(load *l, uint64_t row)
{
    const source *src = l->source;
    l->attribute_count = 0;
    for (uint32_t i = 0; i < src->attribute_count; i++) {
        cell in = {.kind = CELL_NONE};
        src->get(src, l->kind->field_count + i, row, &in);
        l->broken = l->broken || in.kind == CELL_BROKEN;
        l->fault_field = NULL;
        l->fault = src->attribute_names[i];
        if (in.kind == CELL_NONE) {
            continue;
        }
        attribute_row *a = &l->attributes[l->attribute_count++];
        memcpy(a, l->store->empty[KIND_ATTRIBUTE], sizeof *a);
        a->head.id = l->name_codes[i];
        a->head.known = l->given_known;
        if (a->head.id == CHURN__NO_CODE) {
            a->head.id = churn__dict_find(l->store->texts, src->attribute_names[i]);
            l->name_codes[i] = a->head.id;
        }
        if (a->head.id == CHURN__NO_CODE) {
            churn__load_news(l, src->attribute_names[i], l->store->texts)->target = &a->head.id;
        }
        int32_t fault = take_attribute(l, &in, a);
        fault = fault != 0
                    ? fault
                    : finish_attribute(l, a, l->row.head.customer, l->row.customer.valid_from);
        if (fault != 0) {
            return fault;
        }
    }
    return 0;
}

static int32_t check_slice(load *l)
{
    const record_slice *s = l->stage->replaced;
    if (s == NULL) {
        return 0;
    }
    bool inside = l->row.head.when >= s->from && l->row.head.when < s->to;
    bool wanted = s->type_count == 0;
    for (uint32_t i = 0; !wanted && i < s->type_count; i++) {
        wanted = s->types[i] == l->row.event.type;
    }
    l->fault_field = NULL;
    l->fault = inside ? CHURN__STR("type") : CHURN__STR("the row's instant");
    return inside && wanted ? 0 : REJECT_OUTSIDE_SLICE;
}

static int32_t read_row(load *l, uint64_t row)
{
    memcpy(l->row.bytes, l->store->empty[l->number], l->kind->row_size);
    l->news_count = 0;
    l->values.currency_scale = -1;
    int32_t fault = take_fields(l, row);
    l->given_known = l->row.head.known;
    if ((l->settings->flags & CHURN_LOAD_RETRACT) != 0) {
        return fault != 0 ? fault : churn__load_retraction(l);
    }
    fault = fault != 0 ? fault : finish_row(l);
    fault = fault != 0 ? fault : check_owner(l);
    if (fault == 0 && l->number == KIND_CUSTOMER) {
        fault = take_attributes(l, row);
    } else if (fault == 0 && l->source->attribute_count > 0) {
        fault = churn__load_props(l, row);
    }
    return fault != 0 ? fault : check_slice(l);
}

/* ---- rejections ---- */

static churn_str fault_name(const load *l)
{
    return l->fault_field == NULL ? l->fault : churn__str_nts(l->fault_field->name);
}

static churn_status fail_row(const load *l, int32_t fault, uint64_t row, churn_error *err)
{
    const reject_info *why = churn__store_reject(fault);
    churn_str name = fault_name(l);
    if (l->in_sequence) { /* a record by itself */
        return churn__fail_at(err, why->status, fault, 0, 0, row, "%s: %S %s", l->kind->name, &name,
                              why->reason);
    }
    return churn__fail_at(err, why->status, fault, 0, 0, row, "%s: row %u: %S %s", l->kind->name,
                          row, &name, why->reason);
}

static void list_rejection(load *l, int32_t fault, uint64_t row)
{
    const reject_info *why = churn__store_reject(fault);
    churn__table_builder *b = l->rejections;
    if (b == NULL || l->rejected > l->store->limits.rejections) {
        return;
    }
    churn__table_add_int(b, 0, (int64_t)row);
    churn__table_add_string(b, 1, fault_name(l));
    churn__table_add_string(b, 2, churn__str_nts(why->code));
    churn__table_add_string(b, 3, churn__str_nts(why->reason));
}

churn_status churn__load_reject(load *l, int32_t fault, uint64_t row_number, churn_error *err)
{
    if ((l->settings->flags & CHURN_LOAD_STRICT) != 0) {
        return fail_row(l, fault, row_number, err);
    }
    l->rejected++;
    l->undated += fault == REJECT_UNDATED_CHANGE;
    l->unmapped += fault == REJECT_UNMAPPED;
    list_rejection(l, fault, row_number);
    return CHURN_OK;
}

churn_status churn__load_row(load *l, uint64_t row, uint64_t row_number, churn_error *err)
{
    int32_t fault = read_row(l, row);
    if (l->broken) {
        churn_str name = fault_name(l);
        return churn__fail_at(err, CHURN_E_ARG, 0, 0, 0, row_number,
                              "column %S: its parts contradict each other", &name);
    }
    l->row_number = row_number;
    churn_status st = fault == 0 ? churn__load_accept(l, &fault, err) : CHURN_OK;
    return fault == 0 ? st : churn__load_reject(l, fault, row_number, err);
}
