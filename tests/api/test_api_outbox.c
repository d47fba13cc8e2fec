/* SPDX-License-Identifier: MIT */
#include "history.h"

/* What plays do and undo, who is left behind, and what an evaluation tells of itself. */

typedef struct desk {
    churn_playbook *playbook;
    churn_store *store;
    churn_engine *engine;
} desk;

#define HEAD "churn: 1\nname: desk\ntime_zone: UTC\ncurrency: USD\nevaluate: 1d\n"

static void desk_add_customer(desk *d, const char *id, const char *zone)
{
    churn_named_value own = {STR("time_zone"), {.type = CHURN_TYPE_STRING}};
    churn_customer c;
    churn_record_init(CHURN_RECORD_CUSTOMER, &c, sizeof c);
    c.id = history_str(id);
    c.since = NEW_YEAR - 100 * DAY;
    if (zone) {
        own.value.string = history_str(zone);
        c.attributes = &own;
        c.attribute_count = 1;
    }
    assert_ok(churn_store_add_customer(d->store, &c, NULL));
}

static void desk_add_event(desk *d, const char *who, const char *type, churn_time at)
{
    churn_event e;
    churn_record_init(CHURN_RECORD_EVENT, &e, sizeof e);
    e.customer = history_str(who);
    e.type = history_str(type);
    e.at = at;
    assert_ok(churn_store_add_event(d->store, &e, NULL));
}

static desk desk_open(const char *yaml)
{
    desk d = {.playbook = playbook_of(yaml)};
    churn_store_options options = {.struct_size = sizeof options, .time_zone = STR("UTC")};
    assert_ok(churn_store_create(&options, &d.store, NULL));
    desk_add_customer(&d, "a", NULL);
    desk_add_event(&d, "a", "begin", NEW_YEAR - 90 * DAY);
    assert_ok(churn_engine_create(d.playbook, d.store, NULL, &d.engine, NULL));
    return d;
}

static void desk_close(desk *d)
{
    churn_engine_free(d->engine);
    churn_store_free(d->store);
    churn_playbook_free(d->playbook);
}

static churn_run desk_advance(desk *d, int day)
{
    churn_run run = {.struct_size = sizeof run};
    assert_ok(churn_engine_advance(d->engine, NEW_YEAR + day * DAY, NULL, &run, NULL));
    return run;
}

static churn_table *desk_actions(desk *d, int32_t which)
{
    churn_table *table = NULL;
    churn_action_options options = {.struct_size = sizeof options, .which = which};
    assert_ok(churn_engine_actions(d->engine, &options, &table, NULL));
    return table;
}

static uint64_t hash_of(churn_engine *engine)
{
    uint64_t hash = 0;
    assert_ok(churn_engine_hash(engine, &hash, NULL));
    return hash;
}

/* "kind:value kind:value " of the actions made at one instant, in order. */
static void made_at(desk *d, int day, char *out, size_t cap)
{
    churn_table *t = desk_actions(d, CHURN_ACTIONS_ALL);
    size_t used = 0;
    out[0] = '\0';
    for (uint64_t row = 0; row < churn_table_row_count(t); row++) {
        if (cell_int(t, row, "at") == NEW_YEAR + day * DAY) {
            used += (size_t)snprintf(out + used, cap - used, "%s:%s ", cell_text(t, row, "kind"),
                                     cell_null(t, row, "value") ? "" : cell_text(t, row, "value"));
        }
    }
    churn_table_free(t);
}

#define assert_made(d, day, expected)             \
    do {                                          \
        char made_text[512];                      \
        made_at(d, day, made_text, 512);          \
        assert_string_equal(made_text, expected); \
    } while (0)

/* a, b, c fire while there was an event of that name in the last 35 hours: events at noon of day n
 * make them fire on day n + 1 and clear on day n + 2. */
#define WINDOWS                                                    \
    "metrics:\n"                                                   \
    "  - {id: a, agg: count, event: a, window: 35h}\n"             \
    "  - {id: b, agg: count, event: b, window: 35h}\n"             \
    "  - {id: c, agg: count, event: c, window: 35h}\n"             \
    "triggers:\n"                                                  \
    "  - {id: ta, when: 'metric.a > 0', play: pa, cooldown: 0d}\n" \
    "  - {id: tb, when: 'metric.b > 0', play: pb, cooldown: 0d}\n" \
    "  - {id: tc, when: 'metric.c > 0', play: pc, cooldown: 0d}\n"

#define NOON (DAY / 2)

static const char sharing[] =
    HEAD WINDOWS "plays:\n"
                 "  - {id: pa, on_resolve: undo, steps: [{set_status: risk}, {tag: x}]}\n"
                 "  - {id: pb, on_resolve: undo, steps: [{set_status: risk}, {tag: x}]}\n"
                 "  - {id: pc, on_resolve: keep, steps: [{set_status: seen}, {tag: x}]}\n";

/* Two episodes hold the same tag and status: the last one to end takes them away, once. */
static void undo__two_hold_it__last_takes_it_away(void **state)
{
    (void)state;
    desk d = desk_open(sharing);
    desk_add_event(&d, "a", "a", NEW_YEAR + NOON);
    desk_add_event(&d, "a", "a", NEW_YEAR + DAY + NOON);
    desk_add_event(&d, "a", "b", NEW_YEAR + DAY + NOON);
    desk_add_event(&d, "a", "b", NEW_YEAR + 2 * DAY + NOON);
    desk_add_event(&d, "a", "c", NEW_YEAR - 50 * DAY);
    desk_advance(&d, 1);
    assert_made(&d, 1, "set_status:risk tag:x ");
    desk_advance(&d, 2);
    assert_made(&d, 2, "set_status:risk tag:x ");
    desk_advance(&d, 3);
    assert_made(&d, 3, ""); /* ta has ended, and tb holds on */
    desk_advance(&d, 4);
    assert_made(&d, 4, "untag:x unset_status:risk ");
    desk_close(&d);
}

static void undo__both_end_at_once__taken_away_once(void **state)
{
    (void)state;
    desk d = desk_open(sharing);
    desk_add_event(&d, "a", "a", NEW_YEAR + NOON);
    desk_add_event(&d, "a", "b", NEW_YEAR + NOON);
    desk_add_event(&d, "a", "c", NEW_YEAR - 50 * DAY);
    desk_advance(&d, 1);
    assert_made(&d, 1, "set_status:risk tag:x set_status:risk tag:x ");
    desk_advance(&d, 2);
    assert_made(&d, 2, "untag:x unset_status:risk ");
    desk_close(&d);
}

/* What a play that keeps once set is there again when another's is undone. */
static void undo__kept_before__comes_back(void **state)
{
    (void)state;
    desk d = desk_open(sharing);
    desk_add_event(&d, "a", "c", NEW_YEAR + NOON);
    desk_add_event(&d, "a", "a", NEW_YEAR + 3 * DAY + NOON);
    desk_add_event(&d, "a", "b", NEW_YEAR - 50 * DAY);
    for (int day = 1; day <= 5; day++) {
        desk_advance(&d, day);
    }
    assert_made(&d, 1, "set_status:seen tag:x ");
    assert_made(&d, 2, "");
    assert_made(&d, 4, "set_status:risk tag:x ");
    assert_made(&d, 5, "set_status:seen ");
    desk_close(&d);
}

/* One ends and another begins in the same evaluation: taken away first, set last. */
static void undo__another_fires__set_in_the_end(void **state)
{
    static const char yaml[] =
        HEAD WINDOWS "  - {id: end, when: 'status == \"risk\" && \"x\" in tags', cooldown: 0d}\n"
                     "plays:\n"
                     "  - {id: pa, on_resolve: undo, steps: [{set_status: risk}, {tag: x}]}\n"
                     "  - {id: pb, on_resolve: undo, steps: [{set_status: risk}, {tag: x}]}\n"
                     "  - {id: pc, steps: [{tag: y}]}\n";
    (void)state;
    desk d = desk_open(yaml);
    desk_add_event(&d, "a", "a", NEW_YEAR + NOON);
    desk_add_event(&d, "a", "b", NEW_YEAR + DAY + NOON);
    desk_add_event(&d, "a", "c", NEW_YEAR - 50 * DAY);
    desk_advance(&d, 1);
    desk_advance(&d, 2);
    assert_made(&d, 2, "untag:x unset_status:risk set_status:risk tag:x ");
    desk_advance(&d, 3);
    churn_table *t = NULL;
    assert_ok(churn_engine_episodes(d.engine, &t, NULL));
    /* Read at the evaluation of day 2: what was set on day 1. At that of day 3: set on day 2. */
    int64_t row = find_row(t, "trigger", "end", NULL, NULL);
    assert_true(row >= 0 && cell_int(t, (uint64_t)row, "fired_at") == NEW_YEAR + 2 * DAY);
    assert_true(cell_null(t, (uint64_t)row, "resolved_at"));
    churn_table_free(t);
    desk_close(&d);
}

/* ---- the outbox ---- */

static const char calls[] =
    HEAD WINDOWS "plays:\n"
                 "  - {id: pa, on_resolve: cancel_open, steps: [{task: {title: Call}}]}\n"
                 "  - {id: pb, steps: [{notify: {to: lead}}]}\n"
                 "  - {id: pc, steps: [{notify: {to: lead}}]}\n"
                 "roles: {lead: {people: [eva]}}\n";

/* A task that is cancelled before anybody took it over waits no longer: nothing is left behind that
 * would fill the outbox in the end. */
static void outbox__tasks_cancelled_while_waiting__do_not_fill_it(void **state)
{
    churn_limits limits = {.struct_size = sizeof limits, .outbox = 2};
    churn_playbook_options options = {.struct_size = sizeof options, .limits = &limits};
    (void)state;
    desk d = desk_open(calls);
    churn_playbook *small = NULL;
    assert_ok(churn_playbook_parse(calls, CHURN_NTS, &options, &small, NULL, NULL));
    assert_ok(churn_engine_set_playbook(d.engine, small, NULL));
    for (int cycle = 0; cycle < 20; cycle++) {
        desk_add_event(&d, "a", "a", NEW_YEAR + 3 * cycle * DAY + NOON);
        for (int day = 1; day <= 3; day++) {
            desk_advance(&d, 3 * cycle + day);
        }
        churn_table *waiting = desk_actions(&d, CHURN_ACTIONS_WAITING);
        assert_int_equal(churn_table_row_count(waiting), 1);
        assert_string_equal(cell_text(waiting, 0, "kind"), "cancel");
        churn_str id = churn_table_string(waiting, 0, 0);
        churn_str task =
            churn_table_string(waiting, 0, churn_table_find(waiting, "about", CHURN_NTS));
        assert_ok(churn_engine_acknowledge(d.engine, &id, 1, NULL));
        /* The host had pulled the task, and takes it over after all. */
        assert_ok(churn_engine_acknowledge(d.engine, &task, 1, NULL));
        churn_table_free(waiting);
    }
    churn_playbook_free(small);
    desk_close(&d);
}

static void outbox__full__refused_until_taken_over(void **state)
{
    static const char yaml[] = HEAD WINDOWS "plays:\n"
                                            "  - {id: pa, steps: [{tag: p}, {tag: q}]}\n"
                                            "  - {id: pb, steps: [{tag: r}]}\n"
                                            "  - {id: pc, steps: [{tag: s}]}\n";
    churn_limits limits = {.struct_size = sizeof limits, .outbox = 2};
    churn_playbook_options options = {.struct_size = sizeof options, .limits = &limits};
    churn_error err = {.struct_size = sizeof err};
    churn_run run = {.struct_size = sizeof run, .fired = 77};
    (void)state;
    desk d = desk_open(yaml);
    churn_playbook *small = NULL;
    assert_ok(churn_playbook_parse(yaml, CHURN_NTS, &options, &small, NULL, NULL));
    assert_ok(churn_engine_set_playbook(d.engine, small, NULL));
    desk_add_event(&d, "a", "a", NEW_YEAR + NOON);
    desk_add_event(&d, "a", "b", NEW_YEAR + NOON);
    uint64_t before = hash_of(d.engine);
    assert_int_equal(churn_engine_advance(d.engine, NEW_YEAR + DAY, NULL, &run, &err),
                     CHURN_E_LIMIT);
    assert_non_null(strstr(err.message, "limits.outbox"));
    assert_int_equal(run.fired, 77);
    assert_int_equal(hash_of(d.engine), before);
    assert_true(churn_engine_as_of(d.engine) == CHURN_TIME_NONE);
    churn_table *none = desk_actions(&d, CHURN_ACTIONS_ALL);
    assert_int_equal(churn_table_row_count(none), 0);
    churn_table_free(none);
    /* With more room the same evaluation is the one that it would have been. */
    assert_ok(churn_engine_set_playbook(d.engine, d.playbook, NULL));
    run = desk_advance(&d, 1);
    assert_int_equal(run.actions, 3);
    churn_playbook_free(small);
    desk_close(&d);
}

static void advance__cancelled__state_as_before(void **state)
{
    churn_cancel *cancel = NULL;
    (void)state;
    desk d = desk_open(calls);
    desk_advance(&d, 1);
    uint64_t before = hash_of(d.engine);
    assert_ok(churn_cancel_create(&cancel, NULL));
    churn_cancel_set(cancel);
    churn_advance_options options = {.struct_size = sizeof options, .cancel = cancel};
    churn_run run = {.struct_size = sizeof run, .customers = 9};
    assert_int_equal(churn_engine_advance(d.engine, NEW_YEAR + 2 * DAY, &options, &run, NULL),
                     CHURN_E_CANCELLED);
    assert_int_equal(run.customers, 9);
    assert_int_equal(hash_of(d.engine), before);
    churn_cancel_free(cancel);
    desk_advance(&d, 2);
    desk_close(&d);
}

static void options__unknown_flags__refused(void **state)
{
    churn_engine *engine = NULL;
    churn_table *table = NULL;
    const churn_time at = NEW_YEAR;
    churn_engine_options make = {.struct_size = sizeof make, .flags = 1};
    churn_advance_options move = {.struct_size = sizeof move, .flags = 2};
    churn_query_options ask = {.struct_size = sizeof ask, .flags = 1};
    (void)state;
    desk d = desk_open(calls);
    assert_int_equal(churn_engine_create(d.playbook, d.store, &make, &engine, NULL), CHURN_E_ARG);
    assert_null(engine);
    assert_int_equal(churn_engine_advance(d.engine, NEW_YEAR, &move, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_engine_replay(d.engine, NEW_YEAR, NEW_YEAR, 0, &move, NULL, NULL),
                     CHURN_E_ARG);
    assert_int_equal(churn_engine_scores(d.engine, &at, 1, &ask, &table, NULL), CHURN_E_ARG);
    desk_close(&d);
}

/* ---- who is left behind ---- */

/* State is loaded before the records: until the next evaluation that is nobody's business. */
static void load__customers_come_later__go_on(void **state)
{
    (void)state;
    desk d = desk_open(calls);
    churn_buffer *bytes = NULL;
    churn_engine *loaded = NULL;
    desk_add_event(&d, "a", "a", NEW_YEAR + NOON);
    desk_advance(&d, 1);
    uint64_t before = hash_of(d.engine);
    assert_ok(churn_engine_save(d.engine, &bytes, NULL));
    desk other = {.playbook = playbook_of(calls)};
    churn_store_options options = {.struct_size = sizeof options, .time_zone = STR("UTC")};
    assert_ok(churn_store_create(&options, &other.store, NULL));
    assert_ok(churn_engine_load(churn_buffer_data(bytes), churn_buffer_size(bytes), other.playbook,
                                other.store, &loaded, NULL));
    other.engine = loaded;
    assert_int_equal(hash_of(loaded), before);
    churn_table *t = NULL;
    assert_ok(churn_engine_at_risk(loaded, NEW_YEAR + DAY, NULL, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 0);
    churn_table_free(t);
    desk_add_customer(&other, "0", NULL); /* takes the number that "a" had */
    desk_add_customer(&other, "a", NULL);
    desk_add_event(&other, "a", "begin", NEW_YEAR - 90 * DAY);
    desk_add_event(&other, "a", "a", NEW_YEAR + NOON);
    assert_ok(churn_engine_at_risk(loaded, NEW_YEAR + DAY, NULL, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 1);
    assert_string_equal(cell_text(t, 0, "triggers"), "ta");
    churn_table_free(t);
    desk_advance(&d, 2);
    desk_advance(&other, 2);
    assert_int_equal(hash_of(other.engine), hash_of(d.engine));
    churn_buffer_free(bytes);
    desk_close(&other);
    desk_close(&d);
}

/* At an evaluation, a customer of whom the store knows nothing is not there any more. */
static void advance__customer_not_in_store__left(void **state)
{
    (void)state;
    desk d = desk_open(calls);
    churn_buffer *bytes = NULL;
    churn_engine *loaded = NULL;
    desk_add_event(&d, "a", "a", NEW_YEAR + NOON);
    desk_advance(&d, 1);
    assert_ok(churn_engine_save(d.engine, &bytes, NULL));
    churn_store_options options = {.struct_size = sizeof options, .time_zone = STR("UTC")};
    desk other = {.playbook = playbook_of(calls)};
    assert_ok(churn_store_create(&options, &other.store, NULL));
    assert_ok(churn_engine_load(churn_buffer_data(bytes), churn_buffer_size(bytes), other.playbook,
                                other.store, &loaded, NULL));
    other.engine = loaded;
    churn_run run = desk_advance(&other, 2);
    assert_int_equal(run.resolved, 1);
    assert_int_equal(run.customers, 0);
    assert_int_equal(run.evaluated, 0);
    churn_table *t = NULL;
    assert_ok(churn_engine_episodes(loaded, &t, NULL));
    assert_string_equal(cell_text(t, 0, "reason"), "left");
    churn_table_free(t);
    assert_made(&other, 2, "cancel: ");
    run = desk_advance(&other, 3);
    assert_int_equal(run.resolved, 0);
    churn_buffer_free(bytes);
    desk_close(&other);
    desk_close(&d);
}

/* There and back before the next evaluation, a playbook has changed nothing. */
static void set_playbook__and_back__as_if_never(void **state)
{
    static const char waits[] = HEAD
        "metrics: [{id: a, agg: count, event: a, window: 20d}]\n"
        "triggers: [{id: ta, when: 'metric.a > 0', for: 2d}, {id: tb, when: 'metric.a > 1'}]\n";
    static const char changed[] = HEAD "metrics: [{id: a, agg: count, event: a, window: 20d}]\n"
                                       "triggers: [{id: ta, when: 'metric.a > 2', for: 2d}]\n";
    (void)state;
    for (int between = 0; between < 2; between++) {
        desk d = desk_open(waits);
        churn_playbook *next = playbook_of(changed);
        desk_add_event(&d, "a", "a", NEW_YEAR - NOON);
        desk_add_event(&d, "a", "a", NEW_YEAR - NOON);
        desk_advance(&d, 0);
        desk_advance(&d, 1);
        assert_ok(churn_engine_set_playbook(d.engine, next, NULL));
        churn_run run = {.struct_size = sizeof run};
        if (between) {
            run = desk_advance(&d, 2); /* ta starts again and is FALSE, tb is gone */
            assert_int_equal(run.resolved, 1);
        }
        assert_ok(churn_engine_set_playbook(d.engine, d.playbook, NULL));
        run = desk_advance(&d, 3);
        churn_table *t = NULL;
        assert_ok(churn_engine_episodes(d.engine, &t, NULL));
        int64_t ta = find_row(t, "trigger", "ta", NULL, NULL);
        int64_t tb = find_row(t, "trigger", "tb", NULL, NULL);
        if (between) {
            assert_true(ta < 0); /* pending again, since day 3 */
            assert_string_equal(cell_text(t, (uint64_t)tb, "reason"), "rule_removed");
            assert_int_equal(churn_table_row_count(t), 2); /* tb fired once more */
            assert_int_equal(run.fired, 1);
        } else {
            assert_true(ta >= 0 && cell_int(t, (uint64_t)ta, "fired_at") == NEW_YEAR + 3 * DAY);
            assert_true(cell_null(t, (uint64_t)tb, "resolved_at"));
        }
        churn_table_free(t);
        churn_playbook_free(next);
        desk_close(&d);
    }
}

/* ---- texts ---- */

static void assert_worded(churn_engine *engine)
{
    const churn_action_options options = {.struct_size = sizeof options};
    churn_table *t = NULL;
    assert_ok(churn_engine_actions(engine, &options, &t, NULL));
    assert_string_equal(cell_text(t, 0, "kind"), "task");
    assert_string_equal(cell_text(t, 0, "title"), "CALL A");
    assert_string_equal(cell_text(t, 0, "text"), "Fired on 1 Jan 2026 (today).\nPays nothing.\n");
    assert_string_equal(cell_text(t, 1, "kind"), "notify");
    assert_string_equal(cell_text(t, 1, "title"), "fired");
    assert_true(cell_null(t, 1, "text"));
    churn_table_free(t);
}

static void actions__title_and_text__are_rendered_and_kept(void **state)
{
    static const char yaml[] =
        HEAD "roles: {lead: {people: [eva]}}\n"
             "triggers: [{id: fired, when: 'customer.id == \"a\"', play: p}]\n"
             "plays:\n  - id: p\n    steps:\n      - task:\n"
             "          title: '{{\"call \" + customer.id | upper}}'\n"
             "          text: |\n"
             "            Fired on {{as_of | date(\"medium\")}} ({{as_of | in_days}}).\n"
             "            Pays {{customer.revenue | money | default(\"nothing\")}}.\n"
             "      - notify: {to: lead, title: '{{customer.revenue | default(\"\")}}'}\n"
             "attributes: {revenue: number}\n";
    churn_buffer *bytes = NULL;
    churn_engine *again = NULL;
    (void)state;
    desk d = desk_open(yaml);
    desk_advance(&d, 0);
    assert_worded(d.engine);
    assert_ok(churn_engine_save(d.engine, &bytes, NULL));
    assert_ok(churn_engine_load(churn_buffer_data(bytes), churn_buffer_size(bytes), d.playbook,
                                d.store, &again, NULL));
    assert_worded(again);
    churn_engine_free(again);
    churn_buffer_free(bytes);
    desk_close(&d);
}

/* ---- working time ---- */

/* With `zone: customer` a task is due when it would be if the calendar's zone were the customer's.
 */
static void due__zone_of_customer__as_if_the_calendars(void **state)
{
    static const char *const zones[] = {"Asia/Tokyo", "America/New_York", "Australia/Lord_Howe"};
    churn_time seen[4] = {0};
    (void)state;
    for (int i = 0; i < 4; i++) {
        char own[1024], fixed[1024];
        static const char before[] =
            HEAD "calendar: {work: [mon, tue, wed, thu, fri], hours: '09:00-17:00', zone: ";
        static const char after[] = "}\n" WINDOWS "plays:\n"
                                    "  - {id: pa, steps: [{task: {title: Call, due: 5bh}}]}\n"
                                    "  - {id: pb, steps: [{tag: y}]}\n"
                                    "  - {id: pc, steps: [{tag: y}]}\n";
        /* An unknown zone is not guessed: the playbook's stands. */
        const char *zone = i < 3 ? zones[i] : "Mars/Olympus";
        snprintf(own, sizeof own, "%scustomer%s", before, after);
        snprintf(fixed, sizeof fixed, "%s%s%s", before, i < 3 ? zone : "UTC", after);
        desk d = desk_open(own), e = desk_open(fixed);
        desk_add_customer(&d, "z", zone);
        desk_add_customer(&e, "z", NULL);
        desk_add_event(&d, "z", "a", NEW_YEAR + NOON);
        desk_add_event(&e, "z", "a", NEW_YEAR + NOON);
        desk_advance(&d, 1);
        desk_advance(&e, 1);
        churn_table *t = desk_actions(&d, CHURN_ACTIONS_ALL);
        churn_table *u = desk_actions(&e, CHURN_ACTIONS_ALL);
        assert_true(cell_int(t, 0, "due") == cell_int(u, 0, "due"));
        seen[i] = cell_int(t, 0, "due");
        churn_table_free(t);
        churn_table_free(u);
        desk_close(&d);
        desk_close(&e);
    }
    /* Friday 2026-01-02T00:00Z is 09:00 in Tokyo: five hours of work end at 05:00Z. In New York it
     * is Thursday evening: Friday 14:00 there is 19:00Z. On Lord Howe (UTC+11) it is 11:00: 16:00
     * is 05:00Z. In UTC the day has not begun: 14:00Z. */
    assert_true(seen[0] == NEW_YEAR + DAY + 5 * (DAY / 24));
    assert_true(seen[1] == NEW_YEAR + DAY + 19 * (DAY / 24));
    assert_true(seen[2] == NEW_YEAR + DAY + 5 * (DAY / 24));
    assert_true(seen[3] == NEW_YEAR + DAY + 14 * (DAY / 24));
}

/* ---- what a run tells ---- */

static void summary__missing_inputs__each_with_reasons(void **state)
{
    static const char yaml[] =
        HEAD "attributes: {seats: number, tier: string}\n"
             "metrics:\n"
             "  - {id: nps, survey: last, kind: nps, max_age: 30d}\n"
             "  - {id: asks, ticket: open_count}\n"
             "triggers:\n"
             "  - {id: t, when: 'metric.nps < 5 && customer.seats > 3 && metric.asks >= 0'}\n"
             "  - {id: sure, when: 'customer.id == \"a\"'}\n"
             "  - {id: bad, when: 'int(customer.tier) > 1'}\n";
    (void)state;
    desk d = desk_open(yaml);
    churn_attribute tier;
    churn_record_init(CHURN_RECORD_ATTRIBUTE, &tier, sizeof tier);
    tier.customer = STR("a");
    tier.name = STR("tier");
    tier.valid_from = NEW_YEAR - 50 * DAY;
    tier.value = (churn_value){.type = CHURN_TYPE_STRING, .string = STR("gold")};
    assert_ok(churn_store_add_attribute(d.store, &tier, NULL));
    churn_survey s;
    churn_record_init(CHURN_RECORD_SURVEY, &s, sizeof s);
    s.customer = STR("old");
    s.kind = STR("nps");
    s.at = NEW_YEAR - 80 * DAY;
    s.score = 3;
    desk_add_customer(&d, "old", NULL);
    desk_add_customer(&d, "new", NULL);
    assert_ok(churn_store_add_survey(d.store, &s, NULL));
    churn_run run = desk_advance(&d, 1);
    /* a, old, new: nps is never, expired, never; seats and asks are not provided for anybody */
    churn_table *t = NULL;
    assert_ok(churn_engine_run_summary(d.engine, &t, NULL));
    assert_string_equal(cell_text(t, 0, "trigger"), "t");
    assert_int_equal(cell_int(t, 0, "unknown"), 3);
    assert_int_equal(cell_int(t, 0, "degraded"), 1);
    const char *missing = cell_text(t, 0, "missing");
    assert_non_null(strstr(missing, "metric.nps: never 2, expired 1"));
    assert_non_null(strstr(missing, "customer.seats: not_provided 3"));
    assert_non_null(strstr(missing, "metric.asks: not_provided 3"));
    assert_true(cell_null(t, 1, "missing"));
    assert_int_equal(cell_int(t, 1, "true"), 1);
    assert_int_equal(run.degraded, 1);
    assert_int_equal(cell_int(t, 2, "error"), 1);
    assert_int_equal(run.is_error, 1);
    assert_true(strlen(cell_text(t, 2, "error_text")) > 0);
    assert_null(strstr(cell_text(t, 2, "error_text"), "gold"));
    churn_table_free(t);
    desk_close(&d);
}

/* More firings than the budget allows are a warning, and fire. */
static void budget__exceeded__warns(void **state)
{
    static const char yaml[] =
        HEAD "triggers:\n"
             "  - {id: many, when: 'customer.id != \"\"', fire_budget: {max_new: 2}}\n"
             "  - {id: few, when: 'customer.id == \"a\"', fire_budget: {max_new: 2}}\n"
             "  - {id: small, when: 'customer.id != \"\"', fire_budget: {max_fraction: 0.1}}\n";
    (void)state;
    desk d = desk_open(yaml);
    desk_add_customer(&d, "b", NULL);
    desk_add_customer(&d, "c", NULL);
    churn_run run = desk_advance(&d, 1);
    assert_int_equal(run.fired, 7);
    assert_int_equal(run.budget, 1); /* few customers are no ground for a share */
    run = desk_advance(&d, 2);
    assert_int_equal(run.budget, 0);
    desk_close(&d);
}

/* Three things that pull down most, whichever lines they are. */
static void at_risk__reasons__worst_first(void **state)
{
    static const char yaml[] =
        HEAD "attributes: {p: number, q: number, r: number, s: number}\n"
             "metrics:\n"
             "  - {id: mp, attribute: p}\n  - {id: mq, attribute: q}\n"
             "  - {id: mr, attribute: r}\n  - {id: ms, attribute: s}\n"
             "scores:\n"
             "  - id: h\n"
             "    baseline: 100\n"
             "    groups:\n"
             "      - id: g\n"
             "        weight: 1\n"
             "        factors:\n"
             "          - {metric: mp, weight: 1, curve: [[0, 0], [100, 100]]}\n"
             "          - {metric: mq, weight: 1, curve: [[0, 0], [100, 100]]}\n"
             "          - {metric: mr, weight: 1, curve: [[0, 0], [100, 100]]}\n"
             "          - {metric: ms, weight: 1, curve: [[0, 0], [100, 100]]}\n"
             "    caps: [{id: stop, when: 'metric.mp < 90', at_most: 20}]\n"
             "    bands: {green: 70, red: 0}\n";
    (void)state;
    desk d = desk_open(yaml);
    static const churn_str names[] = {STR("p"), STR("q"), STR("r"), STR("s")};
    static const double values[] = {80, 60, 88, 40};
    for (int i = 0; i < 4; i++) {
        churn_attribute a;
        churn_record_init(CHURN_RECORD_ATTRIBUTE, &a, sizeof a);
        a.customer = STR("a");
        a.name = names[i];
        a.valid_from = NEW_YEAR - 50 * DAY;
        a.value = (churn_value){.type = CHURN_TYPE_DOUBLE, .number = values[i]};
        assert_ok(churn_store_add_attribute(d.store, &a, NULL));
    }
    churn_table *t = NULL;
    assert_ok(churn_engine_at_risk(d.engine, NEW_YEAR, NULL, &t, NULL));
    /* A quarter each of what is lacking: 5, 10, 3, 15; 67 in all, held at 20 by the cap. */
    assert_string_equal(cell_text(t, 0, "reasons"), "stop -47.0, ms -15.0, mq -10.0");
    churn_table_free(t);
    desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undo__two_hold_it__last_takes_it_away),
        cmocka_unit_test(undo__both_end_at_once__taken_away_once),
        cmocka_unit_test(undo__kept_before__comes_back),
        cmocka_unit_test(undo__another_fires__set_in_the_end),
        cmocka_unit_test(actions__title_and_text__are_rendered_and_kept),
        cmocka_unit_test(outbox__tasks_cancelled_while_waiting__do_not_fill_it),
        cmocka_unit_test(outbox__full__refused_until_taken_over),
        cmocka_unit_test(advance__cancelled__state_as_before),
        cmocka_unit_test(options__unknown_flags__refused),
        cmocka_unit_test(load__customers_come_later__go_on),
        cmocka_unit_test(advance__customer_not_in_store__left),
        cmocka_unit_test(set_playbook__and_back__as_if_never),
        cmocka_unit_test(due__zone_of_customer__as_if_the_calendars),
        cmocka_unit_test(summary__missing_inputs__each_with_reasons),
        cmocka_unit_test(budget__exceeded__warns),
        cmocka_unit_test(at_risk__reasons__worst_first),
    };
    return RUN_TESTS(tests);
}
