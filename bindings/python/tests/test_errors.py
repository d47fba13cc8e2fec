# SPDX-License-Identifier: MIT
"""The hierarchy of errors, and what they carry."""
import copy
import pickle

import pytest

import churn
from churn import _status
from churn.errors import _CLASSES, _make_error


def test_every_status_has_a_class():
    outside = {_status.OK, _status.FAILED, _status.NOMEM}
    assert set(_CLASSES) == set(_status.STATUSES) - outside
    for kind in _CLASSES.values():
        assert issubclass(kind, churn.Error)


@pytest.mark.parametrize("status, builtin", [
    (_status.ARG, ValueError), (_status.STATE, RuntimeError), (_status.NOT_FOUND, KeyError),
    (_status.TYPE, TypeError), (_status.RANGE, ValueError), (_status.IO, OSError),
    (_status.UNSUPPORTED, NotImplementedError),
])
def test_errors_are_python_s_too(status, builtin):
    made = _make_error(status, "it failed: why", 203, 3, 7, 11, "", None)
    assert isinstance(made, builtin) and isinstance(made, churn.Error)
    assert str(made) == "it failed: why"
    assert (made.status, made.detail, made.code) == (status, 203, "CH0203")
    assert (made.line, made.column, made.row) == (3, 7, 11)
    assert made.status_name == _status.STATUSES[status][0]


def test_subjects_refine_the_class():
    made = [_make_error(status, "m", 0, None, None, row, subject, None) for status, row, subject in [
        (_status.CONFIG, None, "playbook"), (_status.IO, None, "playbook"),
        (_status.TYPE, None, "expression"), (_status.RANGE, 4, "load"),
        (_status.RANGE, None, "load"), (999, None, "")]]
    assert [type(error) for error in made] == [
        churn.PlaybookError, churn.StorageError, churn.ExpressionError, churn.LoadError,
        churn.RangeError, churn.Error]
    assert made[-1].code is None


@pytest.mark.parametrize("again", [copy.copy, lambda e: pickle.loads(pickle.dumps(e))])
def test_errors_travel(again):
    with pytest.raises(churn.PlaybookError) as caught:
        churn.Playbook.parse("name: [", file="x.yaml")
    there = again(caught.value)
    assert type(there) is churn.PlaybookError
    assert there.diagnostics == caught.value.diagnostics and str(there) == str(caught.value)
    assert there.status == caught.value.status
