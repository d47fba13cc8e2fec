"""Count what the test runners said and print one line: N passed, N failed, N skipped.

summarise.py [--meson FOLDER]... [--pytest FILE.xml]... [--go FILE.json]...
Exits 1 if anything failed or a runner left no report.
"""

import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

passed = failed = skipped = 0


def say(what):
    print(what)


def count_meson(folder):
    global passed, failed, skipped
    log = pathlib.Path(folder) / "meson-logs" / "testlog.json"
    for line in log.read_text().splitlines():
        test = json.loads(line)
        lines = re.findall(r"^(not ok|ok)\b(.*)$", test.get("stdout") or "", re.M)
        bad = [rest for verdict, rest in lines if verdict == "not ok"]
        skips = [rest for verdict, rest in lines if verdict == "ok" and re.search(r"#\s*skip", rest, re.I)]
        if test["result"] in ("SKIP",) and not lines:
            skipped += 1
        elif lines:
            failed += len(bad)
            skipped += len(skips)
            said = len(re.findall(r"^# skipped$", test.get("stdout") or "", re.M))
            skipped += said
            passed += len(lines) - len(bad) - len(skips) - said
            if test["result"] in ("FAIL", "ERROR", "TIMEOUT", "INTERRUPT") and not bad:
                failed += 1
        elif test["result"] in ("OK", "EXPECTEDFAIL"):
            passed += 1
        else:
            failed += 1
        if test["result"] in ("FAIL", "ERROR", "TIMEOUT", "INTERRUPT"):
            say(f"failed: {test['name']}")
            for rest in bad:
                say(f"    not ok{rest}")


def count_pytest(path):
    global passed, failed, skipped
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        bad = int(suite.get("failures")) + int(suite.get("errors"))
        skips = int(suite.get("skipped"))
        failed += bad
        skipped += skips
        passed += int(suite.get("tests")) - bad - skips
        for case in suite.iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                say(f"failed: {case.get('classname')}.{case.get('name')}")


def count_go(path):
    global passed, failed, skipped
    for line in pathlib.Path(path).read_text().splitlines():
        if not line.startswith("{"):
            say(line)
            continue
        event = json.loads(line)
        if event["Action"] == "build-fail" or (event["Action"] == "fail" and "Test" not in event):
            failed += 1
            say(f"failed: {event.get('Package') or event.get('ImportPath')}")
        elif "Test" in event and event["Action"] in ("pass", "fail", "skip"):
            passed += event["Action"] == "pass"
            skipped += event["Action"] == "skip"
            failed += event["Action"] == "fail"
            if event["Action"] == "fail":
                say(f"failed: {event['Test']}")


COUNTERS = {"--meson": count_meson, "--pytest": count_pytest, "--go": count_go}
for option, path in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        COUNTERS[option](path)
    except (OSError, ValueError, ElementTree.ParseError) as error:
        say(f"failed: no report of {option[2:]}: {error}")
        failed += 1
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed else 0)
