/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "kpi/samples.h"
#include "kpi/sets.h"

/* Figures of support: how much comes, how fast it is answered, what is left. */

enum {
    FIGURE_OPENED,
    FIGURE_CLOSED,
    FIGURE_REOPENED,
    FIGURE_BACKLOG,
    FIGURE_BACKLOG_AGE,
    FIGURE_BACKLOG_OLDEST,
    FIGURE_FIRST_RESPONSE,
    FIGURE_FIRST_RESPONSE_P90,
    FIGURE_RESOLUTION,
    FIGURE_RESOLUTION_P90,
    FIGURE_SLA,
    FIGURE_SLA_FIRST_RESPONSE,
    FIGURE_SLA_RESOLUTION,
    FIGURE_CSAT,
    FIGURE_CSAT_MEAN,
    FIGURES
};

#define QUANTILE_SOURCE "Quantile of type 7 (Hyndman and Fan 1996), R's default"
#define SLA_SOURCE "Share of promises kept; interval: Wilson"

static const churn__figure figures[FIGURES] = {
    [FIGURE_OPENED] = {.id = "tickets_opened",
                       .unit = CHURN__UNIT_COUNT,
                       .title = "Tickets opened",
                       .formula = "tickets with opened_at in the period",
                       .source = "Count",
                       .example = "3 in March: 3"},
    [FIGURE_CLOSED] = {.id = "tickets_closed",
                       .unit = CHURN__UNIT_COUNT,
                       .title = "Tickets closed",
                       .formula = "tickets with closed_at in the period, reopened later or not",
                       .source = "Count",
                       .example = "2 in March: 2"},
    [FIGURE_REOPENED] = {.id = "tickets_reopened",
                         .unit = CHURN__UNIT_COUNT,
                         .title = "Tickets reopened",
                         .formula = "tickets with reopened_at in the period",
                         .source = "Count",
                         .example = "1 in March: 1"},
    [FIGURE_BACKLOG] = {.id = "backlog",
                        .unit = CHURN__UNIT_COUNT,
                        .at_end = true,
                        .title = "Backlog",
                        .formula = "tickets open just before the end of the period",
                        .source = "Count",
                        .example = "5 open, 3 opened, 2 closed: 6"},
    [FIGURE_BACKLOG_AGE] = {.id = "backlog_age_days",
                            .unit = CHURN__UNIT_DAYS,
                            .at_end = true,
                            .title = "Age of the backlog",
                            .formula = "median days since opened_at of the tickets open at the end",
                            .source = QUANTILE_SOURCE,
                            .example = "open for 1, 2 and 9 days: 2"},
    [FIGURE_BACKLOG_OLDEST] = {.id = "backlog_oldest_days",
                               .unit = CHURN__UNIT_DAYS,
                               .at_end = true,
                               .title = "Oldest open ticket",
                               .formula = "most days since opened_at of a ticket open at the end",
                               .source = "Maximum",
                               .example = "open for 1, 2 and 9 days: 9"},
    [FIGURE_FIRST_RESPONSE] = {.id = "first_response_hours",
                               .unit = CHURN__UNIT_HOURS,
                               .title = "First response time, median",
                               .formula = "median hours from opened_at to first_response_at, of "
                                          "tickets first answered in the period; those that still "
                                          "wait at its end are counted in `excluded`",
                               .source = QUANTILE_SOURCE,
                               .example = "answered after 1, 2 and 10 hours: 2",
                               .vendors = "Others show the mean, which a few old tickets rule, or "
                                          "count business hours."},
    [FIGURE_FIRST_RESPONSE_P90] = {.id = "first_response_hours_p90",
                                   .unit = CHURN__UNIT_HOURS,
                                   .title = "First response time, 90 % within",
                                   .formula = "the same hours, nine tenths of which are less",
                                   .source = QUANTILE_SOURCE,
                                   .example = "answered after 1, 2 and 10 hours: 8.4"},
    [FIGURE_RESOLUTION] = {.id = "resolution_hours",
                           .unit = CHURN__UNIT_HOURS,
                           .title = "Resolution time, median",
                           .formula = "median hours from opened_at to closed_at, of tickets closed "
                                      "in the period and not reopened in it; those open at its end "
                                      "are counted in `excluded`",
                           .source = QUANTILE_SOURCE,
                           .example = "closed after 10, 20 and 90 hours: 20",
                           .vendors = "Others show the mean, or count business hours."},
    [FIGURE_RESOLUTION_P90] = {.id = "resolution_hours_p90",
                               .unit = CHURN__UNIT_HOURS,
                               .title = "Resolution time, 90 % within",
                               .formula = "the same hours, nine tenths of which are less",
                               .source = QUANTILE_SOURCE,
                               .example = "closed after 10, 20 and 90 hours: 76"},
    [FIGURE_SLA] = {.id = "sla_share",
                    .unit = CHURN__UNIT_RATIO,
                    .title = "Promises kept",
                    .formula = "tickets opened in the period that had all that `kpi.sla` promises "
                               "their priority in time / those whose time is over",
                    .source = SLA_SOURCE,
                    .example = "40 tickets whose time is over, 36 in time: 90 %",
                    .vendors = "Others count a ticket when it is closed, so that what is late and "
                               "open is not seen."},
    [FIGURE_SLA_FIRST_RESPONSE] = {.id = "sla_first_response",
                                   .unit = CHURN__UNIT_RATIO,
                                   .title = "First responses in time",
                                   .formula = "the same, of the first response only",
                                   .source = SLA_SOURCE,
                                   .example = "40 whose time is over, 38 in time: 95 %"},
    [FIGURE_SLA_RESOLUTION] = {.id = "sla_resolution",
                               .unit = CHURN__UNIT_RATIO,
                               .title = "Resolutions in time",
                               .formula = "the same, of the resolution only",
                               .source = SLA_SOURCE,
                               .example = "40 whose time is over, 36 in time: 90 %"},
    [FIGURE_CSAT] = {.id = "ticket_csat",
                     .unit = CHURN__UNIT_RATIO,
                     .title = "Satisfaction with tickets",
                     .formula = "ratings of 4 or 5 / ratings of tickets closed in the period, on a "
                                "scale of 1 to 5",
                     .source = "Top-2-box share; interval: Wilson",
                     .example = "80 of 100 gave 4 or 5: 80 %"},
    [FIGURE_CSAT_MEAN] = {.id = "ticket_csat_mean",
                          .unit = CHURN__UNIT_NUMBER,
                          .title = "Mean satisfaction with tickets",
                          .formula = "sum of ratings / ratings of tickets closed in the period",
                          .source = "Mean; interval: Student's t",
                          .example = "5, 4, 4, 3: 16 / 4 = 4"},
};

/* Of each promise: kept, of those whose time is over, and those whose time is not. */
enum { KEPT, DECIDED, UNDECIDED, PROMISE_SUMS };

enum {
    SUM_OPENED,
    SUM_CLOSED,
    SUM_REOPENED,
    SUM_BACKLOG,
    SUM_WAITING,
    SUM_CSAT,
    SUM_CSAT_TOP,
    SUM_CSAT_OUT,
    SUM_RESPONSE_EARLY, /* dated before the ticket was opened */
    SUM_RESOLUTION_EARLY,
    SUM_SLA,
    SUM_SLA_FIRST_RESPONSE = SUM_SLA + PROMISE_SUMS,
    SUM_SLA_RESOLUTION = SUM_SLA_FIRST_RESPONSE + PROMISE_SUMS,
    SUMS = SUM_SLA_RESOLUTION + PROMISE_SUMS
};

typedef struct support {
    churn__kpi_sums sums;
    churn__samples first_response, resolution, age, csat;
    uint32_t *priorities; /* of the promises: codes of texts */
    uint32_t promise_count;
    bool aged; /* somebody asks for ages */
} support;

/* ---- opening ---- */

static churn_status support_open(churn__kpi_run *run, void *state, churn_error *err)
{
    support *s = state;
    churn__sums_init(&s->sums, run, SUMS);
    churn__samples_init(&s->first_response, run->heap);
    churn__samples_init(&s->resolution, run->heap);
    churn__samples_init(&s->age, run->heap);
    churn__samples_init(&s->csat, run->heap);
    s->aged = run->asked[FIGURE_BACKLOG_AGE] || run->asked[FIGURE_BACKLOG_OLDEST];
    s->promise_count = run->settings->voice.sla_count;
    s->priorities = churn__alloc_array(run->heap, s->promise_count, sizeof *s->priorities);
    if (s->priorities == NULL) {
        return churn__fail_memory(err, run->heap);
    }
    for (uint32_t i = 0; i < s->promise_count; i++) {
        churn_str priority = run->settings->voice.sla[i].priority;
        s->priorities[i] =
            priority.ptr == NULL
                ? CHURN__NO_CODE
                : churn__dict_view_find(churn__version_texts(run->version), priority);
    }
    return CHURN_OK;
}

static void support_close(churn__kpi_run *run, void *state)
{
    support *s = state;
    churn__sums_free(&s->sums);
    churn__samples_free(&s->first_response);
    churn__samples_free(&s->resolution);
    churn__samples_free(&s->age);
    churn__samples_free(&s->csat);
    churn__free_array(run->heap, s->priorities, s->promise_count, sizeof *s->priorities);
}

/* ---- one ticket ---- */

typedef struct taking {
    churn__kpi_run *run;
    support *s;
    const churn__ticket *row;
    churn__kpi_keys keys;
} taking;

/* The period of an instant of the ticket, and its group there; false: in none, or no memory. */
static bool locate(const taking *t, churn_time at, uint32_t *period, uint32_t *group, bool *failed)
{
    *period = at == CHURN_TIME_NONE ? CHURN__KPI_NONE : churn__run_period(t->run, at);
    if (*period == CHURN__KPI_NONE) {
        return false;
    }
    *group = churn__run_group(t->run, *period, &t->keys);
    *failed = *failed || *group == CHURN__KPI_NONE;
    return *group != CHURN__KPI_NONE;
}

static void count(const taking *t, uint32_t group, uint32_t period, uint32_t sum, bool *failed)
{
    *failed = !churn__sums_add(&t->s->sums, group, period, sum, 1) || *failed;
}

static void sample(churn__samples *samples, uint32_t group, uint32_t period, double value,
                   bool *failed)
{
    *failed = !churn__samples_add(samples, group, period, value) || *failed;
}

static double hours(churn_time from, churn_time to)
{
    return (double)(to - from) / (double)CHURN__HOUR;
}

static double days(churn_time from, churn_time to)
{
    return (double)(to - from) / (double)CHURN__DAY;
}

static bool open_again(const churn__ticket *row)
{
    return row->reopened_at != CHURN_TIME_NONE && row->reopened_at >= row->closed_at;
}

/* How long it took from when the ticket was opened; what is dated before that took no time. */
static void took(const taking *t, churn__samples *samples, churn_time at, uint32_t group,
                 uint32_t period, uint32_t early, bool *failed)
{
    if (at < t->row->opened_at) {
        count(t, group, period, early, failed);
        return;
    }
    sample(samples, group, period, hours(t->row->opened_at, at), failed);
}

/* Something that lasts [from, to) counts at the end of every period in between. */
static void span(const taking *t, churn_time from, churn_time to, uint32_t sum, bool *failed)
{
    churn__kpi_run *run = t->run;
    uint32_t p = churn__run_first_end(run, from);
    uint32_t end = to == CHURN_TIME_NONE ? run->begun_count : churn__run_first_end(run, to);
    bool aged = t->s->aged && sum == SUM_BACKLOG;
    while (p < end && !*failed) {
        uint32_t group = churn__run_group(run, p, &t->keys);
        uint32_t until = churn__run_group_until(run, p);
        until = until < end ? until : end;
        *failed =
            group == CHURN__KPI_NONE || !churn__sums_level(&t->s->sums, group, p, until, sum, 1);
        for (; aged && p < until && !*failed; p++) {
            sample(&t->s->age, group, p, days(t->row->opened_at, run->periods[p].until), failed);
        }
        p = until;
    }
}

static void take_opened(const taking *t, bool *failed)
{
    uint32_t period = 0, group = 0;
    if (locate(t, t->row->opened_at, &period, &group, failed)) {
        count(t, group, period, SUM_OPENED, failed);
    }
}

static void take_response(const taking *t, bool *failed)
{
    const churn__ticket *row = t->row;
    uint32_t period = 0, group = 0;
    if (locate(t, row->first_response_at, &period, &group, failed)) {
        took(t, &t->s->first_response, row->first_response_at, group, period, SUM_RESPONSE_EARLY,
             failed);
    }
    span(t, row->opened_at,
         row->first_response_at != CHURN_TIME_NONE ? row->first_response_at : row->closed_at,
         SUM_WAITING, failed);
}

static void take_csat(const taking *t, uint32_t group, uint32_t period, bool *failed)
{
    const double csat = t->row->csat;
    if (isnan(csat)) {
        return;
    }
    if (csat < 1 || csat > 5) {
        count(t, group, period, SUM_CSAT_OUT, failed);
        return;
    }
    count(t, group, period, SUM_CSAT, failed);
    if (csat >= 4) {
        count(t, group, period, SUM_CSAT_TOP, failed);
    }
    sample(&t->s->csat, group, period, csat, failed);
}

static void take_closed(const taking *t, bool *failed)
{
    const churn__ticket *row = t->row;
    uint32_t period = 0, group = 0;
    if (locate(t, row->closed_at, &period, &group, failed)) {
        bool resolved = !open_again(row) || row->reopened_at >= t->run->periods[period].until;
        count(t, group, period, SUM_CLOSED, failed);
        take_csat(t, group, period, failed);
        if (resolved) {
            took(t, &t->s->resolution, row->closed_at, group, period, SUM_RESOLUTION_EARLY, failed);
        }
    }
    span(t, row->opened_at, row->closed_at, SUM_BACKLOG, failed);
    if (row->closed_at != CHURN_TIME_NONE && open_again(row)) {
        span(t, row->reopened_at, CHURN_TIME_NONE, SUM_BACKLOG, failed);
    }
}

static void take_reopened(const taking *t, bool *failed)
{
    uint32_t period = 0, group = 0;
    if (locate(t, t->row->reopened_at, &period, &group, failed)) {
        count(t, group, period, SUM_REOPENED, failed);
    }
}

/* ---- promises ---- */

/* What is promised to a priority: its own, else that of all others; NULL: nothing. */
static const churn__sla_def *promise_of(const taking *t)
{
    const churn__sla_def *others = NULL;
    for (uint32_t i = 0; i < t->s->promise_count; i++) {
        const churn__sla_def *def = &t->run->settings->voice.sla[i];
        if (def->priority.ptr == NULL) {
            others = def;
        } else if (t->s->priorities[i] == t->row->priority && t->row->priority != CHURN__NO_CODE) {
            return def;
        }
    }
    return others;
}

/* A ticket that was closed without an answer was answered by that. */
static bool answered_within(const churn__ticket *row, int64_t time)
{
    churn_time at =
        row->first_response_at != CHURN_TIME_NONE ? row->first_response_at : row->closed_at;
    return at != CHURN_TIME_NONE && at - row->opened_at <= time;
}

static bool resolved_within(const churn__ticket *row, int64_t time)
{
    return row->closed_at != CHURN_TIME_NONE && !open_again(row) &&
           row->closed_at - row->opened_at <= time;
}

static void take_promise(const taking *t, uint32_t group, uint32_t period, uint32_t sum,
                         int64_t time, bool kept, bool *failed)
{
    bool over = t->run->as_of - t->row->opened_at > time;
    if (time > 0) {
        count(t, group, period, sum + (over ? DECIDED : UNDECIDED), failed);
        if (over && kept) {
            count(t, group, period, sum + KEPT, failed);
        }
    }
}

static void take_promises(const taking *t, bool *failed)
{
    uint32_t period = 0, group = 0;
    const churn__sla_def *def = promise_of(t);
    if (def == NULL || !locate(t, t->row->opened_at, &period, &group, failed)) {
        return;
    }
    bool answered = def->first_response == 0 || answered_within(t->row, def->first_response);
    bool resolved = def->resolution == 0 || resolved_within(t->row, def->resolution);
    int64_t longer = def->first_response > def->resolution ? def->first_response : def->resolution;
    take_promise(t, group, period, SUM_SLA, longer, answered && resolved, failed);
    take_promise(t, group, period, SUM_SLA_FIRST_RESPONSE, def->first_response, answered, failed);
    take_promise(t, group, period, SUM_SLA_RESOLUTION, def->resolution, resolved, failed);
}

/* ---- all ---- */

static churn_status support_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    const churn__ticket *rows = NULL;
    size_t n = churn__reader_tickets(run->reader, run->customer, run->as_of, &rows);
    bool failed = false;
    for (size_t i = 0; i < n && !failed; i++) {
        taking t = {run, state, &rows[i], churn__kpi_no_keys};
        t.keys.code[CHURN__KEY_TICKET_PRIORITY] = churn__key_code(rows[i].priority);
        t.keys.code[CHURN__KEY_TICKET_CATEGORY] = churn__key_code(rows[i].category);
        take_opened(&t, &failed);
        take_response(&t, &failed);
        take_closed(&t, &failed);
        take_reopened(&t, &failed);
        take_promises(&t, &failed);
    }
    return failed ? churn__fail_memory(err, run->heap) : CHURN_OK;
}

static churn_status support_finish(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    support *s = state;
    if (!churn__sums_accumulate(&s->sums, SUM_BACKLOG, SUM_WAITING + 1)) {
        CHURN_TRY(churn__sums_failed(&s->sums, run, err));
    }
    CHURN_TRY(churn__samples_lay(&s->first_response, run, true, err));
    CHURN_TRY(churn__samples_lay(&s->resolution, run, true, err));
    CHURN_TRY(churn__samples_lay(&s->age, run, true, err));
    CHURN_TRY(churn__samples_lay(&s->csat, run, false, err));
done:
    return st;
}

/* ---- cells ---- */

static void cell_quantile(churn__kpi_cell *out, const churn__samples *samples, uint32_t group,
                          uint32_t period, double q)
{
    size_t n = 0;
    const double *values = churn__samples_get(samples, group, period, &n);
    churn__cell_quantile(out, values, n, q);
}

/* Times are of tickets that have one: told are those that wait, and those dated before they opened.
 */
static churn_status cell_times(churn__kpi_run *run, churn__kpi_cell *out, int64_t open,
                               int64_t early, const char *waiting, const char *odd,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__cell_without(run, out, early, odd, err));
    churn_str note = out->note;
    CHURN_TRY(churn__cell_without(run, out, open, waiting, err));
    if (open > 0 && early > 0) {
        char text[200];
        size_t size = churn__format(text, sizeof text, "%S; %S", &out->note, &note);
        out->excluded = open + early;
        out->note = churn__arena_str(run->arena, text, size);
        CHURN_TRY(out->note.ptr == NULL ? churn__fail_memory(err, run->heap) : CHURN_OK);
    }
done:
    return st;
}

static churn_status cell_promise(churn__kpi_run *run, const support *s, churn__kpi_cell *out,
                                 const int64_t *sum, churn_error *err)
{
    if (s->promise_count == 0) {
        out->missing = CHURN__NOT_PROVIDED;
        out->note = CHURN__STR("the playbook promises nothing: kpi.sla");
        return CHURN_OK;
    }
    churn__cell_share(run, out, sum[KEPT], sum[DECIDED]);
    return churn__cell_without(run, out, sum[UNDECIDED], "%u tickets have time left", err);
}

static churn_status cell_csat(churn__kpi_run *run, const support *s, churn__kpi_cell *out,
                              uint32_t figure, uint32_t group, uint32_t period, churn_error *err)
{
    const int64_t *sum = churn__sums_get(&s->sums, group, period);
    size_t n = 0;
    const double *values = churn__samples_get(&s->csat, group, period, &n);
    if (figure == FIGURE_CSAT) {
        churn__cell_share(run, out, sum[SUM_CSAT_TOP], sum[SUM_CSAT]);
    } else {
        churn__cell_mean(run, out, values, n);
    }
    return churn__cell_without(run, out, sum[SUM_CSAT_OUT], "%u ratings outside 1 to 5", err);
}

#define WAITING "%u tickets wait for a first response at the end"
#define ANSWERED_EARLY "%u were answered before they were opened"
#define STILL_OPEN "%u tickets are open at the end"
#define CLOSED_EARLY "%u were closed before they were opened"

static churn_status support_cell(churn__kpi_run *run, void *state, uint32_t figure, uint32_t period,
                                 uint32_t group, churn__kpi_cell *out, churn_error *err)
{
    support *s = state;
    const int64_t *sum = churn__sums_get(&s->sums, group, period);
    switch (figure) {
    case FIGURE_OPENED:
    case FIGURE_CLOSED:
    case FIGURE_REOPENED:
    case FIGURE_BACKLOG: /* in the order of the sums */
        churn__cell_plain(out, (double)sum[figure], sum[figure]);
        return CHURN_OK;
    case FIGURE_BACKLOG_AGE:
    case FIGURE_BACKLOG_OLDEST:
        cell_quantile(out, &s->age, group, period, figure == FIGURE_BACKLOG_AGE ? 0.5 : 1.0);
        return CHURN_OK;
    case FIGURE_FIRST_RESPONSE:
    case FIGURE_FIRST_RESPONSE_P90:
        cell_quantile(out, &s->first_response, group, period,
                      figure == FIGURE_FIRST_RESPONSE ? 0.5 : 0.9);
        return cell_times(run, out, sum[SUM_WAITING], sum[SUM_RESPONSE_EARLY], WAITING,
                          ANSWERED_EARLY, err);
    case FIGURE_RESOLUTION:
    case FIGURE_RESOLUTION_P90:
        cell_quantile(out, &s->resolution, group, period, figure == FIGURE_RESOLUTION ? 0.5 : 0.9);
        return cell_times(run, out, sum[SUM_BACKLOG], sum[SUM_RESOLUTION_EARLY], STILL_OPEN,
                          CLOSED_EARLY, err);
    case FIGURE_SLA:
    case FIGURE_SLA_FIRST_RESPONSE:
    case FIGURE_SLA_RESOLUTION:
        return cell_promise(run, s, out, sum + SUM_SLA + (figure - FIGURE_SLA) * PROMISE_SUMS, err);
    default:
        return cell_csat(run, s, out, figure, group, period, err);
    }
}

const churn__kpi_set churn__set_support = {.name = "support",
                                           .figures = figures,
                                           .count = FIGURES,
                                           .state_size = sizeof(support),
                                           .open = support_open,
                                           .customer = support_customer,
                                           .finish = support_finish,
                                           .cell = support_cell,
                                           .close = support_close};
