#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Score on each request: a small web service that answers how a customer stands right now.

    one_customer.py [--port N] [--data FOLDER] [--playbook FILE]      # http://127.0.0.1:8000/acme
    one_customer.py --customer ID [--as-of DATE]                      # one answer, then the end

GET /ID gives metrics, reasons, scores and segments as JSON; POST /ID/TYPE counts an event of that type
now. The folder is one of CSV files as for review.py; the sample company by default.
"""
import argparse
import json
import pathlib
import sys
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import churn
from review import load_folder

EXAMPLES = pathlib.Path(__file__).resolve().parent


class Backend:
    """A store and an engine; one request after the other."""

    def __init__(self, playbook, data):
        self.store = churn.Store(time_zone=playbook.time_zone)
        load_folder(self.store, playbook, data)
        self.engine = churn.Engine(playbook, self.store)
        self.turn = threading.Lock()

    def show(self, customer, as_of=None):
        with self.turn:
            return self.engine.customer(customer, as_of or datetime.now(timezone.utc))

    def count(self, customer, event):
        with self.turn:
            self.store.add_event(customer, event, datetime.now(timezone.utc))


def handler(backend):
    class Handler(BaseHTTPRequestHandler):
        def reply(self, status, body):
            data = json.dumps(body, default=str).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *words):
            pass

        def answer(self, work):
            try:
                self.reply(200, work(*map(unquote, self.path.strip("/").split("/"))))
            except churn.NotFoundError as error:
                self.reply(404, {"error": str(error)})
            except (churn.Error, TypeError) as error:
                self.reply(400, {"error": str(error)})

        def do_GET(self):
            self.answer(backend.show)

        def do_POST(self):
            self.answer(backend.count)

    return Handler


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=EXAMPLES / "data")
    parser.add_argument("--playbook", type=pathlib.Path, default=EXAMPLES / "playbooks" / "saas.yaml")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--customer")
    parser.add_argument("--as-of")
    args = parser.parse_args(argv)
    backend = Backend(churn.Playbook.load(args.playbook), args.data)
    if args.customer:
        try:
            print(json.dumps(backend.show(args.customer, args.as_of), default=str, indent=2))
        except churn.NotFoundError as error:
            sys.exit(f"{args.customer}: {error}")
        return
    with ThreadingHTTPServer(("127.0.0.1", args.port), handler(backend)) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
