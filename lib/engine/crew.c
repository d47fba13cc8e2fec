/* SPDX-License-Identifier: MIT */
#include "base/thread.h"
#include "engine/losses.h"

/*
 * Going through customers in batches, with one thread or several. Every thread has a frame of its
 * own and fills it with the batch that comes next; what is then made of the batch is made by the
 * same thread, but only when it is the batch's turn, so that everything happens in the customers'
 * order, and results, errors and progress are the same for any number of threads.
 */
typedef struct crew {
    const churn__walk *walk;
    uint32_t customers_a_batch, batches;
    pthread_mutex_t lock;
    pthread_cond_t turned;
    uint32_t next; /* batch that nobody has taken */
    uint32_t turn; /* batch that is to be used now */
    bool stopped;  /* a batch failed: those after it are dropped */
    churn_status st;
    churn_error error;
} crew;

typedef struct worker {
    crew *crew;
    churn__frame *frame;
    churn__thread thread;
} worker;

/* The next batch; false: there is no more to do. */
static bool take_batch(crew *c, uint32_t *batch)
{
    (void)pthread_mutex_lock(&c->lock);
    bool any = !c->stopped && c->next < c->batches;
    *batch = any ? c->next++ : c->batches;
    (void)pthread_mutex_unlock(&c->lock);
    return any;
}

/* False: a batch before this one failed, or will never come. */
static bool await_turn(crew *c, uint32_t batch)
{
    (void)pthread_mutex_lock(&c->lock);
    while (!c->stopped && c->turn != batch) {
        (void)pthread_cond_wait(&c->turned, &c->lock);
    }
    bool mine = !c->stopped;
    (void)pthread_mutex_unlock(&c->lock);
    return mine;
}

static void end_turn(crew *c, churn_status st, const churn_error *error)
{
    (void)pthread_mutex_lock(&c->lock);
    c->turn++;
    if (st != CHURN_OK) {
        c->stopped = true;
        c->st = st;
        c->error = *error;
    }
    (void)pthread_cond_broadcast(&c->turned);
    (void)pthread_mutex_unlock(&c->lock);
}

/* What may be done before the batches that come first: all of it, unless conditions read what the
 * use of an earlier batch may change. */
static churn_status fill_early(const crew *c, churn__frame *frame, uint32_t from, uint32_t n,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__cancel_check(c->walk->cancel, err));
    CHURN_TRY(churn__frame_gather(frame, c->walk->order + from, n, err));
    if (!churn__frame_reads_history(frame)) {
        CHURN_TRY(churn__frame_finish(frame, err));
    }
    if (c->walk->named) {
        churn__frame_name(frame);
    }
done:
    return st;
}

static churn_status use_batch(const crew *c, churn__frame *frame, churn_error *err)
{
    churn_status st = CHURN_OK;
    if (churn__frame_reads_history(frame)) {
        CHURN_TRY(churn__frame_finish(frame, err));
    }
    CHURN_TRY(c->walk->use(frame, c->walk->context, err));
done:
    return st;
}

static void work(void *context)
{
    worker *w = context;
    crew *c = w->crew;
    for (uint32_t batch = 0; take_batch(c, &batch);) {
        churn_error error = {.struct_size = sizeof error, .row = CHURN_ROW_NONE};
        uint32_t from = batch * c->customers_a_batch, left = c->walk->count - from;
        uint32_t n = left < c->customers_a_batch ? left : c->customers_a_batch;
        churn_status st = fill_early(c, w->frame, from, n, &error);
        if (!await_turn(c, batch)) {
            return;
        }
        if (st == CHURN_OK) {
            st = use_batch(c, w->frame, &error);
        }
        if (st == CHURN_OK) {
            churn__cancel_step(c->walk->counter, from + n);
        }
        end_turn(c, st, &error);
    }
}

/* Frames for all workers. */
static churn_status open_workers(const churn__walk *walk, worker *workers, uint32_t n, crew *c,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < n; i++) {
        workers[i].crew = c;
        CHURN_TRY(churn__frame_open(walk->engine, walk->version, walk->dates, walk->date_count,
                                    walk->want, &workers[i].frame, err));
    }
done:
    return st;
}

/* What is usual among all customers is found once, before anybody is used. */
static churn_status survey(const churn__walk *walk, worker *workers, uint32_t n, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__usual *usual = walk->usual;
    if (usual == NULL) {
        CHURN_TRY(
            churn__frame_survey(workers[0].frame, walk->engine, walk->want, walk->cancel, err));
        usual = workers[0].frame->usual;
    }
    for (uint32_t i = 0; i < n; i++) {
        workers[i].frame->usual = usual;
    }
done:
    return st;
}

/* What conditions of losses came to is found once as well: then threads only read it. */
static churn_status find_losses(const churn__walk *walk, worker *workers, uint32_t n,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__frame *first = workers[0].frame;
    const churn__loss_book *book = NULL;
    if (!first->loss_needed || !churn__losses_needed(first->playbook)) {
        return CHURN_OK;
    }
    CHURN_TRY(churn__frame_losses(first, walk->order, walk->count, walk->cancel, &book, err));
    for (uint32_t i = 0; i < n; i++) {
        churn__loss_judge_read(workers[i].frame->judge, book);
        workers[i].frame->loss_ready = true;
    }
done:
    return st;
}

/* Those whom the system gives no thread leave their share to the others; the caller's own thread is
 * the last of them. */
static void run_workers(worker *workers, uint32_t n)
{
    uint32_t started = 0;
    while (started + 1 < n &&
           churn__thread_start(&workers[started].thread, work, &workers[started])) {
        started++;
    }
    work(&workers[started]);
    while (started > 0) {
        churn__thread_join(&workers[--started].thread);
    }
}

static uint32_t worker_count(const churn__walk *walk, uint32_t batches)
{
    uint32_t wanted = walk->engine->threads > 1 ? walk->engine->threads : 1;
    return wanted < batches ? wanted : batches > 0 ? batches : 1;
}

churn_status churn__walk_all(const churn__walk *walk, churn_error *err)
{
    churn_status st = CHURN_OK;
    crew c = {.walk = walk,
              .customers_a_batch = churn__frame_customers(walk->date_count),
              .error = {.struct_size = sizeof c.error, .row = CHURN_ROW_NONE}};
    c.batches = walk->count / c.customers_a_batch + (walk->count % c.customers_a_batch != 0);
    uint32_t n = worker_count(walk, c.batches);
    worker *workers = churn__alloc_array_zero(walk->engine->heap, n, sizeof *workers);
    if (workers == NULL) {
        return churn__fail_memory(err, walk->engine->heap);
    }
    (void)pthread_mutex_init(&c.lock, NULL); /* the default kind needs nothing that may lack */
    (void)pthread_cond_init(&c.turned, NULL);
    churn__cancel_total(walk->counter, walk->count);
    CHURN_TRY(open_workers(walk, workers, n, &c, err));
    CHURN_TRY(survey(walk, workers, n, err));
    CHURN_TRY(find_losses(walk, workers, n, err));
    run_workers(workers, n);
    st = c.st;
    for (uint32_t i = 0; st == CHURN_OK && walk->leave != NULL && i < n; i++) {
        st = walk->leave(workers[i].frame, walk->context, &c.error);
    }
    if (st != CHURN_OK) {
        st = churn__fail_at(err, st, c.error.detail, c.error.line, c.error.column, c.error.row,
                            "%s", c.error.message);
    }
done:
    for (uint32_t i = 0; i < n; i++) {
        churn__frame_close(workers[i].frame);
    }
    (void)pthread_cond_destroy(&c.turned);
    (void)pthread_mutex_destroy(&c.lock);
    churn__free_array(walk->engine->heap, workers, n, sizeof *workers);
    return st;
}
