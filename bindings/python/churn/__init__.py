# SPDX-License-Identifier: MIT
"""The engine of a churn-reduction playbook: records in; at-risk customers, reasons, actions out."""
from . import _core, statistics
from ._core import (Cancel, abi_version, default_limits, figures, functions, live_handles, time_format, version,
                    version_number)
from ._data import ArrowArray, ArrowStream, Data, Instant, time_parse
from ._watch import Progress
from .engagement import Cohorts, Triangle
from .engine import CustomerAnswer, Engine, Every, ExplainedLines, Impact, QueryAnswer, Reference, Run, ScoreAnswer
from .erase import EraseReport, ForgetReport, MergeReport
from .errors import (AbiError, ArgumentError, CancelledError, CorruptError, Diagnostic, Error,
                     ExistsError, ExpressionError, InternalError, LimitError, LoadError,
                     NotFoundError, ParseError, PlaybookError, QueryError, RangeError, StateError,
                     StorageError, UnsupportedError, Utf8Error, ValueTypeError, VersionError,
                     _make_error)
from .explanation import ChangeExplanation, Explanation
from .expression import Expression, Template, check_expression, evaluate_many, format_expression
from .many import Codes, Counts, fill_many
from .playbook import Playbook, PlaybookDiff, TestReport
from .signals import anomalies, change_points, cusum
from .store import Kind, LoadReport, Span, Store
from .table import Table

_core._register(_make_error, Table)

__version__ = version()

__all__ = [
    "AbiError", "ArgumentError", "ArrowArray", "ArrowStream", "Cancel", "CancelledError", "ChangeExplanation",
    "Codes", "Cohorts", "CorruptError", "Counts", "CustomerAnswer", "Data", "Diagnostic", "Engine", "EraseReport", "Error", "Every", "ExistsError", "ExplainedLines", "Explanation", "Expression",
    "ExpressionError", "ForgetReport", "Impact", "Instant", "InternalError", "Kind", "LimitError", "LoadError",
    "LoadReport", "MergeReport", "NotFoundError", "ParseError", "Playbook", "PlaybookDiff", "PlaybookError", "Progress", "QueryAnswer", "QueryError", "RangeError", "Reference", "Run",
    "ScoreAnswer", "Span", "StateError", "StorageError", "Store", "Table", "Template", "TestReport", "Triangle", "UnsupportedError", "Utf8Error",
    "ValueTypeError", "VersionError", "__version__", "abi_version", "anomalies", "change_points", "check_expression", "cusum", "default_limits",
    "evaluate_many", "figures", "fill_many",
    "format_expression", "functions", "live_handles", "statistics", "time_format", "time_parse", "version", "version_number",
]
