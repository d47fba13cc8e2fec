# SPDX-License-Identifier: MIT
"""Support of the RavenStack data beside the truths that come with it (its SOURCE.md), and beside numpy."""
import inspect
import statistics
from datetime import datetime, timedelta, timezone

import pytest
from shared_data import folder, rows

churn = pytest.importorskip("churn")
FOLDER = folder("ravenstack", "ravenstack_support_tickets.csv")
START, END = "2023-01-01", "2025-02-01"


@pytest.fixture(scope="module")
def tickets():
    return list(rows(FOLDER / "ravenstack_support_tickets.csv"))


@pytest.fixture(scope="module")
def engine(tickets):
    opened = [datetime.fromisoformat(t["submitted_at"]).replace(tzinfo=timezone.utc) for t in tickets]
    store = churn.Store(time_zone="UTC")
    store.add("ticket", {
        "id": [t["ticket_id"] for t in tickets], "customer": [t["account_id"] for t in tickets], "opened_at": opened,
        "first_response_at": [at + timedelta(minutes=float(t["first_response_time_minutes"])) for at, t in zip(opened, tickets)],
        "closed_at": [at + timedelta(hours=float(t["resolution_time_hours"])) for at, t in zip(opened, tickets)],
        "priority": [t["priority"] for t in tickets],
        "category": ["escalated" if t["escalation_flag"] == "TRUE" else "normal" for t in tickets],
        "csat": [float(t["satisfaction_score"]) if t["satisfaction_score"] else None for t in tickets]}, strict=True)
    playbook = churn.Playbook.parse("churn: 1\nname: ravenstack\ntime_zone: UTC\ncurrency: USD\n"
                                    "kpi: {sla: {urgent: {first_response: 1h}, else: {resolution: 2d}}}\n")
    return churn.Engine(playbook, store)


def one(engine, kpi, **options):
    table = engine.kpi(kpi, START, END, **options)
    return table[0] if len(table) == 1 else list(table)


def test_truths_of_the_source(engine):
    csat = one(engine, "ticket_csat_mean")
    assert csat["value"] == pytest.approx(3.98128, abs=5e-6)
    assert csat["n"] == 1175
    assert one(engine, "first_response_hours")["value"] == pytest.approx(88 / 60, abs=1e-12)
    assert one(engine, "resolution_hours")["value"] == 35
    assert one(engine, "tickets_opened")["value"] == 2000


@pytest.mark.skipif("by" not in inspect.signature(churn.Engine.kpi).parameters, reason="figures by group are asked for from C and Go")
def test_escalations(engine):
    opened = {row["ticket.category"]: row["value"] for row in engine.kpi("tickets_opened", START, END, by="ticket.category")}
    assert opened == {"escalated": 95, "normal": 1905}


def test_quantiles_and_promises_by_month(engine, tickets):
    np = pytest.importorskip("numpy")
    table = {(row["kpi"], f"{row['period_start']:%Y-%m}"): row for row in
             engine.kpi(["resolution_hours_p90", "first_response_hours", "sla_share", "backlog"], START, END, every="month")}
    hours, minutes, kept = {}, {}, {}
    for t in tickets:
        opened = datetime.fromisoformat(t["submitted_at"])
        closed = opened + timedelta(hours=float(t["resolution_time_hours"]))
        answered = opened + timedelta(minutes=float(t["first_response_time_minutes"]))
        hours.setdefault(f"{closed:%Y-%m}", []).append(float(t["resolution_time_hours"]))
        minutes.setdefault(f"{answered:%Y-%m}", []).append(float(t["first_response_time_minutes"]))
        in_time = (float(t["first_response_time_minutes"]) <= 60 if t["priority"] == "urgent"
                   else float(t["resolution_time_hours"]) <= 48)
        kept.setdefault(f"{opened:%Y-%m}", []).append(in_time)
    for month, values in hours.items():
        assert table["resolution_hours_p90", month]["value"] == pytest.approx(np.quantile(values, 0.9), rel=1e-12)
    for month, values in minutes.items():
        assert table["first_response_hours", month]["value"] == pytest.approx(statistics.median(values) / 60, rel=1e-12)
    for month, values in kept.items():
        row = table["sla_share", month]
        assert (row["numerator"], row["denominator"]) == (sum(values), len(values))
        end = datetime.fromisoformat(f"{month}-01") + timedelta(days=31)
        end = end.replace(day=1)
        waiting = sum(datetime.fromisoformat(t["submitted_at"]) < end <= datetime.fromisoformat(t["submitted_at"])
                      + timedelta(hours=float(t["resolution_time_hours"])) for t in tickets)
        assert table["backlog", month]["value"] == waiting
