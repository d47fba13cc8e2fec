# SPDX-License-Identifier: MIT
"""Losses as others' data tell them: three ways that disagree (RavenStack), active periods that bridge gaps
(Fighting Churn with Data, chapter 4) and quiet spells (its social network), each computed by a way of its own."""
import bisect
from collections import defaultdict

import pytest
from shared_data import DAY, SHARED, columns, instant, rows

churn = pytest.importorskip("churn")
pa = pytest.importorskip("pyarrow")
RAVENSTACK = SHARED / "data" / "ravenstack"
SOCIALNET = SHARED / "data" / "fightchurn_socialnet7"


def needs(path):
    return pytest.mark.skipif(not path.exists(), reason=f"{path} is not there")


def stamps(values):
    return pa.array(values, pa.timestamp("us", tz="UTC"))


# ---- three ways ----

THREE_WAYS = """
churn: 1
name: three_ways
time_zone: UTC
attributes: {flag: bool}
loss: {any: [subscription, record, {when: customer.flag, for: 0d}]}  # churn: allow CH1855
"""


@needs(RAVENSTACK / "ravenstack_accounts.csv")
def test_three_ways_that_disagree():
    accounts = list(rows(RAVENSTACK / "ravenstack_accounts.csv"))
    events = list(rows(RAVENSTACK / "ravenstack_churn_events.csv"))
    subscriptions = list(rows(RAVENSTACK / "ravenstack_subscriptions.csv"))
    store = churn.Store(time_zone="UTC")
    ids = [row["account_id"] for row in accounts]
    store.add("customer", pa.table({"id": ids, "since": stamps([instant(row["signup_date"]) for row in accounts])}))
    store.add("attribute", pa.table({"customer": ids, "value": [row["churn_flag"] == "TRUE" for row in accounts],
                                     "valid_from": stamps([instant("2024-12-31")] * len(ids))}),
              constants={"name": "flag"}, strict=True)
    store.add("churn", pa.table({"customer": [row["account_id"] for row in events],
                                 "at": stamps([instant(row["churn_date"]) for row in events])}),
              constants={"kind": "voluntary"}, strict=True)
    store.add("subscription", pa.table({
        "id": [row["subscription_id"] for row in subscriptions],
        "customer": [row["account_id"] for row in subscriptions],
        "valid_from": stamps([instant(row["start_date"]) for row in subscriptions]),
        "ended_at": stamps([instant(row["end_date"]) if row["end_date"] else None for row in subscriptions]),
        "status": ["trial" if row["is_trial"] == "TRUE" else "active" for row in subscriptions]}), strict=True)
    as_of = "2025-01-01"
    got = {row["customer"]: row for row in churn.Engine(churn.Playbook.parse(THREE_WAYS), store)
           .disagreements(as_of).to_dicts()}
    starts, last = defaultdict(list), {}
    for row in subscriptions:
        if row["is_trial"] != "TRUE" and row["start_date"] != row["end_date"]:
            starts[row["account_id"]].append(instant(row["start_date"]))
    for row in events:
        last[row["account_id"]] = max(last.get(row["account_id"], 0), instant(row["churn_date"]))
    flagged = {row["account_id"] for row in accounts if row["churn_flag"] == "TRUE"}
    holding = {account for account, at in last.items() if not any(start > at for start in starts[account])}
    assert len(flagged) == 110 and len(last) == 352 and len(events) == 600
    assert got.keys() == flagged | holding  # by subscriptions nobody is lost: its SOURCE.md
    assert {name for name, row in got.items() if row["by_condition"]} == flagged
    assert {name for name, row in got.items() if row["by_record"]} == holding
    assert not any(row["by_subscription"] for row in got.values())
    assert all(row["churned"] for row in got.values())
    for name, row in got.items():
        assert (row["record_at"] is not None) == (name in holding)
        assert row["condition_at"] == (instant_of("2024-12-31") if name in flagged else None)


def instant_of(text):
    return churn.Playbook.parse("churn: 1\nname: x\n").time(text)


# ---- active periods ----

GAPS = "churn: 1\nname: gaps\ntime_zone: UTC\nloss: {any: [subscription], ignore_gaps: %s}\n"


def months_of(keep):
    """Of each account the months that are kept, as (start, end), in order."""
    months = defaultdict(list)
    for row in rows(SOCIALNET / "subscription.csv"):
        months[row["account_id"]].append((instant(row["start_date"]), instant(row["end_date"])))
    return {account: [span for i, span in enumerate(sorted(spans)) if keep(int(account), i)]
            for account, spans in months.items()}


def bridge(spans, gap):
    """As the SQL of the book does it: a period goes on where the next month begins within the gap."""
    periods = []
    for start, end in spans:
        if periods and start <= periods[-1][1] + gap * DAY:
            periods[-1][1] = max(periods[-1][1], end)
        else:
            periods.append([start, end])
    return periods


def keep_some(account, month):
    """Holes of one or two months, so that there is something to bridge."""
    return month == 0 or (account * 7 + month * 3) % 5 > (account % 3)


@needs(SOCIALNET / "subscription.csv")
@pytest.mark.parametrize("gap", [0, 28, 30, 31, 62])
def test_active_periods_bridge_gaps(gap):
    kept = months_of(keep_some)
    table = {"id": [], "customer": [], "valid_from": [], "ended_at": []}
    for account, spans in kept.items():
        for i, (start, end) in enumerate(spans):
            table["id"].append(f"{account}-{i}")
            table["customer"].append(account)
            table["valid_from"].append(start)
            table["ended_at"].append(end)
    store = churn.Store(time_zone="UTC")
    store.add("subscription", pa.table({**table, "valid_from": stamps(table["valid_from"]),
                                        "ended_at": stamps(table["ended_at"])}),
              constants={"status": "active", "amount": "10", "currency": "USD", "period": "month"}, money="major",
              strict=True)
    engine = churn.Engine(churn.Playbook.parse(GAPS % f"{gap}d"), store)
    end = instant("2020-09-01")
    periods = [span for spans in kept.values() for span in bridge(spans, gap)]
    assert len(periods) > len(kept) or gap > 31
    for month in range(1, 8):
        first, next_first = (instant(f"2020-{n:02}-01") for n in (month, month + 1))
        got = columns(engine.kpi(["lost_customers", "new_customers", "reactivated_customers", "customers"],
                                 f"2020-{month:02}-01", f"2020-{month + 1:02}-01", as_of="2020-09-01"))["value"]
        lost = sum(first <= to < next_first and to < end for _, to in periods)
        came = sum(first <= start < next_first for start, _ in periods)
        assert got[0] == lost and got[1] + got[2] == came
        assert got[3] == sum(start < next_first <= to for start, to in periods)


# ---- quiet spells ----

QUIET = """
churn: 1
name: quiet
time_zone: UTC
metrics: [{id: days, agg: active_days, event: any, window: 14d, history: clip}]
loss: {any: [{when: metric.days == 0, for: 7d}]}
"""


@needs(SOCIALNET / "event.csv.gz")
def test_quiet_spells():
    moments, events = {}, defaultdict(list)
    customer, at = [], []
    for row in rows(SOCIALNET / "event.csv.gz"):
        text = row["event_time"][:10]  # days are enough
        if text not in moments:
            moments[text] = instant(text)
        if int(row["account_id"]) % 3 == 0:
            customer.append(row["account_id"])
            at.append(moments[text] + DAY // 2)
            events[row["account_id"]].append(moments[text] + DAY // 2)
    store = churn.Store(time_zone="UTC")
    since = {account: min(when) - DAY // 4 for account, when in events.items()}
    store.add("customer", pa.table({"id": list(since), "since": stamps(list(since.values()))}), strict=True)
    store.add("event", pa.table({"customer": customer, "at": stamps(at)}), constants={"type": "used"}, strict=True)
    engine = churn.Engine(churn.Playbook.parse(QUIET), store)
    lost = {}
    as_of = instant("2020-06-01")
    for account, when in events.items():
        when = sorted(when)
        quiet, lost[account] = 0, None
        for midnight in range((since[account] // DAY + 1) * DAY, as_of + 1, DAY):
            i = bisect.bisect_left(when, midnight)
            quiet = quiet + 1 if i == 0 or when[i - 1] < midnight - 14 * DAY else 0
            lost[account] = None if quiet == 0 else midnight if quiet == 8 else lost[account]
    want = {account: at for account, at in lost.items() if at is not None}
    table = columns(engine.disagreements("2020-06-01"))
    got = dict(zip(table["customer"], table["condition_at"]))
    assert 0 < len(want) < len(events)
    assert {account: round(at.timestamp()) * 1_000_000 for account, at in got.items()} == want
