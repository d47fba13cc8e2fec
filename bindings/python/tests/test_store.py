# SPDX-License-Identifier: MIT
"""Stores: records one at a time and as tables, reports, marks, what they hold."""
import copy
import pickle
from datetime import date, datetime, timezone

import pytest

import churn

UTC = timezone.utc
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
LATER = datetime(2026, 4, 5, 9, tzinfo=UTC)


def both(kind, one, columns, **options):
    """A store that got a record by itself, and one that got it as a column."""
    stores = churn.Store(), churn.Store()
    one(stores[0])
    stores[1].add(kind, columns, strict=True, **options)
    return stores


@pytest.mark.parametrize("kind, one, columns", [
    ("customer", lambda s: s.add_customer("a", since=AT, attributes={
        "name": "A", "seats": 5, "share": 0.5, "vip": True, "signed": AT}),
     {"id": ["a"], "since": [AT], "name": ["A"], "seats": [5], "share": [0.5], "vip": [True], "signed": [AT]}),
    ("attribute", lambda s: s.add_attribute("a", "plan", "pro", valid_from=AT, known_at=AT),
     {"customer": ["a"], "name": ["plan"], "value": ["pro"], "valid_from": [AT], "known_at": [AT]}),
    ("event", lambda s: s.add_event("a", "login", AT, user="u", value=2.5, id="e1", known_at=AT),
     {"customer": ["a"], "type": ["login"], "at": [AT], "user": ["u"], "value": [2.5], "id": ["e1"],
      "known_at": [AT]}),
    ("subscription", lambda s: s.add_subscription(
        "s", "a", AT, "active", plan="pro", amount=1250, currency="USD", period="3 months", seats=7,
        discount=50, discount_until=AT, renews_at=AT, ends_at=AT, ended_at=AT, cancel_requested_at=AT,
        trial_ends_at=AT, auto_renew=True, usage_based=False, notice="30d", product="p", known_at=AT),
     {"id": ["s"], "customer": ["a"], "valid_from": [AT], "status": ["active"], "plan": ["pro"],
      "amount": [12.5], "currency": ["USD"], "period": ["3 months"], "seats": [7], "discount": [0.5],
      "discount_until": [AT], "renews_at": [AT], "ends_at": [AT], "ended_at": [AT],
      "cancel_requested_at": [AT], "trial_ends_at": [AT], "auto_renew": [True], "usage_based": [False],
      "notice": ["30d"], "product": ["p"], "known_at": [AT]}),
    ("invoice", lambda s: s.add_invoice("i", "a", AT, AT, 1250, "USD", paid_at=AT, failed_at=AT,
                                        failure="card", refunded=50, refunded_at=AT, known_at=AT),
     {"id": ["i"], "customer": ["a"], "issued_at": [AT], "due_at": [AT], "amount": [12.5],
      "currency": ["USD"], "paid_at": [AT], "failed_at": [AT], "failure": ["card"], "refunded": [0.5],
      "refunded_at": [AT], "known_at": [AT]}),
    ("ticket", lambda s: s.add_ticket("t", "a", AT, user="u", first_response_at=AT, closed_at=AT,
                                      reopened_at=AT, priority="high", category="c", csat=4, text="x",
                                      known_at=AT),
     {"id": ["t"], "customer": ["a"], "opened_at": [AT], "user": ["u"], "first_response_at": [AT],
      "closed_at": [AT], "reopened_at": [AT], "priority": ["high"], "category": ["c"], "csat": [4.0],
      "text": ["x"], "known_at": [AT]}),
    ("survey", lambda s: s.add_survey("a", "nps", AT, 9, user="u", text="x", category="c", moment="m",
                                      id="v", known_at=AT),
     {"id": ["v"], "customer": ["a"], "kind": ["nps"], "at": [AT], "score": [9.0], "user": ["u"],
      "text": ["x"], "category": ["c"], "moment": ["m"], "known_at": [AT]}),
    ("churn", lambda s: s.add_churn("a", "voluntary", AT, reason="r", competitor="c", amount=1250,
                                    currency="USD", known_at=AT),
     {"customer": ["a"], "kind": ["voluntary"], "at": [AT], "reason": ["r"], "competitor": ["c"],
      "amount": [12.5], "currency": ["USD"], "known_at": [AT]}),
    ("contact", lambda s: s.add_contact("p", "a", AT, role="buyer", name="N", active=False, known_at=AT),
     {"id": ["p"], "customer": ["a"], "valid_from": [AT], "role": ["buyer"], "name": ["N"],
      "active": [False], "known_at": [AT]}),
    ("alias", lambda s: s.add_alias("billing", "7", "a", known_at=AT),
     {"source": ["billing"], "alias": [7], "customer": ["a"], "known_at": [AT]}),
    ("milestone", lambda s: s.add_milestone("a", "live", AT, known_at=AT),
     {"customer": ["a"], "name": ["live"], "reached_at": [AT], "known_at": [AT]}),
    ("touchpoint", lambda s: s.add_touchpoint(
        "t", "a", AT, "email", user="u", play="p", action="x", offer="o", opened_at=AT, clicked_at=AT,
        replied_at=AT, outcome="won", outcome_at=AT, known_at=AT),
     {"id": ["t"], "customer": ["a"], "at": [AT], "channel": ["email"], "user": ["u"], "play": ["p"],
      "action": ["x"], "offer": ["o"], "opened_at": [AT], "clicked_at": [AT], "replied_at": [AT],
      "outcome": ["won"], "outcome_at": [AT], "known_at": [AT]}),
    ("spend", lambda s: s.add_spend(AT, 1250, "USD", channel="ads", id="x", known_at=AT),
     {"id": ["x"], "at": [AT], "amount": [12.5], "currency": ["USD"], "channel": ["ads"], "known_at": [AT]}),
    ("rate", lambda s: s.add_rate("USD", AT, 0.9, known_at=AT),
     {"currency": ["USD"], "at": [AT], "rate": [0.9], "known_at": [AT]}),
    ("announcement", lambda s: s.add_announcement("down", AT, kind="outage", known_at=AT),
     {"name": ["down"], "at": [AT], "kind": ["outage"], "known_at": [AT]}),
    ("measure", lambda s: s.add_measure("visits", AT, 12.5, unit="visits", known_at=AT),
     {"name": ["visits"], "at": [AT], "value": [12.5], "unit": ["visits"], "known_at": [AT]}),
    ("override", lambda s: s.add_override("a", "health", AT, 35, reason="silent buyer", author="eve",
                                          expires_at=LATER, known_at=AT),
     {"customer": ["a"], "score": ["health"], "at": [AT], "value": [35], "reason": ["silent buyer"],
      "author": ["eve"], "expires_at": [LATER], "known_at": [AT]}),
    ("override", lambda s: s.add_override("a", "health", AT, None),
     {"customer": ["a"], "score": ["health"], "at": [AT]}),
])
def test_one_record_is_one_row(kind, one, columns):
    single, batch = both(kind, one, columns)
    assert single.record_count(kind) == batch.record_count(kind) == (5 if kind == "x" else 1)
    of_business = kind in ("spend", "rate", "announcement", "measure")
    assert single.customer_count == batch.customer_count == (0 if of_business else 1)
    assert single.hash() == batch.hash() != churn.Store().hash()


@pytest.mark.parametrize("at", ["2026-01-05T09:00Z", int(AT.timestamp()) * 10**6, AT.astimezone()])
def test_instants(at):
    stores = churn.Store(), churn.Store()
    stores[0].add_event("a", "x", AT)
    stores[1].add_event("a", "x", at)
    assert stores[0].hash() == stores[1].hash()


def test_dates_are_midnight_in_the_store_s_zone():
    there = churn.Store(time_zone="Asia/Tokyo"), churn.Store(), churn.Store(time_zone="-05:30")
    utc = [datetime(2026, 1, 4, 15, tzinfo=UTC), datetime(2026, 1, 5, tzinfo=UTC),
           datetime(2026, 1, 5, 5, 30, tzinfo=UTC)]
    for store, at in zip(there, utc):
        wanted = churn.Store(time_zone=store.time_zone)
        wanted.add_event("a", "x", at)
        for day in (date(2026, 1, 5), "2026-01-05"):
            made = churn.Store(time_zone=store.time_zone)
            made.add_event("a", "x", day)
            assert made.hash() == wanted.hash()
        columns = churn.Store(time_zone=store.time_zone)
        columns.add("event", {"customer": ["a"], "type": ["x"], "at": [date(2026, 1, 5)]}, strict=True)
        assert columns.hash() == wanted.hash()


@pytest.mark.parametrize("call, error, message", [
    (lambda s: s.add_event("a", "x"), TypeError, "missing required argument: 'at'"),
    (lambda s: s.add_event("a", "x", AT, "u"), TypeError, "3 positional"),
    (lambda s: s.add_event("a", "x", AT, usr="u"), TypeError, "unexpected keyword argument 'usr'"),
    (lambda s: s.add_event("a", "x", AT, type="y"), TypeError, "multiple values"),
    (lambda s: s.add_event(1, "x", AT), TypeError, "customer: give a str"),
    (lambda s: s.add_event("a", "x", AT, value="2"), TypeError, "value: give a number"),
    (lambda s: s.add_event("a", "x", 1.5), TypeError, "float"),
    (lambda s: s.add_event("a", "x", datetime(2026, 1, 1)), ValueError, "timezone.utc"),
    (lambda s: s.add_event("a", "x", "soon"), churn.Error, "time"),
    (lambda s: s.add_event("a", "x", 2**63), OverflowError, ""),
    (lambda s: s.add_event(None, "x", AT), churn.ArgumentError, "customer"),
    (lambda s: s.add_event("a", "x", AT, value=float("inf")), churn.Error, "value"),
    (lambda s: s.add_event("a\0b", "x", AT), churn.Error, "customer"),
    (lambda s: s.add_event("\ud800", "x", AT), UnicodeEncodeError, ""),
    (lambda s: s.add_event("a", "x", 2**62), churn.RangeError, "at"),
    (lambda s: s.add_invoice("i", "a", AT, AT, 12.5, "USD"), TypeError, "minor units"),
    (lambda s: s.add_subscription("s", "a", AT, "active", auto_renew=1), TypeError, "give a bool"),
    (lambda s: s.add_subscription("s", "a", AT, "alive"), churn.Error, "status"),
    (lambda s: s.add_override("a", "health", AT), TypeError, "missing required argument: 'value'"),
    (lambda s: s.add_override("a", "health", AT, 100.5), churn.RangeError, "value"),
    (lambda s: s.add_override("a", "health", AT, 10, expires_at=AT), churn.RangeError, "expires_at"),
    (lambda s: s.add_customer("a", attributes={"x": [1]}), TypeError, "x: give"),
    (lambda s: s.add_customer("a", attributes={1: 2}), TypeError, "attributes"),
    (lambda s: s.add_customer("a", attributes=3), Exception, ""),
    (lambda s: s.mark("product", None), churn.Error, ""),
])
def test_records_that_are_none(call, error, message):
    store = churn.Store()
    with pytest.raises(error, match=message or None):
        call(store)
    assert store.customer_count == 0 and store.version == 0


def test_the_details_of_a_record_that_is_refused():
    with pytest.raises(churn.Error) as caught:
        churn.Store(unknown_customer="reject").add_event("a", "x", AT)
    assert isinstance(caught.value, churn.NotFoundError) and caught.value.status_name == "NOT_FOUND"


def test_report():
    store = churn.Store()
    store.add("customer", {"id": ["a", "b"]})
    report = store.add("event", {"customer": ["a", "zz", None, "b", "a"], "type": ["x"] * 5,
                                 "at": [AT, AT, AT, None, AT], "id": ["1", "2", "3", "4", "1"]},
                       unknown_customer="reject")
    assert (report.seen, report.added, report.conflicting, report.rejected) == (5, 1, 1, 3)
    assert report.seen == report.added + report.updated + report.unchanged + report.conflicting + report.rejected
    rejections = report.rejections
    assert rejections["row"] == [1, 2, 3]
    assert rejections["field"] == ["customer", "customer", "at"]
    assert all(rejections["code"]) and all(rejections["reason"])
    assert repr(report).startswith("LoadReport(seen=5, added=1, conflicting=1, rejected=3")
    assert repr(report).endswith("; first: row 1: customer is not in the store)")
    again = store.add("event", {"customer": ["a"], "type": ["x"], "at": [AT], "id": ["1"]})
    assert again.unchanged == 1 and len(again.rejections) == 0
    assert again.rejections.column_names == rejections.column_names


def test_strict():
    store = churn.Store()
    with pytest.raises(churn.LoadError) as caught:
        store.add("event", {"customer": ["a", None], "type": ["x", "x"], "at": [AT, AT]}, strict=True)
    assert caught.value.row == 1 and str(caught.value) == "event: row 1: customer must be given"
    with pytest.raises(churn.ArgumentError, match="^event: customer must be given$"):
        store.add_event("", "x", AT)
    assert store.customer_count == 0 and store.record_count("event") == 0


def test_mappings():
    store = churn.Store()
    report = store.add("subscription", {
        "account_id": ["a", "b"], "mrr_amount": [10, 20], "start": ["2026-01-01", "2026-01-02"],
        "state": ["canceled", "active"], "key": ["1", "2"]},
        columns={"customer": "account_id", "amount": "mrr_amount", "valid_from": "start", "status": "state",
                 "id": "key"},
        money="major", constants={"currency": "USD", "period": "month", "auto_renew": True, "seats": 3,
                                  "renews_at": AT, "product": "x"},
        values={"status": {"canceled": "cancelled"}}, strict=True)
    assert report.added == 2
    wanted = churn.Store()
    for i, (customer, amount, status) in enumerate([("a", 1000, "cancelled"), ("b", 2000, "active")]):
        wanted.add_subscription(str(i + 1), customer, f"2026-01-0{i + 1}", status, amount=amount, currency="USD",
                                period="month", auto_renew=True, seats=3, renews_at=AT, product="x")
    assert store.hash() == wanted.hash()


@pytest.mark.parametrize("options, error, message", [
    ({"columns": {"customer": "acount"}}, churn.NotFoundError, "acount"),
    ({"columns": {"custmer": "customer"}}, churn.NotFoundError, "custmer"),
    ({"constants": {"user": None}}, TypeError, "user"),
    ({"constants": {"known_at": datetime(2026, 1, 1)}}, ValueError, "timezone.utc"),
    ({"money": "cents"}, ValueError, "'major' or 'minor'"),
    ({"unknown_customer": "drop"}, ValueError, "'create' or 'reject'"),
    ({"time_zone": "Mars/Olympus"}, churn.NotFoundError, "Mars"),
    ({"known_at": "soon"}, churn.ParseError, "time"),
    ({"cancel": 1}, TypeError, "Cancel"),
])
def test_options_that_are_none(options, error, message):
    store = churn.Store()
    with pytest.raises(error, match=message):
        store.add("event", {"customer": ["a"], "type": ["x"], "at": [AT]}, **options)
    assert store.version == 0


def test_kinds_that_are_none():
    store = churn.Store()
    with pytest.raises(ValueError, match="customer, attribute, event"):
        store.add("events", {"customer": ["a"]})
    with pytest.raises(ValueError, match="'events'"):
        store.record_count("events")
    with pytest.raises(churn.NotFoundError, match="type"):
        store.add("event", {"customer": ["a"], "at": [AT]})


def test_cancelled():
    store, flag = churn.Store(), churn.Cancel()
    flag.set()
    with pytest.raises(churn.CancelledError):
        store.add("event", {"customer": ["a"] * 100_000, "type": ["x"] * 100_000, "at": [AT] * 100_000},
                  cancel=flag)
    assert store.version == 0


def test_known_at_and_valid_from():
    store = churn.Store()
    store.add("customer", {"id": ["a"], "plan": ["pro"]}, valid_from="2026-01-01", known_at=AT, strict=True)
    wanted = churn.Store()
    wanted.add_customer("a", valid_from="2026-01-01", known_at=AT, attributes={"plan": "pro"})
    assert store.hash() == wanted.hash()


def test_mark():
    store = churn.Store(time_zone="Asia/Tokyo")
    before = store.version
    store.mark("product", through="2026-02-01")
    store.mark("ticket", AT, known_at=AT)
    assert store.version > before
    assert store.add("ticket", {"id": ["1"], "customer": ["a"], "opened_at": ["2026-01-01"]}).late == 1


def test_facts(store):
    assert store.customer_count == len(store) == 2 and store
    assert store.record_count("event") == 32 and store.record_count("ticket") == 0
    assert store.memory > 1000 and store.version > 0
    assert "2 customers" in repr(store)
    assert not len(churn.Store()) and churn.Store()


def test_zones_that_are_none():
    with pytest.raises(churn.NotFoundError, match="Mars"):
        churn.Store(time_zone="Mars/Olympus")
    with pytest.raises(ValueError):
        churn.Store(unknown_customer="drop")


def test_memory_limit():
    store = churn.Store(limits={"memory_bytes": 200_000})
    with pytest.raises(churn.LimitError, match="memory_bytes"):
        for i in range(1000):
            store.add("event", {"customer": [f"customer {i} {k}" for k in range(100)], "type": ["x"] * 100,
                                "at": [AT] * 100})
    assert store.customer_count > 0  # what was in before stays


def test_stores_do_not_travel(store):
    for travel in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="bound to this process"):
            travel(store)


def test_close(store):
    with store as same:
        assert same is store
    for use in (lambda: store.add_event("a", "x", 0), lambda: store.mark("x", 0), lambda: store.customer_count,
                store.hash, lambda: store.record_count("event"), lambda: store.add("event", {"customer": []})):
        with pytest.raises(churn.StateError, match="store: it is closed"):
            use()
    assert store.closed and "closed" in repr(store)


def test_a_store_is_made_once(store):
    with pytest.raises(churn.StateError, match="open already"):
        store.__init__()
    raw = churn.Store.__new__(churn.Store)
    with pytest.raises(churn.StateError):
        raw.add_event("a", "x", 0)


def test_retract_one_and_many():
    store = churn.Store()
    for name in ("t1", "t2", "t3"):
        store.add_ticket(name, "acme", AT)
    assert store.retract("ticket", {"id": "t1"}, known_at=datetime(2026, 2, 1, tzinfo=UTC)).retracted == 1
    assert store.record_count("ticket") == 3
    with pytest.raises(churn.LoadError, match="no record"):
        store.retract("ticket", {"id": "t9"})
    report = store.retract("ticket", {"id": ["t1", "t2", "t9"]})
    assert (report.retracted, report.rewrote_history, report.rejected) == (2, 2, 1)
    assert report.rejections.row(0)["code"] == "not_found"
    assert store.record_count("ticket") == 1
    with pytest.raises(churn.LoadError):
        store.retract("ticket", {"id": ["t9"]}, strict=True)
    with pytest.raises(churn.LoadError):
        store.retract("event", {"customer": "acme"})


def test_rows_of_another_system_find_their_customers():
    store = churn.Store()
    store.add("alias", {"source": ["billing", "billing"], "alias": [7, 8], "customer": ["a", "b"]})
    rows = {"customer": [7, 9, 8], "type": ["login"] * 3, "at": ["2026-01-01"] * 3}
    report = store.add("event", rows, source="billing")
    assert (report.added, report.rejected, report.unmapped) == (2, 1, 1)
    assert report.rejections.row(0)["code"] == "unmapped" and "unmapped=1" in repr(report)
    assert store.customer_count == 2
    with pytest.raises(churn.LoadError, match="no alias"):
        store.add("event", rows, source="billing", strict=True)


def test_nobody_is_their_own_parent():
    store = churn.Store()
    report = store.add("customer", {"id": ["a", "b", "c"], "parent": ["b", "a", None]})
    assert (report.added, report.rejected) == (2, 1)
    assert report.rejections.row(0)["code"] == "cyclic_parent" and report.rejections.row(0)["row"] == 1
    with pytest.raises(churn.StateError, match="parent"):
        store.add_customer("b", attributes={"parent": "a"})
    assert store.customer_count == 2


def test_two_systems_replace_their_own():
    store = churn.Store()
    tickets = {"desk": ["d1", "d2"], "chat": ["c1"]}
    for name, ids in tickets.items():
        rows = {"id": ids, "customer": ["a"] * len(ids), "opened_at": ["2026-01-01"] * len(ids)}
        assert store.replace("ticket", rows, source=name).added == len(ids)
    report = store.replace("ticket", {"id": ["d2"], "customer": ["a"], "opened_at": ["2026-01-01"]},
                           source="desk")
    assert (report.unchanged, report.retracted) == (1, 1)
    assert sorted(store.records("ticket")["id"]) == ["c1", "d2"]
    spend = {"at": ["2026-01-01"], "amount": [1], "currency": ["USD"], "channel": ["ads"]}
    assert store.add("spend", spend, money="minor", source="ads").added == 1
    spend["channel"] = ["mail"]
    assert store.replace("spend", spend, money="minor", source="mail").retracted == 0


def test_replace_a_slice():
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3, 4)]
    rows = {"customer": ["a"] * 4, "type": ["x", "x", "y", "x"], "at": days}
    store = churn.Store()
    assert store.add("event", rows).added == 4
    report = store.replace("event", {"customer": ["a"] * 2, "type": ["x"] * 2, "at": days[:2]},
                           start="2026-01-01", end="2026-01-04", types=["x"])
    assert (report.unchanged, report.retracted) == (2, 0)
    before = store.version
    report = store.replace("event", {"customer": ["a"], "type": ["x"], "at": days[1:2]},
                           end=days[3], types=["x"], known_at="2026-02-01")
    assert (report.unchanged, report.retracted, report.rewrote_history) == (1, 1, 0)
    assert store.version == before + 1 and store.record_count("event") == 4
    report = store.replace("event", {"customer": ["a"], "type": ["x"], "at": days[3:]}, start=days[1])
    assert (report.unchanged, report.retracted, report.rewrote_history) == (1, 2, 2)
    report = store.replace("event", {"customer": ["a"], "type": ["z"], "at": days[:1]},
                           start="2026-01-01", types=["x"])
    assert report.rejections.row(0)["code"] == "outside_slice"
    with pytest.raises(churn.Error):
        store.replace("event", rows, start="2026-01-03", end="2026-01-03")
