/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_LOSSES_H
#define CHURN_ENGINE_LOSSES_H

#include "engine/engine_internal.h"

/*
 * What the conditions of `loss:` came to: see losses.c. An engine keeps it for one version of the
 * store and up to two playbooks (its own, and one that it is compared with).
 */
typedef struct churn__losses churn__losses;

/* Local midnights that a customer may be judged at. */
#define CHURN__LOSS_MIDNIGHTS 36525

/* Of which losses the kind is asked for. */
typedef enum churn__loss_kinds {
    CHURN__LOSS_KINDS_NONE = 0,
    CHURN__LOSS_KINDS_LAST, /* the last one at each date */
    CHURN__LOSS_KINDS_ALL   /* and those at the ends of all lives */
} churn__loss_kinds;

/* Whose losses, and when. */
typedef struct churn__losses_want {
    const churn_playbook *playbook; /* whose `loss:` */
    churn__version *version;
    const uint32_t *customers;
    uint32_t count;
    const churn_time *dates; /* ascending */
    uint32_t date_count;
    churn__loss_kinds kinds;
    const churn__kpi_policy *policy; /* NULL: the playbook's */
    churn_cancel *cancel;
} churn__losses_want;

/* The playbook has anything to be prepared. */
static inline bool churn__losses_needed(const churn_playbook *playbook)
{
    return playbook->loss.condition_count > 0 || playbook->loss.involuntary_when != NULL;
}

/* Judge what was not judged yet. `*book`: valid until the next call for another version or
 * playbook; NULL where nothing is needed. Whoever reads it may do so from several threads, while
 * nobody prepares. */
churn_status churn__losses_prepare(churn_engine *engine, const churn__losses_want *want,
                                   const churn__loss_book **book, churn_error *err);
/* A judge with all that it needs to tell losses, lives and sources of these customers at their last
 * date. */
churn_status churn__losses_judge(churn_engine *engine, const churn__losses_want *want,
                                 churn__loss_judge **out, churn_error *err);
/* `loss:` by the policy that is asked for. */
churn__loss_def churn__losses_def(const churn__losses_want *want);
/* What `involuntary_when` was at the instants of losses: losses_kinds.c. */
churn_status churn__losses_kinds(churn_engine *engine, const churn__losses_want *want,
                                 const churn_playbook *playbook, churn__loss_book *book,
                                 churn_error *err);
/* Forget all of it. */
void churn__losses_drop(churn_engine *engine);

#endif
