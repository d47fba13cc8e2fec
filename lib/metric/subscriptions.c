/* SPDX-License-Identifier: MIT */
#include "metric/records.h"

static const churn__kpi_policy *policy_of(const churn__moment *m)
{
    static const churn__kpi_policy standard = CHURN__POLICY_OF_CHARTMOGUL;
    return m->plan->config.policy != NULL ? m->plan->config.policy : &standard;
}

/* The state of its subscription that holds at the moment: the last one that began. */
static bool holds(const churn__moment *m, const churn__subscription *rows, size_t n, size_t i)
{
    bool last = i + 1 == n || rows[i + 1].id != rows[i].id || rows[i + 1].valid_from > m->at;
    return last && rows[i].valid_from <= m->at;
}

static bool is_live(const churn__moment *m, const churn__subscription *rows, size_t n, size_t i)
{
    return holds(m, rows, n, i) && churn__subscription_live(&rows[i], m->at);
}

static bool is_customer(const churn__moment *m, const churn__subscription *rows, size_t n, size_t i)
{
    return holds(m, rows, n, i) && churn__policy_live(policy_of(m), &rows[i], m->at);
}

static bool is_trial(const churn__moment *m, const churn__subscription *rows, size_t n, size_t i)
{
    return is_live(m, rows, n, i) && rows[i].status == CHURN__SUB_TRIAL;
}

/* ---- money ---- */

static churn__value monthly(const churn__moment *m, const churn__subscription *rows, size_t n)
{
    int64_t minor = 0;
    churn__missing reason =
        churn__mrr_at(policy_of(m), rows, n, &m->plan->exchange[m->date], m->at, &minor);
    churn__value value = churn__moment_money(m, reason, minor);
    if (churn__moment_what(m) == CHURN__SUBSCRIPTION_ARR) {
        value.as.d *= 12;
    }
    return value;
}

/* Monthly money of one state in the playbook's currency, with its discount or without. */
static churn__missing state_money(const churn__moment *m, churn__subscription state, bool discount,
                                  int64_t *sum)
{
    int64_t own = 0;
    state.discount = discount ? state.discount : CHURN_INT_NONE;
    return churn__mrr_of_state(policy_of(m), &state, m->at, &own) && churn__mrr_fits(own)
               ? churn__moment_add_money(m, state.currency, own, sum)
               : CHURN__NON_FINITE;
}

static churn__value discount_share(const churn__moment *m, const churn__subscription *rows,
                                   size_t n)
{
    int64_t net = 0, gross = 0;
    churn__missing reason = CHURN__PRESENT;
    for (size_t i = 0; i < n; i++) {
        if (holds(m, rows, n, i)) {
            reason = churn__missing_worse(reason, state_money(m, rows[i], true, &net));
            reason = churn__missing_worse(reason, state_money(m, rows[i], false, &gross));
        }
    }
    reason = reason == CHURN__PRESENT && gross <= 0 ? CHURN__EMPTY : reason;
    return reason == CHURN__PRESENT
               ? churn__moment_number(((double)gross - (double)net) / (double)gross)
               : churn__moment_none(reason);
}

/* The ledger of the moment; it is kept from one customer to the next. */
static churn_status ledger_at(churn__moment *m, const churn__subscription *rows, size_t n,
                              churn__ledger_of *out)
{
    churn__metric_plan *plan = m->plan;
    if (plan->ledger == NULL) {
        plan->ledger = churn__ledger_create_plain(plan->heap, policy_of(m), plan->config.zone, 0);
    }
    return plan->ledger == NULL ? CHURN_E_NOMEM
                                : churn__ledger_rows(plan->ledger, rows, n,
                                                     &plan->exchange[m->date], m->at, out, NULL);
}

static churn__value movements(churn__moment *m, const churn__subscription *rows, size_t n)
{
    churn__ledger_of ledger;
    churn__mrr_moves moves;
    if (ledger_at(m, rows, n, &ledger) != CHURN_OK) {
        m->plan->failed = true;
        return churn__moment_none(CHURN__NO_RATE);
    }
    churn__missing reason = churn__mrr_moves_between(&ledger, m->start, m->at, &moves);
    switch (churn__moment_what(m)) {
    case CHURN__SUBSCRIPTION_EXPANSION_AMOUNT:
        return churn__moment_money(m, reason, moves.amount[CHURN__MOVE_EXPANSION]);
    case CHURN__SUBSCRIPTION_CONTRACTION_AMOUNT:
        return churn__moment_money(m, reason, -moves.amount[CHURN__MOVE_CONTRACTION]);
    default:
        return reason == CHURN__PRESENT ? churn__moment_number(moves.count[CHURN__MOVE_CONTRACTION])
                                        : churn__moment_none(reason);
    }
}

/* ---- what it is ---- */

static churn__value seats(const churn__moment *m, const churn__subscription *rows, size_t n)
{
    double sum = 0;
    uint32_t live = 0, given = 0;
    for (size_t i = 0; i < n; i++) {
        if (is_live(m, rows, n, i)) {
            bool known = rows[i].seats != CHURN_INT_NONE;
            live++;
            given += known;
            sum += known ? (double)rows[i].seats : 0;
        }
    }
    return live > 0 && given == 0 ? churn__moment_none(CHURN__NOT_PROVIDED)
                                  : churn__moment_number(sum);
}

static churn__value text_value(const churn__moment *m, uint32_t code)
{
    if (code == CHURN__NO_CODE) {
        return churn__moment_none(CHURN__NOT_PROVIDED);
    }
    churn_str text = churn__dict_view_get(churn__version_texts(m->plan->version), code);
    return (churn__value){.type = CHURN__TYPE_STRING, .as = {.s = text}};
}

/* Rows come by id, so that the first of equal ones is the one with the least. Which of several is
 * the largest cannot be said where one has no rate. */
static churn__value plan_of_largest(const churn__moment *m, const churn__subscription *rows,
                                    size_t n)
{
    int64_t most = 0;
    uint32_t live = 0, code = CHURN__NO_CODE;
    churn__missing reason = CHURN__PRESENT;
    for (size_t i = 0; i < n; i++) {
        int64_t money = 0;
        if (!is_live(m, rows, n, i)) {
            continue;
        }
        reason = churn__missing_worse(reason, state_money(m, rows[i], true, &money));
        if (live++ == 0 || money > most) {
            most = money;
            code = rows[i].plan;
        }
    }
    if (live == 0) {
        return churn__moment_none(CHURN__EMPTY);
    }
    return live > 1 && reason != CHURN__PRESENT ? churn__moment_none(reason) : text_value(m, code);
}

static churn__value active(const churn__moment *m, const churn__subscription *rows, size_t n)
{
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        found = found || is_customer(m, rows, n, i);
    }
    return churn__moment_truth(found);
}

/* ---- dates ---- */

/* A period's length, where months are twelfths and years are 365 days; 0: not given. */
static int64_t period_length(const churn__subscription *row)
{
    const int64_t days = CHURN__DAY, year = 365 * days, count = row->period_count;
    const int64_t most = INT64_MAX / year;
    if (count <= 0 || count > most) {
        return count <= 0 ? 0 : INT64_MAX;
    }
    switch (row->period_unit) {
    case 'd':
        return count * days;
    case 'w':
        return count * 7 * days;
    case 'm':
        return count * (year / 12);
    case 'y':
        return count * year;
    default:
        return 0;
    }
}

/* The next renewal at or after the moment. */
static churn__value renewal(const churn__moment *m, const churn__subscription *rows, size_t n)
{
    churn_time next = CHURN_TIME_NONE;
    uint32_t meant = 0, given = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_customer(m, rows, n, i) || period_length(&rows[i]) < m->bound->def->min_period) {
            continue;
        }
        churn_time at = rows[i].renews_at;
        meant++;
        given += at != CHURN_TIME_NONE;
        if (at != CHURN_TIME_NONE && at >= m->at && (next == CHURN_TIME_NONE || at < next)) {
            next = at;
        }
    }
    if (next == CHURN_TIME_NONE) {
        return churn__moment_none(meant > 0 && given == 0 ? CHURN__NOT_PROVIDED : CHURN__EMPTY);
    }
    return churn__moment_what(m) == CHURN__SUBSCRIPTION_RENEWS_AT
               ? churn__moment_time(next)
               : churn__moment_number(churn__moment_days(m->at, next));
}

/* When a customer first had a subscription that made them one. */
static churn__value tenure(const churn__moment *m, const churn__subscription *rows, size_t n)
{
    churn_time first = CHURN_TIME_NONE;
    for (size_t i = 0; i < n; i++) {
        const churn__subscription *row = &rows[i];
        bool counts =
            row->valid_from <= m->at && churn__policy_live(policy_of(m), row, row->valid_from);
        if (counts && (first == CHURN_TIME_NONE || row->valid_from < first)) {
            first = row->valid_from;
        }
    }
    return active(m, rows, n).as.b ? churn__moment_whole_days(m, first)
                                   : churn__moment_none(CHURN__EMPTY);
}

static churn__value trial_days_left(const churn__moment *m, const churn__subscription *rows,
                                    size_t n)
{
    churn_time next = CHURN_TIME_NONE;
    uint32_t trials = 0;
    for (size_t i = 0; i < n; i++) {
        if (is_trial(m, rows, n, i)) {
            churn_time at = rows[i].trial_ends_at;
            trials++;
            next = at != CHURN_TIME_NONE && (next == CHURN_TIME_NONE || at < next) ? at : next;
        }
    }
    if (next == CHURN_TIME_NONE) {
        return churn__moment_none(trials > 0 ? CHURN__NOT_PROVIDED : CHURN__EMPTY);
    }
    return churn__moment_number(next > m->at ? churn__moment_days(m->at, next) : 0);
}

static churn__value cancel_request(const churn__moment *m, const churn__subscription *rows,
                                   size_t n)
{
    churn_time last = CHURN_TIME_NONE;
    for (size_t i = 0; i < n; i++) {
        churn_time at = rows[i].cancel_requested_at;
        if (is_live(m, rows, n, i) && churn__moment_has_come(m, at) && at > last) {
            last = at;
        }
    }
    return churn__moment_what(m) == CHURN__SUBSCRIPTION_CANCEL_REQUESTED
               ? churn__moment_truth(last != CHURN_TIME_NONE)
               : churn__moment_whole_days(m, last);
}

/* ---- all ---- */

static bool ever(const churn__moment *m, const churn__subscription *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].valid_from <= m->at) {
            return true;
        }
    }
    return false;
}

/* Of somebody who has had a subscription. */
static churn__value state_value(const churn__moment *m, const churn__subscription *rows, size_t n)
{
    switch (churn__moment_what(m)) {
    case CHURN__SUBSCRIPTION_SEATS:
        return seats(m, rows, n);
    case CHURN__SUBSCRIPTION_PLAN:
        return plan_of_largest(m, rows, n);
    case CHURN__SUBSCRIPTION_DISCOUNT_SHARE:
        return discount_share(m, rows, n);
    case CHURN__SUBSCRIPTION_DAYS_TO_RENEWAL:
    case CHURN__SUBSCRIPTION_RENEWS_AT:
        return renewal(m, rows, n);
    case CHURN__SUBSCRIPTION_TENURE_DAYS:
        return tenure(m, rows, n);
    case CHURN__SUBSCRIPTION_TRIAL_DAYS_LEFT:
        return trial_days_left(m, rows, n);
    default:
        return monthly(m, rows, n);
    }
}

churn__value churn__metric_of_subscriptions(churn__moment *m, const churn__subscription *rows,
                                            size_t n)
{
    switch (churn__moment_what(m)) {
    case CHURN__SUBSCRIPTION_DOWNGRADES:
    case CHURN__SUBSCRIPTION_EXPANSION_AMOUNT:
    case CHURN__SUBSCRIPTION_CONTRACTION_AMOUNT:
        return movements(m, rows, n);
    case CHURN__SUBSCRIPTION_ACTIVE:
        return active(m, rows, n);
    case CHURN__SUBSCRIPTION_CANCEL_REQUESTED:
    case CHURN__SUBSCRIPTION_DAYS_SINCE_CANCEL_REQUEST:
        return cancel_request(m, rows, n);
    default:
        return ever(m, rows, n) ? state_value(m, rows, n) : churn__moment_none(CHURN__NEVER);
    }
}

/* ---- which count ---- */

static bool moves(const churn__moment *m, const churn__subscription *row)
{
    return churn__moment_in_window(m, row->valid_from) || churn__moment_in_window(m, row->ended_at);
}

static bool counts(const churn__moment *m, const churn__subscription *rows, size_t n, size_t i)
{
    switch (churn__moment_what(m)) {
    case CHURN__SUBSCRIPTION_DOWNGRADES:
    case CHURN__SUBSCRIPTION_EXPANSION_AMOUNT:
    case CHURN__SUBSCRIPTION_CONTRACTION_AMOUNT:
        return moves(m, &rows[i]);
    case CHURN__SUBSCRIPTION_DAYS_TO_RENEWAL:
    case CHURN__SUBSCRIPTION_RENEWS_AT:
        return is_customer(m, rows, n, i) && period_length(&rows[i]) >= m->bound->def->min_period;
    case CHURN__SUBSCRIPTION_TENURE_DAYS:
    case CHURN__SUBSCRIPTION_ACTIVE:
        return is_customer(m, rows, n, i);
    case CHURN__SUBSCRIPTION_TRIAL_DAYS_LEFT:
        return is_trial(m, rows, n, i);
    case CHURN__SUBSCRIPTION_CANCEL_REQUESTED:
    case CHURN__SUBSCRIPTION_DAYS_SINCE_CANCEL_REQUEST:
        return is_live(m, rows, n, i) && churn__moment_has_come(m, rows[i].cancel_requested_at);
    case CHURN__SUBSCRIPTION_DISCOUNT_SHARE:
        return holds(m, rows, n, i);
    default:
        return is_live(m, rows, n, i);
    }
}

churn_time churn__metric_subscription_part(const churn__moment *m, const churn__subscription *rows,
                                           size_t n, size_t i)
{
    return counts(m, rows, n, i) ? rows[i].valid_from : CHURN_TIME_NONE;
}
