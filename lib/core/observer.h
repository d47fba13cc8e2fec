/* SPDX-License-Identifier: MIT */
#ifndef CHURN_CORE_OBSERVER_H
#define CHURN_CORE_OBSERVER_H

#include "core/fail.h"

/*
 * A store tells those that stand on it what it is about to forget: engines remember customers too,
 * and a store knows nothing of engines. All of them are asked first, and may refuse; then they are
 * told, and cannot fail.
 */
typedef struct churn__forgetting {
    const churn_str *customers; /* ids */
    size_t customer_count;
    const uint32_t *numbers; /* those of them that the store has: its own numbers of them */
    size_t number_count;
    bool keep_history; /* the customers became others: only that they are gone is news */
    churn_str user;    /* a person whose name is to go; {NULL, 0}: none */
} churn__forgetting;

/* What observers lost. */
typedef struct churn__forgotten {
    uint64_t observers; /* that lost anything */
    uint64_t people, episodes, actions, waiting, tasks, changes, texts;
} churn__forgotten;

typedef struct churn__observer {
    struct churn__observer *next;
    void *self;
    /* CHURN_E_STATE: busy. After CHURN_OK one of the other two follows. */
    churn_status (*prepare)(void *self, const churn__forgetting *what, churn_error *err);
    void (*commit)(void *self, const churn__forgetting *what, churn__forgotten *sum);
    void (*abandon)(void *self);
} churn__observer;

/* Of one subject. Whoever comes or goes while they are told waits for that. */
typedef struct churn__observers {
    atomic_flag lock;
    churn__observer *first;
} churn__observers;

void churn__observers_init(churn__observers *list);
void churn__observers_add(churn__observers *list, churn__observer *one);
/* Does nothing for one that was never added. */
void churn__observers_remove(churn__observers *list, churn__observer *one);
/* Ask all of them. After CHURN_OK the list stays locked until _commit() or _abandon(). */
churn_status churn__observers_prepare(churn__observers *list, const churn__forgetting *what,
                                      churn_error *err);
void churn__observers_commit(churn__observers *list, const churn__forgetting *what,
                             churn__forgotten *sum);
void churn__observers_abandon(churn__observers *list);

#endif
