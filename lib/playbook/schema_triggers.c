/* SPDX-License-Identifier: MIT */
#include "play/play.h"
#include "trigger/trigger.h"

#include "playbook/schema.h"

/* ---- triggers ---- */

static const schema_word severities[] = {
    {"low", CHURN__SEVERITY_LOW, false, "Worth knowing."},
    {"medium", CHURN__SEVERITY_MEDIUM, false, "Worth an answer."},
    {"high", CHURN__SEVERITY_HIGH, false, "Needs an answer."},
    {"critical", CHURN__SEVERITY_CRITICAL, false, "Needs one now."},
};
const schema schema_severity = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(severities)};

static const schema_word initials[] = {
    {"fire", 0, false, "A condition that is true at the first evaluation fires."},
    {"arm", 1, false,
     "Who is in it at the first evaluation fires only after it was not true once."},
};
const schema schema_initial = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(initials)};

static const schema_word populations[] = {
    {"active", CHURN__POPULATION_ACTIVE, false, "Customers that are not lost."},
    {"churned", CHURN__POPULATION_CHURNED, false, "Lost customers."},
    {"all", CHURN__POPULATION_ALL, false, "Everybody."},
};
const schema schema_population = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(populations)};

static const schema_word on_unknown_words[] = {
    {"hold", CHURN__UNKNOWN_HOLD, false, "The state stays and its clocks stand still."},
    {"reset", CHURN__UNKNOWN_RESET, false, "What is pending begins again."},
    {"resolve", CHURN__UNKNOWN_RESOLVE, false, "What is open ends."},
};
const schema schema_on_unknown_word = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(on_unknown_words)};
static const schema_key on_unknown_keys[] = {
    {"never", &schema_on_unknown_word, .standard = "otherwise",
     .doc = "Where what is missing never happened.", .example = "resolve"},
    {"empty", &schema_on_unknown_word, .standard = "otherwise",
     .doc = "Where there is nothing to make a value of.", .example = "resolve"},
    {"expired", &schema_on_unknown_word, .standard = "otherwise",
     .doc = "Where what is known is too old.", .example = "resolve"},
    {"otherwise", &schema_on_unknown_word, .standard = "hold",
     .doc = "Where it is missing for another reason.", .example = "hold"},
};
static const schema on_unknown_map = {SCHEMA_KEYS_OF(on_unknown_keys)};
static const schema *const on_unknown_sorts[] = {&schema_on_unknown_word, &on_unknown_map};
static const schema on_unknown = {.type = SCHEMA_EITHER, SCHEMA_ANY_OF(on_unknown_sorts)};

/* `every:30d` is read by the builder of triggers. */
static const schema_word refire_words[] = {
    {"after_clear", CHURN__REFIRE_AFTER_CLEAR, false, "Once it was resolved."},
    {"never", CHURN__REFIRE_NEVER, false, "Once for each customer."},
};
const schema schema_refire_word = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(refire_words)};
static const schema refire_every = {.type = SCHEMA_TEXT, .what = "`every:` and a duration"};
static const schema *const refire_sorts[] = {&schema_refire_word, &refire_every};
static const schema refire = {.type = SCHEMA_EITHER, SCHEMA_ANY_OF(refire_sorts)};

static const schema_word budget_actions[] = {
    {"warn", 0, false, "The run says so."},
    {"hold", 0, true, "Nothing fires until somebody agrees."},
};
static const schema budget_action = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(budget_actions)};
static const schema_key budget_keys[] = {
    {"max_new", &schema_count, .standard = "any number",
     .doc = "New firings in one evaluation, at most.", .example = "200"},
    {"max_fraction", &schema_fraction, .standard = "0.1",
     .doc = "The same as a part of the customers.", .example = "0.05"},
    {"min_customers", &schema_count, .standard = "50",
     .doc = "With fewer customers than this `max_fraction` says nothing.", .example = "100"},
    {"action", &budget_action, .standard = "warn", .doc = "What happens beyond it.",
     .example = "warn"},
};
static const schema budget = {SCHEMA_KEYS_OF(budget_keys)};
static const schema params = {.type = SCHEMA_MAP, .of = &schema_value};
static const schema play_name = {.type = SCHEMA_NAME, .what = "the id of a play"};

static const schema_key trigger_keys[] = {
    {"id", &schema_name, .required = true, .doc = "Its name: `trigger.<id>` in conditions.",
     .example = "gone_quiet"},
    {"when", &schema_expression, .required = true, .doc = "The condition. Only true fires.",
     .example = "'metric.days_since_login >= 10'"},
    {"clear_when", &schema_expression, .standard = "`when` is false", .doc = "When it is over.",
     .example = "'health.score >= 75'"},
    {"for", &schema_duration, .standard = "0d",
     .doc = "How long the condition must have been true without a break.", .example = "2d"},
    {"min_evals", &schema_count, .standard = "1",
     .doc = "At how many evaluations it must have been true.", .example = "2"},
    {"max_gap", &schema_duration_positive, .standard = "three times `evaluate`",
     .doc = "A longer gap between evaluations makes `for` begin again.", .example = "3d"},
    {"clear_for", &schema_duration, .standard = "0d",
     .doc = "How long it must be over before it is resolved.", .example = "1d"},
    {"cooldown", &schema_duration, .standard = "7d",
     .doc = "How long it stays silent after it was resolved.", .example = "14d"},
    {"refire", &refire, .standard = "after_clear",
     .doc = "When it may fire again; `every:30d` begins a new episode while it lasts.",
     .example = "every:30d"},
    {"renotify", &schema_duration, .standard = "0d",
     .doc = "How often it reminds while it lasts; 0 never.", .example = "7d"},
    {"on_unknown", &on_unknown,
     .standard = "hold; what is open resolves where all that is missing is absent",
     .doc = "What happens while the condition is unknown, at once or by reason. Of several reasons "
            "ignorance counts first, then never, empty, expired.",
     .example = "hold"},
    {"unknown_after", &schema_duration, .standard = "3d",
     .doc = "How long it may be unknown before the run says so (data_gap).", .example = "5d"},
    {"expire_unknown_after", &schema_duration, .standard = "30d",
     .doc = "With `resolve`: how long it may be unknown before it ends.", .example = "60d"},
    {"grace", &schema_duration, .standard = "0d",
     .doc = "How long after their start customers are left alone; `for` runs meanwhile.",
     .example = "14d"},
    {"severity", &schema_severity, .standard = "medium", .doc = "How bad it is.",
     .example = "high"},
    {"initial", &schema_initial, .standard = "fire", .doc = "What the first evaluation may do.",
     .example = "arm"},
    {"population", &schema_population, .standard = "active", .doc = "Whom it looks at.",
     .example = "churned"},
    {"params", &params, .doc = "Constants of its conditions: `params.<name>`.",
     .example = "{days: 10}"},
    {"play", &play_name, .standard = "none", .doc = "What is done when it fires.",
     .example = "follow_up"},
    {"fire_budget", &budget, .doc = "How many firings at once are still believable."},
    SCHEMA_LATER_KEY("each", "One instance for each record."),
    SCHEMA_LATER_KEY("segments", "Other settings for segments."),
    SCHEMA_LATER_KEY("priority", "Its rank."),
    SCHEMA_LATER_KEY("max_fires", "How often it may fire in a time."),
    SCHEMA_LATER_KEY("group_by", "What goes into one message."),
    SCHEMA_LATER_KEY("inhibited_by", "Triggers that silence it."),
    SCHEMA_LATER_KEY("holdout", "The part of customers for whom nothing is done."),
};
static const schema trigger = {SCHEMA_KEYS_OF(trigger_keys)};
const schema schema_triggers = {.type = SCHEMA_LIST, .of = &trigger};

/* ---- plays ---- */

static const schema_word on_resolves[] = {
    {"keep", CHURN__ON_RESOLVE_KEEP, false, "Everything stays."},
    {"cancel_open", CHURN__ON_RESOLVE_CANCEL_OPEN, false, "Open tasks are cancelled."},
    {"undo", CHURN__ON_RESOLVE_UNDO, false, "Status and tags are taken back."},
};
const schema schema_on_resolve = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(on_resolves)};

static const schema template_text = {.type = SCHEMA_TEMPLATE};
static const schema due = {.type = SCHEMA_DUE};
static const schema role_name = {.type = SCHEMA_NAME, .what = "the name of a role"};
static const schema *const owner_sorts[] = {&role_name, &schema_later};
static const schema owner = {.type = SCHEMA_EITHER, SCHEMA_ANY_OF(owner_sorts)};
static const schema tag_name = {.type = SCHEMA_TEXT, .what = "a tag"};
static const schema status_name = {.type = SCHEMA_TEXT, .what = "a status"};

static const schema_key task_part_keys[] = {
    {"title", &template_text, .required = true,
     .doc = "What is to be done; `{{expression}}` puts in a value, written by filters: "
            "`{{metric.mrr | money}}` (see templates.md).",
     .example = "'Call {{customer.name}}: health {{health.score}}'"},
    {"text", &template_text, .standard = "none", .doc = "More about it, written like the title.",
     .example = "'Pays {{metric.mrr | money}}, quiet since {{metric.last_login | date}}.'"},
    {"owner", &owner, .standard = "nobody", .doc = "The role that does it.", .example = "csm"},
    {"due", &due, .standard = "no date",
     .doc = "By when, counted from the firing: `2bd` is two business days.", .example = "2bd"},
    SCHEMA_LATER_KEY("remind", "Reminders before and after it is due."),
    SCHEMA_LATER_KEY("escalate", "Who hears of it when it is overdue."),
    SCHEMA_LATER_KEY("checklist", "Parts to tick off."),
    SCHEMA_LATER_KEY("priority", "Its rank."),
};
static const schema task_part = {SCHEMA_KEYS_OF(task_part_keys)};
static const schema_key notify_part_keys[] = {
    {"to", &role_name, .required = true, .doc = "The role that is told.", .example = "csm"},
    {"title", &template_text, .standard = "the trigger's id", .doc = "What it is told.",
     .example = "'{{customer.name}} is quiet'"},
    {"text", &template_text, .standard = "none", .doc = "More about it, written like the title.",
     .example = "'Last seen {{metric.last_login | ago}}.'"},
    SCHEMA_LATER_KEY("channel", "By which way."),
};
static const schema notify_part = {SCHEMA_KEYS_OF(notify_part_keys)};

#define STEP_ID                                                                                  \
    {                                                                                            \
        "id", &schema_name,                                                                      \
            .standard = "its content",                                                           \
            .doc =                                                                               \
                "Names the step, so that its wording may change and its actions stay the same.", \
            .example = "call"                                                                    \
    }
#define STEP_LATER                                                 \
    SCHEMA_LATER_KEY("else", "Steps for when it did not happen."), \
        SCHEMA_LATER_KEY("when", "A condition on the step.")

static const schema_key task_keys[] = {
    {"task", &task_part, .required = true, .doc = "Something for a person to do."},
    STEP_ID,
    STEP_LATER,
};
static const schema_key notify_keys[] = {
    {"notify", &notify_part, .required = true, .doc = "Something for a person to know."},
    STEP_ID,
    STEP_LATER,
};
static const schema_key tag_keys[] = {
    {"tag", &tag_name, .required = true, .doc = "Put a tag on the customer.", .example = "at_risk"},
    STEP_ID,
    STEP_LATER,
};
static const schema_key status_keys[] = {
    {"set_status", &status_name, .required = true, .doc = "Set the customer's status.",
     .example = "at_risk"},
    STEP_ID,
    STEP_LATER,
};
static const schema step_task = {SCHEMA_KEYS_OF(task_keys)};
static const schema step_notify = {SCHEMA_KEYS_OF(notify_keys)};
static const schema step_tag = {SCHEMA_KEYS_OF(tag_keys)};
static const schema step_status = {SCHEMA_KEYS_OF(status_keys)};
static const schema *const step_sorts[] = {&step_task, &step_notify, &step_tag, &step_status};
static const schema_word later_steps[] = {
    {"message", 0, true, "Write to the customer."},
    {"survey", 0, true, "Ask the customer."},
    {"set_attribute", 0, true, "Set an attribute."},
    {"webhook", 0, true, "Call a service."},
    {"wait", 0, true, "Wait for a time."},
    {"wait_for", 0, true, "Wait for something to happen."},
    {"branch", 0, true, "Go one way or another."},
    {"escalate", 0, true, "Tell somebody above."},
    {"assign", 0, true, "Give the customer an owner."},
    {"stop", 0, true, "End the run."},
};
static const schema step = {
    .type = SCHEMA_VARIANTS, SCHEMA_ANY_OF(step_sorts), SCHEMA_WORDS_OF(later_steps)};
static const schema steps = {.type = SCHEMA_LIST, .of = &step, .least = 1};

static const schema_key play_keys[] = {
    {"id", &schema_name, .required = true, .doc = "Its name: `play.<id>.running` in conditions.",
     .example = "follow_up"},
    {"on_resolve", &schema_on_resolve, .standard = "keep",
     .doc = "What happens to its actions when the trigger resolves.", .example = "cancel_open"},
    {"steps", &steps, .required = true, .doc = "What is done, in this order."},
    SCHEMA_LATER_KEY("success", "What it is to reach, and by when."),
    SCHEMA_LATER_KEY("watch", "Metrics that it is meant to move."),
    SCHEMA_LATER_KEY("if_running", "What a second firing does."),
    SCHEMA_LATER_KEY("holdout", "The part of customers for whom nothing is done."),
    SCHEMA_LATER_KEY("mode", "Whether a person must agree."),
    SCHEMA_LATER_KEY("exit_when", "What ends a run."),
};
static const schema play = {SCHEMA_KEYS_OF(play_keys)};
const schema schema_plays = {.type = SCHEMA_LIST, .of = &play};
