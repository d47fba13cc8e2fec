/* SPDX-License-Identifier: MIT */
#include "store_rows.h"

/* Contacts, milestones, touchpoints, and what belongs to the business: what is seen when. */

#define INIT(kind, KIND) \
    churn_##kind r;      \
    churn_record_init(CHURN_RECORD_##KIND, &r, sizeof r)

static churn_contact contact_of(const char *id, const char *customer, churn_time from,
                                const char *role, churn_truth active)
{
    INIT(contact, CONTACT);
    r.id = text(id);
    r.customer = text(customer);
    r.valid_from = from;
    r.role = text(role);
    r.active = active;
    return r;
}

static churn_milestone milestone_of(const char *customer, const char *name, churn_time at)
{
    INIT(milestone, MILESTONE);
    r.customer = text(customer);
    r.name = text(name);
    r.reached_at = at;
    return r;
}

static churn_touchpoint touchpoint_of(const char *id, const char *customer, churn_time at)
{
    INIT(touchpoint, TOUCHPOINT);
    r.id = text(id);
    r.customer = text(customer);
    r.at = at;
    r.channel = text("email");
    return r;
}

static churn_spend spend_of(churn_time at, int64_t amount, const char *channel)
{
    INIT(spend, SPEND);
    r.at = at;
    r.amount = amount;
    r.currency = text("EUR");
    r.channel = text(channel);
    return r;
}

static churn_rate rate_of(const char *currency, churn_time at, double value)
{
    INIT(rate, RATE);
    r.currency = text(currency);
    r.at = at;
    r.rate = value;
    return r;
}

static churn_announcement announcement_of(const char *name, churn_time at)
{
    INIT(announcement, ANNOUNCEMENT);
    r.name = text(name);
    r.at = at;
    r.kind = text("outage");
    return r;
}

static churn_measure measure_of(const char *name, churn_time at, double value)
{
    INIT(measure, MEASURE);
    r.name = text(name);
    r.at = at;
    r.value = value;
    r.unit = text("visits");
    return r;
}

static churn_override override_of(const char *score, churn_time at, double value)
{
    INIT(override, OVERRIDE);
    r.customer = text("acme");
    r.score = text(score);
    r.at = at;
    r.value = value;
    r.author = text("eve");
    return r;
}

static bool is_text(const view *v, uint32_t code, const char *expected)
{
    const churn__dict_view *texts = churn__version_texts(v->version);
    return code != CHURN__NO_CODE &&
           churn__str_eq(churn__dict_view_get(texts, code), text(expected));
}

static bool is_key(const view *v, churn_record_kind kind, uint32_t id, const char *expected)
{
    return churn__str_eq(churn__version_key(v->version, kind, id), text(expected));
}

/* ---- of customers ---- */

static void contacts__states__until_the_next_of_their_id(void **arg)
{
    churn_store *store = store_new();
    churn_contact rows[] = {contact_of("p2", "acme", T(3), "buyer", CHURN_TRUTH_NONE),
                            contact_of("p1", "acme", T(1), "champion", CHURN_TRUTH_NONE),
                            contact_of("p1", "acme", T(5), "champion", 0)};
    const churn__contact *c = NULL;
    (void)arg;
    for (size_t i = 0; i < 3; i++) {
        assert_ok(churn_store_add_contact(store, &rows[i], NULL));
    }
    view v = view_open(store);
    assert_int_equal(churn__reader_contacts(v.reader, 0, T(1) - 1, &c), 0);
    assert_int_equal(churn__reader_contacts(v.reader, 0, T(1), &c), 1); /* a state: at once */
    assert_true(is_key(&v, CHURN_RECORD_CONTACT, c[0].id, "p1"));
    assert_true(is_text(&v, c[0].role, "champion"));
    assert_int_equal(c[0].active, 1); /* nobody said */
    assert_true(c[0].valid_from == T(1) && c[0].known_at == T(1));
    assert_int_equal(c[0].name, CHURN__NO_CODE);
    assert_int_equal(churn__reader_contacts(v.reader, 0, T(9), &c), 3);
    assert_int_equal(c[1].active, 0);
    assert_true(c[1].valid_from == T(5));
    assert_true(is_key(&v, CHURN_RECORD_CONTACT, c[2].id, "p2")); /* by id, then by time */
    assert_true(churn__reader_exists(v.reader, 0, T(1)));
    assert_false(churn__reader_exists(v.reader, 0, T(1) - 1));
    view_close(&v);
    churn_store_free(store);
}

static void milestones__the_earliest__stands(void **arg)
{
    churn_store *store = store_new();
    const churn__milestone *m = NULL;
    churn_milestone live = milestone_of("acme", "live", T(5)), later = live, earlier = live;
    churn_milestone other = milestone_of("acme", "export", T(5));
    (void)arg;
    later.reached_at = T(7);
    earlier.reached_at = T(2);
    assert_ok(churn_store_add_milestone(store, &live, NULL));
    assert_ok(churn_store_add_milestone(store, &later, NULL));
    assert_ok(churn_store_add_milestone(store, &other, NULL));
    view v = view_open(store);
    assert_int_equal(churn__reader_milestones(v.reader, 0, T(5), &m), 0); /* a fact: afterwards */
    assert_int_equal(churn__reader_milestones(v.reader, 0, T(6), &m), 2);
    assert_true(is_text(&v, m[0].name, "export") && is_text(&v, m[1].name, "live"));
    view_close(&v);
    assert_ok(churn_store_add_milestone(store, &earlier, NULL));
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_MILESTONE), 2);
    v = view_open(store);
    assert_int_equal(churn__reader_milestones(v.reader, 0, T(3), &m), 1);
    assert_true(m[0].reached_at == T(2));
    view_close(&v);
    churn_store_free(store);
}

/* Reached on day 2, as one learned on day 8; until then day 5 was the first. */
static void milestones__learned_later__earlier_from_then_on(void **arg)
{
    const churn__milestone *m = NULL;
    churn_milestone rows[] = {milestone_of("acme", "live", T(5)),
                              milestone_of("acme", "live", T(2))};
    (void)arg;
    rows[1].known_at = T(8);
    for (int way = 0; way < 2; way++) { /* either order */
        churn_store *store = store_new();
        assert_ok(churn_store_add_milestone(store, &rows[way], NULL));
        (void)churn_store_version(store);
        assert_ok(churn_store_add_milestone(store, &rows[1 - way], NULL));
        view v = view_open(store);
        assert_int_equal(churn__reader_milestones(v.reader, 0, T(7), &m), 1);
        assert_true(m[0].reached_at == T(5) && m[0].known_at == T(5));
        assert_int_equal(churn__reader_milestones(v.reader, 0, T(8), &m), 1);
        assert_true(m[0].reached_at == T(2) && m[0].known_at == T(8));
        view_close(&v);
        churn_store_free(store);
    }
}

static void milestones__in_one_call__reported(void **arg)
{
    churn_store *store = store_new();
    churn_load_report report = {.struct_size = sizeof report};
    any_record rows[3] = {{.milestone = milestone_of("acme", "live", T(7))},
                          {.milestone = milestone_of("acme", "live", T(5))},
                          {.milestone = milestone_of("acme", "live", T(6))}};
    (void)arg;
    assert_ok(add_batch(store, KIND_MILESTONE, rows, 3, NULL, &report, NULL));
    assert_int_equal(report.added, 1);
    assert_int_equal(report.unchanged, 2);
    rows[0].milestone.reached_at = T(1);
    assert_ok(add_batch(store, KIND_MILESTONE, rows, 1, NULL, &report, NULL));
    assert_int_equal(report.updated, 1);
    assert_int_equal(report.rewrote_history, 1);
    churn_store_free(store);
}

static void touchpoints__what_dates_itself__is_not_seen_before(void **arg)
{
    churn_store *store = store_new();
    const churn__touchpoint *t = NULL;
    churn_touchpoint r = touchpoint_of("t1", "acme", T(1));
    churn_touchpoint first = touchpoint_of("t0", "acme", T(0));
    (void)arg;
    r.user = text("ann");
    r.play = text("save");
    r.action = text("a-1");
    r.offer = text("discount");
    r.opened_at = T(2);
    r.clicked_at = T(3);
    r.replied_at = T(4);
    r.outcome = text("renewed");
    r.outcome_at = T(5);
    first.outcome = text("lost"); /* without outcome_at */
    assert_ok(churn_store_add_touchpoint(store, &r, NULL));
    assert_ok(churn_store_add_touchpoint(store, &first, NULL));
    view v = view_open(store);
    assert_int_equal(churn__reader_touchpoints(v.reader, 0, T(1), &t), 1); /* a fact: afterwards */
    assert_int_equal(churn__reader_touchpoints(v.reader, 0, T(2), &t), 2);
    assert_int_equal(t[0].outcome, CHURN__NO_CODE);
    assert_true(is_key(&v, CHURN_RECORD_TOUCHPOINT, t[1].id, "t1"));
    assert_true(is_text(&v, t[1].channel, "email") && is_text(&v, t[1].user, "ann"));
    assert_true(is_text(&v, t[1].play, "save") && is_text(&v, t[1].action, "a-1"));
    assert_true(is_text(&v, t[1].offer, "discount"));
    assert_true(t[1].opened_at == T(2));
    assert_true(t[1].clicked_at == CHURN_TIME_NONE && t[1].replied_at == CHURN_TIME_NONE);
    assert_int_equal(churn__reader_touchpoints(v.reader, 0, T(4), &t), 2);
    assert_true(t[1].clicked_at == T(3) && t[1].replied_at == T(4));
    assert_true(t[1].outcome == CHURN__NO_CODE && t[1].outcome_at == CHURN_TIME_NONE);
    assert_int_equal(churn__reader_touchpoints(v.reader, 0, T(5), &t), 2);
    assert_true(is_text(&v, t[1].outcome, "renewed") && t[1].outcome_at == T(5));
    assert_int_equal(t[0].outcome, CHURN__NO_CODE);
    view_close(&v);
    churn_store_free(store);
}

/* ---- overrides ---- */

static uint32_t text_code(const view *v, const char *s)
{
    return churn__dict_view_find(churn__version_texts(v->version), text(s));
}

static void overrides__newest_of_a_score__from_its_instant(void **arg)
{
    churn_store *store = store_new();
    const churn__override *o = NULL;
    churn__override one;
    churn_override rows[] = {override_of("usage", T(4), 10), override_of("health", T(3), 20),
                             override_of("health", T(1), 30),
                             override_of("health", T(5), (double)NAN)};
    (void)arg;
    rows[1].reason = text("the buyer left");
    rows[1].expires_at = T(9);
    for (size_t i = 0; i < 4; i++) {
        assert_ok(churn_store_add_override(store, &rows[i], NULL));
    }
    view v = view_open(store);
    uint32_t health = text_code(&v, "health"), usage = text_code(&v, "usage");
    assert_false(churn__reader_override(v.reader, 0, health, T(1) - 1, &one));
    assert_true(churn__reader_override(v.reader, 0, health, T(1), &one)); /* at once */
    assert_true(one.value == 30 && one.at == T(1) && one.known_at == T(1));
    assert_true(one.reason == CHURN__NO_CODE && one.expires_at == CHURN_TIME_NONE);
    assert_true(churn__reader_override(v.reader, 0, health, T(3), &one));
    assert_true(one.value == 20 && one.score == health && is_text(&v, one.author, "eve"));
    assert_true(is_text(&v, one.reason, "the buyer left") && one.expires_at == T(9)); /* a plan */
    assert_true(churn__reader_override(v.reader, 0, health, T(20), &one)); /* taken back */
    assert_true(isnan(one.value) && one.at == T(5));
    assert_false(churn__reader_override(v.reader, 0, usage, T(3), &one));
    assert_true(churn__reader_override(v.reader, 0, usage, T(4), &one));
    assert_false(churn__reader_override(v.reader, 0, text_code(&v, "eve"), T(20), &one));
    assert_int_equal(churn__reader_overrides(v.reader, 0, T(4), &o), 3);
    assert_true(o[0].at == T(1) && o[1].at == T(3) && o[2].score == usage);
    assert_true(churn__reader_exists(v.reader, 0, T(1)));
    assert_true(churn__version_provided(v.version, CHURN_RECORD_OVERRIDE, T(0)));
    view_close(&v);
    churn_store_free(store);
}

static void overrides__learned_later_and_retracted__as_known(void **arg)
{
    churn_store *store = store_new();
    churn__override one;
    churn_override first = override_of("health", T(1), 30), late = override_of("health", T(2), 60);
    (void)arg;
    late.known_at = T(4);
    assert_ok(churn_store_add_override(store, &first, NULL));
    assert_ok(churn_store_add_override(store, &late, NULL));
    late.value = 65; /* said otherwise */
    late.known_at = T(6);
    assert_ok(churn_store_add_override(store, &late, NULL));
    late.known_at = T(8);
    assert_ok(churn_store_retract(store, CHURN_RECORD_OVERRIDE, &late, NULL));
    view v = view_open(store);
    static const double expected[] = {30, 30, 30, 60, 60, 65, 65, 30, 30};
    for (int day = 1; day <= 9; day++) {
        assert_true(churn__reader_override(v.reader, 0, text_code(&v, "health"), T(day), &one));
        assert_true(one.value == expected[day - 1]);
    }
    view_close(&v);
    churn_store_free(store);
}

static void overrides__same_key__replaces(void **arg)
{
    churn_store *store = store_new();
    churn_load_report report = {.struct_size = sizeof report};
    any_record rows[2] = {{.override = override_of("health", T(1), 30)},
                          {.override = override_of("health", T(1), 40)}};
    (void)arg;
    assert_ok(add_batch(store, KIND_OVERRIDE, rows, 2, NULL, &report, NULL));
    assert_true(report.added == 1 && report.conflicting == 1);
    assert_ok(add_batch(store, KIND_OVERRIDE, rows + 1, 1, NULL, &report, NULL));
    assert_int_equal(report.unchanged, 1);
    assert_ok(add_batch(store, KIND_OVERRIDE, rows, 1, NULL, &report, NULL));
    assert_true(report.updated == 1 && report.rewrote_history == 1);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_OVERRIDE), 1);
    churn_store_free(store);
}

static void overrides__outside_the_scale_or_over_at_once__rejected_with_the_reason(void **arg)
{
    churn_store *store = store_new();
    churn_load_report report = {.struct_size = sizeof report};
    any_record rows[5] = {{.override = override_of("health", T(1), -0.5)},
                          {.override = override_of("health", T(2), 100.5)},
                          {.override = override_of("health", T(3), 0)},
                          {.override = override_of("health", T(4), 100)},
                          {.override = override_of("health", T(5), 50)}};
    (void)arg;
    rows[3].override.expires_at = T(4);
    rows[4].override.expires_at = T(5) + 1;
    assert_ok(add_batch(store, KIND_OVERRIDE, rows, 5, NULL, &report, NULL));
    assert_true(report.added == 2 && report.rejected == 3);
    static const char *const fields[] = {"value", "value", "expires_at"};
    static const int64_t where[] = {0, 1, 3};
    for (uint64_t i = 0; i < 3; i++) {
        assert_string_equal(cell_text(report.rejections, i, "field"), fields[i]);
        assert_string_equal(cell_text(report.rejections, i, "code"), "out_of_range");
        assert_int_equal(cell_int(report.rejections, i, "row"), where[i]);
    }
    churn_table_free(report.rejections);
    churn_store_free(store);
}

/* ---- of the business ---- */

static void business__records__are_no_customers(void **arg)
{
    churn_store *store = store_new();
    churn_spend spend = spend_of(T(1), 100, "ads");
    churn_rate rate = rate_of("USD", T(1), 0.9);
    churn_announcement outage = announcement_of("down", T(1));
    uint64_t empty = 0, hash = 0;
    (void)arg;
    churn_measure visits = measure_of("visits", T(1), 7);
    assert_ok(churn_store_hash(store, &empty, NULL));
    assert_ok(churn_store_add_measure(store, &visits, NULL));
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_MEASURE), 1);
    assert_ok(churn_store_add_spend(store, &spend, NULL));
    assert_ok(churn_store_add_rate(store, &rate, NULL));
    assert_ok(churn_store_add_announcement(store, &outage, NULL));
    assert_int_equal(churn_store_customer_count(store), 0);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_CUSTOMER), 0);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_SPEND), 1);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_RATE), 1);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_ANNOUNCEMENT), 1);
    assert_ok(churn_store_hash(store, &hash, NULL));
    assert_true(hash != empty);
    view v = view_open(store);
    assert_true(churn__version_provided(v.version, CHURN_RECORD_RATE, T(0)));
    assert_true(churn__version_newest(v.version, CHURN_RECORD_SPEND, NULL, 0, T(5), T(5)) == T(1));
    view_close(&v);
    churn_store_free(store);
}

static void business__create_customers_refused__still_taken(void **arg)
{
    churn_store_options options = {.struct_size = sizeof options,
                                   .unknown_customer = CHURN_UNKNOWN_CUSTOMER_REJECT};
    churn_store *store = NULL;
    churn_spend spend = spend_of(T(1), 100, "ads");
    (void)arg;
    assert_ok(churn_store_create(&options, &store, NULL));
    assert_ok(churn_store_add_spend(store, &spend, NULL));
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_SPEND), 1);
    churn_store_free(store);
}

static void spends__without_id__known_by_what_they_were_for(void **arg)
{
    churn_store *store = store_new();
    const churn__spend *s = NULL;
    churn_load_report report = {.struct_size = sizeof report};
    any_record rows[3] = {{.spend = spend_of(T(1), 100, "ads")},
                          {.spend = spend_of(T(1), 100, "fairs")},
                          {.spend = spend_of(T(0), 100, NULL)}};
    (void)arg;
    rows[2].spend.channel = (churn_str){NULL, 0};
    assert_ok(add_batch(store, KIND_SPEND, rows, 3, NULL, &report, NULL));
    assert_int_equal(report.added, 3);
    assert_ok(add_batch(store, KIND_SPEND, rows, 3, NULL, &report, NULL));
    assert_int_equal(report.unchanged, 3);
    rows[1].spend.amount = 250;
    assert_ok(add_batch(store, KIND_SPEND, rows, 3, NULL, &report, NULL));
    assert_int_equal(report.updated, 1);
    view v = view_open(store);
    assert_int_equal(churn__reader_spends(v.reader, T(1), &s), 1); /* a fact: afterwards */
    assert_int_equal(churn__reader_spends(v.reader, T(2), &s), 3);
    assert_int_equal(s[0].channel, CHURN__NO_CODE);
    assert_int_equal(s[0].id, CHURN__NO_CODE);
    assert_true(is_text(&v, s[1].channel, "ads") && is_text(&v, s[2].channel, "fairs"));
    assert_int_equal(s[2].amount, 250);
    assert_true(is_text(&v, s[2].currency, "EUR"));
    view_close(&v);
    churn_store_free(store);
}

static void rates__from_their_instant__by_currency(void **arg)
{
    churn_store *store = store_new();
    const churn__rate *r = NULL;
    churn_rate rows[] = {rate_of("USD", T(3), 0.91), rate_of("USD", T(1), 0.93),
                         rate_of("JPY", T(2), 0.0061)};
    (void)arg;
    for (size_t i = 0; i < 3; i++) {
        assert_ok(churn_store_add_rate(store, &rows[i], NULL));
    }
    view v = view_open(store);
    assert_int_equal(churn__reader_rates(v.reader, T(1) - 1, &r), 0);
    assert_int_equal(churn__reader_rates(v.reader, T(1), &r), 1); /* at once */
    assert_int_equal(churn__reader_rates(v.reader, T(3), &r), 3);
    assert_true(is_text(&v, r[0].currency, "JPY") && r[0].rate == 0.0061);
    assert_true(is_text(&v, r[1].currency, "USD") && r[1].rate == 0.93 && r[1].at == T(1));
    assert_true(r[2].rate == 0.91 && r[2].at == T(3));
    view_close(&v);
    churn_store_free(store);
}

static void announcements__by_time_and_name(void **arg)
{
    churn_store *store = store_new();
    const churn__announcement *a = NULL;
    churn_announcement rows[] = {announcement_of("zero", T(1)), announcement_of("alpha", T(1)),
                                 announcement_of("zero", T(0))};
    (void)arg;
    for (size_t i = 0; i < 3; i++) {
        assert_ok(churn_store_add_announcement(store, &rows[i], NULL));
    }
    view v = view_open(store);
    assert_int_equal(churn__reader_announcements(v.reader, T(1), &a), 1);
    assert_int_equal(churn__reader_announcements(v.reader, T(2), &a), 3);
    assert_true(is_text(&v, a[0].name, "zero") && is_text(&v, a[1].name, "alpha"));
    assert_true(is_text(&v, a[2].name, "zero") && is_text(&v, a[2].kind, "outage"));
    view_close(&v);
    churn_store_free(store);
}

static void measures__by_name_and_time__afterwards_and_as_known(void **arg)
{
    churn_store *store = store_new();
    const churn__measure *m = NULL;
    churn_measure rows[] = {measure_of("zeal", T(1), -2.5), measure_of("visits", T(3), 30),
                            measure_of("visits", T(1), 10), measure_of("visits", T(2), 0)};
    (void)arg;
    for (size_t i = 0; i < 4; i++) {
        assert_ok(churn_store_add_measure(store, &rows[i], NULL));
    }
    rows[2].value = 11; /* said otherwise, later */
    rows[2].known_at = T(5);
    assert_ok(churn_store_add_measure(store, &rows[2], NULL));
    rows[1].known_at = T(6);
    assert_ok(churn_store_retract(store, CHURN_RECORD_MEASURE, &rows[1], NULL));
    view v = view_open(store);
    assert_int_equal(churn__reader_measures(v.reader, T(1), &m), 0); /* a fact: afterwards */
    assert_int_equal(churn__reader_measures(v.reader, T(1) + 1, &m), 2);
    assert_int_equal(churn__reader_measures(v.reader, T(4), &m), 4);
    assert_true(is_text(&v, m[0].name, "visits") && m[0].value == 10 && m[0].at == T(1));
    assert_true(m[1].value == 0 && m[2].value == 30 && is_text(&v, m[2].unit, "visits"));
    assert_true(is_text(&v, m[3].name, "zeal") && m[3].value == -2.5);
    assert_int_equal(churn__reader_measures(v.reader, T(5), &m), 4);
    assert_true(m[0].value == 11 && m[0].known_at == T(5));
    assert_int_equal(churn__reader_measures(v.reader, T(6), &m), 3);
    view_close(&v);
    churn_store_free(store);
}

static void measures__not_a_number__refused_with_the_reason(void **arg)
{
    churn_store *store = store_new();
    churn_load_report report = {.struct_size = sizeof report};
    any_record rows[3] = {{.measure = measure_of("visits", T(1), (double)INFINITY)},
                          {.measure = measure_of("visits", T(2), (double)NAN)},
                          {.measure = measure_of("visits", T(3), -1e300)}};
    churn_measure unnamed = measure_of("", T(1), 1);
    (void)arg;
    assert_int_equal(churn_store_add_measure(store, &unnamed, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_add_measure(store, &rows[0].measure, NULL), CHURN_E_RANGE);
    assert_int_equal(churn_store_add_measure(store, &rows[1].measure, NULL), CHURN_E_ARG);
    assert_ok(add_batch(store, KIND_MEASURE, rows, 3, NULL, &report, NULL));
    assert_true(report.added == 1 && report.rejected == 2);
    assert_string_equal(cell_text(report.rejections, 0, "field"), "value");
    assert_string_equal(cell_text(report.rejections, 1, "field"), "value");
    churn_table_free(report.rejections);
    churn_store_free(store);
}

/* ---- bad ones ---- */

static void add__bad_field__own_code(void **arg)
{
    churn_store *store = store_new();
    churn_contact contact = contact_of("p1", "acme", CHURN_TIME_NONE, "buyer", 1);
    churn_contact odd = contact_of("p1", "acme", T(1), "buyer", 7);
    churn_milestone milestone = milestone_of("acme", "", T(1));
    churn_touchpoint touchpoint = touchpoint_of("t", "acme", CHURN_TIME_MAX + 1);
    churn_spend spend = spend_of(T(1), -1, "ads"), money = spend_of(T(1), 1, "ads");
    churn_rate zero = rate_of("USD", T(1), 0), minus = rate_of("USD", T(1), -1);
    churn_rate endless = rate_of("USD", T(1), (double)INFINITY),
               none = rate_of("USD", T(1), (double)NAN);
    churn_rate nowhere = rate_of("XXY", T(1), 1);
    churn_announcement unnamed = announcement_of("", T(1));
    (void)arg;
    money.currency = text("dollars");
    assert_int_equal(churn_store_add_contact(store, &contact, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_add_contact(store, &odd, NULL), CHURN_E_TYPE);
    assert_int_equal(churn_store_add_milestone(store, &milestone, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_add_touchpoint(store, &touchpoint, NULL), CHURN_E_RANGE);
    touchpoint.at = T(1);
    touchpoint.channel = text("\xff");
    assert_int_equal(churn_store_add_touchpoint(store, &touchpoint, NULL), CHURN_E_UTF8);
    assert_int_equal(churn_store_add_spend(store, &spend, NULL), CHURN_E_RANGE);
    assert_int_equal(churn_store_add_spend(store, &money, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_add_rate(store, &zero, NULL), CHURN_E_RANGE);
    assert_int_equal(churn_store_add_rate(store, &minus, NULL), CHURN_E_RANGE);
    assert_int_equal(churn_store_add_rate(store, &endless, NULL), CHURN_E_RANGE);
    assert_int_equal(churn_store_add_rate(store, &none, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_add_rate(store, &nowhere, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_add_announcement(store, &unnamed, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_version(store), 0);
    assert_int_equal(churn_store_customer_count(store), 0);
    churn_store_free(store);
}

int main(void)
{
    const struct CMUnitTest store_kinds[] = {
        cmocka_unit_test(contacts__states__until_the_next_of_their_id),
        cmocka_unit_test(milestones__the_earliest__stands),
        cmocka_unit_test(milestones__learned_later__earlier_from_then_on),
        cmocka_unit_test(milestones__in_one_call__reported),
        cmocka_unit_test(touchpoints__what_dates_itself__is_not_seen_before),
        cmocka_unit_test(overrides__newest_of_a_score__from_its_instant),
        cmocka_unit_test(overrides__learned_later_and_retracted__as_known),
        cmocka_unit_test(overrides__same_key__replaces),
        cmocka_unit_test(overrides__outside_the_scale_or_over_at_once__rejected_with_the_reason),
        cmocka_unit_test(business__records__are_no_customers),
        cmocka_unit_test(business__create_customers_refused__still_taken),
        cmocka_unit_test(spends__without_id__known_by_what_they_were_for),
        cmocka_unit_test(rates__from_their_instant__by_currency),
        cmocka_unit_test(announcements__by_time_and_name),
        cmocka_unit_test(measures__by_name_and_time__afterwards_and_as_known),
        cmocka_unit_test(measures__not_a_number__refused_with_the_reason),
        cmocka_unit_test(add__bad_field__own_code),
    };
    return RUN_TESTS(store_kinds);
}
