# SPDX-License-Identifier: MIT
"""Two policies differ only where their documents say: without the situation of which a switch speaks both of its words
count the same in every figure, with it they do not. And what is undefined is null with a reason, whatever the company."""
import math
import os
import random

import pytest
import random_business as made

churn = pytest.importorskip("churn")

FIRST = int(os.environ.get("CHURN_TWIN_SEED", "1"))
COUNT = int(os.environ.get("CHURN_TWIN_CASES", "2"))
SEEDS = range(FIRST, FIRST + COUNT)
DAY = made.DAY
KPIS = ("mrr arpa new_mrr expansion_mrr contraction_mrr churned_mrr reactivation_mrr currency_mrr customers new_customers "
        "lost_customers reactivated_customers logo_churn gross_mrr_churn net_mrr_churn grr nrr crr logo_retention "
        "quick_ratio").split()
BASE = "preset: smsb, group_changes: instant"


def book(switches):
    return f"churn: 1\nname: p\ntime_zone: UTC\ncurrency: USD\nkpi: {{{BASE}, {switches}}}\n"


def company(seed, **allowed):
    """Subscriptions of plain customers; each situation only where it is allowed."""
    rng = random.Random(seed)
    has = lambda name: allowed.get(name, False) and rng.random() < 0.4  # noqa: E731
    rows = []
    month = 1_704_067_200_000_000
    for i in range(40):
        at = month + rng.randrange(200) * DAY
        status, amount = "active", rng.randrange(100, 20000)
        for step in range(rng.choice([1, 2, 4])):
            ended = at + rng.randrange(40, 90) * DAY if step and rng.random() < 0.3 else None
            row = {"id": f"s{i}", "customer": f"c{i}", "valid_from": at, "status": status, "amount": amount,
                   "currency": "EUR" if allowed.get("currency") and i % 2 else "USD", "period": "month", "discount": None,
                   "discount_until": None, "ended_at": ended, "cancel_requested_at": None, "usage_based": None}
            if has("discount_until") and amount > 0:
                row["discount"], row["discount_until"] = amount // 3, at + 20 * DAY
            if has("discount") and amount > 0:
                row["discount"], row["discount_until"] = amount // 3, None
            if has("request"):
                row["ended_at"] = ended = at + 60 * DAY
                row["cancel_requested_at"] = at + 13 * DAY
            if has("usage"):
                row["usage_based"] = True
            rows.append(row)
            if ended and not allowed.get("returns"):
                break
            at = (ended or at) + (rng.randrange(100, 160) if ended else rng.randrange(35, 60)) * DAY
            if has("quick") and ended:
                at = ended + 3 * DAY
            status, amount = "active", rng.randrange(100, 20000)
            for word in ("trial", "past_due", "unpaid", "paused"):
                status = word if has(word) else status
            amount = 0 if has("free") else -amount if has("refund") else amount
        if has("same_period"):  # there and gone inside a month
            at = month + rng.randrange(6) * 31 * DAY + 3 * DAY
            rows.append({**rows[-1], "id": f"x{i}", "customer": f"x{i}", "valid_from": at, "status": "active", "amount": 700,
                         "ended_at": at + 5 * DAY, "cancel_requested_at": None, "discount": None, "discount_until": None})
        if has("hour"):  # twice within the hour
            rows.append({**rows[-1], "id": f"y{i}", "customer": f"y{i}", "valid_from": at, "status": "active", "amount": 700,
                         "ended_at": None, "cancel_requested_at": None, "discount": None, "discount_until": None})
            rows.append({**rows[-1], "valid_from": at + 60_000_000, "amount": 900})
    data = {"subscription": rows, "rate": [{"currency": "EUR", "at": month - DAY, "rate": 1.25}]}
    if allowed.get("rates"):
        data["rate"].append({"currency": "EUR", "at": month + 100 * DAY, "rate": 2.0})
    return data


SWITCHES = [  # two words, without what they speak of, and with it
    ("recognition: end", "recognition: request", {}, {"request": True}),
    ("reactivation_within: any", "reactivation_within: never", {}, {"returns": True}),
    ("reactivation_within: any", "reactivation_within: 91d", {}, {"returns": True}),
    ("reactivation_after: 0d", "reactivation_after: 30d", {"returns": True}, {"returns": True, "quick": True}),
    ("same_period: include", "same_period: ignore", {"returns": True}, {"same_period": True}),
    ("discounts: subtract", "discounts: ignore", {}, {"discount": True}),
    ("discounts: subtract", "discounts: forever", {"discount": True}, {"discount_until": True}),
    ("trials: exclude", "trials: include", {}, {"trial": True}),
    ("past_due: exclude", "past_due: include", {}, {"past_due": True}),
    ("unpaid: exclude", "unpaid: include", {"past_due": True}, {"unpaid": True}),
    ("paused: exclude", "paused: include", {}, {"paused": True}),
    ("usage_based: exclude", "usage_based: include", {}, {"usage": True}),
    ("free: exclude", "free: include", {"discount": True}, {"free": True}),
    ("refunds: ignore", "refunds: subtract", {"free": True}, {"refund": True}),
    ("fx: constant", "fx: historic", {"currency": True}, {"currency": True, "rates": True}),
    ("group_changes: instant", "group_changes: hour", {}, {"hour": True}),
    ("group_changes: hour", "group_changes: day", {"hour": True}, None),
    ("churn_rate: start", "churn_rate: start_and_new", None, {}),
    ("churn_rate: start", "churn_rate: daily", None, {}),
    ("returners: retained", "returners: lost", {"returns": False}, {"returns": True, "quick": True}),
]


def answers(data, switches):
    text = book(switches)
    for name in ("group_changes",):
        if switches.startswith(name):
            text = text.replace(", group_changes: instant,", ",")
    engine = made.opened(data, text)
    span = (1_704_067_200_000_000, 1_748_736_000_000_000)
    rows = engine.kpi(KPIS, *span, every="quarter").to_dicts()
    moves = engine.movements(*span).to_dicts()
    return [{k: v for k, v in row.items() if k != "policy"} for row in rows + moves]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("first, second, without, along", SWITCHES, ids=[s[1] for s in SWITCHES])
def test_switches_speak_of_one_thing(seed, first, second, without, along):
    if without is not None:
        data = company(seed, **without)
        assert answers(data, first) == answers(data, second)
    if along is not None:
        data = company(seed, **along)
        assert answers(data, first) != answers(data, second)


NOBODY = {"rate": [{"currency": "EUR", "at": made.FIRST, "rate": 1.25}]}
ONE = {"subscription": [{"id": "s", "customer": "c", "valid_from": made.FIRST + 40 * DAY, "status": "active", "amount": 1000,
                         "currency": "USD", "period": "month", "ended_at": None}]}
FREE = {"subscription": [{**ONE["subscription"][0], "amount": 0}]}
GONE = {"subscription": [{**ONE["subscription"][0], "ended_at": made.FIRST + 90 * DAY}]}
BAD = {"subscription": [{**ONE["subscription"][0], "currency": "EUR"}]}
CREDIT = {"subscription": [{**ONE["subscription"][0], "amount": -1000}]}
RATIOS = {"ratio", "months", "number", "points"}


@pytest.mark.parametrize("preset", ["chartmogul", "stripe", "profitwell", "smsb", "fightchurn"])
@pytest.mark.parametrize("data", [NOBODY, ONE, FREE, GONE, BAD, CREDIT], ids=["nobody", "one", "free", "gone", "no rate", "credit"])
def test_what_is_undefined_has_a_reason(data, preset):
    engine = made.opened(data, made.book(1, loss="", preset=preset))
    end = made.FIRST + 213 * DAY
    for how in ({"every": "month"}, {"every": "quarter", "by": "plan"}, {"rolling": 30, "step": 60, "by": "industry"}, {}):
        for row in engine.kpi(None, made.FIRST, end, as_of=made.FIRST + 160 * DAY, **how).to_dicts():
            assert (row["value"] is None) == (row["missing"] is not None), row
            for name, cell in row.items():
                assert not isinstance(cell, float) or math.isfinite(cell), (name, row)
            if row["value"] is not None and row["denominator"] is not None:
                assert row["denominator"] != 0, row
            if row["low"] is not None and row["value"] is not None and row["high"] is not None:
                assert row["low"] <= row["value"] + 1e-9 and row["value"] <= row["high"] + 1e-9 or row["unit"] == "points", row
            if row["period_start"].timestamp() * 1e6 >= made.FIRST + 160 * DAY:
                assert not row["complete"], row
    # Money before and after the first month, and nothing that is not there.
    cell = {(r["kpi"], r["period_start"].month): r for r in
            engine.kpi(["mrr_growth", "logo_churn", "nrr", "quick_ratio", "ltv"], made.FIRST, end, every="month").to_dicts()}
    assert cell["logo_churn", 1]["value"] is None and cell["logo_churn", 1]["missing"]
    assert cell["mrr_growth", 1]["value"] is None and cell["nrr", 1]["value"] is None
    assert cell["quick_ratio", 1]["value"] is None and cell["ltv", 5]["value"] is None
