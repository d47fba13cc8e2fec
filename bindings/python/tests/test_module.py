# SPDX-License-Identifier: MIT
"""The package itself: versions, times, what importing it costs, and what is beside it."""
import pathlib
import re
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone

import pytest

import churn
from churn import _core, _status
from conftest import ROOT

HERE = pathlib.Path(churn.__file__).parent


def test_versions_agree():
    assert churn.version() == churn.__version__
    major, minor, patch = map(int, churn.version().split("."))
    assert churn.version_number() == major * 1_000_000 + minor * 1_000 + patch
    assert churn.abi_version() == major


def test_statuses_are_the_library_s():
    for number, (name, text) in _status.STATUSES.items():
        spelled, said = _core.status_of(number)
        assert spelled == ("CHURN_OK" if number == 0 else f"CHURN_E_{name}")
        assert said.rstrip(".") == text
    assert _core.status_of(12345)[0] == "CHURN_E_FAILED"


def test_import_needs_nothing_else_and_is_quick():
    code = f"""if 1:
        import sys, time
        sys.path.insert(0, {str(HERE.parent)!r})
        begin = time.process_time()
        import churn
        took = time.process_time() - begin
        heavy = {{"pandas", "polars", "pyarrow", "duckdb", "numpy", "zoneinfo", "decimal", "inspect", "html"}}
        print(sorted(heavy & set(sys.modules)), took)
    """
    took = []
    for _ in range(5):
        out = subprocess.run([sys.executable, "-S", "-c", code], check=True, capture_output=True, text=True).stdout
        loaded, seconds = out.split()
        assert loaded == "[]"
        took.append(float(seconds))
    assert min(took) < 0.05  # the goal is 15 ms on an idle machine


def test_library_is_bundled():
    assert list(HERE.glob("libchurn.so.*")) and list(HERE.glob("_core.abi3.so"))
    assert (HERE / "py.typed").exists() and (HERE / "_core.pyi").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads ELF through ldd")
def test_every_shared_object_stands_alone():
    """Only the C library and its parts come from outside the folder."""
    allowed = ("linux-vdso", "libc.so", "libm.so", "libpthread.so", "/lib", "ld-linux", "libdl.so")
    for file in HERE.glob("*.so*"):
        for line in subprocess.run(["ldd", str(file)], check=True, capture_output=True, text=True,
                                   env={}).stdout.splitlines():
            name = line.split()[0]
            assert name.startswith(allowed) or str(HERE) in line, (file.name, line)


@pytest.mark.parametrize("at", [
    datetime(1970, 1, 1, tzinfo=timezone.utc),
    datetime(2026, 2, 1, 9, 30, 5, 250000, tzinfo=timezone(timedelta(hours=2))),
    datetime(1, 1, 1, tzinfo=timezone.utc),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=timezone.utc),
    datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=timezone.utc),
])
def test_datetimes_are_exact(at):
    micros = _core.time_micros(at)
    assert micros == (at - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)
    assert _core.time_datetime(micros) == at
    assert churn.time_parse(churn.time_format(at)) == at


def test_naive_datetimes_are_refused_with_a_hint():
    with pytest.raises(ValueError, match="timezone.utc"):
        _core.time_micros(datetime(2026, 2, 1))
    with pytest.raises(TypeError):
        _core.time_micros(1.5)
    with pytest.raises(TypeError):
        _core.time_micros(date(2026, 2, 1))
    with pytest.raises(churn.ParseError) as caught:
        churn.time_parse("2026-02-01T09:30")
    assert isinstance(caught.value, ValueError) and caught.value.status == _status.PARSE


def test_limits():
    limits = churn.default_limits()
    assert limits["playbook_depth"] == 64 and limits["expression_bytes"] == 8192
    with pytest.raises(ValueError, match="no limit 'playbok_depth'"):
        churn.Store(limits={"playbok_depth": 1})
    with pytest.raises(OverflowError):
        churn.Store(limits={"playbook_depth": 2**40})
    with pytest.raises(churn.RangeError):
        churn.Store(limits={"string_bytes": 2**40})


def test_cancel():
    flag = churn.Cancel()
    assert not flag.is_set() and flag.progress() == (0, 0)
    flag.set()
    assert flag.is_set()
    flag.close()
    assert flag.closed and not flag.is_set()


def test_exports_are_there():
    for name in churn.__all__:
        assert getattr(churn, name) is not None


def test_coverage_names_what_is_there():
    """Every name that bindings/COVERAGE.txt gives for Python exists."""
    lines = (ROOT / "bindings" / "COVERAGE.txt").read_text(encoding="utf-8").splitlines()
    found = [re.match(r"churn_\w+ +python: (.*?) {2,}go: ", line) for line in lines]
    names = [name for match in found if match and match[1][0] != "(" for name in match[1].split(", ")]
    assert len(names) > 80
    error = churn.Error("m")
    for name in names:
        kind, _, rest = name.partition(".")
        value = error if kind == "Error" else getattr(churn, kind)
        assert not rest or hasattr(value, rest), name
