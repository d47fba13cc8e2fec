/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>
#include <string.h>

/* The ledger of movements, the proof that it adds up, and policies side by side. */

typedef struct ledger_call {
    churn_status (*ask)(struct ledger_call *call);
    churn_engine *engine;
    churn_ledger_options options;
    churn_kpi_options figures;
    churn_time from, to;
    churn_str *policies, *kpis, *by;
    uint32_t policy_count, kpi_count, by_count;
    churn_status st;
    churn_error err;
    churn_table *table;
} ledger_call;

static churn_status ask_movements(ledger_call *c)
{
    return churn_engine_movements(c->engine, c->from, c->to, &c->options, &c->table, &c->err);
}

static churn_status ask_reconciliation(ledger_call *c)
{
    return churn_engine_reconciliation(c->engine, c->from, c->to, &c->options, &c->table, &c->err);
}

static churn_status ask_comparison(ledger_call *c)
{
    return churn_engine_compare_policies(c->engine, c->policies, c->policy_count, c->kpis,
                                         c->kpi_count, c->from, c->to, &c->figures, &c->table,
                                         &c->err);
}

static void ledger_init(ledger_call *c, churn_status (*ask)(ledger_call *))
{
    static const churn_error none = CORE_ERROR_INIT;
    memset(c, 0, sizeof *c);
    c->ask = ask;
    c->err = none;
    c->options.struct_size = sizeof c->options;
    c->figures.struct_size = sizeof c->figures;
}

static void ledger_clear(ledger_call *c)
{
    free(c->policies);
    free(c->kpis);
    free(c->by);
}

static void ledger_run(void *arg)
{
    ledger_call *c = arg;
    c->st = c->ask(c);
}

/* The table, or NULL with an exception. */
static PyObject *ledger_answer(core_handle *self, ledger_call *c, PyObject *given)
{
    core_call call;
    if (core_call_begin(self->state, given, &call) < 0) {
        return NULL;
    }
    c->engine = core_enter(self);
    if (c->engine == NULL) {
        core_call_end(&call);
        return NULL;
    }
    c->options.cancel = call.flag;
    c->figures.cancel = call.flag;
    int st = core_call_run(&call, ledger_run, c, NULL);
    core_leave(self);
    core_call_end(&call);
    if (st == 0 && c->st == CHURN_OK) {
        return core_table_new(self->state, c->table);
    }
    churn_table_free(c->table);
    return st < 0 ? NULL : core_raise(self->state, c->st, &c->err, "", NULL);
}

static PyObject *ledger_ask(PyObject *object, PyObject *args,
                            churn_status (*ask)(ledger_call *call))
{
    ledger_call c;
    PyObject *policy = NULL;
    PyObject *cancel = NULL;
    long long from = 0;
    long long to = 0;
    long long as_of = 0;
    ledger_init(&c, ask);
    if (!PyArg_ParseTuple(args, "LLLOiO", &from, &to, &as_of, &policy, &c.options.split, &cancel) ||
        core_str(policy, "policy", &c.options.policy) < 0) {
        return NULL;
    }
    c.from = from;
    c.to = to;
    c.options.as_of = as_of;
    return ledger_answer((core_handle *)object, &c, cancel);
}

PyObject *core_engine_movements(PyObject *object, PyObject *args)
{
    return ledger_ask(object, args, ask_movements);
}

PyObject *core_engine_reconciliation(PyObject *object, PyObject *args)
{
    return ledger_ask(object, args, ask_reconciliation);
}

PyObject *core_engine_compare_policies(PyObject *object, PyObject *args)
{
    ledger_call c;
    PyObject *policies = NULL;
    PyObject *kpis = NULL;
    PyObject *by = NULL;
    PyObject *cancel = NULL;
    PyObject *made = NULL;
    long long from = 0;
    long long to = 0;
    long long as_of = 0;
    ledger_init(&c, ask_comparison);
    churn_kpi_options *o = &c.figures;
    if (!PyArg_ParseTuple(args, "O!O!LLiLO&O&O!idpO:_compare_policies", &PyList_Type, &policies,
                          &PyList_Type, &kpis, &from, &to, &o->every, &as_of, core_uint32,
                          &o->rolling_days, core_uint32, &o->step_days, &PyList_Type, &by,
                          &o->by_at, &o->level, &o->changes, &cancel)) {
        return NULL;
    }
    c.from = from;
    c.to = to;
    o->as_of = as_of;
    if (core_names(policies, "policies", &c.policies, &c.policy_count) == 0 &&
        core_names(kpis, "kpis", &c.kpis, &c.kpi_count) == 0 &&
        core_names(by, "by", &c.by, &c.by_count) == 0) {
        o->by = c.by;
        o->by_count = c.by_count;
        made = ledger_answer((core_handle *)object, &c, cancel);
    }
    ledger_clear(&c);
    return made;
}
