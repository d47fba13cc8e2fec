# SPDX-License-Identifier: MIT
"""One expression by itself: the language of a playbook's conditions."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any, get_args

from . import _core
from ._data import Instant, Rows, flatten, records_of, stream_of
from .errors import Diagnostic, Error, ExpressionError
from .many import Counts, fill_many, narrow
from .table import Table

__all__ = ["Expression", "Template", "check_expression", "evaluate_many", "format_expression"]

_TYPES: dict[Any, int] = {
    "bool": 1, "int": 2, "double": 3, "string": 4, "timestamp": 5, "duration": 7,
    bool: 1, int: 2, float: 3, str: 4, datetime: 5, timedelta: 7,
}
_STRICT_CEL = 1
_TEMPLATE = 2


_NULLABLE = 1 << 8


def _type(name: str, kind: Any) -> int:
    """The number of a type; "int?" and int | None are nullable."""
    nullable = isinstance(kind, str) and kind.endswith("?")
    if nullable:
        kind = kind[:-1]
    elif type(None) in get_args(kind):
        given = [one for one in get_args(kind) if one is not type(None)]
        nullable, kind = True, given[0] if len(given) == 1 else None
    if kind not in _TYPES:
        raise ValueError(f"variables: {name}: give 'bool', 'int', 'double', 'string', 'timestamp' or "
                         "'duration', with '?' behind it where it may be null")
    return _TYPES[kind] | (_NULLABLE if nullable else 0)


class Expression(_core.Expression):
    """A compiled expression over declared variables, a subset of CEL.

    A value that is missing makes what stands on it unknown, by Kleene's logic. Types are names
    ("double") or Python's own (float).

    >>> rule = Expression("score < 70.0 && plan in ['free']", {"score": "double", "plan": "string"})
    >>> rule.evaluate({"score": 61.5, "plan": "free"})
    True
    >>> rule.evaluate({"plan": "free"}) is None
    True

    A type with "?" behind it, or `int | None`, is nullable: where it is missing it is CEL's null, a
    value that equals nothing but null, rather than unknown:

    >>> Expression("plan == null", {"plan": "string?"}).evaluate({})
    True

    Missing is None, or a name that is not there; in pandas and in lists also NaN, NaT and NA, which
    mean that there. Everywhere else NaN is a number, and comparing with it is an error: in a record,
    in a plain array of numpy (mask what is missing), in polars and in Arrow.

    The variable `metric.logins` is the key "metric.logins", or "logins" of a mapping "metric", or a
    field of a struct column of that name:

    >>> Expression("metric.logins < 3", {"metric.logins": int}).evaluate({"metric": {"logins": 2}})
    True

    An expression never changes; it may be shared between threads, pickled, and hashed by identity.
    """

    def __init__(self, text: str, variables: Mapping[str, str | type], *,
                 strict_cel: bool = False, limits: Mapping[str, int] | None = None) -> None:
        #: The variables that the text may name, and the type of each.
        self.variables = dict(variables)
        self._options = (strict_cel, limits)
        names = tuple(variables)
        types = tuple(_type(name, kind) for name, kind in variables.items())
        try:
            self._compile(text, names, types, _STRICT_CEL if strict_cel else 0, limits)
        except ExpressionError as error:
            error.diagnostics = check_expression(text, variables, strict_cel=strict_cel,
                                                 limits=limits)
            raise

    @classmethod
    def over(cls, data: Rows, text: str, *, strict_cel: bool = False,
             limits: Mapping[str, int] | None = None) -> Expression:
        """Compile an expression over the columns of a table, with the types that they have.

        Columns of types that expressions do not know, such as lists, cannot be named.

        >>> rule = Expression.over({"score": [61.5, 80.0], "plan": ["free", None]}, "score < 70 || plan == 'free'")
        >>> rule.variables
        {'score': 'double', 'plan': 'string'}
        """
        return cls(text, _variables_of(data), strict_cel=strict_cel, limits=limits)

    def evaluate_table(self, data: Rows, *, cancel: _core.Cancel | None = None) -> Table:
        """Evaluate every row: a table of value (null where unknown), outcome and error.

        `data` is anything with Arrow inside (polars, pyarrow, pandas, DuckDB), a dict of columns
        (lists, arrays), or a list of records. Columns that the expression does not use do not matter.

        >>> rule = Expression("score < 70", {"score": "double"})
        >>> rule.evaluate_table({"score": [61.5, 80.0, None]})["value"]
        [True, False, None]
        >>> rule.evaluate_table([{"score": 61.5}, {}])["outcome"]
        ['value', 'unknown']
        """
        return self._evaluate_stream(stream_of(self._as_table(narrow([self], data))), cancel)

    def evaluate_column(self, data: Rows, *, cancel: _core.Cancel | None = None) -> Any:
        """The value of every row as a column of the library that the data comes from, null where it is
        unknown or an error: a polars or pandas Series (with the frame's index), a pyarrow ChunkedArray,
        or else a list.

        >>> Expression("n > 1", {"n": int}).evaluate_column({"n": [1, 2, None]})
        [False, True, None]
        """
        table = self.evaluate_table(data, cancel=cancel)
        library = type(data).__module__.partition(".")[0]
        if library == "polars":
            return table.to_polars()["value"]
        if library == "pyarrow":
            return table.to_arrow()["value"]
        if library == "pandas":
            return _pandas_column(table, data)
        return table["value"]

    def fill(self, columns: Mapping[str, Any], values: Any = None, valid: Any = None, *,
             cancel: _core.Cancel | None = None) -> Counts:
        """Evaluate arrays into arrays of yours, without a copy: the fastest way. Returns what the rows came to.

        `columns` is a mapping of names, or a pandas or polars frame; names that the expression does not
        use do not matter. A column is an array of numpy, or anything with a buffer, of the variable's
        type: bool, int64, float64, datetime64[us], timedelta64[ns]; others that fit are converted. What
        is missing is masked, NaT, null in pandas and polars, or said by an array of bool:
        `(array, there)`. Strings are a sequence with None in it, `Codes(codes, words)`, or a categorical
        column of pandas.

        `values`, if given, receives each row's value, 0 where there is none: bool, int64, float64,
        datetime64[us] or timedelta64[ns] by the expression's type, which cannot be a string; `valid`
        whether the row has one: an array of bool.

        >>> from array import array
        >>> rule = Expression("score < 70", {"score": "double"})
        >>> out = bytearray(3)
        >>> rule.fill({"score": array("d", [61.5, 80, 12])}, out)
        Counts(values=3, true=2, false=1, unknown=0, error=0)
        >>> list(out)
        [1, 0, 1]
        """
        return fill_many([self], columns, [values], [valid], cancel=cancel)[0]

    def _as_table(self, data: Any) -> Any:
        """A list of records as columns, those that no record has included; struct columns flattened."""
        if not isinstance(data, (list, tuple)):
            return flatten(data)
        columns: dict[str, Any] = {name: [None] * len(data) for name in self.variables if self.uses(name)}
        for name, cells in records_of(data).items():
            self._add_records(columns, name, cells)
        return columns

    def _add_records(self, columns: dict[str, Any], name: str, cells: list[Any]) -> None:
        inner = [cell if isinstance(cell, Mapping) else {} for cell in cells]
        if any(inner):
            for key, values in records_of(inner).items():
                self._add_records(columns, f"{name}.{key}", values)
        elif name in columns:
            columns[name] = cells

    def _instant(self, value: Any) -> int:
        if isinstance(value, str):
            return _core.time_parse(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
        return _core.time_micros(value)

    def __reduce__(self) -> tuple[Any, ...]:
        return _compile_again, (type(self), self.text, self.variables, *self._options)

    def __repr__(self) -> str:
        return "<churn.Expression closed>" if self.closed else f"<churn.Expression {self.text!r}>"

    def _repr_html_(self) -> str:
        from html import escape
        if self.closed:
            return escape(repr(self))
        names = ", ".join(f"{name}: {_type_name(kind)}" for name, kind in self.variables.items()
                          if self.uses(name))
        return f"<code>{escape(self.text)}</code> <small>{self.type} over {escape(names or 'nothing')}</small>"


def _type_name(kind: Any) -> str:
    return next(str(name) for name, number in _TYPES.items() if number == _TYPES[kind])


def _pandas_column(table: Table, frame: Any) -> Any:
    import pandas  # type: ignore[import-not-found,import-untyped,unused-ignore]
    kind = table.column_types[0]
    try:
        column = table.to_arrow()["value"]
    except ImportError:
        return _slow_pandas_column(table["value"], kind, frame)
    dtypes = {"bool": pandas.BooleanDtype(), "int": pandas.Int64Dtype(), "string": pandas.StringDtype()}
    dtype = dtypes.get(kind)
    series = column.to_pandas(types_mapper=lambda _: dtype) if dtype is not None else column.to_pandas()
    series.index = frame.index
    return series.rename("value")


def _slow_pandas_column(values: list[Any], kind: str, frame: Any) -> Any:
    import pandas  # type: ignore[import-not-found,import-untyped,unused-ignore]
    kinds = {"bool": "boolean", "int": "Int64", "string": "string"}
    if kind == "duration":
        return pandas.Series(pandas.to_timedelta(values), index=frame.index, name="value")
    if kind == "time":
        return pandas.Series(pandas.to_datetime(values, utc=True), index=frame.index, name="value")
    return pandas.Series(values, index=frame.index, name="value", dtype=kinds.get(kind, "float64"))


def _parts(data: Any) -> dict[str, Any]:
    """Each column of a table as a table of its own, with as few rows as tell its type."""
    data = flatten(data)
    if isinstance(data, (list, tuple)):
        data = records_of(data)
    if isinstance(data, Mapping):
        return {name: {name: values} for name, values in data.items()}
    schema: Any = getattr(data, "schema", None)
    if hasattr(schema, "empty_table"):  # pyarrow
        data = schema.empty_table()
        return {name: data.select([name]) for name in data.column_names}
    if hasattr(data, "clear") and hasattr(data, "get_columns"):  # polars
        return {name: data.clear().select(name) for name in data.columns}
    if type(data).__module__.partition(".")[0] == "pandas":
        return {str(name): data.reset_index(drop=True)[[name]] for name in data.columns}
    return {"": data}


def _variables_of(data: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in _parts(data).values():
        try:
            table = Table.from_arrow(part)
        except (Error, TypeError):
            continue
        for name, kind in zip(table.column_names, table.column_types):
            found[name] = {"time": "timestamp", "float": "double"}.get(kind, kind)
    return found


def _compile_again(kind: type[Expression], text: str, variables: dict[str, Any], strict_cel: bool,
                   limits: Mapping[str, int] | None) -> Expression:
    return kind(text, variables, strict_cel=strict_cel, limits=limits)


class Template(Expression):
    """Text with values in it, as the titles of a playbook's tasks are.

    Between ``{{`` and ``}}`` stands an expression, behind it filters. What is missing or cannot be
    computed is a dash, or what the filter ``default`` says.

    >>> card = Template("Call {{name}}: {{mrr | money}}, {{plan | default('no plan')}}",
    ...                 {"name": "string", "mrr": "double", "plan": "string"}, currency="EUR")
    >>> card.render({"name": "Acme", "mrr": 1234.5})
    'Call Acme: 1,234.50 EUR, no plan'
    """

    def __init__(self, text: str, variables: Mapping[str, str | type], *,
                 time_zone: str | None = None, currency: str | None = None,
                 as_of: Instant | None = None, strict_cel: bool = False,
                 limits: Mapping[str, int] | None = None) -> None:
        """Compile; dates are those of `time_zone` (UTC), `ago` and `in_days` count from `as_of`."""
        #: The variables that the text may name, and the type of each.
        self.variables = dict(variables)
        self._given = {"time_zone": time_zone, "currency": currency, "as_of": as_of,
                       "strict_cel": strict_cel, "limits": limits}
        names = tuple(variables)
        types = tuple(_type(name, kind) for name, kind in variables.items())
        flags = _TEMPLATE | (_STRICT_CEL if strict_cel else 0)
        now = self._instant(as_of) if isinstance(as_of, (str, date)) else as_of
        self._compile(text, names, types, flags, limits, time_zone, currency, now)

    @classmethod
    def over(cls, data: Rows, text: str, *, time_zone: str | None = None,
             currency: str | None = None, as_of: Instant | None = None, strict_cel: bool = False,
             limits: Mapping[str, int] | None = None) -> Template:
        """Compile a template over the columns of a table, with the types that they have."""
        return cls(text, _variables_of(data), time_zone=time_zone, currency=currency, as_of=as_of,
                   strict_cel=strict_cel, limits=limits)

    def render(self, values: Mapping[str, Any]) -> str:
        """The text for one record: a mapping of names to values."""
        text: str = self.evaluate(values)
        return text

    @staticmethod
    def filters() -> Table:
        """The filters: a table of name, takes, arguments, doc, example and shows."""
        return _core.template_filters()

    def __reduce__(self) -> tuple[Any, ...]:
        return _render_again, (type(self), self.text, self.variables, self._given)

    def __repr__(self) -> str:
        return "<churn.Template closed>" if self.closed else f"<churn.Template {self.text!r}>"


def _render_again(kind: type[Template], text: str, variables: dict[str, Any],
                  given: dict[str, Any]) -> Template:
    return kind(text, variables, **given)


def evaluate_many(rules: Mapping[str, Expression] | Iterable[Expression], data: Rows, *,
                  cancel: _core.Cancel | None = None) -> Table:
    """Evaluate many expressions over the same rows: a table with a column of values for each, under
    its name in `rules` ("0", "1" and so on where they have none), null where it is unknown or an error. What they have in common is computed
    once, so this is faster than one after another. All must have the same variables.

    >>> kinds = {"score": "double", "plan": "string"}
    >>> rules = {"low": Expression("score < 70", kinds),
    ...          "low_and_free": Expression("score < 70 && plan == 'free'", kinds)}
    >>> evaluate_many(rules, {"score": [61.5, 80.0], "plan": ["free", None]}).to_columns()
    {'low': [True, False], 'low_and_free': [True, False]}
    """
    if not isinstance(rules, Mapping):
        rules = {str(number): rule for number, rule in enumerate(rules)}
    given: tuple[Expression, ...] = tuple(rules.values())
    for name, rule in rules.items():
        if not isinstance(rule, Expression):
            raise TypeError(f"rules: {name}: give a churn.Expression, not a {type(rule).__name__}")
    if not given:
        raise ValueError("rules: give at least one")
    data = _records_for(given, data) if isinstance(data, (list, tuple)) else flatten(narrow(given, data))
    return given[0]._evaluate_many(given, list(rules), stream_of(data), cancel)


def _records_for(rules: tuple[Expression, ...], rows: Any) -> Any:
    columns: dict[str, Any] = {}
    for rule in rules:
        columns.update(rule._as_table(rows))
    return columns


def format_expression(text: str, *, limits: Mapping[str, int] | None = None) -> str:
    """Write an expression in the one canonical way; names and types are not looked at.

    Texts that read as the same tree give the same text. Comments are dropped.

    >>> format_expression("(score<70.0)&&plan in['free']  // why")
    'score < 70.0 && plan in ["free"]'
    """
    return _core._format_expression(text, limits)


def check_expression(text: str, variables: Mapping[str, str | type], *, strict_cel: bool = False,
                     limits: Mapping[str, int] | None = None) -> list[Diagnostic]:
    """Tell everything that can be said about a text: every error, or every lint.

    Lints are what compiles but is probably not meant; a comment switches one off:
    ``// churn: allow CH1701``.

    >>> for finding in check_expression("x == 0.5", {"x": "double"}):
    ...     print(finding)
    expression:1:3: warning CH1701: `x` and `0.5` are seldom equal to the last digit: compare with `<` or `>`, or round
    """
    names = tuple(variables)
    types = tuple(_type(name, kind) for name, kind in variables.items())
    table = _core._check_expression(text, names, types, _STRICT_CEL if strict_cel else 0, limits)
    return [Diagnostic(file="expression", **row) for row in table.to_dicts()]
