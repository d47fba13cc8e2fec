# SPDX-License-Identifier: MIT
"""Properties of events, by every way in."""
from datetime import datetime, timezone

import churn
import pytest

pyarrow = pytest.importorskip("pyarrow")

CUSTOMERS = ["acme", "acme", "bolt", "bolt"]
TYPES = ["login", "export", "login", "login"]
ATS = [datetime(2026, 1, day, tzinfo=timezone.utc) for day in (1, 2, 3, 4)]
DUE = datetime(2026, 5, 1, tzinfo=timezone.utc)
PROPS = [
    {"platform": "web", "rows": 3, "trial": True},
    {"rows": 2.5, "due": DUE},
    None,
    {"platform": "app", "trial": False},
]
NAMES = ["platform", "rows", "trial", "due"]


def head():
    return {"customer": CUSTOMERS, "type": TYPES, "at": ATS}


def cells(name):
    return [None if props is None else props.get(name) for props in PROPS]


def arrow_props(name):
    """pyarrow mixes no int with float of itself."""
    given = cells(name)
    return [None if x is None else float(x) for x in given] if name == "rows" else given


def one_by_one(store):
    for customer, kind, at, props in zip(CUSTOMERS, TYPES, ATS, PROPS):
        store.add_event(customer, kind, at, props=props)


def flat_columns(store):
    return store.add("event", {**head(), **{f"props.{name}": cells(name) for name in NAMES}})


def dicts(store):
    return store.add("event", {**head(), "props": PROPS})


def arrow_flat(store):
    return store.add("event", pyarrow.table(
        {**head(), **{f"props.{name}": arrow_props(name) for name in NAMES}}))


def arrow_mapped(store):
    table = pyarrow.table({**head(), **{name.upper(): arrow_props(name) for name in NAMES}})
    return store.add("event", table, columns={f"props.{name}": name.upper() for name in NAMES})


def struct_array():
    fields = [("platform", pyarrow.string()), ("rows", pyarrow.float64()),
              ("trial", pyarrow.bool_()), ("due", pyarrow.timestamp("us", tz="UTC"))]
    return pyarrow.array([None if p is None else {name: p.get(name) for name in NAMES}
                          for p in PROPS], type=pyarrow.struct(fields))


def arrow_struct(store):
    return store.add("event", pyarrow.table({**head(), "props": struct_array()}))


def arrow_struct_sliced(store):
    """Nulls of the struct, offsets of slices, several chunks."""
    table = pyarrow.table({**head(), "props": struct_array()})
    doubled = pyarrow.concat_tables([table, table])
    store.add("event", doubled.slice(2, 2))
    return store.add("event", doubled.slice(4, 2))


WAYS = [one_by_one, flat_columns, dicts, arrow_flat, arrow_mapped, arrow_struct, arrow_struct_sliced]


@pytest.mark.parametrize("way", WAYS[1:], ids=lambda way: way.__name__)
def test_every_way_gives_the_same_store(way):
    wanted, store = churn.Store(), churn.Store()
    one_by_one(wanted)
    way(store)
    assert store.record_count("event") == 4
    assert store.hash() == wanted.hash()


def test_props_tell_events_apart():
    plain, store = churn.Store(), churn.Store()
    plain.add("event", head())
    one_by_one(store)
    assert plain.hash() != store.hash()


@pytest.mark.parametrize("way", [flat_columns, dicts, arrow_flat, arrow_mapped, arrow_struct],
                         ids=lambda way: way.__name__)
def test_the_report_is_the_same(way):
    report = way(churn.Store())
    assert (report.seen, report.added, report.rejected) == (4, 4, 0)


@pytest.mark.parametrize("first, second", [
    (a, b) for a in ("text", 1.5, True, DUE) for b in ("text", 1.5, True, DUE) if a is not b])
def test_a_property_has_one_type(first, second):
    store = churn.Store()
    store.add_event("acme", "login", ATS[0], props={"x": first})
    with pytest.raises(churn.Error, match="props.x"):
        store.add_event("acme", "login", ATS[1], props={"x": second})
    with pytest.raises(churn.Error, match="props.x"):
        store.add("event", {"customer": ["a"], "type": ["t"], "at": [ATS[0]], "props.x": [second]})
    with pytest.raises(churn.Error, match="props.x"):
        store.add("event", pyarrow.table({"customer": ["a"], "type": ["t"], "at": [ATS[0]],
                                          "props": [{"x": second}]}))
    assert store.record_count("event") == 1


def test_types_that_are_no_scalars_say_what_to_do():
    store = churn.Store()
    table = {"customer": ["a"], "type": ["t"], "at": [ATS[0]]}
    maps = pyarrow.array([[("x", "1")]], type=pyarrow.map_(pyarrow.string(), pyarrow.string()))
    for props in (maps, pyarrow.array([["x"]])):
        with pytest.raises(churn.Error, match="flatten"):
            store.add("event", pyarrow.table({**table, "props": props}))
    with pytest.raises(churn.Error, match="flatten"):
        store.add("event", pyarrow.table({**table, "props.x": pyarrow.array([["x"]])}))
    with pytest.raises(churn.Error, match="flatten"):
        store.add("event", pyarrow.table({**table, "props": pyarrow.array([{"x": {"y": 1}}])}))
    with pytest.raises(churn.Error, match="struct"):
        store.add("event", pyarrow.table({**table, "props": ['{"x": 1}']}))
    with pytest.raises(churn.Error, match="several"):
        store.add("event", pyarrow.table({**table, "props": [{"x": 1}], "props.x": [1]}))
    assert store.record_count("event") == 0


def test_constants_and_value_maps_of_properties():
    wanted, store = churn.Store(), churn.Store()
    for at, platform in zip(ATS[:2], ("web", "app")):
        wanted.add_event("acme", "login", at, props={"platform": platform, "from": "crm"})
    store.add("event", {"customer": ["acme"] * 2, "type": ["login"] * 2, "at": ATS[:2],
                        "props.platform": ["www", "app"]},
              constants={"props.from": "crm"}, values={"props.platform": {"www": "web"}})
    assert store.hash() == wanted.hash()


def test_other_columns_of_events_are_not_read():
    plain, store = churn.Store(), churn.Store()
    plain.add("event", head())
    store.add("event", {**head(), "platform": ["web"] * 4, "properties.x": [1] * 4})
    assert store.hash() == plain.hash()


def test_dicts_among_other_values():
    with pytest.raises(TypeError, match="mappings"):
        churn.Store().add("event", {**head(), "props": [{"x": 1}, 2, None, None]})
    with pytest.raises(ValueError, match="twice"):
        churn.Store().add("event", {**head(), "props": [{"x": 1}] * 4, "props.x": [1] * 4})


def test_frames_of_pandas_and_polars():
    wanted = churn.Store()
    one_by_one(wanted)
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    table = pyarrow.table({**head(), "props": struct_array()})
    for frame in (polars.from_arrow(table), pandas.DataFrame({**head(), "props": PROPS}),
                  pandas.DataFrame({**head(), "props.platform": cells("platform"),
                                    "props.rows": cells("rows"), "props.trial": cells("trial"),
                                    "props.due": cells("due")})):
        store = churn.Store()
        store.add("event", frame)
        assert store.hash() == wanted.hash()
