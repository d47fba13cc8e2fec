# SPDX-License-Identifier: MIT
"""Losses beside their twin (loss_twin.py), on random companies; and cases made by hand.

CHURN_LOSS_CASES says how many random companies there are, CHURN_LOSS_SEED where they begin.
"""

import json
import os
import random
from datetime import datetime, timedelta, timezone

import churn
import loss_twin
import pytest
from loss_twin import DAY, instant, local_date, micros, midnight

FIRST = int(os.environ.get("CHURN_LOSS_SEED", "1"))
COUNT = int(os.environ.get("CHURN_LOSS_CASES", "60"))
START = micros(datetime(2026, 2, 20, tzinfo=timezone.utc))
DAYS = 90
ZONES = ["UTC", "Europe/Budapest", "America/New_York", "Asia/Kolkata"]


def an_instant(r, zone, first=0, last=DAYS):
    """Often a midnight, or the microsecond beside one."""
    if r.random() < 0.4:
        return midnight(local_date(START + r.randrange(first, last) * DAY, zone), zone) + r.choice([-1, 0, 0, 1])
    return START + r.randrange(first * 24, last * 24) * DAY // 24 + r.randrange(2) * 1800 * 10**6


def late(r, row):
    if r.random() < 0.1:
        row["known_at"] = row["at"] + r.randrange(1, 20) * DAY
    return row


def random_company(r, zone):
    names = [f"c{i}" for i in range(r.randrange(3, 7))]
    company = {"since": {name: an_instant(r, zone, 0, 20) for name in names}, "subscription": [], "churn": [],
               "event": [{"customer": "other", "at": START - DAY}], "attribute": []}
    for name in names:
        for number in range(r.choice([0, 1, 1, 2, 3])):
            at = company["since"][name] + r.randrange(0, 40) * DAY // 2
            for _ in range(r.choice([1, 1, 2, 3])):
                row = {"customer": name, "id": f"{name}-{number}", "at": at,
                       "status": r.choice(["active"] * 5 + ["trial", "paused", "past_due", "unpaid", "cancelled"])}
                if r.random() < 0.35:
                    row["ended_at"] = at + r.randrange(1, 60) * DAY // 2
                company["subscription"].append(late(r, row))
                at += r.randrange(1, 50) * DAY // 2
        for at in {an_instant(r, zone) for _ in range(r.choice([0, 0, 1, 2]))}:
            company["churn"].append(late(r, {"customer": name, "at": at, "reason": r.choice(["price", "fit"]), "kind":
                                             r.choice(["voluntary", "involuntary", "downgrade", "pause"])}))
        for _ in range(r.choice([0, 3, 10, 25])):
            company["event"].append(late(r, {"customer": name, "at": an_instant(r, zone)}))
        for at in {an_instant(r, zone) for _ in range(r.choice([0, 0, 1, 3]))}:
            company["attribute"].append(late(r, {"customer": name, "at": at, "value": float(r.randrange(4))}))
    return company


def random_loss(r, zone):
    conditions = [{"when": r.choice([("logins", 1), ("logins", 2), ("level", 2)]),
                   "for": r.choice(["0d", "1d", "3d", "36h", "7d", "7cd", "2h"])} for _ in range(r.randrange(0, 3))]
    words = [word for word in ("subscription", "record") if r.random() < 0.6]
    if not words and not conditions:
        words = ["subscription"]
    return {"any": words, "conditions": conditions, "gap": r.choice([None, "2d", "10d", "31d", "10cd"]),
            "involuntary": r.choice([None, ("logins", 2), ("level", 2)]), "zone": zone,
            "window": r.choice([3, 7]), "max_lag": r.choice([None, None, 2])}


def written(what, segments):
    sort, bound = what
    if sort == "level":
        return f"customer.level < {bound}.0"
    return f"segment.few_{bound}" if segments else f"metric.logins < {bound}"


def playbook(loss, segments=False):
    signs = loss["any"] + [{"when": written(c["when"], segments), "for": c["for"]} for c in loss["conditions"]]
    book = {"churn": 1, "name": "losses", "time_zone": loss["zone"], "attributes": {"level": "number"},
            "metrics": [{"id": "logins", "agg": "count", "event": "login", "window": f"{loss['window']}d"}],
            "segments": [{"id": f"few_{n}", "when": f"metric.logins < {n}"} for n in (1, 2)],
            "triggers": [{"id": "gone", "when": "customer.churned", "population": "all"}],
            "loss": {"any": signs}}
    if loss["max_lag"]:
        book["sources"] = {"product": {"events": ["login"], "max_lag": f"{loss['max_lag']}d"}}
    if loss["gap"]:
        book["loss"]["ignore_gaps"] = loss["gap"]
    if loss["involuntary"]:
        book["loss"]["involuntary_when"] = written(loss["involuntary"], False)
    return churn.Playbook.parse(json.dumps(book))


def when(us):
    return None if us is None else instant(us)


def fill(store, company):
    for name, since in company["since"].items():
        store.add_customer(name, since=instant(since))
    for row in company["event"]:
        store.add_event(row["customer"], "login", instant(row["at"]), known_at=when(row.get("known_at")))
    for row in company["attribute"]:
        store.add_attribute(row["customer"], "level", row["value"], valid_from=instant(row["at"]),
                            known_at=when(row.get("known_at")))
    for row in company["subscription"]:
        store.add_subscription(row["id"], row["customer"], instant(row["at"]), row["status"], amount=1000,
                               currency="USD", period="month", ended_at=when(row.get("ended_at")),
                               known_at=when(row.get("known_at")))
    for row in company["churn"]:
        store.add_churn(row["customer"], row["kind"], instant(row["at"]), reason=row["reason"],
                        known_at=when(row.get("known_at")))
    return store


class Case:
    def __init__(self, seed):
        self.random = r = random.Random(seed)
        zone = r.choice(ZONES)
        self.loss = random_loss(r, zone)
        self.company = random_company(r, zone)
        self.loss["paying"] = "subscription" in self.loss["any"] and bool(self.company["subscription"])
        self.engine = churn.Engine(playbook(self.loss, r.random() < 0.5), fill(churn.Store(), self.company))
        self.dates = sorted({an_instant(r, zone, 1, DAYS + 10) for _ in range(6)})
        self.names = sorted(self.company["since"])

    def twin(self, name, as_of):
        return loss_twin.Customer(self.company, name, self.loss, as_of)

    def exists(self, name, as_of):
        return self.company["since"][name] <= as_of

    def ask(self, as_of, engine=None):
        select = ["customer.churned", "days: churn.days", "kind: churn.kind", "reason: churn.reason"]
        return {row["customer"]: row
                for row in (engine or self.engine).query("", instant(as_of), select=select).to_dicts()}

    def check_answers(self, as_of):
        asked = self.ask(as_of)
        for name in self.names:
            if not self.exists(name, as_of):
                continue
            twin, row = self.twin(name, as_of), asked[name]
            last = twin.last()
            want = (twin.churned(), None, None, None)
            if last:
                want = (twin.churned(), float((as_of - last["at"]) // DAY), twin.kind(last["at"], last["why"]),
                        twin.reason(last["at"], last["why"]))
            got = (row["customer.churned"], row["days"], row["kind"], row["reason"])
            assert got == want, (name, as_of)
            assert self.engine.customer(name, instant(as_of))["churned"] == want[0]

    def check_disagreements(self, as_of):
        got = {row["customer"]: row for row in self.engine.disagreements(instant(as_of)).to_dicts()}
        for name in self.names:
            want = self.twin(name, as_of).disagreement() if self.exists(name, as_of) else None
            row = got.pop(name, None)
            assert (row is None) == (want is None), (name, as_of, row, want)
            for key in want or ():
                value = want[key]
                assert row[key] == (when(value) if key.endswith("_at") else value), (name, as_of, key)
        got.pop("other", None)
        assert not got

    def check_lives(self, as_of):
        """The figures count who lives, day by day."""
        zone = self.loss["zone"]
        first = local_date(START, zone)
        days = [first + timedelta(days=n) for n in range(DAYS + 12)]
        ends = [midnight(day, zone) for day in days if midnight(day, zone) <= as_of]
        if len(ends) < 2:
            return
        table = self.engine.kpi(["customers"], instant(ends[0]), instant(ends[-1]), every="day",
                                as_of=instant(as_of)).to_dicts()
        twins = [self.twin(name, as_of) for name in self.names if self.exists(name, as_of)]
        others = not self.loss["paying"] and not self.loss["conditions"]
        for row, end in zip(table, ends[1:]):
            want = sum(twin.alive(end) for twin in twins) + others
            if self.loss["paying"] or others:
                assert row["value"] == want, (as_of, end)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_beside_the_twin(seed):
    case = Case(seed)
    order = list(case.dates)
    case.random.shuffle(order)  # what was asked before is kept, and must change nothing
    for as_of in order:
        case.check_answers(as_of)
        case.check_disagreements(as_of)
        case.check_lives(as_of)


# ---- cases made by hand ----

def utc(month, day, hour=0, minute=0, micro=0):
    return datetime(2026, month, day, hour, minute, 0, micro, tzinfo=timezone.utc)


def office(loss, *, zone="UTC", metrics=None, more=None):
    book = {"churn": 1, "name": "small", "time_zone": zone, "loss": loss, "attributes": {"level": "number"},
            "metrics": metrics or [{"id": "logins", "agg": "count", "event": "login", "window": "7d",
                                    "history": "clip"}], **(more or {})}
    store = churn.Store()
    return store, churn.Engine(churn.Playbook.parse(json.dumps(book)), store)


def loss_of(engine, as_of, name="a"):
    row = engine.query("", as_of, customer=name,
                       select=["lost: customer.churned", "days: churn.days", "kind: churn.kind"]).row(0)
    return row["lost"], row["days"], row["kind"]


def subscribe(store, key, start, end=None, name="a"):
    store.add_subscription(key, name, start, "active", amount=1000, currency="USD", period="month", ended_at=end)


GAP = timedelta(days=31)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize("gap, back, lost", [("31d", GAP, 0), ("31d", GAP - TICK, 0), ("31d", GAP + TICK, 1),
                                             ("31d", timedelta(0), 0), (None, timedelta(hours=1), 1),
                                             ("0d", timedelta(hours=1), 1)])
def test_who_is_back_within_the_gap_was_not_lost(gap, back, lost):
    store, engine = office({"any": ["subscription"], **({"ignore_gaps": gap} if gap else {})})
    end = utc(3, 1)
    subscribe(store, "s1", utc(1, 1), end)
    subscribe(store, "s2", end + back)
    table = engine.kpi(["lost_customers", "reactivated_customers", "customers"], utc(1, 1), utc(6, 1)).to_dicts()
    assert [row["value"] for row in table] == [lost, lost, 1]
    if back:
        assert loss_of(engine, end)[0] is True  # nobody knows yet that they come back
        assert loss_of(engine, end + back - TICK)[0] is True
    assert loss_of(engine, end + back)[0] is False
    before = engine.kpi(["lost_customers", "customers"], utc(1, 1), utc(6, 1), as_of=end + back - TICK).to_dicts()
    assert [row["value"] for row in before] == ([1, 0] if back else [0, 1])


def test_gaps_are_joined_one_after_the_other():
    store, engine = office({"any": ["subscription"], "ignore_gaps": "10d"})
    for n in range(6):  # 20 days, 10 days apart, then 11
        subscribe(store, f"s{n}", utc(1, 1) + n * timedelta(days=30), utc(1, 21) + n * timedelta(days=30))
    subscribe(store, "s9", utc(1, 21) + timedelta(days=161))
    table = engine.kpi(["new_customers", "lost_customers", "reactivated_customers"], utc(1, 1), utc(9, 1)).to_dicts()
    assert [row["value"] for row in table] == [1, 1, 1]


def test_a_gap_in_calendar_units_follows_the_wall_clock():
    store, engine = office({"any": ["subscription"], "ignore_gaps": "1cd"}, zone="Europe/Budapest")
    end = utc(3, 28, 12)  # the night after it is an hour shorter
    subscribe(store, "s1", utc(1, 1), end)
    subscribe(store, "s2", end + timedelta(hours=23))
    assert loss_of(engine, utc(4, 1))[1] is None
    store, engine = office({"any": ["subscription"], "ignore_gaps": "1cd"}, zone="Europe/Budapest")
    subscribe(store, "s1", utc(1, 1), end)
    subscribe(store, "s2", end + timedelta(hours=23) + TICK)
    assert loss_of(engine, utc(4, 1))[1] == 3.0


@pytest.mark.parametrize("zone, hold, expected", [
    ("UTC", "0d", utc(3, 21)),
    ("UTC", "14d", utc(4, 4)),
    ("Europe/Budapest", "14cd", utc(4, 3, 22)),  # local midnights: UTC+1 before 29 March, UTC+2 from it on
    ("Europe/Budapest", "14d", utc(4, 4, 22)),   # 14 times 24 hours are not over at the 14th midnight
    ("Europe/Budapest", "36h", utc(3, 22, 23)),
    ("America/New_York", "14d", utc(4, 4, 4)),   # there the clocks were changed before
    ("Asia/Kolkata", "14d", utc(4, 3, 18, 30)),
])
def test_a_condition_dates_the_loss_at_a_local_midnight(zone, hold, expected):
    """The last login at noon of 13 March: none in the seven days before the first midnight after noon of 20 March."""
    store, engine = office({"any": [{"when": "metric.logins == 0", "for": hold}]}, zone=zone)
    store.add_customer("a", since=utc(1, 1))
    for day in range(72):
        store.add_event("a", "login", utc(1, 1, 12) + timedelta(days=day))
    row = engine.disagreements(utc(6, 1)).row(0)
    assert row["lost_at"] == row["condition_at"] == expected
    assert loss_of(engine, expected - TICK)[0] is False
    assert loss_of(engine, expected)[0] is True


def test_a_condition_ends_when_it_is_false_or_a_subscription_starts():
    store, engine = office({"any": ["subscription", {"when": "metric.logins == 0", "for": "3d"}]})
    store.add_customer("a", since=utc(1, 1))
    store.add_event("other", "login", utc(1, 1))
    subscribe(store, "s1", utc(1, 1))
    assert loss_of(engine, utc(1, 3, 23))[0] is False
    assert loss_of(engine, utc(1, 4)) == (True, 0.0, "voluntary")
    store.add_event("a", "login", utc(1, 10, 12))
    assert loss_of(engine, utc(1, 10, 23))[0] is True
    assert loss_of(engine, utc(1, 11)) == (False, 7.0, "voluntary")
    assert loss_of(engine, utc(1, 21))[0] is True  # seven days without, then three midnights more
    subscribe(store, "s2", utc(2, 1, 12))
    assert loss_of(engine, utc(2, 1, 11))[0] is True
    assert loss_of(engine, utc(2, 1, 12))[0] is False
    assert loss_of(engine, utc(2, 4, 23))[0] is False  # the clock began again at the midnight after
    assert loss_of(engine, utc(2, 5))[0] is True


def test_unknown_neither_dates_nor_ends_a_loss_and_is_counted():
    store, engine = office({"any": [{"when": "metric.logins == 0", "for": "3d"}]},
                           more={"sources": {"product": {"events": ["login"], "max_lag": "1d"}}})
    store.add_customer("a", since=utc(1, 1))
    for day in range(1, 8):
        store.add_event("other", "login", utc(1, day, 12))
    # known to be 0 on 1 (nothing was tracked: never stale) ... then stale from 9 to 19 January
    store.add_event("other", "login", utc(1, 19, 12))
    assert loss_of(engine, utc(1, 5))[0] is True
    row = next(row for row in engine.disagreements(utc(1, 25)).to_dicts() if row["customer"] == "a")
    assert row["churned"] and row["unknown"] > 0
    store, engine = office({"any": [{"when": "customer.level < 2.0", "for": "3d"}]})
    store.add_customer("a", since=utc(1, 1))
    store.add_attribute("a", "level", 1.0, valid_from=utc(1, 10))
    assert engine.disagreements(utc(1, 12)).to_dicts() == []
    row = engine.disagreements(utc(1, 13)).row(0)
    assert (row["lost_at"], row["unknown"], row["kind_unknown"]) == (utc(1, 13), 9, None)
    store, engine = office({"any": [{"when": "customer.level < 2.0", "for": "3d"}]},
                           more={"triggers": [{"id": "there", "when": "customer.age_days > 900"}]})
    for name in ("a", "b"):
        store.add_customer(name, since=utc(1, 1))
    store.add_attribute("a", "level", 1.0, valid_from=utc(1, 10))
    assert [engine.advance(utc(1, day, 6)).loss_unknown for day in (1, 2, 9, 10, 11)] == [2, 2, 2, 1, 1]


def test_involuntary_when_is_judged_at_the_instant_of_the_loss():
    loss = {"any": ["subscription"], "involuntary_when": "metric.logins >= 1"}
    store, engine = office(loss)
    store.add_customer("a", since=utc(1, 1))
    subscribe(store, "s1", utc(1, 1), utc(2, 1, 12))
    store.add_event("a", "login", utc(2, 1, 12))  # what happens at the instant is not before it
    assert loss_of(engine, utc(3, 1)) == (True, 27.0, "voluntary")
    store.add_event("a", "login", utc(2, 1, 12) - TICK)
    assert loss_of(engine, utc(3, 1)) == (True, 27.0, "involuntary")
    assert engine.disagreements(utc(3, 1)).row(0)["kind_unknown"] is False
    store, engine = office({**loss, "involuntary_when": "customer.level > 1.0"})
    subscribe(store, "s1", utc(1, 1), utc(2, 1))
    assert loss_of(engine, utc(3, 1))[2] == "voluntary"
    assert engine.disagreements(utc(3, 1)).row(0)["kind_unknown"] is True
    store.add_churn("a", "involuntary", utc(2, 3))
    assert loss_of(engine, utc(3, 1))[2] == "involuntary"  # somebody wrote it down


def test_what_comes_later_changes_nothing_earlier():
    """Whatever is added at or after an instant, with nothing known before it, answers about it stay."""
    for seed in range(40):
        case = Case(seed + 5000)
        for as_of in case.dates[1:3]:
            before = case.ask(as_of)
            told = case.engine.disagreements(instant(as_of)).to_dicts()
            r = random.Random(seed)
            store = fill(churn.Store(), case.company)
            for name in case.names:
                subscribe(store, name + "-later", instant(as_of + 1 + r.randrange(9 * DAY)), name=name)
                store.add_event(name, "login", instant(as_of + r.randrange(9 * DAY)))
                store.add_churn(name, "voluntary", instant(as_of + r.randrange(9 * DAY)))
                store.add_attribute(name, "level", 0.0, valid_from=instant(as_of + 1 + r.randrange(9 * DAY)))
            after = churn.Engine(playbook(case.loss), store)
            if case.company["subscription"]:  # that the store has any says who is a customer
                assert case.ask(as_of, after) == before
                assert after.disagreements(instant(as_of)).to_dicts() == told


def test_recognition_at_the_request():
    store, engine = office({"any": ["subscription"]}, more={"kpi": {"preset": "chartmogul", "recognition": "request"}})
    store.add_subscription("s1", "a", utc(1, 1), "active", amount=1000, currency="USD", period="month",
                           cancel_requested_at=utc(2, 10, 9), ended_at=utc(3, 1))
    assert loss_of(engine, utc(2, 10, 8))[0] is False
    assert loss_of(engine, utc(2, 10, 9))[0] is True
    assert loss_of(engine, utc(4, 1))[1] == 49.0


def test_losses_are_the_same_for_every_caller():
    store, engine = office({"any": [{"when": "metric.logins == 0", "for": "3d"}]},
                           more={"triggers": [{"id": "active", "when": "true", "for": "0d"}],
                                 "scores": [{"id": "health", "bands": {"green": 50, "red": 0}, "groups": [
                                     {"id": "use", "factors": [{"metric": "logins", "curve": [[0, 0], [9, 100]]}]}]}]})
    for name in ("a", "b"):
        store.add_customer(name, since=utc(1, 1))
    store.add_event("b", "login", utc(1, 12))
    at = utc(1, 15)
    assert [(row["customer"], row["churned"]) for row in engine.scores(at).to_dicts()] == [("a", True), ("b", False)]
    assert [row["customer"] for row in engine.query("customer.churned", at).to_dicts()] == ["a"]
    assert engine.customer("a", at)["churned"] and not engine.customer("b", at)["churned"]
    run = engine.advance(at)
    assert [row["value"] for row in engine.kpi(["customers", "lost_customers"], utc(1, 1), utc(1, 16)).to_dicts()]
    assert [(r["customer"], r["lost_at"]) for r in engine.disagreements(at).to_dicts()] == [("a", utc(1, 4))]
    assert run is not None


def test_too_many_midnights_are_refused():
    store, engine = office({"any": [{"when": "metric.logins == 0", "for": "3d"}]})
    store.add_customer("old", since=datetime(1900, 1, 1, tzinfo=timezone.utc))
    with pytest.raises(churn.LimitError, match="`old` began more than 36525 days before as_of"):
        engine.customer("old", utc(1, 1))
    store.add_customer("a", since=utc(1, 1))
    store.add_event("other", "login", utc(1, 1))
    assert engine.customer("a", utc(1, 10))["churned"]
    with pytest.raises(churn.LimitError):
        engine.disagreements(utc(1, 10))


def test_a_condition_over_all_customers():
    """A metric that stands on others is found for all of them at each midnight."""
    metrics = [{"id": "logins", "agg": "count", "event": "login", "window": "7d", "history": "clip"},
               {"id": "rank", "baseline": {"metric": "logins", "of": "all", "as": "percentile"}}]
    store, engine = office({"any": [{"when": "metric.rank < 0.3", "for": "3d"}]}, metrics=metrics)
    for n in range(6):
        store.add_customer(f"c{n}", since=utc(1, 1))
        for day in range(1, 20):
            for _ in range(n):
                store.add_event(f"c{n}", "login", utc(1, day, 8, n))
    one = [engine.customer(f"c{n}", utc(1, 18))["churned"] for n in range(6)]
    assert one == [row["customer.churned"] for row in
                   engine.query("", utc(1, 18), select=["customer.churned"]).to_dicts()]
    assert one[0] and not one[5]


def test_a_playbook_may_expect_losses():
    book = churn.Playbook.parse("""
churn: 1
name: tested
metrics: [{id: logins, agg: count, event: login, window: 7d, history: clip}]
loss: {any: [{when: metric.logins == 0, for: 3d}]}
tests:
  - name: gone
    given:
      customer: {since: 2026-01-01}
      events: [{type: login, at: 2026-01-05}]
    as_of: 2026-02-01
    expect: {customer.churned: true, churn.days: 16, churn.kind: voluntary}
""")
    assert book.test()


def test_an_engine_may_have_threads():
    case = Case(77)
    many = churn.Engine(playbook(case.loss), fill(churn.Store(), case.company), threads=3)
    for as_of in case.dates:
        select = ["customer.churned", "churn.days", "churn.kind"]
        assert many.query("", instant(as_of), select=select).to_dicts() == \
            case.engine.query("", instant(as_of), select=select).to_dicts()
