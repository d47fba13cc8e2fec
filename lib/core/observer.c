/* SPDX-License-Identifier: MIT */
#include "core/observer.h"

#include <sched.h>

static void lock(churn__observers *list)
{
    while (atomic_flag_test_and_set_explicit(&list->lock, memory_order_acquire)) {
        sched_yield();
    }
}

static void unlock(churn__observers *list)
{
    atomic_flag_clear_explicit(&list->lock, memory_order_release);
}

void churn__observers_init(churn__observers *list)
{
    atomic_flag_clear(&list->lock);
    list->first = NULL;
}

void churn__observers_add(churn__observers *list, churn__observer *one)
{
    lock(list);
    one->next = list->first;
    list->first = one;
    unlock(list);
}

void churn__observers_remove(churn__observers *list, churn__observer *one)
{
    lock(list);
    for (churn__observer **at = &list->first; *at != NULL; at = &(*at)->next) {
        if (*at == one) {
            *at = one->next;
            break;
        }
    }
    unlock(list);
}

static void abandon_before(churn__observers *list, const churn__observer *end)
{
    for (churn__observer *one = list->first; one != end; one = one->next) {
        one->abandon(one->self);
    }
}

churn_status churn__observers_prepare(churn__observers *list, const churn__forgetting *what,
                                      churn_error *err)
{
    lock(list);
    for (churn__observer *one = list->first; one != NULL; one = one->next) {
        churn_status st = one->prepare(one->self, what, err);
        if (st != CHURN_OK) {
            abandon_before(list, one);
            unlock(list);
            return st;
        }
    }
    return CHURN_OK;
}

void churn__observers_commit(churn__observers *list, const churn__forgetting *what,
                             churn__forgotten *sum)
{
    for (churn__observer *one = list->first; one != NULL; one = one->next) {
        one->commit(one->self, what, sum);
    }
    unlock(list);
}

void churn__observers_abandon(churn__observers *list)
{
    abandon_before(list, NULL);
    unlock(list);
}
