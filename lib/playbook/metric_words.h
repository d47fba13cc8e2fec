/* SPDX-License-Identifier: MIT */
#ifndef CHURN_PLAYBOOK_METRIC_WORDS_H
#define CHURN_PLAYBOOK_METRIC_WORDS_H

#include "base/buf.h"
#include "playbook/playbook.h"

/* A metric in words, for user interfaces. */

/* churn__words_unit(): "count", "days", "hours", "money", "ratio", "points", "value" (whatever
 * events count in), "number", "bool", "text", "time". */
/* A sentence made of the definition: "Number of events of type login in the last 28 days." */
void churn__words_sentence(const churn_playbook *playbook, uint32_t metric, churn__buf *out);
/* The ith that a metric is made of; UINT32_MAX for no metric, and then an attribute's name, which
 * is empty for the age. */
uint32_t churn__words_input(const churn_playbook *playbook, uint32_t metric, uint32_t i,
                            churn_str *attribute);

#endif
