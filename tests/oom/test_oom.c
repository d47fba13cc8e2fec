/* SPDX-License-Identifier: MIT */
#include "company.h"
#include "failing.h"

/*
 * Every public function that allocates, with every allocation failing: once, and from then on.
 * After each failure the status is CHURN_E_NOMEM and the handles' hashes are what they were; in the
 * end the call succeeds and nothing is left over.
 */

typedef struct bench {
    failing memory;
    company company;
    churn_table *table; /* what the call under test made */
    churn_engine *engine;
    churn_store *store;
    churn_playbook *playbook;
    churn_expression *expression;
    churn_buffer *buffer, *saved;
    churn_str action;
    churn_str from; /* the source of what is loaded */
    churn_table *actions;
} bench;

typedef churn_status (*attempt)(bench *b, churn_error *err);

static char playbook_path[1024];

static churn_store_options store_options(bench *b)
{
    return (churn_store_options){.struct_size = sizeof(churn_store_options),
                                 .allocator = &b->company.allocator,
                                 .time_zone = STR("UTC")};
}

/* ---- what is attempted ---- */

static churn_status try_playbook_parse(bench *b, churn_error *err)
{
    churn_playbook_options options = {.struct_size = sizeof options,
                                      .allocator = &b->company.allocator};
    return churn_playbook_parse(company_playbook, CHURN_NTS, &options, &b->playbook, &b->table,
                                err);
}

static churn_status try_playbook_contents(bench *b, churn_error *err)
{
    return churn_playbook_contents(b->company.playbook, &b->table, err);
}

static churn_status try_playbook_diff_text(bench *b, churn_error *err)
{
    churn_buffer *text = NULL;
    churn_status st =
        churn_playbook_diff_text(b->company.playbook, b->company.playbook, &text, err);
    churn_buffer_free(text);
    return st;
}

static churn_status try_playbook_test(bench *b, churn_error *err)
{
    return churn_playbook_test(b->company.playbook, NULL, NULL, &b->table, err);
}

static churn_status try_playbook_test_some(bench *b, churn_error *err)
{
    churn_playbook_test_options options = {.struct_size = sizeof options, .name = STR("test 1")};
    return churn_playbook_test_some(b->company.playbook, &options, NULL, NULL, &b->table, err);
}

static churn_status try_store_create(bench *b, churn_error *err)
{
    churn_store_options options = store_options(b);
    return churn_store_create(&options, &b->store, err);
}

static churn_status try_add_customer(bench *b, churn_error *err)
{
    churn_named_value plan = {STR("plan"), {.type = CHURN_TYPE_STRING, .string = STR("gold")}};
    churn_customer row;
    churn_record_init(CHURN_RECORD_CUSTOMER, &row, sizeof row);
    row.id = STR("dune");
    row.since = NEW_YEAR;
    row.attributes = &plan;
    row.attribute_count = 1;
    return churn_store_add_customer(b->company.store, &row, err);
}

static churn_status try_add_attribute(bench *b, churn_error *err)
{
    churn_attribute row;
    churn_record_init(CHURN_RECORD_ATTRIBUTE, &row, sizeof row);
    row.customer = STR("acme");
    row.name = STR("colour");
    row.valid_from = NEW_YEAR;
    row.value = (churn_value){.type = CHURN_TYPE_STRING, .string = STR("green")};
    return churn_store_add_attribute(b->company.store, &row, err);
}

static churn_status try_add_event(bench *b, churn_error *err)
{
    churn_event row;
    churn_record_init(CHURN_RECORD_EVENT, &row, sizeof row);
    row.id = STR("e1");
    row.customer = STR("acme");
    row.type = STR("export");
    row.at = NEW_YEAR;
    return churn_store_add_event(b->company.store, &row, err);
}

static churn_status try_add_event_props(bench *b, churn_error *err)
{
    churn_named_value props[] = {
        {STR("platform"), {.type = CHURN_TYPE_STRING, .string = STR("terminal")}},
        {STR("rows"), {.type = CHURN_TYPE_DOUBLE, .number = 7}}};
    churn_event row;
    churn_record_init(CHURN_RECORD_EVENT, &row, sizeof row);
    row.customer = STR("acme");
    row.type = STR("export");
    row.at = NEW_YEAR;
    row.props = props;
    row.prop_count = 2;
    return churn_store_add_event(b->company.store, &row, err);
}

static churn_status try_add_subscription(bench *b, churn_error *err)
{
    churn_subscription row;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &row, sizeof row);
    row.id = STR("s9");
    row.customer = STR("acme");
    row.valid_from = NEW_YEAR;
    row.status = STR("active");
    return churn_store_add_subscription(b->company.store, &row, err);
}

static churn_status try_add_invoice(bench *b, churn_error *err)
{
    churn_invoice row;
    churn_record_init(CHURN_RECORD_INVOICE, &row, sizeof row);
    row.id = STR("i9");
    row.customer = STR("acme");
    row.issued_at = row.due_at = NEW_YEAR;
    row.amount = 100;
    row.currency = STR("USD");
    return churn_store_add_invoice(b->company.store, &row, err);
}

static churn_status try_add_ticket(bench *b, churn_error *err)
{
    churn_ticket row;
    churn_record_init(CHURN_RECORD_TICKET, &row, sizeof row);
    row.id = STR("t9");
    row.customer = STR("acme");
    row.opened_at = NEW_YEAR;
    row.priority = STR("high");
    return churn_store_add_ticket(b->company.store, &row, err);
}

static churn_status try_add_survey(bench *b, churn_error *err)
{
    churn_survey row;
    churn_record_init(CHURN_RECORD_SURVEY, &row, sizeof row);
    row.customer = STR("acme");
    row.kind = STR("nps");
    row.at = NEW_YEAR;
    row.score = 9;
    return churn_store_add_survey(b->company.store, &row, err);
}

static churn_status try_add_churn(bench *b, churn_error *err)
{
    churn_churn row;
    churn_record_init(CHURN_RECORD_CHURN, &row, sizeof row);
    row.customer = STR("blue");
    row.kind = STR("downgrade");
    row.at = NEW_YEAR;
    return churn_store_add_churn(b->company.store, &row, err);
}

static churn_status try_add_contact(bench *b, churn_error *err)
{
    churn_contact row;
    churn_record_init(CHURN_RECORD_CONTACT, &row, sizeof row);
    row.id = STR("x1");
    row.customer = STR("blue");
    row.valid_from = NEW_YEAR;
    row.role = STR("role of contact");
    row.name = STR("name of contact");
    row.active = 1;
    return churn_store_add_contact(b->company.store, &row, err);
}

static churn_status try_add_alias(bench *b, churn_error *err)
{
    churn_alias row;
    churn_record_init(CHURN_RECORD_ALIAS, &row, sizeof row);
    row.source = STR("source of alias");
    row.alias = STR("alias of alias");
    row.customer = STR("blue");
    return churn_store_add_alias(b->company.store, &row, err);
}

static churn_status try_add_milestone(bench *b, churn_error *err)
{
    churn_milestone row;
    churn_record_init(CHURN_RECORD_MILESTONE, &row, sizeof row);
    row.customer = STR("blue");
    row.name = STR("name of milestone");
    row.reached_at = NEW_YEAR;
    return churn_store_add_milestone(b->company.store, &row, err);
}

static churn_status try_add_touchpoint(bench *b, churn_error *err)
{
    churn_touchpoint row;
    churn_record_init(CHURN_RECORD_TOUCHPOINT, &row, sizeof row);
    row.id = STR("x1");
    row.customer = STR("blue");
    row.at = NEW_YEAR;
    row.channel = STR("channel of touchpoint");
    row.user = STR("user of touchpoint");
    row.play = STR("play of touchpoint");
    row.action = STR("action of touchpoint");
    row.offer = STR("offer of touchpoint");
    row.opened_at = NEW_YEAR;
    row.clicked_at = NEW_YEAR;
    row.replied_at = NEW_YEAR;
    row.outcome = STR("outcome of touchpoint");
    row.outcome_at = NEW_YEAR;
    return churn_store_add_touchpoint(b->company.store, &row, err);
}

static churn_status try_add_spend(bench *b, churn_error *err)
{
    churn_spend row;
    churn_record_init(CHURN_RECORD_SPEND, &row, sizeof row);
    row.at = NEW_YEAR;
    row.amount = 500;
    row.currency = STR("USD");
    row.channel = STR("channel of spend");
    row.id = STR("x1");
    return churn_store_add_spend(b->company.store, &row, err);
}

static churn_status try_add_rate(bench *b, churn_error *err)
{
    churn_rate row;
    churn_record_init(CHURN_RECORD_RATE, &row, sizeof row);
    row.currency = STR("USD");
    row.at = NEW_YEAR;
    row.rate = 1.25;
    return churn_store_add_rate(b->company.store, &row, err);
}

static churn_status try_add_override(bench *b, churn_error *err)
{
    churn_override row;
    churn_record_init(CHURN_RECORD_OVERRIDE, &row, sizeof row);
    row.customer = STR("customer of override");
    row.score = STR("score of override");
    row.at = NEW_YEAR;
    row.value = 20;
    row.reason = STR("reason of override");
    row.author = STR("author of override");
    row.expires_at = NEW_YEAR + 30 * DAY;
    return churn_store_add_override(b->company.store, &row, err);
}

static churn_status try_add_measure(bench *b, churn_error *err)
{
    churn_measure row;
    churn_record_init(CHURN_RECORD_MEASURE, &row, sizeof row);
    row.name = STR("name of measure");
    row.at = NEW_YEAR;
    row.value = 12.5;
    row.unit = STR("unit of measure");
    return churn_store_add_measure(b->company.store, &row, err);
}

static churn_status try_add_announcement(bench *b, churn_error *err)
{
    churn_announcement row;
    churn_record_init(CHURN_RECORD_ANNOUNCEMENT, &row, sizeof row);
    row.name = STR("name of announcement");
    row.at = NEW_YEAR;
    row.kind = STR("kind of announcement");
    return churn_store_add_announcement(b->company.store, &row, err);
}

/* Two rows of columns that every batch can be made of. */
static const int64_t two_offsets[] = {0, 3, 6};
static const churn_string_column two_ids = {.bytes = "newold", .offsets = two_offsets};
static const churn_string_column two_words = {.bytes = "npsnps", .offsets = two_offsets};
static const churn_string_column two_dollars = {.bytes = "USDUSD", .offsets = two_offsets};
static const int64_t four_offsets[] = {0, 5, 10};
static const churn_string_column two_pauses = {.bytes = "pausepause", .offsets = four_offsets};
static const churn_string_column two_trials = {.bytes = "trialtrial", .offsets = four_offsets};
static const churn_time two_times[] = {NEW_YEAR + 3, NEW_YEAR + 5};
static const double two_scores[] = {3, 8};
static const int64_t two_amounts[] = {100, 200};
static const churn_time_column two_at = {.values = two_times};

static churn_status try_add_customers(bench *b, churn_error *err)
{
    churn_any_column size = {
        .name = STR("size"), .type = CHURN_TYPE_DOUBLE, .numbers = {.values = two_scores}};
    churn_customer_batch batch = {.struct_size = sizeof batch,
                                  .row_count = 2,
                                  .id = two_ids,
                                  .since = two_at,
                                  .attributes = &size,
                                  .attribute_count = 1};
    return churn_store_add_customers(b->company.store, &batch, NULL, NULL, err);
}

static churn_status try_add_attributes(bench *b, churn_error *err)
{
    churn_attribute_batch batch = {
        .struct_size = sizeof batch,
        .row_count = 2,
        .customer = two_ids,
        .name = two_words,
        .valid_from = two_at,
        .value = {.type = CHURN_TYPE_DOUBLE, .numbers = {.values = two_scores}}};
    return churn_store_add_attributes(b->company.store, &batch, NULL, NULL, err);
}

static churn_status try_add_events(bench *b, churn_error *err)
{
    churn_event_batch batch = {.struct_size = sizeof batch,
                               .row_count = 2,
                               .customer = two_ids,
                               .type = two_words,
                               .at = two_at,
                               .user = two_ids,
                               .value = {.values = two_scores}};
    churn_load_report report = {.struct_size = sizeof report};
    churn_status st = churn_store_add_events(b->company.store, &batch, NULL, &report, err);
    churn_table_free(report.rejections);
    return st;
}

/* The same id twice: its versions are resolved, properties with them. */
static churn_status try_add_events_props(bench *b, churn_error *err)
{
    static const int64_t offsets[] = {0, 2, 4};
    churn_any_column props[] = {
        {.name = STR("score"), .type = CHURN_TYPE_DOUBLE, .numbers = {.values = two_scores}},
        {.name = STR("word"),
         .type = CHURN_TYPE_STRING,
         .strings = {.bytes = "onto", .offsets = offsets}}};
    churn_event_batch batch = {.struct_size = sizeof batch,
                               .row_count = 2,
                               .prop_count = 2,
                               .id = {.bytes = "e9e9", .offsets = offsets},
                               .customer = {.bytes = "c9c9", .offsets = offsets},
                               .type = two_words,
                               .at = two_at,
                               .props = props};
    churn_load_report report = {.struct_size = sizeof report};
    churn_status st = churn_store_add_events(b->company.store, &batch, NULL, &report, err);
    churn_table_free(report.rejections);
    return st;
}

static churn_status try_add_subscriptions(bench *b, churn_error *err)
{
    churn_subscription_batch batch = {.struct_size = sizeof batch,
                                      .row_count = 2,
                                      .id = two_ids,
                                      .customer = two_ids,
                                      .valid_from = two_at,
                                      .status = two_trials};
    return churn_store_add_subscriptions(b->company.store, &batch, NULL, NULL, err);
}

static churn_status try_add_invoices(bench *b, churn_error *err)
{
    churn_invoice_batch batch = {.struct_size = sizeof batch,
                                 .row_count = 2,
                                 .id = two_ids,
                                 .customer = two_ids,
                                 .issued_at = two_at,
                                 .due_at = two_at,
                                 .amount = {.values = two_amounts},
                                 .currency = two_dollars};
    return churn_store_add_invoices(b->company.store, &batch, NULL, NULL, err);
}

static churn_status try_add_tickets(bench *b, churn_error *err)
{
    churn_ticket_batch batch = {.struct_size = sizeof batch,
                                .row_count = 2,
                                .id = two_ids,
                                .customer = two_ids,
                                .opened_at = two_at};
    return churn_store_add_tickets(b->company.store, &batch, NULL, NULL, err);
}

static churn_status try_add_surveys(bench *b, churn_error *err)
{
    churn_survey_batch batch = {.struct_size = sizeof batch,
                                .row_count = 2,
                                .customer = two_ids,
                                .kind = two_words,
                                .at = two_at,
                                .score = {.values = two_scores}};
    return churn_store_add_surveys(b->company.store, &batch, NULL, NULL, err);
}

static churn_status try_add_churns(bench *b, churn_error *err)
{
    churn_churn_batch batch = {.struct_size = sizeof batch,
                               .row_count = 2,
                               .customer = two_ids,
                               .kind = two_pauses,
                               .at = two_at};
    return churn_store_add_churns(b->company.store, &batch, NULL, NULL, err);
}

static churn_status try_add_contacts(bench *b, churn_error *err)
{
    churn_contact_batch batch = {.struct_size = sizeof batch,
                                 .row_count = 2,
                                 .id = two_ids,
                                 .customer = two_ids,
                                 .valid_from = two_at,
                                 .role = two_ids,
                                 .name = two_ids};
    return churn_store_add_contacts(b->company.store, &batch, NULL, NULL, err);
}

static churn_status try_add_aliases(bench *b, churn_error *err)
{
    churn_alias_batch batch = {.struct_size = sizeof batch,
                               .row_count = 2,
                               .source = two_ids,
                               .alias = two_ids,
                               .customer = two_ids};
    return churn_store_add_aliases(b->company.store, &batch, NULL, NULL, err);
}

static churn_status try_add_milestones(bench *b, churn_error *err)
{
    churn_milestone_batch batch = {.struct_size = sizeof batch,
                                   .row_count = 2,
                                   .customer = two_ids,
                                   .name = two_ids,
                                   .reached_at = two_at};
    return churn_store_add_milestones(b->company.store, &batch, NULL, NULL, err);
}

static churn_status try_add_touchpoints(bench *b, churn_error *err)
{
    churn_touchpoint_batch batch = {.struct_size = sizeof batch,
                                    .row_count = 2,
                                    .id = two_ids,
                                    .customer = two_ids,
                                    .at = two_at,
                                    .channel = two_ids,
                                    .user = two_ids,
                                    .play = two_ids,
                                    .action = two_ids,
                                    .offer = two_ids,
                                    .opened_at = two_at,
                                    .clicked_at = two_at,
                                    .replied_at = two_at,
                                    .outcome = two_ids,
                                    .outcome_at = two_at};
    return churn_store_add_touchpoints(b->company.store, &batch, NULL, NULL, err);
}

static churn_status try_add_spends(bench *b, churn_error *err)
{
    churn_spend_batch batch = {.struct_size = sizeof batch,
                               .row_count = 2,
                               .at = two_at,
                               .amount = {.values = two_amounts},
                               .currency = two_dollars,
                               .channel = two_ids,
                               .id = two_ids};
    return churn_store_add_spends(b->company.store, &batch, NULL, NULL, err);
}

static churn_status try_add_rates(bench *b, churn_error *err)
{
    churn_rate_batch batch = {.struct_size = sizeof batch,
                              .row_count = 2,
                              .currency = two_dollars,
                              .at = two_at,
                              .rate = {.values = two_scores}};
    return churn_store_add_rates(b->company.store, &batch, NULL, NULL, err);
}

static churn_status try_add_overrides(bench *b, churn_error *err)
{
    churn_override_batch batch = {.struct_size = sizeof batch,
                                  .row_count = 2,
                                  .customer = two_ids,
                                  .score = two_ids,
                                  .at = two_at,
                                  .value = {.values = two_scores},
                                  .author = two_ids};
    return churn_store_add_overrides(b->company.store, &batch, NULL, NULL, err);
}

static churn_status try_add_measures(bench *b, churn_error *err)
{
    churn_measure_batch batch = {.struct_size = sizeof batch,
                                 .row_count = 2,
                                 .name = two_ids,
                                 .at = two_at,
                                 .value = {.values = two_scores},
                                 .unit = two_ids};
    return churn_store_add_measures(b->company.store, &batch, NULL, NULL, err);
}

static churn_status try_add_announcements(bench *b, churn_error *err)
{
    churn_announcement_batch batch = {.struct_size = sizeof batch,
                                      .row_count = 2,
                                      .name = two_ids,
                                      .at = two_at,
                                      .kind = two_ids};
    return churn_store_add_announcements(b->company.store, &batch, NULL, NULL, err);
}

/* A rejection each, so that the report's table is made as well. */
static churn_status try_add_rejected(bench *b, churn_error *err)
{
    static const uint8_t none = 0;
    churn_ticket_batch batch = {.struct_size = sizeof batch,
                                .row_count = 2,
                                .id = two_ids,
                                .customer = two_ids,
                                .opened_at = {.values = two_times, .valid = &none}};
    churn_load_report report = {.struct_size = sizeof report};
    churn_status st = churn_store_add_tickets(b->company.store, &batch, NULL, &report, err);
    assert_true(st != CHURN_OK || report.rejected == 2);
    churn_table_free(report.rejections);
    return st;
}

/* The company's actions, back in as events. */
static churn_status try_add_stream(bench *b, churn_error *err)
{
    struct ArrowArrayStream stream = {.release = NULL};
    churn_field_text columns[] = {{STR("type"), STR("kind")}, {STR("value"), STR("episode")}};
    churn_load_options options = {
        .struct_size = sizeof options, .columns = columns, .column_count = 2};
    churn_status st = churn_table_export(b->actions, &stream, err);
    if (st == CHURN_OK) {
        st = churn_store_add_stream(b->company.store, CHURN_RECORD_EVENT, &stream, &options, NULL,
                                    err);
    }
    if (stream.release) {
        stream.release(&stream);
    }
    return st;
}

/* The company's own ticket, with what it takes to find and end it. */
static churn_status try_retract(bench *b, churn_error *err)
{
    churn_ticket row;
    churn_record_init(CHURN_RECORD_TICKET, &row, sizeof row);
    row.id = STR("t1");
    row.known_at = NEW_YEAR + DAY;
    return churn_store_retract(b->company.store, CHURN_RECORD_TICKET, &row, err);
}

static churn_status try_erase(bench *b, churn_error *err)
{
    churn_str ids[] = {STR("blue"), STR("nobody")};
    churn_erase_report report = {.struct_size = sizeof report};
    return churn_store_erase(b->company.store, ids, 2, &report, err);
}

static churn_status try_erase_user(bench *b, churn_error *err)
{
    return churn_store_erase_user(b->company.store, "ann", CHURN_NTS, NULL, err);
}

/* Tickets with other ids take the place of the company's own. */
static churn_status try_replace(bench *b, churn_error *err)
{
    const churn_time at[] = {NEW_YEAR - 2 * DAY, NEW_YEAR - 2 * DAY};
    churn_slice slice = {
        .struct_size = sizeof slice, .from = CHURN_TIME_NONE, .to = CHURN_TIME_NONE};
    churn_load_options options = {
        .struct_size = sizeof options, .replace = &slice, .known_at = NEW_YEAR, .source = b->from};
    churn_ticket_batch batch = {
        .struct_size = sizeof batch, .row_count = 2, .id = two_ids, .customer = two_ids};
    batch.opened_at.values = at;
    return churn_store_add_tickets(b->company.store, &batch, &options, NULL, err);
}

/* Two events take the place of all that the company has of a few types. */
static churn_status try_replace_events(bench *b, churn_error *err)
{
    const churn_time at[] = {NEW_YEAR - 2 * DAY, NEW_YEAR - 2 * DAY};
    churn_str type = STR("login");
    churn_slice slice = {
        .struct_size = sizeof slice, .from = CHURN_TIME_NONE, .to = CHURN_TIME_NONE};
    churn_load_options options = {
        .struct_size = sizeof options, .replace = &slice, .source = b->from};
    churn_event_batch batch = {
        .struct_size = sizeof batch, .row_count = 2, .customer = two_ids, .type = two_ids};
    slice.types = &type;
    batch.at.values = at;
    return churn_store_add_events(b->company.store, &batch, &options, NULL, err);
}

/* The same of a system that the store has not heard of. */
static churn_status try_replace_source(bench *b, churn_error *err)
{
    b->from = STR("desk");
    churn_status st = try_replace(b, err);
    b->from = (churn_str){0};
    return st;
}

static churn_status try_replace_source_events(bench *b, churn_error *err)
{
    b->from = STR("desk");
    churn_status st = try_replace_events(b, err);
    b->from = (churn_str){0};
    return st;
}

static churn_status try_forget(bench *b, churn_error *err)
{
    return churn_store_forget(b->company.store, NEW_YEAR - 40 * DAY, NULL, err);
}

static churn_status try_merge(bench *b, churn_error *err)
{
    churn_status st =
        churn_store_merge(b->company.store, "cold", CHURN_NTS, "acme", CHURN_NTS, NULL, err);
    return st == CHURN_E_NOT_FOUND ? CHURN_OK : st; /* done by an attempt that was made good */
}

static churn_status try_mark(bench *b, churn_error *err)
{
    return churn_store_mark(b->company.store, "product", CHURN_NTS, NEW_YEAR, NEW_YEAR, err);
}

static churn_status try_store_hash(bench *b, churn_error *err)
{
    uint64_t hash = 0;
    return churn_store_hash(b->company.store, &hash, err);
}

static churn_status try_records(bench *b, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (churn_record_kind kind = 1; st == CHURN_OK && kind <= CHURN_RECORD_CHURN; kind++) {
        if (kind != CHURN_RECORD_CUSTOMER &&
            churn_store_record_count(b->company.store, kind) == 0) {
            continue;
        }
        churn_table_free(b->table);
        b->table = NULL;
        st = churn_store_records(b->company.store, kind, NULL, &b->table, err);
    }
    return st;
}

static churn_status try_span(bench *b, churn_error *err)
{
    churn_span span = {.struct_size = sizeof span};
    return churn_store_span(b->company.store, CHURN_RECORD_EVENT, NULL, &span, err);
}

static churn_status try_sources(bench *b, churn_error *err)
{
    return churn_store_sources(b->company.store, CHURN_TIME_NONE, &b->table, err);
}

static churn_status try_store_story(bench *b, churn_error *err)
{
    return churn_store_story(b->company.store, "acme", CHURN_NTS, NULL, &b->table, err);
}

static churn_status try_engine_story(bench *b, churn_error *err)
{
    return churn_engine_story(b->company.engine, "blue", CHURN_NTS, CHURN_TIME_NONE, NULL,
                              &b->table, err);
}

static churn_status try_engine_create(bench *b, churn_error *err)
{
    return churn_engine_create(b->company.playbook, b->company.store, NULL, &b->engine, err);
}

static churn_status try_metrics(bench *b, churn_error *err)
{
    const churn_time dates[] = {NEW_YEAR - 9 * DAY, NEW_YEAR};
    return churn_engine_metrics(b->company.engine, dates, 2, NULL, &b->table, err);
}

/* Every way in which a metric comes about that the company's own do not take. */
static const char wide_playbook[] =
    "churn: 1\n"
    "name: wide\n"
    "time_zone: Europe/Berlin\n"
    "currency: USD\n"
    "attributes: {seats: number, plan: string}\n"
    "properties: {platform: string, rows: number}\n"
    "metrics:\n"
    "  - {id: n, agg: count, event: any, window: 56d, history: clip}\n"
    "  - {id: long, agg: count, event: any, window: 56d, history: clip, where: 'value > 3.0 || "
    "props.platform == \"terminal\"'}\n"
    "  - {id: last_platform, agg: last, of: props.platform, event: any}\n"
    "  - {id: rows, agg: sum, of: props.rows, event: any, window: 56d, history: scale}\n"
    "  - {id: median, agg: median, event: any, window: 56d, history: clip}\n"
    "  - {id: users, agg: distinct, event: any, window: 56d, approx: hll, history: clip}\n"
    "  - {id: each, agg: count, event: any, window: 56d, per: user, take: mean, history: clip}\n"
    "  - {id: days, agg: active_days, event: any, window: 28d, zone: customer, history: clip}\n"
    "  - {id: robust, agg: trend, of: value, event: any, buckets: 4, every: 7d, robust: true}\n"
    "  - {id: exact, agg: sum, scale: 2, event: any, window: 56d, history: clip}\n"
    "  - {id: streak, agg: streak, every: week, event: login}\n"
    "  - {id: t_user, ticket: opened_count, window: 90d, per: user, take: max}\n"
    "  - {id: t_median, ticket: resolution_hours, window: 90d, take: median}\n"
    "  - {id: opinion, survey: mean, window: 90d, take: median}\n"
    "  - {id: arr, subscription: arr, offset: 1cmo}\n"
    "  - {id: plan, subscription: plan}\n"
    "  - {id: grown, subscription: expansion_amount, window: 90d}\n"
    "  - {id: open, invoice: open_amount, where: 'it.open && it.amount > 1'}\n"
    "  - {id: called, expr: 'count(\"login\", \"28d\") + days_since(\"login\")'}\n"
    "  - {id: setup, milestone: overdue_days, name: setup, due: 30d}\n"
    "  - {id: silence, touchpoint: unanswered_in_a_row}\n"
    "  - {id: champion, contact: active_count, role: champion}\n"
    "  - {id: changes, attribute: seats, take: changes, window: 90d}\n"
    "  - {id: share, share: {distinct: users, attribute: seats}}\n"
    "  - {id: mixed, expr: 'metric.n / customer.seats + metric.days'}\n"
    "  - {id: before, baseline: {metric: n, back: 3, every: 7d}}\n"
    "  - {id: among, baseline: {metric: n, of: all}}\n"
    "  - {id: own, baseline: {metric: n, of: segment, as: difference}}\n"
    "  - {id: late, expr: 'metric.own + metric.among'}\n"
    "  - {id: rank, baseline: {metric: n, of: segment, segment: busy, as: percentile}}\n"
    "  - {id: odd, baseline: {metric: n, of: self, back: 3, every: 7d, as: robust_z}}\n"
    "  - {id: way, baseline: {metric: n, of: self, back: 4, every: 7d, as: trend}}\n"
    "segments:\n"
    "  - {id: busy, when: 'metric.among >= 1.0'}\n"
    "  - {id: calm, when: 'metric.among < 1.0'}\n";

static churn_status try_metrics_wide(bench *b, churn_error *err)
{
    const churn_time dates[] = {NEW_YEAR - 9 * DAY, NEW_YEAR, NEW_YEAR + 12 * DAY};
    churn_playbook_options options = {.struct_size = sizeof options,
                                      .allocator = &b->company.allocator};
    churn_status st =
        churn_playbook_parse(wide_playbook, CHURN_NTS, &options, &b->playbook, NULL, err);
    if (st == CHURN_OK) {
        st = churn_engine_create(b->playbook, b->company.store, NULL, &b->engine, err);
    }
    if (st == CHURN_OK) {
        st = churn_engine_metrics(b->engine, dates, 3, NULL, &b->table, err);
    }
    return st;
}

/* Two customers and one of their own below them, over two dates. */
static const char family_playbook[] =
    "churn: 1\n"
    "name: family\n"
    "time_zone: Europe/Berlin\n"
    "currency: USD\n"
    "attributes: {seats: number}\n"
    "metrics:\n"
    "  - {id: seats, expr: 'customer.seats'}\n"
    "scores:\n"
    "  - id: own\n"
    "    groups: [{id: all, weight: 1, factors: [{metric: seats, weight: 1, curve: [[0, 0], [10, "
    "100]]}]}]\n"
    "    bands: {green: 70, red: 0}\n"
    "  - {id: mean, roll_up: {score: own, of: descendants}, bands: {good: 0}}\n"
    "  - {id: money, roll_up: {score: own, take: mrr}, bands: {good: 0}}\n"
    "  - {id: twice, roll_up: {score: mean, take: any, band: good}, bands: {good: 0}}\n";

static churn_status add_family(const bench *b, churn_error *err)
{
    const struct {
        churn_str id, parent;
    } people[] = {
        {STR("blue"), STR("acme")}, {STR("site"), STR("blue")}, {STR("shop"), STR("blue")}};
    churn_status st = CHURN_OK;
    for (size_t i = 0; st == CHURN_OK && i < 3; i++) {
        churn_attribute row;
        churn_record_init(CHURN_RECORD_ATTRIBUTE, &row, sizeof row);
        row.customer = people[i].id;
        row.name = STR("parent");
        row.valid_from = NEW_YEAR - DAY;
        row.value = (churn_value){.type = CHURN_TYPE_STRING, .string = people[i].parent};
        st = churn_store_add_attribute(b->company.store, &row, err);
    }
    return st;
}

static churn_status try_roll_up(bench *b, churn_error *err)
{
    const churn_time dates[] = {NEW_YEAR, NEW_YEAR + DAY};
    churn_playbook_options options = {.struct_size = sizeof options,
                                      .allocator = &b->company.allocator};
    churn_customer_answer one = {.struct_size = sizeof one};
    churn_status st =
        churn_playbook_parse(family_playbook, CHURN_NTS, &options, &b->playbook, NULL, err);
    st = st != CHURN_OK ? st
                        : churn_engine_create(b->playbook, b->company.store, NULL, &b->engine, err);
    st = st != CHURN_OK ? st : churn_engine_scores(b->engine, dates, 2, NULL, &b->table, err);
    return st != CHURN_OK
               ? st
               : churn_engine_customer(b->engine, "acme", CHURN_NTS, NEW_YEAR, &one, err);
}

static churn_status try_missing(bench *b, churn_error *err)
{
    return churn_engine_missing(b->company.engine, NEW_YEAR, NULL, &b->table, err);
}

static churn_status try_reference(bench *b, churn_error *err)
{
    const churn_reference_options options = {.struct_size = sizeof options, .max_values = 2};
    return churn_engine_reference(b->company.engine, "logins_28d", CHURN_NTS, NEW_YEAR, &options,
                                  &b->table, &b->buffer, err);
}

static churn_status try_metrics_reasons(bench *b, churn_error *err)
{
    const churn_time date = NEW_YEAR;
    const churn_query_options options = {.struct_size = sizeof options,
                                         .flags = CHURN_QUERY_REASONS};
    return churn_engine_metrics(b->company.engine, &date, 1, &options, &b->table, err);
}

static churn_status try_catalogue(bench *b, churn_error *err)
{
    return churn_playbook_metrics(b->company.playbook, &b->table, err);
}

static churn_status try_factors(bench *b, churn_error *err)
{
    return churn_playbook_factors(b->company.playbook, &b->table, err);
}

static churn_status try_quality(bench *b, churn_error *err)
{
    return churn_engine_quality(b->company.engine, NEW_YEAR, NULL, &b->table, err);
}

/* The first answer, then one at another date. */
static churn_status try_customer(bench *b, churn_error *err)
{
    churn_customer_answer one = {.struct_size = sizeof one};
    churn_status st =
        churn_engine_customer(b->company.engine, "blue", CHURN_NTS, NEW_YEAR, &one, err);
    if (st == CHURN_OK) {
        st = churn_engine_customer(b->company.engine, "acme", CHURN_NTS, NEW_YEAR + 1, &one, err);
    }
    return st;
}

static churn_status try_scores(bench *b, churn_error *err)
{
    const churn_time date = NEW_YEAR;
    return churn_engine_scores(b->company.engine, &date, 1, NULL, &b->table, err);
}

static churn_status try_explain(bench *b, churn_error *err)
{
    return churn_engine_explain(b->company.engine, "blue", CHURN_NTS, NEW_YEAR, NULL, &b->table,
                                err);
}

/* With everybody's mean, twice: the second time what is kept is used. */
static churn_status try_explain_mean(bench *b, churn_error *err)
{
    const churn_explain_options options = {.struct_size = sizeof options,
                                           .baseline = CHURN_BASELINE_BOOK};
    churn_table *first = NULL;
    churn_status st =
        churn_engine_explain(b->company.engine, "blue", CHURN_NTS, NEW_YEAR, NULL, &first, err);
    churn_table_free(first);
    return st != CHURN_OK ? st
                          : churn_engine_explain(b->company.engine, "blue", CHURN_NTS, NEW_YEAR,
                                                 &options, &b->table, err);
}

/* Twice: the second time what is kept is used. */
static churn_status try_explain_lines(bench *b, churn_error *err)
{
    churn_explanation lines = {.struct_size = sizeof lines};
    churn_status st = churn_engine_explain_lines(b->company.engine, "blue", CHURN_NTS, NEW_YEAR,
                                                 NULL, &lines, err);
    return st != CHURN_OK ? st
                          : churn_engine_explain_lines(b->company.engine, "acme", CHURN_NTS,
                                                       NEW_YEAR + 1, NULL, &lines, err);
}

static churn_status try_explain_change(bench *b, churn_error *err)
{
    return churn_engine_explain_change(b->company.engine, "blue", CHURN_NTS, NEW_YEAR - 20 * DAY,
                                       NEW_YEAR, NULL, &b->table, err);
}

static churn_status try_evidence(bench *b, churn_error *err)
{
    return churn_engine_evidence(b->company.engine, "blue", CHURN_NTS, "logins_28d", CHURN_NTS,
                                 NEW_YEAR - 20 * DAY, NEW_YEAR, NULL, &b->table, err);
}

static churn_status try_query(bench *b, churn_error *err)
{
    static const churn_str select[] = {STR("money: metric.mrr * 2.0"), STR("tags"),
                                       STR("who: customer.name + '!'")};
    static const churn_str order[] = {STR("-customer.name"), STR("health.score")};
    const churn_parameter params[] = {
        {STR("who"), {.type = CHURN_TYPE_STRING, .string = STR("x")}}};
    const churn_select_options options = {.struct_size = sizeof options,
                                          .select = select,
                                          .select_count = 3,
                                          .order = order,
                                          .order_count = 2,
                                          .params = params,
                                          .param_count = 1,
                                          .limit = 2};
    churn_table *reasons = NULL, *found = NULL;
    churn_status st = churn_engine_query(
        b->company.engine,
        "metric.nps < 7 || customer.id != params.who || count(\"login\", \"30d\") > 2.0", CHURN_NTS,
        NEW_YEAR, &options, &b->table, NULL, &reasons, &found, err);
    churn_table_free(reasons);
    churn_table_free(found);
    return st;
}

static churn_status try_what_if(bench *b, churn_error *err)
{
    const churn_change changes[] = {{STR("users"), {.type = CHURN_TYPE_DOUBLE, .number = 8}},
                                    {STR("customer.seats"), {.type = CHURN_TYPE_INT, .integer = 9}},
                                    {STR("health"), {.type = 0}}};
    return churn_engine_what_if(b->company.engine, "blue", CHURN_NTS, NEW_YEAR, changes, 3, NULL,
                                &b->table, err);
}

static churn_status try_what_if_wrong(bench *b, churn_error *err)
{
    const churn_change change = {STR("user"), {.type = 0}};
    churn_status st = churn_engine_what_if(b->company.engine, "blue", CHURN_NTS, NEW_YEAR, &change,
                                           1, NULL, &b->table, err);
    return st == CHURN_E_NOT_FOUND ? CHURN_OK : st;
}

static churn_status try_targets(bench *b, churn_error *err)
{
    const churn_target_options options = {.struct_size = sizeof options, .target = 39, .pairs = 2};
    return churn_engine_targets(b->company.engine, "blue", CHURN_NTS, NEW_YEAR, &options, &b->table,
                                err);
}

static churn_status try_lint(bench *b, churn_error *err)
{
    return churn_engine_lint(b->company.engine, NEW_YEAR, NULL, &b->table, err);
}

static churn_status try_impact(bench *b, churn_error *err)
{
    const churn_time dates[] = {NEW_YEAR - DAY, NEW_YEAR};
    churn_table *counts = NULL;
    churn_status st = churn_engine_impact(b->company.engine, b->company.playbook, dates, 2, NULL,
                                          NULL, &b->table, &counts, err);
    churn_table_free(counts);
    return st;
}

static churn_status try_why(bench *b, churn_error *err)
{
    return churn_engine_why(b->company.engine, "blue", CHURN_NTS, "low", CHURN_NTS, NEW_YEAR,
                            &b->table, err);
}

static churn_status try_query_wrong(bench *b, churn_error *err)
{
    churn_table *found = NULL;
    churn_status st = churn_engine_query(b->company.engine, "metric.mmr > 3", CHURN_NTS, NEW_YEAR,
                                         NULL, &b->table, NULL, NULL, &found, err);
    churn_table_free(found);
    return st == CHURN_E_NOT_FOUND ? CHURN_OK : st;
}

static churn_status try_at_risk(bench *b, churn_error *err)
{
    return churn_engine_at_risk(b->company.engine, NEW_YEAR, NULL, &b->table, err);
}

static churn_status try_trends(bench *b, churn_error *err)
{
    return churn_engine_trends(b->company.engine, NEW_YEAR, NULL, &b->table, err);
}

static churn_status try_band_changes(bench *b, churn_error *err)
{
    return churn_engine_band_changes(b->company.engine, NULL, &b->table, err);
}

static churn_status try_kpi(bench *b, churn_error *err)
{
    churn_kpi_options options = {.struct_size = sizeof options, .every = CHURN_EVERY_MONTH};
    return churn_engine_kpi(b->company.engine, NULL, 0, NEW_YEAR - 92 * DAY, NEW_YEAR, &options,
                            &b->table, err);
}

static churn_status try_surveys(bench *b, churn_error *err)
{
    const churn_str by[] = {STR("survey.moment"), STR("seats")};
    churn_voice_options options = {
        .struct_size = sizeof options, .every = CHURN_EVERY_MONTH, .by = by, .by_count = 2};
    return churn_engine_surveys(b->company.engine, CHURN_SURVEY_NPS, NEW_YEAR - 300 * DAY, NEW_YEAR,
                                &options, &b->table, err);
}

static churn_status try_nps_retention(bench *b, churn_error *err)
{
    churn_voice_options options = {
        .struct_size = sizeof options, .every = CHURN_EVERY_QUARTER, .days = 30};
    return churn_engine_nps_retention(b->company.engine, NEW_YEAR - 300 * DAY, NEW_YEAR, &options,
                                      &b->table, err);
}

static churn_status try_themes(bench *b, churn_error *err)
{
    static const churn_tag_phrase tags[] = {{STR("slow"), STR("too slow")},
                                            {STR("speed"), STR("too slow")}};
    static const churn_phrase_weight lexicon[] = {{STR("slow"), -1}};
    const churn_str languages[] = {STR("en"), STR("fr")};
    churn_theme_options options = {.struct_size = sizeof options,
                                   .min_count = 1,
                                   .min_customers = 1,
                                   .languages = languages,
                                   .language_count = 2,
                                   .tags = tags,
                                   .tag_count = 2,
                                   .lexicon = lexicon,
                                   .lexicon_count = 1};
    return churn_engine_themes(b->company.engine, NEW_YEAR - 300 * DAY, NEW_YEAR + DAY, &options,
                               &b->table, err);
}

static churn_status try_kpi_by(bench *b, churn_error *err)
{
    const churn_str by[] = {STR("plan"), STR("owner"), STR("churn.reason"), STR("start_month")};
    churn_kpi_options options = {.struct_size = sizeof options,
                                 .every = CHURN_EVERY_ROLLING,
                                 .rolling_days = 30,
                                 .step_days = 10,
                                 .by = by,
                                 .by_count = 4,
                                 .policy = STR("stripe"),
                                 .changes = 1};
    return churn_engine_kpi(b->company.engine, NULL, 0, NEW_YEAR - 40 * DAY, NEW_YEAR, &options,
                            &b->table, err);
}

static churn_status try_kpi_by_bands(bench *b, churn_error *err)
{
    const churn_str by[] = {STR("health.band"), STR("currency"), STR("cause"), STR("churn.value")};
    churn_kpi_options options = {.struct_size = sizeof options,
                                 .every = CHURN_EVERY_QUARTER,
                                 .by = by,
                                 .by_count = 4,
                                 .by_at = CHURN_BY_END,
                                 .policy = STR("profitwell"),
                                 .changes = 1};
    return churn_engine_kpi(b->company.engine, NULL, 0, NEW_YEAR - 92 * DAY, NEW_YEAR, &options,
                            &b->table, err);
}

static churn_status try_figures(bench *b, churn_error *err)
{
    return churn_figures(&b->table, err);
}

static churn_status try_cohorts(bench *b, churn_error *err)
{
    churn_str by[] = {STR("plan"), STR("start")};
    churn_cohort_options options = {.struct_size = sizeof options,
                                    .what = CHURN_COHORT_ACTIVITY,
                                    .every = CHURN_EVERY_QUARTER,
                                    .by = by,
                                    .by_count = 2};
    return churn_engine_cohorts(b->company.engine, NEW_YEAR - 300 * DAY, NEW_YEAR, &options,
                                &b->table, err);
}

static churn_status try_cohorts_of_money(bench *b, churn_error *err)
{
    churn_cohort_options options = {.struct_size = sizeof options,
                                    .what = CHURN_COHORT_NET_REVENUE};
    return churn_engine_cohorts(b->company.engine, NEW_YEAR - 300 * DAY, NEW_YEAR, &options,
                                &b->table, err);
}

static churn_status try_engagement(bench *b, churn_error *err)
{
    churn_engagement_options options = {.struct_size = sizeof options, .of = CHURN_OF_USERS};
    return churn_engine_engagement(b->company.engine, NEW_YEAR - 40 * DAY, NEW_YEAR, &options,
                                   &b->table, err);
}

static churn_status try_adoption(bench *b, churn_error *err)
{
    churn_str login = STR("login");
    churn_engagement_options options = {
        .struct_size = sizeof options, .events = &login, .event_count = 1};
    return churn_engine_adoption(b->company.engine, NEW_YEAR - 40 * DAY, NEW_YEAR, &options,
                                 &b->table, err);
}

static churn_status try_funnel(bench *b, churn_error *err)
{
    churn_funnel_step steps[] = {{.event = STR("payment")},
                                 {.event = STR("login"), .where = STR("value > 1.0")},
                                 {.milestone = STR("live")}};
    churn_funnel_options options = {.struct_size = sizeof options, .within = 20 * DAY};
    return churn_engine_funnel(b->company.engine, steps, 3, NEW_YEAR - 60 * DAY, NEW_YEAR, &options,
                               &b->table, err);
}

static churn_status try_movements(bench *b, churn_error *err)
{
    return churn_engine_movements(b->company.engine, NEW_YEAR - 300 * DAY, NEW_YEAR, NULL,
                                  &b->table, err);
}

static const double a_series[] = {1, 2, 1, 2, 1, 2, 1, 2, 1, 9, 8, 9, 8, 9, 8, 9, 8, 9, 8, 40};
static const double its_trials[] = {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 40};

static churn_status try_change_points(bench *b, churn_error *err)
{
    churn_change_options options = {.struct_size = sizeof options,
                                    .allocator = &b->company.allocator};
    return churn_change_points(a_series, 20, &options, &b->table, err);
}

static churn_status try_anomalies(bench *b, churn_error *err)
{
    churn_anomaly_options options = {.struct_size = sizeof options,
                                     .allocator = &b->company.allocator};
    churn_anomaly_data data = {.struct_size = sizeof data,
                               .kind = CHURN_SERIES_SHARE,
                               .values = a_series,
                               .trials = its_trials,
                               .count = 20,
                               .season = 2};
    return churn_anomalies(&data, &options, &b->table, err);
}

/* The figures of a playbook of its own, over the company's store. */
static const char signals_playbook[] =
    "churn: 1\nname: signals\nattributes: {size: number}\n"
    "metrics: [{id: uses, agg: count, event: any, window: 28d, history: clip}]\n"
    "kpi:\n"
    "  define: [{id: mine, num: metric.uses > 0, den: customer.age_days > 3, title: Mine}]\n"
    "  measures: [{name: visits, take: sum, unit: visits}]\n"
    "  goals: [{id: a, kpi: logo_churn, per: month, every: quarter, at_most: 0.1, by: customer.size},\n"
    "          {id: b, kpi: mine, at_least: 0.1}]\n"
    "  benchmarks: [{kpi: logo_churn, size: {attribute: size}, median: 0.1, source: S, year: 2024}]\n";

typedef churn_status (*signals_ask)(bench *b, churn_engine *engine, churn_error *err);

static churn_status with_signals(bench *b, signals_ask ask, churn_error *err)
{
    churn_playbook_options options = {.struct_size = sizeof options,
                                      .allocator = &b->company.allocator};
    churn_playbook *playbook = NULL;
    churn_engine *engine = NULL;
    churn_status st =
        churn_playbook_parse(signals_playbook, CHURN_NTS, &options, &playbook, NULL, err);
    if (st == CHURN_OK) {
        st = churn_engine_create(playbook, b->company.store, NULL, &engine, err);
    }
    if (st == CHURN_OK) {
        st = ask(b, engine, err);
    }
    churn_engine_free(engine);
    churn_playbook_free(playbook);
    return st;
}

static churn_status ask_goals(bench *b, churn_engine *engine, churn_error *err)
{
    return churn_engine_goals(engine, NEW_YEAR, NULL, &b->table, err);
}

static churn_status ask_benchmarks(bench *b, churn_engine *engine, churn_error *err)
{
    return churn_engine_benchmarks(engine, NEW_YEAR - 60 * DAY, NEW_YEAR, NULL, &b->table, err);
}

static churn_status ask_anomalies(bench *b, churn_engine *engine, churn_error *err)
{
    const churn_str kpis[] = {STR("logo_churn"), STR("mine")}, by = STR("customer.size");
    churn_kpi_anomaly_options options = {.struct_size = sizeof options,
                                         .by = &by,
                                         .by_count = 1,
                                         .lookback = 12,
                                         .flags = CHURN_ANOMALIES_ALL};
    return churn_engine_anomalies(engine, kpis, 2, NEW_YEAR - 60 * DAY, NEW_YEAR, &options,
                                  &b->table, err);
}

static churn_status try_engine_goals(bench *b, churn_error *err)
{
    return with_signals(b, ask_goals, err);
}

static churn_status try_engine_benchmarks(bench *b, churn_error *err)
{
    return with_signals(b, ask_benchmarks, err);
}

static churn_status try_engine_anomalies(bench *b, churn_error *err)
{
    return with_signals(b, ask_anomalies, err);
}

static churn_status try_cusum(bench *b, churn_error *err)
{
    churn_cusum_options options = {.struct_size = sizeof options,
                                   .allocator = &b->company.allocator};
    return churn_cusum(a_series, 20, &options, &b->table, err);
}

/* Conditions at midnights, kinds of losses, lives, and the same for one customer. */
static const char loss_playbook[] =
    "churn: 1\n"
    "name: losses\n"
    "time_zone: Europe/Berlin\n"
    "currency: USD\n"
    "loss:\n"
    "  any: [subscription, record, {when: 'metric.n == 0', for: 3d}, {when: segment.few, for: 20d}]\n"
    "  ignore_gaps: 5d\n"
    "  involuntary_when: 'metric.n == 0'\n"
    "metrics:\n"
    "  - {id: n, agg: count, event: login, window: 7d, history: clip}\n"
    "segments:\n"
    "  - {id: few, when: 'metric.n < 2'}\n";

static churn_status try_losses(bench *b, churn_error *err)
{
    const churn_str kpi = STR("lost_customers");
    churn_customer_answer one = {.struct_size = sizeof one};
    churn_playbook_options options = {.struct_size = sizeof options,
                                      .allocator = &b->company.allocator};
    churn_status st =
        churn_playbook_parse(loss_playbook, CHURN_NTS, &options, &b->playbook, NULL, err);
    if (st == CHURN_OK) {
        st = churn_engine_create(b->playbook, b->company.store, NULL, &b->engine, err);
    }
    if (st == CHURN_OK) {
        st = churn_engine_customer(b->engine, "blue", CHURN_NTS, NEW_YEAR - 9 * DAY, &one, err);
    }
    if (st == CHURN_OK) {
        st = churn_engine_kpi(b->engine, &kpi, 1, NEW_YEAR - 90 * DAY, NEW_YEAR, NULL, &b->table,
                              err);
    }
    if (st == CHURN_OK) {
        churn_table_free(b->table);
        b->table = NULL;
        st = churn_engine_disagreements(b->engine, NEW_YEAR + DAY, NULL, &b->table, err);
    }
    return st;
}

static churn_status try_reconciliation(bench *b, churn_error *err)
{
    churn_ledger_options options = {.struct_size = sizeof options, .split = 15};
    return churn_engine_reconciliation(b->company.engine, NEW_YEAR - 300 * DAY, NEW_YEAR, &options,
                                       &b->table, err);
}

static churn_status try_compare_policies(bench *b, churn_error *err)
{
    const churn_str policies[] = {STR("chartmogul"), STR("profitwell")};
    const churn_str kpis[] = {STR("mrr"), STR("logo_churn")};
    return churn_engine_compare_policies(b->company.engine, policies, 2, kpis, 2,
                                         NEW_YEAR - 92 * DAY, NEW_YEAR, NULL, &b->table, err);
}

/* Every figure, under policies that differ in all of their switches, one of them the playbook's. */
static churn_status try_compare_all(bench *b, churn_error *err)
{
    const churn_str policies[] = {STR("fightchurn"), {NULL, 0}};
    const churn_str by = STR("plan");
    churn_kpi_options options = {
        .struct_size = sizeof options, .by = &by, .by_count = 1, .changes = 1};
    return churn_engine_compare_policies(b->company.engine, policies, 2, NULL, 0,
                                         NEW_YEAR - 30 * DAY, NEW_YEAR, &options, &b->table, err);
}

static churn_status try_movements_split(bench *b, churn_error *err)
{
    churn_ledger_options options = {
        .struct_size = sizeof options, .split = 7, .policy = STR("stripe")};
    return churn_engine_movements(b->company.engine, NEW_YEAR - 300 * DAY, NEW_YEAR, &options,
                                  &b->table, err);
}

static churn_status try_disagreements(bench *b, churn_error *err)
{
    return churn_engine_disagreements(b->company.engine, NEW_YEAR, NULL, &b->table, err);
}

/* Twelve rows in two groups, late ones among them; with fractions they are sorted. */
typedef churn_status (*try_survive)(const churn_survival_data *data,
                                    const churn_survival_options *options, churn_table **out,
                                    churn_error *err);

static churn_status survive(bench *b, try_survive call, double step, churn_error *err)
{
    static const churn_str names[] = {{"a", 1}, {"b", 1}};
    double time[12], entry[12], weight[12];
    uint32_t group[12];
    uint8_t event[12];
    churn_survival_data data = {.struct_size = sizeof data,
                                .row_count = 12,
                                .time = {time, NULL, CHURN_NUMBERS_DOUBLE, 0},
                                .entry = {entry, NULL, CHURN_NUMBERS_DOUBLE, 0},
                                .weight = {weight, NULL, CHURN_NUMBERS_DOUBLE, 0},
                                .event = {event, NULL, CHURN_NUMBERS_UINT8, 0},
                                .group = {group, names, 2, 0},
                                .stratum = {group, names, 2, 0}};
    churn_survival_options options = {.struct_size = sizeof options,
                                      .allocator = &b->company.allocator};
    for (uint32_t i = 0; i < 12; i++) {
        time[i] = (i * 7 % 12 + 2) * step;
        entry[i] = time[i] - step;
        weight[i] = 1.0 + i % 2;
        group[i] = i % 2;
        event[i] = (uint8_t)(i % 3);
    }
    return call(&data, &options, &b->table, err);
}

static churn_status try_survival(bench *b, churn_error *err)
{
    return survive(b, churn_survival, 1.0, err);
}

static churn_status try_survival_sorted(bench *b, churn_error *err)
{
    return survive(b, churn_survival, 0.3, err);
}

static churn_status try_survival_summary(bench *b, churn_error *err)
{
    return survive(b, churn_survival_summary, 1.0, err);
}

static churn_status three_shares(const churn_survival_data *data,
                                 const churn_survival_options *options, churn_table **out,
                                 churn_error *err)
{
    return churn_survival_quantiles(data, (double[]){0.1, 0.5, 0.9}, 3, options, out, err);
}

static churn_status try_survival_quantiles(bench *b, churn_error *err)
{
    return survive(b, three_shares, 1.0, err);
}

static churn_status try_survival_test(bench *b, churn_error *err)
{
    return survive(b, churn_survival_test, 0.3, err);
}

static churn_status try_competing_risks(bench *b, churn_error *err)
{
    return survive(b, churn_competing_risks, 1.0, err);
}

static churn_status try_engine_survival(bench *b, churn_error *err)
{
    static const churn_str by[] = {{"plan", 4}, {"owner", 5}};
    const churn_engine_survival_options options = {
        .struct_size = sizeof options, .by = by, .by_count = 2};
    return churn_engine_survival(b->company.engine, NEW_YEAR, &options, &b->table, err);
}

static churn_status try_engine_survival_summary(bench *b, churn_error *err)
{
    return churn_engine_survival_summary(b->company.engine, NEW_YEAR, NULL, &b->table, err);
}

static churn_status try_engine_survival_test(bench *b, churn_error *err)
{
    static const churn_str by[] = {{"plan", 4}};
    const churn_engine_survival_options options = {
        .struct_size = sizeof options, .of = CHURN_SURVIVAL_SUBSCRIPTIONS, .by = by, .by_count = 1};
    return churn_engine_survival_test(b->company.engine, NEW_YEAR, &options, &b->table, err);
}

static churn_status try_engine_competing_risks(bench *b, churn_error *err)
{
    return churn_engine_competing_risks(b->company.engine, NEW_YEAR, NULL, &b->table, err);
}

static churn_status try_advance(bench *b, churn_error *err)
{
    return churn_engine_advance(b->company.engine, NEW_YEAR + 40 * DAY, NULL, NULL, err);
}

static churn_status try_replay(bench *b, churn_error *err)
{
    return churn_engine_replay(b->company.engine, NEW_YEAR + 50 * DAY, NEW_YEAR + 50 * DAY, 0, NULL,
                               &b->table, err);
}

static churn_status try_warm_up(bench *b, churn_error *err)
{
    return churn_engine_warm_up(b->company.engine, NEW_YEAR + 60 * DAY, NEW_YEAR + 60 * DAY, NULL,
                                &b->table, err);
}

static churn_status try_run_summary(bench *b, churn_error *err)
{
    return churn_engine_run_summary(b->company.engine, &b->table, err);
}

static churn_status try_episodes(bench *b, churn_error *err)
{
    return churn_engine_episodes(b->company.engine, &b->table, err);
}

static churn_status try_actions(bench *b, churn_error *err)
{
    return churn_engine_actions(b->company.engine, NULL, &b->table, err);
}

static churn_status try_acknowledge(bench *b, churn_error *err)
{
    return churn_engine_acknowledge(b->company.engine, &b->action, 1, err);
}

static churn_status try_complete(bench *b, churn_error *err)
{
    return churn_engine_complete(b->company.engine, b->action.ptr, b->action.len, "done", CHURN_NTS,
                                 NEW_YEAR + 90 * DAY, err);
}

static churn_status try_set_playbook(bench *b, churn_error *err)
{
    return churn_engine_set_playbook(b->company.engine, b->company.playbook, err);
}

static churn_status try_save(bench *b, churn_error *err)
{
    return churn_engine_save(b->company.engine, &b->buffer, err);
}

static churn_status try_load(bench *b, churn_error *err)
{
    return churn_engine_load(churn_buffer_data(b->saved), churn_buffer_size(b->saved),
                             b->company.playbook, b->company.store, &b->engine, err);
}

static churn_status try_engine_hash(bench *b, churn_error *err)
{
    uint64_t hash = 0;
    return churn_engine_hash(b->company.engine, &hash, err);
}

static churn_status try_expression(bench *b, churn_error *err)
{
    churn_expression_options options = {.struct_size = sizeof options,
                                        .allocator = &b->company.allocator};
    const churn_variable variables[] = {{STR("score"), CHURN_TYPE_DOUBLE, 0},
                                        {STR("plan"), CHURN_TYPE_STRING, 0}};
    const double scores[] = {61.5, 90};
    const churn_str plans[] = {STR("free"), STR("team")};
    const churn_value_column columns[] = {{.values = scores, .valid = NULL},
                                          {.values = plans, .valid = NULL}};
    churn_status st =
        churn_expression_compile("score < 70.0 && plan in ['free', 'trial']", CHURN_NTS, variables,
                                 2, &options, &b->expression, err);
    if (st == CHURN_OK) {
        st = churn_expression_evaluate_columns(b->expression, columns, 2, 2, NULL, &b->table, err);
    }
    return st;
}

/* One plan of two, over coded strings, and as arrays; then from a stream. */
static churn_status try_many(bench *b, churn_error *err)
{
    churn_expression_options options = {.struct_size = sizeof options,
                                        .allocator = &b->company.allocator};
    const churn_variable variables[] = {{STR("episode"), CHURN_TYPE_INT, 0},
                                        {STR("title"), CHURN_TYPE_STRING, 0}};
    const int64_t episodes[] = {1, 2};
    const churn_str titles[] = {STR("Call Ann"), STR("Call Bo")};
    const uint32_t codes[] = {1, 0};
    const churn_value_column columns[] = {
        {.values = episodes}, {.codes = codes, .dictionary = titles, .dictionary_count = 2}};
    struct ArrowArrayStream stream = {.release = NULL};
    uint8_t values[2];
    churn_status st = churn_expression_compile("episode > 1 || title.contains('Ann')", CHURN_NTS,
                                               variables, 2, &options, &b->expression, err);
    const churn_expression *const twice[] = {b->expression, b->expression};
    void *const both[] = {values, NULL};
    if (st == CHURN_OK) {
        st = churn_expression_fill(b->expression, columns, 2, 2, NULL, values, NULL, NULL, err);
    }
    if (st == CHURN_OK) {
        st = churn_expressions_fill(twice, 2, columns, 2, 2, NULL, both, NULL, NULL, err);
    }
    if (st == CHURN_OK) {
        st =
            churn_expressions_evaluate_columns(twice, 2, NULL, columns, 2, 2, NULL, &b->table, err);
    }
    if (st == CHURN_OK) {
        churn_table_free(b->table);
        b->table = NULL;
        st = churn_table_export(b->actions, &stream, err);
    }
    if (st == CHURN_OK) {
        st = churn_expressions_evaluate_stream(twice, 2, NULL, &stream, NULL, &b->table, err);
    }
    if (stream.release != NULL) {
        stream.release(&stream);
    }
    return st;
}

/* One record: text that is made, more cells than stand on the stack, and why. */
static churn_status try_record(bench *b, churn_error *err)
{
    churn_expression_options options = {.struct_size = sizeof options,
                                        .allocator = &b->company.allocator};
    const churn_variable variables[] = {{STR("score"), CHURN_TYPE_DOUBLE, 0},
                                        {STR("plan"), CHURN_TYPE_STRING, 0}};
    const churn_value values[] = {{.type = CHURN_TYPE_DOUBLE, .number = 61.5},
                                  {.type = CHURN_TYPE_STRING, .string = STR("free")}};
    char room[64];
    churn_outcome outcome;
    churn_value value;
    churn_status st = churn_expression_compile(
        "score < 70.0 && plan in ['free', 'trial'] ? plan + ' ' + string(score) : 'none'",
        CHURN_NTS, variables, 2, &options, &b->expression, err);
    if (st == CHURN_OK) {
        st = churn_expression_evaluate_into(b->expression, values, 2, room, sizeof room, NULL,
                                            &outcome, &value, err);
    }
    if (st == CHURN_OK) {
        st = churn_expression_explain(b->expression, values, 2, &b->table, err);
    }
    return st;
}

/* Patterns: with a table, and with one that ends. */
static churn_status try_pattern(bench *b, churn_error *err)
{
    churn_expression_options options = {.struct_size = sizeof options,
                                        .allocator = &b->company.allocator};
    const churn_variable variables[] = {{STR("plan"), CHURN_TYPE_STRING, 0}};
    const churn_value values[] = {{.type = CHURN_TYPE_STRING, .string = STR("free")}};
    churn_outcome outcome;
    churn_status st = churn_expression_compile(
        "plan.matches('(?i)^[f\\\\pN]re+(?<x>é)?$') && !plan.matches('(a|b)*a[ab]{12}')", CHURN_NTS,
        variables, 1, &options, &b->expression, err);
    if (st == CHURN_OK) {
        st = churn_expression_evaluate(b->expression, values, 1, &outcome, NULL, err);
    }
    return st;
}

/* A template over columns and for one record, and the list of filters. */
static churn_status try_template(bench *b, churn_error *err)
{
    churn_expression_options options = {.struct_size = sizeof options,
                                        .flags = CHURN_EXPRESSION_TEMPLATE,
                                        .allocator = &b->company.allocator,
                                        .time_zone = STR("Europe/Budapest"),
                                        .currency = STR("EUR")};
    const churn_variable variables[] = {{STR("mrr"), CHURN_TYPE_DOUBLE, 0},
                                        {STR("plan"), CHURN_TYPE_STRING, 0}};
    const double amounts[] = {61.5, 90};
    const churn_str plans[] = {STR("free"), STR("team")};
    const churn_value_column columns[] = {{.values = amounts, .valid = NULL},
                                          {.values = plans, .valid = NULL}};
    const churn_value values[] = {{.type = CHURN_TYPE_DOUBLE, .number = 61.5},
                                  {.type = CHURN_TYPE_STRING, .string = STR("free")}};
    char room[128];
    churn_outcome outcome;
    churn_value value;
    churn_status st = churn_expression_compile(
        "{{plan + '!' | upper | quote}} pays {{mrr | money}}, {{mrr + 1.0 | default(0) | money('USD')}}",
        CHURN_NTS, variables, 2, &options, &b->expression, err);
    if (st == CHURN_OK) {
        st = churn_expression_evaluate_columns(b->expression, columns, 2, 2, NULL, &b->table, err);
    }
    if (st == CHURN_OK) {
        st = churn_expression_evaluate_into(b->expression, values, 2, room, sizeof room, NULL,
                                            &outcome, &value, err);
    }
    return st;
}

static churn_status try_filters(bench *b, churn_error *err)
{
    return churn_template_filters(&b->table, err);
}

static churn_status try_expression_format(bench *b, churn_error *err)
{
    churn_expression_options options = {.struct_size = sizeof options,
                                        .allocator = &b->company.allocator};
    return churn_expression_format("(score<70.0)&&plan in['free','trial'] // why", CHURN_NTS,
                                   &options, &b->buffer, err);
}

static churn_status try_functions(bench *b, churn_error *err)
{
    return churn_expression_functions(&b->table, err);
}

static churn_status try_expression_check(bench *b, churn_error *err)
{
    churn_expression_options options = {.struct_size = sizeof options,
                                        .allocator = &b->company.allocator};
    const churn_variable variables[] = {{STR("score"), CHURN_TYPE_DOUBLE, 0}};
    return churn_expression_check("score == 0.5 && score < 7 && score > 8 // churn: allow CH1701",
                                  CHURN_NTS, variables, 1, &options, &b->table, err);
}

static churn_status try_playbook_diff(bench *b, churn_error *err)
{
    churn_playbook_options options = {.struct_size = sizeof options,
                                      .allocator = &b->company.allocator};
    static const char other[] =
        "churn: 1\nname: x\nmetrics:\n- {id: a, agg: count, event: e, window: 7d}\n"
        "# churn: allow CH1702\nsegments: [{id: all, when: 'true'}] # churn: allow CH1702\n";
    churn_status st = churn_playbook_parse(other, CHURN_NTS, &options, &b->playbook, NULL, err);
    return st == CHURN_OK ? churn_playbook_diff(b->company.playbook, b->playbook, &b->table, err)
                          : st;
}

/* The actions through a stream: `episode` is an int column, `title` text with nulls. */
static churn_status try_evaluate_stream(bench *b, churn_error *err)
{
    struct ArrowArrayStream stream = {.release = NULL};
    churn_expression_options options = {.struct_size = sizeof options,
                                        .allocator = &b->company.allocator};
    const churn_variable variables[] = {{STR("episode"), CHURN_TYPE_INT, 0},
                                        {STR("title"), CHURN_TYPE_STRING, 0}};
    churn_status st = churn_expression_compile("episode > 0 && title.startsWith('Call')", CHURN_NTS,
                                               variables, 2, &options, &b->expression, err);
    if (st == CHURN_OK) {
        st = churn_table_export(b->actions, &stream, err);
    }
    if (st == CHURN_OK) {
        st = churn_expression_evaluate_stream(b->expression, &stream, NULL, &b->table, err);
    }
    if (stream.release) {
        stream.release(&stream);
    }
    return st;
}

static churn_status try_playbook_open(bench *b, churn_error *err)
{
    churn_playbook_options options = {.struct_size = sizeof options,
                                      .allocator = &b->company.allocator};
    return churn_playbook_open(playbook_path, &options, &b->playbook, NULL, err);
}

static churn_status try_playbook_time_text(bench *b, churn_error *err)
{
    char text[64];
    churn_time at = 0;
    churn_status st = churn_playbook_time(b->company.playbook, "2026-02-01", CHURN_NTS, &at, err);
    return st == CHURN_OK
               ? churn_playbook_time_text(b->company.playbook, at, text, sizeof text, NULL, err)
               : st;
}

/* ---- the sweep ---- */

static void clean(bench *b)
{
    churn_table_free(b->table);
    churn_engine_free(b->engine);
    churn_store_free(b->store);
    churn_playbook_free(b->playbook);
    churn_expression_free(b->expression);
    churn_buffer_free(b->buffer);
    b->table = NULL;
    b->engine = NULL;
    b->store = NULL;
    b->playbook = NULL;
    b->expression = NULL;
    b->buffer = NULL;
}

static void hashes(bench *b, uint64_t *store, uint64_t *engine)
{
    assert_ok(churn_store_hash(b->company.store, store, NULL));
    assert_ok(churn_engine_hash(b->company.engine, engine, NULL));
}

/* Fail request after request until the attempt succeeds. Returns how many failed. */
static uint64_t sweep(bench *b, const char *name, attempt what, bool for_ever)
{
    /* Of a replay the evaluations before the failure stand, as its manual says. */
    const bool stands = what == try_replay || what == try_warm_up;
    churn_error err = {.struct_size = sizeof err};
    uint64_t store = 0, engine = 0, failures = 0;
    hashes(b, &store, &engine);
    for (uint64_t n = 1;; n++) {
        b->memory.for_ever = for_ever;
        b->memory.fail_at = b->memory.requests + n;
        churn_status st = what(b, &err);
        bool failed = b->memory.requests >= b->memory.fail_at;
        b->memory.fail_at = 0;
        clean(b);
        if (st == CHURN_OK) {
            /* A request may fail and be made good for, as where a smaller piece does. */
            if (!failed) {
                return failures;
            }
            hashes(b, &store, &engine);
            continue;
        }
        uint64_t store_after = 0, engine_after = 0;
        hashes(b, &store_after, &engine_after);
        engine = stands ? engine_after : engine;
        if (st != CHURN_E_NOMEM || store_after != store || engine_after != engine) {
            fail_msg("%s, request %llu %s: status %d, store %s, engine %s", name,
                     (unsigned long long)n, for_ever ? "for ever" : "once", st,
                     store_after == store ? "same" : "CHANGED",
                     engine_after == engine ? "same" : "CHANGED");
        }
        failures++;
    }
}

static void setup(bench *b)
{
    churn_error err = {.struct_size = sizeof err};
    *b = (bench){.table = NULL};
    b->company.allocator = failing_allocator(&b->memory);
    company_open(&b->company);
    assert_ok(
        churn_engine_replay(b->company.engine, NEW_YEAR, NEW_YEAR + 20 * DAY, 0, NULL, NULL, &err));
    assert_ok(churn_engine_save(b->company.engine, &b->saved, &err));
    assert_ok(try_add_event_props(b, &err));
    assert_ok(add_family(b, &err));
    assert_ok(churn_engine_actions(b->company.engine, NULL, &b->actions, &err));
    assert_true(churn_table_row_count(b->actions) > 0);
    b->action = churn_table_string(b->actions, 0, 0);
}

static void teardown(bench *b)
{
    churn_table_free(b->actions);
    churn_buffer_free(b->saved);
    company_close(&b->company);
    assert_false(b->memory.mismatch);
    assert_int_equal(b->memory.blocks, 0);
    assert_int_equal(b->memory.bytes, 0);
}

static const struct {
    const char *name;
    attempt what;
} attempts[] = {
    {"playbook_parse", try_playbook_parse},
    {"playbook_contents", try_playbook_contents},
    {"playbook_open", try_playbook_open},
    {"playbook_time_text", try_playbook_time_text},
    {"playbook_diff_text", try_playbook_diff_text},
    {"playbook_test", try_playbook_test},
    {"playbook_test_some", try_playbook_test_some},
    {"store_create", try_store_create},
    {"add_customer", try_add_customer},
    {"add_attribute", try_add_attribute},
    {"add_event", try_add_event},
    {"add_event_props", try_add_event_props},
    {"add_subscription", try_add_subscription},
    {"add_invoice", try_add_invoice},
    {"add_ticket", try_add_ticket},
    {"add_survey", try_add_survey},
    {"add_churn", try_add_churn},
    {"add_contact", try_add_contact},
    {"add_alias", try_add_alias},
    {"add_milestone", try_add_milestone},
    {"add_touchpoint", try_add_touchpoint},
    {"add_spend", try_add_spend},
    {"add_rate", try_add_rate},
    {"add_announcement", try_add_announcement},
    {"add_measure", try_add_measure},
    {"add_override", try_add_override},
    {"add_customers", try_add_customers},
    {"add_attributes", try_add_attributes},
    {"add_events", try_add_events},
    {"add_events_props", try_add_events_props},
    {"add_subscriptions", try_add_subscriptions},
    {"add_invoices", try_add_invoices},
    {"add_tickets", try_add_tickets},
    {"add_surveys", try_add_surveys},
    {"add_churns", try_add_churns},
    {"add_contacts", try_add_contacts},
    {"add_aliases", try_add_aliases},
    {"add_milestones", try_add_milestones},
    {"add_touchpoints", try_add_touchpoints},
    {"add_spends", try_add_spends},
    {"add_rates", try_add_rates},
    {"add_announcements", try_add_announcements},
    {"add_measures", try_add_measures},
    {"add_overrides", try_add_overrides},
    {"add_rejected", try_add_rejected},
    {"add_stream", try_add_stream},
    {"retract", try_retract},
    {"replace", try_replace},
    {"replace_events", try_replace_events},
    {"replace_source", try_replace_source},
    {"replace_source_events", try_replace_source_events},
    {"mark", try_mark},
    {"store_hash", try_store_hash},
    {"records", try_records},
    {"span", try_span},
    {"sources", try_sources},
    {"store_story", try_store_story},
    {"engine_story", try_engine_story},
    {"engine_create", try_engine_create},
    {"metrics", try_metrics},
    {"metrics_wide", try_metrics_wide},
    {"roll_up", try_roll_up},
    {"missing", try_missing},
    {"reference", try_reference},
    {"metrics_reasons", try_metrics_reasons},
    {"catalogue", try_catalogue},
    {"factors", try_factors},
    {"quality", try_quality},
    {"customer", try_customer},
    {"scores", try_scores},
    {"explain", try_explain},
    {"explain_mean", try_explain_mean},
    {"explain_lines", try_explain_lines},
    {"explain_change", try_explain_change},
    {"evidence", try_evidence},
    {"query", try_query},
    {"query_wrong", try_query_wrong},
    {"why", try_why},
    {"what_if", try_what_if},
    {"what_if_wrong", try_what_if_wrong},
    {"targets", try_targets},
    {"impact", try_impact},
    {"lint", try_lint},
    {"at_risk", try_at_risk},
    {"trends", try_trends},
    {"band_changes", try_band_changes},
    {"kpi", try_kpi},
    {"surveys", try_surveys},
    {"nps_retention", try_nps_retention},
    {"themes", try_themes},
    {"kpi by groups", try_kpi_by},
    {"kpi by bands", try_kpi_by_bands},
    {"figures", try_figures},
    {"cohorts", try_cohorts},
    {"cohorts_of_money", try_cohorts_of_money},
    {"engagement", try_engagement},
    {"adoption", try_adoption},
    {"funnel", try_funnel},
    {"movements", try_movements},
    {"reconciliation", try_reconciliation},
    {"compare_policies", try_compare_policies},
    {"compare all", try_compare_all},
    {"movements split", try_movements_split},
    {"change_points", try_change_points},
    {"anomalies", try_anomalies},
    {"cusum", try_cusum},
    {"engine_goals", try_engine_goals},
    {"engine_benchmarks", try_engine_benchmarks},
    {"engine_anomalies", try_engine_anomalies},
    {"disagreements", try_disagreements},
    {"losses", try_losses},
    {"survival", try_survival},
    {"survival sorted", try_survival_sorted},
    {"survival_summary", try_survival_summary},
    {"survival_quantiles", try_survival_quantiles},
    {"survival_test", try_survival_test},
    {"competing_risks", try_competing_risks},
    {"engine_survival", try_engine_survival},
    {"engine_survival_summary", try_engine_survival_summary},
    {"engine_survival_test", try_engine_survival_test},
    {"engine_competing_risks", try_engine_competing_risks},
    {"advance", try_advance},
    {"replay", try_replay},
    {"warm_up", try_warm_up},
    {"run_summary", try_run_summary},
    {"episodes", try_episodes},
    {"actions", try_actions},
    {"acknowledge", try_acknowledge},
    {"complete", try_complete},
    {"set_playbook", try_set_playbook},
    {"save", try_save},
    {"load", try_load},
    {"engine_hash", try_engine_hash},
    {"expression", try_expression},
    {"many expressions", try_many},
    {"record", try_record},
    {"pattern", try_pattern},
    {"template", try_template},
    {"filters", try_filters},
    {"expression_format", try_expression_format},
    {"functions", try_functions},
    {"expression_check", try_expression_check},
    {"playbook_diff", try_playbook_diff},
    {"evaluate_stream", try_evaluate_stream},
    {"erase", try_erase},
    {"erase_user", try_erase_user},
    {"forget", try_forget},
    {"merge", try_merge},
};

static void run_sweep(const char *name, bool for_ever)
{
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        if (strcmp(attempts[i].name, name) == 0) {
            bench b;
            setup(&b);
            sweep(&b, name, attempts[i].what, for_ever);
            teardown(&b);
            return;
        }
    }
    fail();
}

static void each_function__one_request_fails__nothing_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        run_sweep(attempts[i].name, false);
    }
}

static void each_function__all_requests_fail_from_one_on__nothing_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        run_sweep(attempts[i].name, true);
    }
}

int main(void)
{
    const char *root = getenv("CHURN_SOURCE_ROOT");
    snprintf(playbook_path, sizeof playbook_path, "%s/examples/playbooks/saas.yaml",
             root ? root : ".");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_function__one_request_fails__nothing_changes),
        cmocka_unit_test(each_function__all_requests_fail_from_one_on__nothing_changes),
    };
    return RUN_TESTS(tests);
}
