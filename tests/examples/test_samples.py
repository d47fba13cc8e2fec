# SPDX-License-Identifier: MIT
"""The samples of the README run as they stand."""
import re

import pytest
from programs import ROOT, environment, needs, python, run


def sample(language, count=1, which=0):
    """One of the `count` blocks of a language in the README that are programs."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert len(found) == count, f"{len(found)} blocks of {language}"
    return found[which]


@pytest.fixture
def folder(tmp_path):
    """Where a sample runs: it names files below examples."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


def test_the_sample_in_c(folder):
    (folder / "first.c").write_text(sample("c"), encoding="utf-8")
    # The command of the README, with warnings.
    run("sh", "-c", f"{needs('cc')} -Wall -Wextra -Werror first.c "
        f"$({needs('pkg-config')} --cflags --libs churn) -o first", cwd=folder, env=environment())
    text = run("./first", cwd=folder, env=environment()).decode()
    assert re.fullmatch(r"acme is \w+, \d+ % known\n", text), text


def test_the_sample_of_expressions(folder):
    pytest.importorskip("churn")
    (folder / "rule.py").write_text(sample("python", 4, 3), encoding="utf-8")
    lines = python("rule.py", cwd=folder).decode().splitlines()
    assert lines[:2] == ["True", "None"]
    assert lines[-2:] == ["[True, False, None]", "Call Acme: 99.50 EUR"]


def test_the_sample_in_python(folder):
    pytest.importorskip("churn")
    (folder / "first.py").write_text(sample("python", 4, 0), encoding="utf-8")
    lines = python("first.py", cwd=folder).decode().splitlines()
    assert lines[0] == "3 events, 0 rejected"
    # blue has been quiet for ten days on the 12th of January, but nothing came from the product until
    # the 30th: before that the silence may have been the pipeline's.
    assert any(re.match("blue gone_quiet 2026-01-30 23:00.* firing", line) for line in lines), lines
    assert any(line.startswith("bo Blue has been quiet for 28 days 2026-02-") for line in lines), lines
    assert any(line.startswith("baseline ") for line in lines), lines
    assert (folder / "state.bin").stat().st_size > 0


def test_the_sample_of_health_scores(folder):
    pytest.importorskip("churn")
    (folder / "health.py").write_text(sample("python", 4, 1), encoding="utf-8")
    assert python("health.py", cwd=folder).decode() == sample("text", 2, 0)


def test_the_sample_of_figures(folder):
    pytest.importorskip("churn")
    (folder / "figures.py").write_text(sample("python", 4, 2), encoding="utf-8")
    assert python("figures.py", cwd=folder).decode() == sample("text", 2, 1)


def test_the_sample_in_go(folder):
    needs("go")
    body = "".join(f"\t{line}".rstrip() + "\n" for line in sample("go").splitlines())
    names = [name for name in ("fmt", "log", "time") if f"{name}." in body]
    (folder / "main.go").write_text(
        "package main\n\nimport (\n" + "".join(f'\t"{name}"\n' for name in names)
        + '\n\tchurn "github.com/libchurn/libchurn/bindings/go"\n)\n\nfunc main() {\n' + body + "}\n",
        encoding="utf-8")
    (folder / "go.mod").write_text(
        "module first\n\ngo 1.24\n\nrequire github.com/libchurn/libchurn/bindings/go v0.0.0\n\n"
        f"replace github.com/libchurn/libchurn/bindings/go => {ROOT / 'bindings' / 'go'}\n",
        encoding="utf-8")
    run("go", "vet", ".", cwd=folder, env=environment())
    lines = run("go", "run", ".", cwd=folder, env=environment()).decode().splitlines()
    assert lines[0] == "3 events"
    assert [line.split()[0] for line in lines[1:]] == ["acme", "blue"]
