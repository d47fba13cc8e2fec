/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "record_scene.h"

/* Metrics of records a second time, as plainly as docs/reference/semantics.md defines them. Both
 * must agree to the bit. */

/* ---- the twin: what is seen ---- */

typedef struct view {
    const scene *s;
    const churn__metric_def *def;
    uint32_t m;
    churn_time as_of, t, start;
    fact rows[FACTS]; /* of the kind and customer, as seen, in order */
    uint32_t n;
} view;

static churn_time mask(churn_time at, churn_time as_of)
{
    return at != CHURN_TIME_NONE && at <= as_of ? at : CHURN_TIME_NONE;
}

static bool same_record(const fact *a, const fact *b)
{
    return a->kind == b->kind && a->id == b->id && (!has_states(a) || a->at[0] == b->at[0]);
}

/* The newest version that is known, if what it says has happened. */
static bool is_seen(const scene *s, const fact *f, churn_time as_of)
{
    bool happened = has_states(f) ? f->at[0] <= as_of : f->at[0] < as_of;
    for (uint32_t i = 0; i < s->count; i++) {
        const fact *o = &s->facts[i];
        if (same_record(o, f) && o->known <= as_of && o->known > f->known) {
            return false;
        }
    }
    return happened && f->known <= as_of;
}

static bool comes_before(const fact *a, const fact *b)
{
    bool by_id = has_states(a);
    if (by_id && a->id != b->id) {
        return a->id < b->id;
    }
    if (a->at[0] != b->at[0]) {
        return a->at[0] < b->at[0];
    }
    if (a->kind == CHURN_RECORD_SURVEY) {
        int ka = a->word[1] < 0 ? 0 : a->word[1], kb = b->word[1] < 0 ? 0 : b->word[1];
        return ka != kb ? ka < kb : a->id < b->id;
    }
    return a->id < b->id;
}

static fact shown(const fact *f, churn_time as_of)
{
    fact out = *f;
    bool sub = f->kind == CHURN_RECORD_SUBSCRIPTION;
    for (int i = 1; i < 5; i++) {
        bool schedule = sub && i <= 2; /* renews_at, trial_ends_at */
        out.at[i] = schedule ? f->at[i] : mask(f->at[i], as_of);
    }
    return out;
}

static churn_record_kind record_of(churn__metric_kind kind)
{
    switch (kind) {
    case CHURN__METRIC_TICKET:
        return CHURN_RECORD_TICKET;
    case CHURN__METRIC_SURVEY:
        return CHURN_RECORD_SURVEY;
    case CHURN__METRIC_SUBSCRIPTION:
        return CHURN_RECORD_SUBSCRIPTION;
    case CHURN__METRIC_INVOICE:
        return CHURN_RECORD_INVOICE;
    case CHURN__METRIC_CONTACT:
        return CHURN_RECORD_CONTACT;
    case CHURN__METRIC_MILESTONE:
        return CHURN_RECORD_MILESTONE;
    default:
        return CHURN_RECORD_TOUCHPOINT;
    }
}

static void look(view *v, uint32_t customer)
{
    v->n = 0;
    for (uint32_t i = 0; i < v->s->count; i++) {
        const fact *f = &v->s->facts[i];
        if (f->kind != record_of(v->def->kind) || f->customer != customer ||
            !is_seen(v->s, f, v->as_of)) {
            continue;
        }
        uint32_t at = v->n++;
        for (; at > 0 && comes_before(f, &v->rows[at - 1]); at--) {
            v->rows[at] = v->rows[at - 1];
        }
        v->rows[at] = shown(f, v->as_of);
    }
}

static bool come(const view *v, churn_time at)
{
    return at != CHURN_TIME_NONE && at <= v->t;
}

static bool within(const view *v, churn_time at)
{
    return at != CHURN_TIME_NONE && at >= v->start && at < v->t;
}

static bool wanted(const view *v, int which, int word)
{
    uint8_t mask_of = v->s->wanted[v->m][which];
    return mask_of == 0 || (word >= 0 && (mask_of >> word & 1));
}

/* ---- the twin: values ---- */

static churn__value none(churn__missing why)
{
    return (churn__value){.missing = why};
}

static churn__value number(double d)
{
    return (churn__value){.type = CHURN__TYPE_DOUBLE, .as = {.d = d}};
}

static churn__value share(double part, double all)
{
    return all == 0 ? none(CHURN__EMPTY) : number(part / all);
}

static churn__value whole_days(const view *v, churn_time at)
{
    return at == CHURN_TIME_NONE ? none(CHURN__NEVER)
                                 : number(floor((double)(v->t - at) / 86400e6));
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static churn__value made_of(churn__metric_take take, double *numbers, uint32_t n)
{
    double sum = 0;
    if (n == 0) {
        return none(CHURN__EMPTY);
    }
    for (uint32_t i = 0; i < n; i++) {
        sum += numbers[i];
    }
    qsort(numbers, n, sizeof *numbers, compare_numbers);
    switch (take) {
    case CHURN__TAKE_MAX:
        return number(numbers[n - 1]);
    case CHURN__TAKE_MIN:
        return number(numbers[0]);
    case CHURN__TAKE_MEDIAN:
        return number((numbers[(n - 1) / 2] + numbers[n / 2]) / 2);
    default:
        return number(sum / n);
    }
}

static bool ticket_is_open(const view *v, const fact *f)
{
    return f->at[0] < v->t && (!come(v, f->at[2]) || (come(v, f->at[3]) && f->at[3] >= f->at[2]));
}

static bool ticket_counts(const view *v, const fact *f)
{
    switch (v->def->what) {
    case CHURN__TICKET_OPENED_COUNT:
        return within(v, f->at[0]);
    case CHURN__TICKET_CLOSED_COUNT:
        return within(v, f->at[2]);
    case CHURN__TICKET_REOPENED_COUNT:
        return within(v, f->at[3]);
    case CHURN__TICKET_UNANSWERED_COUNT:
        return ticket_is_open(v, f) && !come(v, f->at[1]);
    default:
        return ticket_is_open(v, f);
    }
}

static churn__value ticket_count(const view *v)
{
    double all = 0, by_user[3] = {0}, given[3];
    uint32_t n = 0;
    for (uint32_t i = 0; i < v->n; i++) {
        const fact *f = &v->rows[i];
        if (wanted(v, 0, f->word[0]) && wanted(v, 1, f->word[1]) && ticket_counts(v, f)) {
            all++;
            if (f->user >= 0) {
                by_user[f->user]++;
            }
        }
    }
    for (uint32_t u = 0; u < 3; u++) {
        if (by_user[u] > 0) {
            given[n++] = by_user[u];
        }
    }
    if (!v->def->per_user) {
        return number(all);
    }
    return n == 0 ? number(0) : made_of(v->def->take, given, n);
}

/* 1 late, 0 in time, -1 not yet known. */
static int ticket_fate(const view *v, const fact *f)
{
    churn_time done = CHURN_TIME_NONE;
    if (v->def->sla_resolution) {
        done = ticket_is_open(v, f) ? CHURN_TIME_NONE : f->at[2];
    } else {
        done = come(v, f->at[1]) ? f->at[1] : come(v, f->at[2]) ? f->at[2] : CHURN_TIME_NONE;
    }
    int64_t took = (done == CHURN_TIME_NONE ? v->t : done) - f->at[0];
    return took > v->def->sla ? 1 : done == CHURN_TIME_NONE ? -1 : 0;
}

static churn__value ticket_value(const view *v)
{
    double numbers[FACTS], oldest = 0, late = 0, decided = 0;
    uint32_t n = 0;
    if (is_count(v->def->what)) {
        return ticket_count(v);
    }
    for (uint32_t i = 0; i < v->n; i++) {
        const fact *f = &v->rows[i];
        if (!wanted(v, 0, f->word[0]) || !wanted(v, 1, f->word[1])) {
            continue;
        }
        if (ticket_is_open(v, f)) {
            oldest = fmax(oldest, (double)(v->t - f->at[0]) / 86400e6);
        }
        if (within(v, f->at[0]) && ticket_fate(v, f) >= 0) {
            decided++;
            late += ticket_fate(v, f);
        }
        if (v->def->what == CHURN__TICKET_FIRST_RESPONSE_HOURS && within(v, f->at[1])) {
            numbers[n++] = (double)(f->at[1] - f->at[0]) / 3600e6;
        } else if (v->def->what == CHURN__TICKET_RESOLUTION_HOURS && within(v, f->at[2]) &&
                   !ticket_is_open(v, f)) {
            numbers[n++] = (double)(f->at[2] - f->at[0]) / 3600e6;
        } else if (v->def->what == CHURN__TICKET_CSAT && within(v, f->at[2])) {
            numbers[n++] = f->number;
        }
    }
    return v->def->what == CHURN__TICKET_OLDEST_OPEN_DAYS   ? number(oldest)
           : v->def->what == CHURN__TICKET_SLA_BREACH_SHARE ? share(late, decided)
                                                            : made_of(v->def->take, numbers, n);
}

static churn__value survey_value(const view *v)
{
    double numbers[FACTS];
    uint32_t n = 0, fits = 0;
    fact last[FACTS];
    for (uint32_t i = 0; i < v->n; i++) {
        const fact *f = &v->rows[i];
        int kind = (f->word[1] < 0 ? 0 : f->word[1]) + 1;
        if (f->at[0] >= v->t || !wanted(v, 0, f->word[0]) ||
            (v->def->survey_kind != 0 && v->def->survey_kind != kind)) {
            continue;
        }
        last[fits++] = *f;
        if (within(v, f->at[0])) {
            numbers[n++] = f->number;
        }
    }
    if (v->def->what == CHURN__SURVEY_COUNT) {
        return number(n);
    }
    if (v->def->what == CHURN__SURVEY_MEAN) {
        return made_of(v->def->take, numbers, n);
    }
    if (fits == 0) {
        return none(CHURN__NEVER);
    }
    if (v->def->what == CHURN__SURVEY_DAYS_SINCE) {
        return whole_days(v, last[fits - 1].at[0]);
    }
    if (v->def->max_age > 0 && v->t - last[fits - 1].at[0] > v->def->max_age) {
        return none(CHURN__EXPIRED);
    }
    if (v->def->what == CHURN__SURVEY_LAST) {
        return number(last[fits - 1].number);
    }
    if (fits < 2) {
        return none(CHURN__NEVER);
    }
    double before = last[fits - 2].number;
    return number(v->def->what == CHURN__SURVEY_PREVIOUS ? before : last[fits - 1].number - before);
}

static int64_t dollars(int64_t minor, bool eur)
{
    return eur ? (int64_t)((double)minor * EUR_RATE) : minor;
}

/* The state of each subscription at an instant; false: it has none that lives. */
static bool live_state(const view *v, uint32_t i, churn_time at)
{
    const fact *f = &v->rows[i];
    bool superseded = i + 1 < v->n && v->rows[i + 1].id == f->id && v->rows[i + 1].at[0] <= at;
    return f->at[0] <= at && !superseded && f->status <= 3 &&
           (f->at[3] == CHURN_TIME_NONE || at < f->at[3]);
}

static int64_t state_mrr(const fact *f)
{
    bool counts = f->status == 1 || f->status == 3;
    return counts ? dollars(f->yearly ? f->amount / 12 : f->amount, f->eur) : 0;
}

static int64_t mrr(const view *v, churn_time at, uint32_t *live)
{
    int64_t sum = 0;
    *live = 0;
    for (uint32_t i = 0; i < v->n; i++) {
        if (live_state(v, i, at)) {
            sum += state_mrr(&v->rows[i]);
            *live += v->rows[i].status != 0;
        }
    }
    return sum;
}

static int compare_times(const void *a, const void *b)
{
    churn_time x = *(const churn_time *)a, y = *(const churn_time *)b;
    return (x > y) - (x < y);
}

typedef struct moves {
    double up, down;
    uint32_t downs;
} moves;

/* Every instant at which a state begins or ends, one after the other. */
static moves movements(const view *v)
{
    churn_time at[2 * FACTS];
    uint32_t n = 0, live = 0;
    moves out = {0, 0, 0};
    bool paid = false, gone = false;
    int64_t before = 0;
    for (uint32_t i = 0; i < v->n; i++) {
        at[n++] = v->rows[i].at[0];
        at[n] = v->rows[i].at[3];
        n += at[n] != CHURN_TIME_NONE;
    }
    qsort(at, n, sizeof *at, compare_times);
    for (uint32_t i = 0; i < n; i++) {
        int64_t after = mrr(v, at[i], &live);
        bool counts = at[i] >= v->start && at[i] < v->t && live > 0;
        if (counts && after < before) {
            out.down += (double)(before - after) / 100;
            out.downs++;
        } else if (counts && after > before && paid && !gone) {
            out.up += (double)(after - before) / 100;
        }
        gone = after > 0 ? false : gone;
        paid = paid || after > 0;
        gone = gone || (live == 0 && paid);
        before = after;
    }
    return out;
}

static churn__value plan_value(const view *v)
{
    int64_t most = -1;
    int plan = -2;
    for (uint32_t i = 0; i < v->n; i++) {
        if (live_state(v, i, v->t) && state_mrr(&v->rows[i]) > most) {
            most = state_mrr(&v->rows[i]);
            plan = v->rows[i].word[0];
        }
    }
    if (plan < 0) {
        return none(plan == -2 ? CHURN__EMPTY : CHURN__NOT_PROVIDED);
    }
    return (churn__value){.type = CHURN__TYPE_STRING, .as = {.s = churn__str_nts(names[plan])}};
}

static churn__value subscription_state(const view *v)
{
    churn_time renewal = INT64_MAX;
    uint32_t live = 0, known = 0, meant = 0, given = 0;
    double seats = 0;
    bool began = false;
    for (uint32_t i = 0; i < v->n; i++) {
        const fact *f = &v->rows[i];
        began = began || f->at[0] <= v->t;
        if (!live_state(v, i, v->t)) {
            continue;
        }
        live++;
        known += f->seats != CHURN_INT_NONE;
        seats += f->seats == CHURN_INT_NONE ? 0 : (double)f->seats;
        if (f->status != 0 && (v->def->min_period == 0 || f->yearly)) {
            meant++;
            given += f->at[1] != CHURN_TIME_NONE;
            bool ahead = f->at[1] != CHURN_TIME_NONE && f->at[1] >= v->t;
            renewal = ahead && f->at[1] < renewal ? f->at[1] : renewal;
        }
    }
    if (!began) {
        return none(CHURN__NEVER);
    }
    if (v->def->what == CHURN__SUBSCRIPTION_PLAN) {
        return plan_value(v);
    }
    if (v->def->what == CHURN__SUBSCRIPTION_SEATS) {
        return live > 0 && known == 0 ? none(CHURN__NOT_PROVIDED) : number(seats);
    }
    if (v->def->what == CHURN__SUBSCRIPTION_MRR) {
        return number((double)mrr(v, v->t, &live) / 100);
    }
    if (renewal == INT64_MAX) {
        return none(meant > 0 && given == 0 ? CHURN__NOT_PROVIDED : CHURN__EMPTY);
    }
    return (churn__value){.type = CHURN__TYPE_TIME, .as = {.t = renewal}};
}

static churn__value subscription_value(const view *v)
{
    churn__value truth = {.type = CHURN__TYPE_BOOL};
    bool requested = v->def->what == CHURN__SUBSCRIPTION_CANCEL_REQUESTED;
    for (uint32_t i = 0; i < v->n; i++) {
        const fact *f = &v->rows[i];
        bool here = live_state(v, i, v->t);
        truth.as.b |= here && (requested ? come(v, f->at[4]) : f->status != 0);
    }
    switch (v->def->what) {
    case CHURN__SUBSCRIPTION_ACTIVE:
    case CHURN__SUBSCRIPTION_CANCEL_REQUESTED:
        return truth;
    case CHURN__SUBSCRIPTION_DOWNGRADES:
        return number(movements(v).downs);
    case CHURN__SUBSCRIPTION_EXPANSION_AMOUNT:
        return number(movements(v).up);
    case CHURN__SUBSCRIPTION_CONTRACTION_AMOUNT:
        return number(movements(v).down);
    default:
        return subscription_state(v);
    }
}

static churn__value invoice_value(const view *v)
{
    double failed = 0, longest = 0, due_count = 0, on_time = 0;
    int64_t overdue = 0, open = 0, refunded = 0, billed = 0;
    churn_time last = CHURN_TIME_NONE;
    for (uint32_t i = 0; i < v->n; i++) {
        const fact *f = &v->rows[i];
        churn_time due = f->at[0] + DAYS((int64_t)f->number);
        bool unpaid = f->at[0] < v->t && !come(v, f->at[1]);
        bool issued = f->at[0] < v->t;
        failed += issued && within(v, f->at[2]);
        last = issued && come(v, f->at[2]) && f->at[2] > last ? f->at[2] : last;
        if (unpaid) {
            open += dollars(f->amount, f->eur);
        }
        if (unpaid && due <= v->t) {
            longest = fmax(longest, (double)(v->t - due) / 86400e6);
            overdue += dollars(f->amount, f->eur);
        }
        if (f->at[0] < v->t && within(v, due)) {
            due_count++;
            on_time += come(v, f->at[1]) && f->at[1] <= due;
        }
        if (within(v, f->at[3])) {
            refunded += dollars(f->amount / 2, f->eur);
        }
        billed += within(v, f->at[0]) ? dollars(f->amount, f->eur) : 0;
    }
    switch (v->def->what) {
    case CHURN__INVOICE_FAILED_COUNT:
        return number(failed);
    case CHURN__INVOICE_DAYS_SINCE_FAILURE:
        return whole_days(v, last);
    case CHURN__INVOICE_OVERDUE_DAYS:
        return number(longest);
    case CHURN__INVOICE_OVERDUE_AMOUNT:
        return number((double)overdue / 100);
    case CHURN__INVOICE_OPEN_AMOUNT:
        return number((double)open / 100);
    case CHURN__INVOICE_PAID_ON_TIME_SHARE:
        return share(on_time, due_count);
    case CHURN__INVOICE_BILLED_AMOUNT:
        return number((double)billed / 100);
    default:
        return number((double)refunded / 100);
    }
}

static churn__value contact_value(const view *v)
{
    double active = 0;
    churn_time last = CHURN_TIME_NONE;
    for (uint32_t i = 0; i < v->n && true; i++) {
        const fact *f = &v->rows[i];
        bool first = i == 0 || v->rows[i - 1].id != f->id;
        bool role = wanted(v, 0, f->word[0]), in = f->active && role;
        bool was = !first && v->rows[i - 1].active && wanted(v, 0, v->rows[i - 1].word[0]);
        bool ended = i + 1 < v->n && v->rows[i + 1].id == f->id && v->rows[i + 1].at[0] <= v->t;
        if (f->at[0] > v->t) {
            continue;
        }
        active += in && !ended;
        if (!in && (first ? !f->active && role : was) && f->at[0] > last) {
            last = f->at[0];
        }
    }
    return v->def->what == CHURN__CONTACT_ACTIVE_COUNT ? number(active) : whole_days(v, last);
}

/* The earliest of each name stands, and of several names the earliest is meant. */
static churn__value milestone_value(const view *v, churn_time since)
{
    churn_time first = INT64_MAX;
    for (uint32_t i = 0; i < v->n; i++) {
        const fact *f = &v->rows[i];
        int name = f->word[0] < 0 ? 0 : f->word[0];
        if (wanted(v, 0, name) && f->at[0] < v->t && f->at[0] < first) {
            first = f->at[0];
        }
    }
    if (first == INT64_MAX) {
        return none(CHURN__NEVER);
    }
    if (v->def->what == CHURN__MILESTONE_REACHED_AT) {
        return (churn__value){.type = CHURN__TYPE_TIME, .as = {.t = first}};
    }
    if (since == CHURN_TIME_NONE) {
        return none(CHURN__NOT_PROVIDED);
    }
    return number(first > since ? (double)(first - since) / 86400e6 : 0);
}

static churn__value touchpoint_value(const view *v)
{
    double count = 0, replied = 0, row = 0;
    churn_time last = CHURN_TIME_NONE;
    for (uint32_t i = 0; i < v->n; i++) {
        const fact *f = &v->rows[i];
        if (f->at[0] >= v->t || !wanted(v, 0, f->word[0] < 0 ? 0 : f->word[0])) {
            continue;
        }
        last = f->at[0];
        row = come(v, f->at[1]) ? 0 : row + 1;
        count += within(v, f->at[0]);
        replied += within(v, f->at[0]) && come(v, f->at[1]);
    }
    switch (v->def->what) {
    case CHURN__TOUCHPOINT_COUNT:
        return number(count);
    case CHURN__TOUCHPOINT_REPLY_RATE:
        return share(replied, count);
    case CHURN__TOUCHPOINT_DAYS_SINCE:
        return whole_days(v, last);
    default:
        return number(row);
    }
}

static churn__value twin(const scene *s, uint32_t m, uint32_t customer, churn_time as_of)
{
    static view v;
    churn_time since = s->since[customer];
    v = (view){.s = s, .def = &s->defs[m], .m = m, .as_of = as_of, .start = CHURN_TIME_MIN};
    v.t = churn__span_back(NULL, as_of, v.def->offset);
    if (v.def->has_window) {
        v.start = churn__span_back(NULL, v.t, v.def->window);
        if (since != CHURN_TIME_NONE && v.start < since && !v.def->clip) {
            return none(CHURN__SHORT_HISTORY_SINCE);
        }
        v.start = since != CHURN_TIME_NONE && since > v.start ? since : v.start;
    }
    look(&v, customer);
    switch (v.def->kind) {
    case CHURN__METRIC_TICKET:
        return ticket_value(&v);
    case CHURN__METRIC_SURVEY:
        return survey_value(&v);
    case CHURN__METRIC_SUBSCRIPTION:
        return subscription_value(&v);
    case CHURN__METRIC_INVOICE:
        return invoice_value(&v);
    case CHURN__METRIC_CONTACT:
        return contact_value(&v);
    case CHURN__METRIC_MILESTONE:
        return milestone_value(&v, since);
    default:
        return touchpoint_value(&v);
    }
}

/* ---- comparing ---- */

static bool agrees(const world *w, uint32_t m, uint32_t row, const churn__value *want)
{
    const void *values = w->values[m];
    if (w->missing[m][row] != want->missing || want->missing != CHURN__PRESENT) {
        return w->missing[m][row] == want->missing;
    }
    switch (w->columns[m].type) {
    case CHURN__TYPE_BOOL:
        return ((const uint8_t *)values)[row] == want->as.b;
    case CHURN__TYPE_STRING:
        return churn__str_eq(((const churn_str *)values)[row], want->as.s);
    case CHURN__TYPE_TIME:
        return ((const churn_time *)values)[row] == want->as.t;
    default:
        return ((const double *)values)[row] == want->as.d;
    }
}

static void compare(const scene *s, uint64_t scene_seed)
{
    for (uint32_t m = 0; m < DEFS; m++) {
        for (uint32_t c = 0; c < CUSTOMERS; c++) {
            for (uint32_t date = 0; date < s->w->date_count; date++) {
                uint32_t row = c * s->w->date_count + date;
                churn__value want = twin(s, m, c, s->w->dates[date]);
                if (!agrees(s->w, m, row, &want)) {
                    fail_msg("seed %llu metric %u what %u customer %u date %u: got %.17g missing "
                             "%u, want %.17g missing %u",
                             (unsigned long long)scene_seed, m, s->defs[m].what, c, date,
                             s->w->values[m][row], s->w->missing[m][row], want.as.d, want.missing);
                }
            }
        }
    }
}

static const churn_record_kind marked[] = {
    CHURN_RECORD_TICKET,  CHURN_RECORD_SURVEY,    CHURN_RECORD_SUBSCRIPTION, CHURN_RECORD_INVOICE,
    CHURN_RECORD_CONTACT, CHURN_RECORD_MILESTONE, CHURN_RECORD_TOUCHPOINT};

/* The twin groups nothing. */
static const churn__kpi_policy instants = {.preset = CHURN__POLICY_CHARTMOGUL,
                                           .past_due = 1,
                                           .free = 1,
                                           .refunds = CHURN__REFUNDS_SUBTRACT,
                                           .reactivation_within = CHURN__REACTIVATION_ANY};

static void one_scene(void)
{
    scene *s = calloc(1, sizeof *s);
    const uint64_t scene_seed = seed;
    churn_time dates[6];
    assert_non_null(s);
    s->w = world_create();
    s->w->config.policy = &instants;
    for (uint32_t c = 0; c < CUSTOMERS; c++) {
        s->since[c] = roll(2) ? CHURN_TIME_NONE : D(roll(40));
        add_customer(s->w, customers[c], s->since[c]);
    }
    add_rate(s->w);
    make_facts(s);
    for (size_t i = 0; i < sizeof marked / sizeof marked[0];
         i++) { /* so that every kind is provided */
        add_mark(s->w, churn__record_kind_name(marked[i]), D(0), CHURN_TIME_NONE);
    }
    for (uint32_t i = 0; i < 6; i++) {
        dates[i] = D(5) + DAYS(17) * i + HOURS(12) * roll(20);
    }
    world_dates(s->w, dates, 6);
    for (uint32_t m = 0; m < DEFS; m++) {
        make_metric(s, m);
    }
    world_eval(s->w, s->defs, DEFS);
    compare(s, scene_seed);
    world_free(s->w);
    free(s);
}

static void records__random_histories__as_the_plain_definitions(void **state)
{
    (void)state;
    for (int i = 0; i < 150; i++) {
        one_scene();
    }
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(records__random_histories__as_the_plain_definitions),
    };
    return RUN_TESTS(group);
}
