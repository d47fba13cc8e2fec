# SPDX-License-Identifier: MIT
"""Own figures, measures, goals, benchmarks and anomalies of an engine."""
import math
import random
from datetime import datetime, timedelta, timezone
from statistics import median

import pytest

import churn

UTC = timezone.utc
HEAD = "churn: 1\nname: signals\nattributes: {employees: number, region: string}\n"


def at(year, month, day=1, **more):
    return datetime(year, month, day, tzinfo=UTC, **more)


def engine_of(store, text):
    return churn.Engine(churn.Playbook.parse(HEAD + text), store)


def rows(table, *names):
    return list(zip(*(table[name] for name in names)))


def subscribed(customers):
    """customer -> (start, end or None, major units a month)."""
    store = churn.Store()
    for name, (start, end, amount) in customers.items():
        store.add_customer(name, since=start)
        store.add_subscription("s-" + name, name, start, "active", amount=amount * 100, currency="USD", period="month")
        if end is not None:
            store.add_subscription("s-" + name, name, end, "cancelled", ended_at=end)
    return store


# ---- measures ----

def measured():
    store = churn.Store()
    for day, value in ((1, 10), (2, 20), (28, 3)):
        store.add_measure("visits", at(2026, 1, day), value, unit="visits")
        store.add_measure("index", at(2026, 1, day), value)
        store.add_measure("load", at(2026, 1, day), value)
    store.add_measure("visits", at(2026, 3, 1), 7)
    store.add_measure("visits", at(2026, 1, 2), 25, known_at=at(2026, 2, 10))
    return store


MEASURES = "kpi: {measures: [{name: visits, take: sum}, {name: load, take: mean}]}"


def test_measures_by_period():
    engine = engine_of(measured(), MEASURES)
    table = engine.kpi(["visits", "load", "index"], at(2026, 1), at(2026, 4), every="month", as_of=at(2026, 2, 5))
    assert table["value"] == [33.0, None, None, 11.0, None, None, 3.0, None, None]
    assert set(table["unit"]) == {"number"}
    later = engine.kpi("visits", at(2026, 1), at(2026, 4), every="month")
    assert later["value"] == [38.0, None, 7.0]  # corrected on 10 February
    assert engine.kpi("visits", at(2026, 1, 2), at(2026, 1, 28), every="day")["value"][:2] == [20.0, None]


def test_measures_beside_customers():
    store = measured()
    store.add_customer("a", since=at(2025, 1), attributes={"region": "EU"}, valid_from=at(2025, 1))
    engine = engine_of(store, MEASURES)
    assert engine.kpi(["visits", "customers"], at(2026, 1), at(2026, 2), every="month", as_of=at(2026, 3))["value"] == [
        38.0, 1.0]
    with pytest.raises(churn.NotFoundError, match="did you mean `visits`"):
        engine.kpi("visit", at(2026, 1), at(2026, 2))


# ---- define ----

def test_define_counts_as_questions_do():
    dice = random.Random(3)
    store = churn.Store()
    for i in range(300):
        known = {"region": dice.choice(["EU", "US"])} if dice.random() < 0.8 else {}
        if dice.random() < 0.7:
            known["employees"] = dice.randrange(100)
        start = at(2025, dice.randrange(1, 13), dice.randrange(1, 28))
        store.add_customer(f"c{i}", since=start, attributes=known, valid_from=start)
        for _ in range(dice.randrange(3)):
            store.add_event(f"c{i}", "referral", start + timedelta(days=dice.randrange(300)))
    num, den = "metric.refs > 0 || customer.employees > 60", 'customer.region == "EU"'
    engine = engine_of(store, "metrics: [{id: refs, agg: count, event: referral, window: 90d, history: clip}]\n"
                              f"kpi: {{define: [{{id: rate, num: '{num}', den: '{den}'}}]}}")
    table = engine.kpi("rate", at(2025, 6), at(2026, 3), every="month", as_of=at(2026, 2, 14))
    seen = 0
    for end, complete, value, yes, among, left_out in rows(table, "period_end", "complete", "value", "numerator",
                                                         "denominator", "excluded"):
        then = min(end, at(2026, 2, 14))
        of = {text: len(engine.query(text, then)) for text in (f"({den}) && ({num})", f"({den}) && !({num})",
                                                             f"!({den})", "customer.age_days >= 0")}
        both, no, out, everybody = of.values()
        assert (yes, among, left_out) == (both, both + no, everybody - both - no - out)
        assert value == (yes / among if among else None) and complete == (then == end)
        seen += left_out
    assert seen > 100
    excluded = rows(table, "excluded", "note")
    assert all((count > 0) == (note is not None) for count, note in excluded)


# ---- goals ----

def churning():
    """100 customers of 2025; two go in January 2026, three in February, one on 4 March."""
    ends = {0: at(2026, 1, 9), 1: at(2026, 1, 20), 2: at(2026, 2, 2), 3: at(2026, 2, 3), 4: at(2026, 2, 27),
            5: at(2026, 3, 4)}
    return {f"c{i:03}": (at(2025, 1 + i % 6, 2), ends.get(i), 10) for i in range(100)}


GOAL = "kpi: {goals: [{id: churn, kpi: logo_churn, per: month, at_most: 0.03, every: quarter}]}"


def test_three_percent_a_month_by_quarter():
    engine = engine_of(subscribed(churning()), GOAL)
    goal, = engine.goals(at(2026, 3, 11))
    january, february = 2 / 100, 3 / 98
    assert (goal["goal"], goal["kpi"], goal["per"], goal["at_most"]) == ("churn", "logo_churn", "month", 0.03)
    assert (goal["period_start"], goal["period_end"]) == (at(2026, 1), at(2026, 4))
    assert goal["value"] == pytest.approx((january + february) / 2, rel=1e-14)
    assert goal["periods"] == 2 and not goal["complete"]
    assert goal["needed"] == pytest.approx(0.09 - january - february, rel=1e-12)
    assert goal["pace"] == pytest.approx((january + february) / 2 / 0.03)
    # twelve complete months before: seven without a loss since June, the first one has nobody to lose
    assert goal["forecast"] == pytest.approx((january + february + 0) / 3)
    assert goal["on_track"] is True and "median of 12 periods" in goal["method"]
    assert goal["forecast_low"] <= goal["forecast"] <= goal["forecast_high"]
    done = engine.goals(at(2026, 4, 2), start=at(2026, 1, 5))
    assert rows(done, "complete", "on_track", "periods") == [(True, True, 3), (False, True, 0)]
    assert done["value"][0] == pytest.approx((january + february + 1 / 95) / 3)
    assert done["forecast"][0] == done["value"][0] and done["method"][0] == "complete"


def test_a_goal_that_is_missed_and_groups():
    engine = engine_of(subscribed(churning()), "kpi: {goals: [{id: none, kpi: lost_customers, at_most: 2},"
                                               "{id: money, kpi: mrr, at_least: 2000, every: quarter}]}")
    february = engine.goals(at(2026, 2, 15), start=at(2026, 2, 1))
    lost, money = february
    assert lost["value"] == 2 and lost["on_track"] is True and lost["per"] == "month"
    assert lost["needed"] == 0 and lost["forecast"] == pytest.approx(2 + 14 / 28 * 0)
    assert money["value"] == 960 and money["on_track"] is False and money["needed"] == 1040
    assert money["method"].startswith("newest value and usual change")
    late = engine.goals(at(2026, 2, 28))[0]
    assert late["value"] == 3 and late["on_track"] is False  # three are more than two, whatever comes


def test_few_periods_before_say_so():
    store = churn.Store()
    for day in range(1, 16):
        store.add_measure("visits", at(2026, 1, day), 10)
    engine = engine_of(store, "kpi: {measures: [{name: visits, take: sum}, {name: level}],\n"
                              "  goals: [{id: seen, kpi: visits, at_least: 300}, {id: never, kpi: level, at_least: 1}]}")
    seen, never = engine.goals(at(2026, 1, 16))
    assert seen["value"] == 150 and seen["forecast"] == pytest.approx(310) and seen["on_track"] is True
    assert seen["method"] == "own rate so far" and seen["forecast_low"] is None
    assert "fewer than three" in seen["note"]
    assert never["value"] is None and never["forecast"] is None and never["on_track"] is None


def test_goals_refuse():
    engine = engine_of(churn.Store(), GOAL)
    for bad in (dict(level=1.5), dict(level=-1), dict(start=at(2027, 1))):
        with pytest.raises(churn.RangeError):
            engine.goals(at(2026, 1), **bad)
    assert engine.goals(at(2026, 1))["value"] == [None]
    assert len(engine_of(churn.Store(), "").goals(at(2026, 1))) == 0
    with pytest.raises(churn.PlaybookError, match="did you mean `logo_churn`"):
        engine_of(churn.Store(), "kpi: {goals: [{id: a, kpi: logo_chrn, at_most: 1}]}")
    assert [w.code for w in churn.Playbook.parse(HEAD + "kpi: {goals: [{id: a, kpi: grr, at_least: 95}]}").warnings] == [
        "CH1860"]


# ---- benchmarks ----

def test_benchmarks_by_size():
    customers = churning()
    store = subscribed(customers)
    for i, name in enumerate(customers):
        if i % 10:
            store.add_attribute(name, "employees", i, valid_from=at(2025, 1))
    engine = engine_of(store, """
kpi:
  benchmarks:
    - {kpi: logo_churn, size: {attribute: employees, at_most: 9}, low: 0.01, median: 0.02, high: 0.04, source: A, year: 2024}
    - {kpi: logo_churn, size: {attribute: employees, at_least: 10}, median: 0.01, source: B}
    - {kpi: customers, high: 90, source: C}
""")
    table = engine.benchmarks(at(2026, 1), at(2026, 3))
    small, large, book = (list(table)[i:i + 2] for i in (0, 2, 4))
    # of employees 1 to 9: 1 goes in January, 2, 3 and 4 in February; 0 has no size
    assert [(r["numerator"], r["denominator"], r["value"], r["position"]) for r in small] == [
        (1, 9, 1 / 9, "above"), (3, 8, 3 / 8, "above")]
    assert small[0]["low"] < 1 / 9 < small[0]["high"] and small[0]["difference"] == pytest.approx(1 / 9 - 0.02)
    assert {(r["size"], r["source"], r["year"]) for r in small} == {("employees at most 9", "A", 2024)}
    assert [(r["numerator"], r["denominator"], r["position"]) for r in large] == [(0, 81, "below")] * 2
    assert [(r["value"], r["position"], r["size"]) for r in book] == [(98, "above", None), (95, "above", None)]
    with pytest.raises(churn.RangeError):
        engine.benchmarks(at(2026, 3), at(2026, 1))


# ---- anomalies ----

def noisy(store, name, days, seed, change=lambda day: 0):
    dice = random.Random(seed)
    for i in range(days):
        day = at(2024, 1, 1) + timedelta(days=i)
        weekend = -30 if day.weekday() >= 5 else 0
        store.add_measure(name, day, 100 + weekend + dice.gauss(0, 5) + change(i))


def test_a_drop_and_a_change_of_level_are_found_with_what_was_announced():
    store = churn.Store()
    noisy(store, "visits", 400, 1, lambda i: -60 if i == 300 else 40 if i >= 350 else 0)
    store.add_announcement("outage", at(2024, 1, 1) + timedelta(days=300, hours=3))
    engine = engine_of(store, "kpi: {measures: [{name: visits, take: sum, unit: visits}]}")
    table = engine.anomalies("visits", at(2024, 10, 1), at(2025, 2, 3), every="day", false_alarms=0.001)
    found = rows(table, "period_start", "kind", "direction", "marks")
    assert (at(2024, 1, 1) + timedelta(days=300), "drop", "down", "outage") in found
    assert [kind for start, kind, *_ in found if start == at(2024, 1, 1) + timedelta(days=350)] == ["level_up"]
    assert len(found) <= 4
    drop = next(row for row in table if row["kind"] == "drop")
    assert drop["p"] < drop["threshold"] == 0.001 and drop["value"] < drop["low"] < drop["expected"] < drop["high"]


def test_false_alarms_on_noise_are_as_stated():
    store = churn.Store()
    names = [f"m{i}" for i in range(40)]
    for i, name in enumerate(names):
        noisy(store, name, 300, 100 + i)
    engine = engine_of(store, "kpi: {measures: [" + ", ".join(f"{{name: {name}}}" for name in names) + "]}")
    # the last value of a day is a level: judged by its changes
    table = engine.anomalies(names, at(2024, 5, 1), at(2024, 10, 27), every="day", everything=True)
    judged = [p for p in table["p"] if p is not None]
    alarms = sum(kind in ("spike", "drop") for kind in table["kind"])
    assert len(judged) > 6000
    assert abs(alarms / len(judged) - 0.01) < 0.004


def test_small_groups_do_not_alarm_and_large_losses_do():
    customers = {f"c{i:03}": (at(2024, 1, 2), None, 10) for i in range(60)}
    for i in range(12):
        customers[f"c{i:03}"] = (at(2024, 1, 2), at(2025, 9, 5), 10)
    store = subscribed(customers)
    for name in customers:
        store.add_attribute(name, "region", "EU" if name < "c057" else "US", valid_from=at(2024, 1))
    store.add_subscription("s-c059", "c059", at(2025, 4, 5), "cancelled", ended_at=at(2025, 4, 5))  # 1 of 3
    engine = engine_of(store, "")
    table = engine.anomalies("logo_churn", at(2025, 1), at(2026, 1), by="customer.region")
    assert rows(table, "customer.region", "period_start", "kind") == [("EU", at(2025, 9), "spike")]
    everything = engine.anomalies(["logo_churn", "mrr"], at(2025, 1), at(2026, 1), everything=True)
    assert everything["kpi"] == ["logo_churn"] * 12 + ["mrr"] * 12


def test_anomalies_refuse():
    engine = engine_of(churn.Store(), "")
    span = at(2026, 1), at(2026, 2)
    with pytest.raises(churn.ArgumentError):
        engine.anomalies([], *span)
    with pytest.raises(churn.NotFoundError, match="did you mean `mrr`"):
        engine.anomalies("mrrr", *span)
    with pytest.raises(churn.NotFoundError):
        engine.anomalies("mrr", *span, by="regoin")
    for bad in (dict(false_alarms=0.9), dict(false_alarms=math.nan), dict(per_series=-1.0), dict(false_changes=0.7),
                dict(lookback=20000)):
        with pytest.raises(churn.RangeError):
            engine.anomalies("mrr", *span, **bad)
    with pytest.raises(churn.RangeError):
        engine.anomalies("mrr", span[1], span[0])
    with pytest.raises(ValueError):
        engine.anomalies("mrr", *span, every="hour")
    assert len(engine.anomalies("mrr", *span)) == 0


def test_a_period_that_the_span_cuts_short_is_not_judged():
    store = churn.Store(time_zone="UTC")
    for i in range(180):
        store.add_measure("visits", at(2025, 1, 6) + timedelta(days=i), 100 + i % 3)
    engine = engine_of(store, "\nkpi: {measures: [{name: visits, take: sum}]}\n")
    whole, cut = at(2025, 5, 26), at(2025, 5, 28)  # a Monday, the Wednesday after it
    asked = {end: [row["period_start"] for row in engine.anomalies("visits", at(2025, 4, 28), end, every="week", everything=True)]
             for end in (whole, cut)}
    assert asked[cut] == asked[whole] and len(asked[whole]) == 4
    assert not list(engine.anomalies("visits", at(2025, 4, 28), cut, every="week"))
