/* SPDX-License-Identifier: MIT */
#include "history.h"

/*
 * The whole way from events to episodes beside a slow second opinion that is written from the rules
 * alone: counts by a loop over all events, the state machine as the table in
 * docs/reference/semantics.md has it, one customer after the other.
 */
#define CUSTOMERS 12
#define TICKS 90
#define EPISODES 64

static const char playbook_text[] =
    "churn: 1\nname: twin\ntime_zone: UTC\ncurrency: USD\nevaluate: 1d\n"
    "loss: {any: [record]}\n"
    "metrics:\n"
    "  - {id: n, agg: count, event: login, window: 7d, history: clip}\n"
    "  - {id: m, agg: count, event: login, window: 3d, history: clip}\n"
    "triggers:\n"
    "  - {id: t, when: 'metric.n <= 1', clear_when: 'metric.m >= 1', for: 2d, clear_for: 1d,\n"
    "     cooldown: 3d, renotify: 4d, grace: 12d, max_gap: 2d, min_evals: 2}\n";

typedef struct episode {
    churn_time fired, resolved;
    const char *reason;
    int reminders, relapses;
} episode;

typedef struct customer {
    char id[8];
    churn_time since, lost; /* CHURN_TIME_NONE: never */
    churn_time logins[200];
    int login_count;
    /* the second opinion */
    enum { IDLE, PENDING, FIRING, RESOLVING, COOLING } is;
    int64_t held;
    int times;
    bool was_true, was_clear;
    churn_time last, told, until;
    episode episodes[EPISODES];
    int count;
} customer;

static int logins_in(const customer *c, churn_time from, churn_time to)
{
    int count = 0;
    for (int i = 0; i < c->login_count; i++) {
        count += c->logins[i] >= from && c->logins[i] < to;
    }
    return count;
}

static void end_episode(customer *c, churn_time now, const char *reason)
{
    c->episodes[c->count - 1].resolved = now;
    c->episodes[c->count - 1].reason = reason;
    c->is = COOLING;
    c->until = now + 3 * DAY;
}

static void start_episode(customer *c, churn_time now)
{
    assert_true(c->count < EPISODES);
    c->episodes[c->count++] = (episode){now, CHURN_TIME_NONE, NULL, 0, 0};
    c->is = FIRING;
    c->told = now;
}

/* Time that an outcome has held: nothing is known of a gap of more than two days. */
static int64_t more(int64_t held, bool before, int64_t gap)
{
    return gap > 2 * DAY ? 0 : held + (before ? gap : 0);
}

static void tick(customer *c, churn_time now)
{
    int64_t gap = now - c->last;
    bool there = c->since <= now && !(c->lost != CHURN_TIME_NONE && c->lost < now);
    bool bad = there && logins_in(c, now - 7 * DAY, now) <= 1;
    bool good = there && logins_in(c, now - 3 * DAY, now) >= 1 && !bad;
    if (c->is == COOLING && now >= c->until) {
        c->is = IDLE;
    }
    if (!there) {
        if (c->is == FIRING || c->is == RESOLVING) {
            end_episode(c, now, "left");
        } else if (c->is == PENDING) {
            c->is = IDLE;
        }
    } else if (c->is == IDLE && bad) {
        c->is = PENDING;
        c->held = 0;
        c->times = 1;
    } else if (c->is == PENDING && !bad) {
        c->is = IDLE;
    } else if (c->is == PENDING) {
        c->held = more(c->held, c->was_true, gap);
        c->times = gap > 2 * DAY ? 1 : c->times + 1;
        if (c->held >= 2 * DAY && c->times >= 2 && now - c->since >= 12 * DAY) {
            start_episode(c, now);
        }
    } else if (c->is == FIRING && good) {
        c->is = RESOLVING;
        c->held = 0;
    } else if (c->is == FIRING && now - c->told >= 4 * DAY) {
        c->episodes[c->count - 1].reminders++;
        c->told = now;
    } else if (c->is == RESOLVING && !good) {
        c->is = FIRING;
        c->episodes[c->count - 1].relapses++;
    } else if (c->is == RESOLVING) {
        c->held = more(c->held, c->was_clear, gap);
        if (c->held >= DAY) {
            end_episode(c, now, "cleared");
        }
    }
    c->was_true = bad;
    c->was_clear = c->is == RESOLVING && good;
    c->last = now;
}

static void make_customer(customer *c, int number, history *h, churn_store *store)
{
    churn_customer row;
    churn_event e;
    *c = (customer){.lost = CHURN_TIME_NONE};
    snprintf(c->id, sizeof c->id, "k%02d", number);
    c->since = history_instant(h, NEW_YEAR - 20 * DAY, 40 * DAY);
    churn_record_init(CHURN_RECORD_CUSTOMER, &row, sizeof row);
    row.id = history_str(c->id);
    row.since = c->since;
    assert_ok(churn_store_add_customer(store, &row, NULL));
    churn_time at = c->since;
    for (;;) {
        at = history_instant(h, at, (int64_t)(1 + history_random(h, 16)) * DAY);
        if (at >= NEW_YEAR + 130 * DAY || c->login_count == 200) {
            break;
        }
        churn_record_init(CHURN_RECORD_EVENT, &e, sizeof e);
        e.customer = row.id;
        e.type = STR("login");
        e.at = at;
        assert_ok(churn_store_add_event(store, &e, NULL));
        c->logins[c->login_count++] = at;
        at += 1000000;
    }
    if (number % 3 == 0) {
        churn_churn lost;
        churn_record_init(CHURN_RECORD_CHURN, &lost, sizeof lost);
        lost.customer = row.id;
        lost.kind = STR("voluntary");
        lost.at = c->lost = history_instant(h, c->since + 30 * DAY, 60 * DAY);
        assert_ok(churn_store_add_churn(store, &lost, NULL));
    }
}

/* Rows are by fired_at; those of one customer stand in the order of its episodes. */
static void compare(const churn_table *t, const customer *c)
{
    int seen = 0;
    for (uint64_t row = 0; row < churn_table_row_count(t); row++) {
        if (strcmp(cell_text(t, row, "customer"), c->id) != 0) {
            continue;
        }
        assert_true(seen < c->count);
        const episode *e = &c->episodes[seen++];
        assert_int_equal(cell_int(t, row, "episode"), seen);
        assert_true(cell_int(t, row, "fired_at") == e->fired);
        assert_int_equal(cell_null(t, row, "resolved_at"), e->resolved == CHURN_TIME_NONE);
        if (e->resolved != CHURN_TIME_NONE) {
            assert_true(cell_int(t, row, "resolved_at") == e->resolved);
            assert_string_equal(cell_text(t, row, "reason"), e->reason);
        } else {
            assert_string_equal(cell_text(t, row, "state"),
                                c->is == RESOLVING ? "resolving" : "firing");
        }
        assert_int_equal(cell_int(t, row, "reminders"), e->reminders);
        assert_int_equal(cell_int(t, row, "relapses"), e->relapses);
    }
    assert_int_equal(seen, c->count);
}

static void advance__random_histories__as_the_second_opinion(void **state)
{
    int episodes = 0, left = 0, relapses = 0, reminders = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        history h = {.seed = seed * 7919 + 3};
        customer all[CUSTOMERS];
        churn_playbook *playbook = playbook_of(playbook_text);
        churn_store *store = NULL;
        churn_engine *engine = NULL;
        churn_table *t = NULL;
        churn_time now = NEW_YEAR;
        churn_store_options options = {.struct_size = sizeof options, .time_zone = STR("UTC")};
        assert_ok(churn_store_create(&options, &store, NULL));
        for (int i = 0; i < CUSTOMERS; i++) {
            make_customer(&all[i], i, &h, store);
        }
        assert_ok(churn_engine_create(playbook, store, NULL, &engine, NULL));
        for (int i = 0; i < TICKS; i++) {
            assert_ok(churn_engine_advance(engine, now, NULL, NULL, NULL));
            for (int k = 0; k < CUSTOMERS; k++) {
                tick(&all[k], now);
            }
            now += history_random(&h, 12) ? DAY : (churn_time)(1 + history_random(&h, 5)) * DAY / 2;
        }
        assert_ok(churn_engine_episodes(engine, &t, NULL));
        for (int i = 0; i < CUSTOMERS; i++) {
            compare(t, &all[i]);
            for (int k = 0; k < all[i].count; k++) {
                const episode *e = &all[i].episodes[k];
                episodes++;
                left += e->reason && strcmp(e->reason, "left") == 0;
                relapses += e->relapses;
                reminders += e->reminders;
            }
        }
        churn_table_free(t);
        churn_engine_free(engine);
        churn_store_free(store);
        churn_playbook_free(playbook);
    }
    assert_true(episodes > 100 && left > 5 && relapses > 5 && reminders > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(advance__random_histories__as_the_second_opinion),
    };
    return RUN_TESTS(tests);
}
