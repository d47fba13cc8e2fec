/* SPDX-License-Identifier: MIT */
#include "store/load.h"

/*
 * Aliases: the ids of other systems. "source NUL alias" is the id of an alias record, and as every
 * id it has an owner: the customer that it names.
 */

/* Texts that are ids have at most ID_BYTES, and no NUL. */
static churn_str make_key(load *l, churn_str system, churn_str alias)
{
    memcpy(l->alias_key, system.ptr, system.len);
    l->alias_key[system.len] = '\0';
    memcpy(l->alias_key + system.len + 1, alias.ptr, alias.len);
    return (churn_str){l->alias_key, system.len + 1 + alias.len};
}

/* A text of the row at hand: known by its code, or among the news. */
static churn_str text_of(const load *l, const uint32_t *target)
{
    if (*target != CHURN__NO_CODE) {
        return churn__dict_get(l->store->texts, *target);
    }
    size_t i = 0;
    while (l->news[i].target != target) {
        i++;
    }
    return l->news[i].text;
}

int32_t churn__load_alias_id(load *l)
{
    alias_row *row = &l->row.alias;
    churn_str system = text_of(l, &row->data.source), alias = text_of(l, &row->data.alias);
    l->fault_field = NULL;
    l->fault = system.len > ID_BYTES ? CHURN__STR("source") : CHURN__STR("alias");
    if (system.len > ID_BYTES || alias.len > ID_BYTES) { /* known as texts of another sort */
        return REJECT_TOO_LONG;
    }
    churn_str key = make_key(l, system, alias);
    churn__dict *ids = l->store->ids[KIND_ALIAS];
    row->head.id = churn__dict_find(ids, key);
    if (row->head.id == CHURN__NO_CODE) {
        churn__load_news(l, key, ids)->target = &row->head.id;
    }
    return 0;
}

/* The alias is in the store; `now`: and was not retracted, because then it names nobody. */
static bool is_alias(const churn__version *v, uint32_t customer, uint32_t id, bool now)
{
    const void *block = NULL;
    uint32_t n =
        churn__store_row_block(v->rows[KIND_ALIAS], v->row_runs[KIND_ALIAS], customer, &block);
    const alias_row *rows = block;
    bool is = false;
    for (uint32_t i = 0; !is && i < n; i++) {
        is = rows[i].head.id == id && (!now || rows[i].head.until == FOREVER);
    }
    return is;
}

/* Runs may hold rows that newer ones overrule. */
bool churn__load_maps(const load *l)
{
    const churn__version *v = l->store->current;
    uint32_t system = l->settings->source.len == 0
                          ? CHURN__NO_CODE
                          : churn__dict_find(l->store->texts, l->settings->source);
    bool maps = false;
    for (uint32_t i = 0; system != CHURN__NO_CODE && i < v->row_runs[KIND_ALIAS]; i++) {
        const row_run *run = v->rows[KIND_ALIAS][i];
        const alias_row *rows = (const void *)run->rows;
        for (uint32_t k = 0; !maps && k < run->count; k++) {
            maps = rows[k].data.source == system &&
                   is_alias(v, rows[k].head.customer, rows[k].head.id, false);
        }
    }
    return maps;
}

int32_t churn__load_mapped(load *l, uint32_t number, const cell *in, uint32_t *target)
{
    const churn_store *store = l->store;
    churn_str system = l->settings->source;
    if (in->text.len > ID_BYTES) {
        return REJECT_UNMAPPED;
    }
    uint32_t id = churn__dict_find(store->ids[KIND_ALIAS], make_key(l, system, in->text));
    uint32_t customer = id == CHURN__NO_CODE ? CHURN__NO_CODE : store->owners[KIND_ALIAS].data[id];
    if (customer == CHURN__NO_CODE || !is_alias(store->current, customer, id, true)) {
        return REJECT_UNMAPPED;
    }
    churn_str kept = churn__dict_get(store->ids[KIND_ALIAS], id);
    kept = (churn_str){kept.ptr + system.len + 1, kept.len - system.len - 1};
    churn__load_remember(l, number, in, kept, customer);
    *target = customer;
    return 0;
}
