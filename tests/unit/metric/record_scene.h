/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_METRIC_RECORD_SCENE_H
#define CHURN_TESTS_METRIC_RECORD_SCENE_H

#include "metric_world.h"

/* Random records of every kind and random metrics over them: learned late, corrected, on a coarse
 * grid of instants so that ties and the ends of windows are hit often. Amounts are such that
 * monthly money and conversions are whole, so that a twin needs no rounding. */

#define CUSTOMERS 3
#define FACTS 220
#define DEFS 40
#define EUR_RATE 2.5

static uint64_t seed = 7;

static uint32_t roll(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

/* A row as it was told: instants and words by number, as the kind below says. */
typedef struct fact {
    churn_record_kind kind;
    uint32_t id, customer;
    churn_time known;
    churn_time at[5];
    int word[2]; /* -1: not given */
    int user;    /* the same */
    double number;
    int64_t amount, seats;
    bool eur, yearly, active;
    int status;
} fact;

static const char *const names[] = {"w0", "w1", "w2"};
static const char *const users[] = {"u0", "u1", "u2"};
static const char *const customers[] = {"c0", "c1", "c2"};
static const char *const statuses[] = {"trial",    "active", "paused",
                                       "past_due", "unpaid", "cancelled"};
static const char *const kinds[] = {"nps", "csat", "ces"};

typedef struct scene {
    world *w;
    fact facts[FACTS];
    uint32_t count;
    churn_time since[CUSTOMERS];
    churn__metric_def defs[DEFS];
    churn_str words[DEFS][2][3];
    uint8_t wanted[DEFS][2]; /* bit a word; 0: all */
} scene;

/* ---- making ---- */

static churn_time instant(void)
{
    return D(0) + HOURS(12) * roll(200) + (roll(6) == 0 ? (int64_t)roll(3) - 1 : 0);
}

static churn_time maybe_after(churn_time at, uint32_t hours)
{
    return roll(3) == 0 ? CHURN_TIME_NONE : at + HOURS(12) * roll(hours / 12);
}

static int maybe_word(void)
{
    return roll(5) == 0 ? -1 : (int)roll(3);
}

static void vary(fact *f)
{
    for (int i = 1; i < 5; i++) {
        f->at[i] = maybe_after(f->at[0], i == 3 ? 600 : 360);
    }
    if (f->at[3] != CHURN_TIME_NONE && f->kind == CHURN_RECORD_TICKET &&
        (f->at[2] == CHURN_TIME_NONE || f->at[3] < f->at[2])) {
        f->at[3] = CHURN_TIME_NONE; /* nothing is opened again before it is closed */
    }
    f->word[0] = maybe_word();
    f->word[1] = maybe_word();
    f->user = maybe_word();
    f->number = roll(11);
    f->amount = 1200 * (int64_t)roll(9);
    f->seats = roll(4) == 0 ? CHURN_INT_NONE : (int64_t)roll(20);
    f->eur = roll(4) == 0;
    f->yearly = roll(3) == 0;
    f->active = roll(3) != 0;
    f->status = roll(3) == 0 ? (int)roll(6) : 1;
}

static fact some_fact(uint32_t id)
{
    static const churn_record_kind all[] = {
        CHURN_RECORD_TICKET,     CHURN_RECORD_SURVEY,  CHURN_RECORD_SUBSCRIPTION,
        CHURN_RECORD_INVOICE,    CHURN_RECORD_CONTACT, CHURN_RECORD_MILESTONE,
        CHURN_RECORD_TOUCHPOINT, CHURN_RECORD_TICKET,  CHURN_RECORD_SUBSCRIPTION};
    fact f = {.kind = all[roll(9)], .id = id, .customer = roll(CUSTOMERS), .at = {instant()}};
    f.known = roll(3) == 0 ? f.at[0] + HOURS(12) * roll(60) : f.at[0];
    vary(&f);
    return f;
}

static bool has_states(const fact *f)
{
    return f->kind == CHURN_RECORD_SUBSCRIPTION || f->kind == CHURN_RECORD_CONTACT;
}

/* Corrections come in the order in which they are learned. */
static bool comes_too_late(const scene *s, const fact *f)
{
    for (uint32_t i = 0; i < s->count; i++) {
        const fact *o = &s->facts[i];
        if (o->kind == f->kind && o->id == f->id && o->known >= f->known &&
            (!has_states(f) || o->at[0] == f->at[0])) {
            return true;
        }
    }
    return false;
}

/* A correction of what was told, or of a state's successor. */
static fact next_of(const fact *old)
{
    fact f = *old;
    vary(&f);
    f.known = old->known + HOURS(12) * (1 + roll(40));
    if (has_states(old) && roll(2)) {
        f.at[0] = old->at[0] + HOURS(12) * (1 + roll(60));
        f.known = f.at[0];
        for (int i = 1; i < 5; i++) {
            f.at[i] = maybe_after(f.at[0], 360);
        }
    }
    return f;
}

static churn_str name_of(int word)
{
    return word < 0 ? (churn_str){NULL, 0} : churn__str_nts(names[word]);
}

static churn_str user_of(int user)
{
    return user < 0 ? (churn_str){NULL, 0} : churn__str_nts(users[user]);
}

#define BEGIN(type, kind)                                \
    type r;                                              \
    char id[16];                                         \
    churn_record_init(kind, &r, sizeof r);               \
    snprintf(id, sizeof id, "r%03u", f->id);             \
    r.customer = churn__str_nts(customers[f->customer]); \
    r.known_at = f->known

static void add_ticket(world *w, const fact *f)
{
    BEGIN(churn_ticket, CHURN_RECORD_TICKET);
    r.id = churn__str_nts(id);
    r.opened_at = f->at[0];
    r.first_response_at = f->at[1];
    r.closed_at = f->at[2];
    r.reopened_at = f->at[3];
    r.priority = name_of(f->word[0]);
    r.category = name_of(f->word[1]);
    r.user = user_of(f->user);
    r.csat = f->number;
    WORLD_OK(churn_store_add_ticket(w->store, &r, &world_err));
}

static void add_survey(world *w, const fact *f)
{
    BEGIN(churn_survey, CHURN_RECORD_SURVEY);
    r.id = churn__str_nts(id);
    r.kind = churn__str_nts(kinds[f->word[1] < 0 ? 0 : f->word[1]]);
    r.at = f->at[0];
    r.score = f->number;
    r.moment = name_of(f->word[0]);
    WORLD_OK(churn_store_add_survey(w->store, &r, &world_err));
}

static void add_subscription(world *w, const fact *f)
{
    BEGIN(churn_subscription, CHURN_RECORD_SUBSCRIPTION);
    r.id = churn__str_nts(id);
    r.valid_from = f->at[0];
    r.renews_at = f->at[1];
    r.trial_ends_at = f->at[2];
    r.ended_at = f->at[3];
    r.cancel_requested_at = f->at[4];
    r.status = churn__str_nts(statuses[f->status]);
    r.plan = name_of(f->word[0]);
    r.amount = f->amount;
    r.currency = f->eur ? CHURN__STR("EUR") : CHURN__STR("USD");
    r.period = f->yearly ? CHURN__STR("year") : CHURN__STR("month");
    r.seats = f->seats;
    WORLD_OK(churn_store_add_subscription(w->store, &r, &world_err));
}

static void add_invoice(world *w, const fact *f)
{
    BEGIN(churn_invoice, CHURN_RECORD_INVOICE);
    r.id = churn__str_nts(id);
    r.issued_at = f->at[0];
    r.due_at = f->at[0] + DAYS((int64_t)f->number);
    r.paid_at = f->at[1];
    r.failed_at = f->at[2];
    r.refunded_at = f->at[3];
    r.amount = f->amount;
    r.refunded = f->amount / 2;
    r.currency = f->eur ? CHURN__STR("EUR") : CHURN__STR("USD");
    WORLD_OK(churn_store_add_invoice(w->store, &r, &world_err));
}

static void add_contact(world *w, const fact *f)
{
    BEGIN(churn_contact, CHURN_RECORD_CONTACT);
    r.id = churn__str_nts(id);
    r.valid_from = f->at[0];
    r.role = name_of(f->word[0]);
    r.active = f->active;
    WORLD_OK(churn_store_add_contact(w->store, &r, &world_err));
}

static void add_milestone(world *w, const fact *f)
{
    BEGIN(churn_milestone, CHURN_RECORD_MILESTONE);
    r.name = name_of(f->word[0] < 0 ? 0 : f->word[0]);
    r.reached_at = f->at[0];
    WORLD_OK(churn_store_add_milestone(w->store, &r, &world_err));
}

static void add_touchpoint(world *w, const fact *f)
{
    BEGIN(churn_touchpoint, CHURN_RECORD_TOUCHPOINT);
    r.id = churn__str_nts(id);
    r.at = f->at[0];
    r.channel = name_of(f->word[0] < 0 ? 0 : f->word[0]);
    r.replied_at = f->at[1];
    WORLD_OK(churn_store_add_touchpoint(w->store, &r, &world_err));
}

static void add_fact(world *w, const fact *f)
{
    switch (f->kind) {
    case CHURN_RECORD_TICKET:
        add_ticket(w, f);
        return;
    case CHURN_RECORD_SURVEY:
        add_survey(w, f);
        return;
    case CHURN_RECORD_SUBSCRIPTION:
        add_subscription(w, f);
        return;
    case CHURN_RECORD_INVOICE:
        add_invoice(w, f);
        return;
    case CHURN_RECORD_CONTACT:
        add_contact(w, f);
        return;
    case CHURN_RECORD_MILESTONE:
        add_milestone(w, f);
        return;
    default:
        add_touchpoint(w, f);
    }
}

static void add_rate(world *w)
{
    churn_rate r;
    churn_record_init(CHURN_RECORD_RATE, &r, sizeof r);
    r.currency = CHURN__STR("EUR");
    r.at = D(0);
    r.rate = EUR_RATE;
    WORLD_OK(churn_store_add_rate(w->store, &r, &world_err));
}

static void make_facts(scene *s)
{
    uint32_t ids = 0, wanted = 20 + roll(FACTS - 20);
    while (s->count < wanted) {
        const fact *old = s->count == 0 ? NULL : &s->facts[roll(s->count)];
        bool again = old != NULL && roll(3) == 0 && old->kind != CHURN_RECORD_MILESTONE;
        fact f = again ? next_of(old) : some_fact(ids);
        if (comes_too_late(s, &f)) {
            continue;
        }
        ids += !again;
        s->facts[s->count++] = f;
        add_fact(s->w, &f);
    }
}

typedef struct sort {
    churn__metric_kind kind;
    churn__metric_what what;
    bool window, words;
    churn__type type;
} sort;

static const sort sorts[] = {
    {CHURN__METRIC_TICKET, CHURN__TICKET_OPEN_COUNT, false, true, 0},
    {CHURN__METRIC_TICKET, CHURN__TICKET_OLDEST_OPEN_DAYS, false, true, 0},
    {CHURN__METRIC_TICKET, CHURN__TICKET_UNANSWERED_COUNT, false, true, 0},
    {CHURN__METRIC_TICKET, CHURN__TICKET_OPENED_COUNT, true, true, 0},
    {CHURN__METRIC_TICKET, CHURN__TICKET_CLOSED_COUNT, true, true, 0},
    {CHURN__METRIC_TICKET, CHURN__TICKET_REOPENED_COUNT, true, true, 0},
    {CHURN__METRIC_TICKET, CHURN__TICKET_FIRST_RESPONSE_HOURS, true, true, 0},
    {CHURN__METRIC_TICKET, CHURN__TICKET_RESOLUTION_HOURS, true, true, 0},
    {CHURN__METRIC_TICKET, CHURN__TICKET_CSAT, true, true, 0},
    {CHURN__METRIC_TICKET, CHURN__TICKET_SLA_BREACH_SHARE, true, true, 0},
    {CHURN__METRIC_SURVEY, CHURN__SURVEY_LAST, false, true, 0},
    {CHURN__METRIC_SURVEY, CHURN__SURVEY_PREVIOUS, false, true, 0},
    {CHURN__METRIC_SURVEY, CHURN__SURVEY_CHANGE, false, true, 0},
    {CHURN__METRIC_SURVEY, CHURN__SURVEY_DAYS_SINCE, false, true, 0},
    {CHURN__METRIC_SURVEY, CHURN__SURVEY_COUNT, true, true, 0},
    {CHURN__METRIC_SURVEY, CHURN__SURVEY_MEAN, true, true, 0},
    {CHURN__METRIC_SUBSCRIPTION, CHURN__SUBSCRIPTION_MRR, false, false, 0},
    {CHURN__METRIC_SUBSCRIPTION, CHURN__SUBSCRIPTION_SEATS, false, false, 0},
    {CHURN__METRIC_SUBSCRIPTION, CHURN__SUBSCRIPTION_ACTIVE, false, false, CHURN__TYPE_BOOL},
    {CHURN__METRIC_SUBSCRIPTION, CHURN__SUBSCRIPTION_CANCEL_REQUESTED, false, false,
     CHURN__TYPE_BOOL},
    {CHURN__METRIC_SUBSCRIPTION, CHURN__SUBSCRIPTION_PLAN, false, false, CHURN__TYPE_STRING},
    {CHURN__METRIC_SUBSCRIPTION, CHURN__SUBSCRIPTION_RENEWS_AT, false, false, CHURN__TYPE_TIME},
    {CHURN__METRIC_SUBSCRIPTION, CHURN__SUBSCRIPTION_DOWNGRADES, true, false, 0},
    {CHURN__METRIC_SUBSCRIPTION, CHURN__SUBSCRIPTION_EXPANSION_AMOUNT, true, false, 0},
    {CHURN__METRIC_SUBSCRIPTION, CHURN__SUBSCRIPTION_CONTRACTION_AMOUNT, true, false, 0},
    {CHURN__METRIC_INVOICE, CHURN__INVOICE_FAILED_COUNT, true, false, 0},
    {CHURN__METRIC_INVOICE, CHURN__INVOICE_DAYS_SINCE_FAILURE, false, false, 0},
    {CHURN__METRIC_INVOICE, CHURN__INVOICE_OVERDUE_DAYS, false, false, 0},
    {CHURN__METRIC_INVOICE, CHURN__INVOICE_OVERDUE_AMOUNT, false, false, 0},
    {CHURN__METRIC_INVOICE, CHURN__INVOICE_OPEN_AMOUNT, false, false, 0},
    {CHURN__METRIC_INVOICE, CHURN__INVOICE_PAID_ON_TIME_SHARE, true, false, 0},
    {CHURN__METRIC_INVOICE, CHURN__INVOICE_REFUNDED_AMOUNT, true, false, 0},
    {CHURN__METRIC_INVOICE, CHURN__INVOICE_BILLED_AMOUNT, true, false, 0},
    {CHURN__METRIC_CONTACT, CHURN__CONTACT_ACTIVE_COUNT, false, true, 0},
    {CHURN__METRIC_CONTACT, CHURN__CONTACT_DAYS_SINCE_LEFT, false, true, 0},
    {CHURN__METRIC_MILESTONE, CHURN__MILESTONE_REACHED_AT, false, true, CHURN__TYPE_TIME},
    {CHURN__METRIC_MILESTONE, CHURN__MILESTONE_DAYS_TO, false, true, 0},
    {CHURN__METRIC_TOUCHPOINT, CHURN__TOUCHPOINT_COUNT, true, true, 0},
    {CHURN__METRIC_TOUCHPOINT, CHURN__TOUCHPOINT_REPLY_RATE, true, true, 0},
    {CHURN__METRIC_TOUCHPOINT, CHURN__TOUCHPOINT_DAYS_SINCE, false, true, 0},
    {CHURN__METRIC_TOUCHPOINT, CHURN__TOUCHPOINT_UNANSWERED_IN_A_ROW, false, true, 0},
};

static bool is_count(churn__metric_what what)
{
    return what == CHURN__TICKET_OPEN_COUNT || what == CHURN__TICKET_UNANSWERED_COUNT ||
           what == CHURN__TICKET_OPENED_COUNT || what == CHURN__TICKET_CLOSED_COUNT ||
           what == CHURN__TICKET_REOPENED_COUNT;
}

static churn__span some_span(void)
{
    static const churn__span spans[] = {
        {DAYS(7), CHURN__UNIT_MICRO, false},
        {DAYS(30), CHURN__UNIT_MICRO, false},
        {HOURS(36), CHURN__UNIT_MICRO, false},
        {1, CHURN__UNIT_CMO, false},
        {2, CHURN__UNIT_CW, false},
        {1, CHURN__UNIT_CQ, false},
    };
    return spans[roll(6)];
}

static void make_filter(scene *s, uint32_t m, uint32_t which)
{
    uint32_t n = 0;
    s->wanted[m][which] = roll(2) ? 0 : (uint8_t)(1 + roll(7));
    for (uint32_t i = 0; i < 3; i++) {
        if (s->wanted[m][which] >> i & 1) {
            s->words[m][which][n++] = churn__str_nts(names[i]);
        }
    }
    s->defs[m].filters[which] = (churn__metric_filter){s->words[m][which], n};
}

static void make_metric(scene *s, uint32_t m)
{
    const sort *what = &sorts[m < sizeof sorts / sizeof sorts[0] ? m : roll(40)];
    churn__metric_def *def = &s->defs[m];
    *def = record_def(what->kind, what->what);
    def->type = what->type == 0 ? CHURN__TYPE_DOUBLE : what->type;
    def->has_window = what->window;
    def->window = what->window ? some_span() : (churn__span){0};
    def->window.to_date = what->window && def->window.unit == CHURN__UNIT_CMO && roll(2);
    def->offset = roll(2) ? (churn__span){0} : some_span();
    def->clip = roll(2);
    def->per_user = is_count(what->what) && roll(3) == 0;
    def->take = (churn__metric_take)(CHURN__TAKE_MAX + roll(def->per_user ? 3 : 4));
    def->survey_kind = (uint8_t)roll(4);
    def->max_age = roll(3) == 0 ? DAYS(10) : 0;
    def->sla = HOURS(12) * (1 + roll(10));
    def->sla_resolution = roll(2);
    def->min_period = roll(2) ? 0 : DAYS(90);
    for (uint32_t i = 0; what->words && i < (what->kind == CHURN__METRIC_TICKET ? 2 : 1); i++) {
        make_filter(s, m, i);
    }
    if (what->kind == CHURN__METRIC_SURVEY) {
        def->max_age = what->window ? 0 : def->max_age;
    }
    s->w->columns[m].type = def->type;
}

#endif
