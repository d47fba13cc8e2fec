# SPDX-License-Identifier: MIT
"""Bad input of scores: each an error with code and place, or a stated result; never a NaN in a score."""
import math

import pytest

import churn

SINCE = "2025-01-01T00:00:00Z"
DAY = "2026-01-01"
HEAD = """churn: 1
name: bad
currency: USD
attributes: {x: number, y: number, parent: string}
metrics: [{id: x, attribute: x}, {id: y, attribute: y}]
segments: [{id: big, when: 'metric.x > 1.0'}]
"""
CURVE = "curve: [[0, 0], [10, 100]]"
BANDS = "    bands: {green: 70, red: 0}\n"


def score(*factors, tail=BANDS, group=""):
    lines = "".join(f"          - {factor}\n" for factor in factors)
    return f"scores:\n  - id: health\n    groups:\n      - id: g\n{group}        factors:\n{lines}{tail}"


def found(text):
    """Errors and warnings, `line:column: severity code: message`, without the name of the text."""
    try:
        playbook = churn.Playbook.parse(text)
    except churn.PlaybookError as error:
        return [line.removeprefix("playbook:") for line in str(error).splitlines()]
    return [str(warning).removeprefix("playbook:") for warning in playbook.warnings]


def card(text):
    return BANDS + f"    segments: {{{text}}}\n"


WEIGHT = "`weight`: expected a number from 0 to 1000000000, found"
X = f"{{metric: x, {CURVE}}}"


@pytest.mark.parametrize("text, wanted", [
    # weights
    (score(f"{{metric: x, weight: 0, {CURVE}}}", f"{{metric: y, weight: 0, {CURVE}}}"),
     "12:11: error CH0504: all weights of what is in the group `g` are 0"),
    (score(X, group="        weight: 0\n"), "10:7: error CH0504: all weights of the groups are 0"),
    (score(X, tail=card("big: {groups: {g: {factors: {x: {weight: 0}}}}}")),
     "14:16: error CH0504: all weights of what is in the group `g` are 0"),
    (score(f"{{metric: x, weight: -1, {CURVE}}}"), f"12:33: error CH0206: {WEIGHT} `-1`"),
    (score(f"{{metric: x, weight: .nan, {CURVE}}}"), f"12:33: error CH0204: {WEIGHT} `.nan`"),
    (score(f"{{metric: x, weight: NaN, {CURVE}}}"), f"12:33: error CH0204: {WEIGHT} `NaN`"),
    (score(f"{{metric: x, weight: .inf, {CURVE}}}"), f"12:33: error CH0204: {WEIGHT} `.inf`"),
    (score(f"{{metric: x, weight: 1e999, {CURVE}}}"), f"12:33: error CH0204: {WEIGHT} `1e999`"),
    # curves
    (score("{metric: x, curve: []}"), "12:32: error CH0211: `curve` needs at least 2 entries"),
    (score("{metric: x, curve: [[0, 0]]}"), "12:32: error CH0211: `curve` needs at least 2 entries"),
    (score("{metric: x, curve: [[0, 0], [5, 10], [5, 20]]}"),
     "12:50: error CH0503: the values must ascend: 5 does not come after 5"),
    (score("{metric: x, curve: [[0, 0], [5, 10], [3, 20]]}"),
     "12:50: error CH0503: the values must ascend: 3 does not come after 5"),
    (score("{metric: x, steps: [[0, 0], [0, 10]]}"), "12:41: error CH0503: the values must ascend: 0 does not come after 0"),
    (score("{metric: x, curve: [[0, 0], [.nan, 100]]}"),
     "12:41: error CH0204: `curve`: expected a point [value, points] of two numbers, found a list"),
    (score("{metric: x, curve: [[0, 0], [5, 101]]}"), "12:45: error CH0206: points from 0 to 100 are expected, found 101"),
    # bands
    (score(X, tail="    bands: {green: 70, red: 10}\n"),
     "13:12: warning CH0901: no band begins at 0: a score below 10 has the lowest band"),
    (score(X, tail="    bands: {green: 70, amber: 70, red: 0}\n"),
     "13:24: error CH0505: the bands `green` and `amber` begin at the same score"),
    (score(X, tail="    bands: {green: 170, red: 0}\n"),
     "13:20: error CH0206: `green`: expected a number from 0 to 100, or a map, found `170`"),
    (score(X, tail=""), "8:5: error CH0202: `scores` needs the key `bands`"),
    # cards
    (score(X, tail=card("bug: {min_coverage: 0.1}")), "14:16: error CH0408: unknown segment `bug`; did you mean `big`?"),
    (score(X, tail=card("big: {groups: {g: {factors: {z: {weight: 2}}}}}")), "14:45: error CH0510: unknown factor `z`"),
    (score(X, tail=card("big: {groups: {h: {weight: 2}}}")), "14:31: error CH0509: unknown group `h`"),
    (score(X, tail=card("big: {bands: {blue: 2}}")), "14:30: error CH0512: unknown band `blue`"),
    (score(X, tail=card("big: {caps: {k: {at_most: 2}}}")), "14:29: error CH0511: unknown cap `k`"),
    (score(X, tail=card("big: {from: big}")), "14:28: error CH0420: a cycle: big from big"),
    (score(X, tail="    caps: [{id: k, critical: [z], below: 30, at_most: 40}]\n" + BANDS),
     "13:31: error CH0510: unknown factor `z`"),
    # circles
    ("scores:\n  - {id: health, roll_up: {score: health, take: mean}, bands: {green: 70, red: 0}}\n",
     "8:5: error CH0420: a cycle: health needs roll_up(health, mean) needs health"),
    ("scores:\n" + "".join(f"  - {{id: {a}, groups: [{{id: g, factors: [{{score: {b}}}]}}], bands: {{red: 0}}}}\n"
                            for a, b in ("ab", "bc", "ca")),
     "8:5: error CH0420: a cycle: a needs b needs c needs a"),
])
def test_said_of_the_file(text, wanted):
    assert wanted in found(HEAD + text)


@pytest.mark.parametrize("then, wanted", [
    ("values: [5]", "7:61: error CH0518: a distribution of fewer than 2 values has nothing to compare with"),
    ("values: [5], counts: [1]", "7:61: error CH0518: a distribution of fewer than 2 values has nothing to compare with"),
    ("values: [5, .nan]", "7:65: error CH0204: `values`: expected a number, found `.nan`"),
    ("values: [5, 3]", "7:65: error CH0519: the values must ascend, each of them once: 3 does not come after 5")])
def test_references(then, wanted):
    text = f"references: {{then: {{metric: x, made_at: 2026-01-01, {then}}}}}\n"
    assert wanted in found(HEAD + text + score("{metric: x, percentile: {among: then}}"))


def test_reference_of_no_name():
    text = "references: {then: {metric: x, made_at: 2026-01-01, values: [5, 6]}}\n"
    wanted = "13:45: error CH0515: unknown reference `than`; did you mean `then`?"
    assert wanted in found(HEAD + text + score("{metric: x, percentile: {among: than}}"))[:1]


def people(*names, x=5):
    store = churn.Store()
    for name in names:
        store.add_customer(name, since=SINCE)
        store.add_attribute(name, "x", x, valid_from=SINCE)
    return store


def engine(store, text):
    return churn.Engine(churn.Playbook.parse(HEAD + text), store)


def test_a_reference_of_equal_values():
    """Two members are enough; that they are one number leaves a rank, and no spread to measure z by."""
    text = "references: {then: {metric: x, made_at: 2026-01-01, values: [5], counts: [2]}}\n"
    for x, rank, z in ((5, 50, 50), (4, 0, None), (6, 100, None)):
        made = engine(people("a", x=x), text + score("{metric: x, percentile: {among: then}}"))
        assert made.scores(DAY)["value"] == [rank]
        made = engine(people("a", x=x), text + score("{metric: x, robust_z: {among: then}}"))
        assert made.scores(DAY)["value"] == [z]


def test_too_few_to_rank_among():
    """One customer in the book is none to be compared with: missing, and of no score."""
    made = engine(people("a"), score("{metric: x, percentile: {among: book}}"))
    row = made.scores(DAY).to_dicts()[0]
    assert (row["value"], row["band"], row["coverage"], row["low"], row["high"]) == (None, "unknown", 0, 0, 100)


def test_bands_that_do_not_begin_at_zero():
    made = engine(people("a", x=0.5), score(X, tail="    bands: {green: 70, red: 10}\n"))
    assert [(row["value"], row["band"], row["certain"]) for row in made.scores(DAY).to_dicts()] == [(5, "red", True)]
    with pytest.raises(churn.PlaybookError, match="CH0901"):
        churn.Playbook.parse(HEAD + score(X, tail="    bands: {green: 70, red: 10}\n"), strict=True)


def test_an_empty_book():
    """Tables without rows, what one asks of a customer not found, an evaluation of nobody."""
    made = engine(churn.Store(), score(X, "{metric: y, percentile: {among: book}}"))
    for table in (made.scores(DAY), made.scores([DAY, "2026-02-01"], score="health"), made.metrics(DAY), made.at_risk(DAY),
                  made.trends(DAY), made.band_changes()):
        assert len(table) == 0
    for ask in ("customer", "explain", "targets"):
        with pytest.raises(churn.NotFoundError, match="the store has no such customer"):
            getattr(made, ask)("a", DAY)
    with pytest.raises(churn.NotFoundError, match="metric `x`: nobody has a value"):
        made.reference("x", DAY)
    assert made.impact(made.playbook, DAY).customers == 0
    assert made.advance(DAY).customers == 0


# ---- scores set by hand ----

@pytest.mark.parametrize("given, wanted", [
    (dict(value=50, expires_at="2025-05-01T00:00:00Z"), "override: expires_at lies outside what is allowed"),
    (dict(value=50, expires_at="2025-06-01T00:00:00Z"), "override: expires_at lies outside what is allowed"),
    (dict(value=100.5), "override: value lies outside what is allowed"),
    (dict(value=-0.5), "override: value lies outside what is allowed"),
    (dict(value=math.inf), "override: value is not a finite number")])
def test_overrides_refused(given, wanted):
    """An expiry before or at its own instant; what is no score."""
    with pytest.raises(churn.RangeError) as error:
        people("a").add_override("a", "health", "2025-06-01T00:00:00Z", **given)
    assert str(error.value) == wanted


def test_an_override_that_has_expired():
    """It counts between its instants and at neither later; one of a NaN is one of no value, which takes back."""
    store = people("a")
    made = engine(store, score(X))
    store.add_override("a", "health", "2025-06-01T00:00:00Z", 90, expires_at="2025-07-01T00:00:00Z")
    dates = ["2025-05-31T23:59:59Z", "2025-06-01T00:00:00Z", "2025-06-30T23:59:59Z", "2025-07-01T00:00:00Z"]
    assert made.scores(dates)["value"] == [50, 90, 90, 50]
    store.add_override("a", "health", "2025-06-15T00:00:00Z", math.nan)
    assert made.scores(dates)["value"] == [50, 90, 50, 50]


def test_rows_of_overrides_refused():
    report = people("a").add("override", {"customer": ["a", "a"], "score": ["health"] * 2, "value": [50.0, 50.0],
                                          "at": ["2025-06-01T00:00:00Z"] * 2,
                                          "expires_at": ["2025-05-01T00:00:00Z", "2025-07-01T00:00:00Z"]})
    assert (report.added, report.rejected) == (1, 1)
    assert report.rejections.to_dicts() == [
        {"row": 0, "field": "expires_at", "code": "out_of_range", "reason": "lies outside what is allowed"}]


# ---- circles of parents ----

ROLL_UP = f"""scores:
  - {{id: own, groups: [{{id: g, factors: [{X}]}}], bands: {{green: 70, red: 0}}}}
  - {{id: health, roll_up: {{score: own, take: mean}}, bands: {{green: 70, red: 0}}}}
"""


def test_parents_in_a_circle():
    """The row that would close it is refused, in a table, one by one, and when customers are merged."""
    store = people("a", "b", "c")
    report = store.add("attribute", {"customer": ["a", "b", "c"], "name": ["parent"] * 3, "value": ["b", "c", "a"],
                                     "valid_from": [SINCE] * 3})
    assert (report.added, report.rejected) == (2, 1)
    assert report.rejections.to_dicts() == [
        {"row": 2, "field": "parent", "code": "cyclic_parent", "reason": "would make a customer its own parent"}]
    for parent in ("a", "b", "c"):
        with pytest.raises(churn.StateError, match="^attribute: parent would make a customer its own parent$"):
            store.add_attribute("c", "parent", parent, valid_from=SINCE)
    rows = {row["customer"]: row["value"] for row in engine(store, ROLL_UP).scores(DAY, score="health").to_dicts()}
    assert rows == {"a": None, "b": 50, "c": 50}
    with pytest.raises(churn.StateError, match="`into` would be its own parent"):
        store.merge("a", into="c")


def test_parents_that_swap_make_no_circle():
    store = people("a", "b")
    store.add_attribute("a", "parent", "b", valid_from=SINCE)
    store.add_attribute("a", "parent", None, valid_from="2025-06-01T00:00:00Z")
    store.add_attribute("b", "parent", "a", valid_from="2025-07-01T00:00:00Z")
    made = engine(store, ROLL_UP)
    found = [{r["customer"]: r["value"] for r in made.scores(at, score="health").to_dicts()}
             for at in ("2025-03-01", "2025-06-15", "2025-08-01")]
    assert found == [{"a": None, "b": 50}, {"a": None, "b": None}, {"a": 50, "b": None}]


# ---- what is no number ----

@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_attributes_are_numbers(value):
    with pytest.raises(churn.RangeError, match="^attribute: value is not a finite number$"):
        people("a").add_attribute("a", "x", value, valid_from=SINCE)


def test_arithmetic_that_leaves_the_numbers():
    """Points that overflow, or are 0 / 0, are missing; the others have their weight, and no number is a NaN."""
    store = people("a", x=1e300)
    text = score("{id: big, expression: 'metric.x * metric.x - metric.x * metric.x'}", "{id: none, expression: '0.0 / (metric.x - metric.x)'}",
                 "{metric: x, curve: [[-1e300, 0], [1e300, 100]]}", tail="    min_coverage: 0\n" + BANDS)
    row = engine(store, text).scores(DAY, score="health").to_dicts()[0]
    assert (row["value"], row["band"], row["coverage"]) == (100, "green", 0.333333333333)
    assert (row["low"], row["high"]) == (33.333333, 100)
