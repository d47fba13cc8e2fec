/* SPDX-License-Identifier: MIT */
#include "canary.h"
#include "history.h"

/* Customers and users who are erased leave no trace, and all others are as if they had never been.
 */

#define BIRD "KANARI"

/* ---- as if they had never been ---- */

typedef struct both {
    history *h;
    churn_playbook *playbook;
    churn_store *store;
    churn_engine *engine;
} both;

static bool leaves(churn_str id)
{
    return (id.ptr[id.len - 1] - '0') % 3 == 1;
}

static churn_str customer_of(const made *row)
{
    switch (row->kind) {
    case CHURN_RECORD_CUSTOMER:
        return row->as.customer.id;
    case CHURN_RECORD_EVENT:
        return row->as.event.customer;
    case CHURN_RECORD_SUBSCRIPTION:
        return row->as.subscription.customer;
    case CHURN_RECORD_INVOICE:
        return row->as.invoice.customer;
    case CHURN_RECORD_TICKET:
        return row->as.ticket.customer;
    case CHURN_RECORD_SURVEY:
        return row->as.survey.customer;
    default:
        return row->as.churn.customer;
    }
}

static both both_open(uint64_t seed, bool without, bool columns)
{
    both b = {.h = history_make(seed), .playbook = playbook_of(history_playbook)};
    uint32_t kept = 0;
    history_shuffle(b.h, seed + 5);
    for (uint32_t i = 0; i < b.h->count; i++) {
        if (!without || !leaves(customer_of(&b.h->rows[i]))) {
            b.h->rows[kept++] = b.h->rows[i];
        }
    }
    b.h->count = kept;
    b.store = history_store(b.h, columns);
    assert_ok(churn_engine_create(b.playbook, b.store, NULL, &b.engine, NULL));
    return b;
}

static void both_close(both *b)
{
    churn_engine_free(b->engine);
    churn_store_free(b->store);
    churn_playbook_free(b->playbook);
    history_free(b->h);
}

static void days(both *b, int from, int to)
{
    for (int day = from; day < to; day++) {
        churn_run run = {.struct_size = sizeof run};
        assert_ok(churn_engine_advance(b->engine, NEW_YEAR + day * DAY, NULL, &run, NULL));
    }
}

static uint64_t store_hash(churn_store *store)
{
    uint64_t hash = 0;
    assert_ok(churn_store_hash(store, &hash, NULL));
    return hash;
}

static uint64_t engine_hash(churn_engine *engine)
{
    uint64_t hash = 0;
    assert_ok(churn_engine_hash(engine, &hash, NULL));
    return hash;
}

static churn_erase_report erase_leaving(both *b)
{
    churn_str ids[PEOPLE];
    size_t count = 0;
    churn_erase_report report = {.struct_size = sizeof report};
    for (uint32_t i = 0; i < PEOPLE; i++) {
        churn_str id = history_str(b->h->customers[i]);
        if (leaves(id)) {
            ids[count++] = id;
        }
    }
    assert_ok(churn_store_erase(b->store, ids, count, &report, NULL));
    assert_int_equal(report.customers, count);
    return report;
}

static void assert_same(both *a, both *b)
{
    assert_int_equal(churn_store_customer_count(a->store), churn_store_customer_count(b->store));
    for (churn_record_kind kind = 1; kind < CHURN_RECORD_KINDS; kind++) {
        assert_int_equal(churn_store_record_count(a->store, kind),
                         churn_store_record_count(b->store, kind));
    }
    assert_true(store_hash(a->store) == store_hash(b->store));
    assert_true(engine_hash(a->engine) == engine_hash(b->engine));
}

static void as_if_never(uint64_t seed, bool columns)
{
    both with = both_open(seed, false, columns), without = both_open(seed, true, columns);
    days(&with, -60, -20);
    days(&without, -60, -20);
    assert_true(engine_hash(with.engine) != engine_hash(without.engine));
    churn_erase_report report = erase_leaving(&with);
    assert_true(report.episodes > 0 && report.actions > 0 && report.engines == 1);
    assert_same(&with, &without);
    days(&with, -20, 0);
    days(&without, -20, 0);
    assert_same(&with, &without);
    for (uint32_t i = 0; i < with.h->count; i++) { /* and they come again as others would */
        if (leaves(customer_of(&with.h->rows[i]))) {
            assert_ok(history_add(with.store, &with.h->rows[i], NULL));
            assert_ok(history_add(without.store, &with.h->rows[i], NULL));
        }
    }
    assert_same(&with, &without);
    days(&with, 0, 20);
    days(&without, 0, 20);
    assert_same(&with, &without);
    both_close(&with);
    both_close(&without);
}

static void erase__some_of_many__as_if_never_there(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        as_if_never(seed, seed % 2 == 0);
    }
}

static void erase__twice__second_finds_nobody(void **state)
{
    (void)state;
    both b = both_open(3, false, true);
    churn_erase_report first = erase_leaving(&b), second = {.struct_size = sizeof second};
    uint64_t version = churn_store_version(b.store), hash = store_hash(b.store);
    churn_str ids[] = {STR("c01"), STR("c01"), STR("nobody")};
    assert_ok(churn_store_erase(b.store, ids, 3, &second, NULL));
    assert_int_equal(second.unknown, 3);
    assert_int_equal(second.records + second.customers + second.texts, 0);
    assert_int_equal(churn_store_version(b.store), version);
    assert_true(store_hash(b.store) == hash);
    assert_int_equal(
        first.removed[CHURN_RECORD_EVENT] + first.removed[CHURN_RECORD_TICKET] +
            first.removed[CHURN_RECORD_CUSTOMER] + first.removed[CHURN_RECORD_ATTRIBUTE] +
            first.removed[CHURN_RECORD_SUBSCRIPTION] + first.removed[CHURN_RECORD_INVOICE] +
            first.removed[CHURN_RECORD_SURVEY] + first.removed[CHURN_RECORD_CHURN],
        first.records);
    assert_ok(churn_store_erase(b.store, NULL, 0, NULL, NULL));
    both_close(&b);
}

/* ---- the canary ---- */

typedef struct cage {
    canary canary;
    churn_allocator allocator;
    churn_playbook *playbook;
    churn_store *store;
    churn_engine *engine;
    bool plain; /* events have no properties: then nothing has to be copied */
} cage;

static void cage_customer(cage *c, const char *id, const char *owner)
{
    churn_named_value given[] = {
        {STR("name"), {.type = CHURN_TYPE_STRING, .string = history_str(id)}},
        {STR("owner"), {.type = CHURN_TYPE_STRING, .string = history_str(owner)}}};
    churn_customer row;
    churn_record_init(CHURN_RECORD_CUSTOMER, &row, sizeof row);
    row.id = history_str(id);
    row.since = NEW_YEAR - 100 * DAY;
    row.attributes = given;
    row.attribute_count = 2;
    assert_ok(churn_store_add_customer(c->store, &row, NULL));
}

static void cage_event(cage *c, const char *who, const char *type, const char *user, const char *id)
{
    churn_event row;
    churn_record_init(CHURN_RECORD_EVENT, &row, sizeof row);
    row.customer = history_str(who);
    row.type = history_str(type);
    row.at = NEW_YEAR - 40 * DAY;
    row.user = history_str(user);
    row.id = history_str(id);
    churn_named_value props[] = {
        {history_str(id), {.type = CHURN_TYPE_STRING, .string = history_str(id)}},
        {STR("size"), {.type = CHURN_TYPE_DOUBLE, .number = 3}}};
    row.props = props;
    row.prop_count = c->plain ? 0 : 2;
    assert_ok(churn_store_add_event(c->store, &row, NULL));
}

static void cage_people(cage *c, const char *who, const char *id)
{
    churn_contact contact;
    churn_record_init(CHURN_RECORD_CONTACT, &contact, sizeof contact);
    contact.id = history_str(id);
    contact.customer = history_str(who);
    contact.valid_from = NEW_YEAR - 80 * DAY;
    contact.role = STR("champion");
    contact.name = history_str(id);
    assert_ok(churn_store_add_contact(c->store, &contact, NULL));
    churn_alias alias;
    churn_record_init(CHURN_RECORD_ALIAS, &alias, sizeof alias);
    alias.source = history_str(id);
    alias.alias = history_str(id);
    alias.customer = history_str(who);
    assert_ok(churn_store_add_alias(c->store, &alias, NULL));
    churn_milestone milestone;
    churn_record_init(CHURN_RECORD_MILESTONE, &milestone, sizeof milestone);
    milestone.customer = history_str(who);
    milestone.name = history_str(id);
    milestone.reached_at = NEW_YEAR - 70 * DAY;
    assert_ok(churn_store_add_milestone(c->store, &milestone, NULL));
    churn_touchpoint touch;
    churn_record_init(CHURN_RECORD_TOUCHPOINT, &touch, sizeof touch);
    touch.id = history_str(id);
    touch.customer = history_str(who);
    touch.at = NEW_YEAR - 60 * DAY;
    touch.channel = STR("mail");
    touch.user = history_str(id);
    touch.offer = history_str(id);
    assert_ok(churn_store_add_touchpoint(c->store, &touch, NULL));
}

static void cage_talk(cage *c, const char *who, const char *id, const char *user, const char *words)
{
    churn_ticket ticket;
    churn_record_init(CHURN_RECORD_TICKET, &ticket, sizeof ticket);
    ticket.id = history_str(id);
    ticket.customer = history_str(who);
    ticket.opened_at = NEW_YEAR - 30 * DAY;
    ticket.user = history_str(user);
    ticket.text = history_str(words);
    ticket.category = history_str(words);
    assert_ok(churn_store_add_ticket(c->store, &ticket, NULL));
    churn_survey survey;
    churn_record_init(CHURN_RECORD_SURVEY, &survey, sizeof survey);
    survey.id = history_str(id);
    survey.customer = history_str(who);
    survey.kind = STR("nps");
    survey.at = NEW_YEAR - 20 * DAY;
    survey.score = 3;
    survey.user = history_str(user);
    survey.text = history_str(words);
    survey.moment = history_str(words);
    assert_ok(churn_store_add_survey(c->store, &survey, NULL));
}

static void cage_money(cage *c, const char *who, const char *id)
{
    churn_subscription row;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &row, sizeof row);
    row.id = history_str(id);
    row.customer = history_str(who);
    row.valid_from = NEW_YEAR - 90 * DAY;
    row.status = STR("active");
    row.plan = history_str(id);
    row.product = history_str(id);
    row.amount = 100;
    row.currency = STR("USD");
    row.period = STR("month");
    assert_ok(churn_store_add_subscription(c->store, &row, NULL));
    churn_churn churn;
    churn_record_init(CHURN_RECORD_CHURN, &churn, sizeof churn);
    churn.customer = history_str(who);
    churn.kind = STR("downgrade");
    churn.at = NEW_YEAR - 9 * DAY;
    churn.reason = history_str(id);
    churn.competitor = history_str(id);
    assert_ok(churn_store_add_churn(c->store, &churn, NULL));
}

static void cage_judge(cage *c, const char *who, const char *reason, const char *author)
{
    churn_override row;
    churn_record_init(CHURN_RECORD_OVERRIDE, &row, sizeof row);
    row.customer = history_str(who);
    row.score = STR("health");
    row.at = NEW_YEAR - 25 * DAY;
    row.value = 20;
    row.reason = history_str(reason);
    row.author = history_str(author);
    row.expires_at = NEW_YEAR - 24 * DAY;
    assert_ok(churn_store_add_override(c->store, &row, NULL));
}

/* Two customers who fire; one of them, and one person of the other, is the bird. */
static void cage_open(cage *c, bool plain)
{
    *c = (cage){.canary = {.bird = BIRD}, .plain = plain};
    c->allocator = canary_allocator(&c->canary);
    churn_store_options options = {
        .struct_size = sizeof options, .allocator = &c->allocator, .time_zone = STR("UTC")};
    c->playbook = playbook_of(history_playbook);
    assert_ok(churn_store_create(&options, &c->store, NULL));
    cage_customer(c, "plain", "ana");
    cage_customer(c, BIRD "-1", "owner of " BIRD);
    cage_event(c, "plain", "login", "ann", "e1");
    cage_event(c, BIRD "-1", "login", "user " BIRD, "e" BIRD);
    cage_event(c, BIRD "-1", "type " BIRD, "ann", "f" BIRD);
    cage_talk(c, "plain", "t1", "ann", "words");
    cage_talk(c, BIRD "-1", "t" BIRD, "user " BIRD, "words of " BIRD);
    cage_money(c, "plain", "s1");
    cage_money(c, BIRD "-1", "s" BIRD);
    cage_people(c, "plain", "p1");
    cage_people(c, BIRD "-1", "p" BIRD);
    cage_judge(c, BIRD "-1", "judged for " BIRD, "judge " BIRD);
    assert_ok(churn_store_mark(c->store, "product", CHURN_NTS, NEW_YEAR, CHURN_TIME_NONE, NULL));
    assert_ok(churn_engine_create(c->playbook, c->store, NULL, &c->engine, NULL));
    for (int day = -45; day < 0; day++) {
        churn_run run = {.struct_size = sizeof run};
        assert_ok(churn_engine_advance(c->engine, NEW_YEAR + day * DAY, NULL, &run, NULL));
    }
    assert_true(canary_alive(&c->canary) > 1);
}

static void cage_close(cage *c)
{
    churn_engine_free(c->engine);
    churn_store_free(c->store);
    churn_playbook_free(c->playbook);
    assert_null(c->canary.first);
    assert_int_equal(c->canary.bytes, 0);
}

static void erase__customer_with_actions__no_bytes_left(void **state)
{
    (void)state;
    for (int short_of_memory = 0; short_of_memory < 2; short_of_memory++) {
        cage c;
        cage_open(&c, short_of_memory != 0);
        churn_str ids[] = {STR(BIRD "-1")};
        churn_erase_report report = {.struct_size = sizeof report};
        c.canary.armed = true;
        /* Enough for lists, and not for a copy of the store. */
        c.canary.most = short_of_memory ? c.canary.bytes + 2000 : 0;
        assert_ok(churn_store_erase(c.store, ids, 1, &report, NULL));
        assert_int_equal(report.customers, 1);
        assert_true(report.waiting > 0 && report.tasks > 0 && report.texts > 8);
        assert_int_equal(report.pinned, 0);
        assert_int_equal(canary_alive(&c.canary), 0);
        assert_int_equal(c.canary.escaped, 0);
        c.canary.most = 0;
        churn_run run = {.struct_size = sizeof run};
        assert_ok(churn_engine_advance(c.engine, NEW_YEAR, NULL, &run, NULL));
        assert_int_equal(canary_alive(&c.canary), 0);
        cage_customer(&c, BIRD "-1", "ana"); /* who comes again is new */
        assert_int_equal(churn_store_customer_count(c.store), 2);
        assert_int_equal(churn_store_record_count(c.store, CHURN_RECORD_EVENT), 1);
        assert_ok(churn_store_erase(c.store, ids, 1, &report, NULL));
        assert_int_equal(canary_alive(&c.canary), 0);
        assert_int_equal(c.canary.escaped, 0);
        cage_close(&c);
    }
}

static void erase_user__of_another_customer__no_bytes_left(void **state)
{
    (void)state;
    cage c;
    cage_open(&c, false);
    churn_str ids[] = {STR(BIRD "-1")};
    churn_erase_report report = {.struct_size = sizeof report};
    assert_ok(churn_store_erase(c.store, ids, 1, &report, NULL));
    cage_event(&c, "plain", "login", BIRD, "e2");
    cage_talk(&c, "plain", "t2", BIRD, "words");
    cage_talk(&c, "plain", "t3", BIRD, "secret words of " BIRD);
    cage_judge(&c, "plain", "the buyer left", BIRD); /* who keeps its value and reason */
    c.canary.armed = true;
    assert_ok(churn_store_erase_user(c.store, BIRD, CHURN_NTS, &report, NULL));
    assert_int_equal(report.changed, 6);
    assert_int_equal(report.records, 0);
    assert_int_equal(report.mentions, 0);
    assert_int_equal(churn_store_record_count(c.store, CHURN_RECORD_TICKET), 3);
    assert_int_equal(churn_store_record_count(c.store, CHURN_RECORD_OVERRIDE), 1);
    /* Of t3 the category stays: it is no free text. */
    assert_int_equal(canary_alive(&c.canary), 1);
    assert_ok(churn_store_erase(c.store, &STR("plain"), 1, NULL, NULL));
    assert_int_equal(canary_alive(&c.canary), 0);
    assert_int_equal(c.canary.escaped, 0);
    cage_close(&c);
}

/* ---- refusals ---- */

static void erase__bad_arguments__refused(void **state)
{
    (void)state;
    both b = both_open(2, false, true);
    churn_erase_report small = {.struct_size = 2};
    churn_str bad = STR("\xff");
    churn_str none = {NULL, 0};
    uint64_t hash = store_hash(b.store);
    assert_int_equal(churn_store_erase(NULL, &bad, 1, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_erase(b.store, NULL, 1, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_erase(b.store, &none, 1, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_erase(b.store, &bad, 1, NULL, NULL), CHURN_E_UTF8);
    assert_int_equal(churn_store_erase(b.store, &STR("c01"), 1, &small, NULL), CHURN_E_ABI);
    assert_int_equal(churn_store_erase_user(NULL, "a", 1, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_erase_user(b.store, "", 0, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_erase_user(b.store, "\xff", 1, NULL, NULL), CHURN_E_UTF8);
    assert_true(store_hash(b.store) == hash);
    both_close(&b);
}

/* Asks from inside a call, by way of the allocator. */
typedef struct meddler {
    churn_store *store;
    churn_status found;
    bool asked;
} meddler;

static void *meddler_resize(void *user_data, void *ptr, size_t old_size, size_t new_size)
{
    meddler *m = user_data;
    (void)old_size;
    if (m->store != NULL && !m->asked) {
        m->asked = true;
        m->found = churn_store_erase(m->store, &STR("c01"), 1, NULL, NULL);
    }
    if (new_size == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, new_size);
}

static void erase__engine_is_busy__refused(void **state)
{
    (void)state;
    meddler m = {.store = NULL};
    churn_allocator allocator = {&m, meddler_resize};
    churn_store_options options = {.struct_size = sizeof options, .allocator = &allocator};
    churn_store *store = NULL;
    churn_engine *engine = NULL;
    churn_playbook *playbook = playbook_of(history_playbook);
    history *h = history_make(9);
    assert_ok(churn_store_create(&options, &store, NULL));
    for (uint32_t i = 0; i < h->count; i++) {
        assert_ok(history_add(store, &h->rows[i], NULL));
    }
    uint64_t before = store_hash(store);
    assert_ok(churn_engine_create(playbook, store, NULL, &engine, NULL));
    m.store = store;
    churn_run run = {.struct_size = sizeof run};
    assert_ok(churn_engine_advance(engine, NEW_YEAR, NULL, &run, NULL));
    assert_true(m.asked);
    assert_int_equal(m.found, CHURN_E_STATE);
    assert_true(store_hash(store) == before);
    assert_ok(churn_store_erase(store, &STR("c01"), 1, NULL, NULL));
    churn_engine_free(engine);
    churn_store_free(store);
    churn_playbook_free(playbook);
    history_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(erase__some_of_many__as_if_never_there),
        cmocka_unit_test(erase__twice__second_finds_nobody),
        cmocka_unit_test(erase__customer_with_actions__no_bytes_left),
        cmocka_unit_test(erase_user__of_another_customer__no_bytes_left),
        cmocka_unit_test(erase__bad_arguments__refused),
        cmocka_unit_test(erase__engine_is_busy__refused),
    };
    return RUN_TESTS(tests);
}
