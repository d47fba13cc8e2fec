# SPDX-License-Identifier: MIT
"""Run a program that prints the review of the sample company and compare it with the reviewed file.

    check_review.py ROOT PROGRAM [ARGUMENTS...]

The numbers in tests/golden/review.txt are those that check_twin.py computes apart from the library.
To write the file anew after a change that is meant: CHURN_WRITE_GOLDEN=1.
"""

import os
import subprocess
import sys
import tempfile


def review(program, root, *more, as_of="2026-02-01"):
    command = [*program, "--data", f"{root}/examples/data", "--playbook",
               f"{root}/examples/playbooks/saas.yaml", "--as-of", as_of, *more]
    run = subprocess.run(command, capture_output=True, check=True)
    return run.stdout


def main(root, *program):
    golden = f"{root}/tests/golden/review.txt"
    text = review(program, root)
    if os.environ.get("CHURN_WRITE_GOLDEN"):
        with open(golden, "wb") as file:
            file.write(text)
    with open(golden, "rb") as file:
        expected = file.read()
    failed = []
    if text != expected:
        failed.append("the review is not the reviewed one")
        for line, (got, wanted) in enumerate(zip(text.splitlines(), expected.splitlines()), 1):
            if got != wanted:
                failed.append(f"line {line}: {got!r}\nnot:    {wanted!r}")
                break
    with tempfile.TemporaryDirectory() as folder:
        state = ["--state", f"{folder}/state.bin"]
        steps = ["2025-06-15", "2026-01-31", "2026-02-01", "2026-02-01"]
        texts = [review(program, root, *state, "--from", "2025-02-01", as_of=day) for day in steps]
        if texts[2] != expected:
            failed.append("going on from saved states gives another review")
        if texts[3] != expected:
            failed.append("a second run at the same date gives another review")
        if review(program, root, *state, "--from", "2025-02-01", as_of="2026-01-31") != texts[1]:
            failed.append("going back to an earlier date gives another review")
    wrong = subprocess.run([*program, "--data", "/nowhere", "--playbook", "/nowhere", "--as-of",
                            "2026-02-01"], capture_output=True)
    if wrong.returncode == 0 or not wrong.stderr:
        failed.append("a playbook that is not there is no error")
    for problem in failed:
        print(problem)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
