/* SPDX-License-Identifier: MIT */
#include "base/thread.h"

#include <signal.h>
#include <stddef.h>

static void *thread_main(void *given)
{
    churn__thread *thread = given;
    thread->work(thread->context);
    return NULL;
}

bool churn__thread_start(churn__thread *thread, void (*work)(void *), void *context)
{
    sigset_t all, before;
    thread->work = work;
    thread->context = context;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* a thread begins with its maker's mask */
    bool started = pthread_create(&thread->id, NULL, thread_main, thread) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

void churn__thread_join(churn__thread *thread)
{
    (void)pthread_join(thread->id, NULL);
}
