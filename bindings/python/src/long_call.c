/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

/*
 * Python runs the handlers of signals only in its own main loop, so a thread that sits in a long C
 * call cannot see Ctrl-C. The call therefore runs in a thread of its own, while the thread that
 * asked for it wakes up every few milliseconds to look, and to tell how far the call is. It costs
 * some ten microseconds.
 *
 * What the call reads is the caller's: a stream may be a generator over a connection that only its
 * own thread may use. So the call asks for each batch, and the waiting thread reads it.
 */

#define LOOK_NANOS 20000000L /* between looks at signals */
#define SECOND_NANOS 1000000000L
#define TELL_EVERY 5 /* looks */
#define STACK_BYTES ((size_t)4 << 20)

typedef enum { NOTHING, SCHEMA, BATCH } wish;

typedef struct {
    core_call *call;
    void (*work)(void *);
    void *arg;
    core_relay *relay; /* NULL: the call reads no stream */
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* the call is done, or wishes something */
    pthread_cond_t granted;
    wish wish;
    void *to;
    int st;
    int done;
    int alone;       /* there is no other thread */
    PyObject *error; /* what a handler or the one who is told raised first */
} long_call;

/* ---- what a call may be given ---- */

int core_call_begin(core_state *state, PyObject *given, core_call *out)
{
    churn_error err = CORE_ERROR_INIT;
    memset(out, 0, sizeof *out);
    if (PyTuple_Check(given)) {
        out->progress = PyTuple_GetItem(given, 1);
        given = PyTuple_GetItem(given, 0);
        if (given == NULL || out->progress == NULL) {
            return -1;
        }
    }
    if (core_cancel_of(state, given, &out->flag) < 0) {
        return -1;
    }
    if (out->flag != NULL) {
        out->cancel = (core_handle *)given;
        out->cancel->calls++;
        return 0;
    }
    churn_status st = churn_cancel_create(&out->own, &err);
    if (st != CHURN_OK) {
        core_raise(state, st, &err, "", NULL);
        return -1;
    }
    out->flag = out->own;
    return 0;
}

void core_call_end(core_call *call)
{
    if (call->cancel != NULL) {
        call->cancel->calls--;
    }
    churn_cancel_free(call->own);
    memset(call, 0, sizeof *call);
}

/* ---- the thread of the call ---- */

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

static int grant(long_call *call)
{
    struct ArrowArrayStream *inner = &call->relay->inner;
    return call->wish == SCHEMA ? inner->get_schema(inner, call->to)
                                : inner->get_next(inner, call->to);
}

static int ask_for(struct ArrowArrayStream *stream, wish what, void *to)
{
    core_relay *relay = stream->private_data;
    long_call *call = relay->call;
    pthread_mutex_lock(&call->mutex);
    call->wish = what;
    call->to = to;
    if (call->alone) {
        call->st = grant(call);
        call->wish = NOTHING;
    }
    pthread_cond_signal(&call->changed);
    while (call->wish != NOTHING) {
        pthread_cond_wait(&call->granted, &call->mutex);
    }
    int st = call->st;
    pthread_mutex_unlock(&call->mutex);
    return st;
}

static int relay_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    return ask_for(stream, SCHEMA, out);
}

static int relay_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    out->release = NULL;
    return ask_for(stream, BATCH, out);
}

static const char *relay_error(struct ArrowArrayStream *stream)
{
    core_relay *relay = stream->private_data;
    return relay->stopped ? "interrupted" : relay->inner.get_last_error(&relay->inner);
}

/* The stream itself is let go by the thread that it came from. */
static void relay_release(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

void core_relay_open(core_relay *relay, struct ArrowArrayStream *out)
{
    *out = (struct ArrowArrayStream){.get_schema = relay_schema,
                                     .get_next = relay_next,
                                     .get_last_error = relay_error,
                                     .release = relay_release,
                                     .private_data = relay};
}

/* ---- the thread that waits ---- */

static struct timespec next_look(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK_NANOS;
    if (until.tv_nsec >= SECOND_NANOS) {
        until.tv_nsec -= SECOND_NANOS;
        until.tv_sec++;
    }
    return until;
}

/* With the mutex held, which is given back while a batch is made. */
static void grant_wish(long_call *call)
{
    int st = EINTR;
    if (call->error == NULL) {
        pthread_mutex_unlock(&call->mutex);
        st = grant(call);
        pthread_mutex_lock(&call->mutex);
    } else {
        call->relay->stopped = 1;
    }
    call->st = st;
    call->wish = NOTHING;
    pthread_cond_signal(&call->granted);
}

/* Whether the call is done; else it is time to look. */
static int wait_done(long_call *call)
{
    struct timespec until = next_look();
    int late = 0;
    pthread_mutex_lock(&call->mutex);
    while (!call->done && !late) {
        if (call->wish != NOTHING) {
            grant_wish(call);
        } else {
            late = pthread_cond_timedwait(&call->changed, &call->mutex, &until) == ETIMEDOUT;
        }
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

static int tell(const core_call *call)
{
    uint64_t done = 0;
    uint64_t total = 0;
    churn_cancel_progress(call->flag, &done, &total);
    PyObject *answer = PyObject_CallFunction(call->progress, "KK", (unsigned long long)done,
                                             (unsigned long long)total);
    Py_XDECREF(answer);
    return answer != NULL ? 0 : -1;
}

/* The first exception is kept until the call, which is then asked to stop, has returned. */
static void keep_error(long_call *call)
{
    PyObject *type = NULL;
    PyObject *trace = NULL;
    PyErr_Fetch(&type, &call->error, &trace);
    PyErr_NormalizeException(&type, &call->error, &trace);
    Py_XDECREF(type);
    Py_XDECREF(trace);
    churn_cancel_set(call->call->flag);
}

/* Without the interpreter's lock between looks. */
static void wait_looking(long_call *call)
{
    for (int looks = 1;; looks++) {
        PyThreadState *saved = PyEval_SaveThread();
        int done = wait_done(call);
        PyEval_RestoreThread(saved);
        int tells = call->call->progress != NULL && (done || looks % TELL_EVERY == 0);
        if (call->error == NULL &&
            ((!done && PyErr_CheckSignals() < 0) || (tells && tell(call->call) < 0))) {
            keep_error(call);
        }
        if (done) {
            return;
        }
    }
}

static void run_here(long_call *call)
{
    call->alone = 1;
    PyThreadState *saved = PyEval_SaveThread();
    call->work(call->arg);
    PyEval_RestoreThread(saved);
}

int core_call_run(core_call *call, void (*work)(void *), void *arg, core_relay *relay)
{
    long_call running = {.call = call, .work = work, .arg = arg, .relay = relay};
    pthread_t thread;
    pthread_mutex_init(&running.mutex, NULL);
    pthread_cond_init(&running.changed, NULL);
    pthread_cond_init(&running.granted, NULL);
    if (relay != NULL) {
        relay->call = &running;
    }
    if (start(&running, &thread) == 0) {
        wait_looking(&running);
        pthread_join(thread, NULL);
    } else {
        run_here(&running);
    }
    if (relay != NULL) {
        core_drop_stream(&relay->inner);
    }
    pthread_cond_destroy(&running.granted);
    pthread_cond_destroy(&running.changed);
    pthread_mutex_destroy(&running.mutex);
    if (running.error != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(running.error), running.error);
        Py_DECREF(running.error);
        return -1;
    }
    return 0;
}
