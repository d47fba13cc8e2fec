# SPDX-License-Identifier: MIT
"""The story of a customer of the sample company is what the files say."""
import csv
import re
import subprocess
import sys

import pytest
from programs import ROOT, python

STORY = ROOT / "examples" / "story.py"
DATA = ROOT / "examples" / "data"


def rows(name, customer):
    with open(DATA / f"{name}.csv", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["customer"] == customer]


@pytest.fixture(scope="module", autouse=True)
def binding():
    pytest.importorskip("churn")


def customer_with(*names):
    """A customer with records of all these kinds."""
    sets = []
    for name in names:
        with open(DATA / f"{name}.csv", encoding="utf-8", newline="") as file:
            sets.append({row["customer"] for row in csv.DictReader(file)})
    return min(set.intersection(*sets))


def test_every_ticket_and_invoice_is_told():
    customer = customer_with("tickets", "invoices")
    text = python(STORY, "--customer", customer, "--as-of", "2030-01-01", "--lines", "100000").decode()
    assert text.startswith(customer + "\n")
    assert len(re.findall(r" ticket +opened ticket", text)) == len(rows("tickets", customer))
    assert len(re.findall(r" invoice +issued invoice", text)) == len(rows("invoices", customer))
    dates = re.findall(r"^(\d{4}-\d\d-\d\d \d\d:\d\d) ", text, re.MULTILINE)
    assert dates == sorted(dates) and len(dates) > 10


def test_an_earlier_date_tells_a_beginning_of_the_same():
    customer = customer_with("tickets")
    day = sorted(row["opened_at"] for row in rows("tickets", customer))[0][:10]
    text = python(STORY, "--customer", customer, "--as-of", day, "--lines", "100000").decode()
    assert "opened ticket" not in text


def test_nobody_has_no_story():
    done = subprocess.run([sys.executable, STORY, "--customer", "nobody"], capture_output=True,
                          check=False)
    assert done.returncode == 1 and b"no customer" in done.stderr
