/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "trigger/trigger.h"

/*
 * Sequences of daily evaluations, written as letters. Outcomes: T true, F false, U unknown out of
 * ignorance, A unknown out of absence, X error, O outside the population, B true but blocked.
 * States: i inactive, p pending, f firing, r resolving, c cooldown. What was done: F fired, R
 * resolved, B both (a new episode), m reminder, g data gap, s suppressed, l relapse, G resolved and
 * data gap, . nothing.
 */

#define DAYS(n) ((n)*CHURN__DAY)

/* Only its address matters: the step does not evaluate. */
static churn__expr *some_expression(void)
{
    static int object;
    return (churn__expr *)(void *)&object;
}

static churn__trigger_def base_def(void)
{
    churn__trigger_def def = {0};
    def.min_evals = 1;
    def.max_gap = DAYS(3);
    def.unknown_after = DAYS(3);
    def.expire_unknown_after = DAYS(30);
    def.severity = CHURN__SEVERITY_MEDIUM;
    return def;
}

static churn__truth truth_of(char c)
{
    switch (c) {
    case 'T':
    case 'B':
    case 'O':
        return CHURN__TRUE;
    case 'F':
        return CHURN__FALSE;
    case 'X':
        return CHURN__ERROR;
    default:
        return CHURN__UNKNOWN;
    }
}

static churn__trigger_input input_of(char when, char clear, churn_time at)
{
    churn__trigger_input in = {0};
    const char decides = (when == 'U' || when == 'A') ? when : clear;
    in.at = at;
    in.when = truth_of(when);
    in.clear = truth_of(clear);
    in.missing = decides == 'U'   ? CHURN__STALE_SOURCE
                 : decides == 'A' ? CHURN__NEVER
                                  : CHURN__PRESENT;
    in.all_absence = decides == 'A';
    in.in_population = when != 'O';
    in.since = CHURN_TIME_NONE;
    in.blocked = when == 'B';
    return in;
}

static char done_letter(const churn__trigger_did *did)
{
    switch (did->what) {
    case 0:
        return '.';
    case CHURN__DID_FIRE:
        return 'F';
    case CHURN__DID_RESOLVE:
        return 'R';
    case CHURN__DID_FIRE | CHURN__DID_RESOLVE:
        return 'B';
    case CHURN__DID_REMIND:
        return 'm';
    case CHURN__DID_DATA_GAP:
        return 'g';
    case CHURN__DID_DATA_GAP | CHURN__DID_RESOLVE:
        return 'G';
    case CHURN__DID_SUPPRESS:
        return 's';
    case CHURN__DID_RELAPSE:
        return 'l';
    default:
        return '?';
    }
}

/* Evaluate daily; `days` may name other instants (in days) for each step. */
static churn__instance run_at(const churn__trigger_def *def, const char *when, const char *clear,
                              const int *days, const char *states, const char *done,
                              churn__trigger_did *last)
{
    churn__instance instance = {0};
    churn__trigger_did did = {0};
    for (size_t i = 0; when[i] != '\0'; i++) {
        const churn_time at = DAYS(10000 + (days == NULL ? (int)i : days[i]));
        const churn__trigger_input in = input_of(when[i], clear == NULL ? 'F' : clear[i], at);
        churn__trigger_step(def, &instance, &in, &did);
        if ("ipfrc"[instance.state] != states[i] || done_letter(&did) != done[i]) {
            fail_msg("\"%s\" step %d: state %s, did %#x; expected %c %c", when, (int)i,
                     churn__trigger_state_name(instance.state), did.what, states[i], done[i]);
        }
    }
    if (last != NULL) {
        *last = did;
    }
    return instance;
}

static churn__instance run(const churn__trigger_def *def, const char *when, const char *clear,
                           const char *states, const char *done)
{
    return run_at(def, when, clear, NULL, states, done, NULL);
}

/* ---- INACTIVE ---- */

static void trigger_inactive__true_without_for__fires(void **state)
{
    churn__trigger_def def = base_def();
    churn__instance instance = run(&def, "FT", NULL, "if", ".F");
    (void)state;
    assert_int_equal(instance.episode, 1);
    assert_true(instance.fired_at == DAYS(10001));
    assert_true(instance.since == DAYS(10001));
}

static void trigger_inactive__true_with_for__is_pending(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    def.hold = DAYS(2);
    run(&def, "T", NULL, "p", ".");
    def.hold = 0;
    def.min_evals = 2;
    run(&def, "T", NULL, "p", ".");
}

static void trigger_inactive__blocked__is_suppressed(void **state)
{
    churn__trigger_def def = base_def();
    churn__trigger_did did;
    (void)state;
    run_at(&def, "B", NULL, NULL, "i", "s", &did);
    assert_int_equal(did.suppressed, CHURN__SUPPRESSED_BLOCKED);
    def.hold = DAYS(2);
    run(&def, "BBT", NULL, "iip", "ss.");
}

static void trigger_inactive__not_true__stays(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    run(&def, "FAXUF", NULL, "iiiii", ".....");
}

/* ---- PENDING ---- */

static void trigger_pending__true_for_long_enough__fires(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    def.hold = DAYS(2);
    run(&def, "TTT", NULL, "ppf", "..F");
}

static void trigger_pending__min_evals__counts_true_ones(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    def.min_evals = 3;
    run(&def, "TTT", NULL, "ppf", "..F");
    run(&def, "TUTT", NULL, "pppf", "...F");
    def.hold = DAYS(1);
    run(&def, "TTT", NULL, "ppf", "..F");
}

static void trigger_pending__false__starts_again(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    def.hold = DAYS(2);
    run(&def, "TTFTTT", NULL, "ppippf", ".....F");
}

static void trigger_pending__unknown__pauses_the_clock(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    def.hold = DAYS(2);
    /* day 0 to 1 counts, the days around U do not */
    run(&def, "TTUTT", NULL, "ppppf", "....F");
    run(&def, "TTXTT", NULL, "ppppf", "....F");
    run(&def, "TTATT", NULL, "ppppf", "....F");
}

static void trigger_pending__unknown_with_reset__is_inactive(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    def.hold = DAYS(2);
    def.on_unknown = (churn__on_unknown){true, CHURN__UNKNOWN_RESET, CHURN__UNKNOWN_RESET,
                                         CHURN__UNKNOWN_RESET, CHURN__UNKNOWN_RESET};
    run(&def, "TTUTTT", NULL, "ppippf", ".....F");
    run(&def, "TTXTT", NULL, "ppppf", "....F"); /* an error holds */
}

static void trigger_pending__map_by_reason__is_followed(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    def.hold = DAYS(2);
    def.on_unknown.given = true;
    def.on_unknown.never = CHURN__UNKNOWN_RESET;
    run(&def, "TAT", NULL, "pip", "...");
    run(&def, "TUT", NULL, "ppp", "...");
}

static void trigger_pending__long_gap__restarts(void **state)
{
    churn__trigger_def def = base_def();
    const int days[] = {0, 2, 6, 8};
    const int edge[] = {0, 2, 5};
    (void)state;
    def.hold = DAYS(4);
    run_at(&def, "TTTT", NULL, days, "pppp", "....", NULL);
    run_at(&def, "TTT", NULL, edge, "ppf", "..F", NULL); /* a gap of max_gap itself counts */
    def.hold = 0;
    def.min_evals = 2;
    run_at(&def, "TTT", NULL, (const int[]){0, 4, 5}, "ppf", "..F", NULL);
}

static void trigger_pending__blocked_when_ripe__waits(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    def.hold = DAYS(1);
    run(&def, "TBBT", NULL, "pppf", ".ssF");
}

/* ---- FIRING ---- */

static void trigger_firing__false__resolves(void **state)
{
    churn__trigger_def def = base_def();
    churn__trigger_did did;
    (void)state;
    run_at(&def, "TTF", NULL, NULL, "ffi", "F.R", &did);
    assert_int_equal(did.resolved, CHURN__RESOLVED_CLEARED);
    def.cooldown = DAYS(2);
    run(&def, "TF", NULL, "fc", "FR");
}

static void trigger_firing__clear_when__is_hysteresis(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    def.clear_when = some_expression();
    run(&def, "TFFF", "FFFT", "fffi", "F..R");
    /* a TRUE condition keeps it open whatever clear_when says */
    run(&def, "TTTF", "FTTT", "fffi", "F..R");
    /* clear_when alone clears where the condition is not known */
    run(&def, "TU", "FT", "fi", "FR");
    run(&def, "TX", "FT", "fi", "FR");
    /* ... and a TRUE condition keeps firing where clear_when is not known */
    run(&def, "TTTTT", "FUAUA", "fffff", "F....");
}

static void trigger_firing__clear_for__resolves_later(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    def.clear_for = DAYS(2);
    run(&def, "TFFF", NULL, "frri", "F..R");
}

static void trigger_firing__error__holds(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    run(&def, "TXXXXXF", NULL, "ffffffi", "F.....R");
}

static void trigger_firing__ignorance__holds_and_tells_once(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    run(&def, "TUUUUUUTUUUUF", NULL, "ffffffffffffi", "F...g......gR");
}

static void trigger_firing__absence__resolves(void **state)
{
    churn__trigger_def def = base_def();
    churn__trigger_did did;
    (void)state;
    run_at(&def, "TA", NULL, NULL, "fi", "FR", &did);
    assert_int_equal(did.resolved, CHURN__RESOLVED_ABSENT);
    /* unless the author said something about what is unknown */
    def.on_unknown.given = true;
    run(&def, "TAAAAAA", NULL, "fffffff", "F......");
}

static void trigger_firing__unknown_with_resolve__goes_stale(void **state)
{
    churn__trigger_def def = base_def();
    churn__trigger_did did;
    (void)state;
    def.expire_unknown_after = DAYS(4);
    def.on_unknown.given = true;
    def.on_unknown.otherwise = CHURN__UNKNOWN_RESOLVE;
    run_at(&def, "TUUUUU", NULL, NULL, "fffffi", "F...gR", &did);
    assert_int_equal(did.resolved, CHURN__RESOLVED_STALE);
    run(&def, "TUUUTUUU", NULL, "ffffffff", "F......."); /* known in between */
    run(&def, "TUUUUXU", NULL, "ffffffi", "F...g.R");    /* not on an error */
    run(&def, "TAAAAAA", NULL, "fffffff", "F......");    /* never: hold */
    def.unknown_after = DAYS(4);
    run(&def, "TUUUUU", NULL, "fffffi", "F....G");
}

static void trigger_firing__renotify__reminds(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    def.renotify = DAYS(2);
    run(&def, "TTTTTTF", NULL, "ffffffi", "F.m.m.R");
    /* not while nobody knows; in the zone between the two conditions it does */
    run(&def, "TUUT", NULL, "ffff", "F..m");
    def.clear_when = some_expression();
    run(&def, "TFFF", "FFFF", "ffff", "F.m.");
}

/* ---- RESOLVING ---- */

static void trigger_resolving__relapse__is_no_event(void **state)
{
    churn__trigger_def def = base_def();
    churn__instance instance;
    (void)state;
    def.clear_for = DAYS(2);
    instance = run(&def, "TFTFFF", NULL, "frfrri", "F.l..R");
    assert_int_equal(instance.episode, 1);
}

static void trigger_resolving__unknown__pauses_the_clock(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    def.clear_for = DAYS(2);
    run(&def, "TFFUFF", NULL, "frrrri", "F....R");
    run(&def, "TFFXFF", NULL, "frrrri", "F....R");
    run(&def, "TFA", NULL, "fri", "F.R"); /* what it stands on is gone */
}

static void trigger_resolving__unknown_with_resolve__goes_stale(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    def.clear_for = DAYS(20);
    def.expire_unknown_after = DAYS(2);
    def.on_unknown = (churn__on_unknown){true, CHURN__UNKNOWN_HOLD, CHURN__UNKNOWN_HOLD,
                                         CHURN__UNKNOWN_HOLD, CHURN__UNKNOWN_RESOLVE};
    run(&def, "TFUUU", NULL, "frrri", "F...R");
}

static void trigger_resolving__long_gap__restarts(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    def.clear_for = DAYS(3);
    run_at(&def, "TFFFF", NULL, (const int[]){0, 1, 3, 8, 11}, "frrri", "F...R", NULL);
}

/* ---- COOLDOWN and firing again ---- */

static void trigger_cooldown__true__is_suppressed_until_it_ends(void **state)
{
    churn__trigger_def def = base_def();
    churn__instance instance;
    (void)state;
    def.cooldown = DAYS(3);
    instance = run(&def, "TFTTT", NULL, "fcccf", "FRssF");
    assert_int_equal(instance.episode, 2);
    run(&def, "TFFFF", NULL, "fccci", "FR...");
}

static void trigger_cooldown__reason__is_told(void **state)
{
    churn__trigger_def def = base_def();
    churn__trigger_did did;
    (void)state;
    def.cooldown = DAYS(3);
    run_at(&def, "TFT", NULL, NULL, "fcc", "FRs", &did);
    assert_int_equal(did.suppressed, CHURN__SUPPRESSED_COOLDOWN);
}

static void trigger_refire__never__fires_once(void **state)
{
    churn__trigger_def def = base_def();
    churn__trigger_did did;
    (void)state;
    def.refire = CHURN__REFIRE_NEVER;
    run_at(&def, "TFTFT", NULL, NULL, "fiiii", "FRs.s", &did);
    assert_int_equal(did.suppressed, CHURN__SUPPRESSED_REFIRE);
}

static void trigger_refire__after_clear__fires_after_each_end(void **state)
{
    churn__trigger_def def = base_def();
    churn__instance instance;
    (void)state;
    instance = run(&def, "TTFTFT", NULL, "ffifif", "F.RFRF");
    assert_int_equal(instance.episode, 3);
}

static void trigger_refire__every__begins_a_new_episode(void **state)
{
    churn__trigger_def def = base_def();
    churn__trigger_did did;
    churn__instance instance;
    (void)state;
    def.refire = CHURN__REFIRE_EVERY;
    def.refire_every = DAYS(3);
    def.cooldown = DAYS(9);
    instance = run_at(&def, "TTTTTTT", NULL, NULL, "fffffff", "F..B..B", &did);
    assert_int_equal(instance.episode, 3);
    assert_int_equal(did.resolved, CHURN__RESOLVED_REFIRED);
    run(&def, "TTTBT", NULL, "fffff", "F..sB");
    run(&def, "TUUUUT", NULL, "ffffff", "F...gB"); /* only TRUE fires */
}

/* ---- grace, initial, population ---- */

static churn__trigger_did step_with_since(const churn__trigger_def *def, churn__instance *instance,
                                          int day, churn_time since)
{
    churn__trigger_input in = input_of('T', 'F', DAYS(10000 + day));
    churn__trigger_did did;
    in.since = since;
    churn__trigger_step(def, instance, &in, &did);
    return did;
}

static void trigger_grace__young_customer__does_not_fire(void **state)
{
    churn__trigger_def def = base_def();
    churn__instance instance = {0};
    churn__trigger_did did;
    (void)state;
    def.grace = DAYS(14);
    did = step_with_since(&def, &instance, 13, DAYS(10000));
    assert_int_equal(did.what, CHURN__DID_SUPPRESS);
    assert_int_equal(did.suppressed, CHURN__SUPPRESSED_GRACE);
    did = step_with_since(&def, &instance, 14, DAYS(10000));
    assert_int_equal(did.what, CHURN__DID_FIRE);
}

static void trigger_grace__pending__runs_on(void **state)
{
    churn__trigger_def def = base_def();
    churn__instance instance = {0};
    churn__trigger_did did;
    (void)state;
    def.grace = DAYS(4);
    def.hold = DAYS(1);
    def.max_gap = DAYS(3);
    did = step_with_since(&def, &instance, 1, DAYS(10000));
    assert_int_equal(did.what, 0);
    did = step_with_since(&def, &instance, 3, DAYS(10000));
    assert_int_equal(did.suppressed, CHURN__SUPPRESSED_GRACE);
    assert_int_equal(instance.state, CHURN__TRIGGER_PENDING);
    did = step_with_since(&def, &instance, 4, DAYS(10000));
    assert_int_equal(did.what, CHURN__DID_FIRE);
}

static void trigger_grace__no_since__fires(void **state)
{
    churn__trigger_def def = base_def();
    churn__instance instance = {0};
    (void)state;
    def.grace = DAYS(14);
    assert_int_equal(step_with_since(&def, &instance, 0, CHURN_TIME_NONE).what, CHURN__DID_FIRE);
}

static void trigger_initial__arm__waits_until_it_was_not_true(void **state)
{
    churn__trigger_def def = base_def();
    churn__trigger_did did;
    (void)state;
    def.initial_arm = true;
    run(&def, "TTTFT", NULL, "iiiif", "sss.F");
    run(&def, "TUT", NULL, "iif", "s.F");
    run(&def, "FT", NULL, "if", ".F");
    run(&def, "OTOT", NULL, "iiif", ".s.F"); /* outside it was not judged */
    run_at(&def, "TT", NULL, NULL, "ii", "ss", &did);
    assert_int_equal(did.suppressed, CHURN__SUPPRESSED_INITIAL);
}

static void trigger_population__leaving__ends_what_is_there(void **state)
{
    churn__trigger_def def = base_def();
    churn__trigger_did did;
    (void)state;
    run(&def, "OO", NULL, "ii", "..");
    run_at(&def, "TO", NULL, NULL, "fi", "FR", &did);
    assert_int_equal(did.resolved, CHURN__RESOLVED_LEFT);
    run(&def, "TOT", NULL, "fif", "FRF");
    def.hold = DAYS(1);
    run(&def, "TOTT", NULL, "pipf", "...F");
    def.hold = 0;
    def.clear_for = DAYS(5);
    def.cooldown = DAYS(2);
    run(&def, "TFOOO", NULL, "frcci", "F.R..");
}

static void trigger_population__outside__is_no_gap(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    run(&def, "UUUOUUUU", NULL, "iiiiiiii", ".......g");
}

/* ---- what is not known ---- */

static void trigger_data_gap__absence_and_errors__are_none(void **state)
{
    churn__trigger_def def = base_def();
    (void)state;
    run(&def, "AAAAAAA", NULL, "iiiiiii", ".......");
    run(&def, "XXXXXXX", NULL, "iiiiiii", ".......");
    run(&def, "UUUUUUU", NULL, "iiiiiii", "...g...");
}

/* ---- changed and removed rules ---- */

static void trigger_rule_changed__pending__starts_again(void **state)
{
    churn__trigger_def def = base_def();
    churn__instance instance;
    (void)state;
    def.hold = DAYS(2);
    def.rule_hash = 1;
    instance = run(&def, "TT", NULL, "pp", "..");
    churn__trigger_rule_changed(&instance, 1);
    assert_int_equal(instance.state, CHURN__TRIGGER_PENDING);
    churn__trigger_rule_changed(&instance, 2);
    assert_int_equal(instance.state, CHURN__TRIGGER_INACTIVE);
    assert_int_equal(instance.rule_hash, 2);
    assert_true(instance.since == DAYS(10001));
}

static void trigger_rule_changed__open__is_kept(void **state)
{
    churn__trigger_def def = base_def();
    churn__instance instance;
    churn__trigger_did did;
    churn__trigger_input in;
    (void)state;
    def.clear_for = DAYS(2);
    instance = run(&def, "TFF", NULL, "frr", "F..");
    churn__trigger_rule_changed(&instance, 7);
    assert_int_equal(instance.state, CHURN__TRIGGER_RESOLVING);
    assert_int_equal(instance.episode, 1);
    def.rule_hash = 7;
    in = input_of('F', 'F', DAYS(10003)); /* the day before the change does not count */
    churn__trigger_step(&def, &instance, &in, &did);
    assert_int_equal(instance.state, CHURN__TRIGGER_RESOLVING);
    in.at = DAYS(10005);
    churn__trigger_step(&def, &instance, &in, &did);
    assert_int_equal(did.resolved, CHURN__RESOLVED_CLEARED);
}

static void trigger_end__open__resolves(void **state)
{
    churn__trigger_def def = base_def();
    churn__instance instance = run(&def, "T", NULL, "f", "F");
    churn__trigger_did did;
    (void)state;
    churn__trigger_end(&instance, DAYS(10001), CHURN__RESOLVED_RULE_REMOVED, &did);
    assert_int_equal(did.what, CHURN__DID_RESOLVE);
    assert_int_equal(did.resolved, CHURN__RESOLVED_RULE_REMOVED);
    assert_int_equal(instance.state, CHURN__TRIGGER_INACTIVE);
    assert_int_equal(instance.episode, 1);
    churn__trigger_end(&instance, DAYS(10002), CHURN__RESOLVED_RULE_REMOVED, &did);
    assert_int_equal(did.what, 0);
    assert_true(instance.since == DAYS(10001));
}

static void trigger_names__each_number__has_its_word(void **state)
{
    (void)state;
    assert_string_equal(churn__trigger_state_name(CHURN__TRIGGER_RESOLVING), "resolving");
    assert_string_equal(churn__trigger_state_name(99), "");
    assert_string_equal(churn__resolved_name(CHURN__RESOLVED_CLEARED), "cleared");
    assert_string_equal(churn__resolved_name(CHURN__RESOLVED_REFIRED), "refired");
    assert_string_equal(churn__suppressed_name(CHURN__SUPPRESSED_COOLDOWN), "cooldown");
    assert_string_equal(churn__suppressed_name(CHURN__SUPPRESSED_BLOCKED), "blocked");
    assert_string_equal(churn__severity_name(CHURN__SEVERITY_LOW), "low");
    assert_string_equal(churn__severity_name(CHURN__SEVERITY_CRITICAL), "critical");
}

int main(void)
{
    const struct CMUnitTest trigger_step[] = {
        cmocka_unit_test(trigger_inactive__true_without_for__fires),
        cmocka_unit_test(trigger_inactive__true_with_for__is_pending),
        cmocka_unit_test(trigger_inactive__blocked__is_suppressed),
        cmocka_unit_test(trigger_inactive__not_true__stays),
        cmocka_unit_test(trigger_pending__true_for_long_enough__fires),
        cmocka_unit_test(trigger_pending__min_evals__counts_true_ones),
        cmocka_unit_test(trigger_pending__false__starts_again),
        cmocka_unit_test(trigger_pending__unknown__pauses_the_clock),
        cmocka_unit_test(trigger_pending__unknown_with_reset__is_inactive),
        cmocka_unit_test(trigger_pending__map_by_reason__is_followed),
        cmocka_unit_test(trigger_pending__long_gap__restarts),
        cmocka_unit_test(trigger_pending__blocked_when_ripe__waits),
        cmocka_unit_test(trigger_firing__false__resolves),
        cmocka_unit_test(trigger_firing__clear_when__is_hysteresis),
        cmocka_unit_test(trigger_firing__clear_for__resolves_later),
        cmocka_unit_test(trigger_firing__error__holds),
        cmocka_unit_test(trigger_firing__ignorance__holds_and_tells_once),
        cmocka_unit_test(trigger_firing__absence__resolves),
        cmocka_unit_test(trigger_firing__unknown_with_resolve__goes_stale),
        cmocka_unit_test(trigger_firing__renotify__reminds),
        cmocka_unit_test(trigger_resolving__relapse__is_no_event),
        cmocka_unit_test(trigger_resolving__unknown__pauses_the_clock),
        cmocka_unit_test(trigger_resolving__unknown_with_resolve__goes_stale),
        cmocka_unit_test(trigger_resolving__long_gap__restarts),
        cmocka_unit_test(trigger_cooldown__true__is_suppressed_until_it_ends),
        cmocka_unit_test(trigger_cooldown__reason__is_told),
        cmocka_unit_test(trigger_refire__never__fires_once),
        cmocka_unit_test(trigger_refire__after_clear__fires_after_each_end),
        cmocka_unit_test(trigger_refire__every__begins_a_new_episode),
        cmocka_unit_test(trigger_grace__young_customer__does_not_fire),
        cmocka_unit_test(trigger_grace__pending__runs_on),
        cmocka_unit_test(trigger_grace__no_since__fires),
        cmocka_unit_test(trigger_initial__arm__waits_until_it_was_not_true),
        cmocka_unit_test(trigger_population__leaving__ends_what_is_there),
        cmocka_unit_test(trigger_population__outside__is_no_gap),
        cmocka_unit_test(trigger_data_gap__absence_and_errors__are_none),
        cmocka_unit_test(trigger_rule_changed__pending__starts_again),
        cmocka_unit_test(trigger_rule_changed__open__is_kept),
        cmocka_unit_test(trigger_end__open__resolves),
        cmocka_unit_test(trigger_names__each_number__has_its_word),
    };
    return RUN_TESTS(trigger_step);
}
