# SPDX-License-Identifier: MIT
"""Explanations: lines that add up, pictures and texts made of them, and the records behind them."""
from __future__ import annotations

import json
import xml.etree.ElementTree as xml
from datetime import timedelta

import pytest

import churn

RULES = """
churn: 1
name: explained
time_zone: UTC
currency: USD
metrics:
  - {id: logins_28d, agg: count, event: login, window: 28d, history: clip}
  - {id: open_tickets, ticket: open_count}
  - {id: nps, survey: last, kind: nps, max_age: 180d}
scores:
  - id: health
    groups:
      - id: adoption
        weight: 50
        factors: [{metric: logins_28d, curve: [[0, 0], [10, 100]], unit: logins}]
      - id: support
        weight: 25
        factors: [{metric: open_tickets, steps: [[0, 100], [1, 60], [3, 0]]}]
      - id: opinion
        weight: 25
        factors: [{metric: nps, curve: [[0, 0], [10, 100]]}]
    bands: {green: 70, yellow: 40, red: 0}
"""
DAY, BEFORE = "2026-02-01", "2026-01-01"
#: Ten logins in December, four in January.
LOGINS = ["2025-12-%02d" % d for d in range(5, 15)] + ["2026-01-%02d" % d for d in (7, 14, 21, 28)]


@pytest.fixture
def engine():
    playbook, store = churn.Playbook.parse(RULES), churn.Store()
    store.add("customer", {"id": ["<acme>", "bolt"], "since": ["2025-01-01"] * 2})
    store.add("event", {"customer": ["<acme>"] * 14, "type": ["login"] * 14,
                        "at": [f"{day}T10:00:00Z" for day in LOGINS],
                        "id": [f"e{i}" for i in range(14)]})
    store.add("ticket", {"id": ["t-1"], "customer": ["<acme>"],
                         "opened_at": ["2026-01-20T00:00:00Z"]})
    store.add("survey", {"customer": ["<acme>"], "kind": ["nps"], "at": ["2025-07-20T00:00:00Z"],
                         "score": [9]})
    return churn.Engine(playbook, store)


def total(lines):
    return round(sum(round(part * 1e6) for part in lines if part is not None) / 1e6, 6)


def test_level(engine):
    found = engine.explain("<acme>", DAY)
    assert isinstance(found, churn.Explanation)
    # 2/3 of 40 points and 1/3 of 60: the answer has expired
    assert found["kind"] == ["baseline", "factor", "factor", "missing"]
    assert found["contribution"] == [50.0, -6.666666, 3.333333, None]
    assert found.score == total(found["contribution"]) == 46.666667
    assert found["events"][1] == 4 and found["unit"][1] == "logins"
    assert found["text"][1] == ("logins_28d is 4 logins (28 days up to 1 Feb; last on 28 Jan): "
                                "40 of 100 points, 66.7 % of the score")


def test_lines(engine):
    for who in ("<acme>", "bolt"):
        for given in (None, 12.5, "own", "segment", "book"):
            table, lines = engine.explain(who, DAY, baseline=given), engine.explain_lines(who, DAY, None, given)
            for name in ("kind", "name", "group", "metric", "value", "word", "point", "weight", "contribution"):
                assert getattr(lines, name + "s") == table[name if name != "point" else "points"], name
            assert sum(lines.micros) == round(lines.score * 1e6)
            assert lines.card == table["card"][0]
    one = engine.customer("<acme>", DAY)["scores"]["health"]
    lines = engine.explain_lines("<acme>", DAY, score="health")
    assert isinstance(lines, churn.ExplainedLines) and isinstance(lines, tuple)
    assert (lines.score, lines.band, lines.coverage, lines.low, lines.high, lines.certain, lines.card) == (
        one["value"], one["band"], one["coverage"], one["low"], one["high"], one["certain"], one["card"])
    assert lines.micros == [50_000_000, -6_666_666, 3_333_333, 0]
    assert engine.explain_lines("bolt", "2026-02-02").kinds == ["baseline", "factor", "factor", "missing"]
    with pytest.raises(churn.NotFoundError):
        engine.explain_lines("nobody", DAY)
    with pytest.raises(churn.NotFoundError):
        engine.explain_lines("bolt", DAY, "wealth")
    with pytest.raises(churn.NotFoundError):
        engine.explain_lines("nobody", DAY, baseline="book")
    with pytest.raises(ValueError, match="baseline"):
        engine.explain_lines("bolt", DAY, baseline="mean")
    engine.close()
    with pytest.raises(churn.Error):
        engine.explain_lines("bolt", DAY)


def test_lines_beyond_the_room_of_most():
    factors = "".join(f"          - {{id: a_factor_with_quite_a_long_name_{i}, weight: {i + 1}, expression: '{i}.5'}}\n"
                      for i in range(90))
    text = ("churn: 1\nname: many\ntime_zone: UTC\ncurrency: USD\nscores:\n  - id: s\n    groups:\n"
            "      - id: all\n        weight: 1\n        factors:\n" + factors + "    bands: {good: 50, poor: 0}\n")
    store = churn.Store()
    store.add_customer("acme", since="2025-01-01")
    engine = churn.Engine(churn.Playbook.parse(text), store)
    for baseline in (None, "book"):
        lines, table = engine.explain_lines("acme", DAY, None, baseline), engine.explain("acme", DAY, baseline=baseline)
        assert len(lines.names) == 91 and lines.names == table["name"]
        assert lines.contributions == table["contribution"]


def test_baselines(engine):
    first = {given: engine.explain("<acme>", DAY, baseline=given)["contribution"][0]
             for given in (None, 12.5, "own", "segment", "book")}
    # bolt: 1/3 of 100, so that the mean is 40
    assert first == {None: 50.0, 12.5: 12.5, "own": 47.5, "segment": 40.0, "book": 40.0}
    then = engine.explain("<acme>", DAY, baseline="own", over=timedelta(days=31))
    assert then["contribution"][0] == 97.5 and then.score == 46.666667
    with pytest.raises(ValueError, match="baseline"):
        engine.explain("<acme>", DAY, baseline="mean")
    with pytest.raises(churn.RangeError):
        engine.explain("<acme>", DAY, baseline=101)
    with pytest.raises(TypeError, match="over"):
        engine.explain("<acme>", DAY, over=90)
    with pytest.raises(churn.NotFoundError):
        engine.explain("<acme>", "2024-01-01")


def test_change(engine):
    found = engine.explain_change("<acme>", BEFORE, DAY)
    assert isinstance(found, churn.ChangeExplanation)
    assert (found.before, found.after) == (97.5, 46.666667)
    assert total(found["contribution"][:-1]) == found.after
    assert found["kind"] == ["before", "behaviour", "behaviour", "missing", "missing", "missing",
                             "after"]
    # by hand: 1/2 (2/3 + 1/2) (40 - 100)
    assert found["contribution"][1] == -35.0
    assert found["records"][1] == "-e0, -e1, -e2, -e3, -e4 and 9 more"
    assert found["records"][2] == "+t-1"
    with pytest.raises(churn.RangeError):
        engine.explain_change("<acme>", DAY, BEFORE)


def test_change_of_the_playbook(engine):
    older = churn.Playbook.parse(RULES.replace("[10, 100]], unit", "[20, 100]], unit"))
    found = engine.explain_change("<acme>", DAY, DAY, playbook=older)
    assert found["kind"] == ["before", "configuration", "after"]
    assert found["points_before"][1] == 20 and found["points_after"][1] == 40
    hashes = [f"{playbook.hash:016x}" for playbook in (older, engine.playbook)]
    assert [found["playbook_before"][0], found["playbook_after"][0]] == hashes
    other = churn.Playbook.parse(RULES.replace("id: health", "id: wealth"))
    with pytest.raises(churn.NotFoundError, match="before has no score"):
        engine.explain_change("<acme>", DAY, DAY, playbook=other)
    with pytest.raises(TypeError):
        engine.explain_change("<acme>", DAY, DAY, playbook=RULES)


def test_evidence(engine):
    found = engine.evidence("<acme>", "logins_28d", DAY, since=BEFORE)
    assert found["change"] == ["left"] * 10 + ["entered"] * 4
    assert found["id"] == [f"e{i}" for i in range(14)]
    assert engine.evidence("<acme>", "open_tickets", DAY)["id"] == ["t-1"]
    assert len(engine.evidence("bolt", "nps", DAY)) == 0
    with pytest.raises(churn.NotFoundError, match="did you mean"):
        engine.evidence("<acme>", "login_28d", DAY)


def test_pictures(engine):
    for found in (engine.explain("<acme>", DAY), engine.explain_change("<acme>", BEFORE, DAY)):
        picture = xml.fromstring(found.svg())
        bars = picture.findall(".//{http://www.w3.org/2000/svg}rect")
        titles = [node.text for node in picture.iter("{http://www.w3.org/2000/svg}title")]
        assert len(bars) >= 3 and all(text in titles for text in found["text"])
        assert all(float(bar.get("width")) > 0 for bar in bars)
        width = float(picture.get("width"))
        assert all(0 <= float(bar.get("x")) <= width - float(bar.get("width")) for bar in bars)
        assert "<svg" in found._repr_html_() and found._repr_svg_() == found.svg()


def test_texts_are_escaped(engine):
    from churn.explanation import _Bar, _draw
    drawn = _draw([_Bar('<b onload="x">\x00', 0, 5, False, False, "a & b ]]> \x1b")], "<&>",
                  alone=True)
    assert "<b " not in drawn and xml.fromstring(drawn) is not None


def test_text(engine):
    found = engine.explain("<acme>", DAY)
    lines = str(found).splitlines()
    assert str(found) == found.text() == repr(found)
    assert [line.split()[0] for line in lines] == ["baseline", "logins_28d", "open_tickets", "score",
                                                   "nps"]
    assert "−6.7" in lines[1] and "+3.3" in lines[2] and "46.7" in lines[3]
    found.close()
    assert "closed" in str(found) and "closed" in found._repr_html_()


def test_pictures_keep_within_their_frame():
    """Long names, lines up and down, one that comes to nothing, a cap, and one that is missing."""
    long = "the_number_of_logins_in_the_last_four_weeks"
    rules = RULES.replace("unit: logins}", f"id: {long}}}").replace(
        "    bands:", "    caps: [{id: few, when: 'metric.open_tickets >= 1', at_most: 20}]\n    bands:")
    store = churn.Store()
    store.add("customer", {"id": ["acme"], "since": ["2025-01-01"]})
    store.add("event", {"customer": ["acme"] * 9, "type": ["login"] * 9,
                        "at": [f"{day}T10:00:00Z" for day in LOGINS[5:]]})
    store.add("ticket", {"id": ["t-1"], "customer": ["acme"], "opened_at": ["2026-01-20T00:00:00Z"]})
    found = churn.Engine(churn.Playbook.parse(rules), store).explain("acme", DAY)
    assert found["kind"] == ["baseline", "factor", "factor", "cap", "missing"]
    root = xml.fromstring(found.svg())
    space = "{http://www.w3.org/2000/svg}"
    width, height = float(root.get("width")), float(root.get("height"))
    bars = list(root.iter(f"{space}rect"))
    assert len(bars) == 5  # the missing one has none
    for bar in bars:
        x, y = float(bar.get("x")), float(bar.get("y"))
        assert 200 <= x and x + float(bar.get("width")) <= 520  # between names and numbers
        assert 0 <= y and y + float(bar.get("height")) <= height
        assert float(bar.get("width")) >= 1
    assert all(0 <= float(word.get("x")) <= width for word in root.iter(f"{space}text"))
    names = [word.text for word in root.iter(f"{space}text")][::2]
    assert names[1] == long[:27] + "…" and names[-1] == "nps"
    assert any(long in title.text for title in root.iter(f"{space}title"))  # whole in the tooltip
    lines = found.text().splitlines()
    assert [line.split()[1] for line in lines] == ["50.0", "−6.7", "+3.3", "−26.7", "20.0", "–"]
    assert len({line.index(line.split()[1]) + len(line.split()[1]) for line in lines}) == 1


def test_an_age_beyond_whole_numbers_is_told():
    book = {"churn": 1, "name": "old", "attributes": {"x": "number", "age": "number"},
            "metrics": [{"id": "x", "attribute": "x"}, {"id": "age", "attribute": "age"}],
            "scores": [{"id": "health", "min_coverage": 0, "bands": {"good": 50, "bad": 0}, "groups": [
                {"id": "all", "factors": [{"metric": "x", "curve": [[0, 0], [10, 100]],
                                           "decay": {"by": "age", "half_life": 1}}]}]}]}
    store = churn.Store()
    store.add_customer("a", since="2026-01-01")
    for name, value in (("x", 5.0), ("age", 1e30)):
        store.add_attribute("a", name, value, valid_from="2026-01-01")
    lines = churn.Engine(churn.Playbook.parse(json.dumps(book)), store).explain("a", "2026-02-01")
    assert "0 % of its weight after 1000000000000000 days" in " ".join(line["text"] or "" for line in lines)


def test_a_metric_that_is_known_is_not_called_missing():
    factors = [{"id": "rank", "metric": "x", "percentile": {"among": "book"}},
               {"id": "odd", "metric": "x", "robust_z": {"among": "book", "fewest": 3}, "missing": "worst"},
               {"id": "way", "metric": "x", "trend": {"periods": 60, "every": "1d", "fewest": 60}},
               {"metric": "plan", "points": {"free": 10}},
               {"metric": "x", "curve": [[0, 0], [10, 100]]}]
    book = {"churn": 1, "name": "few", "attributes": {"x": "number", "plan": "string"},
            "metrics": [{"id": "x", "attribute": "x"}, {"id": "plan", "attribute": "plan"}],
            "scores": [{"id": "health", "min_coverage": 0, "bands": {"good": 50, "bad": 0},
                        "groups": [{"id": "all", "factors": factors}]}]}
    store = churn.Store()
    store.add_customer("a", since="2026-01-01")
    store.add_attribute("a", "x", 5.0, valid_from="2026-01-01")
    store.add_attribute("a", "plan", "gold", valid_from="2026-01-01")
    lines = churn.Engine(churn.Playbook.parse(json.dumps(book)), store).explain("a", "2026-02-01")
    said = {line["name"]: line["text"] for line in lines}
    assert said["rank"].startswith("rank: x is 5, with too few to compare it with (empty) and does not count")
    assert said["odd"].startswith("odd: x is 5, with too few to compare it with (empty), taken at its worst")
    assert said["way"].startswith("way: x is 5, with too little of a past (short_history)")
    assert said["plan"].startswith('plan is "gold", for which no points are given (empty)')
