/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_THREAD_H
#define CHURN_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/*
 * Threads of one call: started in it, joined before it returns. They take no signals, which are the
 * host's to handle in threads of its own.
 */
typedef struct churn__thread {
    pthread_t id;
    void (*work)(void *context);
    void *context;
} churn__thread;

/* False: the system gives no more threads. `thread` stays where it is until it is joined. */
bool churn__thread_start(churn__thread *thread, void (*work)(void *), void *context);
void churn__thread_join(churn__thread *thread);

#endif
