/* SPDX-License-Identifier: MIT */
#include "kpi/money.h"

#include "base/checked.h"

/*
 * The movements of one customer after the other. Where somebody stays in one group, a movement is
 * added to the cell in which it happens, and to the levels from the first cell on that has it; who
 * changes the group, or whose money is unknown for a time, has several stretches of periods, and
 * each level ends with its stretch.
 */

#define BY_PART                                                               \
    ((UINT32_C(1) << CHURN__KEY_PLAN) | (UINT32_C(1) << CHURN__KEY_PRODUCT) | \
     (UINT32_C(1) << CHURN__KEY_CURRENCY))
#define BY_CAUSE (UINT32_C(1) << CHURN__KEY_CAUSE)

churn_status churn__money_open(churn__money *money, churn__kpi_run *run, bool days,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__grid_open(&money->grid, run, days, err));
    churn__sums_init_cells(&money->sums, run->heap, money->grid.cells, CHURN__MONEY_SUMS);
    money->by_move =
        (uint32_t)__builtin_popcount(run->key_bits & (BY_PART | BY_CAUSE)) == run->by_count;
    money->by_part = money->customers && (run->key_bits & BY_PART) != 0;
done:
    return st;
}

void churn__money_close(churn__money *money, churn__kpi_run *run)
{
    churn__sums_free(&money->sums);
    churn__free_array(run->heap, money->places, money->place_capacity, sizeof *money->places);
    churn__free_array(run->heap, money->parts, money->part_capacity, sizeof *money->parts);
    churn__grid_close(&money->grid, run);
}

/* ---- stretches ---- */

/* Periods [from, until) through which a group stays the same, and money known or not. */
typedef struct stretch {
    uint32_t from, until;
    bool known, known_at_end; /* known_at_end: only where not known */
} stretch;

static void find_stretch(const churn__kpi_run *run, bool any_unknown, uint32_t from, uint32_t until,
                         stretch *out)
{
    *out = (stretch){from, until, true, true};
    if (!any_unknown) {
        return;
    }
    out->known = !churn__run_unknown(run, from);
    out->known_at_end = !churn__run_unknown_at_end(run, from);
    for (out->until = from + 1; out->until < until; out->until++) {
        if (churn__run_unknown(run, out->until) == out->known ||
            churn__run_unknown_at_end(run, out->until) == out->known_at_end) {
            return;
        }
    }
}

/* ---- who has money in a part ---- */

static churn__money_part *find_part(churn__money *money, churn__kpi_run *run, uint32_t group,
                                    uint32_t cell)
{
    for (size_t i = 0; i < money->part_count; i++) {
        if (money->parts[i].group == group) {
            return &money->parts[i];
        }
    }
    if (!churn__grow(run->heap, (void **)&money->parts, &money->part_capacity,
                     money->part_count + 1, sizeof *money->parts)) {
        money->sums.starved = true;
        return NULL;
    }
    money->parts[money->part_count] = (churn__money_part){group, cell, 0};
    return &money->parts[money->part_count++];
}

/* Up to a cell the customer had what the part says. */
static bool put_part(churn__money *money, churn__money_part *part, uint32_t cell)
{
    const uint32_t since = part->since;
    part->since = cell;
    return part->mrr <= 0 ||
           churn__sums_level(&money->sums, part->group, since, cell, CHURN__MONEY_KNOWN, 1);
}

static bool add_part(churn__money *money, churn__kpi_run *run, uint32_t group, uint32_t cell,
                     int64_t amount)
{
    churn__money_part *part = find_part(money, run, group, cell);
    if (part == NULL || (part->since < cell && !put_part(money, part, cell))) {
        return false;
    }
    part->mrr += amount; /* the ledger proved that no sum of a customer is too large */
    return true;
}

static bool end_parts(churn__money *money, uint32_t cell)
{
    bool fits = true;
    for (size_t i = 0; i < money->part_count && fits; i++) {
        fits = put_part(money, &money->parts[i], cell);
    }
    money->part_count = 0;
    return fits;
}

/* ---- movements ---- */

static churn__kpi_keys keys_of(const churn__move *move)
{
    churn__kpi_keys keys = churn__kpi_no_keys;
    keys.code[CHURN__KEY_PLAN] = churn__key_code(move->plan);
    keys.code[CHURN__KEY_PRODUCT] = churn__key_code(move->product);
    keys.code[CHURN__KEY_CURRENCY] = churn__key_code(move->currency);
    return keys;
}

static uint32_t later(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static uint32_t group_of(churn__money *money, churn__kpi_run *run, uint32_t period,
                         const churn__move *move)
{
    churn__money_group *kept = &money->kept[move->plan % CHURN__MONEY_KEPT];
    if (money->by_move && kept->known && kept->plan == move->plan &&
        kept->product == move->product && kept->currency == move->currency) {
        return kept->group;
    }
    const churn__kpi_keys keys = keys_of(move);
    const uint32_t group = churn__run_group(run, period, &keys);
    *kept = (churn__money_group){group != CHURN__KPI_NONE, move->plan, move->product,
                                 move->currency, group};
    return group;
}

/* By cause a level is that of the whole customer: only movements have one. */
static bool add_move(churn__money *money, churn__kpi_run *run, const stretch *s,
                     const churn__move *move, churn__money_place place)
{
    const uint32_t a = money->grid.first[s->from], b = money->grid.first[s->until];
    const uint32_t end = place.end, start = place.start;
    if (end >= b) {
        return true;
    }
    const uint32_t group = group_of(money, run, s->from, move);
    if (money->by_part && (s->known || s->known_at_end) &&
        !add_part(money, run, group, later(end, a), move->amount)) {
        return false;
    }
    if (!s->known) {
        return !s->known_at_end || churn__sums_level(&money->sums, group, later(end, a), b,
                                                     CHURN__MONEY_MORE, move->amount);
    }
    if (!churn__sums_level(&money->sums, group, later(end, a), b, CHURN__MONEY_CLOSE,
                           move->amount) ||
        !churn__sums_level(&money->sums, group, later(start, a), b, CHURN__MONEY_OPEN,
                           move->amount)) {
        return false;
    }
    if (end < a || end >= b || !churn__grid_holds(&money->grid, end, move->at)) {
        return true;
    }
    uint32_t caused = group;
    if ((run->key_bits & BY_CAUSE) != 0) {
        churn__kpi_keys keys = keys_of(move);
        keys.code[CHURN__KEY_CAUSE] = move->cause;
        caused = churn__run_group(run, s->from, &keys);
    }
    return churn__sums_add(&money->sums, caused, end, CHURN__MONEY_KIND + move->kind,
                           move->amount) &&
           churn__sums_add(&money->sums, caused, end, CHURN__MONEY_COUNT + move->kind, 1);
}

/* What the customer has when their group changes goes from one to the other. */
static bool move_over(churn__money *money, churn__kpi_run *run, const stretch *before,
                      const stretch *after, const churn__ledger_of *ledger)
{
    const uint32_t cell = money->grid.first[after->from];
    if (!before->known || !after->known || !churn__run_adjoins(run, after->from)) {
        return true;
    }
    for (size_t i = 0; i < ledger->move_count && ledger->moves[i].at < money->grid.starts[cell];
         i++) {
        const churn__kpi_keys keys = keys_of(&ledger->moves[i]);
        const uint32_t from = churn__run_group(run, before->from, &keys);
        const uint32_t to = churn__run_group(run, after->from, &keys);
        const int64_t amount = ledger->moves[i].amount;
        if (from != to &&
            (!churn__sums_add(&money->sums, from, cell, CHURN__MONEY_MOVED_OUT, amount) ||
             !churn__sums_add(&money->sums, to, cell, CHURN__MONEY_MOVED_IN, amount))) {
            return false;
        }
    }
    return true;
}

static bool find_places(churn__money *money, churn__kpi_run *run, const churn__ledger_of *ledger)
{
    if (!churn__grow(run->heap, (void **)&money->places, &money->place_capacity, ledger->move_count,
                     sizeof *money->places)) {
        money->sums.starved = true;
        return false;
    }
    for (size_t i = 0; i < ledger->move_count; i++) {
        const churn_time at = ledger->moves[i].at;
        money->places[i] = (churn__money_place){churn__grid_first_start(&money->grid, at),
                                                churn__grid_first_end(&money->grid, at)};
    }
    return true;
}

static bool add_movements(churn__money *money, churn__kpi_run *run, const churn__ledger_of *ledger)
{
    stretch before = {0}, now = {0};
    if (!find_places(money, run, ledger)) {
        return false;
    }
    for (uint32_t p = 0; p < run->begun_count; p = now.until) {
        const uint32_t until = money->by_move ? run->begun_count : churn__run_group_until(run, p);
        find_stretch(run, ledger->unknown_count > 0, p, until, &now);
        if (p > 0 && !move_over(money, run, &before, &now, ledger)) {
            return false;
        }
        for (size_t i = 0; i < ledger->move_count; i++) {
            if (!add_move(money, run, &now, &ledger->moves[i], money->places[i])) {
                return false;
            }
        }
        if (!end_parts(money, money->grid.first[now.until])) {
            return false;
        }
        before = now;
    }
    return true;
}

/* ---- closed cohorts ---- */

/* From a cell on, until another, the MRR stays what it is. */
static bool add_flat(churn__money *money, churn__kpi_run *run, bool any_unknown, uint32_t from,
                     uint32_t until, int64_t mrr)
{
    stretch s;
    for (uint32_t p = from; mrr > 0 && p < until; p = s.until) {
        find_stretch(run, any_unknown, p, churn__run_group_until(run, p), &s);
        s.until = s.until < until ? s.until : until;
        const uint32_t group = churn__run_group(run, p, NULL);
        if (s.known &&
            (!churn__sums_level(&money->sums, group, p, s.until, CHURN__MONEY_FLAT, mrr) ||
             !churn__sums_level(&money->sums, group, p, s.until, CHURN__MONEY_FLAT_COUNT, 1))) {
            return false;
        }
    }
    return true;
}

static bool add_moved(churn__money *money, churn__kpi_run *run, bool any_unknown, uint32_t period,
                      int64_t start, int64_t end)
{
    const uint32_t group = churn__run_group(run, period, NULL);
    const int64_t kept = end < start ? end : start;
    if (start <= 0 || (any_unknown && churn__run_unknown(run, period))) {
        return true;
    }
    return churn__sums_add(&money->sums, group, period, CHURN__MONEY_COHORT_START, start) &&
           churn__sums_add(&money->sums, group, period, CHURN__MONEY_COHORT_END, end) &&
           churn__sums_add(&money->sums, group, period, CHURN__MONEY_COHORT_KEPT, kept) &&
           churn__sums_add(&money->sums, group, period, CHURN__MONEY_COHORT_COUNT, 1);
}

/* Cells are periods here. Moves in one period are taken together. */
static bool add_cohorts(churn__money *money, churn__kpi_run *run, const churn__ledger_of *ledger)
{
    const bool any_unknown = ledger->unknown_count > 0;
    int64_t mrr = 0;
    uint32_t from = 0;
    for (size_t i = 0; i < ledger->move_count;) {
        const churn__move *move = &ledger->moves[i];
        const uint32_t period = money->places[i].end;
        const bool inside = churn__grid_holds(&money->grid, period, move->at);
        const int64_t start = mrr;
        bool left = false;
        if (!add_flat(money, run, any_unknown, from, period, start)) {
            return false;
        }
        for (; i < ledger->move_count && (inside ? ledger->moves[i].at < money->grid.untils[period]
                                                 : &ledger->moves[i] == move);
             i++) {
            mrr += ledger->moves[i].amount;
            left = left || ledger->moves[i].kind == CHURN__MOVE_CHURN;
        }
        left = left && run->policy->returners == CHURN__RETURNERS_LOST;
        if (inside && !add_moved(money, run, any_unknown, period, start, left ? 0 : mrr)) {
            return false;
        }
        from = inside ? period + 1 : period;
    }
    return add_flat(money, run, any_unknown, from, money->grid.cells, mrr);
}

/* ---- customers, to divide money by ---- */

static churn_status add_customers(churn__money *money, churn__kpi_run *run, bool any_unknown,
                                  churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__life_span *lives = NULL;
    size_t count = 0;
    CHURN_TRY(churn__run_lives(run, &lives, &count, err));
    for (size_t i = 0; i < count; i++) {
        const uint32_t from = churn__grid_first_end(&money->grid, lives[i].from);
        const uint32_t until = lives[i].to == CHURN_TIME_NONE
                                   ? money->grid.cells
                                   : churn__grid_first_end(&money->grid, lives[i].to);
        stretch s;
        for (uint32_t p = from; p < until; p = s.until) {
            find_stretch(run, any_unknown, p, churn__run_group_until(run, p), &s);
            s.until = s.until < until ? s.until : until;
            if ((s.known || s.known_at_end) &&
                !churn__sums_level(&money->sums, churn__run_group(run, p, NULL), p, s.until,
                                   CHURN__MONEY_KNOWN, 1)) {
                CHURN_TRY(churn__sums_failed(&money->sums, run, err));
            }
        }
    }
done:
    return st;
}

churn_status churn__money_customer(churn__money *money, churn__kpi_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__ledger_of *ledger = NULL;
    CHURN_TRY(churn__run_ledger(run, &ledger, err));
    money->any_unknown = money->any_unknown || ledger->unknown_count > 0;
    if (!add_movements(money, run, ledger) ||
        (money->cohorts && !add_cohorts(money, run, ledger))) {
        CHURN_TRY(churn__sums_failed(&money->sums, run, err));
    }
    if (money->customers && !money->by_part) {
        CHURN_TRY(add_customers(money, run, ledger->unknown_count > 0, err));
    }
done:
    return st;
}

/* ---- the proof ---- */

/* Wrapping is harmless: both sides wrap alike. */
static uint64_t moved(const int64_t *sum)
{
    uint64_t all = 0;
    for (uint32_t kind = CHURN__MOVE_NEW; kind < CHURN__MOVES; kind++) {
        all += (uint64_t)sum[CHURN__MONEY_KIND + kind];
    }
    return all;
}

static bool cell_adds_up(const int64_t *sum)
{
    return (uint64_t)sum[CHURN__MONEY_OPEN] + moved(sum) == (uint64_t)sum[CHURN__MONEY_CLOSE];
}

/* By cause movements are in other groups than levels, so only the total of all groups adds up. */
static void add_total(const churn__kpi_sums *sums, uint32_t cell, int64_t *total)
{
    memset(total, 0, CHURN__MONEY_SUMS * sizeof *total);
    for (uint32_t g = 0; g < sums->groups; g++) {
        const int64_t *sum = churn__sums_get(sums, g, cell);
        for (uint32_t i = 0; i < CHURN__MONEY_SUMS; i++) {
            total[i] = (int64_t)((uint64_t)total[i] + (uint64_t)sum[i]);
        }
    }
}

static bool group_adds_up(const churn__money *money, uint32_t g)
{
    for (uint32_t c = 0; c < money->grid.cells; c++) {
        if (!cell_adds_up(churn__sums_get(&money->sums, g, c))) {
            return false;
        }
    }
    return true;
}

static bool group_goes_on(const churn__money *money, uint32_t g)
{
    for (uint32_t c = 1; c < money->grid.cells; c++) {
        const int64_t *last = churn__sums_get(&money->sums, g, c - 1);
        const int64_t *sum = churn__sums_get(&money->sums, g, c);
        if (churn__grid_adjoins(&money->grid, c) && (uint64_t)last[CHURN__MONEY_CLOSE] +
                                                            (uint64_t)sum[CHURN__MONEY_MOVED_IN] -
                                                            (uint64_t)sum[CHURN__MONEY_MOVED_OUT] !=
                                                        (uint64_t)sum[CHURN__MONEY_OPEN]) {
            return false;
        }
    }
    return true;
}

static bool all_adds_up(const churn__money *money)
{
    int64_t total[CHURN__MONEY_SUMS];
    for (uint32_t c = 0; c < money->grid.cells; c++) {
        add_total(&money->sums, c, total);
        if (!cell_adds_up(total) || total[CHURN__MONEY_MOVED_IN] != total[CHURN__MONEY_MOVED_OUT]) {
            return false;
        }
    }
    return true;
}

churn_status churn__money_finish(churn__money *money, churn__kpi_run *run, churn_error *err)
{
    const bool by_cause = (run->key_bits & BY_CAUSE) != 0;
    if (!churn__sums_accumulate(&money->sums, 0, CHURN__MONEY_LEVELS)) {
        return churn__fail(err, CHURN_E_RANGE, 0,
                           "kpi: the sum over all customers becomes too large");
    }
    for (uint32_t g = 0; !by_cause && g < money->sums.groups; g++) {
        if (!group_adds_up(money, g) || (!money->any_unknown && !group_goes_on(money, g))) {
            return churn__fail(err, CHURN_E_INTERNAL, 0, "kpi: movements of MRR do not add up");
        }
    }
    if (!all_adds_up(money)) {
        return churn__fail(err, CHURN_E_INTERNAL, 0, "kpi: movements of MRR do not add up");
    }
    return CHURN_OK;
}
