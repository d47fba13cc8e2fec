/* SPDX-License-Identifier: MIT */
#ifndef CHURN_CHURN_H
#define CHURN_CHURN_H

/* All of libchurn. Read in this order, the headers are the manual. */
#include <churn/version.h>
#include <churn/types.h>
#include <churn/status.h>
#include <churn/error.h>
#include <churn/time.h>
#include <churn/options.h>
#include <churn/cancel.h>
#include <churn/playbook.h>
#include <churn/records.h>
#include <churn/store.h>
#include <churn/erase.h>
#include <churn/engine.h>
#include <churn/kpi.h>
#include <churn/signals.h>
#include <churn/voice.h>
#include <churn/engagement.h>
#include <churn/what_if.h>
#include <churn/read.h>
#include <churn/table.h>
#include <churn/arrow.h>
#include <churn/expression.h>
#include <churn/statistics.h>
#include <churn/retention.h>

#endif
