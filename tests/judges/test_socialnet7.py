# SPDX-License-Identifier: MIT
"""A social network of 1,470 accounts: 1.68 million events that are out of order inside each account, monthly
subscriptions, and the truths that come with the data (its SOURCE.md), each by a way of its own."""
import random
from collections import Counter, defaultdict

import pytest
from shared_data import DAY, columns, folder, instant, rows

churn = pytest.importorskip("churn")
pa = pytest.importorskip("pyarrow")
FOLDER = folder("fightchurn_socialnet7", "event.csv.gz")
START, END = instant("2020-01-01"), instant("2020-06-01")
MONTHS = ["2020-02-01", "2020-03-01", "2020-04-01", "2020-05-01"]
FIRST_28_DAYS = {"message": .732, "reply": .710, "newfriend": .703, "like": .668, "post": .656, "adview": .595,
                 "dislike": .589, "unfriend": .461}

PLAYBOOK = """
churn: 1
name: socialnet7
time_zone: UTC
currency: USD
metrics:
""" + "".join(f"  - {{id: {name}_28d, agg: count, event: {name}, window: 28d, history: clip}}\n"
              for name in FIRST_28_DAYS) + """
  - {id: active_days, agg: active_days, event: any, window: 365d, history: clip}
  - {id: all_events, agg: count, event: any, window: 365d, history: clip}
  - {id: mrr, subscription: mrr}
loss: {any: [subscription]}
"""


@pytest.fixture(scope="module")
def data():
    names = {row["event_type_id"]: row["event_type_name"] for row in rows(FOLDER / "event_type.csv")}
    moments = {}
    customer, kind, at = [], [], []
    for row in rows(FOLDER / "event.csv.gz"):
        text = row["event_time"]
        moment = moments.get(text)
        if moment is None:
            moment = moments[text] = instant(text)
        customer.append(row["account_id"])
        kind.append(names[row["event_type_id"]])
        at.append(moment)
    return customer, kind, at


def event_table(data):
    customer, kind, at = data
    return pa.table({"customer": customer, "type": kind, "at": pa.array(at, pa.timestamp("us", tz="UTC"))})


@pytest.fixture(scope="module")
def accounts():
    """Of each account its months, as (start, end)."""
    months = defaultdict(list)
    for row in rows(FOLDER / "subscription.csv"):
        months[row["account_id"]].append((instant(row["start_date"]), instant(row["end_date"])))
    return months


def fill(store, table, accounts):
    assert store.add("event", table, strict=True).added == table.num_rows
    state = {"id": [], "customer": [], "valid_from": [], "ended_at": []}
    for account, months in accounts.items():
        for start, end in months:
            state["id"].append(f"s{account}")
            state["customer"].append(account)
            state["valid_from"].append(start)
            state["ended_at"].append(end)
    for name in ("valid_from", "ended_at"):
        state[name] = pa.array(state[name], pa.timestamp("us", tz="UTC"))
    assert store.add("subscription", pa.table(state), strict=True, money="major",
                     constants={"status": "active", "amount": "10", "currency": "USD", "period": "month"}
                     ).added == 5_693
    since = {account: min(start for start, _ in months) for account, months in accounts.items()}
    store.add("customer", pa.table({"id": list(since), "since": pa.array(list(since.values()),
                                                                        pa.timestamp("us", tz="UTC"))}), strict=True)
    return store


@pytest.fixture(scope="module")
def engine(data, accounts):
    store = fill(churn.Store(time_zone="UTC"), event_table(data), accounts)
    return churn.Engine(churn.Playbook.parse(PLAYBOOK), store)


def test_the_log_is_out_of_order_and_whole(data):
    customer, _, at = data
    assert len(at) == 1_680_535
    assert len(set(customer)) == 1_470
    assert sum(x > y for x, y in zip(at, at[1:])) == 759_146  # between accounts, too


def test_any_order_of_loading_gives_the_same_store(data, accounts, engine):
    table = event_table(data)
    order = list(range(table.num_rows))
    random.Random(7).shuffle(order)
    mixed = table.take(pa.array(order))
    store = churn.Store(time_zone="UTC")
    step = 300_001
    for begin in range(0, mixed.num_rows, step):
        store.add("event", mixed.slice(begin, step), strict=True)
    whole = churn.Store(time_zone="UTC")
    whole.add("event", table, strict=True)
    assert store.hash() == whole.hash()


def test_logo_churn_from_first_of_month_to_first_of_month(engine):
    """The source counts who is a customer at midnight of the first, those who begin there included. A month of the
    library begins before what happens at its first instant; a second later both look at the same customers."""
    firsts = [f"{day}T00:00:01Z" for day in MONTHS + ["2020-06-01"]]
    got = []
    for start, end in zip(firsts, firsts[1:]):
        table = columns(engine.kpi(["logo_churn"], start, end))
        got.append((int(table["numerator"][0]), int(table["denominator"][0])))
    assert got == [(70, 1_002), (37, 1_035), (31, 1_106), (16, 1_197)]


def test_logo_churn_by_calendar_month(engine, accounts):
    """Who was a customer just before the month, and is none just before the next."""
    firsts = [instant(day) for day in MONTHS + ["2020-06-01"]]

    def before(at):
        return {a for a, months in accounts.items() if any(start < at <= end for start, end in months)}

    table = columns(engine.kpi(["logo_churn"], "2020-02-01", "2020-06-01", every="month"))
    truth = [(len(before(start) - before(end)), len(before(start))) for start, end in zip(firsts, firsts[1:])]
    assert [(int(n), int(d)) for n, d in zip(table["numerator"], table["denominator"])] == truth


def test_mrr_on_the_first(engine):
    for day, total in zip(MONTHS, (10_020, 10_350, 11_060, 11_970)):
        assert sum(v or 0 for v in columns(engine.metrics(day))["mrr"]) == total


def test_counts_of_the_first_28_days_tell_who_will_leave(engine, accounts):
    """Area under the curve of "few events" for churn, over accounts seen for 28 days."""
    left, since = {}, {}
    for account, months in accounts.items():
        since[account] = min(start for start, _ in months)
        left[account] = max(end for _, end in months) <= END
    dates = sorted({start + 28 * DAY for start in since.values()})
    table = columns(engine.metrics(dates))
    as_of = [int(t.timestamp() * 1_000_000) for t in table["as_of"]]
    mine = {name: ([], []) for name in FIRST_28_DAYS}
    for i, (account, date) in enumerate(zip(table["customer"], as_of)):
        if since.get(account) is None or date != since[account] + 28 * DAY or date > END:
            continue
        for name, sides in mine.items():
            sides[left[account]].append(table[f"{name}_28d"][i])
    assert len(mine["post"][0]) + len(mine["post"][1]) == 1_344
    assert len(mine["post"][1]) == 155
    for name, (stayed, gone) in mine.items():
        above = sum((s > g) + (s == g) / 2 for s in stayed for g in gone)
        assert round(above / (len(stayed) * len(gone)), 3) == FIRST_28_DAYS[name], name


def test_days_between_active_days(engine, data):
    """163,450 gaps with a mean of 1.048584: from each account's number of active days and its span."""
    table = columns(engine.metrics("2020-07-02"))
    first, last = {}, {}
    for account, at in zip(data[0], data[2]):
        first[account] = min(first.get(account, at), at)
        last[account] = max(last.get(account, at), at)
    gaps = days = 0
    for account, active in zip(table["customer"], table["active_days"]):
        gaps += int(active) - 1
        days += last[account] // DAY - first[account] // DAY
    assert gaps == 163_450
    assert round(days / gaps, 6) == 1.048584


def test_counts_by_account(engine, data):
    truth = Counter(data[0])
    table = columns(engine.metrics("2020-07-02"))
    assert {a: int(n) for a, n in zip(table["customer"], table["all_events"])} == {a: truth[a] for a in table["customer"]}
    assert sum(truth.values()) == sum(map(int, table["all_events"]))


def test_lives(engine):
    """From the first month of an account to the end of its last one."""
    table = engine.survival("2020-06-01T00:00:01Z", times=[31, 62, 90])
    got = [row["survival"] for row in table] + [engine.survival("2020-06-01T00:00:01Z")[-1]["survival"]]  # the last for 180 days
    assert [round(value, 6) for value in got] == [.927439, .902869, .901972, .876870]


def test_a_cohort_keeps_who_is_not_lost(engine, accounts):
    """Cell by cell: those of a month's beginners who have a month running just before the end of each later one."""
    firsts = [instant(f"2020-{month:02}-01") for month in range(1, 7)]
    cells = {(row["cohort"], row["age"]): row for row in engine.cohorts("customers", "2020-01-01", "2020-06-01") if not row["average"]}
    for i in range(5):
        members = [months for months in accounts.values() if firsts[i] <= min(start for start, _ in months) < firsts[i + 1]]
        for age in range(5 - i):
            end = firsts[i + age + 1]
            row = cells[f"2020-{i + 1:02}", age]
            kept = sum(any(start < end <= until for start, until in months) for months in members)
            assert (row["numerator"], row["denominator"], row["complete"]) == (kept, len(members), True)
    gone = {row["start_month"]: row for row in engine.kpi("logo_churn", "2020-02-01", "2020-03-01", by="start_month")}["2020-01"]
    first, second = cells["2020-01", 0], cells["2020-01", 1]
    assert (gone["denominator"], gone["numerator"]) == (first["numerator"], first["numerator"] - second["numerator"])
