/* SPDX-License-Identifier: MIT */
#include "kpi/policy.h"

#include <stddef.h>

#include "base/date.h"
#include "base/num.h"
#include "base/str.h"

/* ---- presets ---- */

#define RETURN_ANY .reactivation_within = CHURN__REACTIVATION_ANY

/* By number. What each follows is said in docs/reference/semantics.md. */
static const struct {
    const char *name, *changed;
    churn__kpi_policy policy;
} presets[] = {
    {"chartmogul", "chartmogul*", CHURN__POLICY_OF_CHARTMOGUL},
    {"stripe",
     "stripe*",
     {.preset = CHURN__POLICY_STRIPE,
      .discounts = CHURN__DISCOUNTS_FOREVER,
      .past_due = 1,
      .free = 1,
      .churn_rate = CHURN__CHURN_RATE_START_AND_NEW,
      RETURN_ANY}},
    {"profitwell",
     "profitwell*",
     {.preset = CHURN__POLICY_PROFITWELL,
      .same_period = CHURN__SAME_PERIOD_IGNORE,
      .past_due = 1,
      .group = CHURN__GROUP_DAY,
      RETURN_ANY}},
    {"smsb", "smsb*", {.preset = CHURN__POLICY_SMSB, .past_due = 1, .free = 1, RETURN_ANY}},
    {"fightchurn",
     "fightchurn*",
     {.preset = CHURN__POLICY_FIGHTCHURN,
      .past_due = 1,
      .unpaid = 1,
      .paused = 1,
      .usage_based = 1,
      .free = 1,
      .refunds = CHURN__REFUNDS_SUBTRACT,
      .reactivation_within = CHURN__REACTIVATION_NEVER}},
};

#define PRESETS (int32_t)(sizeof presets / sizeof *presets)

static int32_t place_of(int32_t preset)
{
    return preset >= 1 && preset <= PRESETS ? preset - 1 : 0;
}

churn__kpi_policy churn__kpi_policy_preset(int32_t preset)
{
    return presets[place_of(preset)].policy;
}

const char *churn__policy_preset_name(int32_t preset)
{
    return preset >= 1 && preset <= PRESETS ? presets[preset - 1].name : NULL;
}

int32_t churn__policy_find(churn_str name)
{
    for (int32_t i = 0; i < PRESETS; i++) {
        if (churn__str_eq(name, churn__str_nts(presets[i].name))) {
            return i + 1;
        }
    }
    return 0;
}

/* ---- switches ---- */

#define MOST_WORDS 3
#define INCLUSION            \
    {                        \
        "exclude", "include" \
    }

/* Those that are words. */
static const struct {
    const char *name;
    size_t offset;
    const char *words[MOST_WORDS];
} switches[] = {
    {"recognition", offsetof(churn__kpi_policy, recognition), {"end", "request"}},
    {"same_period", offsetof(churn__kpi_policy, same_period), {"include", "ignore"}},
    {"discounts", offsetof(churn__kpi_policy, discounts), {"subtract", "forever", "ignore"}},
    {"trials", offsetof(churn__kpi_policy, trials), INCLUSION},
    {"past_due", offsetof(churn__kpi_policy, past_due), INCLUSION},
    {"unpaid", offsetof(churn__kpi_policy, unpaid), INCLUSION},
    {"paused", offsetof(churn__kpi_policy, paused), INCLUSION},
    {"usage_based", offsetof(churn__kpi_policy, usage_based), INCLUSION},
    {"free", offsetof(churn__kpi_policy, free), INCLUSION},
    {"refunds", offsetof(churn__kpi_policy, refunds), {"ignore", "subtract"}},
    {"fx", offsetof(churn__kpi_policy, fx), {"constant", "historic"}},
    {"group_changes", offsetof(churn__kpi_policy, group), {"instant", "hour", "day"}},
    {"churn_rate", offsetof(churn__kpi_policy, churn_rate), {"start", "start_and_new", "daily"}},
    {"returners", offsetof(churn__kpi_policy, returners), {"retained", "lost"}},
};

#define SWITCHES (sizeof switches / sizeof *switches)

static uint8_t word_of(const churn__kpi_policy *policy, size_t i)
{
    return *((const uint8_t *)policy + switches[i].offset);
}

static void begin_switch(churn__buf *out, size_t start, const char *name)
{
    if (out->size > start) {
        churn__buf_text(out, "; ");
    }
    churn__buf_text(out, name);
    churn__buf_text(out, ": ");
}

static void put_words(const churn__kpi_policy *a, const churn__kpi_policy *b, size_t start,
                      churn__buf *out)
{
    for (size_t i = 0; i < SWITCHES; i++) {
        const uint8_t x = word_of(a, i), y = word_of(b, i);
        if (x == y) {
            continue;
        }
        begin_switch(out, start, switches[i].name);
        churn__buf_text(out, switches[i].words[y]);
        churn__buf_text(out, ", not ");
        churn__buf_text(out, switches[i].words[x]);
    }
}

static void put_gap(churn__buf *out, int64_t gap, bool within)
{
    char text[32];
    if (within && gap == CHURN__REACTIVATION_ANY) {
        churn__buf_text(out, "any");
    } else if (within && gap == CHURN__REACTIVATION_NEVER) {
        churn__buf_text(out, "never");
    } else {
        const churn__duration d = {gap, CHURN__UNIT_MICRO};
        churn__buf_bytes(out, text, churn__duration_print(d, text));
    }
}

static void put_gaps(churn__buf *out, size_t start, const char *name, int64_t a, int64_t b,
                     bool within)
{
    if (a == b) {
        return;
    }
    begin_switch(out, start, name);
    put_gap(out, b, within);
    churn__buf_text(out, ", not ");
    put_gap(out, a, within);
}

static void put_rate(churn__buf *out, uint32_t tax)
{
    char text[40];
    churn__buf_bytes(out, text, churn__double_print_short((double)tax / CHURN__TAX_ONE, text));
}

static void put_tax(churn__buf *out, size_t start, uint32_t a, uint32_t b)
{
    if (a == b) {
        return;
    }
    begin_switch(out, start, "tax");
    put_rate(out, b);
    churn__buf_text(out, ", not ");
    put_rate(out, a);
}

bool churn__policy_differences(const churn__kpi_policy *a, const churn__kpi_policy *b,
                               churn__buf *out)
{
    const size_t start = out->size;
    put_words(a, b, start, out);
    put_tax(out, start, a->tax, b->tax);
    put_gaps(out, start, "reactivation_after", a->reactivation_after, b->reactivation_after, false);
    put_gaps(out, start, "reactivation_within", a->reactivation_within, b->reactivation_within,
             true);
    return !out->failed;
}

static bool same(const churn__kpi_policy *a, const churn__kpi_policy *b)
{
    bool all = a->tax == b->tax && a->reactivation_after == b->reactivation_after &&
               a->reactivation_within == b->reactivation_within;
    for (size_t i = 0; i < SWITCHES; i++) {
        all = all && word_of(a, i) == word_of(b, i);
    }
    return all;
}

const char *churn__policy_name(const churn__kpi_policy *policy)
{
    const int32_t i = place_of(policy->preset);
    return same(policy, &presets[i].policy) ? presets[i].name : presets[i].changed;
}
