"""Time libchurn beside its peers in one run and print ratios, at the end as a table.

run.py BUILD [--peers FOLDER] [--events N] [--customers N] [--engines duckdb,polars] [--only scores]

BUILD is a release build with -Dbenchmarks=true; the Python package `churn` must be installed from the same
checkout. The peers' programs stand in ../shared/peers unless told otherwise; what is absent is skipped.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DAY = 86_400_000_000
END = 1_735_689_600_000_000 + 365 * DAY

PLAYBOOK = """
churn: 1
name: bench
time_zone: UTC
currency: USD
metrics:
  - {id: logins_28d, agg: count, event: login, window: 28d}
  - {id: logins_prev_28d, agg: count, event: login, window: 28d, offset: 28d}
  - {id: login_change, pct_change: {cur: logins_28d, base: logins_prev_28d, min_base: 1}}
  - {id: days_since_login, agg: days_since, event: login, if_never: missing}
  - {id: active_days_28d, agg: active_days, event: any, window: 28d}
  - {id: active_users_28d, agg: distinct, event: any, of: user, window: 28d}
  - {id: event_types_28d, agg: distinct, event: any, of: type, window: 28d}
  - {id: paid_90d, agg: sum, event: payment, window: 90d}
  - {id: avg_export_90d, agg: mean, event: export, window: 90d}
  - {id: max_payment_90d, agg: max, event: payment, window: 90d}
  - {id: events_7d, agg: count, event: any, window: 7d}
  - {id: errors_28d, agg: count, event: error, window: 28d}
  - {id: error_rate_28d, ratio: {num: errors_28d, den: logins_28d}}
"""
# The peers sum nothing to missing, we to 0: the sum alone is compared there.
SUM_ONLY = {"paid_90d"}


QUOTED = []


def quote(what, mine, theirs, ratio):
    """A row of the table that the README shows."""
    QUOTED.append((what, mine, theirs, f"{ratio:.1f}"))


def print_table():
    print("\n| what | libchurn, one thread | peer | times as fast |\n|---|---|---|---|")
    for row in QUOTED:
        print("| " + " | ".join(row) + " |")


def dates(n):
    return [END - 7 * DAY * i for i in range(n)][::-1]


def ours(path, n):
    """Seconds for loading and for the work, and a checksum a metric, as the peers print them."""
    import churn
    import pyarrow as pa
    import pyarrow.compute as pc

    with pa.memory_map(path) as source:
        events = pa.ipc.open_file(source).read_all()
    start = time.perf_counter()
    store = churn.Store(time_zone="UTC")
    report = store.add("event", events.set_column(2, "at", events["at"].cast(pa.timestamp("us", tz="UTC"))))
    loaded = time.perf_counter()
    engine = churn.Engine(churn.Playbook.parse(PLAYBOOK), store)
    result = engine.metrics(dates(n) if n > 1 else dates(1)[0])
    worked = time.perf_counter()
    table = pa.table(result)
    sums = {}
    for name in table.column_names:
        if name not in ("customer", "as_of", "errors_28d"):
            column = table[name]
            sums[name] = [table.num_rows - column.null_count, round(pc.sum(column).as_py() or 0.0, 2)]
    return {"engine": "libchurn", "dates": n, "load_s": loaded - start, "work_s": worked - loaded,
            "rows": table.num_rows, "events": report.added, "checksum": sums}


def peer(peers, path, engine, n, load):
    command = [sys.executable, str(peers / "features.py"), path, "--engine", engine, "--dates", str(n), "--load", load]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        print(f"{engine}: skipped: {result.stderr.strip().splitlines()[-1]}")
        return None
    return json.loads(result.stdout.strip().splitlines()[-1])


def compare(mine, theirs):
    wrong = []
    for name, (count, total) in theirs["checksum"].items():
        my_count, my_total = mine["checksum"][name]
        same = abs(my_total - total) <= 1e-6 * max(1.0, abs(total)) + 0.02
        if not same or (my_count != count and name not in SUM_ONLY):
            wrong.append(f"{name}: {my_count} {my_total} beside {count} {total}")
    print(f"  checksums against {theirs['engine']}: {'the same' if not wrong else wrong}")


def features(args, peers):
    if not (peers / "features.py").exists():
        print("features: skipped: no peers")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = args.file or f"{folder}/events.arrow"
        if not args.file:
            subprocess.run([sys.executable, str(peers / "events.py"), path, "--events", str(args.events),
                            "--customers", str(args.customers)], check=True)
        for n, load in ((26, "own"), (1, "arrow")):
            mine = min((ours(path, n) for _ in range(3)), key=lambda m: m["work_s"] + (m["load_s"] if n == 1 else 0))
            rivals = [r for r in (peer(peers, path, e, n, load) for e in args.engines.split(",")) if r]
            my_time = mine["work_s"] if n > 1 else mine["load_s"] + mine["work_s"]
            print(f"{n} dates, {'after loading' if n > 1 else 'from Arrow, loading included'}: "
                  f"libchurn {my_time:.3f} s on one thread (load {mine['load_s']:.3f} s)")
            for rival in rivals:
                what = f"12 metrics at {n} dates, loaded before" if n > 1 else "the same at one date, loading included"
                took = rival["work_s"] if n > 1 else rival["load_s"] + rival["work_s"]
                print(f"  {rival['engine']:8} {took:8.3f} s on two threads: {took / my_time:.1f} x")
                quote(what, f"{my_time:.2f} s", f"{rival['engine']} {took:.2f} s on two threads", took / my_time)
                compare(mine, rival)


def rules(build, peers):
    lines = subprocess.run([str(build / "tests" / "bench" / "bench_expression")], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    mine = {}
    filled = {}
    for name, *rest in (line.split() for line in lines):
        if name == "compile":
            print(f"condition {rest[0]}: {rest[1]} us to compile")
        elif name == "fill":
            filled[rest[0]] = float(rest[1])
            print(f"condition {rest[0]}, into arrays: {rest[1]} ns a row, {rest[2]} ns where strings are not coded")
        elif name == "rules":
            took, read = float(rest[0]), float(rest[1])
            print(f"50 rules over 1 M rows: {took:.1f} ms, {took / 50:.2f} ns a row and rule; to read their columns "
                  f"once {read:.1f} ms, {read / took:.0%} of that")
        else:
            mine[name] = float(rest[0]), float(rest[1])
            print(f"condition {name}, into a table: {rest[1]} ns a row, {rest[2]} ns where strings are not coded")
    rivals = {}
    if shutil.which("go") and (peers / "rules").exists():
        with tempfile.TemporaryDirectory() as folder:
            work = shutil.copytree(peers / "rules", f"{folder}/rules")
            out = subprocess.run(["go", "test", "-bench", ".", "-count", "3"], cwd=work, capture_output=True, text=True)
            for name, condition, ns in re.findall(r"Benchmark(\w+)/(\w+)\S*\s+\d+\s+([\d.]+) ns/op", out.stdout):
                key = (name, condition)
                rivals[key] = min(float(ns), rivals.get(key, 1e9))
    for condition, (one, row) in mine.items():
        print(f"condition {condition}: {one:.1f} ns a record, {row:.2f} ns a row of columns")
        for (name, which), ns in rivals.items():
            if which == condition:
                print(f"  {name:5} {ns:8.1f} ns: {ns / one:.1f} x a record, {ns / row:.0f} x a row")
                quote(f"condition {condition}, one record", f"{one:.0f} ns", f"{name} {ns:.0f} ns", ns / one)
                quote(f"condition {condition}, columns", f"{row:.1f} ns a row", f"{name} {ns:.0f} ns", ns / row)
                quote(f"condition {condition}, columns into arrays", f"{filled[condition]:.1f} ns a row",
                      f"{name} {ns:.0f} ns", ns / filled[condition])


def scores(build, rows=1_000_000):
    """A score of ten factors from metrics that are there, beside programs of polars and pandas over the same ones."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/metrics.bin"
        out = subprocess.run([str(build / "tests" / "bench" / "bench_score"), str(rows / 1e6), path], check=True,
                             capture_output=True, text=True).stdout
        print(out, end="")
        took = float(re.search(r"^a tenth missing +([\d.]+) ns", out, re.M)[1]) * rows / 1e9
        sums = [float(part) for part in re.search(r"^sums (.*)$", out, re.M)[1].split()]
        for engine, threads in (("polars", 1), ("polars", 2), ("pandas", 1)):
            theirs = subprocess.run([sys.executable, str(pathlib.Path(__file__).parent / "score_peer.py"), path, str(rows),
                                     engine], capture_output=True, text=True,
                                    env={**os.environ, "POLARS_MAX_THREADS": str(threads)})
            if theirs.returncode:
                print(f"  {engine}: skipped: {theirs.stderr.strip().splitlines()[-1]}")
                continue
            theirs = json.loads(theirs.stdout)
            same = all(abs(a - b) <= 1e-9 * b for a, b in zip(sums, theirs["checksum"].values()))
            ratio = theirs["seconds"] / took
            on = f"{engine} {theirs['seconds']:.2f} s on {'one thread' if threads == 1 else 'two threads'}"
            print(f"score of {rows:,} rows: {took:.3f} s, {on}: {ratio:.1f} x; "
                  f"{'the same sums' if same else 'OTHER SUMS'}")
            quote("score of 10 factors, 1 M customers", f"{took:.2f} s", on, ratio)


def cohorts(args):
    """The triangle of activity of all events beside DuckDB's SQL."""
    program = pathlib.Path(__file__).parent / "cohorts_peer.py"
    out = subprocess.run([sys.executable, str(program), str(args.events), str(args.customers)], capture_output=True, text=True)
    if out.returncode:
        print(f"cohorts: skipped: {out.stderr.strip().splitlines()[-1]}")
        return
    *rivals, mine = [json.loads(line) for line in out.stdout.splitlines()]
    print(f"cohort triangle of {args.events:,} events: {mine['seconds']:.3f} s, {mine['cells']} cells, "
          f"{'the same' if mine['same'] else 'OTHER CELLS'}")
    for rival in rivals:
        ratio = rival["seconds"] / mine["seconds"]
        print(f"  {rival['name']}: {rival['seconds']:.3f} s: {ratio:.1f} x")
        quote(f"cohort triangle, {args.events // 1_000_000} M events", f"{mine['seconds']:.3f} s",
              f"{rival['name']} {rival['seconds']:.2f} s", ratio)


def kpi():
    """The monthly figures by plan beside DuckDB's SQL, which has to agree in every cell."""
    program = pathlib.Path(__file__).parent / "kpi_peer.py"
    out = subprocess.run([sys.executable, str(program), "100000", "60"], capture_output=True, text=True)
    if out.returncode:
        print(f"kpi: skipped: {out.stderr.strip().splitlines()[-1]}")
        return
    made = json.loads(out.stdout)
    print(f"monthly figures by plan, {made['customers']:,} customers, {made['months']} months: {made['libchurn']:.3f} s, "
          f"{made['cells']} cells, {'the same' if made['differences'] == 0 else str(made['differences']) + ' OTHERS'}")
    for threads, on in ((1, "one thread"), (2, "two threads")):
        theirs = made[f"duckdb_{threads}"]
        print(f"  duckdb on {on}: {theirs:.3f} s: {theirs / made['libchurn']:.1f} x")
        quote("figures by month and plan, 100,000 customers x 60 months", f"{made['libchurn']:.2f} s",
              f"duckdb {theirs:.2f} s on {on}", theirs / made["libchurn"])


def best_of(times, call):
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def survival():
    """Kaplan-Meier with intervals of a million customers, beside lifelines in the same process."""
    try:
        import lifelines
        import numpy
    except ImportError:
        print("survival: skipped: no lifelines")
        return
    from churn import statistics
    random = numpy.random.default_rng(1)
    lost = random.random(1_000_000) < 0.6
    stay = random.exponential(400.0, 1_000_000)
    for what, time_ in (("whole days", numpy.ceil(stay).clip(1, 1500).astype("int64")), ("fractions", stay)):
        mine = best_of(7, lambda time_=time_: statistics.survival(time_, lost))
        theirs = best_of(3, lambda time_=time_: lifelines.KaplanMeierFitter().fit(time_, lost))
        print(f"Kaplan-Meier of 1 M rows in {what}: {mine * 1e3:.1f} ms, lifelines {theirs * 1e3:.0f} ms: {theirs / mine:.1f} x")
        quote(f"Kaplan-Meier with intervals, 1 M rows, {what}", f"{mine * 1e3:.1f} ms", f"lifelines {theirs * 1e3:.0f} ms",
              theirs / mine)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--peers", type=pathlib.Path, default=ROOT.parent / "shared" / "peers")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--engines", default="polars,duckdb")
    parser.add_argument("--file", help="an event table made before")
    parser.add_argument("--only", choices=("cohorts", "features", "kpi", "rules", "scores", "store", "survival", "themes"))
    args = parser.parse_args()
    if args.only in (None, "features"):
        features(args, args.peers)
    if args.only in (None, "rules"):
        rules(args.build, args.peers)
    if args.only in (None, "scores"):
        scores(args.build)
    if args.only in (None, "cohorts"):
        cohorts(args)
    if args.only in (None, "kpi"):
        kpi()
    if args.only in (None, "store"):
        subprocess.run([str(args.build / "tests" / "bench" / "bench_store")], check=True)
    if args.only in (None, "themes"):
        subprocess.run([str(args.build / "tests" / "bench" / "bench_themes")], check=True)

    if args.only in (None, "survival"):
        survival()
    print_table()


if __name__ == "__main__":
    main()
