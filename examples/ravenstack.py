#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The review of review.py over records that were not made for it: the RavenStack data, a made-up B2B
SaaS company of 500 accounts by River @ Rivalytics (Kaggle, rivalytics/
saas-subscription-and-churn-analytics-dataset).

    ravenstack.py [FOLDER] [--as-of DATE] [--from DATE] [--state FILE] [--playbook FILE]

FOLDER holds ravenstack_accounts.csv, _subscriptions.csv, _feature_usage.csv, _support_tickets.csv and
_churn_events.csv; the default is ravenstack below $CHURN_SHARED/data, or below ../shared/data beside
the checkout. The tables go into the store as they are: `columns` says which column is which field,
`constants` what no column says, `values` what the words mean. What takes a few lines of Python first:
usage and tickets know a subscription or minutes where the library wants an account or an instant.

Printed are what became of each row, the figures of the company, the customers for whom the account's
flag, the churn records and the subscriptions disagree about who is lost, and the review.
"""
import argparse
import os
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import churn
import review

HERE = Path(__file__).resolve().parent
AS_OF = "2025-01-01"  # the end of the last day of the data
DATES = ["2023-06-30", "2023-12-31", "2024-06-30", "2024-12-31"]
LISTED = 20
UNDEFINED = review.UNDEFINED

# Who looks after whom: the data do not say, so that each region has its team.
TEAMS = {"US": "amer", "CA": "amer", "UK": "emea", "DE": "emea", "FR": "emea", "IN": "apac", "AU": "apac"}

# What a whole company's answers come to: the same library, with the company as its only customer.
RATINGS = """
churn: 1
name: ratings
metrics:
  - {id: answers, agg: count, event: rating, window: 36500d, history: clip}
  - {id: mean,    agg: mean,  event: rating, window: 36500d, history: clip}
"""


# ---- the tables ----

def read(folder, name):
    return review.read_columns(Path(folder) / f"ravenstack_{name}.csv")


def truths(texts):
    return [text == "TRUE" for text in texts]


def where(columns, condition):
    """The rows of which the condition is true."""
    return {name: [cell for cell, wanted in zip(column, condition) if wanted]
            for name, column in columns.items()}


def minutes_later(texts, minutes):
    return [None if more is None else
            (datetime.fromisoformat(text) + timedelta(minutes=float(more))).isoformat()
            for text, more in zip(texts, minutes)]


class Load:
    """The tables on their way into a store; `reports` says what became of each."""

    def __init__(self, store, folder):
        self.store = store
        self.folder = folder
        self.reports = []
        self.accounts = read(folder, "accounts")
        self.subscriptions = read(folder, "subscriptions")
        self.usage = read(folder, "feature_usage")
        self.tickets = read(folder, "support_tickets")
        self.churns = read(folder, "churn_events")

    def add(self, table, kind, data, what, **mapping):
        report = self.store.add(kind, data, **mapping)
        self.reports.append((table, kind, what, report))

    def all(self):
        self.add_accounts()
        self.add_subscriptions()
        self.add_usage()
        self.add_tickets()
        self.add("churn_events", "churn", self.churns, "losses as recorded",
                 columns={"customer": "account_id", "at": "churn_date", "reason": "reason_code"},
                 constants={"kind": "voluntary"})

    def add_accounts(self):
        accounts = self.accounts
        wanted = {name: accounts[name] for name in (
            "account_id", "account_name", "industry", "country", "signup_date", "referral_source",
            "plan_tier")}
        wanted["seats"] = [text and int(text) for text in accounts["seats"]]
        wanted["team"] = accounts["country"]
        self.add("accounts", "customer", wanted, "accounts",
                 columns={"id": "account_id", "name": "account_name", "since": "signup_date",
                          "plan": "plan_tier", "referral": "referral_source", "owner": "team"},
                 values={"owner": TEAMS})
        # The flag is what the table said when it was written, not what was known at the start.
        self.add("accounts", "attribute",
                 {"account_id": accounts["account_id"], "churn_flag": truths(accounts["churn_flag"])},
                 "churn_flag", columns={"customer": "account_id", "value": "churn_flag"},
                 constants={"name": "churn_flagged", "valid_from": DATES[-1]})

    def add_subscriptions(self):
        """Those that have ended say so by their date: a fact, not a plan."""
        wanted = dict(self.subscriptions, auto_renew_flag=truths(self.subscriptions["auto_renew_flag"]))
        self.add("subscriptions", "subscription", wanted, "subscriptions",
                 columns={"id": "subscription_id", "customer": "account_id", "valid_from": "start_date",
                          "ended_at": "end_date", "plan": "plan_tier", "status": "is_trial",
                          "amount": "mrr_amount", "auto_renew": "auto_renew_flag"},
                 constants={"currency": "USD", "period": "month"},
                 values={"status": {"TRUE": "trial", "FALSE": "active"}}, money="major")

    def add_usage(self):
        """usage_id is left out: 21 of them stand on two different rows, so they are no ids."""
        accounts = dict(zip(self.subscriptions["subscription_id"], self.subscriptions["account_id"]))
        names = ("usage_date", "is_beta_feature", "usage_count", "error_count")
        usage = {name: self.usage[name] for name in names}
        usage["account_id"] = [accounts.get(text) for text in self.usage["subscription_id"]]
        for name in ("usage_count", "error_count"):
            usage[name] = [text and int(text) for text in usage[name]]
        self.add("feature_usage", "event", usage, "use, beta_use",
                 columns={"customer": "account_id", "type": "is_beta_feature", "at": "usage_date",
                          "value": "usage_count"},
                 values={"type": {"True": "beta_use", "False": "use"}})
        self.add("feature_usage", "event", where(usage, usage["error_count"]), "error",
                 columns={"customer": "account_id", "at": "usage_date", "value": "error_count"},
                 constants={"type": "error"})

    def add_tickets(self):
        tickets = dict(self.tickets)
        tickets["responded_at"] = minutes_later(tickets["submitted_at"],
                                                tickets["first_response_time_minutes"])
        tickets["satisfaction_score"] = [text and float(text) for text in tickets["satisfaction_score"]]
        self.add("support_tickets", "ticket", tickets, "tickets",
                 columns={"id": "ticket_id", "customer": "account_id", "opened_at": "submitted_at",
                          "first_response_at": "responded_at", "csat": "satisfaction_score"})
        # A rating is an answer to a survey, too: metrics of opinion read it there.
        self.add("support_tickets", "survey", where(tickets, tickets["satisfaction_score"]), "ratings",
                 columns={"id": "ticket_id", "customer": "account_id", "at": "closed_at",
                          "score": "satisfaction_score"}, constants={"kind": "csat"})

    def ratings(self):
        """The ratings as events of one customer, the company."""
        store = churn.Store()
        tickets = where(self.tickets, self.tickets["satisfaction_score"])
        tickets["satisfaction_score"] = [float(text) for text in tickets["satisfaction_score"]]
        store.add("event", tickets, columns={"at": "closed_at", "value": "satisfaction_score"},
                  constants={"customer": "ravenstack", "type": "rating"}, strict=True)
        return churn.Engine(churn.Playbook.parse(RATINGS), store).metrics(AS_OF)[0]

    # What is odd in the data and stays as it is.

    def odd_usage(self):
        """How many rows of usage fall before the subscription began, after it ended, and before the
        account signed up. Days are texts that sort as days do."""
        sub = self.subscriptions
        lives = {key: (start, end or "9999") for key, start, end in
                 zip(sub["subscription_id"], sub["start_date"], sub["end_date"])}
        accounts = dict(zip(sub["subscription_id"], sub["account_id"]))
        signed_up = dict(zip(self.accounts["account_id"], self.accounts["signup_date"]))
        rows = list(zip(self.usage["subscription_id"], self.usage["usage_date"]))
        return (sum(day < lives[key][0] for key, day in rows),
                sum(day > lives[key][1] for key, day in rows),
                sum(day < signed_up[accounts[key]] for key, day in rows))


# ---- what is printed ----

def print_reports(load, line):
    line("RECORDS\n")
    line(f"  {'table':<17}{'as':<14}{'what':<20}{'rows':>8}{'added':>8}{'again':>7}{'rejected':>10}")
    for table, kind, what, report in load.reports:
        again = report.seen - report.added - report.rejected
        line(f"  {table:<17}{kind:<14}{what:<20}{report.seen:>8,}{report.added:>8,}{again:>7,}{report.rejected:>10,}")
    for table, _, _, report in load.reports:
        for row in report.rejections[:5]:
            line(f"    {table}, row {row['row'] + 1}: {row['field']}: {row['reason']}")
    before, after, unknown = load.odd_usage()
    line(f"\n  {before:,} rows of usage fall before the start of their subscription and {after:,} after its end;")
    line(f"  {unknown:,} fall before the account signed up, and metrics leave these out.")


def day_after(playbook, day):
    return playbook.time(day) + timedelta(days=1)


def company(engine, figure, first, last):
    """A figure of the days from the first to the last, both included, as all the data tell it."""
    playbook = engine.playbook
    return engine.kpi(figure, first, day_after(playbook, last), as_of=AS_OF)[0]["value"]


def print_figures(load, engine, line):
    """At the end of a day: with what began on that day, without what ended on it."""
    line("\nFIGURES\n")
    for day in DATES:
        mrr, customers = (company(engine, name, day, day) for name in ("mrr", "customers"))
        line(f"  {day}   MRR {review.number(mrr):>13}   customers {review.number(customers, 0):>5}")
    for name, title in (("nrr", "NRR"), ("grr", "GRR"), ("logo_churn", "logo churn")):
        value = company(engine, name, "2024-01-01", "2024-12-31")
        line(f"  {title} of 2024: {review.number(value * 100)}%")
    ratings = load.ratings()
    line(f"  mean CSAT: {ratings['mean']:.5f} of {review.number(ratings['answers'], 0)} ratings")


def who_is_lost(load, engine, as_of):
    """Of each customer: the account's flag, the number of churn records, whether the last of these
    still holds (no subscription has begun since), and whether the subscriptions have ended."""
    records = Counter(customer for customer, day in
                      zip(load.churns["account_id"], load.churns["churn_date"])
                      if engine.playbook.time(day) <= as_of)
    sources = {row["customer"]: row for row in engine.disagreements(as_of)}
    lost = {row["customer"]: row["churned"] for row in engine.scores(as_of)}
    says = {}
    for row in engine.metrics(as_of):
        customer = row["customer"]
        # Where records and subscriptions agree, `churned` is what both say.
        agreed = {"by_record": lost[customer], "by_subscription": lost[customer]}
        source = sources.get(customer, agreed)
        says[customer] = (bool(row["flagged"]), records[customer], bool(source["by_record"]),
                          bool(source["by_subscription"]))
    return says


def print_disagreements(load, engine, as_of, line):
    says = who_is_lost(load, engine, as_of)
    flagged, recorded, holding, ended = (sum(map(bool, column)) for column in zip(*says.values()))
    differ = sorted(customer for customer, (flag, records, _, subscription) in says.items()
                    if len({flag, records > 0, subscription}) > 1)
    line("\nWHO IS LOST?\n")
    line(f"  {flagged:,} by the account's flag, {recorded:,} by churn records, {ended:,} by subscriptions;")
    line(f"  flag, records and subscriptions disagree about {len(differ):,} of {len(says):,} customers.")
    line(f"  {recorded - holding:,} of those with a record have begun another subscription since, so that the")
    line(f"  library still counts the records of {holding:,}. The playbook goes by subscriptions.\n")
    line("  customer    flag    records   holds   subscriptions")
    for customer in differ[:LISTED]:
        flag, records, holds, subscription = says[customer]
        line(f"  {customer:<12}{word(flag):<8}{records or UNDEFINED:<10}{word(holds):<8}"
             f"{'ended' if subscription else 'live'}")
    if len(differ) > LISTED:
        line(f"  and {len(differ) - LISTED:,} more")
    line("")


def word(lost):
    return "lost" if lost else UNDEFINED


def default_folder():
    shared = os.environ.get("CHURN_SHARED") or HERE.parents[1] / "shared"
    return Path(shared) / "data" / "ravenstack"


def arguments(given):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("folder", metavar="FOLDER", nargs="?", default=default_folder())
    parser.add_argument("--playbook", metavar="FILE", default=HERE / "playbooks" / "ravenstack.yaml")
    parser.add_argument("--as-of", metavar="DATE", default=AS_OF)
    parser.add_argument("--from", metavar="DATE", dest="start")
    parser.add_argument("--state", metavar="FILE")
    return parser.parse_args(given)


def open_store(playbook, folder):
    """A store that holds the tables, and what became of them."""
    store = churn.Store(time_zone=playbook.time_zone)
    load = Load(store, folder)
    load.all()
    return store, load


def main(given=None):
    wanted = arguments(given)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")

    def line(text):
        sys.stdout.write(text + "\n")

    try:
        playbook = churn.Playbook.load(wanted.playbook)
        as_of = playbook.time(wanted.as_of)
        store, load = open_store(playbook, wanted.folder)
        engine = review.open_engine(playbook, store, as_of, wanted.state, wanted.start)
        print_reports(load, line)
        print_figures(load, engine, line)
        print_disagreements(load, engine, as_of, line)
        review.Review(engine, as_of, sys.stdout).print()
    except (churn.Error, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
