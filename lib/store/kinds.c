/* SPDX-License-Identifier: MIT */
#include "store/kinds.h"

#include <math.h>
#include <stddef.h>

static const char *const statuses[] = {"trial",  "active",    "paused", "past_due",
                                       "unpaid", "cancelled", NULL};
static const char *const survey_kinds[] = {"nps", "csat", "ces", "custom", NULL};
static const char *const churn_kinds[] = {"voluntary", "involuntary", "downgrade", "pause", NULL};

/* A field that stands in both public structs under its own name. */
#define PUBLIC(kind, member)                                   \
    .name = #member, .single = offsetof(churn_##kind, member), \
    .batch = offsetof(churn_##kind##_batch, member)
#define HEAD(member) .row = offsetof(row_head, member)
#define DATA(kind, member) .row = offsetof(kind##_row, data.member)

static const field customer_fields[] = {
    {PUBLIC(customer, id), .type = FIELD_CUSTOMER, .required = true, HEAD(customer)},
    {PUBLIC(customer, since), .type = FIELD_TIME, .row = offsetof(customer_row, since)},
    {PUBLIC(customer, known_at), .type = FIELD_TIME, HEAD(known)},
    {PUBLIC(customer, valid_from), .type = FIELD_TIME, .row = offsetof(customer_row, valid_from)},
};

static const field attribute_fields[] = {
    {PUBLIC(attribute, customer), .type = FIELD_CUSTOMER, .required = true, HEAD(customer)},
    {PUBLIC(attribute, name), .type = FIELD_NAME, .required = true, HEAD(id)},
    {PUBLIC(attribute, valid_from), .type = FIELD_TIME, .key = true, HEAD(when)},
    {PUBLIC(attribute, known_at), .type = FIELD_TIME, HEAD(known)},
    {PUBLIC(attribute, value), .type = FIELD_VALUE, .row = offsetof(attribute_row, bits)},
};

static const field event_fields[] = {
    {PUBLIC(event, id), .type = FIELD_ID, HEAD(id)},
    {PUBLIC(event, customer), .type = FIELD_CUSTOMER, .required = true, HEAD(customer)},
    {PUBLIC(event, type), .type = FIELD_EVENT_TYPE, .required = true,
     .row = offsetof(event_row, type)},
    {PUBLIC(event, at), .type = FIELD_TIME, .required = true, HEAD(when)},
    {PUBLIC(event, known_at), .type = FIELD_TIME, HEAD(known)},
    {PUBLIC(event, user), .type = FIELD_TEXT, .row = offsetof(event_row, user)},
    {PUBLIC(event, value), .type = FIELD_NUMBER, .row = offsetof(event_row, value)},
};

#define SUB(member) PUBLIC(subscription, member), DATA(subscription, member)

/* A currency stands before the money that it measures. */
static const field subscription_fields[] = {
    {PUBLIC(subscription, id), .type = FIELD_ID, .required = true, HEAD(id)},
    {PUBLIC(subscription, customer), .type = FIELD_CUSTOMER, .required = true, HEAD(customer)},
    {PUBLIC(subscription, valid_from), .type = FIELD_TIME, .required = true, .key = true,
     HEAD(when)},
    {PUBLIC(subscription, known_at), .type = FIELD_TIME, HEAD(known)},
    {SUB(status), .type = FIELD_WORD, .required = true, .words = statuses},
    {SUB(plan), .type = FIELD_TEXT},
    {SUB(currency), .type = FIELD_CURRENCY},
    {SUB(amount), .type = FIELD_MONEY},
    {PUBLIC(subscription, period), .type = FIELD_PERIOD, DATA(subscription, period_unit)},
    {SUB(seats), .type = FIELD_COUNT},
    {SUB(discount), .type = FIELD_MONEY, .positive = true},
    {SUB(discount_until), .type = FIELD_TIME},
    {SUB(renews_at), .type = FIELD_TIME},
    {SUB(ends_at), .type = FIELD_TIME},
    {SUB(ended_at), .type = FIELD_TIME},
    {SUB(cancel_requested_at), .type = FIELD_TIME},
    {SUB(trial_ends_at), .type = FIELD_TIME},
    {SUB(auto_renew), .type = FIELD_TRUTH},
    {SUB(usage_based), .type = FIELD_TRUTH},
    {SUB(notice), .type = FIELD_DURATION},
    {SUB(product), .type = FIELD_TEXT},
};

#define INVOICE(member) PUBLIC(invoice, member), DATA(invoice, member)

static const field invoice_fields[] = {
    {PUBLIC(invoice, id), .type = FIELD_ID, .required = true, HEAD(id)},
    {PUBLIC(invoice, customer), .type = FIELD_CUSTOMER, .required = true, HEAD(customer)},
    {PUBLIC(invoice, issued_at), .type = FIELD_TIME, .required = true, HEAD(when)},
    {PUBLIC(invoice, known_at), .type = FIELD_TIME, HEAD(known)},
    {INVOICE(due_at), .type = FIELD_TIME, .required = true},
    {INVOICE(currency), .type = FIELD_CURRENCY, .required = true},
    {INVOICE(amount), .type = FIELD_MONEY, .required = true},
    {INVOICE(paid_at), .type = FIELD_TIME},
    {INVOICE(failed_at), .type = FIELD_TIME},
    {INVOICE(failure), .type = FIELD_TEXT},
    {INVOICE(refunded), .type = FIELD_MONEY, .positive = true},
    {INVOICE(refunded_at), .type = FIELD_TIME},
};

#define TICKET(member) PUBLIC(ticket, member), DATA(ticket, member)

static const field ticket_fields[] = {
    {PUBLIC(ticket, id), .type = FIELD_ID, .required = true, HEAD(id)},
    {PUBLIC(ticket, customer), .type = FIELD_CUSTOMER, .required = true, HEAD(customer)},
    {PUBLIC(ticket, opened_at), .type = FIELD_TIME, .required = true, HEAD(when)},
    {PUBLIC(ticket, known_at), .type = FIELD_TIME, HEAD(known)},
    {TICKET(user), .type = FIELD_TEXT},
    {TICKET(first_response_at), .type = FIELD_TIME},
    {TICKET(closed_at), .type = FIELD_TIME},
    {TICKET(reopened_at), .type = FIELD_TIME},
    {TICKET(priority), .type = FIELD_TEXT},
    {TICKET(category), .type = FIELD_TEXT},
    {TICKET(csat), .type = FIELD_NUMBER},
    {TICKET(text), .type = FIELD_TEXT},
};

#define SURVEY(member) PUBLIC(survey, member), DATA(survey, member)

static const field survey_fields[] = {
    {PUBLIC(survey, id), .type = FIELD_ID, HEAD(id)},
    {PUBLIC(survey, customer), .type = FIELD_CUSTOMER, .required = true, HEAD(customer)},
    {SURVEY(kind), .type = FIELD_WORD, .required = true, .key = true, .words = survey_kinds},
    {PUBLIC(survey, at), .type = FIELD_TIME, .required = true, .key = true, HEAD(when)},
    {PUBLIC(survey, known_at), .type = FIELD_TIME, HEAD(known)},
    {SURVEY(user), .type = FIELD_TEXT, .key = true},
    {SURVEY(score), .type = FIELD_NUMBER, .required = true},
    {SURVEY(text), .type = FIELD_TEXT},
    {SURVEY(category), .type = FIELD_TEXT},
    {SURVEY(moment), .type = FIELD_TEXT},
};

#define CHURN(member) PUBLIC(churn, member), DATA(churn, member)

static const field churn_fields[] = {
    {PUBLIC(churn, customer), .type = FIELD_CUSTOMER, .required = true, HEAD(customer)},
    {CHURN(kind), .type = FIELD_WORD, .required = true, .key = true, .words = churn_kinds},
    {PUBLIC(churn, at), .type = FIELD_TIME, .required = true, .key = true, HEAD(when)},
    {PUBLIC(churn, known_at), .type = FIELD_TIME, HEAD(known)},
    {CHURN(reason), .type = FIELD_TEXT},
    {CHURN(competitor), .type = FIELD_TEXT},
    {CHURN(currency), .type = FIELD_CURRENCY},
    {CHURN(amount), .type = FIELD_MONEY},
};

#define CONTACT(member) PUBLIC(contact, member), DATA(contact, member)

static const field contact_fields[] = {
    {PUBLIC(contact, id), .type = FIELD_ID, .required = true, HEAD(id)},
    {PUBLIC(contact, customer), .type = FIELD_CUSTOMER, .required = true, HEAD(customer)},
    {PUBLIC(contact, valid_from), .type = FIELD_TIME, .required = true, .key = true, HEAD(when)},
    {PUBLIC(contact, known_at), .type = FIELD_TIME, HEAD(known)},
    {CONTACT(role), .type = FIELD_TEXT},
    {CONTACT(name), .type = FIELD_TEXT},
    {CONTACT(active), .type = FIELD_TRUTH},
};

#define ALIAS(member) PUBLIC(alias, member), DATA(alias, member)

static const field alias_fields[] = {
    {ALIAS(source), .type = FIELD_NAME, .required = true},
    {ALIAS(alias), .type = FIELD_NAME, .required = true},
    {PUBLIC(alias, customer), .type = FIELD_CUSTOMER, .required = true, HEAD(customer)},
    {PUBLIC(alias, known_at), .type = FIELD_TIME, HEAD(known)},
};

static const field milestone_fields[] = {
    {PUBLIC(milestone, customer), .type = FIELD_CUSTOMER, .required = true, HEAD(customer)},
    {PUBLIC(milestone, name), .type = FIELD_NAME, .required = true, HEAD(id)},
    {PUBLIC(milestone, reached_at), .type = FIELD_TIME, .required = true, HEAD(when)},
    {PUBLIC(milestone, known_at), .type = FIELD_TIME, HEAD(known)},
};

#define TOUCH(member) PUBLIC(touchpoint, member), DATA(touchpoint, member)

static const field touchpoint_fields[] = {
    {PUBLIC(touchpoint, id), .type = FIELD_ID, .required = true, HEAD(id)},
    {PUBLIC(touchpoint, customer), .type = FIELD_CUSTOMER, .required = true, HEAD(customer)},
    {PUBLIC(touchpoint, at), .type = FIELD_TIME, .required = true, HEAD(when)},
    {PUBLIC(touchpoint, known_at), .type = FIELD_TIME, HEAD(known)},
    {TOUCH(channel), .type = FIELD_TEXT, .required = true},
    {TOUCH(user), .type = FIELD_TEXT},
    {TOUCH(play), .type = FIELD_TEXT},
    {TOUCH(action), .type = FIELD_TEXT},
    {TOUCH(offer), .type = FIELD_TEXT},
    {TOUCH(opened_at), .type = FIELD_TIME},
    {TOUCH(clicked_at), .type = FIELD_TIME},
    {TOUCH(replied_at), .type = FIELD_TIME},
    {TOUCH(outcome), .type = FIELD_TEXT},
    {TOUCH(outcome_at), .type = FIELD_TIME},
};

#define SPEND(member) PUBLIC(spend, member), DATA(spend, member)

static const field spend_fields[] = {
    {PUBLIC(spend, id), .type = FIELD_ID, HEAD(id)},
    {PUBLIC(spend, at), .type = FIELD_TIME, .required = true, .key = true, HEAD(when)},
    {PUBLIC(spend, known_at), .type = FIELD_TIME, HEAD(known)},
    {SPEND(currency), .type = FIELD_CURRENCY, .required = true, .key = true},
    {SPEND(amount), .type = FIELD_MONEY, .required = true, .positive = true},
    {SPEND(channel), .type = FIELD_TEXT, .key = true},
};

static const field rate_fields[] = {
    {PUBLIC(rate, currency), .type = FIELD_CURRENCY, .required = true, .key = true, HEAD(id)},
    {PUBLIC(rate, at), .type = FIELD_TIME, .required = true, .key = true, HEAD(when)},
    {PUBLIC(rate, known_at), .type = FIELD_TIME, HEAD(known)},
    {PUBLIC(rate, rate), .type = FIELD_NUMBER, .required = true, .positive = true,
     DATA(rate, rate)},
};

static const field announcement_fields[] = {
    {PUBLIC(announcement, name), .type = FIELD_NAME, .required = true, HEAD(id)},
    {PUBLIC(announcement, at), .type = FIELD_TIME, .required = true, .key = true, HEAD(when)},
    {PUBLIC(announcement, known_at), .type = FIELD_TIME, HEAD(known)},
    {PUBLIC(announcement, kind), .type = FIELD_TEXT, DATA(announcement, kind)},
};

#define MEASURE(member) PUBLIC(measure, member), DATA(measure, member)

static const field measure_fields[] = {
    {PUBLIC(measure, name), .type = FIELD_NAME, .required = true, HEAD(id)},
    {PUBLIC(measure, at), .type = FIELD_TIME, .required = true, .key = true, HEAD(when)},
    {PUBLIC(measure, known_at), .type = FIELD_TIME, HEAD(known)},
    {MEASURE(value), .type = FIELD_NUMBER, .required = true},
    {MEASURE(unit), .type = FIELD_TEXT},
};

#define OVERRIDE(member) PUBLIC(override, member), DATA(override, member)

static const field override_fields[] = {
    {PUBLIC(override, customer), .type = FIELD_CUSTOMER, .required = true, HEAD(customer)},
    {PUBLIC(override, score), .type = FIELD_NAME, .required = true, HEAD(id)},
    {PUBLIC(override, at), .type = FIELD_TIME, .required = true, .key = true, HEAD(when)},
    {PUBLIC(override, known_at), .type = FIELD_TIME, HEAD(known)},
    {OVERRIDE(value), .type = FIELD_NUMBER, .points = true},
    {OVERRIDE(reason), .type = FIELD_TEXT},
    {OVERRIDE(author), .type = FIELD_TEXT},
    {OVERRIDE(expires_at), .type = FIELD_TIME},
};

/* What an instant dates comes before the instant itself, which is cleared last. */
#define MASK(kind, dated_by, member, type_)                                           \
    {                                                                                 \
        offsetof(kind##_row, data.dated_by), offsetof(kind##_row, data.member), type_ \
    }

static const mask subscription_masks[] = {
    MASK(subscription, ended_at, ended_at, FIELD_TIME),
    MASK(subscription, cancel_requested_at, cancel_requested_at, FIELD_TIME),
};

static const mask invoice_masks[] = {
    MASK(invoice, failed_at, failure, FIELD_TEXT),
    MASK(invoice, refunded_at, refunded, FIELD_MONEY),
    MASK(invoice, paid_at, paid_at, FIELD_TIME),
    MASK(invoice, failed_at, failed_at, FIELD_TIME),
    MASK(invoice, refunded_at, refunded_at, FIELD_TIME),
};

static const mask ticket_masks[] = {
    MASK(ticket, closed_at, csat, FIELD_NUMBER),
    MASK(ticket, first_response_at, first_response_at, FIELD_TIME),
    MASK(ticket, closed_at, closed_at, FIELD_TIME),
    MASK(ticket, reopened_at, reopened_at, FIELD_TIME),
};

static const mask touchpoint_masks[] = {
    MASK(touchpoint, outcome_at, outcome, FIELD_TEXT),
    MASK(touchpoint, opened_at, opened_at, FIELD_TIME),
    MASK(touchpoint, clicked_at, clicked_at, FIELD_TIME),
    MASK(touchpoint, replied_at, replied_at, FIELD_TIME),
    MASK(touchpoint, outcome_at, outcome_at, FIELD_TIME),
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define FIELDS(kind)                                                                 \
    .name = #kind, .fields = kind##_fields, .field_count = COUNT(kind##_fields),     \
    .single_size = sizeof(churn_##kind), .batch_size = sizeof(churn_##kind##_batch), \
    .row_size = sizeof(kind##_row)
#define MASKS(kind) .masks = kind##_masks, .mask_count = COUNT(kind##_masks)
#define COPIES(kind, when, known) \
    .when_to = offsetof(kind##_row, data.when), .known_to = offsetof(kind##_row, data.known)
#define COPY_ID(kind) .id_to = offsetof(kind##_row, data.id)
#define COPY_KEY(kind, member) .id_to = offsetof(kind##_row, data.member), .id_is_text = true

const kind_info churn__store_kinds[KINDS] = {
    [KIND_CUSTOMER] = {FIELDS(customer), .record = CHURN_RECORD_CUSTOMER, .states = true},
    [KIND_ATTRIBUTE] = {FIELDS(attribute), .record = CHURN_RECORD_ATTRIBUTE, .states = true,
                        .key_id = true, .key_when = true, .id_is_text = true},
    [KIND_EVENT] = {FIELDS(event), .record = CHURN_RECORD_EVENT, .key_id = true},
    [KIND_SUBSCRIPTION] = {FIELDS(subscription), MASKS(subscription),
                           COPIES(subscription, valid_from, known_at), COPY_ID(subscription),
                           .record = CHURN_RECORD_SUBSCRIPTION, .states = true, .key_id = true,
                           .key_when = true},
    [KIND_INVOICE] = {FIELDS(invoice), MASKS(invoice), COPIES(invoice, issued_at, known_at),
                      COPY_ID(invoice), .record = CHURN_RECORD_INVOICE, .key_id = true},
    [KIND_TICKET] = {FIELDS(ticket), MASKS(ticket), COPIES(ticket, opened_at, known_at),
                     COPY_ID(ticket), .record = CHURN_RECORD_TICKET, .key_id = true},
    [KIND_SURVEY] = {FIELDS(survey), COPIES(survey, at, known_at), COPY_ID(survey),
                     .record = CHURN_RECORD_SURVEY, .key_id = true},
    [KIND_CHURN] = {FIELDS(churn), COPIES(churn, at, known_at), .record = CHURN_RECORD_CHURN},
    [KIND_CONTACT] = {FIELDS(contact), COPIES(contact, valid_from, known_at), COPY_ID(contact),
                      .record = CHURN_RECORD_CONTACT, .states = true, .key_id = true,
                      .key_when = true},
    [KIND_ALIAS] = {FIELDS(alias), .known_to = offsetof(alias_row, data.known_at),
                    .record = CHURN_RECORD_ALIAS, .states = true, .key_id = true, .no_fact = true},
    [KIND_MILESTONE] = {FIELDS(milestone), COPIES(milestone, reached_at, known_at),
                        COPY_KEY(milestone, name), .record = CHURN_RECORD_MILESTONE, .key_id = true,
                        .earliest = true},
    [KIND_TOUCHPOINT] = {FIELDS(touchpoint), MASKS(touchpoint), COPIES(touchpoint, at, known_at),
                         COPY_ID(touchpoint), .record = CHURN_RECORD_TOUCHPOINT, .key_id = true},
    [KIND_SPEND] = {FIELDS(spend), COPIES(spend, at, known_at), COPY_ID(spend),
                    .record = CHURN_RECORD_SPEND, .key_id = true, .business = true},
    [KIND_RATE] = {FIELDS(rate), COPIES(rate, at, known_at), COPY_KEY(rate, currency),
                   .record = CHURN_RECORD_RATE, .states = true, .key_id = true, .key_when = true,
                   .business = true},
    [KIND_ANNOUNCEMENT] = {FIELDS(announcement), COPIES(announcement, at, known_at),
                           COPY_KEY(announcement, name), .record = CHURN_RECORD_ANNOUNCEMENT,
                           .key_id = true, .key_when = true, .business = true},
    [KIND_MEASURE] = {FIELDS(measure), COPIES(measure, at, known_at), COPY_KEY(measure, name),
                      .record = CHURN_RECORD_MEASURE, .key_id = true, .key_when = true,
                      .business = true},
    [KIND_OVERRIDE] = {FIELDS(override), COPIES(override, at, known_at), COPY_KEY(override, score),
                       .record = CHURN_RECORD_OVERRIDE, .states = true, .key_id = true,
                       .key_when = true},
};

_Static_assert(sizeof(subscription_row) <= ROW_MAX && sizeof(ticket_row) <= ROW_MAX &&
                   sizeof(invoice_row) <= ROW_MAX && sizeof(survey_row) <= ROW_MAX &&
                   sizeof(touchpoint_row) <= ROW_MAX,
               "ROW_MAX is too small");
_Static_assert(COUNT(subscription_fields) <= FIELDS_MAX, "FIELDS_MAX is too small");

uint32_t churn__store_kind(churn_record_kind record)
{
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        if (churn__store_kinds[kind].record == record) {
            return kind;
        }
    }
    return KIND_NONE;
}

const char *churn__record_kind_name(churn_record_kind kind)
{
    uint32_t k = churn__store_kind(kind);
    return k == KIND_NONE ? NULL : churn__store_kinds[k].name;
}

const field *churn__store_field(const kind_info *kind, churn_str name)
{
    for (uint32_t i = 0; i < kind->field_count; i++) {
        if (churn__str_eq(churn__str_nts(kind->fields[i].name), name)) {
            return &kind->fields[i];
        }
    }
    return NULL;
}

void churn__store_clear_field(field_type type, void *at)
{
    const uint32_t no_code = CHURN__NO_CODE;
    const int64_t none = INT64_MIN; /* CHURN_TIME_NONE and CHURN_INT_NONE */
    const double nan = (double)NAN; /* one pattern of bits, so that rows compare as bytes */
    switch (type) {
    case FIELD_CUSTOMER:
    case FIELD_ID:
    case FIELD_EVENT_TYPE:
    case FIELD_NAME:
    case FIELD_TEXT:
    case FIELD_CURRENCY:
    case FIELD_DURATION:
        memcpy(at, &no_code, sizeof no_code);
        break;
    case FIELD_TIME:
    case FIELD_COUNT:
    case FIELD_MONEY:
        memcpy(at, &none, sizeof none);
        break;
    case FIELD_NUMBER:
        memcpy(at, &nan, sizeof nan);
        break;
    case FIELD_TRUTH:
        *(int8_t *)at = CHURN_TRUTH_NONE;
        break;
    default: /* words, periods, values: zero */
        *(uint8_t *)at = 0;
        break;
    }
}

void churn__store_empty_row(const kind_info *kind, void *row)
{
    row_head head = {
        CHURN__NO_CODE, CHURN__NO_CODE, CHURN_TIME_NONE, CHURN_TIME_NONE, FOREVER, 0, 0};
    head.customer = kind->business ? CHURN__BUSINESS : CHURN__NO_CODE;
    memset(row, 0, kind->row_size);
    memcpy(row, &head, sizeof head);
    for (uint32_t i = 0; i < kind->field_count; i++) {
        const field *f = &kind->fields[i];
        if (f->row >= sizeof head) { /* the head says it already */
            churn__store_clear_field(f->type, (char *)row + f->row);
        }
    }
    if (kind->record == CHURN_RECORD_EVENT) {
        ((event_row *)row)->props = CHURN__NO_CODE;
    }
}

bool churn__store_same_content(const kind_info *kind, const void *a, const void *b)
{
    const row_head *x = a, *y = b;
    return x->when == y->when && memcmp((const char *)a + sizeof *x, (const char *)b + sizeof *y,
                                        kind->row_size - sizeof *x) == 0;
}

static int cmp_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int cmp_survey(const survey_row *a, const survey_row *b)
{
    int by_kind = cmp_i64(a->data.kind, b->data.kind);
    int by_user = cmp_i64(a->data.user, b->data.user);
    return by_kind != 0 ? by_kind : by_user != 0 ? by_user : cmp_i64(a->head.when, b->head.when);
}

static int cmp_churn(const churn_row *a, const churn_row *b)
{
    int by_kind = cmp_i64(a->data.kind, b->data.kind);
    return by_kind != 0 ? by_kind : cmp_i64(a->head.when, b->head.when);
}

static int cmp_spend(const spend_row *a, const spend_row *b)
{
    int by_when = cmp_i64(a->head.when, b->head.when);
    int by_currency = cmp_i64(a->data.currency, b->data.currency);
    return by_when != 0       ? by_when
           : by_currency != 0 ? by_currency
                              : cmp_i64(a->data.channel, b->data.channel);
}

int churn__store_key_cmp(const kind_info *kind, const void *a, const void *b)
{
    const row_head *x = a, *y = b;
    int by_id = kind->key_id ? cmp_i64(x->id, y->id) : 0;
    if (by_id != 0) {
        return by_id;
    }
    if (kind->record == CHURN_RECORD_SURVEY && x->id == CHURN__NO_CODE) {
        return cmp_survey(a, b);
    }
    if (kind->record == CHURN_RECORD_SPEND && x->id == CHURN__NO_CODE) {
        return cmp_spend(a, b);
    }
    if (kind->record == CHURN_RECORD_CHURN) {
        return cmp_churn(a, b);
    }
    return kind->key_when ? cmp_i64(x->when, y->when) : 0;
}

static void mask_apply(const mask *m, char *row, churn_time as_of)
{
    churn_time dated;
    memcpy(&dated, row + m->time, sizeof dated);
    if (dated == CHURN_TIME_NONE || dated > as_of) {
        churn__store_clear_field(m->type, row + m->target);
    }
}

void churn__store_hide(const kind_info *kind, void *row, churn_time as_of)
{
    for (uint32_t i = 0; i < kind->mask_count; i++) {
        mask_apply(&kind->masks[i], row, as_of);
    }
}

void churn__store_show_row(const kind_info *kind, const void *row, churn_time as_of, void *out)
{
    const row_head *head = row;
    char shown[ROW_MAX];
    memcpy(shown, row, kind->row_size);
    churn__store_hide(kind, shown, as_of);
    memcpy(shown + kind->when_to, &head->when, sizeof head->when);
    memcpy(shown + kind->known_to, &head->known, sizeof head->known);
    if (kind->id_to != 0) {
        memcpy(shown + kind->id_to, &head->id, sizeof head->id);
    }
    memcpy(out, shown + sizeof *head, kind->row_size - sizeof *head);
}
