/* SPDX-License-Identifier: MIT */
#ifndef CHURN_OPTIONS_H
#define CHURN_OPTIONS_H

#include <churn/error.h>

CHURN_BEGIN_DECLS

/*
 * Options are structs that begin with `struct_size`, which the caller sets to sizeof the struct as
 * it knows it. Zero always means the default, and NULL options mean all defaults. The library
 * copies the part that it knows and never looks at the caller's struct again. A struct longer than
 * the library's is taken if its unknown tail is zero, and refused with CHURN_E_ABI otherwise; one
 * too short to hold `struct_size` and the first field is CHURN_E_ABI as well.
 */

/**
 * Where memory comes from. A root object (store, playbook, expression) is given one; what is made
 * from it inherits it. NULL, or a NULL `resize`, means the C library's own.
 *
 * `resize` behaves as realloc does: `ptr` NULL allocates, `new_size` 0 frees and returns NULL, NULL
 * otherwise means that there is no memory. It is told the old size. Memory must be aligned as
 * malloc's is. It must be callable from any thread that uses the objects.
 */
typedef struct churn_allocator {
    void *user_data;
    void *(*resize)(void *user_data, void *ptr, size_t old_size, size_t new_size);
} churn_allocator;

/**
 * How much a hostile or mistaken input may cost. 0 is the default that stands beside each field; a
 * value over the hard maximum is CHURN_E_RANGE. Going over a limit is CHURN_E_LIMIT, the message
 * names the limit, and nothing is changed. So every function that may return CHURN_E_NOMEM returns
 * CHURN_E_LIMIT instead where `memory_bytes` is what there was no more of.
 */
typedef struct churn_limits {
    uint32_t struct_size;
    uint32_t playbook_depth;        /* nesting of YAML: 64, at most 512 */
    uint64_t memory_bytes;          /* per root object and all that is made from it: no limit */
    uint64_t playbook_bytes;        /* of YAML text: 1 MiB, at most 16 MiB */
    uint64_t playbook_events;       /* of the YAML parser: 200,000, at most 2,000,000 */
    uint64_t playbook_scalar_bytes; /* 64 KiB, at most 1 MiB */
    uint32_t playbook_rules;        /* definitions of one sort: 10,000, at most 100,000 */
    uint32_t diagnostics;           /* kept; the rest is counted: 1,000, at most 100,000 */
    uint32_t expression_bytes;      /* 8 KiB, at most 64 KiB */
    uint32_t expression_nodes;      /* 512, at most 4,096 */
    uint32_t expression_depth;      /* 64, at most 256 */
    uint32_t expression_list;       /* elements of a list literal: 256, at most 4,096 */
    uint64_t string_bytes;          /* one value of a record: 64 KiB, at most 16 MiB */
    uint64_t customers;             /* 10,000,000, at most 1,000,000,000 */
    uint64_t records;               /* per store and kind: 1,000,000,000, at most 4,000,000,000 */
    uint64_t rejections;            /* rows listed in a load report; the rest is counted: 1,000 */
    uint64_t outbox;                /* actions not yet acknowledged: 1,000,000 */
} churn_limits;

/**
 * Fill limits with their defaults.
 *
 * @param limits the struct
 * @param size sizeof(churn_limits) as the caller knows it
 * @threads any
 * @since 0.1
 */
CHURN_API void churn_limits_init(churn_limits *limits, uint32_t size);

/* ---- runs of bytes that the library makes, for results of a size not known before ---- */

/**
 * Return the first byte of a buffer.
 *
 * @return view of the buffer, valid until churn_buffer_free(); NULL for NULL
 * @threads any
 * @since 0.1
 */
CHURN_API const void *churn_buffer_data(const churn_buffer *buffer);

/**
 * Return how many bytes a buffer has.
 *
 * @return the size; 0 for NULL
 * @threads any
 * @since 0.1
 */
CHURN_API size_t churn_buffer_size(const churn_buffer *buffer);

/**
 * Free a buffer.
 *
 * @param buffer may be NULL
 * @threads any
 * @since 0.1
 */
CHURN_API void churn_buffer_free(churn_buffer *buffer);

CHURN_END_DECLS

#endif
