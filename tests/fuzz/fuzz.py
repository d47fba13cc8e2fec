#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random playbooks, sensible and not, over small random stores: nothing may crash, and whatever
fails must fail as a churn.Error, with its line and column where it is the playbook's fault.

    fuzz.py [--seconds 60] [--seed 1] [--schema docs/reference/playbook.schema.json]

Playbooks are made from the JSON Schema, so that new keys are tried without a change here. Run it
with the Python package and, best of all, a library built with AddressSanitizer. On a fault it
prints the seed of the round: `--seed` and `--seconds 0` run that round alone."""
from __future__ import annotations

import argparse
import json
import math
import pathlib
import random
import sys
import time

import churn

ROOT = pathlib.Path(__file__).resolve().parents[2]
EVENTS = ["login", "export", "pay", "any"]
CUSTOMERS = ["acme", "blue", "coral", "dune"]
DAY = 86_400_000_000
YEAR = 365 * DAY
DATES = ["2026-01-01", "2026-03-29", "2026-10-25T01:30Z", "2024-02-29", "2026-12-31T23:59:59Z"]
EDGES = ["0001-01-01", "0001-01-02", "9999-12-31", "9999-12-31T23:59:59Z", "1970-01-01"]
SPANS = ["1d", "7d", "28d", "1h", "90d", "1cmo", "1cq", "1cy", "2cw", "3cd", "mtd", "qtd", "ytd",
         "0d", "52w", "1s"]
BAD_SPANS = ["-1d", "0", "1000000cy", "9999cy", "3652058d", "99999999999999999999d", "1d1h", "d",
             "1.5d", "1x", "9223372036854775807s", "10000cmo", "106751991167301d", "", " 1d"]
NONSENSE = [None, True, False, 0, -1, 1, 2**31, 2**63 - 1, 2**63, -(2**63), 1e308, 1e-308, 1e400,
            0.1, "", " ", "\u0000", "x" * 1100, "é☃", "null", "~", "{{", "{{customer.name}}", [], {},
            [[]], {"": 1}, [None], "metric.nothing", "2026-13-40", "2026-02-30", "24:00", "[", "%",
            "Europe/Atlantis", "Europe/Budapest", "US", "XXX", "JPY", "../etc", "1/0", "a" * 70]
CONDITIONS = ["metric.base >= 1", "health.score < 50", "customer.plan == 'free'", "metric.truth",
              "metric.base / metric.base2 > 0.5 || true", "has(customer.seats) && metric.m4 > 0"]
EXPRESSIONS = [
    "value > 0", "user == 'u1'", "type in ['login', 'pay']", "props.platform == 'web'",
    "props.size >= 10.5 || props.ok", "props.at < time('2026-01-01')", "props.nothing > 1",
    "metric.base >= 1", "metric.base / metric.base2 > 0.5", "customer.seats > 3.0",
    "metric.base / 0.0", "customer.plan == 'free'", "health.score < 50", "true", "false", "1",
    "metric.base", "metric.base2 * 1e308 * 1e308", "-metric.base", "!true", "((((1))))",
    "segment.big", "customer.name.contains('a')", "9223372036854775807 + 1", "1 / 0", "'a' < 1",
    "(" * 80 + "1" + ")" * 80, "metric.", "value >", "", "value > 0 && " * 50 + "true",
    "min(metric.base, 3.0)", "coalesce(metric.base, 0.0)", "trigger.t0", "has(customer.plan)"]
NAMES = ["base", "base2", "truth", "texty", "m0", "m1", "nothing", "customer.seats",
         "customer.plan", "customer.nothing", "seats", "plan", "health", "t0", "big", "call",
         "metric.base", "lead", "owner", "customer.owner"]

HEADER = {
    "churn": 1, "name": "fuzz", "time_zone": "UTC", "currency": "USD", "evaluate": "1d",
    "attributes": {"seats": "number", "plan": "string", "name": "string", "owner": "string"},
    "properties": {"platform": "string", "size": "number", "ok": "bool", "at": "timestamp"},
    "metrics": [
        {"id": "base", "agg": "count", "event": "login", "window": "28d", "history": "clip"},
        {"id": "base2", "agg": "sum", "event": "pay", "window": "90d", "history": "clip"},
        {"id": "truth", "agg": "exists", "event": "export"},
        {"id": "texty", "attribute": "plan"}],
    "roles": {"lead": {"people": ["eva"]}},
    "scores": [{"id": "health", "groups": [{"id": "use", "weight": 1, "factors": [
        {"metric": "base", "weight": 1, "curve": [[0, 0], [5, 100]]}]}],
        "bands": {"green": 70, "red": 0}}],
    "triggers": [{"id": "t0", "when": "health.score < 90", "play": "call"}],
    "plays": [{"id": "call", "steps": [{"task": {"title": "Call {{customer.name}}",
                                                 "owner": "lead", "due": "2d"}}]}],
}


class Maker:
    """Values for a schema."""

    def __init__(self, dice: random.Random, madness: float) -> None:
        self.dice, self.madness = dice, madness

    def mad(self) -> bool:
        return self.dice.random() < self.madness

    def value(self, schema: dict, key: str = "", depth: int = 0):
        dice = self.dice
        if self.mad():
            return dice.choice(NONSENSE)
        if depth > 12:
            return 0
        for word in ("oneOf", "anyOf"):
            if word in schema:  # the first is that of events, which has the most keys
                one = schema[word][0] if dice.random() < 0.4 else dice.choice(schema[word])
                return self.value(one, key, depth + 1)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return dice.choice(schema["enum"])
        kind = schema.get("type", "string")
        if isinstance(kind, list):
            kind = dice.choice(kind) if "string" not in kind or self.mad() else "string"
        if kind == "object":
            return self.mapping(schema, depth)
        if kind == "array":
            items = schema.get("items", {})
            if isinstance(items, list):  # each place its own
                return [self.value(item, key, depth + 1) for item in items]
            least, most = schema.get("minItems", 0), min(schema.get("maxItems", 4), 4)
            return [self.value(items, key, depth + 1)
                    for _ in range(dice.randint(least, max(least, most)))]
        if kind in ("number", "integer"):
            return self.number(schema, kind == "integer")
        return dice.random() < 0.5 if kind == "boolean" else self.text(schema, key)

    def mapping(self, schema: dict, depth: int) -> dict:
        dice, made = self.dice, {}
        required = schema.get("required", [])
        properties = schema.get("properties", {})
        chance = dice.choice([0.05, 0.15, 0.4])
        for key, inner in properties.items():
            if (key in required and not (self.mad() and dice.random() < 0.3)) or (
                    key not in required and dice.random() < chance):
                made[key] = self.value(inner, key, depth + 1)
        free = schema.get("additionalProperties")
        if isinstance(free, dict):
            for _ in range(dice.randint(0, 3)):
                made[dice.choice(NAMES + EVENTS).replace(".", "_")] = self.value(free, "", depth + 1)
        if self.mad():
            made[dice.choice(["nothing", "", "id", "windw"])] = dice.choice(NONSENSE)
        return made

    def number(self, schema: dict, whole: bool):
        low, high = schema.get("minimum", -1e6), schema.get("maximum", 1e6)
        dice = self.dice
        if dice.random() < 0.15:
            return dice.choice([low, high])
        value = dice.choice([dice.uniform(low, high), dice.uniform(max(low, -10), min(high, 30))])
        return int(value) if whole else round(value, 3)

    def text(self, schema: dict, key: str) -> str:
        dice, pattern = self.dice, schema.get("pattern", "")
        kind = schema.get("x-churn-type", "")
        if "cmo" in pattern or "(s|m|h" in pattern:
            return dice.choice(BAD_SPANS if self.mad() else SPANS)
        if "[0-9]{4}-" in pattern:
            return dice.choice(DATES + EDGES)
        if key in ("event", "events"):
            return dice.choice(EVENTS)
        if key in ("time_zone", "zone"):
            return dice.choice(["UTC", "Europe/Budapest", "America/New_York", "Mars/Base"])
        if key in ("when", "clear_when") and dice.random() < 0.7:
            return dice.choice(CONDITIONS)
        if "id of a metric" in kind or key == "metric":
            return dice.choice(["base", "base2", "truth", "m4", "m5", "m6", "customer.seats"])
        if "expression" in kind or key in ("when", "where", "expr", "if", "clear_when"):
            return dice.choice(EXPRESSIONS)
        if key == "id":
            return f"m{dice.randrange(30)}"
        return dice.choice(NAMES + EVENTS + ["web", "high", "champion", "email"])


def random_store(dice: random.Random) -> churn.Store:
    """A store in which much is strange and nothing is against the rules."""
    store = churn.Store(time_zone="UTC")
    n = dice.randrange(60)
    now = 1_767_225_600_000_000  # 2026-01-01

    def when() -> int:
        at = now + dice.randrange(-2 * YEAR, YEAR)
        return dice.choice([at, at, at // DAY * DAY, now])

    def maybe(value):
        return value if dice.random() < 0.6 else None

    who = dice.choice
    for name in CUSTOMERS[:dice.randint(1, 4)]:
        store.add_customer(name, since=maybe(when()), attributes={
            "seats": dice.choice([0, 3, 1e300]), "plan": dice.choice(["free", ""]),
            "time_zone": dice.choice(["Asia/Tokyo", "Nowhere", "UTC"]), "name": name.title()})
    for i in range(n):
        calls = [
            lambda: store.add_event(who(CUSTOMERS), dice.choice(EVENTS[:3]), when(),
                                    user=maybe(f"u{dice.randrange(3)}"),
                                    value=maybe(dice.choice([1.5, -2, 1e308, 1e15])),
                                    known_at=maybe(when()),
                                    props={"platform": "web", "size": dice.random() * 20,
                                           "ok": dice.random() < 0.5, "at": when()}
                                    if dice.random() < 0.5 else None),
            lambda: store.add_subscription(f"s{i % 4}" + who(CUSTOMERS), CUSTOMERS[i % 4], when(),
                                           dice.choice(["trial", "active", "cancelled", "paused"]),
                                           plan=maybe("pro"), currency=dice.choice(["USD", "JPY"]),
                                           amount=maybe(dice.choice([0, 999, -5, 2**62, 10**15])),
                                           period=dice.choice(["month", "year", "day", "2 years"]),
                                           seats=maybe(dice.choice([1, 2**62])),
                                           discount=maybe(5), renews_at=maybe(when()),
                                           ended_at=maybe(when())),
            lambda: store.add_invoice(f"i{i}", who(CUSTOMERS), when(), when(),
                                      dice.choice([100, 2**61, -(2**61)]), dice.choice(["USD", "EUR"]),
                                      paid_at=maybe(when()), failed_at=maybe(when()),
                                      refunded=maybe(2**60), refunded_at=maybe(when())),
            lambda: store.add_ticket(f"t{i}", who(CUSTOMERS), when(), user=maybe("u1"),
                                     first_response_at=maybe(when()), closed_at=maybe(when()),
                                     reopened_at=maybe(when()), csat=maybe(1e300),
                                     priority=maybe("high")),
            lambda: store.add_survey(who(CUSTOMERS), dice.choice(["nps", "csat", "custom"]), when(),
                                     dice.choice([0, 10, 7.5])),
            lambda: store.add_contact(f"c{i % 5}" + who(CUSTOMERS), CUSTOMERS[i % 4], when(),
                                      role=maybe("champion"), active=maybe(False)),
            lambda: store.add_milestone(who(CUSTOMERS), dice.choice(["live", "m0"]), when()),
            lambda: store.add_touchpoint(f"p{i}", who(CUSTOMERS), when(), "email",
                                         replied_at=maybe(when()), opened_at=maybe(when())),
            lambda: store.add_rate(dice.choice(["EUR", "JPY"]), when(),
                                   dice.choice([0.5, 1e-300, 1e300])),
            lambda: store.add_announcement("prices", when(), kind=maybe("price")),
            lambda: store.add_measure(dice.choice(["visits", "logo_churn"]), when(),
                                      dice.choice([0, 1e300, -2.5]), unit=maybe("visits")),
            lambda: store.add_override(who(CUSTOMERS), "health", when(), maybe(dice.uniform(0, 100)),
                                       reason=maybe("a call"), author=maybe("eve"), expires_at=maybe(when())),
            lambda: store.add_attribute(who(CUSTOMERS), dice.choice(["plan", "seats", "parent"]),
                                        dice.choice(["free", "acme", "blue", 7.0]),
                                        valid_from=when()),
            lambda: store.add_churn(who(CUSTOMERS), dice.choice(["voluntary", "pause"]), when(),
                                    amount=maybe(2**62), currency="USD"),
            lambda: store.add_spend(when(), 2**62, "USD", channel=maybe("ads")),
        ]
        try:
            dice.choice(calls)()
        except churn.Error as error:
            check(error)
    return store


def edit(dice: random.Random, store: churn.Store) -> None:
    calls = [
        lambda: store.forget(dice.choice(DATES + EDGES)),
        lambda: store.erase([dice.choice(CUSTOMERS), "nobody"]),
        lambda: store.erase_user("u1"),
        lambda: store.merge(dice.choice(CUSTOMERS), into=dice.choice(CUSTOMERS)),
        lambda: store.replace("event", {"customer": ["acme"], "type": ["login"],
                                        "at": ["2026-01-05T00:00Z"]}, start="2026-01-01",
                              end="2026-02-01"),
        lambda: store.retract("ticket", {"id": "t3"}),
    ]
    dice.choice(calls)()


class Fault(Exception):
    """What must not happen."""


def check(error: churn.Error) -> None:
    if isinstance(error, churn.InternalError):
        raise Fault(f"internal error: {error}")
    if not error.message:
        raise Fault(f"no message: {error!r}")


def parse(text: str):
    try:
        return churn.Playbook.parse(text, file="fuzz.yaml")
    except churn.PlaybookError as error:
        check(error)
        if not error.diagnostics or any(not d.line or not d.column for d in error.diagnostics):
            raise Fault(f"without a position: {error.diagnostics}")
    except (churn.ParseError, churn.Utf8Error, churn.LimitError) as error:
        check(error)
    return None


def ask(dice: random.Random, playbook, store) -> None:
    try:
        engine = churn.Engine(playbook, store, threads=dice.choice([1, 1, 3]))
    except churn.Error as error:
        check(error)
        return
    dates = [dice.choice(DATES + EDGES) for _ in range(3)]
    some = dice.choice(CUSTOMERS + ["nobody"])
    calls = [
        lambda: engine.metrics(dates).to_dicts(), lambda: engine.metrics(dates[0]).to_dicts(),
        lambda: engine.metrics(dates[0], customers=[some, "acme"]).to_dicts(),
        lambda: engine.missing(dates[0]).to_dicts(), lambda: engine.scores(dates).to_dicts(),
        lambda: engine.explain(some, dates[0]).to_dicts(),
        lambda: engine.at_risk(dates[0]).to_dicts(), lambda: engine.disagreements(dates[0]),
        lambda: engine.story(some).to_dicts(),
        lambda: engine.kpi(None, dates[0], dates[1], every=dice.choice([None, "month", "day"])),
        lambda: engine.movements(dates[0], dates[1]).to_dicts(),
        lambda: engine.advance(dates[0]), lambda: engine.actions().to_dicts(),
        lambda: engine.replay("2026-01-01", "2026-01-10"),
        lambda: churn.Engine.from_bytes(engine.to_bytes(), playbook, store),
        lambda: playbook.test(), lambda: edit(dice, store),
    ]
    for call in dice.sample(calls, 8):
        try:
            rows = call()
        except churn.Error as error:
            check(error)
            continue
        for row in rows if isinstance(rows, list) else []:
            if any(isinstance(v, float) and not math.isfinite(v) for v in row.values()):
                raise Fault(f"not finite: {row}")


def repaired(maker: Maker, schema: dict, book: dict, section: str, one):
    """What a playbook takes of an item, once what its errors name is added or left out."""
    variants = schema["properties"][section].get("items", {})
    for _ in range(8):
        trial = {**book, section: [*book.get(section, []), one]}
        try:
            churn.Playbook.parse(json.dumps(trial))
            return one
        except churn.PlaybookError as error:
            if not isinstance(one, dict) or not error.diagnostics:
                return one
            message = error.diagnostics[0].message
        keys = message.split("`")[1::2]
        known = {key: inner for variant in variants.get("oneOf", [variants])
                 for key, inner in variant.get("properties", {}).items()}
        if "needs the key" in message and keys[-1] in known:
            one = {**one, keys[-1]: maker.value(known[keys[-1]], keys[-1])}
        else:
            drop = [key for key in keys if key in one and key not in ("id", "agg", "event")]
            if not drop:
                return one
            one = {key: value for key, value in one.items() if key != drop[0]}
    return one


def a_round(seed: int, schema: dict, counts: dict) -> None:
    dice = random.Random(seed)
    book = json.loads(json.dumps(HEADER))
    maker = Maker(dice, dice.choice([0, 0, 0.02, 0.1]))
    for section in dice.sample(["metrics"] * 6 + ["scores", "triggers", "segments", "plays", "loss",
                                                  "sources", "kpi", "calendar", "roles", "tests",
                                                  "properties", "attributes"], 7):
        made = maker.value(schema["properties"][section], section)
        trial = dict(book)
        if isinstance(made, list):
            for i, one in enumerate(made):
                if isinstance(one, dict) and isinstance(one.get("id"), str) and section == "metrics":
                    one["id"] = one["id"] if maker.mad() else f"m{len(book['metrics']) + i}"
                if not maker.mad():
                    one = repaired(maker, schema, book, section, one)
                trial[section] = [*book.get(section, []), one]
                counts["parsed"] += 1
                if parse(json.dumps(trial)) is not None:
                    book = dict(trial)
                    counts["good"] += 1
        else:
            trial[section] = made
            counts["parsed"] += 1
            if parse(json.dumps(trial)) is not None:
                book = trial
                counts["good"] += 1
    text = json.dumps(book)
    if dice.random() < 0.1:  # a byte that is wrong
        at = dice.randrange(len(text))
        text = text[:at] + dice.choice(["\t", "%", "&", "*", "}", "\x01", "é", "'"]) + text[at + 1:]
    playbook = parse(text)
    if playbook is not None:
        counts["asked"] += 1
        store = random_store(dice)
        ask(dice, playbook, store)


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    words.add_argument("--seconds", type=float, default=60)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--schema", default=ROOT / "docs/reference/playbook.schema.json")
    options = words.parse_args()
    schema = json.loads(pathlib.Path(options.schema).read_text())
    churn.Playbook.parse(json.dumps(HEADER))
    counts = {"rounds": 0, "parsed": 0, "good": 0, "asked": 0}
    end, seed = time.monotonic() + options.seconds, options.seed
    while True:
        started = time.monotonic()
        try:
            a_round(seed, schema, counts)
        except BaseException:
            print(f"FUZZ fault in round {seed}", flush=True)
            raise
        if time.monotonic() - started > 20:
            print(f"FUZZ slow: round {seed} took {time.monotonic() - started:.1f} s", flush=True)
        counts["rounds"] += 1
        seed += 1
        if time.monotonic() >= end:
            break
    print("FUZZ " + " ".join(f"{k}={v}" for k, v in counts.items()) + " bad=0")
    return 0 if counts["good"] or options.seconds == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
