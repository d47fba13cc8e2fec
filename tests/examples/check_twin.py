# SPDX-License-Identifier: MIT
"""A second, slow and obvious computation of what examples/playbooks/saas.yaml says of examples/data.

    check_twin.py DUMP ROOT

runs the program DUMP (dump.c) and compares, to the last digit that matters: metrics, scores and bands
on the first of each month, MRR movements and figures by month, episodes of triggers from firing to
end, tasks with owner and due date, who is at risk; and it looks up everything that planted.csv says must be found. Nothing here comes from the
library: only the standard library of Python and the rules as the documentation states them.
"""

import csv
import io
import math
import subprocess
import sys
from bisect import bisect_left
from collections import defaultdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Budapest")
DAY = 86_400_000_000
FROM, TO = "2025-02-01", "2026-02-01"
problems = []


def complain(*what):
    problems.append(" ".join(str(part) for part in what))


def instant(text):
    """Microseconds since 1970, or None."""
    if not text:
        return None
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()) * 1_000_000


def midnight(day):
    local = datetime.fromisoformat(day).replace(tzinfo=ZONE)
    return round(local.timestamp()) * 1_000_000


def days(first, last):
    day, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    while day <= end:
        yield day.date().isoformat()
        day += timedelta(days=1)


# ---- the records ----


class Records:
    def __init__(self, folder):
        def rows(name):
            with open(f"{folder}/{name}.csv", newline="", encoding="utf-8") as file:
                return list(csv.DictReader(file))

        self.customers = {row["id"]: row for row in rows("customers")}
        self.since = {row["id"]: instant(row["since"]) for row in self.customers.values()}
        self.planted = rows("planted")
        self.logins, self.actions = defaultdict(list), defaultdict(list)
        for row in rows("events"):
            if row["type"] == "login":
                self.logins[row["customer"]].append((instant(row["at"]), row["user"]))
            elif row["type"] in ("report_created", "export"):
                self.actions[row["customer"]].append((instant(row["at"]), row["user"]))
        self.seats = defaultdict(list)
        for row in rows("attributes"):
            if row["name"] == "seats":
                self.seats[row["customer"]].append((instant(row["valid_from"]), float(row["value"])))
        self.tickets, self.failed = defaultdict(list), defaultdict(list)
        self.surveys, self.subscriptions = defaultdict(list), defaultdict(list)
        for row in rows("tickets"):
            self.tickets[row["customer"]].append((instant(row["opened_at"]), instant(row["closed_at"])))
        self.invoices = defaultdict(list)
        for row in rows("invoices"):
            self.invoices[row["customer"]].append(
                (instant(row["issued_at"]), instant(row["due_at"]), instant(row["paid_at"]),
                 instant(row["failed_at"])))
        for row in rows("surveys"):
            self.surveys[row["customer"]].append((instant(row["at"]), float(row["score"])))
        for row in rows("subscriptions"):
            cents = round(float(row["amount"]) * 100)
            if row["period"] == "year":  # rounded once, half away from zero
                cents = (2 * cents + 12) // 24
            self.subscriptions[row["customer"]].append(
                (instant(row["valid_from"]), row["status"], cents, instant(row["ended_at"])))
        for table in (self.logins, self.actions, self.seats, self.surveys, self.subscriptions):
            for found in table.values():
                found.sort()

    def state(self, customer, at):
        """Status and MRR of a customer's one subscription."""
        found = None
        for row in self.subscriptions[customer]:
            if row[0] <= at:
                found = row
        if found is None:
            return None, 0
        if found[3] is not None and found[3] <= at:
            return "ended", 0
        return found[1], found[2] if found[1] in ("active", "past_due") else 0


# ---- metrics ----


def metrics_of(data, customer, at):
    since = data.since[customer]

    def covered(length):
        return since <= at - length * DAY

    def window(events, first, last):
        """Those from `first` to `last` days before `at`."""
        return events[bisect_left(events, (at - first * DAY,)):bisect_left(events, (at - last * DAY,))]

    m = {}
    logins, actions = data.logins[customer], data.actions[customer]
    users = {user for _, user in window(logins, 28, 0)}
    m["logins_28d"] = len(window(logins, 28, 0)) if covered(28) else None
    m["logins_year"] = len(window(logins, 365, 0))
    before = window(logins, 10_000, 0)
    m["days_since_login"] = (at - before[-1][0]) // DAY if before else None
    m["active_users_28d"] = len(users) if covered(28) else None
    seats = float(data.customers[customer]["seats"])
    for valid_from, value in data.seats[customer]:
        seats = value if valid_from <= at else seats
    m["seat_use"] = len(users) / seats if covered(28) else None
    m["actions_28d"] = len(window(actions, 28, 0)) if covered(28) else None
    m["actions_before"] = len(window(actions, 56, 28)) if covered(56) else None
    base = m["actions_before"]
    m["usage_change"] = (m["actions_28d"] - base) / base if base is not None and base >= 10 else None
    m["usage_trend"] = None
    if covered(56):
        weeks = [len(window(logins, 7 * n, 7 * (n - 1))) for n in range(8, 0, -1)]
        mean = sum(weeks) / 8
        slope = sum((i - 3.5) * (n - mean) for i, n in enumerate(weeks)) / 42
        m["usage_trend"] = slope / mean if mean else None
    waiting = [at - opened for opened, closed in data.tickets[customer]
               if opened < at and not (closed is not None and closed <= at)]
    m["oldest_ticket"] = max(waiting) / DAY if waiting else 0.0
    m["tickets_7d"] = sum(at - 7 * DAY <= opened < at for opened, _ in data.tickets[customer])
    m["mrr"] = data.state(customer, at)[1] / 100
    failed = [at - 60 * DAY <= failed < at for _, _, _, failed in data.invoices[customer] if failed]
    m["failed_payments"] = sum(failed)
    late = [(at - due) / DAY for issued, due, paid, _ in data.invoices[customer]
            if issued < at and due < at and not (paid is not None and paid <= at)]
    m["overdue_days"] = max(late) if late else 0.0
    answers = [score for when, score in data.surveys[customer] if at - 180 * DAY <= when < at]
    m["nps"] = answers[-1] if answers else None
    return m


# ---- scores ----

GROUPS = [
    (50, [(2, "logins_28d", [(0, 0), (4, 40), (20, 100)]), (2, "seat_use", [(0, 0), (0.8, 100)]),
          (1, "usage_trend", [(-0.2, 0), (0, 70), (0.1, 100)])]),
    (25, [(2, "oldest_ticket", [(0, 100), (5, 50), (14, 0)]), (1, "tickets_7d", None)]),
    (25, [(1, "nps", [(0, 0), (6, 30), (7, 60), (10, 100)])]),
]


def points(curve, x):
    if curve is None:  # the steps of tickets_7d
        return 20 if x >= 3 else 60 if x >= 2 else 100
    if x <= curve[0][0]:
        return curve[0][1]
    for (x0, y0), (x1, y1) in zip(curve, curve[1:]):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return curve[-1][1]


def score_of(m):
    """(score or None, coverage)"""
    total = weights = coverage = 0.0
    for weight, factors in GROUPS:
        there = [f for f in factors if m[f[1]] is not None]
        coverage += weight / 100 * sum(f[0] for f in there) / sum(f[0] for f in factors)
        if there:
            weights += weight
            total += weight * sum(f[0] * points(f[2], m[f[1]]) for f in there) / sum(f[0] for f in there)
    score = total / weights
    if m["failed_payments"] >= 2:
        score = min(score, 35)
    return (round(score, 6) if coverage >= 0.5 - 1e-12 else None), coverage


def band_of(score):
    return "unknown" if score is None else "green" if score >= 70 else "yellow" if score >= 40 else "red"


# ---- triggers ----


def test(value, condition):
    return None if value is None else condition(value)


def conditions(m, score, age):
    """trigger, when, clear_when (None is unknown), days of `for`, days of cooldown"""
    yield ("low_health", test(score, lambda x: x < 70), test(score, lambda x: x >= 75), 2, 14)
    when = test(m["days_since_login"], lambda x: x >= 10)
    yield ("gone_quiet", when, test(when, lambda x: not x), 0, 7)
    when = age >= 14 and m["logins_year"] == 0
    yield ("never_started", when, not when, 0, 7)
    yield ("usage_drop", test(m["usage_change"], lambda x: x <= -0.5),
           test(m["usage_change"], lambda x: x > -0.3), 3, 7)
    yield ("ticket_burst", m["tickets_7d"] >= 3, m["tickets_7d"] < 3, 0, 7)
    yield ("stale_ticket", m["oldest_ticket"] > 5, m["oldest_ticket"] <= 5, 0, 7)
    yield ("payment_failed", m["failed_payments"] >= 1, m["failed_payments"] < 1, 0, 7)
    yield ("detractor", test(m["nps"], lambda x: x < 7), test(m["nps"], lambda x: x >= 7), 0, 30)


class Instance:
    """One trigger of one customer. A score below min_coverage is ignorance and holds what is open;
    everything else that is missing here is absence, which ends it."""

    def __init__(self):
        self.state, self.since, self.held, self.was_true = "inactive", 0, 0, False
        self.until = 0

    def end(self, at, cooldown):
        self.state, self.until = "cooldown", at + cooldown * DAY
        return "ended"

    def step(self, at, trigger, when, clear, hold, cooldown, inside):
        if not inside:
            if self.state == "firing":
                return self.end(at, cooldown)
            if self.state == "pending":
                self.state = "inactive"
            return None
        if self.state == "cooldown" and at >= self.until:
            self.state = "inactive"
        if self.state == "inactive" and when:
            self.state, self.held, self.was_true, self.since = "pending", 0, False, at
            if hold:
                self.was_true = True
                return None
        if self.state == "pending":
            if when:
                self.held += at - self.since if self.was_true else 0
                if self.held >= hold * DAY:
                    self.state = "firing"
                    return "fired"
            elif when is False:
                self.state = "inactive"
            self.was_true, self.since = bool(when), at
        elif self.state == "firing" and not when:
            if clear or (when is None and trigger != "low_health"):
                return self.end(at, cooldown)
        return None


def episodes_of(data):
    """[(customer, trigger, fired day, ended day or None)] and the scores of the last day."""
    found, instances, open_ = [], defaultdict(Instance), {}
    last = {}
    for day in days(FROM, TO):
        at = midnight(day)
        for customer, since in data.since.items():
            if since > at:
                continue
            m = metrics_of(data, customer, at)
            score, _ = score_of(m)
            last[customer] = score
            inside = data.state(customer, at)[0] != "ended"
            for trigger, *rest in conditions(m, score, (at - since) // DAY):
                did = instances[customer, trigger].step(at, trigger, *rest, inside)
                if did == "fired":
                    open_[customer, trigger] = day
                elif did == "ended":
                    found.append((customer, trigger, open_.pop((customer, trigger)), day))
    found += [(customer, trigger, fired, None) for (customer, trigger), fired in open_.items()]
    return sorted(found, key=str), last


# ---- figures ----


def movements_of(data, first, last):
    """[(at, customer, kind, amount)] in cents."""
    found = []
    for customer, rows in data.subscriptions.items():
        mrr, paid = 0, False
        for at in sorted({t for row in rows for t in (row[0], row[3]) if t is not None}):
            status, now = data.state(customer, at)
            if now != mrr:
                kind = ("new" if not paid else "reactivation") if mrr == 0 else (
                    "churn" if now == 0 else "expansion" if now > mrr else "contraction")
                if first <= at < last:
                    found.append((at, customer, kind, now - mrr))
                paid, mrr = True, now
    return sorted(found)


def figures_of(data, start, end):
    """The figures of one month. Levels are those just before its ends."""
    def level(at):
        return {c: data.state(c, at - 1) for c in data.customers}

    before, after = level(start), level(end)
    there = {c for c, (status, _) in before.items() if status in ("active", "past_due")}
    now = {c for c, (status, _) in after.items() if status in ("active", "past_due")}
    moved = defaultdict(int)
    for _, _, kind, amount in movements_of(data, start, end):
        moved[kind] += amount
    base = sum(mrr for _, mrr in before.values())
    kept = sum(min(before[c][1], after[c][1]) for c in before)
    grown = sum(after[c][1] for c in before if before[c][1] > 0)
    return {
        "customers": len(now), "mrr": sum(mrr for _, mrr in after.values()) / 100,
        "new_mrr": moved["new"] / 100, "expansion_mrr": moved["expansion"] / 100,
        "contraction_mrr": -moved["contraction"] / 100, "churned_mrr": -moved["churn"] / 100,
        "reactivation_mrr": moved["reactivation"] / 100,
        "logo_churn": len(there - now) / len(there), "crr": len(there & now) / len(there),
        "grr": kept / base, "nrr": grown / base,
    }


# ---- comparing ----


def read_dump(text):
    tables, lines, name = {}, [], None
    for row in csv.reader(io.StringIO(text)):
        if len(row) == 1 and row[0].startswith("# "):
            name, lines = row[0][2:], []
            tables[name] = lines
        else:
            lines.append(row)
    return {name: [dict(zip(rows[0], row)) for row in rows[1:]] for name, rows in tables.items()}


def same(got, expected, tolerance=1e-9):
    if got == "" or expected is None:
        return got == "" and expected is None
    return math.isclose(float(got), expected, rel_tol=tolerance, abs_tol=tolerance)


def compare_metrics(tables, data):
    for row in tables["metrics"]:
        expected = metrics_of(data, row["customer"], int(row["as_of"]))
        for name, value in expected.items():
            if not same(row[name], value):
                complain("metric", name, row["customer"], row["as_of"], "is", row[name], "not", value)
    return len(tables["metrics"]) * len(expected)


def compare_scores(tables, data):
    for row in tables["scores"]:
        score, coverage = score_of(metrics_of(data, row["customer"], int(row["as_of"])))
        ended = data.state(row["customer"], int(row["as_of"]))[0] == "ended"
        if not (same(row["value"], score, 1.5e-6) and same(row["coverage"], coverage) and
                row["band"] == band_of(score) and row["churned"] == str(int(ended))):
            complain("score", row, "not", score, coverage, ended)
    return len(tables["scores"])


def compare_episodes(tables, data):
    def day(at):
        return datetime.fromtimestamp(int(at) / 1e6, ZONE).date().isoformat() if at else None

    expected, _ = episodes_of(data)
    got = sorted(((row["customer"], row["trigger"], day(row["fired_at"]), day(row["resolved_at"]))
                  for row in tables["episodes"]), key=str)
    for row in got:
        if row not in expected:
            complain("episode", row, "is not expected")
    for row in expected:
        if row not in got:
            complain("episode", row, "is not found")
    return got


def compare_figures(tables, data):
    expected = movements_of(data, midnight(FROM), midnight(TO))
    got = sorted((int(row["at"]), row["customer"], row["kind"], int(row["amount"]))
                 for row in tables["movements"])
    if got != expected:
        complain("movements", set(got) ^ set(expected))
    cache = {}
    compared = 0
    for row in tables["kpi"]:
        span = int(row["period_start"]), int(row["period_end"])
        if span not in cache:
            cache[span] = figures_of(data, *span)
        if row["kpi"] in cache[span]:
            compared += 1
            if not same(row["value"], cache[span][row["kpi"]]):
                complain("figure", row, "not", cache[span][row["kpi"]])
    return got, compared


TASKS = {"low_health": 2, "gone_quiet": 3, "never_started": 1, "stale_ticket": 1, "payment_failed": 1,
         "detractor": 2}  # working days until the task of the trigger's play is due


def working_days_after(day, count):
    day = datetime.fromisoformat(day)
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day.date().isoformat()


def compare_tasks(tables, data, episodes):
    expected = sorted((customer, trigger, midnight(day),
                       midnight(working_days_after(day, TASKS[trigger])),
                       data.customers[customer]["owner"])
                      for customer, trigger, day, _ in episodes if trigger in TASKS)
    tasks = [row for row in tables["actions"] if row["kind"] == "task"]
    got = sorted((row["customer"], row["trigger"], int(row["at"]), int(row["due"]), row["owner"])
                 for row in tasks)
    if got != expected:
        complain("tasks", sorted(set(got) ^ set(expected)))
    for row in tasks:
        if data.customers[row["customer"]]["name"] not in row["title"]:
            complain("task without the customer's name", row)
    if len({row["id"] for row in tables["actions"]}) != len(tables["actions"]):
        complain("two actions have one id")
    return len(tasks)


def compare_risks(tables, data, episodes):
    """Not lost, and a trigger is firing or the band is neither green nor unknown; by value at risk."""
    at = midnight(TO)
    firing = {customer for customer, _, _, ended in episodes if ended is None}
    expected = []
    for customer in data.customers:
        status, cents = data.state(customer, at)
        score, _ = score_of(metrics_of(data, customer, at))
        if status == "ended" or not (customer in firing or band_of(score) in ("yellow", "red")):
            continue
        value = None if score is None else cents / 100 * (100 - score) / 100
        expected.append((value is None, -(value or 0), -cents, customer, value, score))
    expected.sort()
    got = tables["at_risk"]
    if [row["customer"] for row in got] != [row[3] for row in expected]:
        complain("at risk", [row["customer"] for row in got], "not", [row[3] for row in expected])
    for row, (_, _, cents, customer, value, score) in zip(got, expected):
        if not (same(row["value_at_risk"], value, 1e-5) and same(row["score"], score, 1.5e-6) and
                same(row["mrr"], -cents / 100)):
            complain("at risk", row, "not", value, score)
    return len(got)


def look_up_planted(data, episodes, movements, tables):
    """What planted.csv says must be found."""
    fired = defaultdict(list)
    for customer, trigger, day, _ in episodes:
        fired[customer, trigger].append(day)
        fired[customer, "none"].append(day)
    for at, customer, kind, _ in movements:
        day = datetime.fromtimestamp(at / 1e6, ZONE).date().isoformat()
        fired[customer, "movement:" + kind].append(day)
    for row in tables["scores"]:
        day = datetime.fromtimestamp(int(row["as_of"]) / 1e6, ZONE).date().isoformat()
        fired[row["customer"], "band:" + row["band"]].append(day)
    for row in data.planted:
        found = [day for day in fired[row["customer"], row["finds"]]
                 if row["earliest"] <= day <= row["latest"]]
        if bool(found) == (row["finds"] == "none"):
            complain("planted", row, "but", fired[row["customer"], row["finds"]])


def main(dump, root):
    folder = f"{root}/examples/data"
    run = subprocess.run([dump, folder, f"{root}/examples/playbooks/saas.yaml", FROM, TO],
                         capture_output=True, text=True, check=True, encoding="utf-8")
    tables, data = read_dump(run.stdout), Records(folder)
    metrics = compare_metrics(tables, data)
    scores = compare_scores(tables, data)
    episodes = compare_episodes(tables, data)
    movements, figures = compare_figures(tables, data)
    tasks = compare_tasks(tables, data, episodes)
    risks = compare_risks(tables, data, episodes)
    look_up_planted(data, episodes, movements, tables)
    for problem in problems[:40]:
        print(problem)
    print(f"{metrics} metrics, {scores} scores, {len(episodes)} episodes, {len(movements)} movements, "
          f"{figures} figures, {tasks} tasks, {risks} at risk, {len(data.planted)} planted: {len(problems)} differences")
    return 1 if problems or run.stderr else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
