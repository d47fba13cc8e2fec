/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "engine/explain.h"

/* What a factor that stands on other scores is made of: child customers, or another score's lines.
 */

/* ---- children ---- */

#define CHILDREN_TOLD 3u

/* How many count, and how many of them have a part in the outcome. */
typedef struct counts {
    uint32_t all, parts;
} counts;

static counts count_children(const churn__family_child *children, uint32_t n)
{
    counts found = {0, 0};
    for (uint32_t i = 0; i < n; i++) {
        found.all += isnan(children[i].score) ? 0 : 1;
        found.parts += children[i].share > 0;
    }
    return found;
}

/* Of a mean by MRR the greatest shares come first, of all else the lowest scores; of equals the
 * first by id. */
static bool comes_before(const churn__roll_up_def *def, const churn__family_child *a,
                         const churn__family_child *b)
{
    if (def->take == CHURN__ROLL_UP_MRR && a->share != b->share) {
        return a->share > b->share;
    }
    return a->score < b->score;
}

/* The next one to tell behind the last that was told (NULL: none yet); NULL: there is none. */
static const churn__family_child *next_child(const churn__roll_up_def *def,
                                             const churn__family_child *children, uint32_t n,
                                             const churn__family_child *last)
{
    const churn__family_child *best = NULL;
    for (const churn__family_child *c = children; c < children + n; c++) {
        bool told = last != NULL && (c == last || comes_before(def, c, last) ||
                                     (c < last && !comes_before(def, last, c)));
        if (c->share > 0 && !told && (best == NULL || comes_before(def, c, best))) {
            best = c;
        }
    }
    return best;
}

static void put_child(churn__buf *text, const churn__frame *frame, const churn__roll_up_def *def,
                      const churn__family_child *child)
{
    churn__buf_str(text, churn__version_customer_id(frame->version, child->customer));
    churn__buf_char(text, ' ');
    churn__say_score(text, child->score);
    if (def->take == CHURN__ROLL_UP_MRR) {
        churn__buf_text(text, " for ");
        churn__say_percent(text, child->share);
    }
}

static void put_children(churn__buf *text, const churn__frame *frame, const churn__roll_up_def *def,
                         const churn__family_child *children, uint32_t n, uint32_t parts)
{
    const churn__family_child *child = next_child(def, children, n, NULL);
    uint32_t told = 0;
    churn__buf_text(text, ": ");
    for (; child != NULL && told < CHILDREN_TOLD; told++) {
        churn__buf_text(text, told > 0 ? ", " : "");
        put_child(text, frame, def, child);
        child = next_child(def, children, n, child);
    }
    if (parts > told) {
        churn__buf_text(text, " and ");
        churn__buf_int(text, (int64_t)parts - told);
        churn__buf_text(text, " more");
    }
}

static void put_worst(churn__buf *text, counts found)
{
    churn__buf_text(text, "the worst ");
    if (found.parts > 1) {
        churn__buf_int(text, found.parts);
        churn__buf_char(text, ' ');
    }
    churn__buf_text(text, "of ");
}

static void put_quantile(churn__buf *text, double q)
{
    churn__buf_text(text, "the quantile ");
    churn__say_number(text, q);
    churn__buf_text(text, " of ");
}

static void put_take(churn__buf *text, const churn__roll_up_def *def, counts found)
{
    switch (def->take) {
    case CHURN__ROLL_UP_MIN:
        churn__buf_text(text, "the lowest of ");
        break;
    case CHURN__ROLL_UP_MAX:
        churn__buf_text(text, "the highest of ");
        break;
    case CHURN__ROLL_UP_MEDIAN:
        churn__buf_text(text, "the median of ");
        break;
    case CHURN__ROLL_UP_QUANTILE:
        put_quantile(text, def->q);
        break;
    case CHURN__ROLL_UP_WORST:
        put_worst(text, found);
        break;
    case CHURN__ROLL_UP_MRR:
        churn__buf_text(text, "the mean by MRR of ");
        break;
    default:
        churn__buf_text(text, "the mean of ");
        break;
    }
    churn__buf_int(text, found.all);
}

/* "2 of 7 in red or below"; who is in no such band has no part in a bad outcome. */
static void put_any(churn__buf *text, const churn__frame *frame, const churn__roll_up_def *def,
                    bool in, counts found)
{
    const churn__score_def *score = &frame->playbook->scores[def->score];
    if (in) {
        churn__buf_int(text, found.parts);
    } else {
        churn__buf_text(text, "none");
    }
    churn__buf_text(text, " of ");
    churn__buf_int(text, found.all);
    churn__buf_text(text, " in ");
    churn__buf_str(text, churn__score_band_name(score, def->band));
    churn__buf_text(text, def->band + 1 < score->band_count ? " or below" : "");
}

churn_status churn__say_children(churn__buf *text, churn__frame *frame, uint32_t roll_up,
                                 uint32_t row, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__roll_up_def *def = &frame->playbook->roll_ups[roll_up];
    const churn__family_child *children = NULL;
    uint32_t n = 0;
    CHURN_TRY(churn__family_children(frame, roll_up, row, &children, &n, err));
    counts found = count_children(children, n);
    if (found.all == 0) {
        goto done;
    }
    bool any = def->take == CHURN__ROLL_UP_ANY;
    bool none = any && ((const double *)frame->columns[def->slot].values)[row] > 0;
    churn__buf_text(text, " (");
    if (any) {
        put_any(text, frame, def, !none, found);
    } else {
        put_take(text, def, found);
    }
    if (!none) {
        put_children(text, frame, def, children, n, found.parts);
    }
    churn__buf_char(text, ')');
done:
    return st;
}

/* ---- another score ---- */

void churn__say_largest(churn__buf *text, const churn__score_level *level)
{
    const churn__score_line *largest = NULL;
    for (uint32_t i = 1; i < level->line_count; i++) {
        const churn__score_line *line = &level->lines[i];
        int64_t size = line->contribution < 0 ? -line->contribution : line->contribution;
        int64_t most = largest == NULL             ? 0
                       : largest->contribution < 0 ? -largest->contribution
                                                   : largest->contribution;
        largest = size > most ? line : largest;
    }
    if (largest == NULL) {
        return;
    }
    churn__buf_text(text, " (its largest line: ");
    churn__buf_str(text, churn__score_line_name(level, largest));
    churn__buf_text(text, largest->contribution > 0 ? " +" : " ");
    churn__say_score(text, (double)largest->contribution / 1e6);
    churn__buf_char(text, ')');
}
