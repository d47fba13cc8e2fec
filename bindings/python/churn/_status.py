"""Generated from lib/core/status.csv by lib/core/generate_status.py; do not edit."""

OK = 0
FAILED = 1
INTERNAL = 2
NOMEM = 3
ARG = 4
STATE = 5
NOT_FOUND = 6
EXISTS = 7
TYPE = 8
RANGE = 9
LIMIT = 10
PARSE = 11
CONFIG = 12
UTF8 = 13
IO = 14
CORRUPT = 15
VERSION = 16
UNSUPPORTED = 17
CANCELLED = 18
FORKED = 19
ABI = 20

#: Number to (name, text).
STATUSES: dict[int, tuple[str, str]] = {
    0: ("OK", "The call succeeded"),
    1: ("FAILED", "The call failed for a reason that has no status of its own"),
    2: ("INTERNAL", "An invariant of the library is broken: report it as a defect"),
    3: ("NOMEM", "The allocator gave no memory"),
    4: ("ARG", "An argument is NULL or out of its documented values: the calling code is wrong"),
    5: ("STATE", "The handle cannot do this now: it is busy or the order of calls is wrong"),
    6: ("NOT_FOUND", "There is nothing of that name or id"),
    7: ("EXISTS", "There is already something of that name or id"),
    8: ("TYPE", "A value or column has another type than is needed"),
    9: ("RANGE", "A number or instant lies outside what is allowed"),
    10: ("LIMIT", "A limit was reached: raise it in the options or give less"),
    11: ("PARSE", "A text is not well formed: see line and column"),
    12: ("CONFIG", "A playbook is well formed but means nothing: see the diagnostics"),
    13: ("UTF8", "A text is not UTF-8"),
    14: ("IO", "A file could not be read or written"),
    15: ("CORRUPT", "Saved bytes are damaged"),
    16: ("VERSION", "Saved bytes were written by a newer version"),
    17: ("UNSUPPORTED", "This version does not do that"),
    18: ("CANCELLED", "The call was cancelled"),
    19: ("FORKED", "The handle was made by the parent of this process"),
    20: ("ABI", "A struct or a library version does not fit the headers that the caller was built with"),
}
