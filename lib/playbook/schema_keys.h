/* SPDX-License-Identifier: MIT */
#ifndef CHURN_PLAYBOOK_SCHEMA_KEYS_H
#define CHURN_PLAYBOOK_SCHEMA_KEYS_H

#include "playbook/schema.h"

/* Keys that metrics of several sorts have, and the sorts that have a file of their own. */

#define METRIC_ID                                                                           \
    {"id", &schema_name, .required = true, .doc = "Its name: `metric.<id>` in conditions.", \
     .example = "logins_28d"},                                                              \
    {                                                                                       \
        "description", &schema_text, .standard = "a sentence made of the definition",       \
                                     .doc = "What it tells, for people.",                   \
                                     .example = "Logins of the last four weeks"             \
    }
#define METRIC_DEFAULT                                                                            \
    {                                                                                             \
        "default", &schema_value,                                                                 \
            .standard = "missing",                                                                \
            .doc = "What stands for it where it is missing, whatever the reason.", .example = "0" \
    }
#define METRIC_WINDOW(needed)                                                                       \
    {                                                                                               \
        "window", &schema_window,                                                                   \
            .required = (needed),                                                                   \
            .doc =                                                                                  \
                "How far it looks back: from `as_of` less the window up to, and without, `as_of`.", \
            .example = "28d"                                                                        \
    }
#define METRIC_OFFSET                                                                       \
    {                                                                                       \
        "offset", &schema_span, .standard = "0d", .doc = "Shifts everything back in time.", \
                                .example = "28d"                                            \
    }
#define METRIC_HISTORY                                                                              \
    {                                                                                               \
        "history", &schema_history,                                                                 \
            .standard = "require",                                                                  \
            .doc =                                                                                  \
                "What a window means that reaches before the customer's start, or before tracking " \
                "began.",                                                                           \
            .example = "clip"                                                                       \
    }

/* A length of time that may be of calendar units, not 0. */
extern const schema schema_window_plain;
/* Parts of scores. */
extern const schema schema_groups, schema_roll_up, schema_curve, schema_steps;
extern const schema schema_category_points, schema_missing, schema_decay;
extern const schema schema_by_agg;
extern const schema schema_by_ticket, schema_by_survey, schema_by_subscription;
extern const schema schema_by_invoice, schema_by_milestone, schema_by_touchpoint;
extern const schema schema_by_contact, schema_by_announcement;
extern const schema schema_by_attribute, schema_by_customer;

#endif
