# SPDX-License-Identifier: MIT
"""What is true of scores whatever the book and the playbook: random ones of random_scores.py, asked in two ways.

CHURN_TWIN_CASES and CHURN_TWIN_SEED as for test_twin.py.
"""

import copy
import json
import math
import os
import random
from datetime import timedelta

import churn
import pytest
import random_scores
from compare_scores import units
from random_scores import Expr, moment
from score_twin import DAY, Company, Cond

FIRST = int(os.environ.get("CHURN_TWIN_SEED", "1"))
COUNT = int(os.environ.get("CHURN_TWIN_CASES", "8"))
SEEDS = pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
NUMBERS = ("value", "coverage", "low", "high")


class Case:
    def __init__(self, seed):
        self.maker = random_scores.Maker(seed)
        self.company, self.book = self.maker.company(), self.maker.playbook()
        self.other = self.maker.changed(self.book)
        self.dates = [random_scores.micros(day) for day in self.maker.dates]
        self.at = self.dates[-1]
        self.random = random.Random(seed)
        self.engine = engine_of(self.book, self.company)

    def scores(self):
        return [score["id"] for score in self.book["scores"]]

    def rows(self, score, at=None):
        return self.engine.scores(moment(self.at if at is None else at), score=score).to_dicts()

    def some(self, count):
        there = self.company.there(self.at)
        return self.random.sample(there, min(count, len(there)))


def engine_of(book, company):
    store = churn.Store()
    random_scores.load(store, company)
    return churn.Engine(churn.Playbook.parse(random_scores.text(book)), store)


def plain(table):
    """Its rows without the hash of the playbook that made them."""
    return [{name: value for name, value in row.items() if name != "playbook"} for row in table.to_dicts()]


def with_values(company, customer, values, at):
    """The same company where these attributes of a customer are these from `at` on."""
    attributes = dict(company.attributes)
    for name, value in values.items():
        past = [(t, v) for t, v in attributes.get((customer, name), []) if t < at]
        attributes[customer, name] = [*past, (at, value)]
    return Company(company.since, attributes, company.overrides, company.mrr)


# ---- numbers ----

@SEEDS
def test_tables_hold_numbers_in_their_ranges(seed):
    """No NaN, no infinity, nothing outside 0 to 100; and no value where the band is unknown."""
    case = Case(seed)
    tables = [case.engine.scores([moment(at) for at in case.dates])]
    tables += [case.engine.scores(moment(case.at), score=score) for score in case.scores()]
    tables += [case.engine.metrics(moment(case.at)), case.engine.trends(moment(case.at)), case.engine.at_risk(moment(case.at))]
    for table in tables:
        for row in table.to_dicts():
            assert not [name for name, v in row.items() if isinstance(v, float) and not math.isfinite(v)]
            if "low" in row:
                assert 0 <= row["coverage"] <= 1 and 0 <= row["low"] <= row["high"] <= 100
                assert (row["value"] is None) == (row["band"] == "unknown")
                assert row["value"] is None or 0 <= row["value"] <= 100
                assert row["value"] is not None or not row["certain"]


@SEEDS
def test_lines_add_up(seed):
    """In millionths: of the level from any baseline, and of the change between any two dates, with another playbook, too."""
    case = Case(seed)
    other = churn.Playbook.parse(random_scores.text(case.other))
    for score in case.scores():
        values = {r["customer"]: r["value"] for r in case.rows(score)}
        old = {r["customer"]: r["value"] for r in case.rows(score, case.dates[0])}
        for customer in case.some(6):
            if values[customer] is None:
                continue
            for baseline in (None, 0, 77.7, "book", "segment"):
                lines = case.engine.explain(customer, moment(case.at), score=score, baseline=baseline).to_dicts()
                parts = [r["contribution"] for r in lines if r["contribution"] is not None]
                assert sum(map(units, parts)) == units(values[customer])
            if old.get(customer) is None:
                continue
            for before in (None, other):
                try:
                    lines = case.engine.explain_change(customer, moment(case.dates[0]), moment(case.at), score=score,
                                                       playbook=before).to_dicts()
                except churn.NotFoundError:  # by the other playbook there was none
                    assert before is other
                    continue
                parts = [units(r["contribution"]) for r in lines]
                assert sum(parts[:-1]) == parts[-1] == units(values[customer])
                assert before is other or parts[0] == units(old[customer])


@SEEDS
def test_changes_follow_one_another(seed):
    """What is said of a to b, of b to c and of a to c begins and ends at the same scores."""
    case = Case(seed)
    a, b, c = map(moment, case.dates)
    for score in case.scores():
        tables = [{r["customer"]: r["value"] for r in case.rows(score, at)} for at in case.dates]
        for customer in tables[0]:
            if None in [table.get(customer) for table in tables]:
                continue
            spans = [[units(r["contribution"]) for r in case.engine.explain_change(customer, s, t, score=score).to_dicts()]
                     for s, t in ((a, b), (b, c), (a, c))]
            assert spans[0][-1] == spans[1][0] == units(tables[1][customer])
            assert spans[0][0] == spans[2][0] and spans[1][-1] == spans[2][-1]
            assert sum(spans[0][1:-1]) + sum(spans[1][1:-1]) == sum(spans[2][1:-1])


@SEEDS
def test_many_dates_at_once(seed):
    """One call for all dates, one for each, one for each customer, and two threads: the same bits."""
    case = Case(seed)
    for score in case.scores():
        together = case.engine.scores([moment(at) for at in case.dates], score=score).to_dicts()
        apart = []
        for at in case.dates:
            apart += [{**row, "as_of": moment(at)} for row in case.rows(score, at)]
        apart.sort(key=lambda row: (row["customer"].encode(), row["as_of"]))
        assert together == apart
        threads = churn.Engine(case.engine.playbook, case.engine.store, threads=2)
        assert threads.scores([moment(at) for at in case.dates], score=score).to_dicts() == together
        for customer in case.some(3):
            alone = case.engine.scores(moment(case.at), score=score, customer=customer).to_dicts()
            assert alone == [row for row in case.rows(score) if row["customer"] == customer]
            answer = case.engine.customer(customer, moment(case.at))["scores"][score]
            assert all(answer[name] == alone[0][name] for name in (*NUMBERS, "band", "card", "certain", "overridden"))


# ---- one meaning, written twice ----

def shuffled(value, order):
    """The same with the keys of every map that has no order of its own in another one."""
    if isinstance(value, list):
        return [shuffled(item, order) for item in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    order.shuffle(keys)
    return {key: shuffled(value[key], order) for key in keys}


def spelled(value):
    """Another way to write the same, as YAML: bare keys, single quotes, lines."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, list):
        return "[ " + " , ".join(map(spelled, value)) + " ]"
    if isinstance(value, dict):
        return "{ " + ",\n  ".join(f"{key}: {spelled(item)}" for key, item in value.items()) + " }"
    return json.dumps(value)


@SEEDS
def test_spelling_does_not_matter(seed):
    """Keys in another order, YAML instead of JSON, comments: the same bits and the same hash."""
    case = Case(seed)
    text = spelled(shuffled(case.book, random.Random(seed)))
    again = churn.Playbook.parse(f"# the same\n{text}\n")
    assert again.hash == case.engine.playbook.hash
    other = churn.Engine(again, case.engine.store)
    for score in case.scores():
        assert other.scores(moment(case.at), score=score).to_dicts() == case.rows(score)
    assert not case.engine.playbook.diff(again).to_dicts()


def flat_score(score, name):
    """The score whose own numbers are those of a card."""
    layers, card = [], name
    while card is not None:
        layers.append(score["segments"][card])
        card = layers[-1].get("from")
    flat = copy.deepcopy({key: value for key, value in score.items() if key != "segments"})
    groups, factors = {}, {}

    def walk(group):
        groups[group["id"]] = group
        factors.update({f["id"]: f for f in group.get("factors", [])})
        for inner in group.get("groups", []):
            walk(inner)
    for group in flat["groups"]:
        walk(group)
    caps = {cap["id"]: cap for cap in flat.get("caps", [])}
    for layer in reversed(layers):
        put(flat, layer, groups, factors, caps)
    flat["caps"] = [cap for cap in flat.get("caps", []) if not cap.pop("off", False)]
    if not flat["caps"]:
        del flat["caps"]
    return flat


def put(flat, layer, groups, factors, caps):
    if "min_coverage" in layer:
        flat["min_coverage"] = layer["min_coverage"]
    for band, bound in layer.get("bands", {}).items():
        if isinstance(flat["bands"][band], dict):
            flat["bands"][band] = {**flat["bands"][band], "from": bound}
        else:
            flat["bands"][band] = bound
    for ident, change in layer.get("groups", {}).items():
        groups[ident].update({k: v for k, v in change.items() if k == "weight"})
        for factor, numbers in change.get("factors", {}).items():
            if "curve" in numbers:
                factors[factor].pop("steps", None)
                factors[factor].pop("ends", None)
            factors[factor].update(numbers)
    for ident, change in layer.get("caps", {}).items():
        caps[ident].update(change)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + 3 * COUNT))
def test_cards_are_flat_playbooks(seed):
    """Who is on a card has the scores of a playbook whose own numbers are the card's, to the bit."""
    case = Case(seed)
    for i, score in enumerate(case.book["scores"]):
        for card in score.get("segments", {}):
            book = {**case.book, "scores": list(case.book["scores"])}
            book["scores"][i] = flat_score(score, card)
            flat = churn.Engine(churn.Playbook.parse(random_scores.text(book)), case.engine.store)
            for at in case.dates:
                on_it = [row for row in plain(case.engine.scores(moment(at), score=score["id"])) if row["card"] == card]
                theirs = {r["customer"]: r for r in plain(flat.scores(moment(at), score=score["id"]))}
                for row in on_it:
                    flat_row = {**theirs[row["customer"]], "card": card}
                    assert {n: (v, flat_row[n]) for n, v in row.items() if v != flat_row[n]} == {}


# ---- references ----

@SEEDS
def test_frozen_references(seed):
    """A rank among all, frozen, is the same at that date, and stays what it is when the book changes."""
    case = Case(seed)
    people, metric = moment(case.at), "a1"
    if all(row[metric] is None for row in case.engine.metrics(people).to_dicts()):
        with pytest.raises(churn.NotFoundError, match="metric `a1`: nobody has a value"):
            case.engine.reference(metric, people)
        return
    made = case.engine.reference(metric, people, name="then")
    if sum(r["count"] for r in made.table.to_dicts()) < 2:
        return  # nothing to compare with

    def book(among):
        factors = [{"id": "p", "metric": metric, "percentile": {"among": among}, "weight": 3},
                   {"id": "z", "metric": metric, "robust_z": {"among": among}, "direction": "lower"}]
        return {**{k: v for k, v in case.book.items() if k not in ("scores", "references")},
                "scores": [{"id": "rank", "groups": [{"id": "g", "factors": factors}], "min_coverage": 0,
                            "bands": {"green": 50, "red": 0}}]}
    live = churn.Engine(churn.Playbook.parse(random_scores.text(book("book"))), case.engine.store)
    values, counts = [r["value"] for r in made.table.to_dicts()], [r["count"] for r in made.table.to_dicts()]
    frozen_book = {**book("then"), "references": {"then": {"metric": metric, "made_at": "2026-01-01", "values": values,
                                                          "counts": counts}}}
    frozen = churn.Playbook.parse(random_scores.text(frozen_book))
    now = plain(churn.Engine(frozen, case.engine.store).scores(people, score="rank"))
    assert now == plain(live.scores(people, score="rank"))
    grown = churn.Store()
    random_scores.load(grown, case.company)
    for i in range(20):
        grown.add_customer(f"new{i}", since=people - timedelta(days=100))
        grown.add_attribute(f"new{i}", metric, -1000 + i, valid_from=people - timedelta(days=100))
    later = plain(churn.Engine(frozen, grown).scores(people, score="rank"))
    assert [row for row in later if not row["customer"].startswith("new")] == now


# ---- what if ----

def score_row(table, score):
    return next(r for r in table.to_dicts() if r["sort"] == "score" and r["id"] == score)


def reached(case, customer, score, values):
    return score_row(case.engine.what_if(customer, moment(case.at), values), score)["value_after"]


def needed(row, tail):
    text = row["word_needed" + tail]
    return row["value_needed" + tail] if text is None else {"true": True, "false": False}.get(text, text)


@SEEDS
def test_targets_are_reached(seed):
    """What is said to be needed, given to what_if, reaches the target, alone or in pairs, and comes to what was said."""
    case = Case(seed)
    for score in case.scores():
        values = {r["customer"]: r["value"] for r in case.rows(score)}
        for customer in case.some(4):
            for target in (45, 72.5):
                if values[customer] is not None and values[customer] >= target:
                    continue
                for row in case.engine.targets(customer, moment(case.at), target, score=score, pairs=2).to_dicts():
                    if not row["feasible"]:
                        continue
                    given = {}
                    for tail in ("", "_2"):
                        if row["metric" + tail] is not None:
                            given[row["metric" + tail]] = needed(row, tail)
                    after = reached(case, customer, score, given)
                    assert after is not None and after >= target, (customer, score, row)
                    assert after == row["reaches"], (customer, score, row)


def decides(case, score, metric):
    """Whether conditions, other scores, or two factors read the metric: then more than the points of one factor moves."""
    chosen = next(s for s in case.book["scores"] if s["id"] == score)
    conditions = json.dumps([case.book["segments"], chosen.get("caps")])
    others = json.dumps([s for s in case.book["scores"] if s["id"] != score])
    groups = json.dumps(chosen.get("groups"))
    readers = groups.count(f'"{metric}"') + groups.count(f"metric.{metric}")
    return readers > 1 or f"metric.{metric}" in conditions or f'"{metric}"' in others or f"metric.{metric}" in others


@SEEDS
def test_what_is_out_of_reach_is(seed):
    """Where no factor of a metric is said to do alone, no value of a fine grid does."""
    case = Case(seed)
    grid = [x / 4 for x in range(-40, 161)]
    tried = 0
    for score in case.scores():
        for customer in case.some(3):
            rows = case.engine.targets(customer, moment(case.at), 72.5, score=score, pairs=0).to_dicts()
            for metric in case.maker.numbers:
                said = [row["feasible"] for row in rows if row["metric"] == metric]
                if not said or any(said) or tried >= 3 or decides(case, score, metric):
                    continue
                tried += 1
                for x in grid:
                    after = reached(case, customer, score, {metric: x})
                    assert after is None or after < 72.5, (customer, score, metric, x, after)


# ---- what is not known ----

def leans_on_values(book, score):
    """Whether a critical cap may look at another score: at its value, which may yet leave the bounds it is judged by."""
    chosen = next(s for s in book["scores"] if s["id"] == score)
    text = json.dumps(chosen)
    return "critical" in text and '"score": ' in text


def moves_others(book):
    """Whether children are rolled up in whose ranks the customer counts: they move with what becomes known of it."""
    text = json.dumps(book["scores"])
    return '"roll_up"' in text and any(f'"among": "{group}' in text for group in ("book", "segment"))


def idle_critical(book, score):
    """Whether a critical cap may look at a factor without weight, which coverage does not know of."""
    text = json.dumps(next(s for s in book["scores"] if s["id"] == score))
    return "critical" in text and '"weight": 0,' in text


@pytest.mark.parametrize("seed", range(FIRST, FIRST + 2 * COUNT))
def test_bounds_hold_whatever_is_missing(seed):
    """Whatever an attribute turns out to be, the new bounds are within the old ones, as long as the customer's segments stay
    the same; and where with that all is known, value and bounds are one number within the old ones.

    (The score of a part need not lie within the bounds: weights go to what is there, which may be less than the least that
    the missing part could be.)"""
    case = Case(seed)
    for customer in case.some(3):
        lacking = [a for a in [*case.maker.numbers, "plan", "sponsor"] if case.company.value(customer, a, case.at) is None]
        before = case.engine.customer(customer, moment(case.at))
        for names in [[name] for name in lacking] + [lacking]:
            given = {name: case.random.choice(random_scores.WORDS) if name == "plan" else
                     case.random.random() < 0.5 if name == "sponsor" else case.maker.number() for name in names}
            after = engine_of(case.book, with_values(case.company, customer, given, case.at)).customer(customer, moment(case.at))
            if after["segments"] != before["segments"]:
                continue
            for score in case.scores():
                if leans_on_values(case.book, score) or moves_others(case.book):
                    continue
                old, new = before["scores"][score], after["scores"][score]
                assert new["low"] >= old["low"] - 1e-6 and new["high"] <= old["high"] + 1e-6, (customer, score, given, old, new)
                if new["coverage"] == 1 and new["value"] is not None and not idle_critical(case.book, score):
                    assert old["low"] - 1e-6 <= new["value"] <= old["high"] + 1e-6
                    # Of caps that stand on something else nothing is known as yet.
                    assert names is not lacking or (new["low"] == new["high"] == new["value"] and new["certain"])


# ---- the whole book ----

@SEEDS
def test_impact_is_two_tables(seed):
    """What the impact counts is what two engines' tables say side by side."""
    case = Case(seed)
    other = churn.Playbook.parse(random_scores.text(case.other))
    theirs = churn.Engine(other, case.engine.store)
    made = case.engine.impact(other, moment(case.at))
    score = case.scores()[0]
    here = {r["customer"]: r for r in case.rows(score) if not r["churned"]}
    there = {r["customer"]: r for r in theirs.scores(moment(case.at), score=score).to_dicts() if not r["churned"]}
    assert set(here) == set(there) and made.customers == len(here)
    assert made.scored_before == sum(r["value"] is not None for r in here.values())
    assert made.scored_after == sum(r["value"] is not None for r in there.values())
    moved = {c for c in here if here[c]["band"] != there[c]["band"]}
    assert {r["customer"] for r in made.moved.to_dicts() if r["score"] == score} == moved and made.changed_band == len(moved)
    order = ["red", "yellow", "green"]
    known = [(order.index(there[c]["band"]) - order.index(here[c]["band"]), case.company.mrr[c])
             for c in moved if "unknown" not in (here[c]["band"], there[c]["band"])]
    assert (made.worse, made.better) == (sum(d < 0 for d, _ in known), sum(d > 0 for d, _ in known))
    assert made.mrr_worse == pytest.approx(sum(m for d, m in known if d < 0) / 100)
    assert made.mrr_better == pytest.approx(sum(m for d, m in known if d > 0) / 100)
    for row in made.moved.to_dicts():
        if row["score"] == score:
            c = row["customer"]
            assert (row["value_before"], row["value_after"]) == (here[c]["value"], there[c]["value"])
            assert (row["band_before"], row["band_after"]) == (here[c]["band"], there[c]["band"])


# ---- bands that are held ----

def held(rows, hysteresis, stay):
    """Bands date by date, from (at, value, {band: bound} of the card): naively, after docs/reference/semantics.md."""
    band, entered, shown = None, None, []
    for at, value, bounds in rows:
        names = [name for name, _ in sorted(bounds.items(), key=lambda item: item[1])]
        if value is None:
            shown.append("unknown")
            continue
        plain = next((n for n in reversed(names) if value >= bounds[n]), names[0])
        if band is None:
            band, entered = plain, at
        elif at - entered >= stay:
            place = names.index(band)
            too_low = place > 0 and value < bounds[band] - hysteresis
            too_high = place + 1 < len(names) and value >= bounds[names[place + 1]] + hysteresis
            if (too_low or too_high) and plain != band:
                band, entered = plain, at
        shown.append(band)
    return shown


@SEEDS
def test_held_bands(seed):
    """What a replay holds is what a naive reader of the scores of its dates would have held."""
    case = Case(seed)
    hysteresis, stay = case.random.choice([0, 3, 12]), case.random.choice([0, 5, 20])
    book = copy.deepcopy(case.book)
    score = book["scores"][0]
    score.update(hysteresis=hysteresis, min_stay=f"{stay}d")
    days = list(range(60, 200, 7))
    engine = engine_of(book, case.company)
    dates = [random_scores.micros(day) for day in days]
    for at in dates:
        engine.advance(moment(at))
    found = {}
    for row in engine.scores([moment(at) for at in dates], score=score["id"]).to_dicts():
        found.setdefault(row["customer"], []).append(row)
    changes = {}
    for row in engine.band_changes(score=score["id"]).to_dicts():
        changes.setdefault(row["customer"], []).append((row["at"], row["band_after"]))
    for customer, rows in found.items():
        seen = [(row["as_of"], row["value"], bounds_of(score, row["card"])) for row in rows]
        wanted = held(seen, hysteresis, timedelta(days=stay))
        line, last = [], None
        for (at, _, _), band in zip(seen, wanted):
            if band != last and not (last is None and band == "unknown"):
                line.append((at, band))
            last = band if not (last is None and band == "unknown") else None
        assert changes.get(customer, []) == line, (customer, hysteresis, stay)


def bounds_of(score, card):
    bounds = {name: band["from"] if isinstance(band, dict) else band for name, band in score["bands"].items()}
    layers = []
    while card not in (None, "default"):
        layers.append(score["segments"][card])
        card = layers[-1].get("from")
    for layer in reversed(layers):
        bounds.update(layer.get("bands", {}))
    return bounds
