/* SPDX-License-Identifier: MIT */
#include "store/source.h"

/* The public functions that write. */

/* ---- one record ---- */

static void init_field(const field *f, char *record)
{
    const int64_t none = INT64_MIN; /* CHURN_TIME_NONE and CHURN_INT_NONE */
    const churn_truth no_truth = CHURN_TRUTH_NONE;
    switch (f->type) {
    case FIELD_TIME:
    case FIELD_COUNT:
    case FIELD_MONEY:
        memcpy(record + f->single, &none, sizeof none);
        break;
    case FIELD_NUMBER:
        churn__store_clear_field(FIELD_NUMBER, record + f->single);
        break;
    case FIELD_TRUTH:
        memcpy(record + f->single, &no_truth, sizeof no_truth);
        break;
    default:
        break;
    }
}

/* The largest public record, aligned. */
typedef union any_record {
    churn_customer customer;
    churn_attribute attribute;
    churn_event event;
    churn_subscription subscription;
    churn_invoice invoice;
    churn_ticket ticket;
    churn_survey survey;
    churn_churn churn;
    churn_contact contact;
    churn_alias alias;
    churn_milestone milestone;
    churn_touchpoint touchpoint;
    churn_spend spend;
    churn_rate rate;
    churn_announcement announcement;
    churn_measure measure;
    churn_override override;
    char bytes[1];
} any_record;

static void init_record(uint32_t kind, any_record *record)
{
    const kind_info *info = &churn__store_kinds[kind];
    memset(record, 0, sizeof *record);
    for (uint32_t i = 0; i < info->field_count; i++) {
        init_field(&info->fields[i], record->bytes);
    }
    memcpy(record, &info->single_size, sizeof info->single_size);
}

void churn_record_init(churn_record_kind record, void *to, uint32_t size)
{
    uint32_t kind = churn__store_kind(record);
    any_record own;
    if (to == NULL || size < sizeof size) {
        return;
    }
    if (kind != KIND_NONE) {
        uint32_t known = churn__store_kinds[kind].single_size;
        uint32_t shared = size < known ? size : known;
        init_record(kind, &own);
        memcpy(to, &own, shared);
        memset((char *)to + shared, 0, size - shared);
    }
    memcpy(to, &size, sizeof size);
}

/* A caller's struct of another length: what it lacks is not given. */
static churn_status copy_record(uint32_t kind, const void *from, any_record *to, churn_error *err)
{
    churn_status st = CHURN_OK;
    const kind_info *info = &churn__store_kinds[kind];
    uint32_t size = 0;
    CHURN_TRY(churn__copy_struct(to, info->single_size, from, info->name, err));
    memcpy(&size, from, sizeof size);
    if (size < info->single_size) {
        init_record(kind, to);
        memcpy(to, from, size);
    }
done:
    return st;
}

static churn_status add_record(churn_store *store, uint32_t kind, const void *record,
                               churn_error *err)
{
    const kind_info *info = &churn__store_kinds[kind];
    any_record own;
    uint32_t size = 0;
    if (store == NULL || record == NULL) {
        return churn__fail_null(err, info->name, store == NULL ? "store" : "the record");
    }
    memcpy(&size, record, sizeof size);
    if (size == info->single_size) {
        return churn__store_load_one(store, kind, record, err);
    }
    churn_status st = copy_record(kind, record, &own, err);
    return st != CHURN_OK ? st : churn__store_load_one(store, kind, &own, err);
}

churn_status churn_store_retract(churn_store *store, churn_record_kind record_kind,
                                 const void *record, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t kind = churn__store_kind(record_kind);
    any_record own;
    struct_source from;
    if (store == NULL || record == NULL) {
        return churn__fail_null(err, "churn_store_retract", store == NULL ? "store" : "record");
    }
    if (kind == KIND_NONE) {
        return churn__fail(err, CHURN_E_ARG, 0, "kind: there is no such record");
    }
    load_settings settings = {.flags = CHURN_LOAD_STRICT | CHURN_LOAD_RETRACT,
                              .money = CHURN_MONEY_MINOR,
                              .valid_from = CHURN_TIME_NONE,
                              .known_at = CHURN_TIME_NONE,
                              .zone_declared = store->zone_declared,
                              .zone = store->zone};
    CHURN_TRY(copy_record(kind, record, &own, err));
    churn__source_struct(&from, &churn__store_kinds[kind], &own);
    CHURN_TRY(churn__store_load(store, kind, &from.base, &settings, NULL, err));
done:
    return st;
}

churn_status churn_store_add_customer(churn_store *store, const churn_customer *customer,
                                      churn_error *err)
{
    return add_record(store, KIND_CUSTOMER, customer, err);
}

churn_status churn_store_add_attribute(churn_store *store, const churn_attribute *attribute,
                                       churn_error *err)
{
    return add_record(store, KIND_ATTRIBUTE, attribute, err);
}

churn_status churn_store_add_event(churn_store *store, const churn_event *event, churn_error *err)
{
    return add_record(store, KIND_EVENT, event, err);
}

churn_status churn_store_add_subscription(churn_store *store,
                                          const churn_subscription *subscription, churn_error *err)
{
    return add_record(store, KIND_SUBSCRIPTION, subscription, err);
}

churn_status churn_store_add_invoice(churn_store *store, const churn_invoice *invoice,
                                     churn_error *err)
{
    return add_record(store, KIND_INVOICE, invoice, err);
}

churn_status churn_store_add_ticket(churn_store *store, const churn_ticket *ticket,
                                    churn_error *err)
{
    return add_record(store, KIND_TICKET, ticket, err);
}

churn_status churn_store_add_survey(churn_store *store, const churn_survey *survey,
                                    churn_error *err)
{
    return add_record(store, KIND_SURVEY, survey, err);
}

churn_status churn_store_add_churn(churn_store *store, const churn_churn *churn, churn_error *err)
{
    return add_record(store, KIND_CHURN, churn, err);
}

churn_status churn_store_add_contact(churn_store *store, const churn_contact *contact,
                                     churn_error *err)
{
    return add_record(store, KIND_CONTACT, contact, err);
}

churn_status churn_store_add_alias(churn_store *store, const churn_alias *alias, churn_error *err)
{
    return add_record(store, KIND_ALIAS, alias, err);
}

churn_status churn_store_add_milestone(churn_store *store, const churn_milestone *milestone,
                                       churn_error *err)
{
    return add_record(store, KIND_MILESTONE, milestone, err);
}

churn_status churn_store_add_touchpoint(churn_store *store, const churn_touchpoint *touchpoint,
                                        churn_error *err)
{
    return add_record(store, KIND_TOUCHPOINT, touchpoint, err);
}

churn_status churn_store_add_spend(churn_store *store, const churn_spend *spend, churn_error *err)
{
    return add_record(store, KIND_SPEND, spend, err);
}

churn_status churn_store_add_rate(churn_store *store, const churn_rate *rate, churn_error *err)
{
    return add_record(store, KIND_RATE, rate, err);
}

churn_status churn_store_add_announcement(churn_store *store,
                                          const churn_announcement *announcement, churn_error *err)
{
    return add_record(store, KIND_ANNOUNCEMENT, announcement, err);
}

churn_status churn_store_add_measure(churn_store *store, const churn_measure *measure,
                                     churn_error *err)
{
    return add_record(store, KIND_MEASURE, measure, err);
}

churn_status churn_store_add_override(churn_store *store, const churn_override *override,
                                      churn_error *err)
{
    return add_record(store, KIND_OVERRIDE, override, err);
}

/* ---- a batch of columns ---- */

typedef union any_batch {
    churn_customer_batch customer;
    churn_attribute_batch attribute;
    churn_event_batch event;
    churn_subscription_batch subscription;
    churn_invoice_batch invoice;
    churn_ticket_batch ticket;
    churn_survey_batch survey;
    churn_churn_batch churn;
    churn_contact_batch contact;
    churn_alias_batch alias;
    churn_milestone_batch milestone;
    churn_touchpoint_batch touchpoint;
    churn_spend_batch spend;
    churn_rate_batch rate;
    churn_announcement_batch announcement;
    churn_measure_batch measure;
    churn_override_batch override;
} any_batch;

static churn_status refuse_stream_options(const churn_load_options *o, churn_error *err)
{
    bool any = o->column_count > 0 || o->constant_count > 0 || o->value_count > 0;
    return !any ? CHURN_OK
                : churn__fail(err, CHURN_E_ARG, 0,
                              "churn_load_options: columns, constants and values are for streams");
}

static churn_status add_batch(churn_store *store, uint32_t kind, const void *batch,
                              const churn_load_options *options, churn_load_report *report,
                              churn_error *err)
{
    churn_status st = CHURN_OK;
    const kind_info *info = &churn__store_kinds[kind];
    churn_load_options copy;
    load_settings settings;
    churn__zone *zone = NULL;
    batch_source from = {.batch = NULL};
    any_batch own;
    if (store == NULL || batch == NULL) {
        return churn__fail_null(err, info->name, store == NULL ? "store" : "the batch");
    }
    CHURN_TRY(churn__copy_struct(&own, info->batch_size, batch, info->name, err));
    CHURN_TRY(churn__store_load_options(store, options, &copy, &settings, &zone, err));
    CHURN_TRY(refuse_stream_options(&copy, err));
    settings.money = CHURN_MONEY_MINOR;
    CHURN_TRY(churn__source_batch(&from, info, &own, store->heap, err));
    CHURN_TRY(churn__store_load(store, kind, &from.base, &settings, report, err));
done:
    churn__source_batch_clear(&from, store->heap);
    churn__zone_release(zone);
    return st;
}

churn_status churn_store_add_customers(churn_store *store, const churn_customer_batch *batch,
                                       const churn_load_options *options, churn_load_report *report,
                                       churn_error *err)
{
    return add_batch(store, KIND_CUSTOMER, batch, options, report, err);
}

churn_status churn_store_add_attributes(churn_store *store, const churn_attribute_batch *batch,
                                        const churn_load_options *options,
                                        churn_load_report *report, churn_error *err)
{
    return add_batch(store, KIND_ATTRIBUTE, batch, options, report, err);
}

churn_status churn_store_add_events(churn_store *store, const churn_event_batch *batch,
                                    const churn_load_options *options, churn_load_report *report,
                                    churn_error *err)
{
    return add_batch(store, KIND_EVENT, batch, options, report, err);
}

churn_status churn_store_add_subscriptions(churn_store *store,
                                           const churn_subscription_batch *batch,
                                           const churn_load_options *options,
                                           churn_load_report *report, churn_error *err)
{
    return add_batch(store, KIND_SUBSCRIPTION, batch, options, report, err);
}

churn_status churn_store_add_invoices(churn_store *store, const churn_invoice_batch *batch,
                                      const churn_load_options *options, churn_load_report *report,
                                      churn_error *err)
{
    return add_batch(store, KIND_INVOICE, batch, options, report, err);
}

churn_status churn_store_add_tickets(churn_store *store, const churn_ticket_batch *batch,
                                     const churn_load_options *options, churn_load_report *report,
                                     churn_error *err)
{
    return add_batch(store, KIND_TICKET, batch, options, report, err);
}

churn_status churn_store_add_surveys(churn_store *store, const churn_survey_batch *batch,
                                     const churn_load_options *options, churn_load_report *report,
                                     churn_error *err)
{
    return add_batch(store, KIND_SURVEY, batch, options, report, err);
}

churn_status churn_store_add_churns(churn_store *store, const churn_churn_batch *batch,
                                    const churn_load_options *options, churn_load_report *report,
                                    churn_error *err)
{
    return add_batch(store, KIND_CHURN, batch, options, report, err);
}

churn_status churn_store_add_contacts(churn_store *store, const churn_contact_batch *batch,
                                      const churn_load_options *options, churn_load_report *report,
                                      churn_error *err)
{
    return add_batch(store, KIND_CONTACT, batch, options, report, err);
}

churn_status churn_store_add_aliases(churn_store *store, const churn_alias_batch *batch,
                                     const churn_load_options *options, churn_load_report *report,
                                     churn_error *err)
{
    return add_batch(store, KIND_ALIAS, batch, options, report, err);
}

churn_status churn_store_add_milestones(churn_store *store, const churn_milestone_batch *batch,
                                        const churn_load_options *options,
                                        churn_load_report *report, churn_error *err)
{
    return add_batch(store, KIND_MILESTONE, batch, options, report, err);
}

churn_status churn_store_add_touchpoints(churn_store *store, const churn_touchpoint_batch *batch,
                                         const churn_load_options *options,
                                         churn_load_report *report, churn_error *err)
{
    return add_batch(store, KIND_TOUCHPOINT, batch, options, report, err);
}

churn_status churn_store_add_spends(churn_store *store, const churn_spend_batch *batch,
                                    const churn_load_options *options, churn_load_report *report,
                                    churn_error *err)
{
    return add_batch(store, KIND_SPEND, batch, options, report, err);
}

churn_status churn_store_add_rates(churn_store *store, const churn_rate_batch *batch,
                                   const churn_load_options *options, churn_load_report *report,
                                   churn_error *err)
{
    return add_batch(store, KIND_RATE, batch, options, report, err);
}

churn_status churn_store_add_announcements(churn_store *store,
                                           const churn_announcement_batch *batch,
                                           const churn_load_options *options,
                                           churn_load_report *report, churn_error *err)
{
    return add_batch(store, KIND_ANNOUNCEMENT, batch, options, report, err);
}

churn_status churn_store_add_measures(churn_store *store, const churn_measure_batch *batch,
                                      const churn_load_options *options, churn_load_report *report,
                                      churn_error *err)
{
    return add_batch(store, KIND_MEASURE, batch, options, report, err);
}

churn_status churn_store_add_overrides(churn_store *store, const churn_override_batch *batch,
                                       const churn_load_options *options, churn_load_report *report,
                                       churn_error *err)
{
    return add_batch(store, KIND_OVERRIDE, batch, options, report, err);
}
