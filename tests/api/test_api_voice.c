/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "company.h"

/* Surveys, support and themes by hand-made records. Months: November and December 2025. */

#define NOVEMBER (NEW_YEAR - 61 * DAY)
#define DECEMBER (NEW_YEAR - 31 * DAY)
#define HOUR (DAY / 24)

static const char playbook_text[] = "churn: 1\n"
                                    "name: voice\n"
                                    "time_zone: UTC\n"
                                    "currency: USD\n"
                                    "attributes: {size: string}\n"
                                    "loss: {any: [record]}\n"
                                    "kpi:\n"
                                    "  sla: {high: {first_response: 1h, resolution: 8h},\n"
                                    "        else: {resolution: 2d}}\n"
                                    "  invitations: [nps_mail]\n"
                                    "  answer_within: 10d\n";

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) {
        fail_msg("got %.17g, want %.17g", got, want);
    }
}

typedef struct voice {
    churn_playbook *playbook;
    churn_store *store;
    churn_engine *engine;
    churn_table *table;
} voice;

static void open_voice(voice *v)
{
    churn_error err = {.struct_size = sizeof err};
    churn_store_options options = {.struct_size = sizeof options, .time_zone = STR("UTC")};
    memset(v, 0, sizeof *v);
    assert_ok(churn_playbook_parse(playbook_text, CHURN_NTS, NULL, &v->playbook, NULL, &err));
    assert_ok(churn_store_create(&options, &v->store, &err));
    assert_ok(churn_engine_create(v->playbook, v->store, NULL, &v->engine, &err));
}

static void close_voice(voice *v)
{
    churn_table_free(v->table);
    churn_engine_free(v->engine);
    churn_store_free(v->store);
    churn_playbook_free(v->playbook);
}

static churn_str numbered(const char *prefix, int i, char room[16])
{
    return (churn_str){room, (size_t)snprintf(room, 16, "%s%03d", prefix, i)};
}

static void add_customer(voice *v, churn_str id, const char *size)
{
    churn_error err = {.struct_size = sizeof err};
    churn_named_value attribute = {STR("size"),
                                   {.type = CHURN_TYPE_STRING, .string = {size, strlen(size)}}};
    churn_customer customer;
    churn_record_init(CHURN_RECORD_CUSTOMER, &customer, sizeof customer);
    customer.id = id;
    customer.since = NEW_YEAR - 300 * DAY;
    customer.attributes = &attribute;
    customer.attribute_count = 1;
    assert_ok(churn_store_add_customer(v->store, &customer, &err));
}

static void answer(voice *v, churn_str customer, const char *kind, churn_time at, double score)
{
    churn_error err = {.struct_size = sizeof err};
    churn_survey survey;
    churn_record_init(CHURN_RECORD_SURVEY, &survey, sizeof survey);
    survey.customer = customer;
    survey.kind = (churn_str){kind, strlen(kind)};
    survey.at = at;
    survey.score = score;
    survey.moment = at < DECEMBER ? STR("onboarding") : STR("quarter");
    assert_ok(churn_store_add_survey(v->store, &survey, &err));
}

static void answers(voice *v, const char *kind, churn_time at, int first, int count, double score)
{
    char room[16];
    for (int i = first; i < first + count; i++) {
        answer(v, numbered("c", i, room), kind, at + i * HOUR / 60, score);
    }
}

/* 50 / 30 / 20 in November, 36 / 11 / 5 in December. */
static void open_nps(voice *v)
{
    char room[16];
    open_voice(v);
    for (int i = 0; i < 100; i++) {
        add_customer(v, numbered("c", i, room), i < 50 ? "large" : "small");
    }
    answers(v, "nps", NOVEMBER + DAY, 0, 50, 9);
    answers(v, "nps", NOVEMBER + DAY, 50, 30, 7);
    answers(v, "nps", NOVEMBER + DAY, 80, 20, 6);
    answers(v, "nps", DECEMBER + DAY, 0, 36, 10);
    answers(v, "nps", DECEMBER + DAY, 36, 11, 8);
    answers(v, "nps", DECEMBER + DAY, 47, 5, 0);
}

static void ask_surveys(voice *v, int32_t kind, const churn_voice_options *options)
{
    churn_error err = {.struct_size = sizeof err};
    churn_table_free(v->table);
    v->table = NULL;
    churn_status st =
        churn_engine_surveys(v->engine, kind, DECEMBER, NEW_YEAR, options, &v->table, &err);
    if (st != CHURN_OK) {
        fail_msg("%s", err.message);
    }
}

static void surveys__nps__worked_numbers_and_change(void **state)
{
    voice v;
    (void)state;
    open_nps(&v);
    churn_voice_options options = {.struct_size = sizeof options, .every = CHURN_EVERY_MONTH};
    ask_surveys(&v, CHURN_SURVEY_NPS, &options);
    assert_int_equal(churn_table_row_count(v.table), 1);
    assert_string_equal(cell_text(v.table, 0, "survey"), "nps");
    near(cell_number(v.table, 0, "value"), 59.61538, 5e-6);
    near(cell_number(v.table, 0, "low"), 38.536, 6e-4);
    near(cell_number(v.table, 0, "high"), 74.191, 6e-4);
    assert_int_equal(cell_int(v.table, 0, "n"), 52);
    near(cell_number(v.table, 0, "previous"), 30, 1e-12);
    assert_int_equal(cell_int(v.table, 0, "previous_n"), 100);
    near(cell_number(v.table, 0, "change"), 29.61538, 5e-6);
    near(cell_number(v.table, 0, "p"), 0.01368058513278785, 1e-12);
    near(cell_number(v.table, 0, "p_adjusted"), 0.01368058513278785, 1e-12);
    assert_string_equal(cell_text(v.table, 0, "test"), "z");
    assert_string_equal(cell_text(v.table, 0, "signal"), "up");
    assert_true(cell_number(v.table, 0, "change_low") > 0);
    options.level = 0.999;
    ask_surveys(&v, CHURN_SURVEY_NPS, &options);
    assert_string_equal(cell_text(v.table, 0, "signal"), "noise");
    assert_true(cell_number(v.table, 0, "change_low") < 0);
    close_voice(&v);
}

static void surveys__by_group__each_with_its_own(void **state)
{
    voice v;
    (void)state;
    open_nps(&v);
    const churn_str by[] = {STR("size"), STR("survey.moment")};
    churn_voice_options options = {
        .struct_size = sizeof options, .every = CHURN_EVERY_MONTH, .by = by, .by_count = 1};
    ask_surveys(&v, CHURN_SURVEY_NPS, &options);
    assert_int_equal(churn_table_row_count(v.table), 2);
    assert_string_equal(cell_text(v.table, 0, "size"), "large");
    assert_int_equal(cell_int(v.table, 0, "n"), 50);
    near(cell_number(v.table, 0, "previous"), 100, 0);
    assert_string_equal(cell_text(v.table, 1, "size"), "small");
    near(cell_number(v.table, 1, "value"), -100, 0);
    options.by_count = 2;
    ask_surveys(&v, CHURN_SURVEY_NPS, &options);
    for (uint64_t i = 0; i < churn_table_row_count(v.table); i++) {
        bool both = cell_int(v.table, i, "n") > 0 && cell_int(v.table, i, "previous_n") > 0;
        assert_false(both); /* each month had a moment of its own */
        assert_true(cell_null(v.table, i, "p") && cell_null(v.table, i, "signal"));
    }
    close_voice(&v);
}

static void surveys__csat_and_ces__share_and_mean(void **state)
{
    voice v;
    (void)state;
    open_nps(&v);
    answers(&v, "csat", NOVEMBER + DAY, 0, 60, 5);
    answers(&v, "csat", NOVEMBER + DAY, 60, 30, 3);
    answers(&v, "csat", DECEMBER + DAY, 0, 80, 4);
    answers(&v, "csat", DECEMBER + DAY, 80, 20, 1);
    answers(&v, "csat", DECEMBER + 2 * DAY, 0, 2, 9); /* no such score */
    answers(&v, "ces", NOVEMBER + DAY, 0, 3, 7);
    answers(&v, "ces", DECEMBER + DAY, 0, 2, 5);
    answers(&v, "ces", DECEMBER + DAY, 2, 2, 6);
    ask_surveys(&v, CHURN_SURVEY_CSAT, NULL);
    near(cell_number(v.table, 0, "value"), 0.8, 1e-15);
    near(cell_number(v.table, 0, "p"), 0.03716450734204255, 1e-12);
    assert_string_equal(cell_text(v.table, 0, "test"), "chi2");
    assert_int_equal(cell_int(v.table, 0, "excluded"), 2);
    ask_surveys(&v, CHURN_SURVEY_CES, NULL);
    near(cell_number(v.table, 0, "value"), 5.5, 1e-15);
    near(cell_number(v.table, 0, "previous"), 7, 0);
    assert_string_equal(cell_text(v.table, 0, "test"), "welch");
    ask_surveys(&v, CHURN_SURVEY_CUSTOM, NULL);
    assert_true(cell_null(v.table, 0, "value"));
    assert_int_equal(cell_int(v.table, 0, "n"), 0);
    close_voice(&v);
}

static void surveys__bad__refused(void **state)
{
    voice v;
    churn_error err = {.struct_size = sizeof err};
    churn_table *t = NULL;
    churn_voice_options options = {.struct_size = sizeof options, .every = CHURN_EVERY_ROLLING};
    (void)state;
    open_nps(&v);
    assert_int_equal(churn_engine_surveys(v.engine, 0, DECEMBER, NEW_YEAR, NULL, &t, &err),
                     CHURN_E_ARG);
    assert_int_equal(churn_engine_surveys(v.engine, 1, DECEMBER, NEW_YEAR, &options, &t, &err),
                     CHURN_E_ARG);
    options.every = 0;
    options.level = 1;
    assert_int_equal(churn_engine_surveys(v.engine, 1, DECEMBER, NEW_YEAR, &options, &t, &err),
                     CHURN_E_RANGE);
    assert_int_equal(churn_engine_surveys(v.engine, 1, NEW_YEAR, DECEMBER, NULL, &t, &err),
                     CHURN_E_RANGE);
    options.level = 0;
    options.days = 40000;
    assert_int_equal(churn_engine_nps_retention(v.engine, DECEMBER, NEW_YEAR, &options, &t, &err),
                     CHURN_E_RANGE);
    assert_null(t);
    close_voice(&v);
}

/* ---- does NPS lead retention ---- */

static void lose(voice *v, int i, churn_time at)
{
    char room[16];
    churn_error err = {.struct_size = sizeof err};
    churn_churn churn;
    churn_record_init(CHURN_RECORD_CHURN, &churn, sizeof churn);
    churn.customer = numbered("c", i, room);
    churn.kind = STR("voluntary");
    churn.at = at;
    assert_ok(churn_store_add_churn(v->store, &churn, &err));
}

/* Of 50 promoters 5 leave within 30 days, of 20 detractors 10; one promoter had left before. */
static void nps_retention__promoters_stay__difference(void **state)
{
    voice v;
    churn_error err = {.struct_size = sizeof err};
    churn_voice_options options = {.struct_size = sizeof options, .days = 30};
    (void)state;
    open_nps(&v);
    lose(&v, 0, NOVEMBER);
    for (int i = 1; i < 6; i++) {
        lose(&v, i, NOVEMBER + (9 + i) * DAY);
    }
    for (int i = 80; i < 90; i++) {
        lose(&v, i, NOVEMBER + 20 * DAY);
    }
    options.as_of = NEW_YEAR;
    assert_ok(churn_engine_nps_retention(v.engine, NOVEMBER, DECEMBER, &options, &v.table, &err));
    assert_int_equal(churn_table_row_count(v.table), 4);
    assert_string_equal(cell_text(v.table, 0, "answered"), "promoters");
    assert_int_equal(cell_int(v.table, 0, "n"), 49);
    assert_int_equal(cell_int(v.table, 0, "excluded"), 1);
    assert_int_equal(cell_int(v.table, 0, "retained"), 44);
    assert_int_equal(cell_int(v.table, 2, "retained"), 10);
    near(cell_number(v.table, 3, "value"), 44.0 / 49 - 0.5, 1e-15);
    assert_true(cell_number(v.table, 3, "low") > 0);
    assert_true(cell_number(v.table, 3, "p") < 0.001);
    churn_table_free(v.table);
    options.as_of = DECEMBER - DAY; /* nobody's days are over */
    assert_ok(churn_engine_nps_retention(v.engine, NOVEMBER, DECEMBER, &options, &v.table, &err));
    assert_int_equal(cell_int(v.table, 0, "n"), 0);
    assert_int_equal(cell_int(v.table, 0, "excluded"), 50);
    assert_true(cell_null(v.table, 3, "value"));
    assert_int_equal(churn_table_bool(v.table, 0, churn_table_find(v.table, "complete", CHURN_NTS)),
                     0);
    close_voice(&v);
}

/* ---- figures ---- */

static void figure(voice *v, const char *name, churn_time from, churn_time to, churn_time as_of)
{
    churn_error err = {.struct_size = sizeof err};
    churn_kpi_options options = {.struct_size = sizeof options, .as_of = as_of};
    const churn_str kpi = {name, strlen(name)};
    churn_table_free(v->table);
    v->table = NULL;
    if (churn_engine_kpi(v->engine, &kpi, 1, from, to, &options, &v->table, &err) != CHURN_OK) {
        fail_msg("%s: %s", name, err.message);
    }
}

static double value_of(voice *v, const char *name)
{
    figure(v, name, DECEMBER, NEW_YEAR, NEW_YEAR);
    return cell_null(v->table, 0, "value") ? (double)NAN : cell_number(v->table, 0, "value");
}

static void figures__surveys__shares_and_means(void **state)
{
    voice v;
    (void)state;
    open_nps(&v);
    answers(&v, "csat", DECEMBER + DAY, 0, 3, 4);
    answers(&v, "csat", DECEMBER + DAY, 3, 1, 2);
    answers(&v, "csat", DECEMBER + DAY, 4, 1, 77);
    near(value_of(&v, "nps"), 100 * 31.0 / 52, 1e-12);
    near(cell_number(v.table, 0, "low"), 38.536, 6e-4);
    near(cell_number(v.table, 0, "numerator"), 31, 0);
    assert_string_equal(cell_text(v.table, 0, "unit"), "points");
    near(value_of(&v, "promoters"), 36.0 / 52, 1e-15);
    near(value_of(&v, "passives"), 11.0 / 52, 1e-15);
    near(value_of(&v, "detractors"), 5.0 / 52, 1e-15);
    near(value_of(&v, "csat"), 0.75, 1e-15);
    assert_int_equal(cell_int(v.table, 0, "excluded"), 1);
    assert_string_equal(cell_text(v.table, 0, "note"), "1 scores outside 1 to 5");
    near(value_of(&v, "csat_mean"), 3.5, 1e-15);
    near(cell_number(v.table, 0, "high"), 3.5 + 3.182446305284263 * 0.5, 1e-9);
    near(value_of(&v, "survey_answers"), 57, 0);
    assert_true(isnan(value_of(&v, "ces")));
    assert_string_equal(cell_text(v.table, 0, "missing"), "empty");
    assert_true(isnan(value_of(&v, "response_rate")));
    close_voice(&v);
}

static void invite(voice *v, int i, churn_time at, const char *channel, churn_time replied_at)
{
    char id[16], room[16];
    churn_error err = {.struct_size = sizeof err};
    churn_touchpoint row;
    churn_record_init(CHURN_RECORD_TOUCHPOINT, &row, sizeof row);
    row.id = numbered(channel, i, id);
    row.customer = numbered("c", i, room);
    row.at = at;
    row.channel = (churn_str){channel, strlen(channel)};
    row.replied_at = replied_at;
    assert_ok(churn_store_add_touchpoint(v->store, &row, &err));
}

/* Answered in time: c000 by a survey, c001 by a reply; too late: c002; never: c003; another
 * channel: c004; time left: c005. */
static void figures__response_rate__only_whose_time_is_over(void **state)
{
    voice v;
    (void)state;
    open_voice(&v);
    invite(&v, 0, DECEMBER, "nps_mail", CHURN_TIME_NONE);
    invite(&v, 1, DECEMBER, "nps_mail", DECEMBER + DAY);
    invite(&v, 2, DECEMBER, "nps_mail", CHURN_TIME_NONE);
    invite(&v, 3, DECEMBER, "nps_mail", CHURN_TIME_NONE);
    invite(&v, 4, DECEMBER, "call", DECEMBER + DAY);
    invite(&v, 5, NEW_YEAR - DAY, "nps_mail", NEW_YEAR - DAY / 2);
    answers(&v, "nps", DECEMBER + 3 * DAY, 0, 1, 9);
    answers(&v, "nps", DECEMBER + 11 * DAY, 2, 1, 9);
    near(value_of(&v, "response_rate"), 0.5, 0);
    near(cell_number(v.table, 0, "denominator"), 4, 0);
    assert_int_equal(cell_int(v.table, 0, "excluded"), 1);
    assert_string_equal(cell_text(v.table, 0, "note"), "1 invitations can still be answered");
    close_voice(&v);
}

static void add_ticket(voice *v, int i, churn_time opened, double answered, double closed,
                       const char *priority, double csat)
{
    char id[16];
    churn_error err = {.struct_size = sizeof err};
    churn_ticket row;
    churn_record_init(CHURN_RECORD_TICKET, &row, sizeof row);
    row.id = numbered("t", i, id);
    row.customer = STR("acme");
    row.opened_at = opened;
    row.first_response_at =
        answered < 0 ? CHURN_TIME_NONE : opened + (churn_time)(answered * (double)HOUR);
    row.closed_at = closed < 0 ? CHURN_TIME_NONE : opened + (churn_time)(closed * (double)HOUR);
    row.priority = (churn_str){priority, strlen(priority)};
    row.csat = csat;
    assert_ok(churn_store_add_ticket(v->store, &row, &err));
}

static void figures__support__by_hand(void **state)
{
    voice v;
    (void)state;
    open_voice(&v);
    add_ticket(&v, 0, NOVEMBER, 100, -1, "low", (double)NAN); /* open since November */
    add_ticket(&v, 1, DECEMBER, 1, 10, "high", 5);
    add_ticket(&v, 2, DECEMBER + DAY, 2, 20, "low", 3);
    add_ticket(&v, 3, DECEMBER + 2 * DAY, 10, 90, "low", 4);
    add_ticket(&v, 4, NEW_YEAR - DAY, -1, -1, "low", (double)NAN);
    near(value_of(&v, "tickets_opened"), 4, 0);
    near(value_of(&v, "tickets_closed"), 3, 0);
    near(value_of(&v, "tickets_reopened"), 0, 0);
    near(value_of(&v, "backlog"), 2, 0);
    near(value_of(&v, "backlog_age_days"), 31, 0); /* of 61 and 1 */
    near(value_of(&v, "backlog_oldest_days"), 61, 0);
    near(value_of(&v, "first_response_hours"), 2, 0);
    assert_int_equal(cell_int(v.table, 0, "excluded"), 1);
    near(value_of(&v, "first_response_hours_p90"), 8.4, 1e-12);
    near(value_of(&v, "resolution_hours"), 20, 0);
    assert_int_equal(cell_int(v.table, 0, "excluded"), 2);
    near(value_of(&v, "resolution_hours_p90"), 76, 1e-12);
    near(value_of(&v, "sla_share"), 1.0 / 3, 1e-15); /* t1 and t3 late, t4 has time left */
    assert_int_equal(cell_int(v.table, 0, "excluded"), 1);
    near(value_of(&v, "sla_first_response"), 1, 0);
    near(value_of(&v, "sla_resolution"), 1.0 / 3, 1e-15);
    near(value_of(&v, "ticket_csat"), 2.0 / 3, 1e-15);
    near(value_of(&v, "ticket_csat_mean"), 4, 1e-15);
    close_voice(&v);
}

static void figures__dated_before_opening__left_out_and_counted(void **state)
{
    voice v;
    churn_error err = {.struct_size = sizeof err};
    churn_ticket row;
    (void)state;
    open_voice(&v);
    add_ticket(&v, 0, DECEMBER, 2, 10, "low", (double)NAN);
    add_ticket(&v, 1, DECEMBER, -1, -1, "low", (double)NAN);
    churn_record_init(CHURN_RECORD_TICKET, &row, sizeof row);
    row.id = STR("t2");
    row.customer = STR("acme");
    row.opened_at = DECEMBER + 5 * DAY;
    row.first_response_at = DECEMBER + 4 * DAY;
    row.closed_at = DECEMBER + 3 * DAY;
    assert_ok(churn_store_add_ticket(v.store, &row, &err));
    near(value_of(&v, "first_response_hours"), 2, 0);
    assert_int_equal(cell_int(v.table, 0, "n"), 1);
    assert_int_equal(cell_int(v.table, 0, "excluded"), 2);
    assert_string_equal(cell_text(v.table, 0, "note"),
                        "1 tickets wait for a first response at the end; "
                        "1 were answered before they were opened");
    near(value_of(&v, "resolution_hours"), 10, 0);
    assert_int_equal(cell_int(v.table, 0, "excluded"), 2);
    near(value_of(&v, "backlog"), 1, 0);
    near(value_of(&v, "tickets_closed"), 2, 0);
    close_voice(&v);
}

static void figures__reopened__open_again(void **state)
{
    voice v;
    churn_error err = {.struct_size = sizeof err};
    churn_ticket row;
    (void)state;
    open_voice(&v);
    churn_record_init(CHURN_RECORD_TICKET, &row, sizeof row);
    row.id = STR("t1");
    row.customer = STR("acme");
    row.opened_at = DECEMBER;
    row.closed_at = DECEMBER + DAY;
    row.reopened_at = DECEMBER + 3 * DAY;
    assert_ok(churn_store_add_ticket(v.store, &row, &err));
    near(value_of(&v, "tickets_reopened"), 1, 0);
    near(value_of(&v, "tickets_closed"), 1, 0);
    near(value_of(&v, "backlog"), 1, 0);
    assert_true(isnan(value_of(&v, "resolution_hours"))); /* not resolved after all */
    figure(&v, "backlog", DECEMBER, DECEMBER + 2 * DAY, DECEMBER + 2 * DAY);
    near(cell_number(v.table, 0, "value"), 0, 0);
    figure(&v, "resolution_hours", DECEMBER, DECEMBER + 2 * DAY, DECEMBER + 2 * DAY);
    near(cell_number(v.table, 0, "value"), 24, 0);
    close_voice(&v);
}

/* ---- themes ---- */

static void write_ticket(voice *v, int i, churn_time at, const char *text)
{
    char id[16], room[16];
    churn_error err = {.struct_size = sizeof err};
    churn_ticket row;
    churn_record_init(CHURN_RECORD_TICKET, &row, sizeof row);
    row.id = numbered("t", i, id);
    row.customer = numbered("c", i % 20, room);
    row.opened_at = at + i * HOUR / 60;
    row.text = (churn_str){text, strlen(text)};
    assert_ok(churn_store_add_ticket(v->store, &row, &err));
}

static void themes__planted__rises_with_tags_and_sentiment(void **state)
{
    voice v;
    churn_error err = {.struct_size = sizeof err};
    static const churn_tag_phrase tags[] = {{STR("speed"), STR("too slow")}};
    static const churn_phrase_weight lexicon[] = {{STR("slow"), -1}, {STR("thanks a lot"), 2}};
    churn_theme_options options = {.struct_size = sizeof options,
                                   .every = CHURN_EVERY_MONTH,
                                   .tags = tags,
                                   .tag_count = 1,
                                   .lexicon = lexicon,
                                   .lexicon_count = 2};
    (void)state;
    open_voice(&v);
    for (int i = 0; i < 100; i++) {
        write_ticket(&v, i, NOVEMBER, i % 10 ? "Where is my invoice?" : "Export is too slow.");
        write_ticket(&v, 100 + i, DECEMBER,
                     i % 2 ? "Where is my invoice?" : "Export is TOO slow! Thanks a lot");
    }
    assert_ok(churn_engine_themes(v.engine, DECEMBER, NEW_YEAR, &options, &v.table, &err));
    assert_string_equal(cell_text(v.table, 0, "kind"), "tag");
    assert_string_equal(cell_text(v.table, 0, "phrase"), "speed");
    assert_string_equal(cell_text(v.table, 0, "change"), "rises");
    assert_int_equal(cell_int(v.table, 0, "documents"), 50);
    assert_int_equal(cell_int(v.table, 0, "previous_documents"), 10);
    near(cell_number(v.table, 0, "sentiment"), 0.5, 1e-15);
    int64_t row = find_row(v.table, "phrase", "slow", NULL, NULL);
    assert_true(row > 0);
    assert_string_equal(cell_text(v.table, (uint64_t)row, "example_1"), "ticket t198");
    row = find_row(v.table, "phrase", "invoice", NULL, NULL);
    assert_string_equal(cell_text(v.table, (uint64_t)row, "change"), "falls");
    assert_int_equal(find_row(v.table, "phrase", "is", NULL, NULL), -1);
    close_voice(&v);
}

static void themes__bad__refused(void **state)
{
    voice v;
    churn_error err = {.struct_size = sizeof err};
    churn_table *t = NULL;
    const churn_str xx[] = {STR("xx")};
    const churn_tag_phrase no_word = {STR("tag"), STR("?!")}, no_name = {STR(""), STR("slow")};
    const churn_phrase_weight endless = {STR("slow"), (double)INFINITY};
    const struct {
        churn_theme_options options;
        churn_status want;
    } all[] = {
        {{.languages = xx, .language_count = 1}, CHURN_E_NOT_FOUND},
        {{.tags = &no_word, .tag_count = 1}, CHURN_E_ARG},
        {{.tags = &no_name, .tag_count = 1}, CHURN_E_ARG},
        {{.lexicon = &endless, .lexicon_count = 1}, CHURN_E_ARG},
        {{.lexicon_count = 1}, CHURN_E_ARG},
        {{.language_count = 1}, CHURN_E_ARG},
        {{.compare = 7}, CHURN_E_ARG},
        {{.compare = CHURN_THEMES_OTHERS}, CHURN_E_ARG},
        {{.sources = 8}, CHURN_E_ARG},
        {{.longest = 4}, CHURN_E_RANGE},
        {{.prior = -1}, CHURN_E_RANGE},
        {{.level = 1.5}, CHURN_E_RANGE},
        {{.every = CHURN_EVERY_ROLLING}, CHURN_E_ARG},
        {{.by = xx, .by_count = 1}, CHURN_E_NOT_FOUND},
    };
    (void)state;
    open_voice(&v);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        churn_theme_options options = all[i].options;
        options.struct_size = sizeof options;
        churn_status st = churn_engine_themes(v.engine, DECEMBER, NEW_YEAR, &options, &t, &err);
        if (st != all[i].want) {
            fail_msg("case %zu: %s", i, churn_status_name(st));
        }
        assert_null(t);
    }
    assert_ok(churn_engine_themes(v.engine, DECEMBER, NEW_YEAR, NULL, &v.table, &err));
    assert_int_equal(churn_table_row_count(v.table), 0);
    close_voice(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(surveys__nps__worked_numbers_and_change),
        cmocka_unit_test(surveys__by_group__each_with_its_own),
        cmocka_unit_test(surveys__csat_and_ces__share_and_mean),
        cmocka_unit_test(surveys__bad__refused),
        cmocka_unit_test(nps_retention__promoters_stay__difference),
        cmocka_unit_test(figures__surveys__shares_and_means),
        cmocka_unit_test(figures__response_rate__only_whose_time_is_over),
        cmocka_unit_test(figures__support__by_hand),
        cmocka_unit_test(figures__dated_before_opening__left_out_and_counted),
        cmocka_unit_test(figures__reopened__open_again),
        cmocka_unit_test(themes__planted__rises_with_tags_and_sentiment),
        cmocka_unit_test(themes__bad__refused),
    };
    return RUN_TESTS(tests);
}
