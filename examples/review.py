#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The review of a company's customers at a date: how many are healthy, who is at risk and why, what
is to be done, and how the last twelve months went.

    review.py --data FOLDER --playbook FILE --as-of DATE [--state FILE] [--from DATE]

The folder holds CSV files with the fields of the records as names of columns and money in major
units: customers.csv, attributes.csv, events.csv, subscriptions.csv, invoices.csv, tickets.csv,
surveys.csv, churns.csv, marks.csv; those that are not there are left out, but one of records must be
there. The playbook is evaluated day by day from --from (default: a year before --as-of) to --as-of,
because rules such as `for: 2d` need the days before. With --state the engine's memory is kept in a
file and the next review goes on from there.

review.c and the review in Go print the same bytes. What goes to standard error (how far was
replayed, rejected rows) is not part of the review.
"""
import argparse
import csv
import math
import os
import sys
from collections import Counter

import churn

AT_RISK = 10  # customers shown
TASKS = 15  # tasks shown
UNDEFINED = "–"  # what stands where a number is undefined
HUNDREDTH = 10_000  # in units of 1e-6

KINDS = {"customers": "customer", "events": "event", "subscriptions": "subscription",
         "invoices": "invoice", "tickets": "ticket", "surveys": "survey", "churns": "churn"}

# figure of the library, title, width
FIGURES = [("customers", "customers", 10), ("mrr", "MRR", 13), ("new_mrr", "new", 11),
           ("expansion_mrr", "expansion", 11), ("contraction_mrr", "contraction", 13),
           ("churned_mrr", "churned", 12), ("reactivation_mrr", "reactivation", 14),
           ("logo_churn", "logo churn", 12), ("grr", "GRR", 10), ("nrr", "NRR", 10)]


# ---- text ----

def units(value, decimals=2):
    """A whole number of units of 10^-decimals, every three digits before the point a comma."""
    digits = str(abs(value)).rjust(decimals + 1, "0")
    whole, part = digits[:len(digits) - decimals], digits[len(digits) - decimals:]
    return ("-" if value < 0 else "") + f"{int(whole):,}" + ("." + part if part else "")


def number(value, decimals=2):
    """As units(), of a number rounded half away from zero; UNDEFINED for None."""
    if value is None:
        return UNDEFINED
    rounded = math.floor(abs(value) * 10.0 ** decimals + 0.5)
    return units(-rounded if value < 0 else rounded, decimals)


def add_up(micro):
    """Numbers of units of 1e-6 as hundredths that add up to their rounded sum, and that sum.

    Each is rounded down, and the hundredths that are missing go to the largest remainders, of equal
    ones to the first.
    """
    hundredths = [value // HUNDREDTH for value in micro]
    target = (sum(micro) + HUNDREDTH // 2) // HUNDREDTH
    order = sorted(range(len(micro)), key=lambda i: (-(micro[i] % HUNDREDTH), i))
    for i in order[:target - sum(hundredths)]:
        hundredths[i] += 1
    return hundredths, target


# ---- records ----

def read_columns(path):
    """A CSV file as a dict of columns of text, None where a field is empty."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header, *rows = [row for row in reader if row] or [[]]
    if not header:
        raise ValueError(f"{path}: there is no row with the names of the columns")
    if any(len(row) != len(header) for row in rows):
        raise ValueError(f"{path}: a row has more or fewer fields than the {len(header)} of the first")
    columns = zip(*rows) if rows else [()] * len(header)
    return {name: [text or None for text in column] for name, column in zip(header, columns)}


def read_rows(folder, name):
    """The rows of a file of the folder, each a dict; none where there is no such file."""
    path = os.path.join(folder, f"{name}.csv")
    if not os.path.exists(path):
        return []
    columns = read_columns(path)
    return [dict(zip(columns, row)) for row in zip(*columns.values())]


def print_rejections(path, report):
    if report.rejected:
        print(f"{path}: {report.rejected} of {report.seen} rows rejected", file=sys.stderr)
    for row in report.rejections[:10]:
        print(f"  row {row['row'] + 1}: {row['field']}: {row['reason']}", file=sys.stderr)


def numeric_attributes(playbook):
    return {row["id"] for row in playbook.contents()
            if row["sort"] == "attribute" and row["detail"] == "number"}


def load_folder(store, playbook, folder):
    numbers = numeric_attributes(playbook)
    paths = {kind: os.path.join(folder, f"{name}.csv") for name, kind in KINDS.items()}
    paths = {kind: path for kind, path in paths.items() if os.path.exists(path)}
    if not paths:
        raise FileNotFoundError(f"{folder}: there is no file of records, such as customers.csv")
    for kind, path in paths.items():
        columns = read_columns(path)
        if kind == "customer":  # numbers in texts stay texts, and these are attributes of any type
            for field in numbers & columns.keys():
                columns[field] = [text and float(text) for text in columns[field]]
        print_rejections(path, store.add(kind, columns, money="major"))
    for row in read_rows(folder, "attributes"):
        value = row["value"]
        store.add_attribute(
            row["customer"], row["name"], float(value) if value and row["name"] in numbers else value,
            valid_from=instant(playbook, row, "valid_from"), known_at=instant(playbook, row, "known_at"))
    for row in read_rows(folder, "marks"):
        store.mark(row["source"], instant(playbook, row, "through"), instant(playbook, row, "known_at"))


def instant(playbook, row, column):
    text = row.get(column)
    return playbook.time(text) if text else None


# ---- the engine at the date ----

def year_before(date):
    """The date a year before one of the form YYYY-MM-DD; the 29th of February becomes the 28th."""
    day = "-02-28" if date[4:10] == "-02-29" else date[4:10]
    return f"{int(date[:4]) - 1:04d}{day}"


def load_state(path, playbook, store, as_of):
    """The engine that was saved, unless there is none or it is already past the date."""
    if not path or not os.path.exists(path) or os.path.getsize(path) == 0:
        return None
    engine = churn.Engine.load(path, playbook, store)
    if engine.as_of is not None and engine.as_of > as_of:
        print(f"{path} is of a later date: beginning anew", file=sys.stderr)
        return None
    return engine


def open_engine(playbook, store, as_of, state=None, start=None):
    """An engine that has seen every day up to the date."""
    engine = load_state(state, playbook, store, as_of) or churn.Engine(playbook, store)
    if engine.as_of != as_of:
        begin = engine.as_of or playbook.time(start or year_before(playbook.time_text(as_of)))
        runs = engine.replay(begin, as_of)
        print(f"Evaluated {len(runs)} dates up to {playbook.time_text(as_of)}", file=sys.stderr)
    if state:
        engine.save(state)
    return engine


# ---- the review ----

class Review:
    """What is printed of an engine at a date."""

    def __init__(self, engine, as_of, out):
        self.engine = engine
        self.playbook = engine.playbook
        self.as_of = as_of
        self.date = self.playbook.time_text(as_of)
        self.out = out
        self.contents = self.playbook.contents().to_dicts()
        self.score = next((row["id"] for row in self.contents if row["sort"] == "score"), None)

    def line(self, text=""):
        self.out.write(text + "\n")

    def print(self):
        self.line(f"{self.playbook.name}, {self.date}\n")
        if self.score:
            self.print_health()
        self.print_risks()
        self.print_actions()
        self.print_months()

    # How many customers are in each band: the best first, then no score, then those who have left.

    def print_health(self):
        scores = self.engine.scores(self.as_of, score=self.score).to_dicts()
        counts = Counter(row["band"] for row in scores if not row["churned"])
        self.line(f"CUSTOMERS BY {self.score}\n")
        bands = [row["id"] for row in self.contents
                 if row["sort"] == "band" and row["parent"] == self.score]
        for band in [*bands, "unknown"]:
            self.line(f"  {band:<16}{number(counts[band], 0):>8}")
        self.line(f"  {'lost':<16}{number(sum(row['churned'] for row in scores), 0):>8}")

    # Who is at risk, and why.

    def print_risks(self):
        risks = self.engine.at_risk(self.as_of)
        self.line("\nAT RISK, BY VALUE")
        for place, risk in enumerate(risks[:AT_RISK], 1):
            self.print_customer(place, risk)
        if len(risks) > AT_RISK:
            self.line(f"\nand {len(risks) - AT_RISK} more")

    def print_customer(self, place, risk):
        self.line(f"\n{place:2}. {risk['customer']}, {risk['name'] or UNDEFINED}, "
                  f"owner {risk['owner'] or UNDEFINED}")
        self.line(f"    at risk {number(risk['value_at_risk'])} of MRR {number(risk['mrr'])}, "
                  f"{risk['band'] or ''}")
        if risk["score"] is not None:
            self.print_lines(self.engine.explain(risk["customer"], self.as_of, score=self.score))
        self.line(f"    firing: {risk['triggers'] or UNDEFINED}")

    def print_lines(self, explanation):
        """Lines that add up to the score in the digits shown; then what was not known."""
        lines = [line for line in explanation if line["kind"] != "missing"]
        hundredths, score = add_up([round(line["contribution"] * 1e6) for line in lines])
        for line, points in zip(lines, hundredths):
            name = line["name"]
            if line["kind"] in ("cap", "floor"):
                name = f"{line['kind']} {name}"
            elif line["kind"] == "factor":
                name = f"{name} is {number(line['value'])}"
            self.line(f"{units(points):>14}  {name}")
        self.line(f"{units(score):>14}  = score")
        for line in explanation:
            if line["kind"] == "missing":
                self.line(f"    not known: {line['name']}")

    # What is to be done: how many of each kind, and the tasks, the latest first.

    def print_actions(self):
        actions = self.engine.actions().to_dicts()
        kinds = Counter(action["kind"] for action in actions)  # in the order of their first one
        shown = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        self.line(f"\nACTIONS WAITING{': ' if shown else ''}{shown}\n")
        self.line("  since       due         owner   customer  task")
        tasks = [action for action in reversed(actions) if action["kind"] == "task"]
        for task in tasks[:TASKS]:
            self.line(f"  {self.day(task['at']):<12}{self.day(task['due']):<12}"
                      f"{task['owner'] or UNDEFINED:<7} {task['customer']:<9} {task['title'] or ''}")
        if len(tasks) > TASKS:
            self.line(f"  and {len(tasks) - TASKS} tasks from before")

    def day(self, at):
        return UNDEFINED if at is None else self.playbook.time_text(at)[:10]

    # The twelve whole months before the date.

    def print_months(self):
        last = self.date[:7] + "-01"
        names = [name for name, _, _ in FIGURES]
        table = self.engine.kpi(names, year_before(last), last, every="month", as_of=self.as_of)
        figures = {(row["kpi"], row["period_start"]): row for row in table}
        currency = next((row["currency"] for row in table if row["kpi"] == "mrr"), None)
        self.line(f"\nTWELVE MONTHS{', in ' + currency if currency else ''}\n")
        self.line(f"{'month':<7}" + "".join(f" {title:>{width - 1}}" for _, title, width in FIGURES))
        for month in dict.fromkeys(table["period_start"]):
            self.line(f"{self.day(month)[:7]:<7}" + "".join(
                f" {figure(figures[name, month]):>{width - 1}}" for name, _, width in FIGURES))


def figure(row):
    if row["value"] is None:
        return UNDEFINED
    if row["unit"] == "ratio":
        return number(row["value"] * 100) + "%"
    return number(row["value"], 0 if row["unit"] == "count" else 2)


def arguments(given):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--data", metavar="FOLDER", required=True)
    parser.add_argument("--playbook", metavar="FILE", required=True)
    parser.add_argument("--as-of", metavar="DATE", required=True)
    parser.add_argument("--state", metavar="FILE")
    parser.add_argument("--from", metavar="DATE", dest="start")
    return parser.parse_args(given)


def main(given=None):
    wanted = arguments(given)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    try:
        playbook = churn.Playbook.load(wanted.playbook)
        for warning in playbook.warnings:
            print(warning, file=sys.stderr)
        as_of = playbook.time(wanted.as_of)
        store = churn.Store(time_zone=playbook.time_zone)
        load_folder(store, playbook, wanted.data)
        engine = open_engine(playbook, store, as_of, wanted.state, wanted.start)
        Review(engine, as_of, sys.stdout).print()
    except (churn.Error, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
