/* SPDX-License-Identifier: MIT */
#include "kpi/engagement.h"
#include "kpi/run.h"

/*
 * How much a product is used: days, weeks and months of activity.
 *
 * Time is cut into local days, and where a period begins within a day there too. An actor is
 * whoever is counted: a user, or, of a customer none of whose events names one, the customer. The
 * days on which an actor did something, in order, say all that the figures need.
 */
#define WEEK_DAYS 7
#define MONTH_DAYS 30

enum {
    DAU,
    WAU,
    MAU,
    STICKINESS,
    DAU_CUSTOMERS,
    WAU_CUSTOMERS,
    MAU_CUSTOMERS,
    STICKINESS_CUSTOMERS,
    ACTIVE_USERS,
    ACTIVE_CUSTOMERS,
    ADOPTION,
    EVENTS,
    EVENTS_PER_CUSTOMER,
    ACTIVE_DAYS,
    FIGURES
};

#define SAME_WINDOWS \
    "Amplitude, Mixpanel: rolling windows of 7 and 30 days; others: calendar weeks and months"

static const churn__figure figures[FIGURES] = {
    [DAU] = {"dau", CHURN__UNIT_NUMBER, false, "Daily active users",
             "mean over the days of the period of the users active on each",
             "Amplitude, Daily Active Users",
             "10 users on Monday, 14 on Tuesday: (10 + 14) / 2 = 12",
             "Some count customers: dau_customers"},
    [WAU] = {"wau", CHURN__UNIT_COUNT, true, "Weekly active users",
             "distinct users active in the last 7 days of the period", "Amplitude, WAU",
             "25 users did something in the 7 days up to the period's end: 25", SAME_WINDOWS},
    [MAU] = {"mau", CHURN__UNIT_COUNT, true, "Monthly active users",
             "distinct users active in the last 30 days of the period", "Amplitude, MAU",
             "40 users did something in the 30 days up to the period's end: 40", SAME_WINDOWS},
    [STICKINESS] = {"stickiness", CHURN__UNIT_RATIO, true, "Stickiness",
                    "mean daily active users of the last 30 days / monthly active users",
                    "Mixpanel, DAU / MAU",
                    "a mean of 12 users a day among 40 in 30 days: 12 / 40 = 30 %", NULL},
    [DAU_CUSTOMERS] = {"dau_customers", CHURN__UNIT_NUMBER, false, "Daily active customers",
                       "mean over the days of the period of the customers active on each",
                       "as dau, of customers", "3 customers on Monday, 5 on Tuesday: 4", NULL},
    [WAU_CUSTOMERS] = {"wau_customers", CHURN__UNIT_COUNT, true, "Weekly active customers",
                       "customers active in the last 7 days of the period", "as wau, of customers",
                       "6 customers in the last 7 days: 6", NULL},
    [MAU_CUSTOMERS] = {"mau_customers", CHURN__UNIT_COUNT, true, "Monthly active customers",
                       "customers active in the last 30 days of the period", "as mau, of customers",
                       "8 customers in the last 30 days: 8", NULL},
    [STICKINESS_CUSTOMERS] =
        {"stickiness_customers", CHURN__UNIT_RATIO, true, "Stickiness of customers",
         "mean daily active customers of the last 30 days / monthly active customers",
         "as stickiness, of customers", "a mean of 4 a day among 8: 4 / 8 = 50 %", NULL},
    [ACTIVE_USERS] = {"active_users", CHURN__UNIT_COUNT, false, "Active users",
                      "distinct users with an event in the period", "Amplitude, Active Users",
                      "users ann and bob of acme and ann of globex: 3", NULL},
    [ACTIVE_CUSTOMERS] = {"active_customers", CHURN__UNIT_COUNT, false, "Active customers",
                          "customers with an event in the period", "Mixpanel, Uniques",
                          "acme and globex did something: 2", NULL},
    [ADOPTION] = {"adoption", CHURN__UNIT_RATIO, false, "Adoption",
                  "customers of the period who used it / customers of the period",
                  "Pendo, Feature Adoption Rate",
                  "4 of the 10 customers there were in March exported something: 40 %",
                  "Pendo counts users or accounts; here customers, by event.type one feature each"},
    [EVENTS] = {"events", CHURN__UNIT_COUNT, false, "Events", "events in the period",
                "Mixpanel, Total", "acme 7, globex 5: 12", NULL},
    [EVENTS_PER_CUSTOMER] = {"events_per_customer", CHURN__UNIT_NUMBER, false,
                             "Events per active customer", "events / active customers",
                             "fight-churn, listing 3.11 (events per account and month)",
                             "12 events of 2 customers: 6",
                             "fight-churn divides by all accounts, active or not"},
    [ACTIVE_DAYS] = {"active_days", CHURN__UNIT_NUMBER, false, "Active days per active customer",
                     "mean over active customers of the days on which each was active",
                     "Amplitude, average active days",
                     "acme on 9 days, globex on 3: (9 + 3) / 2 = 6", NULL},
};

/* What is added up by group and period. */
enum {
    SUM_EVENTS,
    SUM_ALIVE,   /* customers of the period, in the group that says nothing of events */
    SUM_ADOPTED, /* of these, with an event */
    SUM_USERS,   /* five of users, then the same of customers */
    SUM_CUSTOMERS = SUM_USERS + 5,
    SUMS = SUM_CUSTOMERS + 5
};
enum { DAYS, ACTIVE, WEEK, MONTH, MONTH_SUM };

typedef struct window {
    uint32_t from, to;    /* units of the period */
    uint32_t week, month; /* first calendar day of the trailing windows */
    uint32_t last;        /* last calendar day */
    int64_t days;         /* calendar days that the period touches */
} window;

typedef struct engagement {
    churn__kpi_sums sums;
    churn__units units;
    churn__event_pick pick;
    churn__deeds deeds;
    window *windows;
    uint32_t begun; /* periods */
    uint32_t *base; /* by group: the one of the same customers that says nothing of events */
    size_t base_capacity;
    bool by_type, by_user; /* what is asked for needs it */
    bool named;            /* of the customer whose turn it is some events name users */
} engagement;

/* ---- periods as units ---- */

static churn_status cut_time(churn__kpi_run *run, engagement *e, churn_error *err)
{
    churn_status st = CHURN_OK;
    const size_t count = (size_t)e->begun + 1;
    const churn_time first = run->periods[0].start, end = run->periods[e->begun - 1].until;
    churn_time from = first - (churn_time)MONTH_DAYS * CHURN__DAY - CHURN__DAY;
    churn_time *cuts = churn__alloc_array(run->heap, count, sizeof *cuts);
    if (cuts == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    for (uint32_t p = 0; p < e->begun; p++) {
        cuts[p] = run->periods[p].start;
    }
    cuts[count - 1] = end;
    from = from < CHURN_TIME_MIN ? CHURN_TIME_MIN : from;
    CHURN_TRY(churn__units_open(&e->units, run->heap, run->zone, CHURN__UNIT_CD, from, end, cuts,
                                count, err));
done:
    churn__free_array(run->heap, cuts, count, sizeof *cuts);
    return st;
}

static uint32_t days_back(uint32_t day, uint32_t days)
{
    return day + 1 > days ? day + 1 - days : 0;
}

static void place_window(const churn__units *units, const churn__kpi_period *period, window *out)
{
    const uint32_t last = churn__units_at(units, period->until - 1);
    out->from = churn__units_at(units, period->start);
    out->to = last + 1;
    out->last = churn__units_calendar(units, last);
    out->week = days_back(out->last, WEEK_DAYS);
    out->month = days_back(out->last, MONTH_DAYS);
    out->days = (int64_t)out->last - churn__units_calendar(units, out->from) + 1;
}

static churn_status engagement_open(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    engagement *e = state;
    const churn__event_names names = {run->settings->engagement.active_events,
                                      run->settings->engagement.active_event_count, false};
    churn__sums_init(&e->sums, run, SUMS);
    e->by_type = (run->key_bits >> CHURN__KEY_EVENT_TYPE & 1) != 0;
    e->by_user = run->asked[ACTIVE_USERS];
    for (uint32_t figure = DAU; figure <= STICKINESS; figure++) {
        e->by_user = e->by_user || run->asked[figure];
    }
    e->deeds.heap = run->heap;
    for (e->begun = 0; e->begun < run->period_count && run->periods[e->begun].begun;) {
        e->begun++;
    }
    CHURN_TRY(churn__event_pick_open(&e->pick, run->heap, run->version, &names, "kpi", err));
    if (e->begun == 0) {
        goto done;
    }
    CHURN_TRY(cut_time(run, e, err));
    e->windows = churn__arena_array(run->arena, e->begun, sizeof *e->windows);
    if (e->windows == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    for (uint32_t p = 0; p < e->begun; p++) {
        place_window(&e->units, &run->periods[p], &e->windows[p]);
    }
done:
    return st;
}

static void engagement_close(churn__kpi_run *run, void *state)
{
    engagement *e = state;
    churn__sums_free(&e->sums);
    churn__units_close(&e->units);
    churn__event_pick_close(&e->pick);
    churn__deeds_close(&e->deeds);
    churn__free_array(run->heap, e->base, e->base_capacity, sizeof *e->base);
}

/* ---- one actor ---- */

/* The first row of a unit at or after one. */
static size_t row_from(const churn__deed *rows, size_t count, uint32_t unit)
{
    size_t low = 0;
    while (low < count) {
        const size_t middle = low + (count - low) / 2;
        if (churn__deed_unit(&rows[middle]) < unit) {
            low = middle + 1;
        } else {
            count = middle;
        }
    }
    return low;
}

/* Of an actor's rows in one window: how many days they fall on, counted back to each bound. */
static void count_actor(const engagement *e, const window *w, const churn__deed *rows, size_t count,
                        int64_t out[5], int64_t *events)
{
    uint32_t day = CHURN__KPI_NONE;
    uint32_t counted = CHURN__KPI_NONE;
    memset(out, 0, 5 * sizeof *out);
    for (size_t i = row_from(rows, count, w->to); i > 0; i--) {
        const uint32_t unit = churn__deed_unit(&rows[i - 1]);
        const uint32_t today = churn__units_calendar(&e->units, unit);
        if (unit < w->from && today < w->month) {
            break;
        }
        if (today >= w->month && today != day) {
            out[MONTH] = 1;
            out[MONTH_SUM]++;
            out[WEEK] |= today >= w->week;
            day = today;
        }
        if (unit >= w->from) {
            out[ACTIVE] = 1;
            out[DAYS] += today != counted;
            counted = today;
            *events += rows[i - 1].count;
        }
    }
}

static void add_five(int64_t *to, const int64_t from[5])
{
    for (int i = 0; i < 5; i++) {
        to[i] += from[i];
    }
}

/* ---- one customer ---- */

static bool set_base(engagement *e, churn__heap *heap, uint32_t group, uint32_t base)
{
    const size_t before = e->base_capacity;
    if (group >= before && !churn__grow(heap, (void **)&e->base, &e->base_capacity,
                                        (size_t)group + 1, sizeof *e->base)) {
        return false;
    }
    for (size_t i = before; i < e->base_capacity; i++) {
        e->base[i] = CHURN__KPI_NONE;
    }
    e->base[group] = base;
    return true;
}

/* The sums of a customer's doings of one type (CHURN__NO_CODE: of all) in a period; NULL: no
 * memory. */
static int64_t *sums_of(churn__kpi_run *run, engagement *e, uint32_t period, uint32_t type)
{
    churn__kpi_keys keys = churn__kpi_no_keys;
    const uint32_t base = churn__run_group(run, period, NULL);
    uint32_t group = base;
    if (e->by_type && type != CHURN__NO_CODE) {
        keys.code[CHURN__KEY_EVENT_TYPE] = type;
        group = churn__run_group(run, period, &keys);
    }
    if (group == CHURN__KPI_NONE || base == CHURN__KPI_NONE ||
        !set_base(e, run->heap, group, base)) {
        return NULL;
    }
    return churn__sums_at(&e->sums, group, period);
}

/* Rows by user; of a customer without users all of them are of one, the customer. */
static bool add_users(churn__kpi_run *run, engagement *e, uint32_t type)
{
    const churn__deeds *deeds = &e->deeds;
    size_t end = 0;
    for (size_t i = 0; i < deeds->count; i = end) {
        const uint32_t user = churn__deed_user(&deeds->rows[i]);
        for (end = i; end < deeds->count && churn__deed_user(&deeds->rows[end]) == user;) {
            end++;
        }
        for (uint32_t p = 0; p < e->begun; p++) {
            int64_t five[5], events = 0;
            count_actor(e, &e->windows[p], &deeds->rows[i], end - i, five, &events);
            int64_t *sums = five[ACTIVE] + five[MONTH] > 0 ? sums_of(run, e, p, type) : NULL;
            if (sums == NULL && five[ACTIVE] + five[MONTH] > 0) {
                return false;
            }
            if (sums != NULL) {
                add_five(sums + SUM_USERS, five);
            }
        }
    }
    return true;
}

static bool add_customer(churn__kpi_run *run, engagement *e, uint32_t type,
                         const churn__life_span *spans, size_t span_count)
{
    for (uint32_t p = 0; p < e->begun; p++) {
        const churn__kpi_period *period = &run->periods[p];
        int64_t five[5], events = 0;
        count_actor(e, &e->windows[p], e->deeds.rows, e->deeds.count, five, &events);
        if (five[ACTIVE] + five[MONTH] == 0) {
            continue;
        }
        int64_t *sums = sums_of(run, e, p, type);
        if (sums == NULL) {
            return false;
        }
        add_five(sums + SUM_CUSTOMERS, five);
        sums[SUM_EVENTS] += events;
        sums[SUM_ADOPTED] += five[ACTIVE] > 0 &&
                             churn__lives_within(spans, span_count, period->start, period->until);
    }
    return true;
}

/* The events that were gathered, as one thing. */
static bool add_deeds(churn__kpi_run *run, engagement *e, uint32_t type,
                      const churn__life_span *spans, size_t span_count)
{
    if (!churn__deeds_settle(&e->deeds)) {
        return false;
    }
    const size_t all = e->deeds.count;
    if (e->by_user && e->named) {
        churn__deeds_named(&e->deeds);
    }
    if (e->by_user && !add_users(run, e, type)) {
        return false;
    }
    e->deeds.count = all;
    return churn__deeds_forget_users(&e->deeds) && add_customer(run, e, type, spans, span_count);
}

static bool add_lives(churn__kpi_run *run, engagement *e, const churn__life_span *spans,
                      size_t span_count)
{
    for (uint32_t p = 0; p < e->begun; p++) {
        if (!churn__lives_within(spans, span_count, run->periods[p].start, run->periods[p].until)) {
            continue;
        }
        int64_t *sums = sums_of(run, e, p, CHURN__NO_CODE);
        if (sums == NULL) {
            return false;
        }
        sums[SUM_ALIVE]++;
    }
    return true;
}

static churn_status engagement_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    engagement *e = state;
    const churn__life_span *spans = NULL;
    const uint32_t *types = NULL;
    size_t span_count = 0;
    bool fits = true;
    if (e->begun == 0) {
        goto done;
    }
    CHURN_TRY(churn__run_lives(run, &spans, &span_count, err));
    e->deeds.count = 0;
    e->named =
        e->by_user && churn__activity_names_users(run->reader, run->customer, &e->pick, run->as_of);
    const uint32_t count = churn__reader_event_types(run->reader, run->customer, &types);
    for (uint32_t i = 0; fits && i < count; i++) {
        if (!churn__event_picked(&e->pick, types[i])) {
            continue;
        }
        fits = churn__deeds_add(&e->deeds, run->reader, run->customer, types[i], &e->units,
                                run->as_of);
        if (fits && e->by_type) {
            fits = add_deeds(run, e, types[i], spans, span_count);
            e->deeds.count = 0;
        }
    }
    fits = fits && (e->by_type || add_deeds(run, e, CHURN__NO_CODE, spans, span_count));
    if (!fits || !add_lives(run, e, spans, span_count)) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
done:
    return st;
}

/* ---- cells ---- */

static void set_count(churn__kpi_cell *out, int64_t value)
{
    churn__cell_plain(out, (double)value, value);
}

static void set_mean(churn__kpi_cell *out, int64_t sum, int64_t over, int64_t n)
{
    out->has_terms = true;
    out->numerator = (double)sum;
    out->denominator = (double)over;
    out->n = n;
    out->missing = CHURN__EMPTY;
    out->defined = over > 0;
    out->value = over > 0 ? (double)sum / (double)over : 0;
}

static int64_t alive_of(const engagement *e, uint32_t group, uint32_t period)
{
    const uint32_t base = group < e->base_capacity ? e->base[group] : CHURN__KPI_NONE;
    return churn__sums_get(&e->sums, base == CHURN__KPI_NONE ? group : base, period)[SUM_ALIVE];
}

static churn_status engagement_cell(churn__kpi_run *run, void *state, uint32_t figure,
                                    uint32_t period, uint32_t group, churn__kpi_cell *out,
                                    churn_error *err)
{
    const engagement *e = state;
    const int64_t *sums = churn__sums_get(&e->sums, group, period);
    const bool users = figure <= STICKINESS;
    const int64_t *five = sums + (users ? SUM_USERS : SUM_CUSTOMERS);
    (void)err;
    if (period >= e->begun) {
        return CHURN_OK;
    }
    switch (figure) {
    case DAU:
    case DAU_CUSTOMERS:
        set_mean(out, five[DAYS], e->windows[period].days, five[ACTIVE]);
        break;
    case WAU:
    case WAU_CUSTOMERS:
        set_count(out, five[WEEK]);
        break;
    case MAU:
    case MAU_CUSTOMERS:
        set_count(out, five[MONTH]);
        break;
    case STICKINESS:
    case STICKINESS_CUSTOMERS:
        set_mean(out, five[MONTH_SUM], MONTH_DAYS * five[MONTH], five[MONTH]);
        break;
    case ACTIVE_USERS:
        set_count(out, sums[SUM_USERS + ACTIVE]);
        break;
    case ACTIVE_CUSTOMERS:
        set_count(out, five[ACTIVE]);
        break;
    case ADOPTION:
        churn__cell_share(run, out, sums[SUM_ADOPTED], alive_of(e, group, period));
        break;
    case EVENTS:
        set_count(out, sums[SUM_EVENTS]);
        break;
    case EVENTS_PER_CUSTOMER:
        set_mean(out, sums[SUM_EVENTS], five[ACTIVE], five[ACTIVE]);
        break;
    default:
        set_mean(out, five[DAYS], five[ACTIVE], five[ACTIVE]);
        break;
    }
    return CHURN_OK;
}

const churn__kpi_set churn__set_engagement = {
    .name = "engagement",
    .figures = figures,
    .count = FIGURES,
    .state_size = sizeof(engagement),
    .open = engagement_open,
    .customer = engagement_customer,
    .cell = engagement_cell,
    .close = engagement_close,
};
