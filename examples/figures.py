#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A manager's month in the sample company: who came and went and why, what customers bring, what is due next."""
import pathlib

import churn
from review import load_folder

EXAMPLES = pathlib.Path(__file__).resolve().parent
START, END, AHEAD = "2025-12-01", "2026-01-01", "2026-02-01"
MONTH = ["mrr", "new_customers", "lost_customers", "logo_churn", "voluntary_churn", "early_churn_90", "winback_rate_90",
         "reactivation_rate", "downsells", "extensions", "silent_churn", "ltv_revenue", "clv_realised", "pareto_share",
         "gini", "largest_customer_share"]
NEXT = ["renewals_due", "renewals_due_mrr", "scheduled_customers", "scheduled_churned_mrr"]


def told(row):
    if row["value"] is None:
        return f"undefined ({row['note'] or row['missing']})"
    form = {"ratio": ".1%", "currency": ",.2f", "count": ".0f"}.get(row["unit"], ".2f")
    text = f"{row['value']:{form}}"
    if row["low"] is not None and row["high"] is not None:
        text += f"  ({row['low']:{form}} to {row['high']:{form}}, n {row['n']})"
    return text + ("" if row["complete"] else "  so far")


playbook = churn.Playbook.load(EXAMPLES / "playbooks" / "saas.yaml", strict=True)
store = churn.Store(time_zone=playbook.time_zone)
load_folder(store, playbook, EXAMPLES / "data")
engine = churn.Engine(playbook, store)
for row in engine.kpi(MONTH, START, END):
    print(f"{row['kpi']:24} {told(row)}")
for row in engine.kpi("lost_mrr", "2025-01-01", END, by=["churn.reason"]):
    print(f"lost in 2025, {row['churn.reason'] or 'no reason given':24} {row['n']:2} customers  {told(row)}")
for row in engine.kpi(NEXT, END, AHEAD, as_of=END):
    print(f"next month, {row['kpi']:24} {told(row)}")
