# SPDX-License-Identifier: MIT
"""Every question about the business: its columns and their types in each library, its words, and how it ends early."""
from datetime import date, datetime, timedelta, timezone

import pytest

import churn
from churn import statistics
from sample import sample_engine, sample_store

SPAN = ("2026-01-01", "2026-04-01")
WORDS, NUMBER, WHOLE, TIME, BOOL = "string", "double", "int64", "timestamp[us, tz=UTC]", "bool"


def columns(text):
    """name: type, with a comma between."""
    kinds = {"s": WORDS, "d": NUMBER, "i": WHOLE, "t": TIME, "b": BOOL}
    return {name: kinds[kind] for name, kind in (part.split(":") for part in text.split())}


PERIOD = "period_start:t period_end:t "
FIGURE = ("kpi:s " + PERIOD + "plan:s value:d low:d high:d numerator:d denominator:d n:i excluded:i missing:s note:s unit:s "
          "currency:s policy:s complete:b marks:s")
CURVE = ("time:d n_risk:d n_event:d n_censored:d n_entered:d survival:d se:d low:d high:d cumulative_hazard:d ch_se:d ch_low:d "
         "ch_high:d")
SUMMARY = ("n:d events:d q25:d median:d median_low:d median_high:d q75:d restricted_mean:d rm_se:d horizon:d last:d survival:d")
TEST = "n:d observed:d expected:d test:s chi2:d df:i p:d"
RISKS = "time:d n_risk:d n_event:d incidence:d se:d low:d high:d"
FOUND = "value:d expected:d low:d high:d score:d p:d n:i kind:s direction:s threshold:d"

#: Of an engine: name, call, columns.
ASKED = {
    "kpi": (lambda e, **o: e.kpi("mrr", *SPAN, every="month", by="plan", **o), FIGURE),
    "kpi, changes": (lambda e, **o: e.kpi("mrr", *SPAN, rolling=28, step=7, by="plan", changes=True, **o),
                     FIGURE + " change:d change_ratio:d adjusted:d"),
    "movements": (lambda e, **o: e.movements(*SPAN, split="plan", **o),
                  "at:t customer:s subscription:s plan:s product:s own_currency:s kind:s cause:s amount:i before:i after:i "
                  "currency:s policy:s"),
    "reconciliation": (lambda e, **o: e.reconciliation(*SPAN, split=["plan", "customer"], **o),
                       "scope:s value:s start:i new:i expansion:i contraction:i churn:i reactivation:i currency_moves:i "
                       "segment_in:i segment_out:i end:i difference:i unknown:i note:s currency:s policy:s"),
    "compare_policies": (lambda e, **o: e.compare_policies(["", "stripe"], "mrr", *SPAN, by="plan", **o),
                         FIGURE + " difference:d reason:s"),
    "cohorts": (lambda e, **o: e.cohorts("customers", *SPAN, by="plan", **o),
                "plan:s average:b cohort:s cohort_start:t members:i cohort_size:d age:i period_start:t value:d low:d high:d "
                "numerator:d denominator:d observed:i complete:b excluded:i unit:s"),
    "engagement": (lambda e, **o: e.engagement(*SPAN, by="plan", **o),
                   "plan:s days:i customers:i share:d active_share:d at_least:i at_least_share:d low:d high:d"),
    "adoption": (lambda e, **o: e.adoption(*SPAN, by="plan", **o),
                 "plan:s event:s used_by:i customers:i share:d low:d high:d first_time:i events:i first_use:t"),
    "funnel": (lambda e, **o: e.funnel(["login", "export"], *SPAN, by="plan", **o),
               "plan:s step:i name:s reached:i share:d low:d high:d share_of_previous:d previous_low:d previous_high:d "
               "drop_off:i median_days:d p90_days:d open:i"),
    "survival": (lambda e, **o: e.survival(SPAN[1], by="plan", **o), "plan:s " + CURVE),
    "survival_summary": (lambda e, **o: e.survival_summary(SPAN[1], by="plan", **o), "plan:s " + SUMMARY),
    "survival_test": (lambda e, **o: e.survival_test(SPAN[1], "plan", **o), "plan:s " + TEST),
    "competing_risks": (lambda e, **o: e.competing_risks(SPAN[1], by="plan", **o), "plan:s kind:s " + RISKS),
    "surveys": (lambda e, **o: e.surveys("nps", *SPAN, every="month", by="plan", **o),
                "survey:s " + PERIOD + "plan:s value:d low:d high:d n:i excluded:i previous:d previous_n:i change:d "
                "change_low:d change_high:d test:s p:d p_adjusted:d signal:s complete:b"),
    "nps_retention": (lambda e, **o: e.nps_retention(*SPAN, days=10, by="plan", **o),
                      PERIOD + "plan:s days:i answered:s n:i retained:i value:d low:d high:d p:d excluded:i complete:b"),
    "themes": (lambda e, **o: e.themes(*SPAN, every="month", by="plan", **o),
               PERIOD + "plan:s kind:s phrase:s words:i times:i documents:i customers:i total:i share:d low:d high:d "
               "previous_documents:i previous_total:i previous_share:d log_odds:d z:d p:d p_adjusted:d change:s sentiment:d "
               "sentiment_n:i example_1:s example_2:s example_3:s complete:b"),
    "goals": (lambda e, **o: e.goals("2026-03-20", **o),
              "goal:s kpi:s group:s per:s " + PERIOD + "at_most:d at_least:d value:d low:d high:d periods:i pace:d needed:d "
              "forecast:d forecast_low:d forecast_high:d on_track:b complete:b method:s note:s"),
    "benchmarks": (lambda e, **o: e.benchmarks(*SPAN, **o),
                   "kpi:s size:s " + PERIOD + "value:d low:d high:d numerator:d denominator:d benchmark_low:d "
                   "benchmark_median:d benchmark_high:d position:s difference:d unit:s complete:b source:s year:i"),
    "anomalies": (lambda e, **o: e.anomalies("visits", *SPAN, every="day", by="plan", everything=True, **o),
                  "kpi:s plan:s " + PERIOD + FOUND + " unit:s marks:s"),
}

#: Of arrays.
GIVEN = {
    "survival": (lambda **o: statistics.survival([5, 6, 6], [1, 0, 1], group=["a", "a", "b"], **o), "group:s " + CURVE),
    "survival_summary": (lambda **o: statistics.survival_summary([5, 6, 6], [1, 0, 1], **o), "group:s " + SUMMARY),
    "survival_quantiles": (lambda **o: statistics.survival_quantiles([5, 6, 6], [1, 0, 1], **o),
                           "group:s share:d time:d low:d high:d"),
    "survival_test": (lambda **o: statistics.survival_test([5, 6], [1, 1], ["a", "b"], **o), "group:s " + TEST),
    "competing_risks": (lambda **o: statistics.competing_risks([5, 6], [1, 2], **o), "group:s kind:i " + RISKS),
    "proportion": (lambda: statistics.proportion([1, 2], [4, 4]), "successes:i trials:i proportion:d low:d high:d"),
    "poisson_rate": (lambda: statistics.poisson_rate(3, 10), "events:i exposure:d rate:d low:d high:d"),
    "change_points": (lambda **o: churn.change_points([1, 2, 9, 8], **o),
                      "start:i end:i n:i mean:d rss:d change:d penalty:d"),
    "cusum": (lambda: churn.cusum([1, 2, 9]), "index:i value:d sum:d above:d below:d alarm:s since:i"),
    "anomalies": (lambda **o: churn.anomalies([1, 2] * 10 + [30], everything=True, **o), "index:i " + FOUND),
}


@pytest.fixture(scope="module")
def engine():
    return sample_engine()


@pytest.fixture(autouse=True)
def no_handle_is_left():
    """The engine is there for all tests of this module."""


def is_as_documented(table, wanted, function):
    pa = pytest.importorskip("pyarrow")
    wanted = columns(wanted)
    arrow = table.to_arrow()
    told = {field.name: WORDS if pa.types.is_dictionary(field.type) or pa.types.is_large_string(field.type)
            else str(field.type) for field in arrow.schema}
    assert told == wanted
    for name in wanted:
        assert name == "plan" or name in function.__doc__, f"{name} is not documented"
    assert list(table.to_pandas().columns) == list(table.to_polars().columns) == list(wanted)
    assert len(table.to_pandas()) == len(table.to_polars()) == len(table) > 0
    dtypes = table.to_polars().schema
    assert all(dtypes[name].is_numeric() for name, kind in wanted.items() if kind in (NUMBER, WHOLE))
    assert all(str(dtypes[name]).startswith("Datetime") for name, kind in wanted.items() if kind == TIME)


@pytest.mark.parametrize("name", ASKED)
def test_questions_give_the_columns_that_they_document(engine, name):
    ask, wanted = ASKED[name]
    function = getattr(churn.Engine, name.partition(",")[0])
    if name == "compare_policies":
        wanted, table = "difference:d reason:s", ask(engine)
        assert table.column_names == [*columns(FIGURE), "difference", "reason"]
        return
    is_as_documented(ask(engine), wanted, function)


@pytest.mark.parametrize("name", GIVEN)
def test_functions_of_arrays_give_the_columns_that_they_document(name):
    ask, wanted = GIVEN[name]
    is_as_documented(ask(), wanted, getattr(statistics, name, None) or getattr(churn, name))


def test_the_list_of_figures():
    table = churn.figures()
    assert table.column_names == ["id", "unit", "at_end", "set", "title", "formula", "source", "example", "vendors"]
    assert {"mrr", "nrr", "grr", "logo_churn", "ltv", "quick_ratio"} <= set(table["id"])
    assert None not in table["formula"] + table["source"] + table["example"]


# ---- ending early ----


@pytest.mark.parametrize("name", ASKED)
def test_questions_can_be_cancelled_and_tell_how_far_they_are(engine, name):
    ask, _ = ASKED[name]
    with churn.Cancel() as flag:
        flag.set()
        with pytest.raises(churn.CancelledError):
            ask(engine, cancel=flag)
    told = []
    ask(engine, progress=lambda done, total: told.append((done, total)))
    assert told and told[-1][0] == told[-1][1] and told == sorted(told)


@pytest.mark.parametrize("name", [name for name in GIVEN if name not in ("proportion", "poisson_rate", "cusum")])
def test_functions_of_arrays_can_be_cancelled(name):
    ask, _ = GIVEN[name]
    with churn.Cancel() as flag:
        assert len(ask(cancel=flag)) > 0
        flag.set()
        with pytest.raises(churn.CancelledError):
            ask(cancel=flag)


# ---- words ----


@pytest.mark.parametrize("call, said", [
    (lambda e: e.kpi("mrr", *SPAN, every="hour"), "every: 'hour' is none of None, 'day'"),
    (lambda e: e.kpi("mrr", *SPAN, every="month", rolling=7), "either every or rolling"),
    (lambda e: e.kpi("mrr", *SPAN, step=7), "step: give it with rolling"),
    (lambda e: e.kpi("mrr", *SPAN, by_at="middle"), "by_at: 'middle' is none of 'start', 'end'"),
    (lambda e: e.kpi("mrr", *SPAN, level=95), "level: 95 is not between 0 and 1"),
    (lambda e: e.compare_policies(["stripe"], "mrr", *SPAN, every=3), "every: 3 is none of"),
    (lambda e: e.compare_policies(["stripe"], "mrr", *SPAN, level=0), "level"),
    (lambda e: e.movements(*SPAN, split="customer"), "split: 'customer' is none of 'plan', 'product', 'currency'"),
    (lambda e: e.cohorts("people", *SPAN), "what: 'people' is none of 'customers'"),
    (lambda e: e.cohorts("customers", *SPAN, every=None), "every: None is none of 'day'"),
    (lambda e: e.cohorts("customers", *SPAN, level=float("nan")), "level"),
    (lambda e: e.engagement(*SPAN, of=["users"]), "of: "),
    (lambda e: e.survival(SPAN[1], unit="weeks"), "unit: 'weeks' is none of 'days', 'months'"),
    (lambda e: e.survival_test(SPAN[1], "plan", test="logrank"), "test: 'logrank' is none of 'log-rank'"),
    (lambda e: e.surveys("smiles", *SPAN), "kind: 'smiles' is none of 'nps'"),
    (lambda e: e.themes(*SPAN, sources="mails"), "sources: 'mails' is none of 'tickets', 'surveys'"),
    (lambda e: e.goals(SPAN[1], level=1), "level"),
    (lambda e: e.anomalies("mrr", *SPAN, every="decade"), "every: 'decade' is none of"),
    (lambda e: e.anomalies("mrr", *SPAN, false_alarms=0), "false_alarms"),
    (lambda e: churn.anomalies([1.0], kind="sum"), "kind: 'sum' is none of 'number'"),
    (lambda e: statistics.proportion(1, 2, method="wald"), "method: 'wald' is none of 'wilson'"),
    (lambda e: statistics.survival([1], level=2), "level: 2 is not between 0 and 1"),
])
def test_words_that_are_none(engine, call, said):
    with pytest.raises(ValueError) as caught:
        call(engine)
    assert said in str(caught.value)


def test_names_that_are_none_get_a_suggestion(engine):
    for call in (lambda: engine.kpi("logo_chrun", *SPAN), lambda: engine.anomalies("logo_chrun", *SPAN),
                 lambda: engine.compare_policies("stripe", "logo_chrun", *SPAN)):
        with pytest.raises(churn.NotFoundError, match="logo_churn"):
            call()
    for call in (lambda: engine.kpi("mrr", *SPAN, policy="strype"), lambda: engine.movements(*SPAN, policy="strype"),
                 lambda: engine.compare_policies("strype", "mrr", *SPAN)):
        with pytest.raises(churn.NotFoundError, match="stripe"):
            call()


def test_one_name_or_several(engine):
    for one, several in (("mrr", ["mrr"]), ("mrr", ("mrr",)), ("mrr", iter(["mrr"]))):
        assert engine.kpi(one, *SPAN, by="plan").to_dicts() == engine.kpi(several, *SPAN, by=["plan"]).to_dicts()
    assert engine.survival(SPAN[1], by="plan").to_dicts() == engine.survival(SPAN[1], by=["plan"]).to_dicts()
    assert engine.compare_policies("stripe", "mrr", *SPAN)["policy"] == ["stripe"]


def test_dates_as_everywhere(engine):
    micros = churn.time_parse("2026-01-01T00:00Z") - datetime(1970, 1, 1, tzinfo=timezone.utc)
    starts = ["2026-01-01", date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=timezone.utc),
              datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), micros // timedelta(microseconds=1)]
    wanted = engine.kpi("mrr", *SPAN, every="month").to_dicts()
    for start in starts:
        assert engine.kpi("mrr", start, SPAN[1], every="month").to_dicts() == wanted
        assert engine.movements(start, SPAN[1]).to_dicts() == engine.movements(*SPAN).to_dicts()
        assert engine.survival(SPAN[1], start=start)["time"] == engine.survival(SPAN[1], start=SPAN[0])["time"]
    with pytest.raises(ValueError, match="timezone"):
        engine.kpi("mrr", datetime(2026, 1, 1), SPAN[1])


def test_rolling_windows(engine):
    table = engine.kpi("new_customers", "2026-01-01", "2026-03-01", rolling=28, step=14)
    assert table["period_end"] == [datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(days=14 * i) for i in range(1, 5)]
    beside = engine.compare_policies(["stripe"], "new_customers", "2026-01-01", "2026-03-01", rolling=28, step=14)
    assert beside["value"] == engine.kpi("new_customers", "2026-01-01", "2026-03-01", rolling=28, step=14,
                                         policy="stripe")["value"]


# ---- columns of other libraries ----


SERIES = [1.0, 2.0, 1.0, None, 2.0, 1.0, 9.0, 8.0, 9.0, 8.0]


def forms():
    """The same numbers as each library has them."""
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    polars, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    wide = numpy.full((len(SERIES), 2), numpy.nan)
    wide[:, 0] = [numpy.nan if value is None else value for value in SERIES]
    yield from (SERIES, tuple(SERIES), iter(SERIES), wide[:, 0], wide[:, 0].astype("float32"), wide[:, 0].copy())
    yield from (pandas.Series(SERIES), pandas.Series(SERIES, dtype="Float64"), pandas.Series(SERIES, dtype="double[pyarrow]"))
    yield from (polars.Series(SERIES), polars.Series(SERIES).cast(polars.Int64), pa.array(SERIES), pa.chunked_array([SERIES]))


def test_series_of_any_library():
    wanted = churn.change_points(SERIES).to_dicts()
    assert [row["start"] for row in wanted] == [0, 6]
    for series in forms():
        assert churn.change_points(series).to_dicts() == wanted, type(series)
    sums = churn.cusum(SERIES, target=1).to_dicts()
    for series in forms():
        assert churn.cusum(series, target=1).to_dicts() == sums, type(series)
    odd = churn.anomalies(SERIES * 4, history=6, everything=True).to_dicts()
    polars = pytest.importorskip("polars")
    assert churn.anomalies(polars.Series(SERIES * 4), history=6, everything=True).to_dicts() == odd


def test_arrays_of_two_dimensions_are_refused():
    numpy = pytest.importorskip("numpy")
    for call in (churn.change_points, churn.cusum, churn.anomalies, statistics.survival):
        with pytest.raises(TypeError, match="dimensions"):
            call(numpy.ones((3, 2)))


# ---- one store, two engines ----


def test_it_is_pure():
    with sample_store() as store, churn.Playbook.parse("{churn: 1, name: x, currency: USD, loss: {any: [subscription]}}") as book:
        with churn.Engine(book, store) as one, churn.Engine(book, store) as other:
            before = one.hash(), store.hash()
            assert one.kpi(None, *SPAN, every="month").to_dicts() == other.kpi(None, *SPAN, every="month").to_dicts()
            assert (one.hash(), store.hash()) == before
