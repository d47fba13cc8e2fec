/* SPDX-License-Identifier: MIT */
#include "metric/event_inside.h"

/* The aggregate of each user alone, and then the greatest, least or mean of these: users in the
 * order in which they first appear in the window, each with their events oldest first. */

static bool places_room(churn__metric_plan *plan, size_t n)
{
    struct churn__metric_general *g = plan->general;
    void *places = g->places;
    if (!churn__grow(plan->heap, &places, &g->place_capacity, n + 1, sizeof *g->places)) {
        plan->failed = true;
        return false;
    }
    g->places = places;
    return true;
}

/* The number of each row's user, by row; returns how many users there are. */
static uint32_t number_users(const churn__metric_view *view)
{
    churn__metric_plan *plan = view->plan;
    churn__metric_keys *keys = &plan->general->keys;
    churn__metric_keys_reset(keys);
    for (uint32_t i = 0; i < view->count; i++) {
        uint32_t user = view->rows[i].user;
        plan->general->places[i] =
            user == CHURN__NO_CODE ? CHURN__METRIC_NONE : churn__metric_key(plan->heap, keys, user);
        if (user != CHURN__NO_CODE && plan->general->places[i] == CHURN__METRIC_NONE) {
            plan->failed = true;
            return 0;
        }
    }
    return keys->count;
}

/* Rows user by user into `parted`; starts[u] .. starts[u + 1] are those of user u. */
static bool part_rows(const churn__metric_view *view, uint32_t users, uint32_t *starts)
{
    churn__metric_plan *plan = view->plan;
    churn__metric_rows *parted = &plan->general->parted;
    const uint32_t *user = plan->general->places;
    for (uint32_t i = 0; i < view->count; i++) {
        if (user[i] != CHURN__METRIC_NONE) {
            starts[user[i] + 1]++;
        }
    }
    for (uint32_t u = 0; u < users; u++) {
        starts[u + 1] += starts[u];
    }
    parted->count = 0;
    while (parted->count < starts[users]) {
        if (churn__metric_rows_add(plan, parted) == NULL) {
            return false;
        }
    }
    for (uint32_t i = 0; i < view->count; i++) {
        if (user[i] != CHURN__METRIC_NONE) {
            parted->data[starts[user[i]]++] = view->rows[i];
        }
    }
    for (uint32_t u = users; u > 0; u--) { /* each start has moved to the next one's */
        starts[u] = starts[u - 1];
    }
    starts[0] = 0;
    return true;
}

typedef struct taken {
    double value;
    uint32_t count;
    churn__missing reason; /* where no user has a value */
} taken;

static void take_one(churn__metric_take take, churn__value value, taken *t)
{
    if (value.missing != CHURN__PRESENT) {
        t->reason = churn__missing_worse(t->reason, value.missing);
        return;
    }
    double d = value.as.d;
    bool better = take == CHURN__TAKE_MAX ? d > t->value : d < t->value;
    if (take == CHURN__TAKE_MEAN) {
        t->value += d;
    } else if (t->count == 0 || better) {
        t->value = d;
    }
    t->count++;
}

static churn__value take_users(const churn__metric_view *view, uint32_t users,
                               const uint32_t *starts)
{
    churn__metric_take take = view->bound->def->take;
    taken t = {0, 0, CHURN__PRESENT};
    churn__metric_view own = *view;
    for (uint32_t u = 0; u < users && !view->plan->failed; u++) {
        own.rows = view->plan->general->parted.data + starts[u];
        own.count = starts[u + 1] - starts[u];
        take_one(take, churn__metric_view_value(&own), &t);
    }
    if (t.count == 0) {
        return churn__metric_absent(t.reason == CHURN__PRESENT ? CHURN__EMPTY : t.reason);
    }
    return churn__metric_double(take == CHURN__TAKE_MEAN ? t.value / t.count : t.value);
}

/* Without any user it is what the aggregate makes of no events. */
churn__value churn__metric_per_user(const churn__metric_view *view)
{
    churn__metric_plan *plan = view->plan;
    uint32_t users = places_room(plan, view->count) ? number_users(view) : 0;
    if (users == 0) {
        churn__metric_view none = *view;
        none.count = 0;
        return churn__metric_view_value(&none);
    }
    /* Starts lie behind the numbers, which they do not outgrow. */
    if (!places_room(plan, (size_t)view->count + users + 1)) {
        return churn__metric_absent(CHURN__EMPTY);
    }
    uint32_t *starts = plan->general->places + view->count;
    for (uint32_t u = 0; u <= users; u++) {
        starts[u] = 0;
    }
    return part_rows(view, users, starts) ? take_users(view, users, starts)
                                          : churn__metric_absent(CHURN__EMPTY);
}
