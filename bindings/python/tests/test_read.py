# SPDX-License-Identifier: MIT
"""Records read back, spans, sources and stories."""
from datetime import datetime, timezone

import pytest

import churn


def at(day):
    return datetime(2026, 1, day, tzinfo=timezone.utc)


def filled():
    store = churn.Store()
    store.add("customer", {"id": ["acme", "bolt"], "since": ["2026-01-01", None], "plan": ["pro", "basic"],
                           "seats": [5, None]})
    store.add("ticket", {"id": ["t1", "t2"], "customer": ["acme", "bolt"], "opened_at": [at(2), at(3)],
                         "closed_at": [at(5), None], "csat": [4.0, None], "priority": ["high", None]})
    store.add("event", {"customer": ["acme"] * 3, "type": ["login", "export", "login"],
                        "at": [at(2), at(4), at(6)], "user": ["ann", None, "bo"]})
    store.add("invoice", {"id": ["i1"], "customer": ["acme"], "issued_at": [at(2)], "due_at": [at(9)],
                          "amount": [1250], "currency": ["USD"], "paid_at": [at(8)]}, money="minor")
    return store


def test_records():
    with filled() as store:
        customers = store.records("customer")
        assert customers.column_names == ["id", "since", "known_at", "plan", "seats"]
        assert customers["seats"] == [5.0, None] and customers["since"] == [at(1), None]
        assert store.records("invoice")["amount"] == [1250]
        assert store.records("ticket", customer="bolt")["id"] == ["t2"]
        assert store.records("event", start=at(2), end=at(6))["type"] == ["login", "export"]
        assert store.records("event", types="login", limit=1)["user"] == ["ann"]
        assert store.records("event", types=["never"])["user"] == []
        assert store.records("attribute", types="plan")["value"] == ["pro", "basic"]
        then = store.records("ticket", as_of="2026-01-04")
        assert then["closed_at"] == [None, None] and then["csat"] == [None, None]


def test_loaded_again_it_is_the_same_store():
    with filled() as store, churn.Store() as copy:
        for kind in ("ticket", "event", "invoice"):
            copy.add(kind, store.records(kind, all_versions=True), money="minor")
        columns = store.records("customer", all_versions=True)
        assert columns.column_names == ["id", "since", "known_at", "known_until"]
        copy.add("customer", {name: columns[name] for name in ("id", "since", "known_at")})
        attributes = store.records("attribute", all_versions=True)
        for type_, name in (("string", "value"), ("double", "number")):
            rows = [row for row in attributes if row["type"] == type_]
            copy.add("attribute", {"customer": [row["customer"] for row in rows],
                                   "name": [row["name"] for row in rows],
                                   "known_at": [row["known_at"] for row in rows],
                                   "value": [row[name] for row in rows]})
        assert copy.hash() == store.hash()


def test_span_and_sources():
    with filled() as store:
        assert store.span("event") == churn.Span(3, 1, at(2), at(6))
        assert store.span("event", types="login", start=at(3)) == (1, 1, at(6), at(6))
        assert store.span("survey") == (0, 0, None, None)
        store.mark("ticket", at(20))
        sources = {(row["source"], row["type"]): row for row in store.sources()}
        assert sources["event", "login"]["records"] == 2
        assert sources["ticket", None]["mark"] == sources["ticket", None]["watermark"] == at(20)
        assert not sources["survey", None]["provided"]
        assert store.sources(at(3))["records"][2] == 1  # one event before the third


def test_story():
    with filled() as store:
        story = store.story("acme")
        assert story["what"] == [
            "plan set", "seats set", "became a customer", "login", "issued invoice",
            "opened ticket", "export", "closed ticket", "login", "paid invoice"]
        assert store.story("acme", kinds=["invoice", "ticket"], limit=1)["what"] == ["paid invoice"]
        assert store.story("acme", as_of=at(3), kinds="ticket")["what"] == ["opened ticket"]
        assert store.story("acme", start=at(4), end=at(6))["what"] == ["export", "closed ticket"]


def test_story_of_an_engine(engine):
    engine.advance("2026-02-01")
    story = engine.story("acme")
    assert set(engine.episodes()["customer"]) <= {"acme", "blue"}
    kinds = {kind for customer in ("acme", "blue") for kind in engine.story(customer)["kind"]}
    assert "event" in kinds and ("episode" in kinds) == (len(engine.episodes()) > 0)
    assert len(engine.story("acme", "2026-02-01", limit=1)) == 1
    dates = [at for at in story["at"] if at is not None]
    assert dates == sorted(dates) and story["at"][-len(dates):] == dates


def test_wrong_questions():
    with filled() as store:
        with pytest.raises(churn.NotFoundError):
            store.records("ticket", customer="nobody")
        with pytest.raises(churn.NotFoundError):
            store.story("nobody")
        with pytest.raises(churn.NotFoundError):
            store.story("acme", kinds=["tickets"])
        with pytest.raises(ValueError, match="there is no kind"):
            store.records("tickets")
        with pytest.raises(ValueError):
            store.records("ticket", as_of=at(1), all_versions=True)
        with pytest.raises(ValueError):
            store.records("ticket", types=["x"])
        flag = churn.Cancel()
        flag.set()
        with pytest.raises(churn.CancelledError):
            store.records("event", cancel=flag)
        flag.close()
