/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>

/* What customers say: surveys, NPS and retention, themes. */

typedef struct asked {
    churn_status (*ask)(struct asked *asked);
    churn_engine *engine;
    int32_t kind;
    churn_time from, to;
    churn_voice_options voice;
    churn_theme_options themes;
    churn_status st;
    churn_error err;
    churn_table *table;
    churn_str *by, *languages, *stop_words, *tags, *phrases;
    churn_tag_phrase *pairs;
    churn_phrase_weight *weights;
} asked;

static const asked nothing_asked = {
    .voice = {.struct_size = sizeof(churn_voice_options)},
    .themes = {.struct_size = sizeof(churn_theme_options)},
    .err = CORE_ERROR_INIT,
};

static void asked_run(void *arg)
{
    asked *a = arg;
    a->st = a->ask(a);
}

static void asked_clear(asked *a)
{
    free(a->by);
    free(a->languages);
    free(a->stop_words);
    free(a->tags);
    free(a->phrases);
    free(a->pairs);
    free(a->weights);
}

/* The table, or NULL with an exception; what was asked is freed. */
static PyObject *answer(core_handle *self, asked *a, PyObject *cancel)
{
    core_call call;
    PyObject *made = NULL;
    if (core_call_begin(self->state, cancel, &call) < 0) {
        asked_clear(a);
        return NULL;
    }
    a->engine = core_enter(self);
    int st = a->engine == NULL ? -1 : 0;
    if (st == 0) {
        a->voice.cancel = a->themes.cancel = call.flag;
        st = core_call_run(&call, asked_run, a, NULL);
        core_leave(self);
    }
    core_call_end(&call);
    if (st < 0 || a->st != CHURN_OK) {
        churn_table_free(a->table);
        if (st == 0) {
            core_raise(self->state, a->st, &a->err, "", NULL);
        }
    } else {
        made = core_table_new(self->state, a->table);
    }
    asked_clear(a);
    return made;
}

/* ---- surveys ---- */

static churn_status ask_surveys(asked *a)
{
    return churn_engine_surveys(a->engine, a->kind, a->from, a->to, &a->voice, &a->table, &a->err);
}

static churn_status ask_retention(asked *a)
{
    return churn_engine_nps_retention(a->engine, a->from, a->to, &a->voice, &a->table, &a->err);
}

/* kind 0: whether NPS leads retention. */
PyObject *core_engine_surveys(PyObject *object, PyObject *args)
{
    asked a = nothing_asked;
    PyObject *by = NULL, *cancel = NULL;
    long long from = 0, to = 0, as_of = 0;
    if (!PyArg_ParseTuple(args, "iLLiLO!idIO:_surveys", &a.kind, &from, &to, &a.voice.every, &as_of,
                          &PyList_Type, &by, &a.voice.by_at, &a.voice.level, &a.voice.days,
                          &cancel) ||
        core_names(by, "by", &a.by, &a.voice.by_count) < 0) {
        asked_clear(&a);
        return NULL;
    }
    a.ask = a.kind == 0 ? ask_retention : ask_surveys;
    a.from = from;
    a.to = to;
    a.voice.as_of = as_of;
    a.voice.by = a.by;
    return answer((core_handle *)object, &a, cancel);
}

/* ---- themes ---- */

static churn_status ask_themes(asked *a)
{
    return churn_engine_themes(a->engine, a->from, a->to, &a->themes, &a->table, &a->err);
}

/* Tags and phrases by turns. */
static int take_tags(asked *a, PyObject *list)
{
    uint32_t count = 0;
    if (core_names(list, "tags", &a->tags, &count) < 0) {
        return -1;
    }
    a->pairs = calloc(count / 2 + 1, sizeof *a->pairs);
    if (a->pairs == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    a->themes.tag_count = count / 2;
    for (uint32_t i = 0; i < count / 2; i++) {
        a->pairs[i] = (churn_tag_phrase){a->tags[2 * i], a->tags[2 * i + 1]};
    }
    a->themes.tags = a->pairs;
    return 0;
}

static int take_lexicon(asked *a, PyObject *phrases, PyObject *weights)
{
    uint32_t count = 0;
    if (core_names(phrases, "lexicon", &a->phrases, &count) < 0) {
        return -1;
    }
    a->weights = calloc((size_t)count + 1, sizeof *a->weights);
    if (a->weights == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    a->themes.lexicon_count = count;
    for (uint32_t i = 0; i < count; i++) {
        double weight = PyFloat_AsDouble(PyList_GetItem(weights, (Py_ssize_t)i));
        if (weight == -1 && PyErr_Occurred()) {
            return -1;
        }
        a->weights[i] = (churn_phrase_weight){a->phrases[i], weight};
    }
    a->themes.lexicon = a->weights;
    return 0;
}

PyObject *core_engine_themes(PyObject *object, PyObject *args)
{
    asked a = nothing_asked;
    churn_theme_options *o = &a.themes;
    PyObject *by = NULL, *languages = NULL, *stop = NULL, *tags = NULL, *phrases = NULL;
    PyObject *weights = NULL, *cancel = NULL;
    long long from = 0, to = 0, as_of = 0;
    if (!PyArg_ParseTuple(args, "LLiLO!iiIIIIIddO!O!O!O!O!O:_themes", &from, &to, &o->every, &as_of,
                          &PyList_Type, &by, &o->by_at, &o->compare, &o->sources, &o->longest,
                          &o->min_count, &o->min_customers, &o->top, &o->prior, &o->level,
                          &PyList_Type, &languages, &PyList_Type, &stop, &PyList_Type, &tags,
                          &PyList_Type, &phrases, &PyList_Type, &weights, &cancel) ||
        core_names(by, "by", &a.by, &o->by_count) < 0 ||
        core_names(languages, "languages", &a.languages, &o->language_count) < 0 ||
        core_names(stop, "stop_words", &a.stop_words, &o->stop_word_count) < 0 ||
        take_tags(&a, tags) < 0 || take_lexicon(&a, phrases, weights) < 0) {
        asked_clear(&a);
        return NULL;
    }
    a.ask = ask_themes;
    a.from = from;
    a.to = to;
    o->as_of = as_of;
    o->by = a.by;
    o->languages = a.languages;
    o->stop_words = a.stop_words;
    return answer((core_handle *)object, &a, cancel);
}
