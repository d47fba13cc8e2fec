/* SPDX-License-Identifier: MIT */
#include "playbook_support.h"

#include <churn/engine.h>

#include "failing.h"

#define HEAD "churn: 1\nname: good\n"

/* ---- slots ---- */

static const churn__slot *slot_named(const churn_playbook *pb, const char *name)
{
    for (uint32_t i = 0; i < pb->slot_count; i++) {
        if (strcmp(pb->slots[i].name.ptr, name) == 0) {
            return &pb->slots[i];
        }
    }
    fail_msg("no slot %s", name);
    return NULL;
}

static void playbook_slots__every_name__found_again(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        churn__slot_kind kind;
        churn__type type;
    } names[] = {
        {"metric.logins", CHURN__SLOT_METRIC, CHURN__TYPE_DOUBLE},
        {"metric.plan_name", CHURN__SLOT_METRIC, CHURN__TYPE_STRING},
        {"customer.name", CHURN__SLOT_ATTRIBUTE, CHURN__TYPE_STRING},
        {"customer.seats", CHURN__SLOT_ATTRIBUTE, CHURN__TYPE_DOUBLE},
        {"customer.vip", CHURN__SLOT_ATTRIBUTE, CHURN__TYPE_BOOL},
        {"customer.signed", CHURN__SLOT_ATTRIBUTE, CHURN__TYPE_TIME},
        {"customer.id", CHURN__SLOT_CUSTOMER_ID, CHURN__TYPE_STRING},
        {"customer.age_days", CHURN__SLOT_AGE_DAYS, CHURN__TYPE_DOUBLE},
        {"customer.churned", CHURN__SLOT_CHURNED, CHURN__TYPE_BOOL},
        {"churn.days", CHURN__SLOT_CHURN_DAYS, CHURN__TYPE_DOUBLE},
        {"churn.reason", CHURN__SLOT_CHURN_REASON, CHURN__TYPE_STRING},
        {"churn.kind", CHURN__SLOT_CHURN_KIND, CHURN__TYPE_STRING},
        {"churn.mrr", CHURN__SLOT_CHURN_MRR, CHURN__TYPE_DOUBLE},
        {"segment.big", CHURN__SLOT_SEGMENT, CHURN__TYPE_BOOL},
        {"health.score", CHURN__SLOT_SCORE, CHURN__TYPE_DOUBLE},
        {"health.band", CHURN__SLOT_SCORE, CHURN__TYPE_STRING},
        {"health.coverage", CHURN__SLOT_SCORE, CHURN__TYPE_DOUBLE},
        {"health.low", CHURN__SLOT_SCORE, CHURN__TYPE_DOUBLE},
        {"health.high", CHURN__SLOT_SCORE, CHURN__TYPE_DOUBLE},
        {"health.usage", CHURN__SLOT_SCORE, CHURN__TYPE_DOUBLE},
        {"trigger.quiet", CHURN__SLOT_TRIGGER, CHURN__TYPE_BOOL},
        {"play.call.running", CHURN__SLOT_PLAY_RUNNING, CHURN__TYPE_BOOL},
        {"status", CHURN__SLOT_STATUS, CHURN__TYPE_STRING},
        {"tags", CHURN__SLOT_TAGS, CHURN__TYPE_STRINGS},
        {"as_of", CHURN__SLOT_AS_OF, CHURN__TYPE_TIME},
    };
    churn_playbook *pb = compile_good(
        HEAD
        "attributes: {seats: number, plan: string, vip: bool, signed: timestamp}\n"
        "metrics:\n- {id: logins, agg: count, event: login, window: 7d}\n"
        "- {id: plan_name, attribute: plan}\n"
        "segments: [{id: big, when: 'metric.logins > 3 && !segment.small'},"
        " {id: small, when: 'health.score < 3'}]\n"
        "scores:\n- id: health\n  groups: [{id: usage, factors: [{metric: logins, curve: [[0, 0], "
        "[9, 90]]}]}]\n  bands: {red: 0, green: 70}\n"
        "triggers: [{id: quiet, when: 'customer.vip && customer.signed < as_of && \"x\" in tags "
        "&& status == \"a\" && !play.call.running && churn.days > 3', play: call}]\n"
        "plays: [{id: call, steps: [{tag: a}]}]\n");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const churn__slot *slot = slot_named(pb, names[i].name);
        assert_int_equal(slot->kind, names[i].kind);
        assert_int_equal(slot->type, names[i].type);
    }
    for (uint32_t i = 0; i < pb->slot_count; i++) {
        const churn__slot *s = &pb->slots[i];
        assert_int_equal(churn__playbook_slot(pb, s->kind, s->index, s->part), i);
    }
    assert_int_equal(churn__playbook_slot(pb, CHURN__SLOT_METRIC, 2, 0), UINT32_MAX);
    /* small needs health, big needs small */
    assert_int_equal(pb->order_count, 3);
    assert_int_equal(pb->order[0].kind, CHURN__NODE_SCORE);
    assert_int_equal(pb->order[1].index, 1);
    assert_int_equal(pb->order[2].index, 0);
    churn_playbook_free(pb);
}

/* ---- header, sources, calendar, roles, loss ---- */

static void playbook_parse__header__defaults_and_values(void **state)
{
    (void)state;
    churn_playbook *pb = compile_good(HEAD);
    assert_string_equal(churn_playbook_name(pb).ptr, "good");
    assert_string_equal(pb->time_zone.ptr, "UTC");
    assert_string_equal(pb->currency.ptr, "USD");
    assert_int_equal(pb->currency_scale, 2);
    assert_int_equal(churn_playbook_interval(pb), CHURN__DAY);
    assert_true(pb->loss.by_subscription);
    assert_false(pb->loss.by_record);
    assert_int_equal(pb->kpi.preset, CHURN__POLICY_CHARTMOGUL);
    assert_true(churn_playbook_memory(pb) > 0);
    churn_playbook_free(pb);
    pb = compile_good(HEAD "time_zone: Europe/Budapest\ncurrency: JPY\nevaluate: 12h\n"
                           "loss: {any: [record]}\n");
    assert_string_equal(churn_playbook_time_zone(pb).ptr, "Europe/Budapest");
    assert_int_equal(pb->currency_scale, 0);
    assert_int_equal(churn_playbook_interval(pb), 12 * CHURN__HOUR);
    assert_false(pb->loss.by_subscription);
    assert_true(pb->loss.by_record);
    churn_playbook_free(pb);
}

static void playbook_parse__kpi__preset_and_switches(void **state)
{
    (void)state;
    churn_playbook *pb = compile_good(HEAD "kpi: {preset: stripe}\n");
    const churn__kpi_policy stripe = churn__kpi_policy_preset(CHURN__POLICY_STRIPE);
    assert_memory_equal(&pb->kpi, &stripe, sizeof stripe);
    assert_memory_equal(&pb->loss.policy, &stripe, sizeof stripe);
    churn_playbook_free(pb);
    pb = compile_good(
        HEAD
        "kpi: {preset: profitwell, recognition: request, reactivation_within: 90d,\n"
        "  reactivation_after: 7d, same_period: include, discounts: ignore, trials: include,\n"
        "  past_due: include, unpaid: include, paused: include, usage_based: include,\n"
        "  free: include, refunds: subtract, tax: 0.27, fx: historic, group_changes: instant,\n"
        "  churn_rate: daily, returners: lost}\n");
    const churn__kpi_policy all = {.preset = CHURN__POLICY_PROFITWELL,
                                   .recognition = CHURN__RECOGNITION_REQUEST,
                                   .discounts = CHURN__DISCOUNTS_IGNORE,
                                   .trials = 1,
                                   .past_due = 1,
                                   .unpaid = 1,
                                   .paused = 1,
                                   .usage_based = 1,
                                   .free = 1,
                                   .refunds = CHURN__REFUNDS_SUBTRACT,
                                   .fx = CHURN__FX_HISTORIC,
                                   .churn_rate = CHURN__CHURN_RATE_DAILY,
                                   .returners = CHURN__RETURNERS_LOST,
                                   .tax = 270000,
                                   .reactivation_after = 7 * CHURN__DAY,
                                   .reactivation_within = 90 * CHURN__DAY};
    churn__buf text;
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__buf_init(&text, heap);
    assert_true(churn__policy_differences(&all, &pb->kpi, &text));
    assert_int_equal(text.size, 0);
    assert_string_equal(churn__policy_name(&pb->kpi), "profitwell*");
    churn__buf_clear(&text);
    churn__heap_release(heap);
    churn_playbook_free(pb);
    pb = compile_good(HEAD "kpi: {preset: fightchurn, reactivation_after: 31d}\n");
    assert_true(pb->kpi.reactivation_within == CHURN__REACTIVATION_NEVER);
    churn_playbook_free(pb);
    pb = compile_good(HEAD "kpi: {preset: fightchurn, reactivation_within: any}\n");
    assert_true(pb->kpi.reactivation_within == CHURN__REACTIVATION_ANY);
    churn_playbook_free(pb);
}

static void playbook_parse__sources__as_declared(void **state)
{
    (void)state;
    churn_playbook *pb = compile_good(
        HEAD "time_zone: Europe/Budapest\nsources:\n"
             "  product: {events: [login, 'Report created'], max_lag: 36h, from: 2024-06-01,"
             " event_from: {'Report created': 2025-11-01T12:00:00Z}}\n"
             "  desk: {records: [ticket, survey]}\n");
    const churn__source_def *product = &pb->sources[0], *desk = &pb->sources[1];
    assert_int_equal(pb->source_count, 2);
    assert_string_equal(product->id.ptr, "product");
    assert_int_equal(product->line, 5);
    assert_string_equal(product->events[1].ptr, "Report created");
    assert_true(product->has_max_lag);
    assert_int_equal(product->max_lag, 36 * CHURN__HOUR);
    assert_int_equal(product->from, INT64_C(1717192800000000)); /* 2024-05-31T22:00:00Z */
    assert_int_equal(product->event_from_count, 1);
    assert_int_equal(product->event_from[0].from, INT64_C(1761998400000000));
    assert_int_equal(desk->record_count, 2);
    assert_int_equal(desk->records[0], CHURN_RECORD_TICKET);
    assert_int_equal(desk->records[1], CHURN_RECORD_SURVEY);
    assert_false(desk->has_max_lag);
    assert_int_equal(desk->from, CHURN_TIME_NONE);
    churn_playbook_free(pb);
}

static void playbook_parse__calendar_and_roles__as_declared(void **state)
{
    (void)state;
    churn_playbook *pb = compile_good(
        HEAD
        "calendar: {work: [sat, mon], hours: '08:30-24:00', holidays: [2026-12-25, 2026-03-15],"
        " zone: customer}\n"
        "roles:\n  csm: {from: customer.owner, else: lead}\n  lead: {people: [eva, bo]}\n");
    assert_int_equal(pb->calendar.work_days, 0x21);
    assert_int_equal(pb->calendar.open, 8 * 3600 + 1800);
    assert_int_equal(pb->calendar.close, 86400);
    assert_int_equal(pb->calendar.holiday_count, 2);
    assert_int_equal(pb->calendar.holidays[0], 20527); /* 2026-03-15 */
    assert_int_equal(pb->calendar.holidays[1], 20812);
    assert_true(pb->calendar_per_customer);
    assert_string_equal(pb->roles[0].attribute.ptr, "owner");
    assert_int_equal(pb->roles[0].otherwise, 1);
    assert_int_equal(pb->roles[1].otherwise, UINT32_MAX);
    assert_null(pb->roles[1].attribute.ptr);
    assert_int_equal(pb->roles[1].people_count, 2);
    assert_string_equal(pb->roles[1].people[1].ptr, "bo");
    churn_playbook_free(pb);
}

/* ---- metrics ---- */

static void playbook_parse__metrics__as_declared(void **state)
{
    (void)state;
    churn_playbook *pb = compile_good(
        HEAD
        "attributes: {seats: number}\nmetrics:\n"
        "- {id: a, agg: count, event: login, window: 28d, offset: 7d, history: clip, default: 3}\n"
        "- {id: b, agg: distinct, event: [login, export], window: 1w}\n"
        "- {id: c, agg: distinct, of: type, event: any, window: 1w}\n"
        "- {id: d, agg: days_since, event: login, if_never: 99}\n"
        "- {id: e, agg: trend, event: login, buckets: 8, every: 7d, relative: true, "
        "min_buckets: 4}\n"
        "- {id: f, ratio: {num: a, den: customer.seats}}\n"
        "- {id: g, pct_change: {cur: h, base: a, min_base: 10}}\n"
        "- {id: h, ticket: opened_count, window: 7d}\n"
        "- {id: i, survey: last, kind: nps, max_age: 180d}\n"
        "- {id: j, subscription: seats, offset: 90d}\n"
        "- {id: k, invoice: failed_count, window: 60d}\n"
        "- {id: l, attribute: seats, default: 1}\n"
        "- {id: m, customer: age_days}\n"
        "- {id: n, agg: days_since, event: login, if_never: missing}\n"
        "- {id: o, agg: sum, event: pay, window: 7d}\n");
    const churn__metric_def *m = pb->metrics;
    assert_int_equal(pb->metric_count, 15);
    assert_int_equal(m[0].kind, CHURN__METRIC_EVENT);
    assert_int_equal(m[0].what, CHURN__AGG_COUNT);
    assert_int_equal(m[0].event_count, 1);
    assert_true(m[0].has_window && m[0].clip && m[0].has_default);
    assert_int_equal(m[0].window.amount, 28 * CHURN__DAY);
    assert_int_equal(m[0].offset.amount, 7 * CHURN__DAY);
    assert_true(m[0].default_value == 3);
    assert_int_equal(m[1].of, CHURN__OF_USER);
    assert_int_equal(m[1].event_count, 2);
    assert_false(m[1].clip || m[1].has_default);
    assert_int_equal(m[2].of, CHURN__OF_TYPE);
    assert_int_equal(m[2].event_count, 0);
    assert_int_equal(m[3].if_never, CHURN__NEVER_NUMBER);
    assert_true(m[3].if_never_value == 99);
    assert_false(m[3].has_window);
    assert_int_equal(m[4].buckets, 8);
    assert_int_equal(m[4].min_buckets, 4);
    assert_int_equal(m[4].every, 7 * CHURN__DAY);
    assert_true(m[4].relative);
    assert_int_equal(m[5].kind, CHURN__METRIC_RATIO);
    assert_false(m[5].a.is_attribute);
    assert_int_equal(m[5].a.metric, 0);
    assert_true(m[5].b.is_attribute);
    assert_string_equal(m[5].b.attribute.ptr, "seats");
    assert_true(m[5].min_base == 0);
    assert_int_equal(m[6].kind, CHURN__METRIC_PCT_CHANGE);
    assert_int_equal(m[6].a.metric, 7);
    assert_true(m[6].min_base == 10);
    assert_int_equal(m[7].what, CHURN__TICKET_OPENED_COUNT);
    assert_int_equal(m[8].survey_kind, CHURN__SURVEY_NPS);
    assert_int_equal(m[8].max_age, 180 * CHURN__DAY);
    assert_int_equal(m[9].what, CHURN__SUBSCRIPTION_SEATS);
    assert_int_equal(m[9].offset.amount, 90 * CHURN__DAY);
    assert_int_equal(m[10].what, CHURN__INVOICE_FAILED_COUNT);
    assert_int_equal(m[11].kind, CHURN__METRIC_ATTRIBUTE);
    assert_int_equal(m[11].type, CHURN__TYPE_DOUBLE);
    assert_int_equal(m[12].kind, CHURN__METRIC_CUSTOMER);
    assert_int_equal(m[13].if_never, CHURN__NEVER_MISSING);
    assert_int_equal(m[14].of, CHURN__OF_VALUE);
    assert_int_equal(m[14].line, 19);
    churn_playbook_free(pb);
}

static const churn__metric_def *find_metric(const churn_playbook *pb, const char *id)
{
    for (uint32_t i = 0; i < pb->metric_count; i++) {
        if (strcmp(pb->metrics[i].id.ptr, id) == 0) {
            return &pb->metrics[i];
        }
    }
    fail_msg("%s", id);
    return NULL;
}

static void playbook_parse__metrics_of_records__as_declared(void **state)
{
    (void)state;
    churn_playbook *pb = compile_good(
        HEAD
        "attributes: {plan: string}\nmetrics:\n"
        "- {id: slow, ticket: first_response_hours, window: 1cmo, take: median, priority: high,"
        " category: [billing, bugs]}\n"
        "- {id: burst, ticket: opened_count, window: mtd, per: user, history: clip}\n"
        "- {id: broken, ticket: sla_breach_share, sla: 4h, of: resolution, window: 28d}\n"
        "- {id: mood, survey: mean, moment: onboarding, window: 2cq, take: min}\n"
        "- {id: seats, subscription: seats, offset: 2cq}\n"
        "- {id: plan, subscription: plan, default: none}\n"
        "- {id: active, subscription: active, default: true}\n"
        "- {id: renews, subscription: renews_at, min_period: 90d, default: 2030-01-01}\n"
        "- {id: setup, milestone: overdue_days, name: setup, due: 1cmo, default: 5}\n"
        "- {id: reached, milestone: reached, name: setup}\n"
        "- {id: mails, touchpoint: reply_rate, channel: [email, call], window: 90d}\n"
        "- {id: champions, contact: active_count, role: champion}\n"
        "- {id: priced, announcement: days_since, name: [a, b], kind: price}\n"
        "- {id: moved, attribute: plan, take: changed, window: 90d}\n"
        "- {id: before, attribute: plan, offset: 30d}\n");
    const churn__metric_def *m = find_metric(pb, "slow");
    assert_int_equal(m->what, CHURN__TICKET_FIRST_RESPONSE_HOURS);
    assert_int_equal(m->window.unit, CHURN__UNIT_CMO);
    assert_int_equal(m->take, CHURN__TAKE_MEDIAN);
    assert_string_equal(m->filters[CHURN__FILTER_PRIORITY].words[0].ptr, "high");
    assert_int_equal(m->filters[CHURN__FILTER_CATEGORY].count, 2);
    m = find_metric(pb, "burst");
    assert_true(m->per_user && m->clip && m->window.to_date);
    assert_int_equal(m->take, CHURN__TAKE_MAX);
    m = find_metric(pb, "broken");
    assert_true(m->sla_resolution && m->sla == 4 * CHURN__HOUR);
    assert_int_equal(find_metric(pb, "mood")->take, CHURN__TAKE_MIN);
    assert_int_equal(find_metric(pb, "mood")->filters[CHURN__FILTER_MOMENT].count, 1);
    m = find_metric(pb, "seats");
    assert_true(m->offset.unit == CHURN__UNIT_CQ && m->offset.amount == 2);
    assert_int_equal(m->take, CHURN__TAKE_MEAN);
    m = find_metric(pb, "plan");
    assert_int_equal(m->type, CHURN__TYPE_STRING);
    assert_string_equal(m->otherwise.as.s.ptr, "none");
    m = find_metric(pb, "active");
    assert_true(m->type == CHURN__TYPE_BOOL && m->otherwise.as.b == 1);
    m = find_metric(pb, "renews");
    assert_true(m->type == CHURN__TYPE_TIME && m->min_period == 90 * CHURN__DAY);
    assert_true(m->otherwise.as.t == INT64_C(1893456000000000));
    m = find_metric(pb, "setup");
    assert_true(m->due.unit == CHURN__UNIT_CMO && m->has_default && m->default_value == 5);
    assert_string_equal(m->filters[CHURN__FILTER_NAME].words[0].ptr, "setup");
    assert_int_equal(find_metric(pb, "reached")->type, CHURN__TYPE_BOOL);
    assert_int_equal(find_metric(pb, "mails")->filters[CHURN__FILTER_CHANNEL].count, 2);
    assert_int_equal(find_metric(pb, "champions")->kind, CHURN__METRIC_CONTACT);
    m = find_metric(pb, "priced");
    assert_true(m->filters[CHURN__FILTER_NAME].count == 2 &&
                m->filters[CHURN__FILTER_KIND].count == 1);
    m = find_metric(pb, "moved");
    assert_true(m->type == CHURN__TYPE_BOOL && m->what == CHURN__ATTRIBUTE_CHANGED);
    m = find_metric(pb, "before");
    assert_true(m->type == CHURN__TYPE_STRING && m->offset.amount == 30 * CHURN__DAY);
    churn_playbook_free(pb);
}

/* ---- scores ---- */

static void playbook_parse__scores__as_declared(void **state)
{
    (void)state;
    churn_playbook *pb = compile_good(
        HEAD
        "metrics: [{id: a, customer: age_days}, {id: b, invoice: overdue_days}]\n"
        "scores:\n- id: health\n  baseline: 40\n  min_coverage: 0.25\n  groups:\n"
        "  - {id: use, weight: 3, factors: [{metric: a, weight: 2, curve: [[-1, 0], [0.5, 100]]},"
        " {metric: a, id: again, steps: [[0, 100], [3, 20]], missing: value, value: 7}]}\n"
        "  - {id: pay, factors: [{metric: b, curve: [[0, 100], [9, 0]], missing: worst}]}\n"
        "  caps: [{id: late, when: 'metric.b > 9', at_most: 35},"
        " {id: new, when: 'metric.a < 9', at_least: 20}]\n"
        "  bands: {yellow: 40, green: 70, red: 0}\n");
    const churn__score_def *s = &pb->scores[0];
    const churn__card_def *own = &s->cards[0];
    assert_true(s->baseline == 40 && own->min_coverage == 0.25);
    assert_int_equal(s->group_count, 2);
    assert_true(own->groups[0].weight == 3 && own->groups[1].weight == 1);
    const churn__factor_def *f = own->factors;
    assert_string_equal(f[0].id.ptr, "a");
    assert_int_equal(f[0].slot, churn__playbook_slot(pb, CHURN__SLOT_METRIC, 0, 0));
    assert_int_equal(f[0].points_kind, CHURN__POINTS_CURVE);
    assert_true(f[0].weight == 2 && f[0].points[1].x == 0.5 && f[0].points[1].y == 100);
    assert_string_equal(f[1].id.ptr, "again");
    assert_int_equal(f[1].points_kind, CHURN__POINTS_STEPS);
    assert_int_equal(f[1].missing, CHURN__FACTOR_VALUE);
    assert_true(f[1].missing_value == 7);
    assert_int_equal(f[2].missing, CHURN__FACTOR_WORST);
    assert_int_equal(s->factor_count, 3);
    assert_int_equal(f[2].group, 1);
    assert_int_equal(s->cap_count, 3);
    assert_int_equal(own->caps[2].kind, CHURN__CAP_OVERRIDE);
    assert_false(own->caps[0].is_floor);
    assert_true(own->caps[1].is_floor && own->caps[0].bound == 35 && own->caps[1].bound == 20);
    assert_int_equal(s->band_count, 3);
    assert_string_equal(own->bands[0].id.ptr, "green");
    assert_string_equal(own->bands[1].id.ptr, "yellow");
    assert_string_equal(own->bands[2].id.ptr, "red");
    churn_playbook_free(pb);
}

/* ---- triggers and plays ---- */

static void playbook_parse__trigger__defaults(void **state)
{
    (void)state;
    churn_playbook *pb =
        compile_good(HEAD "evaluate: 2d\ntriggers: [{id: t, when: 'customer.age_days > 3'}]\n");
    const churn__trigger_def *t = &pb->triggers[0];
    assert_non_null(t->when);
    assert_null(t->clear_when);
    assert_int_equal(t->hold, 0);
    assert_int_equal(t->min_evals, 1);
    assert_int_equal(t->max_gap, 6 * CHURN__DAY);
    assert_int_equal(t->cooldown, 7 * CHURN__DAY);
    assert_int_equal(t->refire, CHURN__REFIRE_AFTER_CLEAR);
    assert_int_equal(t->renotify, 0);
    assert_false(t->on_unknown.given);
    assert_int_equal(t->unknown_after, 3 * CHURN__DAY);
    assert_int_equal(t->expire_unknown_after, 30 * CHURN__DAY);
    assert_int_equal(t->severity, CHURN__SEVERITY_MEDIUM);
    assert_false(t->initial_arm);
    assert_int_equal(t->population, CHURN__POPULATION_ACTIVE);
    assert_true(t->budget_fraction == 0.10);
    assert_int_equal(t->budget_max, 0);
    assert_int_equal(t->budget_min_customers, 50);
    assert_int_equal(t->play, UINT32_MAX);
    churn_playbook_free(pb);
}

static void playbook_parse__trigger__as_declared(void **state)
{
    (void)state;
    churn_playbook *pb = compile_good(
        HEAD
        "triggers:\n- {id: t, when: 'customer.age_days > params.n && params.yes && params.s == "
        "\"7\"', params: {n: 3, yes: true, s: '7'},\n   clear_when: 'customer.age_days < 2', "
        "for: 2d, min_evals: 2, max_gap: 5d, clear_for: 1d, cooldown: 0d,\n   refire: every:30d, "
        "renotify: 7d, on_unknown: {never: resolve, otherwise: reset}, unknown_after: 1d,\n   "
        "expire_unknown_after: 9d, grace: 14d, severity: critical, initial: arm, population: all,"
        "\n   play: p, fire_budget: {max_new: 200, max_fraction: 0.05, min_customers: 9, action: "
        "warn}}\n- {id: u, when: 'true', on_unknown: resolve, refire: never}\n"
        "plays: [{id: q, steps: [{tag: x}]}, {id: p, steps: [{tag: x}]}]\n");
    const churn__trigger_def *t = &pb->triggers[0];
    assert_non_null(t->clear_when);
    assert_int_equal(t->hold, 2 * CHURN__DAY);
    assert_int_equal(t->min_evals, 2);
    assert_int_equal(t->max_gap, 5 * CHURN__DAY);
    assert_int_equal(t->clear_for, CHURN__DAY);
    assert_int_equal(t->cooldown, 0);
    assert_int_equal(t->refire, CHURN__REFIRE_EVERY);
    assert_int_equal(t->refire_every, 30 * CHURN__DAY);
    assert_int_equal(t->renotify, 7 * CHURN__DAY);
    assert_true(t->on_unknown.given);
    assert_int_equal(t->on_unknown.never, CHURN__UNKNOWN_RESOLVE);
    assert_int_equal(t->on_unknown.empty, CHURN__UNKNOWN_RESET);
    assert_int_equal(t->on_unknown.expired, CHURN__UNKNOWN_RESET);
    assert_int_equal(t->on_unknown.otherwise, CHURN__UNKNOWN_RESET);
    assert_int_equal(t->unknown_after, CHURN__DAY);
    assert_int_equal(t->expire_unknown_after, 9 * CHURN__DAY);
    assert_int_equal(t->grace, 14 * CHURN__DAY);
    assert_int_equal(t->severity, CHURN__SEVERITY_CRITICAL);
    assert_true(t->initial_arm);
    assert_int_equal(t->population, CHURN__POPULATION_ALL);
    assert_int_equal(t->play, 1);
    assert_int_equal(t->budget_max, 200);
    assert_true(t->budget_fraction == 0.05);
    assert_int_equal(t->budget_min_customers, 9);
    assert_int_equal(pb->triggers[1].on_unknown.never, CHURN__UNKNOWN_RESOLVE);
    assert_int_equal(pb->triggers[1].refire, CHURN__REFIRE_NEVER);
    churn_playbook_free(pb);
}

static uint64_t hash_of_rule(const char *rule)
{
    char text[512];
    snprintf(text, sizeof text, HEAD "triggers: [{id: t, %s}]\n", rule);
    churn_playbook *pb = compile_good(text);
    uint64_t hash = pb->triggers[0].rule_hash;
    churn_playbook_free(pb);
    return hash;
}

static void playbook_parse__rule_hash__of_condition_and_constants(void **state)
{
    (void)state;
    uint64_t plain = hash_of_rule("when: 'customer.age_days > params.n', params: {n: 3}");
    assert_true(plain ==
                hash_of_rule("params: {n: 3}, when: 'customer.age_days > params.n', for: 3d"));
    assert_true(plain != hash_of_rule("when: 'customer.age_days > params.n', params: {n: 4}"));
    assert_true(plain != hash_of_rule("when: 'customer.age_days >= params.n', params: {n: 3}"));
}

static void playbook_parse__plays__as_declared(void **state)
{
    (void)state;
    churn_playbook *pb = compile_good(
        HEAD "roles: {lead: {people: [eva]}}\ntriggers: [{id: t, when: 'true', play: p}]\nplays:\n"
             "- id: p\n  on_resolve: undo\n  steps:\n"
             "  - {id: call, task: {title: 'Call {{customer.name}} now', owner: lead, due: 2bd}}\n"
             "  - {notify: {to: lead}}\n  - {tag: at_risk}\n  - {set_status: at_risk}\n"
             "  - {task: {title: Same}}\n  - {id: other, task: {title: Same}}\n");
    const churn__play_def *p = &pb->plays[0];
    assert_int_equal(p->on_resolve, CHURN__ON_RESOLVE_UNDO);
    assert_int_equal(p->step_count, 6);
    const churn__step_def *s = p->steps;
    assert_string_equal(s[0].id.ptr, "call");
    assert_int_equal(s[0].kind, CHURN__STEP_TASK);
    uint32_t slots = 0;
    assert_non_null(churn__template_slots(s[0].title, &slots));
    assert_int_equal(slots, 1);
    assert_int_equal(s[0].role, 0);
    assert_true(s[0].has_due);
    assert_int_equal(s[0].due.amount, 2);
    assert_int_equal(s[0].due.unit, CHURN__UNIT_BD);
    assert_int_equal(s[1].kind, CHURN__STEP_NOTIFY);
    assert_null(s[1].title);
    assert_null(s[1].id.ptr);
    assert_int_equal(s[2].kind, CHURN__STEP_TAG);
    assert_string_equal(s[2].value.ptr, "at_risk");
    assert_int_equal(s[3].kind, CHURN__STEP_SET_STATUS);
    assert_int_equal(s[4].role, UINT32_MAX);
    assert_false(s[4].has_due);
    assert_true(s[4].content_hash == s[5].content_hash); /* the id is no content */
    assert_true(s[2].content_hash != s[3].content_hash);
    churn_playbook_free(pb);
}

/* ---- tests of the playbook ---- */

static const char *field(const churn__test_record *record, const char *name)
{
    for (uint32_t i = 0; i < record->field_count; i++) {
        if (strcmp(record->fields[i].field.ptr, name) == 0) {
            return record->fields[i].text.ptr;
        }
    }
    return NULL;
}

static void playbook_parse__properties__as_declared(void **state)
{
    (void)state;
    churn_playbook *pb = compile_good(
        HEAD "properties: {platform: string, rowCount: number, 'a.b': timestamp, ok: bool}\n"
             "tests:\n- given: {events: [{type: login, at: 2026-02-01, props: {platform: '7',\n"
             "    rowCount: 3, a.b: 2026-01-01, ok: true, other: 1, none: null}}]}\n"
             "  as_of: 2026-02-20\n  expect: {customer.churned: false}\n");
    assert_int_equal(pb->property_count, 4);
    static const struct {
        const char *name;
        churn__type type;
    } wanted[] = {{"platform", CHURN__TYPE_STRING},
                  {"rowCount", CHURN__TYPE_DOUBLE},
                  {"a.b", CHURN__TYPE_TIME},
                  {"ok", CHURN__TYPE_BOOL}};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(pb->properties[i].name.ptr, wanted[i].name);
        assert_int_equal(pb->properties[i].type, wanted[i].type);
    }
    const churn__test_record *event = &pb->tests[0].given[1];
    assert_string_equal(field(event, "props.platform"), "7");
    assert_string_equal(field(event, "props.a.b"), "2026-01-01");
    assert_null(field(event, "props.none"));
    for (uint32_t i = 0; i < event->field_count;
         i++) { /* a text is one though it looks otherwise */
        bool text = strcmp(event->fields[i].field.ptr, "props.platform") == 0;
        assert_int_equal(event->is_text[i], text);
    }
    uint64_t passed = 0, failed = 0;
    assert_ok(churn_playbook_test(pb, &passed, &failed, NULL, NULL));
    assert_int_equal(passed, 1);
    churn_playbook_free(pb);
}

static void playbook_parse__tests__as_declared(void **state)
{
    (void)state;
    churn_playbook *pb = compile_good(
        HEAD
        "currency: EUR\nattributes: {seats: number, plan: string}\n"
        "sources: {app: {events: [login]}}\ntests:\n"
        "- name: first\n  given:\n    customer: {since: 2026-01-01, seats: 3}\n"
        "    events: [{type: login, at: 2026-01-02}, {type: login, at: 2026-01-03, user: ann}]\n"
        "    invoices: [{issued_at: 2026-01-01, due_at: 2026-01-02, amount: 5}]\n"
        "    attributes: [{name: plan, value: null, valid_from: 2026-01-05}]\n"
        "    stale: [app]\n  as_of: 2026-02-01\n"
        "  expect: {customer.age_days: {value: 31, within: 0.5}, customer.plan: null,\n"
        "    customer.churned: false, customer.id: customer, as_of: 2026-02-01}\n"
        "- {given: {}, advance: {from: 2026-01-01, to: 2026-01-05}, expect: {status: '3'}}\n");
    const churn__test_def *t = pb->tests;
    assert_int_equal(pb->test_count, 2);
    assert_string_equal(t[0].name.ptr, "first");
    assert_string_equal(t[1].name.ptr, "test 2");
    assert_int_equal(t[0].given_count, 5);
    assert_int_equal(t[0].given[0].kind, CHURN_RECORD_CUSTOMER);
    assert_string_equal(field(&t[0].given[0], "id"), "customer");
    assert_string_equal(field(&t[0].given[0], "seats"), "3");
    assert_int_equal(t[0].given[1].kind, CHURN_RECORD_ATTRIBUTE);
    assert_null(field(&t[0].given[1], "value"));
    assert_string_equal(field(&t[0].given[3], "user"), "ann");
    assert_string_equal(field(&t[0].given[3], "customer"), "customer");
    assert_string_equal(field(&t[0].given[4], "currency"), "EUR");
    assert_string_equal(field(&t[0].given[4], "id"), "invoice-1");
    assert_int_equal(t[0].stale_count, 1);
    assert_false(t[0].is_advance);
    assert_int_equal(t[0].as_of, INT64_C(1769904000000000));
    assert_true(t[0].expect[0].tolerance == 0.5 && t[0].expect[0].claims[0].values[0].as.d == 31);
    assert_int_equal(t[0].expect[1].claims[0].relation, CHURN__TEST_MISSING);
    assert_int_equal(t[0].expect[2].claims[0].values[0].type, CHURN__TYPE_BOOL);
    assert_int_equal(t[0].expect[2].claims[0].values[0].as.b, 0);
    assert_string_equal(t[0].expect[3].claims[0].values[0].as.s.ptr, "customer");
    assert_int_equal(t[0].expect[4].claims[0].values[0].as.t, t[0].as_of);
    assert_true(t[1].is_advance);
    assert_int_equal(t[1].given_count, 1);
    assert_int_equal(t[1].every, CHURN__DAY);
    assert_int_equal(t[1].as_of - t[1].from, 4 * CHURN__DAY);
    assert_string_equal(t[1].expect[0].claims[0].values[0].as.s.ptr, "3");
    churn_playbook_free(pb);
}

/* ---- meaning, memory, other ways in ---- */

static uint64_t hash_of(const char *text)
{
    churn_playbook *pb = compile_good(text);
    uint64_t hash = churn_playbook_hash(pb);
    churn_playbook_free(pb);
    return hash;
}

static void playbook_hash__layout_and_tests__mean_nothing(void **state)
{
    (void)state;
    uint64_t plain = hash_of(HEAD "kpi: {preset: chartmogul}\nloss: {any: [record]}\n");
    assert_true(plain != 0);
    assert_true(plain ==
                hash_of("# a comment\n\nloss:\n  any:\n  - 'record'\nname: \"good\"\nchurn: 1 "
                        "# one\nkpi:\n    preset: chartmogul\n"));
    assert_true(plain == hash_of("{\"churn\": 1, \"name\": \"good\", \"kpi\": {\"preset\": "
                                 "\"chartmogul\"}, \"loss\": {\"any\": [\"record\"]}}"));
    assert_true(plain == hash_of(HEAD
                                 "kpi: {preset: chartmogul}\nloss: {any: [record]}\ntests: "
                                 "[{given: {}, as_of: 2026-01-01, expect: {status: null}}]\n"));
    assert_true(plain != hash_of(HEAD "kpi: {preset: chartmogul}\nloss: {any: [subscription]}\n"));
    assert_true(plain != hash_of("churn: 1\nname: other\nkpi: {preset: chartmogul}\nloss: {any: "
                                 "[record]}\n"));
    assert_int_equal(churn_playbook_hash(NULL), 0);
}

static void playbook_open__sample__no_findings(void **state)
{
    (void)state;
    char path[1024];
    churn_playbook *pb = NULL;
    churn_table *diagnostics = NULL, *contents = NULL;
    source_path(path, sizeof path, "examples/playbooks/saas.yaml");
    assert_ok(churn_playbook_open(path, NULL, &pb, &diagnostics, NULL));
    assert_null(diagnostics);
    assert_ok(churn_playbook_contents(pb, &contents, NULL));
    uint64_t rows = churn_table_row_count(contents), bands = 0;
    assert_int_equal(rows, pb->attribute_count + pb->source_count + pb->role_count +
                               pb->metric_count + pb->segment_count + pb->score_count + 3 +
                               pb->trigger_count + pb->play_count + pb->test_count);
    for (uint64_t i = 0; i < rows; i++) {
        if (strcmp(cell_text(contents, i, "sort"), "band") == 0) {
            assert_string_equal(cell_text(contents, i, "parent"), "health");
            bands++;
        }
    }
    assert_int_equal(bands, 3);
    churn_playbook_free(pb);
    assert_string_equal(cell_text(contents, 0, "id"), "name"); /* the table outlives the playbook */
    churn_table_free(contents);
}

static void playbook_parse__warnings__on_success(void **state)
{
    (void)state;
    compiled c = compile_with(
        HEAD
        "sources: {app: {events: [login]}}\nmetrics: [{id: a, agg: count, event: export, "
        "window: 7d}]\nscores: [{id: h, groups: [{id: g, factors: [{metric: a, weight: 0, curve: "
        "[[0, 0], [9, 100]]}, {metric: a, id: b, curve: [[0, 0], [9, 100]]}]}], "
        "bands: {green: 70}}]\n"
        "plays: [{id: p, steps: [{tag: a}]}]\n",
        CHURN_NTS, NULL);
    static const char *const codes[] = {"CH0902", "CH0904", "CH0901", "CH0903"};
    assert_int_equal(c.status, CHURN_OK);
    assert_int_equal(churn_table_row_count(c.diagnostics), 4);
    for (uint64_t i = 0; i < 4; i++) {
        assert_string_equal(cell_text(c.diagnostics, i, "severity"), "warning");
        assert_string_equal(cell_text(c.diagnostics, i, "code"), codes[i]);
    }
    compiled_free(&c);
}

static void playbook_open__no_file__io(void **state)
{
    (void)state;
    churn_playbook *pb = NULL;
    churn_error err = {.struct_size = sizeof err};
    assert_int_equal(churn_playbook_open("no/such/file.yaml", NULL, &pb, NULL, &err), CHURN_E_IO);
    assert_non_null(strstr(err.message, "no/such/file.yaml"));
    assert_null(pb);
}

static void playbook_calls__wrong_arguments__refused(void **state)
{
    (void)state;
    churn_playbook *pb = NULL;
    churn_table *table = NULL;
    churn_time at = 0;
    char text[8];
    churn_playbook_options options = {.struct_size = sizeof options, .flags = 4};
    assert_int_equal(churn_playbook_parse(NULL, 0, NULL, &pb, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_playbook_parse("", 0, NULL, NULL, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_playbook_open(NULL, NULL, &pb, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_playbook_parse(HEAD, CHURN_NTS, &options, &pb, NULL, NULL), CHURN_E_ARG);
    options.struct_size = 1;
    assert_int_equal(churn_playbook_parse(HEAD, CHURN_NTS, &options, &pb, NULL, NULL), CHURN_E_ABI);
    assert_int_equal(churn_playbook_contents(NULL, &table, NULL), CHURN_E_ARG);
    assert_int_equal(churn_playbook_time(NULL, "2026-01-01", CHURN_NTS, &at, NULL), CHURN_E_ARG);
    assert_int_equal(churn_playbook_time_text(NULL, 0, text, sizeof text, NULL, NULL), CHURN_E_ARG);
    assert_null(churn_playbook_name(NULL).ptr);
    assert_int_equal(churn_playbook_interval(NULL), 0);
    assert_int_equal(churn_playbook_memory(NULL), 0);
    churn_playbook_free(NULL);
}

static void playbook_time__both_ways__in_its_zone(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        churn_time at;
        const char *back;
    } cases[] = {
        {"2026-02-01", INT64_C(1769900400000000), "2026-02-01"},
        {"2026-07-01", INT64_C(1782856800000000), "2026-07-01"},
        {"2026-02-01T09:30:00", INT64_C(1769934600000000), "2026-02-01T09:30:00+01:00"},
        {"2026-07-01T09:30:00Z", INT64_C(1782898200000000), "2026-07-01T11:30:00+02:00"},
        {"2026-02-01T09:30:00.25+00:00", INT64_C(1769938200250000),
         "2026-02-01T10:30:00.250000+01:00"},
    };
    churn_playbook *pb = compile_good(HEAD "time_zone: Europe/Budapest\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        churn_time at = 0;
        char text[64];
        size_t needed = 0;
        assert_ok(churn_playbook_time(pb, cases[i].text, CHURN_NTS, &at, NULL));
        assert_int_equal(at, cases[i].at);
        assert_ok(churn_playbook_time_text(pb, at, text, sizeof text, &needed, NULL));
        assert_string_equal(text, cases[i].back);
        assert_int_equal(needed, strlen(text) + 1);
        assert_int_equal(churn_playbook_time_text(pb, at, text, needed - 1, NULL, NULL),
                         CHURN_E_RANGE);
    }
    churn_time at = 0;
    assert_int_equal(churn_playbook_time(pb, "soon", CHURN_NTS, &at, NULL), CHURN_E_PARSE);
    assert_int_equal(churn_playbook_time(pb, "2026-02-30", CHURN_NTS, &at, NULL), CHURN_E_RANGE);
    assert_int_equal(churn_playbook_time_text(pb, CHURN_TIME_NONE, NULL, 0, NULL, NULL),
                     CHURN_E_RANGE);
    churn_playbook_free(pb);
}

/* Without memory at any point: nothing is leaked and nothing is given. */
static void playbook_parse__no_memory__says_so_and_leaks_nothing(void **state)
{
    (void)state;
    static const char text[] = HEAD
        "attributes: {seats: number}\nsources: {app: {events: [login]}}\n"
        "roles: {lead: {people: [eva]}}\nmetrics: [{id: a, agg: count, event: login, window: 7d}, "
        "{id: b, ratio: {num: a, den: customer.seats}}]\nsegments: [{id: s, when: 'metric.a > 3'}]\n"
        "scores: [{id: h, groups: [{id: g, factors: [{metric: a, curve: [[0, 0], [9, 100]]}]}], caps: [{id: "
        "c, when: segment.s, at_most: 9}], bands: {red: 0}}]\n"
        "triggers: [{id: t, when: 'h.score < params.n', params: {n: 3}, play: p}]\n"
        "plays: [{id: p, steps: [{task: {title: 'Call {{customer.name}}', owner: lead}}]}, "
        "{id: q, steps: [{tag: \"\\uD83D\\uDE00\"}]}]\n"
        "tests: [{given: {events: [{type: login, at: 2026-01-01}]}, as_of: 2026-01-02, expect: "
        "{metric.a: 1}}]\n";
    bool finished = false;
    int64_t live = churn_live_handles();
    for (uint64_t n = 1; !finished; n++) {
        for (int for_ever = 0; for_ever < 2; for_ever++) {
            failing f = {.fail_at = n, .for_ever = for_ever == 1};
            churn_allocator allocator = failing_allocator(&f);
            churn_playbook_options options = {.struct_size = sizeof options,
                                              .allocator = &allocator};
            compiled c = compile_with(text, CHURN_NTS, &options);
            finished = f.requests < n;
            assert_int_equal(c.status, finished ? CHURN_OK : CHURN_E_NOMEM);
            compiled_free(&c);
            assert_int_equal(f.blocks, 0);
            assert_false(f.mismatch);
            assert_int_equal(churn_live_handles(), live);
        }
    }
}

static void playbook_parse__memory_limit__refused(void **state)
{
    (void)state;
    churn_limits limits = {.struct_size = sizeof limits, .memory_bytes = 2000};
    churn_playbook_options options = {.struct_size = sizeof options, .limits = &limits};
    compiled c = compile_with(HEAD, CHURN_NTS, &options);
    assert_int_equal(c.status, CHURN_E_LIMIT);
    compiled_free(&c);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(playbook_slots__every_name__found_again),
        cmocka_unit_test(playbook_parse__header__defaults_and_values),
        cmocka_unit_test(playbook_parse__kpi__preset_and_switches),
        cmocka_unit_test(playbook_parse__sources__as_declared),
        cmocka_unit_test(playbook_parse__calendar_and_roles__as_declared),
        cmocka_unit_test(playbook_parse__metrics__as_declared),
        cmocka_unit_test(playbook_parse__metrics_of_records__as_declared),
        cmocka_unit_test(playbook_parse__scores__as_declared),
        cmocka_unit_test(playbook_parse__trigger__defaults),
        cmocka_unit_test(playbook_parse__trigger__as_declared),
        cmocka_unit_test(playbook_parse__rule_hash__of_condition_and_constants),
        cmocka_unit_test(playbook_parse__plays__as_declared),
        cmocka_unit_test(playbook_parse__properties__as_declared),
        cmocka_unit_test(playbook_parse__tests__as_declared),
        cmocka_unit_test(playbook_hash__layout_and_tests__mean_nothing),
        cmocka_unit_test(playbook_open__sample__no_findings),
        cmocka_unit_test(playbook_parse__warnings__on_success),
        cmocka_unit_test(playbook_open__no_file__io),
        cmocka_unit_test(playbook_calls__wrong_arguments__refused),
        cmocka_unit_test(playbook_time__both_ways__in_its_zone),
        cmocka_unit_test(playbook_parse__no_memory__says_so_and_leaks_nothing),
        cmocka_unit_test(playbook_parse__memory_limit__refused),
    };
    return RUN_TESTS(group);
}
