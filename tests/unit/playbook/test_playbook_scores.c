/* SPDX-License-Identifier: MIT */
#include "playbook_support.h"

#include "failing.h"

/* Scores of a playbook: what the file becomes, and what is found in it that is probably not meant.
 */

static const char head[] =
    "churn: 1\nname: x\nattributes: {seats: number}\nmetrics:\n"
    "- {id: logins, agg: count, event: login, window: 28d}\n"
    "- {id: hours, ticket: first_response_hours, window: 90d}\n"
    "- {id: plan, subscription: plan}\n- {id: active, subscription: active}\n"
    "- {id: nps, survey: last, kind: nps}\n- {id: quiet, survey: days_since, kind: nps}\n"
    "- {id: revenue, subscription: mrr}\n"
    "- {id: late, ticket: sla_breach_share, window: 90d, sla: 4h}\n"
    "- {id: use, ratio: {num: logins, den: customer.seats}}\n"
    "segments:\n- {id: smb, when: 'metric.logins < 5'}\n- {id: big, when: 'customer.seats > 99'}\n"
    "- {id: few, when: '(metric.logins<5)'}\n";
#define HEAD_LINES 17

/* ---- what it becomes ---- */

static const char whole[] =
    "references: {old: {metric: logins, values: [0, 1, 5], counts: [4, 3, 1]}}\n"
    "scores:\n"
    "- {id: usage, groups: [{id: g, factors: [{metric: logins, curve: [[0, 0], [9, 100]]}]}],"
    " bands: {ok: 50, bad: 0}}\n"
    "- {id: sites, roll_up: {score: usage, take: mrr, of: descendants}, bands: {fine: 50, odd: 0}}\n"
    "- id: health\n  title: Health\n  baseline: 40\n  groups:\n"
    "  - id: adoption\n    weight: 50\n    factors:\n"
    "    - {metric: hours, steps: [[0, 100], [24, 60], [72, 0]], ends: right, unit: h}\n"
    "    - {metric: plan, points: {free: 20, pro: 80}, otherwise: 50, missing: value, value: free}\n"
    "    - {metric: active, points: {true: 100, false: 0}, missing: value, value: true}\n"
    "    - {id: depth, expression: 'metric.logins * 10.0'}\n"
    "    - {metric: logins, id: rank, percentile: {among: book}}\n"
    "    - {metric: logins, id: again, percentile: {among: book}, direction: lower}\n"
    "    - {metric: logins, id: self, percentile: {among: self, periods: 12, every: 7d},"
    " missing: {carry: {max_age: 30d, half_life: 10d}}}\n"
    "    - {metric: logins, id: kept, percentile: {among: old}}\n"
    "    groups:\n    - id: inner\n      factors:\n"
    "      - {metric: logins, id: odd, robust_z: {among: segment.smb, fewest: 5}}\n"
    "      - {metric: logins, id: way, trend: {periods: 8, every: 1cw, fewest: 4}}\n"
    "      groups:\n      - id: innermost\n        factors:\n"
    "        - {score: usage, weight: 3}\n"
    "        - {roll_up: {score: usage, take: any, band: bad}, id: bad_site}\n"
    "        - {metric: nps, curve: [[0, 0], [10, 100]],"
    " decay: {by: quiet, after: 30, half_life: 60}}\n"
    "  - {id: other, weight: 10, factors: [{metric: logins, curve: [[0, 0], [9, 100]]}]}\n"
    "  caps:\n"
    "  - {id: unpaid, when: 'metric.logins >= 2', unless: 'segment.big // never', at_most: 40}\n"
    "  - {id: override}\n"
    "  - {id: poor, critical: [logins, nps], below: 30, fewest: 2, at_most: 50}\n"
    "  overrides: {max_age: 90d, ignore: true}\n"
    "  bands: {green: 70, yellow: {from: 40, color: '#F9A826', title: Watch}, low: 20, red: 0}\n"
    "  hysteresis: 3\n  min_stay: 3d\n  trend: {over: 14d, noise: auto}\n"
    "  segments:\n"
    "    big:\n      from: smb\n      min_coverage: 0.6\n      bands: {green: 75}\n"
    "      groups: {inner: {factors: {odd: {missing: worst}}}}\n"
    "      caps: {unpaid: {at_most: 30, off: true}, poor: {below: 20, fewest: 1}}\n"
    "    smb: {groups: {adoption: {weight: 40, factors: {hours: {curve: [[0, 100], [9, 0]]},"
    " plan: {points: {free: 10, pro: 90}}, active: {weight: 0}}}}}\n";

static churn_playbook *compile_whole(void)
{
    char text[8192];
    snprintf(text, sizeof text, "%s%s", head, whole);
    return compile_good(text);
}

static const churn__factor_def *factor_of(const churn__score_def *score, uint32_t card,
                                          const char *id)
{
    for (uint32_t f = 0; f < score->factor_count; f++) {
        if (strcmp(score->cards[card].factors[f].id.ptr, id) == 0) {
            return &score->cards[card].factors[f];
        }
    }
    fail_msg("no factor %s", id);
    return NULL;
}

static const churn__metric_def *metric_of(const churn_playbook *pb, uint32_t slot)
{
    assert_true(slot < pb->slot_count);
    assert_int_equal(pb->slots[slot].kind, CHURN__SLOT_METRIC);
    return &pb->metrics[pb->slots[slot].index];
}

static void scores__groups_in_groups__in_preorder(void **state)
{
    (void)state;
    churn_playbook *pb = compile_whole();
    const churn__score_def *s = &pb->scores[2];
    static const char *const ids[] = {"adoption", "inner", "innermost", "other"};
    static const uint32_t parents[] = {CHURN__NO_SLOT, 0, 1, CHURN__NO_SLOT};
    static const uint32_t homes[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 3};
    assert_int_equal(s->group_count, 4);
    for (uint32_t g = 0; g < 4; g++) {
        assert_string_equal(s->cards[0].groups[g].id.ptr, ids[g]);
        assert_int_equal(s->cards[0].groups[g].parent, parents[g]);
        uint32_t slot = churn__playbook_slot(pb, CHURN__SLOT_SCORE, 2, CHURN__PART_GROUP + g);
        assert_true(slot != UINT32_MAX);
    }
    assert_int_equal(s->factor_count, sizeof homes / sizeof *homes);
    for (uint32_t f = 0; f < s->factor_count; f++) {
        assert_int_equal(s->cards[0].factors[f].group, homes[f]);
    }
    assert_true(s->baseline == 40 && s->hysteresis == 3 && s->overrides_ignored);
    assert_true(s->min_stay == 3 * CHURN__DAY && s->override_max_age == 90 * CHURN__DAY);
    assert_true(s->trend_over == 14 * CHURN__DAY && s->trend_noise != s->trend_noise);
    churn_playbook_free(pb);
}

static void scores__inputs__from_columns(void **state)
{
    (void)state;
    churn_playbook *pb = compile_whole();
    const churn__score_def *s = &pb->scores[2];
    const churn__factor_def *rank = factor_of(s, 0, "rank"), *again = factor_of(s, 0, "again");
    const churn__factor_def *self = factor_of(s, 0, "self"), *way = factor_of(s, 0, "way");
    const churn__metric_def *book = metric_of(pb, rank->slot);
    assert_true(rank->slot >= pb->named_slots && rank->slot == again->slot); /* made once */
    assert_int_equal(rank->shown_slot, churn__playbook_slot(pb, CHURN__SLOT_METRIC, 0, 0));
    assert_true(book->form == CHURN__FORM_PERCENTILE && book->baseline == CHURN__BASELINE_ALL);
    assert_true(book->round == 1 && book->fewest == 2 && book->a.metric == 0);
    assert_string_equal(book->id.ptr, "percentile(logins, book)");
    assert_true(rank->points[1].x == 1 && rank->points[1].y == 100);
    assert_true(again->points[1].x == 1 && again->points[1].y == 0);
    assert_int_equal(again->direction, CHURN__DIRECTION_LOWER);
    const churn__metric_def *past = metric_of(pb, self->slot);
    const churn__metric_def *carried = metric_of(pb, self->carried_slot);
    assert_true(past->baseline == CHURN__BASELINE_SELF && past->back == 12);
    assert_true(carried->kind == CHURN__METRIC_CARRY && carried->what == CHURN__CARRY_VALUE);
    assert_true(&pb->metrics[carried->a.metric] == past && carried->back == 30);
    assert_int_equal(metric_of(pb, self->carried_age_slot)->what, CHURN__CARRY_AGE_DAYS);
    assert_true(self->missing == CHURN__FACTOR_CARRY && self->carry_half_life == 10);
    const churn__metric_def *trend = metric_of(pb, way->slot);
    assert_true(trend->form == CHURN__FORM_TREND && trend->back == 8 && trend->fewest == 4);
    assert_true(trend->every == 1 && trend->every_unit == CHURN__UNIT_CW);
    assert_true(metric_of(pb, factor_of(s, 0, "odd")->slot)->segment == 0);
    const churn__metric_def *kept = metric_of(pb, factor_of(s, 0, "kept")->slot);
    assert_true(kept->reference == &pb->frozen[0] && kept->reference->found.total == 8);
    assert_true(kept->reference->found.median == 0.5);
    churn_playbook_free(pb);
}

static void scores__factors__points_and_missing(void **state)
{
    (void)state;
    churn_playbook *pb = compile_whole();
    const churn__score_def *s = &pb->scores[2];
    const churn__factor_def *hours = factor_of(s, 0, "hours"), *plan = factor_of(s, 0, "plan");
    const churn__factor_def *active = factor_of(s, 0, "active"), *depth = factor_of(s, 0, "depth");
    const churn__factor_def *usage = factor_of(s, 0, "usage"), *nps = factor_of(s, 0, "nps");
    assert_int_equal(hours->points_kind, CHURN__POINTS_STEPS_RIGHT);
    assert_int_equal(hours->direction, CHURN__DIRECTION_LOWER);
    assert_false(hours->direction_declared);
    assert_true(plan->points_kind == CHURN__POINTS_MAP && plan->category_count == 2);
    assert_true(plan->has_otherwise && plan->otherwise == 50);
    assert_string_equal(plan->missing_word.ptr, "free");
    assert_true(active->missing == CHURN__FACTOR_VALUE && active->missing_value == 1);
    assert_true(depth->points_kind == CHURN__POINTS_EXPRESSION && depth->expr != NULL);
    assert_true(usage->kind == CHURN__OF_SCORE && usage->weight == 3);
    assert_true(pb->slots[usage->low_slot].part == CHURN__PART_LOW &&
                pb->slots[usage->high_slot].part == CHURN__PART_HIGH &&
                pb->slots[usage->coverage_slot].part == CHURN__PART_COVERAGE);
    assert_true(nps->decay_after == 30 && nps->decay_half_life == 60);
    assert_string_equal(metric_of(pb, nps->decay_slot)->id.ptr, "quiet");
    churn_playbook_free(pb);
}

static void scores__caps_and_bands__in_order(void **state)
{
    (void)state;
    churn_playbook *pb = compile_whole();
    const churn__score_def *s = &pb->scores[2];
    const churn__card_def *own = &s->cards[0];
    assert_int_equal(s->cap_count, 3);
    assert_int_equal(own->caps[0].kind, CHURN__CAP_WHEN);
    assert_int_equal(own->caps[1].kind, CHURN__CAP_OVERRIDE);
    assert_int_equal(own->caps[2].kind, CHURN__CAP_CRITICAL);
    assert_true(own->caps[2].factor_count == 2 && own->caps[2].fewest == 2 &&
                own->caps[2].below == 30 && own->caps[2].bound == 50);
    uint32_t slots = 0;
    (void)churn__expr_slots(own->caps[0].when, &slots);
    assert_int_equal(slots, 2); /* of `when` and of `unless` */
    static const char *const bands[] = {"green", "yellow", "low", "red"};
    static const char *const colors[] = {"#2e7d32", "#f9a826", "#ef6c00", "#c62828"};
    for (uint32_t i = 0; i < 4; i++) {
        assert_string_equal(own->bands[i].id.ptr, bands[i]);
        if (i != 2) {
            assert_string_equal(own->bands[i].color.ptr, colors[i]);
        }
        assert_int_equal(own->bands[i].color.len, 7);
    }
    assert_string_equal(own->bands[1].title.ptr, "Watch");
    churn_playbook_free(pb);
}

static void scores__cards__inherit(void **state)
{
    (void)state;
    churn_playbook *pb = compile_whole();
    const churn__score_def *s = &pb->scores[2];
    assert_int_equal(s->card_count, 3);
    assert_int_equal(s->cards[1].segment, 0); /* in the order of segments: smb, then big */
    assert_int_equal(s->cards[2].segment, 1);
    assert_int_equal(s->cards[2].from, 1);
    assert_true(s->cards[1].groups[0].weight == 40 && s->cards[2].groups[0].weight == 40);
    assert_true(s->cards[0].groups[0].weight == 50);
    assert_int_equal(factor_of(s, 1, "hours")->points_kind, CHURN__POINTS_CURVE);
    assert_true(factor_of(s, 2, "plan")->categories[0].y == 10);
    assert_true(factor_of(s, 2, "plan")->otherwise == 50);
    assert_true(factor_of(s, 2, "active")->weight == 0 && factor_of(s, 0, "active")->weight == 1);
    assert_int_equal(factor_of(s, 2, "odd")->missing, CHURN__FACTOR_WORST);
    assert_int_equal(factor_of(s, 1, "odd")->missing, CHURN__FACTOR_EXCLUDE);
    assert_true(s->cards[2].min_coverage == 0.6 && s->cards[1].min_coverage == 0.5);
    assert_true(s->cards[2].bands[0].low == 75 && s->cards[1].bands[0].low == 70);
    assert_true(s->cards[2].caps[0].off && s->cards[2].caps[0].bound == 30);
    assert_true(s->cards[2].caps[2].below == 20 && s->cards[2].caps[2].fewest == 1);
    assert_string_equal(churn__card_name(pb, s, 0).ptr, "default");
    assert_string_equal(churn__card_name(pb, s, 2).ptr, "big");
    churn_playbook_free(pb);
}

static uint32_t place_of(const churn_playbook *pb, churn__node_kind kind, uint32_t index)
{
    for (uint32_t i = 0; i < pb->order_count; i++) {
        if (pb->order[i].kind == kind && pb->order[i].index == index) {
            return i;
        }
    }
    fail_msg("not in the order");
    return 0;
}

static void scores__roll_ups__have_rounds(void **state)
{
    (void)state;
    churn_playbook *pb = compile_whole();
    assert_int_equal(pb->roll_up_count, 2);
    const churn__roll_up_def *mrr = &pb->roll_ups[0], *any = &pb->roll_ups[1];
    assert_true(mrr->take == CHURN__ROLL_UP_MRR && mrr->descendants && mrr->score == 0);
    assert_string_equal(metric_of(pb, mrr->mrr_slot)->id.ptr, "revenue");
    assert_true(any->take == CHURN__ROLL_UP_ANY && any->band == 1 && !any->descendants);
    assert_true(mrr->round == 1 && any->round == 1);
    assert_int_equal(pb->slots[any->slot].kind, CHURN__SLOT_ROLL_UP);
    assert_int_equal(pb->slots[any->slot].index, 1);
    assert_string_equal(any->name.ptr, "roll_up(usage, any)");
    assert_true(place_of(pb, CHURN__NODE_SCORE, 0) < place_of(pb, CHURN__NODE_ROLL_UP, 0));
    assert_true(place_of(pb, CHURN__NODE_ROLL_UP, 1) < place_of(pb, CHURN__NODE_SCORE, 2));
    const churn__score_def *sites = &pb->scores[1];
    assert_true(sites->group_count == 1 && sites->factor_count == 1);
    assert_string_equal(sites->cards[0].groups[0].id.ptr, "own");
    assert_string_equal(sites->cards[0].factors[0].id.ptr, "usage");
    churn_playbook_free(pb);
}

static void playbook_factors__whole__a_row_a_factor_and_card(void **state)
{
    (void)state;
    churn_playbook *pb = compile_whole();
    churn_table *t = NULL;
    double sum = 0;
    uint64_t found = 0;
    assert_ok(churn_playbook_factors(pb, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 1 + 1 + 3 * 14);
    uint32_t share = churn_table_find(t, "share", CHURN_NTS);
    for (uint64_t row = 0; row < churn_table_row_count(t); row++) {
        bool own = strcmp(cell_text(t, row, "score"), "health") == 0 &&
                   strcmp(cell_text(t, row, "card"), "default") == 0;
        sum += own ? churn_table_double(t, row, share) : 0;
        if (!own) {
            continue;
        }
        if (strcmp(cell_text(t, row, "factor"), "usage") == 0) {
            assert_string_equal(cell_text(t, row, "group"), "adoption.inner.innermost");
            assert_string_equal(cell_text(t, row, "as"), "score");
            /* 50 / 60 of the score, 1 / 9 of adoption, 1 / 3 of inner, 3 / 5 of innermost */
            assert_float_equal(churn_table_double(t, row, share), 5.0 / 6 / 9 / 3 * 3 / 5, 1e-12);
            found++;
        } else if (strcmp(cell_text(t, row, "factor"), "odd") == 0) {
            assert_string_equal(cell_text(t, row, "of"), "logins");
            assert_string_equal(cell_text(t, row, "among"), "segment.smb");
            assert_string_equal(cell_text(t, row, "unit"), "count");
            found++;
        } else if (strcmp(cell_text(t, row, "factor"), "hours") == 0) {
            assert_string_equal(cell_text(t, row, "points"), "to 0: 100, to 24: 60, to 72: 0");
            assert_string_equal(cell_text(t, row, "unit"), "h");
            assert_string_equal(cell_text(t, row, "direction"), "lower");
            found++;
        } else if (strcmp(cell_text(t, row, "factor"), "plan") == 0) {
            assert_string_equal(cell_text(t, row, "points"), "free: 20, pro: 80, otherwise: 50");
            assert_string_equal(cell_text(t, row, "missing"), "value");
            found++;
        } else if (strcmp(cell_text(t, row, "factor"), "depth") == 0) {
            assert_string_equal(cell_text(t, row, "of"), "metric.logins * 10.0");
            found++;
        }
    }
    assert_int_equal(found, 5);
    assert_float_equal(sum, 1, 1e-12);
    churn_table_free(t);
    churn_playbook_free(pb);
}

/* Without memory at any point: nothing is leaked and nothing is given. */
static void scores__no_memory__says_so_and_leaks_nothing(void **state)
{
    (void)state;
    char text[8192];
    bool finished = false;
    int64_t live = churn_live_handles();
    snprintf(text, sizeof text, "%s%s", head, whole);
    for (uint64_t n = 1; !finished; n++) {
        failing f = {.fail_at = n};
        churn_allocator allocator = failing_allocator(&f);
        churn_playbook_options options = {.struct_size = sizeof options, .allocator = &allocator};
        compiled c = compile_with(text, CHURN_NTS, &options);
        finished = f.requests < n;
        assert_int_equal(c.status, finished ? CHURN_OK : CHURN_E_NOMEM);
        compiled_free(&c);
        assert_int_equal(f.blocks, 0);
        assert_false(f.mismatch);
        assert_int_equal(churn_live_handles(), live);
    }
}

/* ---- lints ---- */

typedef struct lint_case {
    const char *factors, *more; /* of a score whose line 1 is `scores:`; more: its other keys */
    const char *wanted;         /* "CH1801@5:10 ..." */
} lint_case;

static void check_lints(const lint_case *one)
{
    char text[8192], got[512] = "";
    size_t len = 0;
    snprintf(text, sizeof text,
             "%sscores:\n- id: health\n  groups:\n  - id: g\n    factors:\n"
             "    - {metric: logins, curve: [[0, 0], [9, 100]]}\n%s%s",
             head, one->factors, one->more);
    compiled c = compile_with(text, CHURN_NTS, NULL);
    for (uint64_t i = 0; c.diagnostics != NULL && i < churn_table_row_count(c.diagnostics); i++) {
        len += (size_t)snprintf(got + len, sizeof got - len, "%s%s@%d:%d", len > 0 ? " " : "",
                                cell_text(c.diagnostics, i, "code"),
                                (int)cell_int(c.diagnostics, i, "line") - HEAD_LINES,
                                (int)cell_int(c.diagnostics, i, "column"));
    }
    if (c.status != CHURN_OK || strcmp(got, one->wanted) != 0) {
        fail_msg("%s%s\ngot `%s`, wanted `%s`: %s", one->factors, one->more, got, one->wanted,
                 c.diagnostics != NULL ? cell_text(c.diagnostics, 0, "message") : c.err.message);
    }
    compiled_free(&c);
}

#define BANDS "  bands: {green: 70, red: 0}\n"

static void scores__lints__where_they_are(void **state)
{
    (void)state;
    static const lint_case cases[] = {
#include "score_lints.inc"
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_lints(&cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(scores__groups_in_groups__in_preorder),
        cmocka_unit_test(scores__inputs__from_columns),
        cmocka_unit_test(scores__factors__points_and_missing),
        cmocka_unit_test(scores__caps_and_bands__in_order),
        cmocka_unit_test(scores__cards__inherit),
        cmocka_unit_test(scores__roll_ups__have_rounds),
        cmocka_unit_test(playbook_factors__whole__a_row_a_factor_and_card),
        cmocka_unit_test(scores__no_memory__says_so_and_leaks_nothing),
        cmocka_unit_test(scores__lints__where_they_are),
    };
    return RUN_TESTS(group);
}
