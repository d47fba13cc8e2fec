# SPDX-License-Identifier: MIT
"""Every question about what happened to the business, twice: what nobody could know then, the order of loading, the
names of customers and a shift of all times must not matter, or in one known way.

CHURN_TWIN_CASES and CHURN_TWIN_SEED say how many random businesses, and which.
"""
import math
import os
import random
from datetime import datetime, timedelta

import pytest
import random_business as made

FIRST = int(os.environ.get("CHURN_TWIN_SEED", "1"))
COUNT = int(os.environ.get("CHURN_TWIN_CASES", "2"))
SEEDS = range(FIRST, FIRST + COUNT)
DAY = made.DAY


def same(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return a == b or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return a == b


def differing(first, second, exact=True):
    """The first row of each question that is not the same twice."""
    wrong = {}
    assert first.keys() == second.keys()
    for name, rows in first.items():
        others = second[name]
        if rows == others:
            continue
        if len(rows) != len(others):
            wrong[name] = (len(rows), len(others), [row for row in rows if row not in others][:1],
                           [row for row in others if row not in rows][:1])
            continue
        for row, other in zip(rows, others):
            bad = {key for key in row if not (row[key] == other[key] if exact else same(row[key], other[key]))}
            if bad:
                wrong[name] = ({key: (row[key], other[key]) for key in bad}, row)
                break
    return wrong


@pytest.mark.parametrize("seed", SEEDS)
def test_what_nobody_could_know_at_as_of_changes_no_answer(seed):
    data, text = made.business(seed), made.book(seed)
    more = made.later(data, seed)
    then = made.ask(made.opened(data, text))
    now = made.ask(made.opened({kind: rows + more.get(kind, []) for kind, rows in data.items()}, text))
    assert differing(then, now) == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_dates_itself_later_is_not_seen(seed):
    data, text = made.business(seed), made.book(seed)
    cut = {kind: [{**row, **{name: None for name in made.OWN & row.keys() if (row[name] or 0) >= made.AS_OF}}
                  for row in rows] for kind, rows in data.items()}
    for row in cut["invoice"]:
        row["refunded"] = row["refunded"] if row["refunded_at"] else None
    for row in cut["ticket"]:
        row["csat"] = row["csat"] if row["closed_at"] else None
    assert differing(made.ask(made.opened(data, text)), made.ask(made.opened(cut, text))) == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_batches_and_their_order_change_nothing(seed):
    data, text = made.business(seed), made.book(seed)
    whole = made.ask(made.opened(data, text))
    for batches in (2, 9):
        rng = random.Random(seed * 31 + batches)
        assert differing(whole, made.ask(made.opened(data, text, batches, rng))) == {}


def renamed(rows, name):
    key = lambda row: [(cell is None, str(cell)) for cell in row.values()]  # noqa: E731
    return sorted(({k: name.get(v, v) if k in ("customer", "value") else v for k, v in row.items()} for row in rows), key=key)


@pytest.mark.parametrize("seed", SEEDS)
def test_other_names_of_customers_change_the_names_alone(seed):
    data, text = made.business(seed), made.book(seed)
    rng = random.Random(seed)
    name = {row["id"]: f"{rng.randrange(10**6):06d}-{i}" for i, row in enumerate(data["customer"])}
    other = {kind: [{**row, **({"id": name[row["id"]]} if kind == "customer" else
                               {"customer": name[row["customer"]]} if "customer" in row else {})} for row in rows]
             for kind, rows in data.items()}
    before, after = made.ask(made.opened(data, text)), made.ask(made.opened(other, text))
    for asked in (before, after):
        for question in asked:
            if question.startswith("engagement"):
                asked[question] = renamed(asked[question], {})
    for question in ("movements", "movements split", "reconciliation", "disagreements"):
        if question in before:
            before[question] = renamed(before[question], name)
            after[question] = renamed(after[question], {})
    assert differing(before, after, exact=False) == {}


def moved(value, days):
    return value + timedelta(days=days) if isinstance(value, datetime) else value


def shifted(seed, days, months):
    data, text = made.business(seed), made.book(seed, **({} if months else {"preset": "smsb"}))
    later = {kind: [{name: cell + days * DAY if name in made.INSTANTS and cell is not None else cell
                     for name, cell in row.items()} for row in rows] for kind, rows in data.items()}
    before = made.ask(made.opened(data, text), months=months)
    after = made.ask(made.opened(later, text), months=months, as_of=made.AS_OF + days * DAY,
                     span=tuple(at + days * DAY for at in made.SPAN))
    words = {"cohort", "start_month", "note"}  # these spell dates
    plain = [{question: [{key: moved(cell, shift) for key, cell in row.items() if key not in words} for row in rows
                         if months or not row.get("kpi", "").startswith("silent")]  # of calendar quarters
               for question, rows in asked.items() if months or question not in ("kpi as profitwell", "policies")}
             for asked, shift in ((before, days), (after, 0))]
    return differing(*plain, exact=False)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("weeks", [1461, -1461])
def test_calendars_repeat_after_28_years(seed, weeks):
    assert shifted(seed, 7 * weeks, True) == {}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("weeks", [1, -59])
def test_weeks_and_days_are_all_alike(seed, weeks):
    assert shifted(seed, 7 * weeks, False) == {}


# What a store was ever given of these says something by itself: a type of events that nobody has is an unknown name, where
# no subscriptions are loaded everybody is a customer, and costs or money that nobody gives are not provided.
ALL_AT_ONCE = {"event", "subscription", "invoice", "spend"}


@pytest.mark.parametrize("kind", ["ticket", "survey", "churn", "touchpoint", "milestone", "measure", "announcement", "attribute"])
def test_the_first_record_of_a_kind_changes_nothing_before_it(kind):
    data, text = made.business(FIRST), made.book(FIRST)
    more = made.later(data, FIRST)
    data[kind] = []
    then = made.ask(made.opened(data, text))
    assert kind not in ALL_AT_ONCE and more[kind]
    assert differing(then, made.ask(made.opened({name: rows + more.get(name, []) for name, rows in data.items()}, text))) == {}
