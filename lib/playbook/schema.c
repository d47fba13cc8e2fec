/* SPDX-License-Identifier: MIT */
#include "playbook/schema.h"

#include "core/column.h"

/* ---- parts ---- */

const schema schema_name = {.type = SCHEMA_NAME};
const schema schema_text = {.type = SCHEMA_TEXT};
const schema schema_value = {.type = SCHEMA_VALUE};
const schema schema_bool = {.type = SCHEMA_BOOL};
const schema schema_number = {.type = SCHEMA_NUMBER};
const schema schema_fraction = {.type = SCHEMA_NUMBER, .ranged = true, .low = 0, .high = 1};
const schema schema_positive = {
    .type = SCHEMA_NUMBER, .ranged = true, .open_low = true, .low = 0, .high = 1e15};
const schema schema_weight = {.type = SCHEMA_NUMBER, .ranged = true, .low = 0, .high = 1e9};
const schema schema_points_bound = {.type = SCHEMA_NUMBER, .ranged = true, .low = 0, .high = 100};
const schema schema_count = {.type = SCHEMA_INT, .ranged = true, .low = 1, .high = 1e9};
const schema schema_duration = {.type = SCHEMA_DURATION};
const schema schema_duration_positive = {.type = SCHEMA_DURATION, .open_low = true};
const schema schema_span = {.type = SCHEMA_SPAN};
const schema schema_window = {.type = SCHEMA_WINDOW, .open_low = true};
const schema schema_instant = {.type = SCHEMA_INSTANT};
const schema schema_expression = {.type = SCHEMA_EXPRESSION};
const schema schema_later = {.type = SCHEMA_LATER};

static const schema date = {.type = SCHEMA_DATE};
static const schema hours = {.type = SCHEMA_HOURS};
static const schema people = {.type = SCHEMA_TEXT, .what = "a person"};
static const schema people_list = {.type = SCHEMA_LIST, .of = &people, .least = 1};
static const schema version = {.type = SCHEMA_INT};
static const schema zone = {.type = SCHEMA_TEXT,
                            .what = "a time zone such as Europe/Budapest, UTC or +02:00"};
static const schema currency = {.type = SCHEMA_TEXT,
                                .what = "a currency of ISO 4217 such as USD or EUR"};

/* ---- attributes ---- */

static const schema_word attribute_types[] = {
    {"string", CHURN__TYPE_STRING, false, "Text."},
    {"number", CHURN__TYPE_DOUBLE, false, "A number, as a double."},
    {"bool", CHURN__TYPE_BOOL, false, "True or false."},
    {"timestamp", CHURN__TYPE_TIME, false, "An instant."},
};
const schema schema_attribute_type = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(attribute_types)};
static const schema attributes = {.type = SCHEMA_MAP, .of = &schema_attribute_type};
static const schema properties = {
    .type = SCHEMA_MAP, .of = &schema_attribute_type, .free_keys = true};

/* ---- calendar ---- */

static const schema_word weekdays[] = {
    {"mon", 0, false, "Monday."},   {"tue", 1, false, "Tuesday."}, {"wed", 2, false, "Wednesday."},
    {"thu", 3, false, "Thursday."}, {"fri", 4, false, "Friday."},  {"sat", 5, false, "Saturday."},
    {"sun", 6, false, "Sunday."},
};
const schema schema_weekday = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(weekdays)};
static const schema weekday_list = {.type = SCHEMA_LIST, .of = &schema_weekday, .least = 1};
static const schema date_list = {.type = SCHEMA_LIST, .of = &date};
static const schema calendar_zone = {.type = SCHEMA_TEXT,
                                     .what = "`customer`, or a time zone such as Europe/Budapest"};

static const schema_key calendar_keys[] = {
    {"work", &weekday_list, .standard = "[mon, tue, wed, thu, fri]", .doc = "Working days.",
     .example = "[mon, tue, wed, thu]"},
    {"hours", &hours, .standard = "'09:00-17:00'", .doc = "Working hours, in local time.",
     .example = "'08:30-16:30'"},
    {"holidays", &date_list, .doc = "Days on which nobody works.", .example = "[2026-03-15]"},
    {"zone", &calendar_zone, .standard = "time_zone of the playbook",
     .doc = "Zone in which working time is reckoned; `customer` takes the attribute "
            "`time_zone` of each customer.",
     .example = "customer"},
};
static const schema calendar = {SCHEMA_KEYS_OF(calendar_keys)};

/* ---- roles ---- */

static const schema role_from = {.type = SCHEMA_TEXT,
                                 .what = "an attribute of the customer, as `customer.owner`"};
static const schema role_name = {.type = SCHEMA_NAME, .what = "the name of a role"};

static const schema_key role_from_keys[] = {
    {"from", &role_from, .required = true,
     .doc = "The attribute of the customer that names the person.", .example = "customer.owner"},
    {"else", &role_name, .doc = "The role that serves where the attribute is missing.",
     .example = "cs_lead"},
    SCHEMA_LATER_KEY("assign", "How people are chosen."),
    SCHEMA_LATER_KEY("capacity", "How many customers one person has at most."),
};
static const schema_key role_people_keys[] = {
    {"people", &people_list, .required = true,
     .doc = "The people, among whom customers are spread evenly and for good.",
     .example = "[ana, bo]"},
    SCHEMA_LATER_KEY("assign", "How people are chosen."),
    SCHEMA_LATER_KEY("capacity", "How many customers one person has at most."),
};
static const schema role_by_attribute = {SCHEMA_KEYS_OF(role_from_keys)};
static const schema role_by_people = {SCHEMA_KEYS_OF(role_people_keys)};
static const schema *const role_sorts[] = {&role_by_attribute, &role_by_people};
static const schema role = {.type = SCHEMA_VARIANTS, SCHEMA_ANY_OF(role_sorts)};
static const schema roles = {.type = SCHEMA_MAP, .of = &role};

/* ---- segments ---- */

static const schema_key segment_keys[] = {
    {"id", &schema_name, .required = true, .doc = "Its name: `segment.<id>` in conditions.",
     .example = "enterprise"},
    {"when", &schema_expression, .required = true, .doc = "Who belongs to it.",
     .example = "'metric.mrr >= 5000'"},
};
static const schema segment = {SCHEMA_KEYS_OF(segment_keys)};
static const schema segments = {.type = SCHEMA_LIST, .of = &segment};

/* ---- the whole ---- */

static const schema_key playbook_keys[] = {
    {"churn", &version, .required = true, .doc = "Version of the format: 1.", .example = "1"},
    {"name", &schema_text, .required = true,
     .doc = "Name of the playbook. Ids of actions depend on it: do not change it lightly.",
     .example = "saas"},
    {"time_zone", &zone, .standard = "UTC",
     .doc = "Zone of dates, local midnights and working hours: an IANA name or an offset.",
     .example = "Europe/Budapest"},
    {"currency", &currency, .standard = "USD",
     .doc = "Currency of metrics in money. Money in another one is converted by exchange rates "
            "(records of kind rate); without a rate it is missing (no_rate).",
     .example = "EUR"},
    {"evaluate", &schema_duration_positive, .standard = "1d",
     .doc = "How often the host calls advance.", .example = "1d"},
    {"attributes", &attributes,
     .doc = "Attributes of customers and their types. `name`, `owner`, `parent` and `time_zone` "
            "are there without being declared.",
     .example = "{plan: string, seats: number}"},
    {"properties", &properties,
     .doc = "Properties of events and their types, for conditions on events.",
     .example = "{platform: string, rows: number}"},
    {"sources", &schema_sources,
     .doc = "Where facts come from, how late they may be, since when they are tracked."},
    {"calendar", &calendar, .doc = "Working time, for due dates in `bd` and `bh`."},
    {"roles", &roles, .doc = "Who does what: the owners of tasks and the readers of notices."},
    {"loss", &schema_loss, .doc = "What it means that a customer is lost."},
    {"metrics", &schema_metrics, .doc = "Numbers about each customer."},
    {"segments", &segments, .doc = "Sorts of customers; one may belong to any number."},
    {"references", &schema_references,
     .doc = "Distributions of metrics that are kept, to compare with (churn_engine_reference() "
            "makes them)."},
    {"scores", &schema_scores, .doc = "Health scores from 0 to 100."},
    SCHEMA_LATER_KEY("journey", "Stages, milestones, cadences and surveys."),
    {"triggers", &schema_triggers, .doc = "Conditions that put a customer at risk."},
    {"plays", &schema_plays, .doc = "What is done when a trigger fires."},
    SCHEMA_LATER_KEY("contact_policy", "How often a customer may be written to."),
    {"kpi", &schema_kpi, .doc = "How the figures of the business are counted."},
    {"tests", &schema_tests,
     .doc = "Cases that the playbook must pass: records, a date, and what is expected."},
};
const schema schema_playbook = {SCHEMA_KEYS_OF(playbook_keys)};
