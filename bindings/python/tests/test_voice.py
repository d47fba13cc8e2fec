# SPDX-License-Identifier: MIT
"""Surveys and themes from Python: what is asked for arrives, and what is wrong is refused."""
import churn
import pytest


@pytest.fixture(scope="module")
def engine():
    store = churn.Store(time_zone="UTC")
    for month, score, text in ((11, 9, "Where is my invoice?"), (12, 3, "The export is too slow")):
        store.add("survey", {"customer": [f"c{i}" for i in range(40)], "score": [score] * 40, "text": [text] * 40,
                             "at": [f"2025-{month}-{1 + i % 20:02}" for i in range(40)]}, constants={"kind": "nps"})
    return churn.Engine(churn.Playbook.parse("churn: 1\nname: voice\n"), store)


def test_surveys(engine):
    (row,) = engine.surveys("nps", "2025-12-01", "2026-01-01", every="month")
    assert (row["survey"], row["value"], row["previous"], row["signal"]) == ("nps", -100, 100, "down")
    (row,) = engine.surveys("ces", "2025-12-01", "2026-01-01")
    assert (row["value"], row["n"], row["signal"]) == (None, 0, None)


def test_nps_retention(engine):
    rows = list(engine.nps_retention("2025-11-01", "2025-12-01", days=7, as_of="2026-01-01"))
    assert [row["answered"] for row in rows] == ["promoters", "passives", "detractors", "difference"]
    assert rows[0]["days"] == 7


def test_themes(engine):
    options = {"every": "month", "tags": {"speed": ["slow", "too slow"]}, "lexicon": {"too slow": -2},
               "languages": ["en", "hu"], "stop_words": "export"}
    rows = {(row["kind"], row["phrase"]): row for row in engine.themes("2025-12-01", "2026-01-01", **options)}
    assert rows["tag", "speed"]["change"] == "rises"
    assert rows["phrase", "invoice"]["change"] == "falls"
    assert rows["phrase", "slow"]["sentiment"] == -2
    assert ("phrase", "export") not in rows
    assert rows["phrase", "slow"]["example_1"].startswith("survey of c")


def test_refused(engine):
    with pytest.raises(ValueError, match="kind"):
        engine.surveys("smiles", "2025-12-01", "2026-01-01")
    with pytest.raises(ValueError, match="compare"):
        engine.themes("2025-12-01", "2026-01-01", compare="all")
    with pytest.raises(churn.NotFoundError, match="`klingon`"):
        engine.themes("2025-12-01", "2026-01-01", languages="klingon")
    with pytest.raises(churn.ArgumentError):
        engine.themes("2025-12-01", "2026-01-01", compare="others")
