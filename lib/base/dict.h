/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_DICT_H
#define CHURN_BASE_DICT_H

#include "base/heap.h"

/*
 * Strings to dense codes 0, 1, 2 ... in order of first sight. One writer adds while any number of
 * readers look things up through a view that they took earlier; a view sees the strings that were
 * there when it was taken and no later one.
 *
 * Hashing is XXH3 with a random secret per dict; when a probe grows past a cap (an attack, or very
 * bad luck) the table is built again with SipHash-1-3 under a random key. Codes never depend on
 * either.
 */
#define CHURN__NO_CODE UINT32_MAX

typedef struct churn__dict churn__dict;
typedef struct churn__dict_view churn__dict_view;

churn__dict *churn__dict_create(churn__heap *heap);
void churn__dict_free(churn__dict *dict);
/* The code of a string, added if new. CHURN__NO_CODE: no memory. */
uint32_t churn__dict_add(churn__dict *dict, churn_str s);
/* CHURN__NO_CODE: not there. */
uint32_t churn__dict_find(const churn__dict *dict, churn_str s);
churn_str churn__dict_get(const churn__dict *dict, uint32_t code); /* NUL-terminated */
uint32_t churn__dict_count(const churn__dict *dict);
/* Forget the strings with codes >= count, which were never in a view: undoes a failed batch. */
void churn__dict_truncate(churn__dict *dict, uint32_t count);

/*
 * Strings that must leave no trace. Their codes are not given out again: such a code has no string,
 * {NULL, 0}, and the string, should it come again, a new code. What a dict and its views held is
 * wiped when the last of them goes.
 */
/* A dict with the same codes in which those of the bits (one a code) are dead. NULL: no memory. */
churn__dict *churn__dict_without(const churn__dict *dict, const uint8_t *dead);
/* Let one string die where it is: only while no view is looked at. */
void churn__dict_forget(churn__dict *dict, uint32_t code);

/* A view holds what it needs; it may outlive the dict. NULL: no memory. */
churn__dict_view *churn__dict_view_take(churn__dict *dict);
churn__dict_view *churn__dict_view_retain(churn__dict_view *view);
void churn__dict_view_release(churn__dict_view *view);
uint32_t churn__dict_view_count(const churn__dict_view *view);
churn_str churn__dict_view_get(const churn__dict_view *view, uint32_t code);
/* Say that a code is going to be read soon; changes nothing but the time that it takes. */
void churn__dict_view_ahead(const churn__dict_view *view, uint32_t code);
uint32_t churn__dict_view_find(const churn__dict_view *view, churn_str s);

/* 128 random bits from the system (getrandom); false if it has none to give. Only for secrets of
 * hash tables: no answer depends on it. */
bool churn__random_bytes(void *out, size_t size);

#endif
