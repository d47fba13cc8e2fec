/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_ACTIVITY_H
#define CHURN_KPI_ACTIVITY_H

#include "kpi/tables.h"
#include "kpi/units.h"
#include "store/store.h"

/* What customers did: their events, as seen at one as_of, brought to calendar units. */

/* Which types of events count. */
typedef struct churn__event_pick {
    churn__heap *heap;
    uint8_t *wanted;     /* by code of type; NULL: all */
    uint32_t type_count; /* how many codes there are */
} churn__event_pick;

/* No names: all types. With `strict` a name that no event ever had is CHURN_E_NOT_FOUND, with a
 * suggestion; `what` begins the message. */
churn_status churn__event_pick_open(churn__event_pick *pick, churn__heap *heap,
                                    churn__version *version, const churn__event_names *names,
                                    const char *what, churn_error *err);
void churn__event_pick_close(churn__event_pick *pick);
static inline bool churn__event_picked(const churn__event_pick *pick, uint32_t type)
{
    return pick->wanted == NULL || (type < pick->type_count && pick->wanted[type] != 0);
}

/* The types that count, ordered by their names; those of which the store has forgotten the name are
 * left out. `out` has room for all types: free it as an array of as many. */
churn_status churn__types_by_name(churn__heap *heap, churn__version *version,
                                  const churn__event_pick *pick, uint32_t **out, uint32_t *count,
                                  churn_error *err);

/* The rows [begin, end) of one type that lie in [from, to); each still has to be seen. */
typedef struct churn__event_rows {
    churn__events all;
    size_t begin, end;
    churn_time as_of;
    bool plain; /* all of them are seen */
} churn__event_rows;

churn__event_rows churn__event_rows_of(churn__reader *reader, uint32_t customer, uint32_t type,
                                       churn_time from, churn_time to, churn_time as_of);
static inline bool churn__event_row_seen(const churn__event_rows *rows, size_t i)
{
    return rows->plain || ((rows->all.known == NULL || rows->all.known[i] <= rows->as_of) &&
                           (rows->all.until == NULL || rows->as_of < rows->all.until[i]));
}

/* Set the bits of the units in which a customer has events of the types in [from, as_of). */
void churn__activity_mark(churn__reader *reader, uint32_t customer, const churn__event_pick *pick,
                          const churn__units *units, churn_time from, churn_time as_of,
                          uint64_t *bits);
/* The first event of the types; CHURN_TIME_NONE: none. */
churn_time churn__activity_first(churn__reader *reader, uint32_t customer,
                                 const churn__event_pick *pick, churn_time as_of);

/* Whether any event of the types names a user. */
bool churn__activity_names_users(churn__reader *reader, uint32_t customer,
                                 const churn__event_pick *pick, churn_time as_of);

/* Who did how much when: one row a user (CHURN__NO_CODE: nobody named) and unit, by user, then
 * unit. */
typedef struct churn__deed {
    uint64_t key; /* user << 32 | unit */
    uint32_t count;
} churn__deed;

typedef struct churn__deeds {
    churn__heap *heap;
    churn__deed *rows;
    size_t count, capacity;
    bool sorted;
} churn__deeds;

static inline uint32_t churn__deed_user(const churn__deed *deed)
{
    return (uint32_t)(deed->key >> 32);
}

static inline uint32_t churn__deed_unit(const churn__deed *deed)
{
    return (uint32_t)deed->key;
}

/* Add a customer's events of one type in [units->starts[0], as_of). False: no memory. */
bool churn__deeds_add(churn__deeds *deeds, churn__reader *reader, uint32_t customer, uint32_t type,
                      const churn__units *units, churn_time as_of);
/* Sort them and bring together what is of one user and unit. False: no memory. */
bool churn__deeds_settle(churn__deeds *deeds);
/* Drop who did it: one row a unit. False: no memory. */
bool churn__deeds_forget_users(churn__deeds *deeds);
/* Drop what was done by nobody who is named. */
void churn__deeds_named(churn__deeds *deeds);
void churn__deeds_close(churn__deeds *deeds);

#endif
