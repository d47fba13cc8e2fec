#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where did the money go? A quarter's movements of the sample company, the proof that they add up, and other policies."""
import pathlib

import churn
from review import load_folder

EXAMPLES = pathlib.Path(__file__).resolve().parent
START, END = "2025-10-01", "2026-01-01"
KINDS = ["new", "reactivation", "expansion", "contraction", "churn", "segment_in", "segment_out"]

playbook = churn.Playbook.load(EXAMPLES / "playbooks" / "saas.yaml", strict=True)
store = churn.Store(time_zone=playbook.time_zone)
load_folder(store, playbook, EXAMPLES / "data")
engine = churn.Engine(playbook, store)

largest = sorted(engine.movements(START, END).to_dicts(), key=lambda row: -abs(row["amount"]))[:5]
for row in largest:
    print(f"{row['at']:%Y-%m-%d} {row['customer']:8} {row['kind']:12} {row['amount'] / 100:10,.2f}  because of {row['cause']}")
for row in engine.reconciliation(START, END, split=["plan"]).to_dicts():
    moved = ", ".join(f"{kind} {row[kind] / 100:,.0f}" for kind in KINDS if row[kind])
    print(f"{row['scope']} {row['value'] or '':12} {row['start'] / 100:,.0f} -> {row['end'] / 100:,.0f}: {moved}")
for row in engine.compare_policies(["chartmogul", "stripe", "profitwell"], ["mrr", "logo_churn"], START, END).to_dicts():
    print(f"{row['policy']:11} {row['kpi']:10} {row['value']:12,.4f}  {row['reason'] or ''}")
