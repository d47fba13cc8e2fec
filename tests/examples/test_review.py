# SPDX-License-Identifier: MIT
"""The reviews in C, Python and Go print the same bytes, and go on from each other's states."""
import subprocess
import sys

import pytest
from programs import ROOT, built, environment, needs, run

PLAYBOOK = ROOT / "examples" / "playbooks" / "saas.yaml"
SAMPLE = ROOT / "examples" / "data"
AS_OF = "2026-02-01"


@pytest.fixture(scope="session")
def in_c():
    return [built("examples/review")]


@pytest.fixture(scope="session")
def in_python():
    return [sys.executable, ROOT / "examples" / "review.py"]


@pytest.fixture(scope="session")
def in_go(tmp_path_factory):
    program = tmp_path_factory.mktemp("go") / "review"
    run(needs("go"), "build", "-o", program, "./examples/review", cwd=ROOT / "bindings" / "go",
        env=environment())
    return [program]


@pytest.fixture(params=["in_python", "in_go"])
def other(request):
    """A review in another language than C."""
    return request.getfixturevalue(request.param)


def review(program, *more, data=SAMPLE, as_of=AS_OF):
    return run(*program, "--data", data, "--playbook", PLAYBOOK, "--as-of", as_of, *more,
               env=environment())


def test_the_review_is_the_reviewed_one(other):
    assert review(other) == (ROOT / "tests" / "golden" / "review.txt").read_bytes()


@pytest.mark.parametrize("as_of, start", [("2025-03-30", "2025-02-01"), ("2025-08-15", "2025-06-30"),
                                          ("2026-02-01T09:30", "2026-01-01"), ("2027-01-01", "2026-12-24")])
def test_reviews_at_other_dates_are_those_in_c(in_c, other, as_of, start):
    dates = {"as_of": as_of}
    assert review(other, "--from", start, **dates) == review(in_c, "--from", start, **dates)


def test_a_second_run_goes_on_from_the_state(in_c, other, tmp_path):
    for program, name in ((in_c, "c"), (other, "other")):
        for date in ("2025-12-01", "2026-01-31", AS_OF):
            review(program, "--state", tmp_path / name, "--from", "2025-10-01", as_of=date)
    assert (tmp_path / "c").read_bytes() == (tmp_path / "other").read_bytes()
    at_once = review(in_c, "--from", "2025-10-01")
    assert review(other, "--state", tmp_path / "other") == at_once
    assert review(other, "--state", tmp_path / "c") == at_once
    earlier = review(other, "--state", tmp_path / "c", "--from", "2025-10-01", as_of="2025-12-01")
    assert earlier == review(in_c, "--from", "2025-10-01", as_of="2025-12-01")


@pytest.fixture
def odd_company(tmp_path):
    """Nobody has a name or an owner, files are missing, one is written by a spreadsheet."""
    files = {
        "customers": "\ufeffid,since,owner,seats\r\na,2025-06-01,,5\r\n\r\nő,2025-06-01,,\r\n"
                     '"with ""quotes"", and comma",2025-06-01,,12.5\r\nlater,2026-03-01,,1\r\n',
        "events": "customer,type,at,user\na,login,2026-01-03 09:30,x\nő,login,2026-01-20T10:00+01:00,\n"
                  "a,,2026-01-04,\n,login,2026-01-04,\na,login,not a date,\n",
        "subscriptions": "id,customer,valid_from,status,amount,currency,period\n"
                         "1,a,2025-06-01,active,1234567.89,USD,month\n2,ő,2025-06-01,active,99.995,USD,year\n",
        "attributes": "customer,name,valid_from,value\na,plan,2025-07-01,team\na,seats,2025-08-01,7\n"
                      "a,plan,2025-09-01,\n",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_bytes(text.encode())
    return tmp_path


def test_a_company_of_which_little_is_known(in_c, other, odd_company):
    expected = review(in_c, data=odd_company, as_of="2026-01-31")
    assert "a, –, owner –".encode() in expected
    assert review(other, data=odd_company, as_of="2026-01-31") == expected


@pytest.mark.parametrize("wrong", [
    ["--data", "/nowhere"], ["--playbook", "/nowhere.yaml"], ["--as-of", "2026-02-30"],
    ["--from", "yesterday"], ["--state", "/nowhere/state"], ["--state", __file__]])
def test_what_is_wrong_is_said_and_nothing_printed(in_c, other, wrong):
    given = {"--data": SAMPLE, "--playbook": PLAYBOOK, "--as-of": AS_OF, wrong[0]: wrong[1]}
    for program in (in_c, other):
        command = [str(part) for part in [*program, *(x for pair in given.items() for x in pair)]]
        done = subprocess.run(command, capture_output=True, env=environment())
        assert done.returncode == 1 and done.stderr and not done.stdout, (command, done)


def test_arguments_that_are_unknown_or_missing(in_c, in_python):
    for program in (in_c, in_python):
        for command in ([*program], [*program, "--dat", "x"]):
            done = subprocess.run([str(part) for part in command], capture_output=True,
                                  env=environment())
            assert done.returncode == 2 and b"usage" in done.stderr
