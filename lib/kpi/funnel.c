/* SPDX-License-Identifier: MIT */
#include "kpi/event_where.h"

#include "base/sort.h"
#include "kpi/pass.h"
#include "model/model.h"

/*
 * Steps that customers, or users, take one after another, and where they stop. Who takes the first
 * step in [from, to) enters, once: of several entries the one that gets furthest counts, of those
 * the first.
 */

/* ---- what is remembered ---- */

/* Somebody did what a step asks for. */
typedef struct mark {
    uint32_t user; /* CHURN__NO_CODE: customers enter */
    uint32_t row;  /* among all events of the type */
    churn_time at;
} mark;

typedef struct marks {
    mark *data;
    size_t count, capacity;
} marks;

/* Who entered: how far they came, and if their time is over. Times lie in `times`. */
typedef struct entry {
    uint32_t group;
    uint32_t reached; /* steps */
    bool open;
} entry;

typedef struct funnel {
    churn__heap *heap;
    const churn__funnel_request *request;
    churn__table_builder *builder;
    marks steps[CHURN__FUNNEL_STEPS];
    uint32_t codes[CHURN__FUNNEL_STEPS]; /* type or milestone; CHURN__NO_CODE: nobody has it */
    churn__event_where *where[CHURN__FUNNEL_STEPS]; /* NULL: all events */
    uint32_t *picked;                               /* rows of a condition */
    size_t picked_capacity;
    entry *entries;
    size_t entry_count, entry_capacity;
    int64_t *times; /* by entry and step: us from the step before */
    size_t times_capacity;
    double *room; /* for quantiles */
} funnel;

/* ---- gathering ---- */

static bool put_mark(funnel *f, marks *to, uint32_t user, size_t row, churn_time at)
{
    if (!churn__grow(f->heap, (void **)&to->data, &to->capacity, to->count + 1, sizeof *to->data)) {
        return false;
    }
    to->data[to->count++] = (mark){user, (uint32_t)row, at};
    return true;
}

static bool put_event(funnel *f, marks *to, const churn__event_rows *rows, size_t i)
{
    const uint32_t user = rows->all.user == NULL ? CHURN__NO_CODE : rows->all.user[i];
    if (f->request->users && user == CHURN__NO_CODE) {
        return true; /* nobody can be told to have done it */
    }
    return put_mark(f, to, f->request->users ? user : CHURN__NO_CODE, i, rows->all.at[i]);
}

static bool gather_events(funnel *f, churn__kpi_run *run, uint32_t step, marks *to)
{
    const uint32_t type = f->codes[step];
    const churn__event_rows rows =
        churn__event_rows_of(run->reader, run->customer, type, run->from, run->as_of, run->as_of);
    bool fits = true;
    if (f->where[step] == NULL) {
        for (size_t i = rows.begin; fits && i < rows.end; i++) {
            fits = !churn__event_row_seen(&rows, i) || put_event(f, to, &rows, i);
        }
        return fits;
    }
    size_t picked = 0;
    fits = churn__event_where_pick(f->where[step], run->reader, run->customer, type, &rows,
                                   &f->picked, &picked, &f->picked_capacity);
    for (size_t i = 0; fits && i < picked; i++) {
        fits = put_event(f, to, &rows, f->picked[i]);
    }
    return fits;
}

static bool gather_milestone(funnel *f, churn__kpi_run *run, uint32_t step, marks *to)
{
    const churn__milestone *rows = NULL;
    const size_t count = churn__reader_milestones(run->reader, run->customer, run->as_of, &rows);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].name == f->codes[step] && rows[i].reached_at >= run->from) {
            return put_mark(f, to, CHURN__NO_CODE, 0, rows[i].reached_at);
        }
    }
    return true;
}

static int compare_marks(const void *left, const void *right, const void *context)
{
    const mark *x = left, *y = right;
    (void)context;
    if (x->user != y->user) {
        return x->user < y->user ? -1 : 1;
    }
    return (x->at > y->at) - (x->at < y->at);
}

static bool gather_step(funnel *f, churn__kpi_run *run, uint32_t i)
{
    const churn__funnel_step *step = &f->request->steps[i];
    marks *to = &f->steps[i];
    to->count = 0;
    if (step->same != i || f->codes[i] == CHURN__NO_CODE) {
        return true;
    }
    const bool fits =
        step->event.ptr != NULL ? gather_events(f, run, i, to) : gather_milestone(f, run, i, to);
    return fits && (!f->request->users || churn__sort(f->heap, to->data, to->count,
                                                      sizeof *to->data, compare_marks, NULL));
}

/* ---- one way through the steps ---- */

/* The first mark of a user at or after an instant. */
static size_t mark_from(const marks *of, uint32_t user, churn_time at)
{
    size_t low = 0, high = of->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const mark *m = &of->data[middle];
        if (m->user < user || (m->user == user && m->at < at)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

typedef struct way {
    uint32_t reached;
    bool open;
    churn_time at[CHURN__FUNNEL_STEPS];
    uint32_t row[CHURN__FUNNEL_STEPS];
} way;

/* One event is one step. */
static bool is_taken(const funnel *f, const way *w, uint32_t step, const mark *m)
{
    const churn__funnel_step *steps = f->request->steps;
    for (uint32_t i = 0; i < w->reached; i++) {
        if (w->row[i] == m->row && f->codes[i] == f->codes[step] &&
            (steps[i].event.ptr != NULL) == (steps[step].event.ptr != NULL)) {
            return true;
        }
    }
    return false;
}

/* The first mark that a way can take for a step. */
static const mark *next_mark(const funnel *f, const way *w, uint32_t step, uint32_t user,
                             churn_time from)
{
    const marks *of = &f->steps[f->request->steps[step].same];
    size_t i = mark_from(of, user, from);
    while (i < of->count && of->data[i].user == user && is_taken(f, w, step, &of->data[i])) {
        i++;
    }
    return i < of->count && of->data[i].user == user ? &of->data[i] : NULL;
}

static void take_mark(way *w, const mark *m)
{
    w->at[w->reached] = m->at;
    w->row[w->reached] = m->row;
    w->reached++;
}

/* From an entry on as far as it gets. */
static void walk_way(const funnel *f, const churn__kpi_run *run, const mark *first, way *w)
{
    const int64_t within = f->request->within;
    w->reached = 0;
    take_mark(w, first);
    w->open = within > 0 && run->as_of - first->at <= within;
    for (uint32_t step = 1; step < f->request->count; step++) {
        const churn_time from = f->request->any_order ? first->at : w->at[step - 1];
        const mark *next = next_mark(f, w, step, first->user, from);
        if (next == NULL || (within > 0 && next->at - first->at > within)) {
            return;
        }
        take_mark(w, next);
    }
}

/* In any order a step is reached when it and all before it are. */
static void order_way(way *w)
{
    for (uint32_t step = 1; step < w->reached; step++) {
        w->at[step] = w->at[step] < w->at[step - 1] ? w->at[step - 1] : w->at[step];
    }
}

/* ---- entries ---- */

static bool put_entry(funnel *f, uint32_t group, const way *w)
{
    const uint32_t steps = f->request->count;
    if (!churn__grow(f->heap, (void **)&f->entries, &f->entry_capacity, f->entry_count + 1,
                     sizeof *f->entries) ||
        !churn__grow(f->heap, (void **)&f->times, &f->times_capacity, (f->entry_count + 1) * steps,
                     sizeof *f->times)) {
        return false;
    }
    int64_t *times = f->times + f->entry_count * steps;
    for (uint32_t step = 0; step < steps; step++) {
        times[step] = step > 0 && step < w->reached ? w->at[step] - w->at[step - 1] : 0;
    }
    f->entries[f->entry_count++] = (entry){group, w->reached, w->open};
    return true;
}

/* One user, or the customer: marks [from, to) of the first step. */
static bool enter(funnel *f, churn__kpi_run *run, size_t from, size_t to)
{
    way best = {0}, w = {0};
    for (size_t i = from; i < to && best.reached < f->request->count; i++) {
        if (f->steps[0].data[i].at >= run->to) {
            break;
        }
        walk_way(f, run, &f->steps[0].data[i], &w);
        best = w.reached > best.reached ? w : best;
        if (f->request->within == 0) {
            break; /* a later entry gets no further */
        }
    }
    if (best.reached == 0) {
        return true;
    }
    order_way(&best);
    const uint32_t group = churn__run_group(run, 0, NULL);
    return group != CHURN__KPI_NONE && put_entry(f, group, &best);
}

static churn_status funnel_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    funnel *f = state;
    bool fits = true;
    for (uint32_t i = 0; fits && i < f->request->count; i++) {
        fits = (i > 0 && f->steps[0].count == 0) || gather_step(f, run, i);
    }
    const marks *first = &f->steps[0];
    size_t to = 0;
    for (size_t from = 0; fits && from < first->count; from = to) {
        for (to = from; to < first->count && first->data[to].user == first->data[from].user;) {
            to++;
        }
        fits = enter(f, run, from, to);
    }
    return fits ? CHURN_OK : churn__fail_memory(err, f->heap);
}

/* ---- the table ---- */

enum {
    COL_STEP,
    COL_NAME,
    COL_REACHED,
    COL_SHARE,
    COL_LOW,
    COL_HIGH,
    COL_OF_PREVIOUS,
    COL_PREVIOUS_LOW,
    COL_PREVIOUS_HIGH,
    COL_DROP_OFF,
    COL_MEDIAN,
    COL_P90,
    COL_OPEN
};

static void add_columns(churn__table_builder *builder)
{
    churn__table_column(builder, "step", CHURN_COLUMN_INT);
    churn__table_column(builder, "name", CHURN_COLUMN_STRING);
    churn__table_column(builder, "reached", CHURN_COLUMN_INT);
    churn__table_column(builder, "share", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "low", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "high", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "share_of_previous", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "previous_low", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "previous_high", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "drop_off", CHURN_COLUMN_INT);
    churn__table_column(builder, "median_days", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "p90_days", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "open", CHURN_COLUMN_INT);
}

static void add_share(const churn__kpi_run *run, churn__table_builder *builder, uint32_t column,
                      int64_t x, int64_t n)
{
    if (n == 0) {
        for (uint32_t i = 0; i < 3; i++) {
            churn__table_add_null(builder, column + i);
        }
        return;
    }
    const churn__interval interval = churn__wilson(x, n, run->z);
    churn__table_add_double(builder, column, (double)x / (double)n);
    churn__table_add_double(builder, column + 1, interval.low);
    churn__table_add_double(builder, column + 2, interval.high);
}

typedef struct step_counts {
    int64_t first, previous, reached, open;
    size_t times; /* in f->room */
} step_counts;

static step_counts count_step(const funnel *f, uint32_t group, uint32_t step)
{
    step_counts c = {0};
    for (size_t i = 0; i < f->entry_count; i++) {
        const entry *e = &f->entries[i];
        if (e->group != group) {
            continue;
        }
        if (e->open) {
            c.open += e->reached > step;
            continue;
        }
        c.first++;
        c.previous += step > 0 && e->reached >= step;
        c.reached += e->reached > step;
        if (step > 0 && e->reached > step) {
            f->room[c.times++] =
                (double)f->times[i * f->request->count + step] / (double)CHURN__DAY;
        }
    }
    return c;
}

static churn_status add_step(const funnel *f, churn__kpi_run *run, uint32_t group, uint32_t step,
                             uint32_t base, churn_error *err)
{
    churn__table_builder *builder = f->builder;
    const step_counts c = count_step(f, group, step);
    if (!churn__quantile_sort(f->heap, f->room, c.times)) {
        return churn__fail_memory(err, f->heap);
    }
    churn__table_add_int(builder, base + COL_STEP, (int64_t)step + 1);
    churn__table_add_string(builder, base + COL_NAME, f->request->steps[step].name);
    churn__table_add_int(builder, base + COL_REACHED, c.reached);
    add_share(run, builder, base + COL_SHARE, c.reached, c.first);
    add_share(run, builder, base + COL_OF_PREVIOUS, c.reached, c.previous);
    if (step == 0) {
        churn__table_add_null(builder, base + COL_DROP_OFF);
    } else {
        churn__table_add_int(builder, base + COL_DROP_OFF, c.previous - c.reached);
    }
    churn__table_add_double(builder, base + COL_MEDIAN,
                            churn__quantile_sorted(f->room, c.times, 0.5));
    churn__table_add_double(builder, base + COL_P90, churn__quantile_sorted(f->room, c.times, 0.9));
    churn__table_add_int(builder, base + COL_OPEN, c.open);
    return CHURN_OK;
}

static churn_status funnel_finish(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    funnel *f = state;
    uint32_t count = 0;
    const uint32_t *order = NULL;
    CHURN_TRY(churn__run_group_order(run, &order, &count, err));
    f->room = churn__alloc_array(f->heap, f->entry_count, sizeof *f->room);
    f->builder = churn__table_begin(f->heap, (uint64_t)count * f->request->count);
    if (f->room == NULL || f->builder == NULL) {
        CHURN_TRY(churn__fail_memory(err, f->heap));
    }
    const uint32_t base = churn__run_group_columns(run, f->builder);
    add_columns(f->builder);
    for (uint32_t g = 0; g < count; g++) {
        for (uint32_t step = 0; step < f->request->count; step++) {
            churn__run_group_cells(run, f->builder, 0, order[g]);
            CHURN_TRY(add_step(f, run, order[g], step, base, err));
        }
    }
    st = churn__table_finish(f->builder, f->request->out, err);
    f->builder = NULL;
done:
    return st;
}

/* ---- life ---- */

static churn_status open_step(churn__kpi_run *run, funnel *f, uint32_t i, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__funnel_step *step = &f->request->steps[i];
    churn__event_pick pick = {0};
    if (step->event.ptr == NULL) {
        f->codes[i] = churn__dict_view_find(churn__version_texts(run->version), step->milestone);
        goto done;
    }
    const churn__event_names names = {&step->event, 1, true};
    CHURN_TRY(churn__event_pick_open(&pick, run->heap, run->version, &names, "funnel", err));
    f->codes[i] = churn__dict_view_find(churn__version_types(run->version), step->event);
    if (step->where != NULL && step->same == i) {
        CHURN_TRY(churn__event_where_create(run->heap, run->version, step->where, f->request->slots,
                                            f->request->slot_count, &f->where[i], err));
    }
done:
    if (st != CHURN_OK && err != NULL) {
        err->row = i;
    }
    churn__event_pick_close(&pick);
    return st;
}

static churn_status funnel_open(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    funnel *f = state;
    f->heap = run->heap;
    f->request = run->set_options;
    for (uint32_t i = 0; i < f->request->count; i++) {
        CHURN_TRY(open_step(run, f, i, err));
    }
done:
    return st;
}

static void funnel_close(churn__kpi_run *run, void *state)
{
    funnel *f = state;
    (void)run;
    for (uint32_t i = 0; i < CHURN__FUNNEL_STEPS; i++) {
        churn__free_array(f->heap, f->steps[i].data, f->steps[i].capacity, sizeof(mark));
        churn__event_where_free(f->where[i]);
    }
    churn__free_array(f->heap, f->picked, f->picked_capacity, sizeof *f->picked);
    churn__free_array(f->heap, f->room, f->entry_count, sizeof *f->room);
    churn__free_array(f->heap, f->entries, f->entry_capacity, sizeof *f->entries);
    churn__free_array(f->heap, f->times, f->times_capacity, sizeof *f->times);
    churn__table_abandon(f->builder);
}

const churn__kpi_set churn__funnel_set = {
    .name = "funnel",
    .state_size = sizeof(funnel),
    .open = funnel_open,
    .customer = funnel_customer,
    .finish = funnel_finish,
    .close = funnel_close,
};
