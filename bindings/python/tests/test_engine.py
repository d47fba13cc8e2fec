# SPDX-License-Identifier: MIT
"""Engines: every question and every call with memory, on a company whose answers are plain."""
import copy
import pickle
from datetime import date, datetime, timedelta, timezone

import pytest

import churn
from conftest import PLAYBOOK, fill

UTC = timezone.utc
DAY = "2026-02-01"


def test_metrics(engine):
    made = engine.metrics(DAY)
    assert made.to_dicts() == [
        {"customer": "acme", "logins_28d": 28, "quiet_days": 0, "mrr": 100.0},
        {"customer": "blue", "logins_28d": 0, "quiet_days": 29, "mrr": 250.5}]
    for as_of in (date(2026, 2, 1), datetime(2026, 2, 1, tzinfo=UTC), 1_769_904_000_000_000, "2026-02-01T00:00Z"):
        assert engine.metrics(as_of).to_dicts() == made.to_dicts()
    assert engine.metrics(DAY, customer="blue")["customer"] == ["blue"]


def test_several_dates(engine):
    made = engine.metrics(["2026-01-10", date(2026, 2, 1)])
    assert made["customer"] == ["acme", "acme", "blue", "blue"]
    assert made["as_of"][:2] == [datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)]
    assert "as_of" not in engine.metrics([DAY])
    assert len(engine.scores(day for day in ("2026-01-10", DAY))) == 4


@pytest.mark.parametrize("as_of, error", [
    (datetime(2026, 2, 1), ValueError), ("soon", churn.ParseError), (1.5, TypeError), (None, TypeError),
    (["2026-02-01", "2026-01-01"], churn.RangeError), ([], churn.ArgumentError), ([None], TypeError),
    (True, TypeError),
])
def test_dates_that_are_none(engine, as_of, error):
    with pytest.raises(error):
        engine.metrics(as_of)


def test_missing(engine, store):
    store.add_customer("new", since="2026-01-20")
    rows = engine.missing(DAY).to_dicts()
    assert ("new", "quiet_days", "never") in {(r["customer"], r["metric"], r["reason"]) for r in rows}
    assert set(engine.missing(DAY, customer="new")["customer"]) == {"new"}


def test_reasons_beside_metrics(engine, store):
    store.add_customer("new", since="2026-01-20")
    made = engine.metrics(DAY, reasons=True)
    assert list(made.to_dicts()[0])[:3] == ["customer", "logins_28d", "logins_28d.reason"]
    said = {(row["customer"], name[:-7]): row[name]
            for row in made.to_dicts() for name in row if name.endswith(".reason")}
    told = {(r["customer"], r["metric"]): r["reason"] for r in engine.missing(DAY)}
    assert {key: reason for key, reason in said.items() if reason is not None} == told
    assert said["new", "quiet_days"] == "never"
    several = engine.metrics(["2026-01-10", DAY], reasons=True, customers=["acme"])
    assert len(several) == 2 and several["mrr.reason"] == [None, None]


def test_quality(engine, store):
    store.add_customer("new", since="2026-01-20")
    rows = {row["metric"]: row for row in engine.quality(DAY)}
    reasons = set(next(iter(rows.values()))) - {"metric", "customers", "valid", "skipped", "excluded", "unknown_zones"}
    assert {"stale_source", "never", "short_history"} <= reasons
    for row in rows.values():
        assert row["customers"] == 3 == row["valid"] + sum(row[reason] for reason in reasons)
    assert rows["quiet_days"]["never"] == 1
    assert engine.quality(DAY, customer="acme")["customers"] == [1] * len(rows)


def test_one_customer(engine, store):
    store.add_customer("new", since="2026-01-20")
    for as_of in (DAY, "2026-01-10T11:00Z", datetime(2026, 1, 25, 7, tzinfo=UTC)):
        metrics = {row.pop("customer"): row for row in engine.metrics(as_of).to_dicts()}
        scores = {(row["customer"], row["score"]): row for row in engine.scores(as_of)}
        for who in store.records("customer")["id"]:
            one = engine.customer(who, as_of)
            assert one["exists"] == (who in metrics)
            if one["exists"]:
                assert one["metrics"] == metrics[who]
                assert one["reasons"].keys() == {name for name, value in metrics[who].items() if value is None}
                for name, score in one["scores"].items():
                    row = scores[who, name]
                    assert score == {key: row[key] for key in ("value", "band", "coverage", "low", "high", "certain", "card", "overridden")}
                    assert one["churned"] == row["churned"]
            else:
                assert one["metrics"] == one["scores"] == one["segments"] == {}
    with pytest.raises(churn.NotFoundError):
        engine.customer("nobody", DAY)
    with pytest.raises(TypeError):
        engine.customer(None, DAY)


def test_one_customer_of_many_metrics():
    """More than fits into the room of most answers; every type of value."""
    text = "churn: 1\nname: many\ntime_zone: UTC\ncurrency: USD\nattributes: {plan: string, began: timestamp}\nmetrics:\n"
    text += "".join(f"  - {{id: a_metric_with_quite_a_long_name_{i}, agg: count, event: e, window: {i + 1}d, history: clip}}\n"
                    for i in range(150))
    text += "  - {id: plan, subscription: plan}\n  - {id: renews, subscription: renews_at}\n"
    text += "  - {id: busy, expr: 'metric.a_metric_with_quite_a_long_name_9 > 3.0', type: bool}\n"
    text += "segments: [{id: large, when: 'metric.plan == \"big\"'}]\n"
    store = churn.Store(time_zone="UTC")
    store.add_customer("acme", since="2025-01-01")
    store.add_subscription("s", "acme", valid_from="2025-01-01", status="active", plan="big", amount=100, currency="USD",
                           period="month", renews_at="2026-06-01")
    for day in range(1, 9):
        store.add_event("acme", "e", f"2026-01-{day:02}")
    engine = churn.Engine(churn.Playbook.parse(text), store)
    one = engine.customer("acme", "2026-01-10")
    row = engine.metrics("2026-01-10").to_dicts()[0]
    assert row.pop("customer") == "acme" and one["metrics"] == row
    assert one["metrics"]["plan"] == "big" and one["metrics"]["busy"] is True
    assert one["metrics"]["renews"] == datetime(2026, 6, 1, tzinfo=UTC)
    assert one["segments"] == {"large": True} and one["scores"] == {}


def test_scores_set_by_hand(engine, store):
    before = engine.scores(DAY, score="health", customer="acme").to_dicts()[0]
    store.add_override("acme", "health", "2026-01-30", 12.5, reason="the buyer left", author="eve", expires_at="2026-03-01")
    row = engine.scores(DAY, score="health", customer="acme").to_dicts()[0]
    assert (row["value"], row["low"], row["high"], row["overridden"]) == (12.5, 12.5, 12.5, True)
    assert row["coverage"] == before["coverage"] and not before["overridden"]
    assert engine.scores("2026-01-29", score="health", customer="acme")["overridden"] == [False]
    store.add_override("acme", "health", "2026-01-31", None)
    assert engine.scores(DAY, score="health", customer="acme").to_dicts()[0] == before
    assert [line["what"] for line in store.story("acme").to_dicts() if line["kind"] == "override"] == [
        "judged health", "took back what was judged of health"]


def test_scores(engine):
    rows = engine.scores(DAY).to_dicts()
    assert [(r["customer"], r["score"], r["value"], r["band"], r["coverage"]) for r in rows] \
        == [("acme", "health", 100.0, "green", 1.0), ("blue", "health", 0.0, "red", 1.0)]
    assert engine.scores(DAY, score="health", customer="acme")["usage"] == [100.0]
    with pytest.raises(churn.NotFoundError):
        engine.scores(DAY, score="wealth")
    with pytest.raises(KeyError):
        engine.scores(DAY, customer="nobody")


def test_explain(engine):
    for customer, value in (("acme", 100.0), ("blue", 0.0)):
        lines = engine.explain(customer, DAY, score="health").to_dicts()
        assert lines[0]["kind"] == "baseline"
        assert sum(line["contribution"] or 0 for line in lines) == pytest.approx(value, abs=1e-6)
    with pytest.raises(churn.NotFoundError):
        engine.explain("nobody", DAY)
    with pytest.raises(TypeError, match="one date"):
        engine.explain("acme", [DAY])


def test_at_risk(engine):
    assert engine.at_risk(DAY)["customer"] == ["blue"]
    assert engine.at_risk(DAY)["value_at_risk"] == [250.5]
    assert engine.at_risk(DAY, owner="bo", limit=1)["owner"] == ["bo"]
    assert len(engine.at_risk(DAY, owner="ana")) == 0


def test_disagreements(engine, store):
    store.add_churn("blue", "voluntary", "2026-01-20")
    rows = engine.disagreements(DAY).to_dicts()
    assert [(r["customer"], r["by_subscription"], r["by_record"]) for r in rows] == [("blue", False, True)]


def test_kpi(engine):
    made = engine.kpi(["mrr", "customers"], "2025-05-01", "2026-01-01", every="month")
    assert made["kpi"] == ["mrr"] * 8 + ["customers"] * 8
    assert made["value"][:4] == [0.0, 100.0, 350.5, 350.5]
    assert engine.kpi("mrr", "2025-05-01", "2026-01-01")["value"] == [350.5]
    assert len(set(engine.kpi(None, "2025-05-01", "2026-01-01")["kpi"])) >= 18
    assert engine.kpi("mrr", "2025-05-01", "2026-01-01", as_of="2025-06-15")["complete"] == [False]
    with pytest.raises(churn.NotFoundError, match="mrr"):
        engine.kpi("mmr", "2025-05-01", "2026-01-01")
    with pytest.raises(ValueError, match="'month'"):
        engine.kpi("mrr", "2025-05-01", "2026-01-01", every="fortnight")
    with pytest.raises(churn.RangeError):
        engine.kpi("mrr", "2026-05-01", "2026-01-01")


def test_kpi_by_groups(engine):
    made = engine.kpi("mrr", "2025-05-01", "2026-01-01", every="quarter", by=["plan", "start_month"], changes=True)
    assert {"plan", "start_month", "n", "missing", "note", "marks", "change", "adjusted"} <= set(made.to_dicts()[0])
    largest = engine.kpi("mrr", "2025-05-01", "2026-01-01", by="customer").to_dicts()
    assert sum(row["value"] for row in largest) == engine.kpi("mrr", "2025-05-01", "2026-01-01")[0]["value"]
    whole = engine.kpi("mrr", "2025-05-01", "2026-01-01", every="quarter")
    for end, value in zip(whole["period_end"], whole["value"]):
        assert sum(r["value"] for r in made.to_dicts() if r["period_end"] == end) == value
    rolling = engine.kpi("logo_churn", "2025-06-01", "2025-07-01", rolling=30, step=10, policy="stripe", level=0.9)
    assert len(rolling["value"]) == 3 and set(rolling["policy"]) == {"stripe"}
    with pytest.raises(churn.NotFoundError, match="did you mean `plan`"):
        engine.kpi("mrr", "2025-05-01", "2026-01-01", by="paln")
    with pytest.raises(ValueError, match="rolling"):
        engine.kpi("mrr", "2025-05-01", "2026-01-01", every="day", rolling=7)
    with pytest.raises(ValueError, match="by_at"):
        engine.kpi("mrr", "2025-05-01", "2026-01-01", by_at="middle")
    rows = churn.figures().to_dicts()
    assert {"mrr", "nrr", "logo_churn"} <= {row["id"] for row in rows}
    assert all(row["formula"] and row["source"] and row["example"] for row in rows)


def test_movements(engine):
    rows = engine.movements("2025-01-01", DAY).to_dicts()
    assert [(r["customer"], r["kind"], r["amount"], r["currency"]) for r in rows] \
        == [("acme", "new", 10000, "USD"), ("blue", "new", 25050, "USD")]
    assert len(engine.movements("2025-01-01", DAY, as_of="2025-06-15")) <= 1


def test_movements_are_split(engine):
    rows = engine.movements("2025-01-01", DAY, split=["plan", "currency"], policy="stripe").to_dicts()
    assert {r["policy"] for r in rows} == {"stripe"}
    assert [(r["subscription"] is not None, r["cause"], r["own_currency"]) for r in rows] == [(True, "start", "USD")] * 2
    with pytest.raises(ValueError, match="'plan'"):
        engine.movements("2025-01-01", DAY, split="customer")
    with pytest.raises(churn.NotFoundError, match="stripe"):
        engine.movements("2025-01-01", DAY, policy="strip")


def test_reconciliation(engine):
    rows = engine.reconciliation("2025-01-01", DAY, split="customer").to_dicts()
    assert [(r["scope"], r["value"], r["start"], r["new"], r["end"], r["difference"]) for r in rows] == [
        ("total", None, 0, 35050, 35050, 0), ("customer", "acme", 0, 10000, 10000, 0),
        ("customer", "blue", 0, 25050, 25050, 0)]


def test_compare_policies(engine):
    table = engine.compare_policies(["", "profitwell"], "mrr", "2025-05-01", "2026-01-01", every="month")
    assert table["policy"] == ["chartmogul", "profitwell"] * 8
    assert table["difference"] == [0.0] * 16
    assert "same_period: ignore, not include" in table["reason"][1]
    with pytest.raises(ValueError, match="by_at"):
        engine.compare_policies(["stripe"], "mrr", "2025-05-01", "2026-01-01", by_at="now")


def test_advance(engine):
    assert engine.as_of is None
    run = engine.advance("2026-01-15")
    assert isinstance(run, churn.Run) and run.as_of == engine.as_of == datetime(2026, 1, 15, tzinfo=UTC)
    assert (run.customers, run.evaluated, run.true, run.false) == (2, 2, 1, 1)
    assert (run.fired, run.resolved, run.actions, run.degraded) == (1, 0, 1, False)
    assert run.evaluated == run.true + run.false + run.unknown + run.error
    summary = engine.run_summary().to_dicts()
    assert [(r["trigger"], r["true"], r["fired"], r["firing"]) for r in summary] == [("quiet", 1, 1, 1)]
    episodes = engine.episodes().to_dicts()
    assert [(e["customer"], e["trigger"], e["state"]) for e in episodes] == [("blue", "quiet", "firing")]
    with pytest.raises(churn.RangeError):
        engine.advance("2026-01-14")


def test_without_actions(engine):
    assert engine.advance("2026-01-15", actions=False).actions == 0
    assert len(engine.actions("all")) == 0 and len(engine.episodes()) == 1


def test_replay_and_warm_up(playbook, store):
    engines = [churn.Engine(playbook, store) for _ in range(3)]
    runs = engines[0].replay("2026-01-01", "2026-01-20")
    assert len(runs) == 20 and runs["as_of"][-1] == datetime(2026, 1, 20, tzinfo=UTC)
    for day in range(1, 21):
        engines[1].advance(date(2026, 1, day))
    assert engines[0].hash() == engines[1].hash()
    assert engines[0].actions().to_dicts() == engines[1].actions().to_dicts() != []
    assert len(engines[2].warm_up("2026-01-01", "2026-01-20")) == 20
    assert len(engines[2].actions("all")) == 0 and len(engines[2].episodes()) == 1
    twice = churn.Engine(playbook, store).replay("2026-01-01", "2026-01-02", every=timedelta(hours=12), actions=False)
    assert len(twice) == 3


def test_outbox(engine):
    engine.replay("2026-01-01", "2026-01-20")
    waiting = engine.actions()
    assert waiting["title"] == ["Call Blue"] and waiting["owner"] == ["bo"] and waiting["state"] == ["waiting"]
    action = waiting["id"][0]
    assert len(action) == 32 and int(action, 16)
    engine.acknowledge(waiting)
    engine.acknowledge(action)
    engine.acknowledge([action])
    assert len(engine.actions()) == 0 and engine.actions("open")["state"] == ["acknowledged"]
    engine.complete(action, "done", "2026-01-21")
    assert len(engine.actions("open")) == 0 and engine.actions("all", limit=5)["state"] == ["done"]
    with pytest.raises(churn.NotFoundError) as caught:
        engine.acknowledge([action, "0" * 32])
    assert caught.value.row == 1
    with pytest.raises(churn.ExistsError):
        engine.complete(action, "failed", "2026-01-21")
    with pytest.raises(churn.Error):
        engine.complete(action, "perhaps", "2026-01-21")
    with pytest.raises(ValueError, match="'waiting'"):
        engine.actions("none")


def test_save_and_load(engine, playbook, store, tmp_path):
    engine.replay("2026-01-01", "2026-01-20")
    path = tmp_path / "state.bin"
    engine.save(path)
    engine.save(str(path))
    assert [file.name for file in tmp_path.iterdir()] == ["state.bin"]
    assert path.read_bytes() == engine.to_bytes()
    there = churn.Engine.load(path, playbook, store)
    assert there.hash() == engine.hash() and there.as_of == engine.as_of
    for one in (engine, there):
        one.replay("2026-01-21", "2026-01-31")
    assert there.hash() == engine.hash()
    assert there.actions("all").to_dicts() == engine.actions("all").to_dicts()
    assert there.playbook is playbook and there.store is store


def test_saves_that_fail(engine, tmp_path):
    path = tmp_path / "state.bin"
    path.write_bytes(b"before")
    with pytest.raises(FileNotFoundError):
        engine.save(tmp_path / "no" / "state.bin")
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError):
        engine.save(path)
    assert [file.name for file in tmp_path.iterdir()] == ["state.bin"]


def test_bytes_that_are_damaged(engine, playbook, store):
    data = bytearray(engine.to_bytes())
    data[len(data) // 2] ^= 1
    for bad in (bytes(data), b"", data[:-1]):
        with pytest.raises((churn.CorruptError, churn.VersionError)):
            churn.Engine.from_bytes(bad, playbook, store)
    with pytest.raises(TypeError):
        churn.Engine.from_bytes("text", playbook, store)


def test_set_playbook(engine, playbook):
    engine.replay("2026-01-01", "2026-01-20")
    other = churn.Playbook.parse(PLAYBOOK.replace(">= 10'", ">= 100'"))
    engine.set_playbook(other)
    assert engine.playbook is other
    engine.advance("2026-01-21")
    assert engine.episodes()["state"] != ["firing"]
    with pytest.raises(churn.Error):
        engine.set_playbook(churn.Playbook.parse(PLAYBOOK.replace("name: small", "name: other")))
    with pytest.raises(TypeError, match="Playbook"):
        engine.set_playbook("small")
    assert engine.playbook is other


def test_construction(playbook, store):
    with pytest.raises(TypeError, match="Playbook"):
        churn.Engine(store, store)
    with pytest.raises(TypeError, match="Store"):
        churn.Engine(playbook, None)
    zoned = churn.Playbook.parse(PLAYBOOK.replace("time_zone: UTC", "time_zone: Asia/Tokyo"))
    careless = churn.Store()
    careless.add("event", {"customer": ["a"], "type": ["x"], "at": [date(2026, 1, 1)]})
    with pytest.raises(churn.ArgumentError, match="zone"):
        churn.Engine(zoned, careless)


def test_cancelled(engine):
    flag = churn.Cancel()
    flag.set()
    for call in (lambda: engine.metrics(DAY, cancel=flag), lambda: engine.replay("2026-01-01", DAY, cancel=flag),
                 lambda: engine.scores([DAY], cancel=flag), lambda: engine.advance(DAY, cancel=flag)):
        before = engine.hash()
        with pytest.raises(churn.CancelledError):
            call()
        assert engine.hash() == before
    with pytest.raises(TypeError, match="Cancel"):
        engine.metrics(DAY, cancel=3)


def test_engines_do_not_travel(engine):
    for travel in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="to_bytes"):
            travel(engine)


def test_close(engine):
    assert engine.memory > 0 and "small" in repr(engine)
    with engine:
        pass
    for use in (lambda: engine.metrics(DAY), lambda: engine.advance(DAY), engine.episodes, engine.to_bytes,
                engine.hash, lambda: engine.as_of, lambda: engine.memory, engine.actions,
                lambda: engine.acknowledge([]), lambda: engine.complete("x", "done", 0)):
        with pytest.raises(churn.StateError, match="engine: it is closed"):
            use()
    assert "closed" in repr(engine)


def test_answers_are_the_same_on_another_order(playbook):
    """The same records in another order give the same tables and the same state."""
    other = churn.Store(time_zone="UTC")
    for day in range(31, 0, -1):
        other.add_event("acme", "login", f"2026-01-{day:02d}T09:00Z")
    store = fill(churn.Store(time_zone="UTC"))
    other.add_event("blue", "login", "2026-01-02T09:00Z")
    other.add_subscription("s2", "blue", "2025-07-01", "active", amount=25050, currency="USD", period="month")
    other.add_subscription("s1", "acme", "2025-06-01", "active", amount=10000, currency="USD", period="month")
    other.add_customer("blue", since="2025-07-01", attributes={"owner": "bo", "name": "Blue"})
    other.add_customer("acme", since="2025-06-01", attributes={"owner": "ana", "name": "Acme"})
    assert store.hash() == other.hash()
    made = [churn.Engine(playbook, one) for one in (store, other)]
    for engine in made:
        engine.replay("2026-01-01", "2026-01-20")
    assert made[0].to_bytes() == made[1].to_bytes()


def test_reference(engine):
    made = engine.reference("logins_28d", DAY, name="mine")
    assert made.table["value"] == sorted(made.table["value"])
    known = [x for x in engine.metrics(DAY)["logins_28d"] if x is not None]
    assert sum(made.table["count"]) == len(known) == len(engine.metrics(DAY))
    assert made.text.startswith(f"  # Of all customers: {len(known)} values, exact.\n  mine:\n    metric: logins_28d\n")
    assert str(made) == made.text
    assert engine.reference("logins_28d", DAY).text.splitlines()[1] == "  logins_28d_20260201:"
    with pytest.raises(churn.NotFoundError, match="nobody"):
        engine.reference("nobody", DAY)
    with pytest.raises(churn.ArgumentError, match="among"):
        engine.reference("logins_28d", DAY, among="all")
    with pytest.raises(churn.RangeError):
        engine.reference("logins_28d", DAY, max_values=1)


def test_bands(engine):
    assert len(engine.band_changes()) == 0
    assert engine.advance(DAY).band_changes == 0
    run = engine.advance("2026-06-01")
    assert (run.band_changes, run.unexplained) == (1, 0)
    rows = engine.band_changes().to_dicts()
    assert [(r["customer"], r["band_before"], r["band_after"], r["kind"]) for r in rows] == [
        ("acme", None, "green", "first"), ("blue", None, "red", "first"),
        ("acme", "green", "red", "behaviour")]
    last = rows[-1]
    assert (last["days_in"], last["value_before"], last["value_after"]) == (120.0, 100.0, 0.0)
    assert (last["name"], last["contribution"], last["cause"]) == (
        "logins_28d", -100.0, "logins_28d: 28 -> 0, -100.0")
    assert engine.band_changes(first=False).to_dicts() == [last]
    assert engine.band_changes(customer="acme", since="2026-03-01").to_dicts() == [last]
    assert len(engine.band_changes(score="health", until="2026-06-01")) == 2
    with pytest.raises(churn.NotFoundError, match="health"):
        engine.band_changes(score="heath")


def test_trends(engine):
    assert engine.trends("2026-02-20", customer="acme").to_dicts() == [
        {"customer": "acme", "score": "health", "value": 90.0, "value_before": 100.0, "change": -10.0,
         "noise": 3.0, "arrow": "down"}]
    assert engine.trends(DAY, customers=["blue"])["customer"] == ["blue"]
    assert engine.at_risk(DAY)["arrow"] == ["steady"]
