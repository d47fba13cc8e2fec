/* SPDX-License-Identifier: MIT */
#include "playbook/schema.h"

/* What it means that a customer is lost. */

static const schema_word loss_words[] = {
    {"subscription", 1, false, "The last live subscription that is no trial ended."},
    {"record", 2, false, "A churn record says so, voluntary or involuntary."},
};
const schema schema_loss_word = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(loss_words)};

static const schema_key condition_keys[] = {
    {"when", &schema_expression, .required = true,
     .doc = "A condition over metrics, segments and attributes, judged at each local midnight.",
     .example = "'metric.active_days_60d == 0'"},
    {"for", &schema_span, .standard = "0d",
     .doc = "How long it must have held, at every midnight: then the loss is dated.",
     .example = "14d"},
};
static const schema condition = {SCHEMA_KEYS_OF(condition_keys)};
static const schema *const sign_sorts[] = {&schema_loss_word, &condition};
static const schema sign = {.type = SCHEMA_EITHER, SCHEMA_ANY_OF(sign_sorts)};
static const schema signs = {.type = SCHEMA_LIST, .of = &sign, .least = 1};

static const schema_key loss_keys[] = {
    {"any", &signs, .standard = "[subscription]",
     .doc = "Signs of a loss; the first to become true dates it.",
     .example = "[subscription, record, {when: 'metric.active_days_60d == 0', for: 14d}]"},
    {"ignore_gaps", &schema_span, .standard = "0d",
     .doc = "Who is back within this time was not lost.", .example = "31d"},
    {"involuntary_when", &schema_expression, .standard = "by what was paid",
     .doc = "Judged at the instant of a loss: whether it is one that nobody wanted.",
     .example = "'metric.failed_payments >= 1'"},
};
const schema schema_loss = {SCHEMA_KEYS_OF(loss_keys)};
