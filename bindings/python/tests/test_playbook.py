# SPDX-License-Identifier: MIT
"""Playbooks: compiling, findings, facts, times, their own tests."""
import copy
import json
import pickle
from datetime import date, datetime, timedelta, timezone

import pytest

import churn
from conftest import PLAYBOOK, ROOT

UTC = timezone.utc


def test_load(tmp_path, playbook):
    path = tmp_path / "small.yaml"
    path.write_text(PLAYBOOK)
    for given in (path, str(path)):
        there = churn.Playbook.load(given)
        assert there.name == "small" and there.hash == playbook.hash
    with pytest.raises(FileNotFoundError):
        churn.Playbook.load(tmp_path / "none.yaml")


def test_the_sample_playbook():
    sample = churn.Playbook.load(ROOT / "examples/playbooks/saas.yaml")
    assert sample.name == "saas" and sample.time_zone == "Europe/Budapest"
    assert "health" in sample.contents()["id"]
    assert sample.test()


def test_facts(playbook):
    assert playbook.interval == timedelta(days=1) and playbook.time_zone == "UTC"
    assert playbook.memory > 0 and playbook.warnings == []
    assert churn.Playbook.parse("# the same\n" + PLAYBOOK).hash == playbook.hash
    assert churn.Playbook.parse(PLAYBOOK.replace("10, 100", "10, 99")).hash != playbook.hash
    contents = playbook.contents().to_dicts()
    assert {"sort": "metric", "id": "mrr"}.items() <= contents[[row["id"] for row in contents].index("mrr")].items()
    assert "small" in repr(playbook)


def test_schema():
    schema = json.loads(churn.Playbook.schema())
    assert "draft-07" in schema["$schema"] and "metrics" in schema["properties"]


def _as_json(text):
    """YAML as JSON has it: dates stay text."""
    yaml = pytest.importorskip("yaml")

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {
            first: [(tag, rule) for tag, rule in rules if not tag.endswith(":timestamp")]
            for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()}

    return yaml.load(text, Loader)


def test_schema_and_library_agree():
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(churn.Playbook.schema())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    examples = sorted((ROOT / "examples").glob("**/*.yaml"))
    assert examples
    for path in examples:
        assert list(validator.iter_errors(_as_json(path.read_text(encoding="utf-8")))) == []
    bad = ROOT / "tests/unit/playbook/bad"
    for name in ("agg_misspelt", "agg_window_plain", "band_range", "calendar_day", "calendar_holiday",
                 "curve_point", "curve_range", "evaluate_no_unit", "evaluate_zero", "journey",
                 "metric_no_id", "metric_two_sorts", "no_version", "play_step_unknown",
                 "section_is_a_map", "test_event_time", "trigger_severity"):
        text = (bad / f"{name}.yaml").read_text(encoding="utf-8")
        assert list(validator.iter_errors(_as_json(text))), name
        with pytest.raises(churn.PlaybookError):
            churn.Playbook.parse(text)



def test_findings():
    text = PLAYBOOK.replace("metric: logins_28d, weight", "metric: login_28d, weight").replace(
        "severity: high", "severity: hihg")
    with pytest.raises(churn.PlaybookError) as caught:
        churn.Playbook.parse(text, file="small.yaml")
    error = caught.value
    assert isinstance(error, ValueError) and error.status_name == "CONFIG"
    found = error.diagnostics
    assert len(found) == 2 and all(f.severity == "error" and f.code.startswith("CH") for f in found)
    lines = text.splitlines()
    for finding, word in zip(found, ("login_28d", "hihg")):
        assert lines[finding.line - 1][finding.column - 1:].startswith(word)
        assert f"small.yaml:{finding.line}:{finding.column}: error" in str(error)
    assert found[0].suggestion == "logins_28d"
    assert str(error).splitlines() == [str(f) for f in found]


@pytest.mark.parametrize("text", ["name: [", "\ufeff- 1", "x: \x00", b"\xff\xfe\xff", "", "a: &x [*x]", "\ud800"])
def test_texts_that_are_none(text):
    with pytest.raises(churn.PlaybookError) as caught:
        churn.Playbook.parse(text)
    assert caught.value.diagnostics and str(caught.value)


def test_limits():
    with pytest.raises(churn.PlaybookError, match="at most 100"):
        churn.Playbook.parse(PLAYBOOK, limits={"playbook_bytes": 100})


def test_warnings_are_kept():
    quiet = churn.Playbook.parse(PLAYBOOK)
    assert all(isinstance(w, churn.Diagnostic) for w in quiet.warnings)


def test_times():
    there = churn.Playbook.parse(PLAYBOOK.replace("time_zone: UTC", "time_zone: Europe/Budapest"))
    assert there.time("2026-02-01") == datetime(2026, 1, 31, 23, tzinfo=UTC)
    assert there.time(date(2026, 7, 1)) == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert there.time("2026-02-01T09:30") == datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
    assert there.time("2026-02-01T09:30Z") == datetime(2026, 2, 1, 9, 30, tzinfo=UTC)
    assert there.time(0) == datetime(1970, 1, 1, tzinfo=UTC)
    at = datetime(2026, 2, 1, 9, 30, tzinfo=UTC)
    assert there.time(at) == at
    assert there.time_text("2026-02-01") == "2026-02-01"
    assert there.time_text(at).startswith("2026-02-01T10:30") and "+01:00" in there.time_text(at)
    with pytest.raises(ValueError, match="timezone.utc"):
        there.time(datetime(2026, 2, 1))
    with pytest.raises(churn.ParseError):
        there.time("yesterday")
    with pytest.raises(churn.RangeError):
        there.time("2026-02-30")
    with pytest.raises(TypeError):
        there.time(1.5)


def test_its_own_tests(playbook):
    report = playbook.test()
    assert report and (report.passed, report.failed) == (2, 0)
    assert str(report).splitlines()[-1] == "2 passed, 0 failed" and repr(report) == str(report)
    wrong = churn.Playbook.parse(PLAYBOOK.replace("quiet_days: 15", "quiet_days: 14")).test()
    assert not wrong and wrong.failed == 1
    assert "FAIL silence is noticed: metric.quiet_days" in str(wrong)
    assert any("14" in line and "15" in line for line in str(wrong).splitlines())
    assert wrong.table["passed"] == [False, True]


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_playbooks_travel(playbook, again):
    there = again(playbook)
    assert there.hash == playbook.hash and there.name == "small" and there is not playbook


def test_construction():
    with pytest.raises(TypeError, match="Playbook.load"):
        churn.Playbook()


def test_close(playbook):
    with playbook:
        pass
    for use in (lambda: playbook.name, playbook.contents, playbook.test, lambda: playbook.time("2026-01-01")):
        with pytest.raises(churn.StateError, match="closed"):
            use()
    assert "closed" in repr(playbook)


def test_catalogue_of_metrics():
    playbook = churn.Playbook.parse("""
churn: 1
name: words
time_zone: UTC
currency: USD
metrics:
  - {id: logins, agg: count, event: login, window: 28d}
  - {id: mrr, subscription: mrr, description: What they pay a month}
""")
    rows = playbook.metrics().to_dicts()
    assert [row["id"] for row in rows] == ["logins", "mrr"]
    assert rows[0]["description"] == "Number of events of type login in the last 28 days."
    assert (rows[1]["unit"], rows[1]["currency"], rows[1]["description"]) == ("money", "USD", "What they pay a month")


def test_factors_of_scores():
    playbook = churn.Playbook.parse("""
churn: 1
name: factors
metrics:
  - {id: logins, agg: count, event: login, window: 28d}
segments:
  - {id: smb, when: 'metric.logins < 5'}
scores:
  - id: health
    groups:
      - {id: use, factors: [{metric: logins, steps: [[0, 0], [9, 100]], unit: logins}],
         groups: [{id: depth, weight: 3, factors: [{metric: logins, id: rank, percentile: {among: book}}]}]}
    bands: {green: 70, red: 0}
    segments: {smb: {groups: {depth: {weight: 1}}}}
""")
    rows = playbook.factors().to_dicts()
    assert [(r["card"], r["factor"], r["share"]) for r in rows] == [
        ("default", "logins", 0.25), ("default", "rank", 0.75), ("smb", "logins", 0.5), ("smb", "rank", 0.5)]
    assert rows[0]["points"] == "from 0: 0, from 9: 100" and rows[0]["unit"] == "logins"
    assert (rows[1]["group"], rows[1]["as"], rows[1]["among"]) == ("use.depth", "percentile", "book")
    assert (rows[1]["direction"], rows[1]["declared"]) == ("higher", False)


DOUBTFUL = """
churn: 1
name: doubtful
metrics:
  - {id: use, ratio: {num: logins, den: seats}}
  - {id: logins, agg: count, event: login, window: 28d}
  - {id: seats, subscription: seats}
segments:
  - {id: half, when: 'metric.use == 0.5'}
"""


def test_lints():
    assert [w.code for w in churn.Playbook.parse(DOUBTFUL).warnings] == ["CH1701"]
    assert churn.Playbook.parse(DOUBTFUL, lints=False).warnings == []
    allowed = DOUBTFUL.replace("0.5'}", "0.5'}  # churn: allow CH1701")
    playbook = churn.Playbook.parse(allowed, strict=True)
    assert playbook.warnings == []
    assert pickle.loads(pickle.dumps(playbook)).warnings == []
    with pytest.raises(churn.PlaybookError) as caught:
        churn.Playbook.parse(DOUBTFUL, strict=True)
    assert [(d.severity, d.code) for d in caught.value.diagnostics] == [("error", "CH1701")]


def test_diff():
    before = churn.Playbook.parse(DOUBTFUL)
    same = churn.Playbook.parse(DOUBTFUL.replace("metric.use == 0.5", "(metric.use)==0.50"))
    after = churn.Playbook.parse(DOUBTFUL.replace("metric.use == 0.5", "metric.use < 0.5"))
    assert before.diff(same).to_dicts() == [] and before.hash == same.hash
    assert before.diff(after).to_dicts() == [
        {"sort": "segment", "id": "half", "change": "changed", "key": "when",
         "before": "metric.use == 0.5", "after": "metric.use < 0.5"}]
    assert before.diff(after).text() == "~ segment half: when metric.use == 0.5 -> metric.use < 0.5\n"
    assert str(before.diff(same)) == before.diff(same).text() == "no changes\n"
    assert isinstance(before.diff(after), churn.PlaybookDiff) and isinstance(before.diff(after), churn.Table)
    with pytest.raises(TypeError):
        before.diff(3)


def test_unknown_key_says_what_there_is():
    text = ("{churn: 1, name: p, metrics: [{id: seats, subscription: seats}], "
            "segments: [{id: big, when: 'metric.seats > 9'}], scores: [{id: health, bands: {all: 0}, "
            "groups: [{id: g, factors: [{metric: seats, curve: [[0, 0], [9, 100]]}]}], "
            "segments: {big: {numbers: {g: 3}}}}]}")
    with pytest.raises(churn.PlaybookError) as caught:
        churn.Playbook.parse(text)
    found = [d for d in caught.value.diagnostics if d.code == "CH0201"]
    assert [d.expected for d in found] == ["one of `from`, `min_coverage`, `bands`, `groups`, `caps`"]
    assert found[0].message == f"unknown key `numbers`: expected {found[0].expected}"
