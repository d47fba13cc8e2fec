# SPDX-License-Identifier: MIT
"""Templates: text with values in it."""
import pickle
import re
from datetime import date, datetime, timezone

import pytest

import churn

KINDS = {"name": "string", "mrr": "double", "since": "timestamp", "vip": bool}
SINCE = datetime(2026, 2, 1, 9, 30, tzinfo=timezone.utc)


def test_one_record():
    card = churn.Template("Call {{name}}: {{mrr | money}}, {{since | date('long')}}", KINDS,
                          time_zone="Asia/Tokyo", currency="EUR")
    assert card.type == "string" and not card.can_be_unknown
    assert card.uses("mrr") and not card.uses("vip")
    assert card.render({"name": "Acme", "mrr": 1234.5, "since": SINCE}) == \
        "Call Acme: 1,234.50 EUR, 1 February 2026"
    assert card.render({"name": "Zoë"}) == "Call Zoë: –, –"


@pytest.mark.parametrize("as_of", ["2026-02-03", date(2026, 2, 3), 1770076800000000,
                                   datetime(2026, 2, 3, tzinfo=timezone.utc)])
def test_as_of(as_of):
    assert churn.Template("{{since | in_days}}", KINDS, as_of=as_of).render({"since": SINCE}) == "2 days ago"


def test_many_rows():
    card = churn.Template("{{name | upper}} {{mrr | number(1) | default('nothing')}}", KINDS)
    table = card.evaluate_table({"name": ["a", None], "mrr": [1.25, None], "since": [None, None],
                                 "vip": [True, None]})
    assert table.to_columns()["value"] == ["A 1.2", "– nothing"]
    assert table.to_columns()["outcome"] == ["value", "value"]


def test_faults_have_their_place():
    with pytest.raises(churn.ExpressionError, match="did you mean `upper`") as fault:
        churn.Template("Call\n{{name | uper}}", KINDS)
    assert (fault.value.line, fault.value.column) == (2, 10)
    with pytest.raises(churn.ExpressionError, match="Mars"):
        churn.Template("x", KINDS, time_zone="Mars/Base")


def test_a_text_that_grows_too_long():
    with pytest.raises(churn.ExpressionError, match="string_bytes"):
        churn.Template("{{name}}{{name}}", KINDS).render({"name": "x" * 40000})


def test_copies():
    card = churn.Template("{{mrr | money}}", KINDS, currency="JPY")
    again = pickle.loads(pickle.dumps(card))
    assert again.render({"mrr": 5}) == card.render({"mrr": 5}) == "5 JPY"
    assert repr(card) == "<churn.Template '{{mrr | money}}'>"


def test_filters_are_listed():
    filters = churn.Template.filters().to_columns()
    assert {"default", "money", "date", "short"} <= set(filters["name"])
    for example, name in zip(filters["example"], filters["name"]):
        assert re.search(rf"\| {name}\b", example)
