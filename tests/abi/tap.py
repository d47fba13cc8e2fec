"""What the checks of this folder share: where things are, and lines that meson can count."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADERS = ROOT / "include" / "churn"

_count = 0
_failed = 0


def check(name, problems):
    """Print one TAP line; `problems` is a list of what is wrong, empty if nothing is."""
    global _count, _failed
    _count += 1
    problems = list(problems)
    if problems:
        _failed += 1
        for problem in problems[:40]:
            print(f"# {problem}")
        if len(problems) > 40:
            print(f"# and {len(problems) - 40} more")
    print(f"{'not ok' if problems else 'ok'} {_count} - {name}")


def skip(name, why):
    global _count
    _count += 1
    print(f"ok {_count} - {name} # SKIP {why}")


def done():
    print(f"1..{_count}")
    sys.exit(1 if _failed else 0)


def headers():
    return sorted(path for path in HEADERS.glob("*.h"))


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def public_functions():
    """Names of all functions that carry CHURN_API, with the header they stand in."""
    found = {}
    for path in headers():
        for match in re.finditer(r"\bCHURN_API\b([^;{]*?)\b(churn_\w+)\s*\(", without_comments(path.read_text())):
            found[match.group(2)] = path
    return found


def sources(*patterns):
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def compilers():
    return [name for name in ("gcc", "clang") if shutil.which(name)]


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, **options)
