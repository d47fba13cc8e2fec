# SPDX-License-Identifier: MIT
"""What must not matter, or must matter in one known way: events at or after `as_of`, how a load is cut into batches,
how customers are called, and all times moved by whole days."""
import random

import pytest
from shared_data import DAY

churn = pytest.importorskip("churn")
AS_OF = 1_772_323_200_000_000  # 2026-03-01
TYPES = ["login", "export", "payment"]
PLAYBOOK = """
churn: 1
name: relations
time_zone: UTC
currency: USD
metrics:
  - {id: logins, agg: count, event: login, window: 28d, history: clip}
  - {id: users, agg: distinct, of: user, event: any, window: 28d, history: clip}
  - {id: paid, agg: sum, event: payment, window: 90d, history: clip}
  - {id: most, agg: max, event: [payment, export], window: 90d, history: clip}
  - {id: mean, agg: mean, event: any, window: 60d, history: clip}
  - {id: quiet, agg: days_since, event: any}
  - {id: slope, agg: trend, event: any, buckets: 6, every: 7d, relative: true}
  - {id: active, agg: active_days, event: any, window: 60d, history: clip}
  - {id: change, pct_change: {cur: logins, base: users}}
  - {id: open, ticket: open_count}
  - {id: oldest, ticket: oldest_open_days}
  - {id: asked, ticket: opened_count, window: 45d, history: clip}
  - {id: score, survey: last, kind: nps, max_age: 60d}
  - {id: mrr, subscription: mrr}
  - {id: failed, invoice: failed_count, window: 60d, history: clip}
  - {id: overdue, invoice: overdue_days}
  - {id: age, customer: age_days}
"""


def company(seed, customers=40):
    """Random records around AS_OF, some exactly at it: {kind: [row, ...]}."""
    rng = random.Random(seed)

    def when():
        return AS_OF + rng.choice([0, -1, 1, rng.randrange(-120 * DAY, 20 * DAY), rng.randrange(-120, 20) * DAY])

    def maybe(value):
        return value if rng.random() < 0.7 else None

    names = [f"c{i}" for i in range(customers)]
    one = lambda: rng.choice(names)  # noqa: E731
    data = {"customer": [{"id": name, "since": maybe(AS_OF - rng.randrange(300) * DAY)} for name in names]}
    data["event"] = [{"customer": one(), "type": rng.choice(TYPES), "at": when(), "user": maybe(f"u{rng.randrange(9)}"),
                      "value": maybe(rng.randrange(1, 10_000) / 100), "known_at": None} for _ in range(1_500)]
    data["ticket"] = [{"id": f"t{i}", "customer": one(), "opened_at": (start := when()),
                       "closed_at": maybe(start + rng.randrange(30 * DAY))} for i in range(200)]
    data["survey"] = [{"id": f"a{i}", "customer": one(), "at": when(), "kind": rng.choice(["nps", "csat"]),
                       "score": float(rng.randrange(11))} for i in range(150)]
    data["subscription"] = [{"id": f"s{i % 60}", "customer": names[i % 60 % customers], "valid_from": when(),
                             "status": rng.choice(["active", "trial", "cancelled"]), "amount": rng.randrange(1, 500) * 100}
                            for i in range(120)]
    data["invoice"] = [{"id": f"i{i}", "customer": one(), "issued_at": (start := when()), "due_at": start + 14 * DAY,
                        "amount": rng.randrange(1, 500) * 100, "paid_at": maybe(start + rng.randrange(40 * DAY)),
                        "failed_at": maybe(start + rng.randrange(20 * DAY))} for i in range(200)]
    return data


CONSTANTS = {"subscription": {"currency": "USD", "period": "month"}, "invoice": {"currency": "USD"}}
INSTANTS = {"since", "at", "known_at", "opened_at", "closed_at", "valid_from", "issued_at", "due_at", "paid_at",
            "failed_at"}
pa = pytest.importorskip("pyarrow")


def load(store, kind, rows):
    columns = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        columns[name] = pa.array(values, pa.timestamp("us", tz="UTC")) if name in INSTANTS else pa.array(values)
    store.add(kind, pa.table(columns), money="minor", constants=CONSTANTS.get(kind), strict=True)


def answers(data, as_of=AS_OF, batches=1, rng=None):
    store = churn.Store(time_zone="UTC")
    pieces = []
    for kind, rows in data.items():
        rows = list(rows)
        size = -(-len(rows) // batches)
        pieces += [(kind, rows[i:i + size]) for i in range(0, len(rows), size)]
    if rng:
        rng.shuffle(pieces)
    for kind, rows in pieces:
        load(store, kind, rows)
    engine = churn.Engine(churn.Playbook.parse(PLAYBOOK), store)
    table = engine.metrics(as_of).to_arrow().to_pydict()
    names = [name for name in table if name != "customer"]
    return {c: tuple(table[name][i] for name in names) for i, c in enumerate(table["customer"])}


def without_same_keys(data):
    """One row a key: what differs between rows of one key is decided by which came last."""
    seen = {}
    for row in data["subscription"]:
        seen[(row["id"], row["valid_from"])] = row
    return {**data, "subscription": list(seen.values())}


@pytest.mark.parametrize("seed", range(6))
def test_what_happens_at_or_after_as_of_changes_nothing(seed):
    data = without_same_keys(company(seed))
    key = {"event": "at", "ticket": "opened_at", "survey": "at", "invoice": "issued_at"}
    past = {kind: [row for row in rows if kind not in key or row[key[kind]] < AS_OF] for kind, rows in data.items()}
    past["subscription"] = [row for row in past["subscription"] if row["valid_from"] <= AS_OF]
    assert sum(map(len, past.values())) < sum(map(len, data.values()))
    assert answers(data) == answers(past)
    # What dates itself later is not seen either.
    cut = {kind: [{**row, **{n: None for n in ("closed_at", "paid_at", "failed_at") if (row.get(n) or 0) > AS_OF}}
                  for row in rows] for kind, rows in past.items()}
    assert answers(cut) == answers(past)


@pytest.mark.parametrize("seed", range(6))
def test_batches_and_their_order_change_nothing(seed):
    data = without_same_keys(company(seed))
    whole = answers(data)
    for batches in (2, 3, 17):
        assert answers(data, batches=batches, rng=random.Random(seed * 31 + batches)) == whole


@pytest.mark.parametrize("seed", range(6))
def test_other_names_permute_the_rows(seed):
    data = without_same_keys(company(seed))
    rng = random.Random(seed)
    others = [f"{rng.randrange(10**6):06d}-{i}" for i in range(40)]
    name = dict(zip((row["id"] for row in data["customer"]), others))
    renamed = {kind: [{**row, **({"id": name[row["id"]]} if kind == "customer" else {"customer": name[row["customer"]]})}
                      for row in rows] for kind, rows in data.items()}
    assert {name[c]: cells for c, cells in answers(data).items()} == answers(renamed)


@pytest.mark.parametrize("days", [1, -1, 7, 59, 366, 36_525, -20_000])
def test_all_times_moved_by_whole_days(days):
    data = without_same_keys(company(days))
    moved = {kind: [{n: v + days * DAY if n in INSTANTS and v is not None else v for n, v in row.items()} for row in rows]
             for kind, rows in data.items()}
    assert answers(moved, AS_OF + days * DAY) == answers(data)
