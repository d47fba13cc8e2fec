/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <pthread.h>
#include <time.h>

/*
 * Python runs the handlers of signals only in its own main loop, so a thread that sits in a long C
 * call cannot see Ctrl-C. The call therefore runs in a thread of its own, while the thread that
 * asked for it wakes up every few milliseconds to look. It costs some ten microseconds.
 */

#define LOOK_NANOS 20000000L /* between looks at signals */
#define SECOND_NANOS 1000000000L
#define STACK_BYTES ((size_t)4 << 20)

typedef struct {
    void (*work)(void *);
    void *arg;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int done;
} long_call;

static void *run_there(void *arg)
{
    long_call *call = arg;
    call->work(call->arg);
    pthread_mutex_lock(&call->mutex);
    call->done = 1;
    pthread_cond_signal(&call->changed);
    pthread_mutex_unlock(&call->mutex);
    return NULL;
}

static int wait_done(long_call *call)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK_NANOS;
    if (until.tv_nsec >= SECOND_NANOS) {
        until.tv_nsec -= SECOND_NANOS;
        until.tv_sec++;
    }
    pthread_mutex_lock(&call->mutex);
    if (!call->done) {
        pthread_cond_timedwait(&call->changed, &call->mutex, &until);
    }
    int done = call->done;
    pthread_mutex_unlock(&call->mutex);
    return done;
}

static int start(long_call *call, pthread_t *thread)
{
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) != 0) {
        return -1;
    }
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    int st = pthread_create(thread, &attr, run_there, call);
    pthread_attr_destroy(&attr);
    return st == 0 ? 0 : -1;
}

/* Without the interpreter's lock between looks. The first exception is kept until the call, which
 * is then asked to stop, has returned. */
static void wait_looking(long_call *call, churn_cancel *cancel, PyObject **error)
{
    for (;;) {
        int done = 0;
        PyThreadState *saved = PyEval_SaveThread();
        done = wait_done(call);
        PyEval_RestoreThread(saved);
        if (done) {
            return;
        }
        if (*error == NULL && PyErr_CheckSignals() < 0) {
            PyObject *type = NULL;
            PyObject *trace = NULL;
            PyErr_Fetch(&type, error, &trace);
            PyErr_NormalizeException(&type, error, &trace);
            Py_XDECREF(type);
            Py_XDECREF(trace);
            churn_cancel_set(cancel);
        }
    }
}

int core_run_long(void (*work)(void *), void *arg, churn_cancel *cancel)
{
    long_call call = {.work = work, .arg = arg};
    pthread_t thread;
    PyObject *error = NULL;
    pthread_mutex_init(&call.mutex, NULL);
    pthread_cond_init(&call.changed, NULL);
    if (start(&call, &thread) == 0) {
        wait_looking(&call, cancel, &error);
        pthread_join(thread, NULL);
    } else {
        PyThreadState *saved = PyEval_SaveThread();
        work(arg);
        PyEval_RestoreThread(saved);
    }
    pthread_cond_destroy(&call.changed);
    pthread_mutex_destroy(&call.mutex);
    if (error != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
        Py_DECREF(error);
        return -1;
    }
    return 0;
}
