/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "trigger/trigger.h"

/*
 * A slow twin of the state machine. It keeps the whole history and reads the table from the front:
 * how long something was true, since when something is not known and when an episode began are
 * found by walking back through what happened, not by counters.
 */

#define STEPS 60

typedef struct past {
    churn__trigger_input in;
    char e, c;  /* T F U X, what the table calls E and C */
    char after; /* i p f r c */
    bool fired, resolved, reminded, told;
} past;

typedef struct twin {
    const churn__trigger_def *def;
    past at[STEPS];
    int n; /* the step now being made */
} twin;

static char letter(churn__truth t)
{
    return "FTUX"[t];
}

static char state_before(const twin *w)
{
    return w->n == 0 ? 'i' : w->at[w->n - 1].after;
}

/* The step that made the run of `state` in which we are, looking at states after each step. */
static int entered(const twin *w, char state)
{
    int i = w->n - 1;
    while (i > 0 && w->at[i - 1].after == state && !w->at[i].fired) {
        i--;
    }
    return i;
}

static int last_fired(const twin *w)
{
    int i = w->n - 1;
    while (i >= 0 && !w->at[i].fired) {
        i--;
    }
    return i;
}

/* Sum of the times between neighbouring steps at which the letter was T, and how many were T, from
 * step `from` on; a T after too long a gap begins anew. */
static void walk(const twin *w, int from, bool clearing, int64_t *sum, uint32_t *count)
{
    *sum = 0;
    *count = 1;
    for (int i = from + 1; i <= w->n; i++) {
        const char now = clearing ? w->at[i].c : w->at[i].e;
        const char before = clearing ? w->at[i - 1].c : w->at[i - 1].e;
        const int64_t gap = w->at[i].in.at - w->at[i - 1].in.at;
        if (now != 'T') {
            continue;
        }
        if (gap > w->def->max_gap) {
            *sum = 0;
            *count = 1;
        } else {
            *sum += before == 'T' ? gap : 0;
            *count += 1;
        }
    }
}

/* The letter that decided at step i, given the state in which it was judged. */
static char decider(const twin *w, int i)
{
    char s = i == 0 ? 'i' : w->at[i - 1].after;
    return (s == 'f' || s == 'r') ? w->at[i].c : w->at[i].e;
}

static int unknown_from(const twin *w)
{
    int i = w->n;
    while (i > 0 && strchr("UX", decider(w, i - 1)) != NULL) {
        i--;
    }
    return i;
}

static uint8_t policy(const twin *w)
{
    const churn__on_unknown *p = &w->def->on_unknown;
    const churn__missing m = w->at[w->n].in.missing;
    return m == CHURN__NEVER     ? p->never
           : m == CHURN__EMPTY   ? p->empty
           : m == CHURN__EXPIRED ? p->expired
                                 : p->otherwise;
}

static bool was_not_true(const twin *w)
{
    for (int i = 0; i < w->n; i++) {
        if (w->at[i].e != 'T') {
            return true;
        }
    }
    return false;
}

static int first_judged(const twin *w)
{
    int i = 0;
    while (i < w->n && !w->at[i].in.in_population) {
        i++;
    }
    return i;
}

static bool disarmed(const twin *w)
{
    const int first = first_judged(w);
    if (!w->def->initial_arm || w->at[first].e != 'T') {
        return false;
    }
    for (int i = first; i < w->n; i++) {
        if (w->at[i].e != 'T') {
            return false;
        }
    }
    return true;
}

static uint8_t ripe(twin *w, churn__trigger_did *did)
{
    past *now = &w->at[w->n];
    if (now->in.blocked) {
        return CHURN__SUPPRESSED_BLOCKED;
    }
    if (now->in.since != CHURN_TIME_NONE && now->in.at < now->in.since + w->def->grace) {
        return CHURN__SUPPRESSED_GRACE;
    }
    now->fired = true;
    now->after = 'f';
    did->what |= CHURN__DID_FIRE;
    return 0;
}

static void end(twin *w, uint8_t reason, churn__trigger_did *did)
{
    past *now = &w->at[w->n];
    now->resolved = true;
    did->what |= CHURN__DID_RESOLVE;
    did->resolved = reason;
    now->after = w->def->cooldown > 0 ? 'c' : 'i';
}

static void note(uint8_t reason, churn__trigger_did *did)
{
    if (reason != 0) {
        did->what |= CHURN__DID_SUPPRESS;
        did->suppressed = reason;
    }
}

static void from_inactive(twin *w, churn__trigger_did *did)
{
    past *now = &w->at[w->n];
    now->after = 'i';
    if (now->e != 'T') {
        return;
    }
    if (disarmed(w)) {
        note(CHURN__SUPPRESSED_INITIAL, did);
    } else if (w->def->refire == CHURN__REFIRE_NEVER && last_fired(w) >= 0) {
        note(CHURN__SUPPRESSED_REFIRE, did);
    } else if (w->def->refire == CHURN__REFIRE_AFTER_CLEAR && last_fired(w) >= 0 &&
               !was_not_true(w)) {
        note(CHURN__SUPPRESSED_REFIRE, did);
    } else if (now->in.blocked) {
        note(CHURN__SUPPRESSED_BLOCKED, did);
    } else if (w->def->hold == 0 && w->def->min_evals <= 1) {
        note(ripe(w, did), did);
    } else {
        now->after = 'p';
    }
}

static void from_pending(twin *w, churn__trigger_did *did)
{
    past *now = &w->at[w->n];
    int64_t sum = 0;
    uint32_t count = 0;
    now->after = 'p';
    if (now->e == 'F') {
        now->after = 'i';
    } else if (now->e == 'U' && w->def->on_unknown.given && policy(w) == CHURN__UNKNOWN_RESET) {
        now->after = 'i';
    } else if (now->e == 'T') {
        walk(w, entered(w, 'p'), false, &sum, &count);
        if (sum >= w->def->hold && count >= w->def->min_evals) {
            note(ripe(w, did), did);
        }
    }
}

static void open_unknown(twin *w, churn__trigger_did *did)
{
    const past *now = &w->at[w->n];
    if (now->c == 'X') {
        return;
    }
    if (!w->def->on_unknown.given) {
        if (now->in.all_absence) {
            end(w, CHURN__RESOLVED_ABSENT, did);
        }
    } else if (policy(w) == CHURN__UNKNOWN_RESOLVE &&
               now->in.at >= w->at[unknown_from(w)].in.at + w->def->expire_unknown_after) {
        end(w, CHURN__RESOLVED_STALE, did);
    }
}

static void remind(twin *w, churn__trigger_did *did)
{
    past *now = &w->at[w->n];
    int i = w->n - 1;
    while (!w->at[i].fired && !w->at[i].reminded) {
        i--;
    }
    if (w->def->renotify > 0 && now->in.at - w->at[i].in.at >= w->def->renotify) {
        now->reminded = true;
        did->what |= CHURN__DID_REMIND;
    }
}

static void from_firing(twin *w, churn__trigger_did *did)
{
    past *now = &w->at[w->n];
    const churn_time fired_at = w->at[last_fired(w)].in.at;
    now->after = 'f';
    if (now->c == 'T') {
        if (w->def->clear_for == 0) {
            end(w, CHURN__RESOLVED_CLEARED, did);
        } else {
            now->after = 'r';
        }
    } else if (now->c != 'F') {
        open_unknown(w, did);
    } else if (w->def->refire == CHURN__REFIRE_EVERY && now->e == 'T' &&
               now->in.at - fired_at >= w->def->refire_every) {
        if (now->in.blocked) {
            note(CHURN__SUPPRESSED_BLOCKED, did);
            remind(w, did);
        } else {
            did->what |= CHURN__DID_RESOLVE | CHURN__DID_FIRE;
            did->resolved = CHURN__RESOLVED_REFIRED;
            now->fired = now->resolved = true;
        }
    } else {
        remind(w, did);
    }
}

static void from_resolving(twin *w, churn__trigger_did *did)
{
    past *now = &w->at[w->n];
    int64_t sum = 0;
    uint32_t count = 0;
    now->after = 'r';
    if (now->c == 'F') {
        now->after = 'f';
        did->what |= CHURN__DID_RELAPSE;
    } else if (now->c == 'T') {
        walk(w, entered(w, 'r'), true, &sum, &count);
        if (sum >= w->def->clear_for) {
            end(w, CHURN__RESOLVED_CLEARED, did);
        }
    } else {
        open_unknown(w, did);
    }
}

static void from_cooldown(twin *w, churn__trigger_did *did)
{
    past *now = &w->at[w->n];
    int i = w->n - 1;
    while (!w->at[i].resolved) {
        i--;
    }
    if (now->in.at >= w->at[i].in.at + w->def->cooldown) {
        from_inactive(w, did);
        return;
    }
    now->after = 'c';
    note(now->e == 'T' ? CHURN__SUPPRESSED_COOLDOWN : 0, did);
}

static void tell_gap(twin *w, churn__trigger_did *did)
{
    past *now = &w->at[w->n];
    const int from = unknown_from(w);
    if (decider(w, w->n) != 'U' || !churn__is_ignorance(now->in.missing) ||
        now->in.at - w->at[from].in.at < w->def->unknown_after) {
        return;
    }
    for (int i = from; i < w->n; i++) {
        if (w->at[i].told) {
            return;
        }
    }
    now->told = true;
    did->what |= CHURN__DID_DATA_GAP;
}

static void twin_step(twin *w, const churn__trigger_input *in, churn__trigger_did *did)
{
    past *now = &w->at[w->n];
    const char before = state_before(w);
    char r = w->def->clear_when != NULL ? letter(in->clear) : "TFUX"[in->when];
    *now = (past){.in = *in, .e = letter(in->when)};
    *did = (churn__trigger_did){0};
    if (!in->in_population) {
        now->e = 'F';
        now->c = 'T';
        now->after = before == 'p' ? 'i' : before;
        if (before == 'f' || before == 'r') {
            end(w, CHURN__RESOLVED_LEFT, did);
        } else if (before == 'c') {
            from_cooldown(w, did);
        }
        w->n++;
        return;
    }
    now->c = now->e == 'T' ? 'F' : r;
    tell_gap(w, did);
    switch (before) {
    case 'i':
        from_inactive(w, did);
        break;
    case 'p':
        from_pending(w, did);
        break;
    case 'f':
        from_firing(w, did);
        break;
    case 'r':
        from_resolving(w, did);
        break;
    default:
        from_cooldown(w, did);
        break;
    }
    w->n++;
}

/* ---- random definitions and inputs ---- */

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static int64_t pick(uint64_t *seed, int n)
{
    return (int64_t)(next(seed) % (uint64_t)n);
}

static int64_t maybe_days(uint64_t *seed, int n)
{
    return pick(seed, 2) * pick(seed, n) * CHURN__DAY;
}

static churn__trigger_def random_def(uint64_t *seed)
{
    static int some;
    churn__trigger_def def = {0};
    def.clear_when = pick(seed, 2) ? (churn__expr *)(void *)&some : NULL;
    def.hold = maybe_days(seed, 5);
    def.min_evals = (uint32_t)pick(seed, 4);
    def.max_gap = (1 + pick(seed, 4)) * CHURN__DAY;
    def.clear_for = maybe_days(seed, 4);
    def.cooldown = maybe_days(seed, 6);
    def.refire = (uint8_t)pick(seed, 3);
    def.refire_every = (1 + pick(seed, 6)) * CHURN__DAY;
    def.renotify = maybe_days(seed, 5);
    def.on_unknown.given = pick(seed, 2) != 0;
    def.on_unknown.never = (uint8_t)pick(seed, 3);
    def.on_unknown.empty = (uint8_t)pick(seed, 3);
    def.on_unknown.expired = (uint8_t)pick(seed, 3);
    def.on_unknown.otherwise = (uint8_t)pick(seed, 3);
    def.unknown_after = pick(seed, 5) * CHURN__DAY;
    def.expire_unknown_after = pick(seed, 7) * CHURN__DAY;
    def.grace = maybe_days(seed, 20);
    def.initial_arm = pick(seed, 3) == 0;
    return def;
}

static churn__trigger_input random_input(uint64_t *seed, churn_time at, uint64_t *mood)
{
    static const churn__missing reasons[] = {CHURN__STALE_SOURCE, CHURN__NOT_PROVIDED,
                                             CHURN__NEVER,        CHURN__EMPTY,
                                             CHURN__EXPIRED,      CHURN__SHORT_HISTORY_SINCE};
    churn__trigger_input in = {0};
    if (pick(seed, 4) == 0) {
        *mood = next(seed);
    }
    in.at = at;
    in.when = (churn__truth)(*mood % 7 < 3   ? CHURN__TRUE
                             : *mood % 7 < 5 ? CHURN__FALSE
                                             : *mood % 7 - 3);
    in.clear = (churn__truth)((*mood >> 8) % 4);
    in.missing = reasons[(*mood >> 16) % 6];
    in.all_absence = !churn__is_ignorance(in.missing);
    in.in_population = pick(seed, 15) != 0;
    in.since = pick(seed, 2) ? CHURN_TIME_NONE : 995 * CHURN__DAY;
    in.blocked = pick(seed, 12) == 0;
    return in;
}

static void trigger_step__random_sequences__agree_with_the_twin(void **state)
{
    uint64_t seed = UINT64_C(0x9E3779B97F4A7C15);
    int64_t seen[6] = {0};
    (void)state;
    for (int round = 0; round < 20000; round++) {
        churn__trigger_def def = random_def(&seed);
        churn__instance instance = {0};
        uint64_t mood = next(&seed);
        churn_time at = 1000 * CHURN__DAY;
        twin w = {.def = &def};
        for (int i = 0; i < STEPS; i++) {
            const churn__trigger_input in = random_input(&seed, at, &mood);
            churn__trigger_did ours, twins;
            churn__trigger_step(&def, &instance, &in, &ours);
            twin_step(&w, &in, &twins);
            assert_int_equal("ipfrc"[instance.state], w.at[i].after);
            assert_int_equal(ours.what, twins.what);
            assert_int_equal(ours.resolved, twins.resolved);
            assert_int_equal(ours.suppressed, twins.suppressed);
            for (int bit = 0; bit < 6; bit++) {
                seen[bit] += (ours.what >> bit) & 1;
            }
            at += (1 + pick(&seed, 8)) * CHURN__DAY / 2;
        }
    }
    for (int bit = 0; bit < 6; bit++) {
        assert_true(seen[bit] > 1000); /* every kind of outcome was compared */
    }
}

int main(void)
{
    const struct CMUnitTest trigger_twin[] = {
        cmocka_unit_test(trigger_step__random_sequences__agree_with_the_twin),
    };
    return RUN_TESTS(trigger_twin);
}
