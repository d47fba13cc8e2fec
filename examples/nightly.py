#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Load the tables of a warehouse anew every night: the store finds out what changed.

    nightly.py

A table with ids is added again: what it says anew of a record is an update. A table without ids
replaces the slice of time that it covers: what it no longer has is retracted. Either way rows that
say what is known already cost little and change nothing, and the report counts what the night brought.
The warehouse here is an SQLite base in memory with three nights of its life.
"""
import sqlite3

import churn

NIGHTS = [
    ("the first night", """
        create table tickets (id text, account text, opened text, closed text, priority text);
        insert into tickets values ('t1', 'acme', '2026-01-05 09:00', null, 'high'),
                                   ('t2', 'bolt', '2026-01-06 14:00', '2026-01-07 10:00', 'low');
        create table logins (account text, who text, moment text);
        insert into logins values ('acme', 'ann', '2026-01-05 08:00'), ('acme', 'bea', '2026-01-06 08:30'),
                                  ('bolt', 'cid', '2026-01-06 13:00'), ('bolt', 'test', '2026-01-06 13:01');"""),
    ("nothing happened", ""),
    ("a ticket was closed, a login came late, a test account was cleaned away", """
        update tickets set closed = '2026-01-08 16:00' where id = 't1';
        insert into logins values ('acme', 'ann', '2026-01-07 08:00');
        delete from logins where who = 'test';"""),
]


def columns(warehouse, query):
    """The answer of a query as a dict of columns, which is what a store takes, like a data frame."""
    cursor = warehouse.execute(query)
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    return dict(zip(names, zip(*rows) if rows else [[] for _ in names]))


def load(store, warehouse):
    """One night: both tables, whole."""
    tickets = store.add("ticket", columns(warehouse, "select * from tickets"),
                        columns={"customer": "account", "opened_at": "opened", "closed_at": "closed"})
    logins = store.replace("event", columns(warehouse, "select * from logins"), start="2026-01-01",
                           end="2026-02-01", types=["login"], constants={"type": "login"},
                           columns={"customer": "account", "user": "who", "at": "moment"})
    return {"tickets": tickets, "logins": logins}


def counts(report):
    """What a report says, without its zeros."""
    names = ("added", "updated", "unchanged", "retracted", "rejected")
    return ", ".join(f"{getattr(report, name)} {name}" for name in names if getattr(report, name))


def main():
    warehouse = sqlite3.connect(":memory:")
    with churn.Store(time_zone="Europe/Budapest") as store:
        for what, changes in NIGHTS:
            warehouse.executescript(changes)
            before = store.version
            print(f"{what}:")
            for table, report in load(store, warehouse).items():
                print(f"  {table}: {report.seen} rows, {counts(report)}")
            if store.version == before:
                print("  the store is the one of yesterday")
    warehouse.close()


if __name__ == "__main__":
    main()
