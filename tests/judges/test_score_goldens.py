# SPDX-License-Identifier: MIT
"""Numbers that makers of health scores publish, in playbooks, by scores of a whole engine.

Each test names its maker. Scales of 0 to 10 are read as tenths of ours. What their pages leave open (which side of a bound
belongs to which tier, what is rounded when) is said here as our playbooks have it.
"""
import json
from datetime import datetime, timedelta, timezone
from fractions import Fraction

import pytest

churn = pytest.importorskip("churn")

TODAY = datetime(2026, 3, 2, tzinfo=timezone.utc)
DAY = timedelta(days=1)
COLOURS = {"green": 70, "yellow": 40, "red": 0}
AS_IS = [[0, 0], [100, 100]]


def playbook(score, attributes, **more):
    """A playbook in which every attribute is a metric of its name, and a score `health`."""
    book = {"churn": 1, "name": "golden", "currency": "USD", "attributes": attributes,
            "metrics": [{"id": name, "attribute": name} for name in attributes if name != "parent"]}
    book["metrics"] += more.pop("metrics", [])
    book.update(more)
    scores = book.pop("before", [])
    book["scores"] = [*scores, {"id": "health", "bands": COLOURS, **score}]
    return churn.Playbook.parse(json.dumps(book))


def store_of(customers):
    """Customers with their attributes, as they are since a year ago."""
    store = churn.Store()
    for name, attributes in customers.items():
        store.add_customer(name, since=TODAY - 365 * DAY)
        for attribute, value in attributes.items():
            if value is not None:
                store.add_attribute(name, attribute, value, valid_from=TODAY - 365 * DAY)
    return store


def rows_of(book, store, at=TODAY):
    return {row["customer"]: row for row in churn.Engine(book, store).scores(at, score="health").to_dicts()}


def one(score, values, sort="number", **more):
    """The row of a customer with these attributes."""
    book = playbook(score, {name: sort for name in values}, **more)
    return rows_of(book, store_of({"acme": values}))["acme"]


def single(factor, value, **more):
    """What a factor made of the metric `x` makes of a value."""
    factor = {"metric": "x", **factor} if "expression" not in factor else factor
    return one({"groups": [{"id": "own", "factors": [factor]}]}, {"x": value}, **more)["value"]


def measures(weights, prefix="m"):
    return [{"metric": f"{prefix}{i}", "weight": weight, "curve": AS_IS} for i, weight in enumerate(weights)]


# ---- Gainsight ----

def test_gainsight_group():
    """Calculation of Group Scores: weights 20, 15, 22 of 47, 59, 21 are 2287 / 57 = 40.122, shown as 40."""
    row = one({"groups": [{"id": "g", "factors": measures([20, 15, 22])}]}, {"m0": 47, "m1": 59, "m2": 21})
    assert row["value"] == row["g"] == 40.122807
    assert round(row["value"]) == 40
    assert row["coverage"] == 1 and row["low"] == row["high"] == row["value"]


def test_gainsight_overall():
    """The overall score is the sum of percent * measure / 100; any numbers do as weights, being made percents."""
    values = {"m0": 47, "m1": 59, "m2": 21, "n0": 80}
    groups = [{"id": "g", "weight": 60, "factors": measures([20, 15, 22])},
              {"id": "h", "weight": 40, "factors": measures([999999], "n")}]
    row = one({"groups": groups}, values)
    exact = (Fraction(60) * Fraction(2287, 57) + 40 * 80) / 100
    assert row["value"] == round(float(exact), 6) == 56.073684
    assert (row["g"], row["h"]) == (40.122807, 80)
    scaled = [dict(groups[0], weight=0.06), dict(groups[1], weight=0.04)]
    assert one({"groups": scaled}, values)["value"] == row["value"]


@pytest.mark.parametrize("score, band", [(0, "red"), (50, "red"), (51, "yellow"), (75, "yellow"), (76, "green"),
                                         (100, "green"), (50.4, "red"), (50.999999, "red"), (75.5, "yellow")])
def test_gainsight_bands(score, band):
    """Scorecards FAQ: 0-50 red, 51-75 yellow, 76-100 green, of whole scores; between them the lower bound decides."""
    row = one({"groups": [{"id": "g", "factors": measures([1])}], "bands": {"green": 76, "yellow": 51, "red": 0}}, {"m0": score})
    assert (row["value"], row["band"]) == (score, band)


def test_gainsight_override():
    """Where people weigh a measure with 100,000 to set a score by hand, a record of it says the same exactly, and expires."""
    heavy = one({"groups": [{"id": "g", "factors": measures([100, 100_000])}]}, {"m0": 50, "m1": 90})
    assert heavy["value"] == round(float(Fraction(100 * 50 + 100_000 * 90, 100_100)), 6) == 89.96004
    book = playbook({"groups": [{"id": "g", "factors": measures([100])}]}, {"m0": "number"})
    store = store_of({"acme": {"m0": 50}})
    store.add_override("acme", "health", TODAY - 10 * DAY, value=90, expires_at=TODAY + 20 * DAY)
    found = [(rows_of(book, store, TODAY + days * DAY)["acme"]["value"]) for days in (-11, -10, 0, 19, 20)]
    assert found == [50, 90, 90, 90, 50]


# ---- Vitally ----

VITALLY = {"poor": 0, "concerning": 50, "healthy": 100}


@pytest.mark.parametrize("words, missing, wanted", [
    (["healthy", "healthy", "poor"], "exclude", 66.666667), (["healthy", "concerning", "poor"], "exclude", 50),
    (["healthy", "healthy", None], "exclude", 100), (["healthy", "healthy", None], "worst", 66.666667)])
def test_vitally(words, missing, wanted):
    """Health Scores: (10 + 10 + 0) / 3 = 6.67 of 10; a null is ignored unless a band takes nulls."""
    factors = [{"metric": f"m{i}", "points": VITALLY, "missing": missing} for i in range(3)]
    row = one({"groups": [{"id": "g", "factors": factors}]}, {f"m{i}": word for i, word in enumerate(words)}, "string")
    assert row["value"] == wanted
    assert row["coverage"] == pytest.approx(sum(word is not None for word in words) / 3, abs=1e-12)


# ---- Planhat ----

@pytest.mark.parametrize("first, wanted, shown", [(10, 62.5, 6), (0, 37.5, 4)])
def test_planhat_groups(first, wanted, shown):
    """A group is the plain mean of its companies: (10 + 5 + 5 + 5) / 4 = 6.25, and (0 + 5 + 5 + 5) / 4 = 3.75."""
    own = {"id": "own_health", "groups": [{"id": "o", "factors": measures([1])}], "bands": COLOURS}
    book = playbook({"roll_up": {"score": "own_health", "take": "mean"}}, {"m0": "number", "parent": "string"}, before=[own])
    people = {f"c{i}": {"m0": value * 10, "parent": "group"} for i, value in enumerate([first, 5, 5, 5])}
    assert rows_of(book, store_of({"group": {}, **people}))["group"]["value"] == wanted
    assert round(wanted / 10) == shown


@pytest.mark.parametrize("points, wanted", [(0, 50), (3, 80), (7, 100), (-2.5, 25), (-8, 0)])
def test_planhat_points(points, wanted):
    """A company starts at 5; points are added and taken, and the sum is kept within 0 and 10."""
    assert single({"id": "p", "expression": "50.0 + metric.x * 10.0"}, points) == wanted


# ---- Totango ----

TOTANGO = {"good": 100, "average": 60, "poor": 0}


def test_totango_dimensions():
    """Multidimensional health: 100, 60, 0 by weight; of dimensions again. Theirs are rounded between, ours at the end alone."""
    groups = [{"id": "use", "weight": 70, "factors": [{"metric": "a", "weight": 2, "points": TOTANGO},
                                                     {"metric": "b", "weight": 1, "points": TOTANGO}]},
              {"id": "care", "weight": 30, "factors": [{"metric": "c", "points": TOTANGO}]}]
    row = one({"groups": groups}, {"a": "good", "b": "average", "c": "poor"}, "string")
    assert (row["use"], row["care"]) == (86.666667, 0)
    assert row["value"] == 60.666667
    assert round(round(row["use"]) * 0.7) == 61  # as they would show it


@pytest.mark.parametrize("words, band", [("good good good", "good"), ("good good poor", "poor"), ("average poor good", "poor"),
                                         ("good average good", "average"), ("average average average", "average")])
def test_totango_account(words, band):
    """Account health: any poor is poor, all good is good, all else is average."""
    factors = [{"metric": f"m{i}", "points": TOTANGO} for i in range(3)]
    score = {"groups": [{"id": "g", "factors": factors}], "bands": {"good": 100, "average": 40, "poor": 0},
             "caps": [{"id": "any_poor", "critical": "any", "below": 60, "at_most": 20}]}
    assert one(score, {f"m{i}": word for i, word in enumerate(words.split())}, "string")["band"] == band


# ---- Quivly ----

def test_quivly():
    """The weights of their guide, 30, 25, 20, 15, 10, of 85, 60, 70, 40, 80: 68.5."""
    names, weights, values = ["revenue", "usage", "engagement", "support", "market"], [30, 25, 20, 15, 10], [85, 60, 70, 40, 80]
    groups = [{"id": f"g_{n}", "weight": w, "factors": [{"metric": n, "curve": AS_IS}]} for n, w in zip(names, weights)]
    assert one({"groups": groups}, dict(zip(names, values)))["value"] == 68.5


@pytest.mark.parametrize("value, wanted", [(50, 24), (60, 49), (74.9, 49), (75, 74), (90, 100)])
def test_quivly_buckets(value, wanted):
    """Three thresholds make four buckets of 24, 49, 74 and 100 points."""
    assert single({"steps": [[0, 24], [60, 49], [75, 74], [90, 100]]}, value) == wanted


# ---- Catalyst ----

def catalyst(low, high):
    """Beginnings of its ten steps: thirds of the lower bound, quarters between, thirds of the upper bound beyond."""
    low, high = Fraction(low), Fraction(high)
    return [low / 3 * i for i in range(3)] + [low + (high - low) / 4 * i for i in range(4)] + [high + high / 3 * i for i in range(3)]


def test_catalyst_steps():
    """Numeric inputs, example 5 and 25: steps of 1.7, 5 and 8.3 in the three zones of 1-3, 4-7 and 8-10."""
    begins = catalyst(5, 25)
    widths = {round(float(b - a), 1) for a, b in zip(begins, begins[1:])}
    assert widths == {1.7, 5.0, 8.3}
    factor = {"steps": [[round(float(x), 6), 10 * (i + 1)] for i, x in enumerate(begins)]}
    for i, begin in enumerate(begins):
        end = begins[i + 1] if i < 9 else begin + 100
        assert single(factor, float(begin) + 0.00001) == 10 * (i + 1)
        assert single(factor, float(end) - 0.00001) == 10 * (i + 1)
    assert [single(factor, x) for x in (5, 25)] == [40, 80]  # the bounds themselves begin neutral and healthy


def test_catalyst_null():
    """A null was neutral until 2024 and can be excluded since; a group of nulls alone is null."""
    factors = [{"metric": f"m{i}", "points": {"low": 10, "none": 50, "high": 100}} for i in range(2)]
    neutral = [dict(f, missing="value", value="none") for f in factors]
    some = {"min_coverage": 0}
    assert one({"groups": [{"id": "g", "factors": neutral}], **some}, {"m0": "high", "m1": None}, "string")["value"] == 75
    assert one({"groups": [{"id": "g", "factors": factors}], **some}, {"m0": "high", "m1": None}, "string")["value"] == 100
    row = one({"groups": [{"id": "g", "factors": factors}], **some}, {"m0": None, "m1": None}, "string")
    assert (row["value"], row["g"], row["band"]) == (None, None, "unknown")


# ---- ChurnZero ----

@pytest.mark.parametrize("days, wanted", [(0, 0), (1, 0), (2, 30), (4, 30), (5, 60), (8, 60), (9, 100), (14, 100)])
def test_churnzero_usage_frequency(days, wanted):
    """Usage frequency over 14 days: daily from 9 active days on, weekly 5-8, occasionally 2-4, inactive at most 1."""
    factor = {"metric": "active_14d", "steps": [[0, 0], [2, 30], [5, 60], [9, 100]]}
    book = playbook({"groups": [{"id": "g", "factors": [factor]}]}, {"x": "number"},
                    metrics=[{"id": "active_14d", "agg": "active_days", "event": "login", "window": "14d"}])
    store = store_of({"acme": {}, "other": {}})
    store.add_event("other", "login", TODAY - DAY)
    for day in range(days):
        for hour in (1, 22):  # twice a day is one day
            store.add_event("acme", "login", TODAY - (day + 1) * DAY + timedelta(hours=hour))
    store.add_event("acme", "login", TODAY - 15 * DAY)  # before the window
    assert rows_of(book, store)["acme"]["value"] == wanted


@pytest.mark.parametrize("value, wanted", [(0, 10), (25, 10), (25.000001, 40), (50, 40), (50.5, 70), (75, 70), (76, 100), (999, 100)])
def test_churnzero_tiers(value, wanted):
    """Of a tier the top is inclusive and the bottom is not."""
    assert single({"steps": [[25, 10], [50, 40], [75, 70], [100, 100]], "ends": "right"}, value) == wanted


def test_churnzero_points():
    """Factors have points that add up to 100, of which a tier gives a share: the same as weights."""
    factors = [{"metric": "m0", "weight": 60, "steps": [[0, 0], [10, 50], [20, 100]]},
               {"metric": "m1", "weight": 40, "steps": [[0, 25], [5, 100]]}]
    assert one({"groups": [{"id": "g", "factors": factors}]}, {"m0": 12, "m1": 2})["value"] == 60 * 0.5 + 40 * 0.25


# ---- Zudo ----

@pytest.mark.parametrize("age, wanted, band", [(10, 52, "fair"), (89, 52, "fair"), (91, 80, "good"), (300, 80, "good")])
def test_zudo(age, wanted, band):
    """A pulse older than 90 days is dropped, and its weight goes to the others; bands at 80, 60 and 40."""
    factors = [{"metric": "x", "weight": 60, "curve": AS_IS}, {"metric": "pulse", "weight": 40, "curve": [[0, 0], [10, 100]]}]
    book = playbook({"groups": [{"id": "g", "factors": factors}], "bands": {"good": 80, "steady": 60, "fair": 40, "bad": 0}},
                    {"x": "number"}, metrics=[{"id": "pulse", "survey": "last", "kind": "csat", "max_age": "90d"}])
    store = store_of({"acme": {"x": 80}})
    store.add_survey("acme", "csat", TODAY - age * DAY, 1)
    row = rows_of(book, store)["acme"]
    assert (row["value"], row["band"]) == (wanted, band)


# ---- HubSpot ----

@pytest.mark.parametrize("days, linear, halved", [(0, 100, 100), (30, 50, 50), (45, 25, 35.355339), (60, 0, 25), (90, 0, 12.5)])
def test_hubspot(days, linear, halved):
    """10 points that decay by 50 % a month are 5 after one; theirs go on in a straight line, a half-life does not."""
    event = {"id": "since", "agg": "days_since", "event": "demo"}
    fading = {"id": "fading", "agg": "ewma", "event": "demo", "half_life": "30d"}
    at = TODAY - timedelta(microseconds=1)
    for factor, wanted in (({"metric": "since", "curve": [[0, 100], [60, 0]]}, linear),
                           ({"metric": "fading", "curve": [[0, 0], [1, 100]]}, halved)):
        book = playbook({"groups": [{"id": "g", "factors": [factor]}]}, {"x": "number"}, metrics=[event, fading])
        store = store_of({"acme": {}})
        store.add_event("acme", "demo", at - days * DAY)
        assert rows_of(book, store)["acme"]["value"] == pytest.approx(wanted, abs=2e-6)


def test_hubspot_group_limit():
    """Groups have limits inside a total: a group's points stop at its limit whatever else happens."""
    groups = [{"id": "g", "weight": 40, "factors": [{"id": "p", "expression": "metric.m0 * 25.0"}]},
              {"id": "h", "weight": 60, "factors": [{"id": "q", "expression": "metric.m1 * 10.0"}]}]
    assert one({"groups": groups}, {"m0": 9, "m1": 5})["value"] == 40 + 30


# ---- the others ----

@pytest.mark.parametrize("values, wanted, band", [((0.9, None, 0.6), 71.25, "green"), ((0.9, 0.2, 0.6), 61, "yellow"),
                                                  ((None, None, 0.39), 39, "red"), ((None, None, None), None, "unknown")])
def test_pulse_score(values, wanted, band):
    """Open source, in Go: sum of factor * w' * 100 with w' = w / sum of w present; green from 70, yellow from 40."""
    factors = [{"metric": f"m{i}", "weight": weight, "curve": [[0, 0], [1, 100]]} for i, weight in enumerate([0.3, 0.2, 0.5])]
    row = one({"groups": [{"id": "g", "factors": factors}], "min_coverage": 0}, {f"m{i}": v for i, v in enumerate(values)})
    assert (row["value"], row["band"]) == (wanted, band)


@pytest.mark.parametrize("value, wanted", [(None, 25), (0, 0), (5, 50), (10, 100)])
def test_revos_empty_value(value, wanted):
    """An empty value has a score of its own; it counts, but is not known."""
    factor = {"metric": "x", "curve": [[0, 0], [10, 100]], "missing": "value", "value": 2.5}
    row = one({"groups": [{"id": "g", "factors": [factor]}], "min_coverage": 0}, {"x": value})
    assert row["value"] == wanted
    assert row["coverage"] == (0 if value is None else 1)
    assert (row["low"], row["high"]) == ((0, 100) if value is None else (wanted, wanted))


@pytest.mark.parametrize("x, wanted", [(0, 0), (0.5, 45.25), (50, 70)])
def test_bonree_veto(x, wanted):
    """A linear model with a veto: where this metric is 0 the whole score is 0."""
    score = {"groups": [{"id": "g", "factors": measures([1, 1])}],
             "caps": [{"id": "veto", "when": "metric.m0 == 0.0", "at_most": 0}]}
    assert one(score, {"m0": x, "m1": 90})["value"] == wanted


@pytest.mark.parametrize("direction, wanted", [("higher", 58.333333), ("lower", 41.666667)])
def test_crux(direction, wanted):
    """The percentile among the last 12 values of the same weekday, turned round where less is better."""
    same_day = [5, 9, 1, 7, 7, 3, 8, 2, 6, 4, 12, 11]  # one to twelve weeks ago
    book = playbook({"groups": [{"id": "g", "factors": [
        {"metric": "x", "percentile": {"among": "self", "periods": 12, "every": "7d"}, "direction": direction}]}]}, {"x": "number"})
    store = churn.Store()
    store.add_customer("acme", since=TODAY - 365 * DAY)
    store.add_attribute("acme", "x", 99, valid_from=TODAY - 91 * DAY)  # the week before all of these
    for week, value in enumerate(same_day, 1):
        store.add_attribute("acme", "x", value, valid_from=TODAY - 7 * week * DAY)
        store.add_attribute("acme", "x", 1000, valid_from=TODAY - (7 * week - 1) * DAY)  # other weekdays do not count
    store.add_attribute("acme", "x", 7, valid_from=TODAY)
    less, equal = sum(v < 7 for v in same_day), sum(v == 7 for v in same_day)
    assert (less, equal) == (6, 2)
    assert rows_of(book, store)["acme"]["value"] == wanted  # (6 + 2 / 2) / 12, and the rest


# ---- cards that are in use ----

def test_posthog():
    """Their handbook: 25 for the customer's engagement (15, 5, 5), 75 for the product's (33, 20, 17, 5): nested as if flat."""
    inner = {"customer": [15, 5, 5], "product": [33, 20, 17, 5]}
    values = [71, 33, 100, 64, 12, 87, 55]
    names, groups, i = [], [], 0
    for name, weights in inner.items():
        groups.append({"id": name, "weight": sum(weights), "factors": []})
        for weight in weights:
            groups[-1]["factors"].append({"metric": f"m{i}", "weight": weight, "curve": AS_IS})
            names.append(f"m{i}")
            i += 1
    flat = sum(w * v for w, v in zip(inner["customer"] + inner["product"], values)) / 100
    row = one({"groups": groups}, dict(zip(names, values)))
    assert row["value"] == flat
    assert one({"groups": [{"id": "all", "factors": sum((g["factors"] for g in groups), [])}]}, dict(zip(names, values)))["value"] == flat


def test_sourcegraph():
    """Pulse 30, technical 15, relationships 0, utilisation 55: what has no weight neither counts nor lacks."""
    score = {"groups": [{"id": "g", "factors": measures([30, 15, 0, 55])}]}
    row = one(score, {"m0": 80, "m1": 40, "m2": 5, "m3": 60})
    assert row["value"] == 63
    without = one(score, {"m0": 80, "m1": 40, "m2": None, "m3": 60})
    assert (without["value"], without["coverage"], without["certain"]) == (63, 1, True)
