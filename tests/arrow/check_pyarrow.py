#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Send pyarrow's tables through churn_table_import() and back through churn_table_export().

    check_pyarrow.py build/lib/libchurn.so

Each table goes in as it is (slices, chunks, dictionaries, views, nulls of whole rows) and must come
out with the values that pyarrow itself gives for it. Exit status 77 means that pyarrow is absent.
"""

import ctypes
import datetime
import decimal
import math
import random
import sys

try:
    import pyarrow as pa
except ImportError:
    print("1..0 # SKIP pyarrow is not installed")
    sys.exit(77)

UTC = datetime.timezone.utc
STREAM_BYTES = 40 if ctypes.sizeof(ctypes.c_void_p) == 8 else 20


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


class Refused(Exception):
    pass


class Churn:
    """The few functions that are needed here."""

    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.lib.churn_table_import.argtypes = [ctypes.c_void_p] * 3
        self.lib.churn_table_export.argtypes = [ctypes.c_void_p] * 3
        self.lib.churn_table_free.argtypes = [ctypes.c_void_p]
        self.lib.churn_table_free.restype = None
        self.lib.churn_live_handles.restype = ctypes.c_int64

    def live(self):
        return self.lib.churn_live_handles()

    def _try(self, status, err):
        if status != 0:
            raise Refused(err.message.decode("utf-8"))

    def round_trip(self, reader):
        """A RecordBatchReader to a table of ours to a pyarrow.Table."""
        given = ctypes.create_string_buffer(STREAM_BYTES)
        reader._export_to_c(ctypes.addressof(given))
        return self.round_trip_stream(ctypes.addressof(given))

    def round_trip_capsule(self, capsule):
        pointer = ctypes.pythonapi.PyCapsule_GetPointer
        pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
        pointer.restype = ctypes.c_void_p
        return self.round_trip_stream(pointer(capsule, b"arrow_array_stream"))

    def round_trip_stream(self, given):
        taken = ctypes.create_string_buffer(STREAM_BYTES)
        err = Error(struct_size=ctypes.sizeof(Error))
        table = ctypes.c_void_p()
        self._try(
            self.lib.churn_table_import(given, ctypes.addressof(table), ctypes.addressof(err)), err
        )
        self._try(self.lib.churn_table_export(table, taken, ctypes.addressof(err)), err)
        self.lib.churn_table_free(table)  # what was exported outlives it
        back = pa.RecordBatchReader._import_from_c(ctypes.addressof(taken)).read_all()
        back.validate(full=True)
        return back


def micros(value):
    """A date or datetime as microseconds since 1970, wall time taken as UTC."""
    if isinstance(value, datetime.datetime):
        at = value if value.tzinfo else value.replace(tzinfo=UTC)
        return (at - datetime.datetime(1970, 1, 1, tzinfo=UTC)) // datetime.timedelta(microseconds=1)
    return (value - datetime.date(1970, 1, 1)).days * 86_400_000_000


def expected(column):
    """The cells of a pyarrow column as we should give them."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_timestamp(kind):
        # Through integers: nanoseconds do not fit a datetime.
        plain = column.cast(kind) if kind is not column.type else column
        over = {"s": (10**6, 1), "ms": (1000, 1), "us": (1, 1), "ns": (1, 1000)}[kind.unit]
        numbers = plain.cast(pa.int64()).to_pylist()
        return [None if v is None else v * over[0] // over[1] for v in numbers]
    out = []
    for value in column.to_pylist():
        if isinstance(value, decimal.Decimal):
            value = float(value)
        elif isinstance(value, datetime.date):
            value = micros(value)
        if isinstance(value, float) and not math.isfinite(value):
            value = None
        out.append(value)
    return out


def given_back(column):
    if pa.types.is_timestamp(column.type):
        assert column.type.unit == "us" and column.type.tz == "UTC", column.type
        return column.cast(pa.int64()).to_pylist()
    return column.to_pylist()


def every_type(rows, rng):
    """A table with a column of each type that records may come in."""

    def some(make):
        return [None if rng.random() < 0.2 else make() for _ in range(rows)]

    def whole(bits, signed):
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
        return lambda: rng.choice([low, high, 0, rng.randint(low, high)])

    def text():
        return "".join(rng.choice("ab é猫") for _ in range(rng.choice([0, 1, 5, 12, 13, 40])))

    def real():
        return rng.choice([0.0, 1.5, float("nan"), float("inf"), rng.uniform(-1e9, 1e9)])

    def amount():
        return decimal.Decimal(rng.randint(-(10**20), 10**20)).scaleb(-4)

    columns = {}
    for bits in (8, 16, 32, 64):
        columns[f"i{bits}"] = pa.array(some(whole(bits, True)), getattr(pa, f"int{bits}")())
        # Numbers over INT64_MAX are refused, and tried elsewhere.
        top = whole(bits if bits < 64 else 63, False)
        columns[f"u{bits}"] = pa.array(some(top), getattr(pa, f"uint{bits}")())
    columns["f32"] = pa.array(some(lambda: rng.randint(-1000, 1000) / 8), pa.float32())
    columns["f64"] = pa.array(some(real), pa.float64())
    columns["flag"] = pa.array(some(lambda: rng.random() < 0.5), pa.bool_())
    for name, kind in (
        ("utf8", pa.string()),
        ("large", pa.large_string()),
        ("view", pa.string_view()),
    ):
        columns[name] = pa.array(some(text), kind)
    words = pa.array(some(lambda: rng.choice(["red", "green", "", "a longer word than twelve"])), pa.string())
    columns["code"] = words.dictionary_encode()
    for index in (pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.uint32(), pa.int64()):
        columns[f"code_{index}"] = columns["code"].cast(pa.dictionary(index, pa.string()))
    for unit, scale in (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)):
        for zone in (None, "UTC", "Europe/Budapest"):
            columns[f"at_{unit}_{zone}"] = pa.array(
                some(lambda: rng.randint(-4 * 10**9 * scale, 4 * 10**9 * scale)), pa.int64()
            ).cast(pa.timestamp(unit, zone))
    columns["day"] = pa.array(some(lambda: rng.randint(-100000, 100000)), pa.int32()).cast(
        pa.date32()
    )
    columns["day64"] = columns["day"].cast(pa.date64())
    columns["amount"] = pa.array(some(amount), pa.decimal128(28, 4))
    columns["nothing"] = pa.nulls(rows)
    return pa.table(columns)


def compare(churn, what, table, reader=None):
    back = churn.round_trip(reader or table.to_reader())
    assert back.num_rows == table.num_rows, (what, back.num_rows, table.num_rows)
    assert back.column_names == table.column_names, what
    for name in table.column_names:
        want, got = expected(table[name]), given_back(back[name])
        assert want == got, (what, name, [p for p in zip(want, got) if p[0] != p[1]][:3])


def check_slices(churn, rng):
    table = every_type(100, rng)
    compare(churn, "whole", table)
    for start in (0, 1, 7, 8, 9, 63, 99, 100):
        for length in (0, 1, 8, 9, 50):
            compare(churn, f"slice {start}+{length}", table.slice(start, length))


def check_chunks(churn, rng):
    parts = [every_type(n, rng) for n in (0, 3, 1, 0, 17, 8, 0)]
    table = pa.concat_tables(parts)
    compare(churn, "chunks", table)
    compare(churn, "chunks of five", table, table.to_reader(max_chunksize=5))
    compare(churn, "slice of chunks", table.slice(2, 20))


def check_dictionaries(churn, rng):
    parts = [
        pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 0], pa.int8()), pa.array(words))
        for words in (["a", "b"], ["c", None], ["d", "a"])
    ]
    compare(churn, "dictionaries", pa.table({"x": pa.chunked_array(parts)}))
    numbers = pa.DictionaryArray.from_arrays(pa.array([1, 0, None]), pa.array([7, -8]))
    compare(churn, "dictionary of numbers", pa.table({"x": numbers}))
    days = pa.DictionaryArray.from_arrays(
        pa.array([1, 0, None]), pa.array([datetime.date(2026, 2, 1), datetime.date(1969, 1, 1)])
    )
    compare(churn, "dictionary of days", pa.table({"x": days}))
    views = pa.DictionaryArray.from_arrays(
        pa.array([1, 0, None]), pa.array(["short", "a longer text than twelve"], pa.string_view())
    )
    compare(churn, "dictionary of views", pa.table({"x": views}))


def check_null_rows(churn, rng):
    """Struct arrays with an offset and nulls of their own: as they are, and made into records."""
    values = pa.array(range(20), pa.int64())
    texts = pa.array([f"text number {i} is long" if i % 3 else None for i in range(20)])
    absent = pa.array([i % 4 == 1 for i in range(20)])
    structs = pa.StructArray.from_arrays([values, texts], ["n", "s"], mask=absent)
    for start, length in ((0, 20), (1, 5), (3, 17), (9, 2), (20, 0)):
        part = structs.slice(start, length)
        want = [row or {"n": None, "s": None} for row in part.to_pylist()]
        capsule = pa.chunked_array([part], structs.type).__arrow_c_stream__()
        assert churn.round_trip_capsule(capsule).to_pylist() == want, (start, length)
        batch = pa.RecordBatch.from_struct_array(part)
        reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])
        assert churn.round_trip(reader).to_pylist() == want, (start, length)


def check_refused(churn, rng):
    cases = {
        "a list": pa.table({"x": pa.array([[1], [2]])}),
        "a map": pa.table({"x": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64()))}),
        "a struct": pa.table({"x": pa.array([{"a": 1}])}),
        "binary": pa.table({"x": pa.array([b"a"])}),
        "a time of day": pa.table({"x": pa.array([datetime.time(1)])}),
        "a long duration": pa.table({"x": pa.array([10**10], pa.duration("s"))}),
        "decimal256": pa.table({"x": pa.array([decimal.Decimal(1)], pa.decimal256(50, 2))}),
        "a large number": pa.table({"x": pa.array([2**63], pa.uint64())}),
        "a far year": pa.table({"x": pa.array([10**12], pa.int64()).cast(pa.timestamp("s"))}),
    }
    for what, table in cases.items():
        try:
            churn.round_trip(table.to_reader())
        except Refused as refused:
            assert "`x`" in str(refused), (what, refused)
        else:
            raise AssertionError(f"{what} was taken")


def check_empty(churn, rng):
    table = every_type(0, rng)
    compare(churn, "no rows", table)
    compare(churn, "no batches", table, pa.RecordBatchReader.from_batches(table.schema, []))
    compare(churn, "no columns", pa.table({}))


def check_random(churn, rng):
    for turn in range(40):
        table = every_type(rng.randint(0, 60), rng)
        start = rng.randint(0, table.num_rows)
        table = pa.concat_tables([table, table.slice(start)])
        compare(churn, f"random {turn}", table, table.to_reader(rng.randint(1, 40)))


def main():
    churn = Churn(sys.argv[1])
    checks = [check_slices, check_chunks, check_dictionaries, check_null_rows]
    checks += [check_refused, check_empty, check_random]
    before = pa.total_allocated_bytes()
    failures = 0
    print(f"1..{len(checks)}")
    for number, check in enumerate(checks, 1):
        try:
            check(churn, random.Random(number))
            assert churn.live() == 0, f"{churn.live()} handles are left"
            assert pa.total_allocated_bytes() == before, "pyarrow's memory is left"
            print(f"ok {number} - {check.__name__}")
        except (AssertionError, Refused, pa.ArrowException) as error:
            failures += 1
            print(f"not ok {number} - {check.__name__}\n# {error!r}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
