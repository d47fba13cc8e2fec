# SPDX-License-Identifier: MIT
"""Random expressions: the library and the plain evaluator come to the same, row by row and by columns."""
import math
import os
import random
from datetime import datetime, timedelta, timezone

import pytest

import churn
from expression_twin import (EPOCH, ERROR, FORMS, LITERALS, UNKNOWN, VALUES, Beyond, Form, Micros, Nanos, Tree,
                             evaluate)

pyarrow = pytest.importorskip("pyarrow")

TYPES = {"b": "bool", "i": "int", "d": "double", "s": "string", "t": "timestamp", "u": "duration"}
ARROW = {"b": pyarrow.bool_(), "i": pyarrow.int64(), "d": pyarrow.float64(), "s": pyarrow.string(),
         "t": pyarrow.timestamp("us", "UTC")}
ROWS = 40
ROUNDS = 1500 * int(os.environ.get("CHURN_RANDOM_ROUNDS", "1"))
SEED = int(os.environ.get("CHURN_RANDOM_SEED", "20260301"))


def variables(of):
    return {f"{letter}{n}": TYPES[letter] for letter in of for n in (0, 1)}


class Maker(random.Random):
    def __init__(self, seed, strict):
        super().__init__(seed)
        self.forms = {of: [form for form in FORMS if form.of == of and not (strict and form.lenient)] for of in TYPES}

    def leaf(self, of):
        what = self.randrange(8)
        if of == "b" and what == 0:
            return Tree(Form("b", f"has({self.choice(list(TYPES))}{self.randrange(2)})"))
        if what < 3:
            return Tree(Form(of, self.choice(LITERALS[of])[0]))
        return Tree(Form(of, f"{of}{self.randrange(2)}"))

    def grow(self, of, depth):
        if depth == 0 or self.randrange(6) == 0:
            return self.leaf(of)
        form = self.choice(self.forms[of])
        return Tree(form, [self.grow(kid, depth - 1) for kid in form.kids])

    def row(self, missing):
        return {name: None if self.random() < missing else self.choice(VALUES[name[0]]) for name in variables(TYPES)}


def as_python(value):
    """A value of the twin as the binding takes and gives it."""
    if isinstance(value, Micros):
        return EPOCH + timedelta(microseconds=value)
    if isinstance(value, Nanos):
        return timedelta(microseconds=value // 1000)
    return value


def same(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b))
    return type(a) is type(b) and a == b


def of_record(rule, row):
    try:
        value = rule.evaluate({name: as_python(value) for name, value in row.items() if value is not None})
    except churn.ExpressionError:
        return ERROR
    return UNKNOWN if value is None else value


def of_table(table):
    for row in table:
        yield ERROR if row["outcome"] == "error" else UNKNOWN if row["outcome"] == "unknown" else row["value"]


def columns(rows):
    return pyarrow.table({name: pyarrow.array([as_python(row[name]) for row in rows], ARROW[name[0]])
                          for name in rows[0] if name[0] in ARROW})


def check(tree, rows, wanted, answers, how):
    for row, want, got in zip(rows, wanted, answers):
        if want is Beyond or (isinstance(want, float) and not math.isfinite(want) and how == "columns"):
            continue  # a table holds no NaN
        want = as_python(want)
        assert (want is got if want in (UNKNOWN, ERROR) else same(want, got)), (
            f"{tree}\n  {how}: {got!r}, the twin: {want!r}\n  over { {k: v for k, v in row.items() if k in str(tree)} }")


def judged(tree, row, strict):
    try:
        return evaluate(tree, row, strict)
    except Beyond:
        return Beyond


@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
def test_the_library_agrees_with_the_twin(strict):
    maker = Maker(SEED, strict)
    seen = {"value": 0, "unknown": 0, "error": 0}
    for number in range(ROUNDS):
        tree = maker.grow("b" if number % 2 else maker.choice(list(TYPES)), 1 + maker.randrange(5))
        if number % 10 == 0:
            rows = [maker.row((0, 0.1, 0.5)[number // 10 % 3]) for _ in range(ROWS)]
        try:
            rule = churn.Expression(str(tree), variables(TYPES), strict_cel=strict)
        except churn.ExpressionError as error:
            assert error.status in ("limit", "LIMIT") or "limit" in str(error).lower() or "too" in str(error), f"{tree}: {error}"
            continue
        wanted = [judged(tree, row, strict) for row in rows]
        for want in wanted:
            seen["unknown" if want is UNKNOWN else "error" if want is ERROR else "value"] += 1
        check(tree, rows, wanted, (of_record(rule, row) for row in rows), "records")
        if rule.type != "duration" and "u0" not in rule.text and "u1" not in rule.text:  # Arrow's are not read
            check(tree, rows, wanted, of_table(rule.evaluate_table(columns(rows))), "columns")
    assert min(seen.values()) > 2 * ROUNDS, seen
