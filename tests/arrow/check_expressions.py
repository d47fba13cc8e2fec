#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Evaluate expressions over pyarrow's tables in all the forms that they come in.

    check_expressions.py build/lib/libchurn.so [SEED [ROUNDS]]

Slices, chunks, empty batches, dictionaries that differ from batch to batch and have null entries,
views, narrow numbers, durations, dates. What comes back must be what Python makes of the cells.
Exit status 77 means that pyarrow is absent.
"""

import ctypes
import datetime
import decimal
import random
import sys

try:
    import pyarrow as pa
except ImportError:
    print("1..0 # SKIP pyarrow is not installed")
    sys.exit(77)

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
STREAM_BYTES = 40 if ctypes.sizeof(ctypes.c_void_p) == 8 else 20
NTS = ctypes.c_size_t(-1).value
BOOL, INT, DOUBLE, STRING, TIME, DURATION = 1, 2, 3, 4, 5, 7


class Str(ctypes.Structure):
    _fields_ = [("ptr", ctypes.c_char_p), ("len", ctypes.c_size_t)]


class Variable(ctypes.Structure):
    _fields_ = [("name", Str), ("type", ctypes.c_int32), ("flags", ctypes.c_uint32)]


class Error(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("status", ctypes.c_int32),
        ("detail", ctypes.c_int32),
        ("line", ctypes.c_uint32),
        ("column", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("row", ctypes.c_uint64),
        ("message", ctypes.c_char * 480),
    ]


NAMES = {"s": STRING, "i": INT, "d": DOUBLE, "b": BOOL, "t": TIME, "u": DURATION}


def known(*values):
    return all(v is not None for v in values)


def conj(a, b):
    return False if a is False or b is False else True if a and b else None


def lift(f):
    return lambda *a: f(*a) if known(*a) else None


# What each expression comes to, by Python, over the cells as (s, i, d, b, t, u).
RULES = [
    ("s", lambda r: r["s"]),
    ("s == 'b'", lambda r: lift(lambda s: s == "b")(r["s"])),
    ("s in ['a', 'abc', '']", lambda r: lift(lambda s: s in ("a", "abc", ""))(r["s"])),
    ("s.contains('b') && b",
     lambda r: conj(lift(lambda s: "b" in s)(r["s"]), r["b"])),
    ("s + '!'", lambda r: lift(lambda s: s + "!")(r["s"])),
    ("size(s)", lambda r: lift(len)(r["s"])),
    ("has(s)", lambda r: r["s"] is not None),
    ("i", lambda r: r["i"]),
    ("i > 2", lambda r: lift(lambda i: i > 2)(r["i"])),
    ("d", lambda r: r["d"]),
    ("d * 2.0", lambda r: lift(lambda d: d * 2.0)(r["d"])),
    ("b", lambda r: r["b"]),
    ("!b && i > 2", lambda r: conj(lift(lambda b: not b)(r["b"]), lift(lambda i: i > 2)(r["i"]))),
    ("t", lambda r: r["t"]),
    ("t < timestamp('2000-01-01T00:00:00Z')",
     lambda r: lift(lambda t: t < 946684800000000)(r["t"])),
    ("u", lambda r: r["u"]),
    ("u > duration('1s')", lambda r: lift(lambda u: u > 10**9)(r["u"])),
]


class Churn:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.lib.churn_table_free.restype = None
        self.lib.churn_expression_free.restype = None
        self.lib.churn_live_handles.restype = ctypes.c_int64
        variables = (Variable * len(NAMES))()
        for k, (name, kind) in enumerate(NAMES.items()):
            variables[k] = Variable(Str(name.encode(), len(name)), kind, 0)
        self.rules = (ctypes.c_void_p * len(RULES))()
        for k, (text, _) in enumerate(RULES):
            out, err = ctypes.c_void_p(), Error(struct_size=ctypes.sizeof(Error))
            status = self.lib.churn_expression_compile(
                text.encode(), ctypes.c_size_t(NTS), variables, len(NAMES), None,
                ctypes.byref(out), ctypes.byref(err))
            assert status == 0, (text, err.message)
            self.rules[k] = out.value

    def close(self):
        for rule in self.rules:
            self.lib.churn_expression_free(ctypes.c_void_p(rule))

    def _read(self, call, reader):
        given, taken = (ctypes.create_string_buffer(STREAM_BYTES) for _ in range(2))
        reader._export_to_c(ctypes.addressof(given))
        err, table = Error(struct_size=ctypes.sizeof(Error)), ctypes.c_void_p()
        status = call(given, ctypes.byref(table), ctypes.byref(err))
        assert status == 0, err.message.decode()
        assert self.lib.churn_table_export(table, taken, ctypes.byref(err)) == 0
        self.lib.churn_table_free(table)
        return pa.RecordBatchReader._import_from_c(ctypes.addressof(taken)).read_all()

    def one(self, rule, reader):
        return self._read(lambda given, table, err: self.lib.churn_expression_evaluate_stream(
            ctypes.c_void_p(self.rules[rule]), given, None, table, err), reader)

    def many(self, reader):
        return self._read(lambda given, table, err: self.lib.churn_expressions_evaluate_stream(
            self.rules, len(RULES), None, given, None, table, err), reader)


# ---- columns in their forms ----

WORDS = ["a", "b", "abc", "", "\u00e9t\u00e9", "a text that is longer than twelve bytes"]
INDICES = [pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64()]


def cells(rng, n, make):
    share = rng.choice([0.0, 0.1, 0.5, 1.0])
    return [None if rng.random() < share else make() for _ in range(n)]


def texts(rng, form):
    plain = {"string": pa.string(), "large": pa.large_string(), "view": pa.string_view()}
    if form in plain:
        return lambda n: pa.array(cells(rng, n, lambda: rng.choice(WORDS)), plain[form])
    index, values = form

    def make(n):
        entries = rng.sample(WORDS, rng.randint(1, 6)) + [None] * rng.randint(0, 2)
        rng.shuffle(entries)
        at = cells(rng, n, lambda: rng.randrange(len(entries)))
        return pa.DictionaryArray.from_arrays(pa.array(at, index), pa.array(entries, values))

    return make


def numbers(rng, kind):
    low = 0 if pa.types.is_unsigned_integer(kind) else -5
    return lambda n: pa.array(cells(rng, n, lambda: rng.randint(low, 100)), kind)


def reals(rng, kind):
    if pa.types.is_integer(kind):
        return numbers(rng, kind)
    if pa.types.is_decimal(kind):
        return lambda n: pa.array(
            cells(rng, n, lambda: decimal.Decimal(rng.randint(-999, 999)) / 4), kind)
    return lambda n: pa.array(cells(rng, n, lambda: rng.randint(-99, 99) / 4), kind)


def instants(rng, kind):
    if pa.types.is_date(kind):
        return lambda n: pa.array(cells(rng, n, lambda: datetime.date(1970, 1, 1) +
                                        datetime.timedelta(rng.randint(-20000, 20000))), kind)
    return lambda n: pa.array(cells(rng, n, lambda: rng.randint(-10**9, 2 * 10**9)),
                              pa.int64()).cast(pa.timestamp("s")).cast(kind)


def spans(rng, kind):
    return lambda n: pa.array(cells(rng, n, lambda: rng.randint(-3 * 10**9, 5 * 10**9)), kind)


def nothing(_rng, _kind=None):
    return lambda n: pa.nulls(n)


def pick_columns(rng):
    units = ["s", "ms", "us", "ns"]
    text_forms = ["string", "large", "view"] + [
        (rng.choice(INDICES), rng.choice([pa.string(), pa.large_string()])) for _ in range(4)]
    times = [pa.timestamp(u) for u in units] + [pa.timestamp(u, "Europe/Paris") for u in units]
    made = {
        "s": texts(rng, rng.choice(text_forms)),
        "i": numbers(rng, rng.choice(INDICES + [pa.uint64()])),
        "d": reals(rng, rng.choice([pa.float32(), pa.float64(), pa.float64(), pa.int32(),
                                    pa.decimal128(9, 2)])),
        "b": lambda n: pa.array(cells(rng, n, lambda: rng.random() < 0.5), pa.bool_()),
        "t": instants(rng, rng.choice(times + [pa.date32(), pa.date64()])),
        "u": spans(rng, pa.int64()),
    }
    if rng.random() < 0.15:
        made[rng.choice("sidbtu")] = nothing(rng)
    return made


def sliced(rng, make, n):
    before, after = rng.choice([0, 0, 1, 3, 7, 8, 9, 64, 70]), rng.choice([0, 0, 1, 5])
    return make(before + n + after).slice(before, n)


def pick_table(rng):
    made = pick_columns(rng)
    batches = []
    for _ in range(rng.randint(1, 4)):
        n = rng.choice([0, 1, 7, 8, 9, 63, 64, 65, 200, 1023, 1025, 2050])
        arrays = {name: sliced(rng, make, n) for name, make in made.items()}
        arrays["other"] = pa.array([[1]] * n, pa.list_(pa.int64()))  # of a type that is not read, and not used
        order = list(arrays)
        rng.shuffle(order)
        batches.append(arrays)
    order = list(batches[0])
    rng.shuffle(order)
    batches = [pa.RecordBatch.from_arrays([b[name] for name in order], order) for b in batches]
    return batches


def cell(value):
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.datetime):
        at = value if value.tzinfo else value.replace(tzinfo=UTC)
        return (at - EPOCH) // datetime.timedelta(microseconds=1)
    if isinstance(value, datetime.date):
        return (value - datetime.date(1970, 1, 1)).days * 86_400_000_000
    return value


def came(column):
    """What a column of an answer holds; durations as nanoseconds."""
    if pa.types.is_duration(column.type):
        column = column.cast(pa.int64())
    return [cell(v) for v in column.to_pylist()]


def plain(column):
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        return [None if v is None else v // 1000 for v in column.cast(pa.int64()).to_pylist()]
    return [cell(v) for v in column.to_pylist()]


def check(churn, rng, number):
    batches = pick_table(rng)
    schema = batches[0].schema
    columns = {name: [v for b in batches for v in plain(b.column(name))] for name in NAMES}
    rows = [dict(zip(columns, values)) for values in zip(*columns.values())]
    many = churn.many(pa.RecordBatchReader.from_batches(schema, batches))
    alone = rng.randrange(len(RULES))
    one = churn.one(alone, pa.RecordBatchReader.from_batches(schema, batches))
    for k, (text, rule) in enumerate(RULES):
        want = [rule(r) for r in rows]
        got = [came(many.column(k))]
        if k == alone:
            got.append(came(one.column("value")))
        for values in got:
            for row, (a, b) in enumerate(zip(want, values)):
                if a != b:
                    print(f"not ok {number} - `{text}` in row {row}: {a!r} wanted, {b!r}; {schema}")
                    return False
            if len(values) != len(want):
                print(f"not ok {number} - `{text}`: {len(values)} rows of {len(want)}")
                return False
    return True


def main():
    churn = Churn(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    rng = random.Random(seed)
    good = all(check(churn, rng, number + 1) for number in range(rounds))
    churn.close()
    live = churn.lib.churn_live_handles()
    print(f"{'ok' if good and live == 0 else 'not ok'} - {rounds} tables, seed {seed}")
    sys.exit(0 if good and live == 0 else 1)


main()
