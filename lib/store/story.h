/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_STORY_H
#define CHURN_STORE_STORY_H

#include "base/arena.h"
#include "store/reading.h"

/* How records become lines of a story: see story.c. */

struct churn__story {
    churn__heap *heap;
    churn_story_options options;
    churn_time from, to, as_of; /* as_of CHURN_TIME_NONE: now */
    const char *const *others;  /* kinds of lines that are no kinds of records; NULL ends them */
    churn__version *version;    /* holds the texts of records */
    churn__story_line *lines;
    size_t count, capacity;
    churn__arena texts;
    churn__buf buf;
    bool failed; /* no memory */
};

/* All lines of one kind of records of a customer (story_facts.c). False: no memory. */
bool churn__story_tell(churn__story *story, reading *r, uint32_t customer);

#endif
