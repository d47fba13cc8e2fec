/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "metric/evidence_inside.h"

/* Records that are no events: which of them count, each file of a kind says; here is what is told
 * of those. */

/* ---- fields ---- */

static churn_str text_of(const churn__evidence_search *s, uint32_t code)
{
    return code == CHURN__NO_CODE
               ? (churn_str){NULL, 0}
               : churn__dict_view_get(churn__version_texts(s->plan->version), code);
}

static churn_str key_of(const churn__evidence_search *s, churn_record_kind kind, uint32_t id)
{
    return churn__version_key(s->plan->version, kind, id);
}

/* The word of a field that holds one of a few. */
static churn_str word_of(churn_record_kind kind, const char *field, uint8_t word)
{
    const char *name = NULL;
    for (uint32_t i = 0; word > 0 && (name = churn__record_field(kind, i)) != NULL; i++) {
        if (strcmp(name, field) == 0) {
            return churn__str_nts(churn__record_field_place(kind, i).words[word - 1]);
        }
    }
    return (churn_str){NULL, 0};
}

static churn__value number_of(double value)
{
    return isnan(value) ? (churn__value){.type = 0} : churn__moment_number(value);
}

/* Major units; without a currency nobody knows what they are. */
static churn__value money_of(const churn__evidence_search *s, int64_t minor, uint32_t currency)
{
    churn_str code = text_of(s, currency);
    if (minor == CHURN_INT_NONE || code.ptr == NULL) {
        return (churn__value){.type = 0};
    }
    double unit = 1;
    for (int scale = churn__currency_scale(code.ptr, code.len); scale > 0; scale--) {
        unit *= 10;
    }
    return churn__moment_number((double)minor / unit);
}

/* ---- what is told of a record ---- */

static void tell_tickets(const churn__evidence_search *s, const churn__ticket *t,
                         churn__evidence_row *row)
{
    row->id = key_of(s, CHURN_RECORD_TICKET, t->id);
    row->what = text_of(s, t->priority);
    row->user = text_of(s, t->user);
    row->value = number_of(t->csat);
}

static void tell_surveys(const churn__evidence_search *s, const churn__survey *v,
                         churn__evidence_row *row)
{
    row->id = key_of(s, CHURN_RECORD_SURVEY, v->id);
    row->what = word_of(CHURN_RECORD_SURVEY, "kind", v->kind);
    row->user = text_of(s, v->user);
    row->value = number_of(v->score);
}

static void tell_subscriptions(const churn__evidence_search *s, const churn__subscription *sub,
                               churn__evidence_row *row)
{
    row->id = key_of(s, CHURN_RECORD_SUBSCRIPTION, sub->id);
    row->what = word_of(CHURN_RECORD_SUBSCRIPTION, "status", sub->status);
    row->value = money_of(s, sub->amount, sub->currency);
}

static void tell_invoices(const churn__evidence_search *s, const churn__invoice *i,
                          churn__evidence_row *row)
{
    row->id = key_of(s, CHURN_RECORD_INVOICE, i->id);
    row->what = text_of(s, i->currency);
    row->value = money_of(s, i->amount, i->currency);
}

static void tell_milestones(const churn__evidence_search *s, const churn__milestone *m,
                            churn__evidence_row *row)
{
    row->what = text_of(s, m->name);
}

static void tell_touchpoints(const churn__evidence_search *s, const churn__touchpoint *t,
                             churn__evidence_row *row)
{
    row->id = key_of(s, CHURN_RECORD_TOUCHPOINT, t->id);
    row->what = text_of(s, t->channel);
    row->user = text_of(s, t->user);
}

static void tell_contacts(const churn__evidence_search *s, const churn__contact *c,
                          churn__evidence_row *row)
{
    row->id = key_of(s, CHURN_RECORD_CONTACT, c->id);
    row->what = text_of(s, c->role);
    row->value = churn__moment_truth(c->active != 0);
}

static void tell_announcements(const churn__evidence_search *s, const churn__announcement *a,
                               churn__evidence_row *row)
{
    row->what = text_of(s, a->name);
}

/* ---- kinds ---- */

static size_t read_announcements(churn__reader *reader, uint32_t customer, churn_time as_of,
                                 const churn__announcement **out)
{
    (void)customer; /* they are of the business */
    return churn__reader_announcements(reader, as_of, out);
}

#define EVIDENCE_OF(kinds, one, row_type, record, gather)                                  \
    static void find_##kinds(churn__evidence_search *s, churn__moment *m, uint32_t metric) \
    {                                                                                      \
        const row_type *rows = NULL;                                                       \
        size_t n = gather(s->reader, s->customer, s->as_of, &rows);                        \
        const void *kept = rows;                                                           \
        n = churn__metric_where_it(m, metric, &kept, sizeof *rows, n);                     \
        rows = kept;                                                                       \
        for (size_t i = 0; i < n; i++) {                                                   \
            churn_time at = churn__metric_##one##_part(m, rows, n, i);                     \
            churn__evidence_row *row =                                                     \
                at == CHURN_TIME_NONE ? NULL : churn__evidence_add(s, record, at);         \
            if (row != NULL) {                                                             \
                tell_##kinds(s, &rows[i], row);                                            \
            }                                                                              \
        }                                                                                  \
    }

EVIDENCE_OF(tickets, ticket, churn__ticket, CHURN_RECORD_TICKET, churn__reader_tickets)
EVIDENCE_OF(surveys, survey, churn__survey, CHURN_RECORD_SURVEY, churn__reader_surveys)
EVIDENCE_OF(subscriptions, subscription, churn__subscription, CHURN_RECORD_SUBSCRIPTION,
            churn__reader_subscriptions)
EVIDENCE_OF(invoices, invoice, churn__invoice, CHURN_RECORD_INVOICE, churn__reader_invoices)
EVIDENCE_OF(milestones, milestone, churn__milestone, CHURN_RECORD_MILESTONE,
            churn__reader_milestones)
EVIDENCE_OF(touchpoints, touchpoint, churn__touchpoint, CHURN_RECORD_TOUCHPOINT,
            churn__reader_touchpoints)
EVIDENCE_OF(contacts, contact, churn__contact, CHURN_RECORD_CONTACT, churn__reader_contacts)
EVIDENCE_OF(announcements, announcement, churn__announcement, CHURN_RECORD_ANNOUNCEMENT,
            read_announcements)

/* ---- attributes and ages ---- */

static void add_state(churn__evidence_search *s, churn_str name,
                      const churn__attribute_state *state)
{
    churn__evidence_row *row = churn__evidence_add(s, CHURN_RECORD_ATTRIBUTE, state->valid_from);
    if (row != NULL) {
        row->what = name;
        row->value = state->value;
    }
}

static void find_attributes(churn__evidence_search *s, churn__moment *m, uint32_t metric)
{
    const churn__attribute_state *states = NULL;
    uint32_t name = s->bound->attribute[0];
    (void)metric;
    if (name == CHURN__NO_CODE) {
        return;
    }
    size_t n = churn__reader_attribute_states(s->reader, s->customer, name, s->as_of, &states);
    for (size_t i = 0; i < n; i++) {
        if (churn__metric_attribute_part(m, states, n, i) != CHURN_TIME_NONE) {
            add_state(s, s->bound->def->attribute, &states[i]);
        }
    }
}

static void find_customer(churn__evidence_search *s)
{
    churn_time since = churn__reader_since(s->reader, s->customer, s->as_of);
    churn__evidence_row *row = since == CHURN_TIME_NONE || since > s->as_of
                                   ? NULL
                                   : churn__evidence_add(s, CHURN_RECORD_CUSTOMER, since);
    if (row != NULL) {
        row->id = churn__version_customer_id(s->plan->version, s->customer);
    }
}

void churn__evidence_attribute(churn__evidence_search *s, churn_str name)
{
    const churn__attribute_state *states = NULL;
    uint32_t code = churn__dict_view_find(churn__version_texts(s->plan->version), name);
    if (churn__metric_is_age(name)) {
        find_customer(s);
        return;
    }
    size_t n = code == CHURN__NO_CODE ? 0
                                      : churn__reader_attribute_states(s->reader, s->customer, code,
                                                                       s->as_of, &states);
    if (n > 0) {
        add_state(s, name, &states[n - 1]);
    }
}

/* ---- all ---- */

typedef void (*find_kind)(churn__evidence_search *s, churn__moment *m, uint32_t metric);

void churn__evidence_records(churn__evidence_search *s, uint32_t metric)
{
    static const find_kind find[CHURN__METRIC_KINDS] = {
        [CHURN__METRIC_TICKET] = find_tickets,
        [CHURN__METRIC_SURVEY] = find_surveys,
        [CHURN__METRIC_SUBSCRIPTION] = find_subscriptions,
        [CHURN__METRIC_INVOICE] = find_invoices,
        [CHURN__METRIC_MILESTONE] = find_milestones,
        [CHURN__METRIC_TOUCHPOINT] = find_touchpoints,
        [CHURN__METRIC_CONTACT] = find_contacts,
        [CHURN__METRIC_ANNOUNCEMENT] = find_announcements,
        [CHURN__METRIC_ATTRIBUTE] = find_attributes,
    };
    churn__moment m = {.plan = s->plan,
                       .reader = s->reader,
                       .customer = s->customer,
                       .date = s->date,
                       .as_of = s->as_of};
    churn__missing reason = churn__moment_begin(&m, metric);
    s->out->end = m.at;
    s->out->start = s->bound->def->has_window ? m.start : CHURN_TIME_NONE;
    churn__metric_kind kind = s->bound->def->kind;
    if (reason != CHURN__PRESENT) {
        return;
    }
    if (kind == CHURN__METRIC_CUSTOMER) {
        find_customer(s);
    } else if (find[kind] != NULL) {
        find[kind](s, &m, metric);
    }
}
