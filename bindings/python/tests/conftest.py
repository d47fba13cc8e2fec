# SPDX-License-Identifier: MIT
"""Fixtures: a small company whose answers are plain, and the count of handles around every test."""
from __future__ import annotations

import gc
import pathlib

import pytest

import churn

ROOT = pathlib.Path(__file__).resolve().parents[3]

PLAYBOOK = """
churn: 1
name: small
time_zone: UTC
currency: USD
evaluate: 1d
metrics:
  - {id: logins_28d, agg: count, event: login, window: 28d, history: clip}
  - {id: quiet_days, agg: days_since, event: login, if_never: missing}
  - {id: mrr, subscription: mrr}
scores:
  - id: health
    baseline: 50
    groups:
      - id: usage
        weight: 100
        factors:
          - {metric: logins_28d, weight: 1, curve: [[0, 0], [10, 100]]}
    bands: {green: 70, yellow: 40, red: 0}
triggers:
  - {id: quiet, when: 'metric.quiet_days >= 10', severity: high, play: call}
plays:
  - id: call
    steps:
      - {id: ring, task: {title: 'Call {{customer.name}}', owner: csm, due: 2d}}
roles:
  csm: {from: customer.owner, else: lead}
  lead: {people: [eva]}
tests:
  - name: silence is noticed
    given:
      customer: {since: 2026-01-01}
      events: [{type: login, at: 2026-01-05}]
    as_of: 2026-01-20
    expect: {metric.quiet_days: 15, trigger.quiet: true}
"""


@pytest.fixture(autouse=True)
def no_handle_is_left(request):
    """Everything that a test made is gone after it."""
    gc.collect()
    before = churn.live_handles()
    yield
    request.node.funcargs.clear()  # pytest keeps what fixtures made for longer
    gc.collect()
    assert churn.live_handles() == before


@pytest.fixture
def playbook():
    return churn.Playbook.parse(PLAYBOOK, file="small.yaml")


def fill(store):
    """acme logs in every day of January 2026, blue on the 2nd alone."""
    store.add("customer", {"id": ["acme", "blue"], "since": ["2025-06-01", "2025-07-01"],
                           "name": ["Acme", "Blue"], "owner": ["ana", "bo"]}, strict=True)
    days = [f"2026-01-{day:02d}T09:00Z" for day in range(1, 32)]
    store.add("event", {"customer": ["acme"] * 31 + ["blue"], "at": days + ["2026-01-02T09:00Z"]},
              constants={"type": "login"}, strict=True)
    store.add("subscription", {
        "id": ["s1", "s2"], "customer": ["acme", "blue"], "valid_from": ["2025-06-01", "2025-07-01"],
        "amount": [100.0, 250.5]}, money="major",
        constants={"status": "active", "currency": "USD", "period": "month"}, strict=True)
    return store


@pytest.fixture
def store():
    return fill(churn.Store(time_zone="UTC"))


@pytest.fixture
def engine(playbook, store):
    return churn.Engine(playbook, store)
