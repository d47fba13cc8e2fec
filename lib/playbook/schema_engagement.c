/* SPDX-License-Identifier: MIT */
#include "playbook/schema_keys.h"

/* What counts as use of the product, under `kpi`. */

static const schema event_name = {.type = SCHEMA_TEXT, .what = "the type of an event"};
static const schema milestone_name = {.type = SCHEMA_TEXT, .what = "the name of a milestone"};
const schema schema_active_events = {.type = SCHEMA_ONE_OR_LIST, .of = &event_name};

#define EVENT_KEYS                                                                                 \
    {"event", &event_name, .required = true, .doc = "The type of an event.", .example = "import"}, \
    {                                                                                              \
        "count", &schema_count, .standard = "1", .doc = "How many such events.", .example = "3"    \
    }
#define MILESTONE_KEYS                                                                     \
    {                                                                                      \
        "milestone", &milestone_name, .required = true, .doc = "The name of a milestone.", \
                                      .example = "go_live"                                 \
    }

static const schema_key reach_event_keys[] = {EVENT_KEYS};
static const schema_key reach_milestone_keys[] = {MILESTONE_KEYS};
static const schema reach_event = {SCHEMA_KEYS_OF(reach_event_keys)};
static const schema reach_milestone = {SCHEMA_KEYS_OF(reach_milestone_keys)};
static const schema *const reaches[] = {&reach_event, &reach_milestone};
const schema schema_reach = {.type = SCHEMA_VARIANTS, SCHEMA_ANY_OF(reaches)};

#define ACTIVATION_KEYS                                                                    \
    {"within", &schema_duration_positive, .required = true,                                \
     .doc = "How long after the customer's beginning it still counts.", .example = "14d"}, \
    {                                                                                      \
        "retention", &schema_duration_positive,                                            \
            .standard = "90d",                                                             \
            .doc = "How long after the beginning is looked at who is still there.",        \
            .example = "90d"                                                               \
    }

static const schema_key activation_event_keys[] = {EVENT_KEYS, ACTIVATION_KEYS};
static const schema_key activation_milestone_keys[] = {MILESTONE_KEYS, ACTIVATION_KEYS};
static const schema activation_event = {SCHEMA_KEYS_OF(activation_event_keys)};
static const schema activation_milestone = {SCHEMA_KEYS_OF(activation_milestone_keys)};
static const schema *const activations[] = {&activation_event, &activation_milestone};
const schema schema_activation = {.type = SCHEMA_VARIANTS, SCHEMA_ANY_OF(activations)};
