# SPDX-License-Identifier: MIT
"""The service that scores on each request says what the questions about all customers say."""
import csv
import json
import sys
import threading
import urllib.error
import urllib.request
from http.server import ThreadingHTTPServer

import pytest
from programs import ROOT, python

EXAMPLES = ROOT / "examples"
DATA = EXAMPLES / "data"


@pytest.fixture(scope="module")
def service():
    churn = pytest.importorskip("churn")
    sys.path.insert(0, str(EXAMPLES))
    try:
        import one_customer
    finally:
        sys.path.remove(str(EXAMPLES))
    backend = one_customer.Backend(churn.Playbook.load(EXAMPLES / "playbooks" / "saas.yaml"), str(DATA))
    server = ThreadingHTTPServer(("127.0.0.1", 0), one_customer.handler(backend))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield backend, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def ask(url, method="GET"):
    with urllib.request.urlopen(urllib.request.Request(url, method=method)) as reply:
        return json.load(reply)


def customers(count):
    with open(DATA / "customers.csv", encoding="utf-8", newline="") as file:
        return [row["id"] for row in csv.DictReader(file)][:count]


def test_one_answer_is_what_all_at_once_say(service):
    backend, _ = service
    as_of = "2026-02-01"
    metrics = {row["customer"]: row for row in backend.engine.metrics(as_of).to_dicts()}
    scores = {(row["customer"], row["score"]): row for row in backend.engine.scores(as_of).to_dicts()}
    for customer in customers(40):
        one = backend.show(customer, as_of)
        assert one["metrics"] == {k: v for k, v in metrics[customer].items() if k != "customer"}
        for name, score in one["scores"].items():
            assert score["value"] == scores[customer, name]["value"]


def test_program_prints_json():
    pytest.importorskip("churn")
    customer = customers(1)[0]
    said = json.loads(python(EXAMPLES / "one_customer.py", "--customer", customer, "--as-of", "2026-02-01"))
    assert said["exists"] is True and said["scores"]


def test_requests(service):
    _, url = service
    customer = customers(1)[0]
    before = ask(f"{url}/{customer}")
    ask(f"{url}/{customer}/login", "POST")
    after = ask(f"{url}/{customer}")
    assert before["exists"] and after["exists"] and before["metrics"] != after["metrics"]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        ask(f"{url}/nobody%20there")
    with pytest.raises(urllib.error.HTTPError, match="400"):
        ask(f"{url}/{customer}/login")
