# SPDX-License-Identifier: MIT
"""The score of bench_score.c from the same metrics, as people write it with polars, and with pandas and numpy.

score_peer.py FILE ROWS ENGINE prints JSON: seconds, and the sum of scores, coverages and bounds to compare.
FILE: ten columns of ROWS doubles, one after the other, NaN where missing (bench_score --dump).
"""

import json
import sys
import time

import numpy as np

FACTORS = 10
CURVES = [([i * (1 + f % 4) for i in range(3 + f % 3)], [100.0 * i / (2 + f % 3) for i in range(3 + f % 3)])
          for f in range(FACTORS)]
WEIGHTS = [1.0 + f % 3 for f in range(FACTORS)]
GROUPS = [(60.0, range(0, 5)), (40.0, range(5, 10))]


def with_polars(columns):
    import polars as pl
    frame = pl.DataFrame({f"m{f}": column for f, column in enumerate(columns)}, nan_to_null=True)

    def curve(f):
        xs, ys = CURVES[f]
        x = pl.col(f"m{f}")
        # polars keeps a null a null only where it is asked for
        chain = pl.when(x.is_null()).then(None).when(x <= xs[0]).then(ys[0])
        for i in range(1, len(xs)):
            chain = chain.when(x <= xs[i]).then(ys[i - 1] + (ys[i] - ys[i - 1]) * (x - xs[i - 1]) / (xs[i] - xs[i - 1]))
        return chain.otherwise(ys[-1]).alias(f"p{f}")

    begin = time.perf_counter()
    lazy = frame.lazy().with_columns(curve(f) for f in range(FACTORS))
    parts = []
    for g, (_, members) in enumerate(GROUPS):
        there = [pl.col(f"p{f}").is_not_null() * WEIGHTS[f] for f in members]
        whole = sum(WEIGHTS[f] for f in members)
        points = [pl.col(f"p{f}").fill_null(0.0) * WEIGHTS[f] for f in members]
        best = [pl.col(f"p{f}").fill_null(100.0) * WEIGHTS[f] for f in members]
        present = pl.sum_horizontal(there)
        parts += [pl.when(present > 0).then(pl.sum_horizontal(points) / present).alias(f"s{g}"),
                  (present / whole).alias(f"c{g}"), (pl.sum_horizontal(points) / whole).alias(f"l{g}"),
                  (pl.sum_horizontal(best) / whole).alias(f"h{g}")]
    weights = [w for w, _ in GROUPS]
    total = sum(weights)
    lazy = lazy.select(parts)
    held = pl.sum_horizontal(pl.col(f"s{g}").is_not_null() * w for g, w in enumerate(weights))
    score = pl.sum_horizontal(pl.col(f"s{g}").fill_null(0.0) * w for g, w in enumerate(weights)) / held
    lazy = lazy.select(score=score.round(6), **{
        name: (pl.sum_horizontal(pl.col(f"{short}{g}") * w for g, w in enumerate(weights)) / total).round(6)
        for name, short in (("coverage", "c"), ("low", "l"), ("high", "h"))})
    known = pl.col("coverage") >= 0.5
    lazy = lazy.with_columns(pl.when(known).then("score"), band=pl.when(~known).then(pl.lit("unknown"))
                             .when(pl.col("score") >= 70).then(pl.lit("green")).when(pl.col("score") >= 40)
                             .then(pl.lit("yellow")).otherwise(pl.lit("red")))
    result = lazy.collect()
    took = time.perf_counter() - begin
    return took, {name: float(result[name].sum()) for name in ("score", "coverage", "low", "high")}


def with_pandas(columns):
    import pandas as pd
    frame = pd.DataFrame({f"m{f}": column for f, column in enumerate(columns)})
    begin = time.perf_counter()
    points = [np.interp(frame[f"m{f}"], *CURVES[f]) for f in range(FACTORS)]  # NaN stays NaN
    score = held = coverage = low = high = 0.0
    for weight, members in GROUPS:
        there = sum(WEIGHTS[f] * ~np.isnan(points[f]) for f in members)
        whole = sum(WEIGHTS[f] for f in members)
        some = sum(WEIGHTS[f] * np.nan_to_num(points[f]) for f in members)
        best = sum(WEIGHTS[f] * np.nan_to_num(points[f], nan=100.0) for f in members)
        with np.errstate(invalid="ignore"):
            score = score + weight * np.nan_to_num(some / there)
        held = held + weight * (there > 0)
        coverage, low, high = (coverage + weight * there / whole, low + weight * some / whole,
                               high + weight * best / whole)
    total = sum(weight for weight, _ in GROUPS)
    with np.errstate(invalid="ignore"):
        result = pd.DataFrame({"score": (score / held).round(6), "coverage": (coverage / total).round(6),
                               "low": (low / total).round(6), "high": (high / total).round(6)})
    result.loc[result["coverage"] < 0.5, "score"] = np.nan
    result["band"] = np.select([result["score"] >= 70, result["score"] >= 40, result["score"] >= 0],
                               ["green", "yellow", "red"], "unknown")
    took = time.perf_counter() - begin
    return took, {name: float(result[name].sum()) for name in ("score", "coverage", "low", "high")}


def main():
    path, rows, engine = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    values = np.fromfile(path, dtype="<f8").reshape(FACTORS, rows)
    run = {"polars": with_polars, "pandas": with_pandas}[engine]
    best = min((run(values) for _ in range(3)), key=lambda found: found[0])
    print(json.dumps({"engine": engine, "seconds": best[0], "checksum": best[1]}))


if __name__ == "__main__":
    main()
