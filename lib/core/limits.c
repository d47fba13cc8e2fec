/* SPDX-License-Identifier: MIT */
#include "core/fail.h"

#include <string.h>

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)

/* Name, default, hard maximum: as options.h promises them. */
typedef struct limit {
    const char *name;
    size_t offset, width;
    uint64_t standard, most;
} limit;

#define LIMIT(field, standard, most)                                                              \
    {                                                                                             \
#field, offsetof(churn_limits, field), sizeof(((churn_limits *)0)->field), standard, most \
    }

static const limit limits[] = {
    LIMIT(playbook_depth, 64, 512),
    LIMIT(memory_bytes, 0, UINT64_MAX),
    LIMIT(playbook_bytes, MIB, 16 * MIB),
    LIMIT(playbook_events, 200000, 2000000),
    LIMIT(playbook_scalar_bytes, 64 * KIB, MIB),
    LIMIT(playbook_rules, 10000, 100000),
    LIMIT(diagnostics, 1000, 100000),
    LIMIT(expression_bytes, 8 * KIB, 64 * KIB),
    LIMIT(expression_nodes, 512, 4096),
    LIMIT(expression_depth, 64, 256),
    LIMIT(expression_list, 256, 4096),
    LIMIT(string_bytes, 64 * KIB, 16 * MIB),
    LIMIT(customers, 10000000, 1000000000),
    LIMIT(records, 1000000000, 4000000000),
    LIMIT(rejections, 1000, UINT64_MAX),
    LIMIT(outbox, 1000000, UINT64_MAX),
};

static uint64_t limit_read(const churn_limits *from, const limit *which)
{
    const char *at = (const char *)from + which->offset;
    uint32_t narrow = 0;
    uint64_t wide = 0;
    if (which->width == sizeof narrow) {
        memcpy(&narrow, at, sizeof narrow);
        return narrow;
    }
    memcpy(&wide, at, sizeof wide);
    return wide;
}

static void limit_write(churn_limits *to, const limit *which, uint64_t value)
{
    char *at = (char *)to + which->offset;
    uint32_t narrow = (uint32_t)value;
    if (which->width == sizeof narrow) {
        memcpy(at, &narrow, sizeof narrow);
    } else {
        memcpy(at, &value, sizeof value);
    }
}

churn_status churn__limits_resolve(const churn_limits *given, churn_limits *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_limits own;
    CHURN_TRY(churn__copy_struct(&own, sizeof own, given, "churn_limits", err));
    own.struct_size = sizeof own;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        const limit *which = &limits[i];
        uint64_t value = limit_read(&own, which);
        if (value > which->most) {
            CHURN_FAIL(CHURN_E_RANGE, 0, "churn_limits: %s is %u, at most %u is allowed",
                       which->name, value, which->most);
        }
        limit_write(&own, which, value == 0 ? which->standard : value);
    }
    *out = own;
done:
    return st;
}

void churn_limits_init(churn_limits *to, uint32_t size)
{
    churn_limits own;
    if (to == NULL || size < sizeof own.struct_size ||
        churn__limits_resolve(NULL, &own, NULL) != CHURN_OK) {
        return;
    }
    memcpy(to, &size, sizeof size);
    (void)churn__give_struct(to, &own, sizeof own, "churn_limits", NULL);
}
