# SPDX-License-Identifier: MIT
"""The sample playbooks: free of findings, true to their own tests, and sensible on the sample company."""
import csv
import importlib
import sys

import pytest
from programs import ROOT

churn = pytest.importorskip("churn")
FOLDER = ROOT / "examples/playbooks"
SAMPLED = ["starter", "saas", "plg", "enterprise", "consumer"]
AS_OF = "2026-02-01"


@pytest.fixture(scope="module")
def open_engine():
    """The programs of `examples` import each other by their plain names."""
    sys.path.insert(0, str(ROOT / "examples"))
    program = importlib.import_module("health_scores")
    sys.path.pop(0)
    made = {}

    def engine(name):
        if name not in made:
            made[name] = program.open_engine(name)
        return made[name]

    return engine


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_findings_and_all_tests_pass(path):
    playbook = churn.Playbook.load(path, strict=True)
    assert playbook.warnings == []
    assert playbook.test().check().passed >= 15


@pytest.mark.parametrize("name", SAMPLED)
def test_scores_of_the_sample_company(open_engine, name):
    engine = open_engine(name)
    bands = {row["id"] for row in engine.playbook.contents() if row["sort"] == "band"}
    rows = engine.scores(AS_OF, score="health").to_dicts()
    assert len(rows) == 154
    for row in rows:
        assert row["band"] in bands or (row["band"] == "unknown" and row["value"] is None), row
        if row["value"] is not None:
            assert 0 <= row["low"] <= row["value"] <= row["high"] <= 100, row
            assert 0 < row["coverage"] <= 1
    assert len({row["band"] for row in rows}) >= 3
    for row in rows[:20]:
        if row["value"] is not None:
            lines = engine.explain(row["customer"], AS_OF, score="health").to_dicts()
            total = sum(round(line["contribution"] * 1e6) for line in lines if line["contribution"] is not None)
            assert total == round(row["value"] * 1e6), row


def planted(pattern):
    with open(ROOT / "examples/data/planted.csv", encoding="utf-8", newline="") as file:
        return {row["customer"] for row in csv.DictReader(file) if row["pattern"] == pattern}


@pytest.mark.parametrize("name", SAMPLED)
def test_the_healthy_are_above_those_who_decline(open_engine, name):
    rows = [row for row in open_engine(name).scores(AS_OF, score="health")
            if row["value"] is not None and not row["churned"]]
    worse = planted("slow_decline") | planted("gone_quiet") | planted("failed_payments") | planted("never_started")
    means = {}
    for which, members in (("healthy", planted("healthy")), ("worse", worse)):
        values = [row["value"] for row in rows if row["customer"] in members]
        assert len(values) >= 3
        means[which] = sum(values) / len(values)
    assert means["healthy"] > means["worse"] + 5, means


@pytest.mark.parametrize("name", SAMPLED)
def test_an_evaluation_of_a_week(open_engine, name):
    engine = open_engine(name)
    for day in range(26, 32):
        engine.advance(f"2026-01-{day}")
    run = engine.advance(AS_OF)
    assert run.customers == 154 and run.error == 0


def test_weights_of_the_published_configuration():
    """Of the handbook that indicators.yaml names: 15 + 5 + 5 and 33 + 20 + 17 + 5, twenty metrics in
    steps of three, and eight indicators."""
    yaml = pytest.importorskip("yaml")
    book = yaml.safe_load((FOLDER / "indicators.yaml").read_text(encoding="utf-8"))
    engagement, product = book["scores"][0]["groups"]
    assert [group["weight"] for group in engagement["groups"]] == [15, 5, 5] and engagement["weight"] == 25
    assert [group["weight"] for group in product["groups"]] == [33, 20, 17, 5] and product["weight"] == 75
    factors = [factor for part in (engagement, product) for group in part["groups"] for factor in group["factors"]]
    assert all(len(factor["steps"]) == 3 for factor in factors)
    assert len(factors) == 20 and len(book["triggers"]) == 8
