/* SPDX-License-Identifier: MIT */
#include "play/play.h"

#include <string.h>

/* ---- roles ---- */

/* The person with the greatest hash of (customer, person): when somebody joins or leaves, only the
 * customers who go to or come from them move. D. Thaler, C. Ravishankar: Using name-based mappings
 * to increase hit rates (1998). */
static churn_str person_for(const churn__role_def *role, churn_str customer)
{
    const uint64_t seed = churn__hash64(customer.ptr, customer.len, 0);
    churn_str best = {NULL, 0};
    uint64_t best_hash = 0;
    for (uint32_t i = 0; i < role->people_count; i++) {
        const churn_str person = role->people[i];
        const uint64_t hash = churn__hash64(person.ptr, person.len, seed);
        if (best.ptr == NULL || hash > best_hash) {
            best = person;
            best_hash = hash;
        }
    }
    return best;
}

static churn_str role_person(const churn__role_def *role, churn_str customer,
                             churn_str (*attribute_value)(void *context, churn_str name),
                             void *context)
{
    if (role->attribute.ptr != NULL) {
        const churn_str value = attribute_value(context, role->attribute);
        if (value.len > 0) {
            return value;
        }
    }
    return person_for(role, customer);
}

churn_str churn__role_resolve(const churn__role_def *roles, uint32_t role, churn_str customer,
                              churn_str (*attribute_value)(void *context, churn_str name),
                              void *context)
{
    uint32_t slow = role; /* half as fast: meets `role` if `else` goes round in a circle */
    bool move_slow = false;
    while (role != UINT32_MAX) {
        const churn_str person = role_person(&roles[role], customer, attribute_value, context);
        if (person.len > 0) {
            return person;
        }
        role = roles[role].otherwise;
        slow = move_slow ? roles[slow].otherwise : slow;
        move_slow = !move_slow;
        if (role == slow) {
            break;
        }
    }
    return (churn_str){NULL, 0};
}

/* ---- ids ---- */

/* What an id is made of: each text as its length and hash, so that no two lists of parts look alike
 * and texts of any length fit. */
typedef struct id_parts {
    uint8_t bytes[256];
    size_t size;
} id_parts;

static void put_u64(id_parts *parts, uint64_t v)
{
    for (int i = 0; i < 8; i++) {
        parts->bytes[parts->size++] = (uint8_t)(v >> (8 * i));
    }
}

static void put_str(id_parts *parts, churn_str s)
{
    const churn__hash128 hash = churn__hash_id(s.ptr == NULL ? "" : s.ptr, s.len);
    put_u64(parts, s.len);
    put_u64(parts, hash.high);
    put_u64(parts, hash.low);
}

churn__hash128 churn__action_id(churn_str playbook, churn_str trigger, churn_str customer,
                                churn_str record, churn_time fired_at, const churn__step_def *step,
                                uint32_t ordinal, uint32_t occurrence)
{
    const bool named = step->id.ptr != NULL;
    id_parts parts = {.size = 0};
    put_str(&parts, playbook);
    put_str(&parts, trigger);
    put_str(&parts, customer);
    put_str(&parts, record);
    put_u64(&parts, (uint64_t)fired_at);
    put_u64(&parts, named);
    if (named) {
        put_str(&parts, step->id);
    } else {
        put_u64(&parts, step->content_hash);
        put_u64(&parts, ordinal);
    }
    put_u64(&parts, occurrence);
    return churn__hash_id(parts.bytes, parts.size);
}

const char *churn__action_kind_name(uint8_t kind)
{
    static const char *const names[] = {"",      "task",         "notify",   "tag",   "set_status",
                                        "untag", "unset_status", "reminder", "cancel"};
    return kind < sizeof names / sizeof *names ? names[kind] : "";
}
