# SPDX-License-Identifier: MIT
"""Make a failing history smaller: `python shrink_history.py SEED`, in processes of their own, as some crash.

Prints the operations of which none can be left out.
"""

import pickle
import subprocess
import sys
import tempfile

import compare_history
import history
import random_deep
from random_company import moment


def replay(past, log):
    for name, *rest in log:
        if name == "add":
            past.load(*rest)
        elif name == "retract":
            kind, row, known = rest
            fields = compare_history.KEYS.get(kind, ["id"])
            key = tuple(row[field] for field in fields)
            past.model.retract(kind, key if len(key) > 1 else key[0], known)
            past.store.retract(kind, random_deep.columns_of([row]), known_at=moment(known))
        elif name == "replace":
            past.replace(*rest)
        elif name == "erase":
            past.model.erase(*rest)
            past.store.erase(*rest)
        elif name == "erase_user":
            past.model.erase_user(*rest)
            past.store.erase_user(*rest)
        elif name == "merge":
            one, into = rest
            if {one, into} <= past.model.customers:
                past.model.merge(one, into)
                past.store.merge(one, into=into)
    past.compare_records()
    if not past.problems:
        past.compare_metrics()


def is_bad(seed, log):
    with tempfile.NamedTemporaryFile() as file:
        pickle.dump(log, file)
        file.flush()
        done = subprocess.run([sys.executable, __file__, str(seed), file.name], capture_output=True, text=True)
    return done.returncode not in (0, 1)


def shrink(seed, log):
    size = max(1, len(log) // 2)
    while size:
        first = 0
        while first < len(log):
            less = log[:first] + log[first + size:]
            if is_bad(seed, less):
                log = less
            else:
                first += size
        size //= 2
    for n, (name, *rest) in enumerate(log):
        if name in ("add", "replace"):
            for row in list(rest[1]):
                less = [other for other in rest[1] if other is not row]
                smaller = [*log[:n], (name, rest[0], less, *rest[2:]), *log[n + 1:]]
                if (less or name == "replace") and is_bad(seed, smaller):
                    log, rest = smaller, [rest[0], less, *rest[2:]]
    return log


def main():
    seed = int(sys.argv[1])
    past = compare_history.Past(seed)
    if len(sys.argv) > 2:
        with open(sys.argv[2], "rb") as file:
            replay(past, pickle.load(file))
        for problem in past.problems[:3]:
            print(problem)
        sys.exit(3 if past.problems else 0)
    with tempfile.NamedTemporaryFile(delete=False) as file:
        pid = subprocess.run([sys.executable, "-c", "import pickle, sys, compare_history as c; p = c.Past(%d)\n"
                              "p.on_step = lambda: pickle.dump(p.log, open(%r, 'wb'))\np.run()" % (seed, file.name)])
    assert pid is not None
    log = shrink(seed, pickle.load(open(file.name, "rb")))
    for line in log:
        print(line)
    with tempfile.NamedTemporaryFile() as small:
        pickle.dump(log, small)
        small.flush()
        subprocess.run([sys.executable, __file__, str(seed), small.name])


if __name__ == "__main__":
    main()
