/* SPDX-License-Identifier: MIT */
#include "base/zone_inside.h"

#include "base/checked.h"

/* The TZ string of POSIX with the extensions of RFC 9636, section 3.3.1: hours of a change from
 * -167 to 167. Rules must be written out: a summer time without them is refused. */

typedef struct rule_text {
    const char *at, *end;
} rule_text;

static bool take_char(rule_text *in, char c)
{
    bool found = in->at < in->end && *in->at == c;
    in->at += found;
    return found;
}

static bool is_alpha(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_name_char(char c, bool quoted)
{
    return is_alpha(c) || (quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-'));
}

static bool take_name(rule_text *in)
{
    bool quoted = take_char(in, '<');
    const char *begin = in->at;
    while (in->at < in->end && is_name_char(*in->at, quoted)) {
        in->at++;
    }
    return in->at - begin >= 3 && (!quoted || take_char(in, '>'));
}

static bool take_number(rule_text *in, int32_t low, int32_t high, int32_t *out)
{
    const char *begin = in->at;
    int32_t value = 0;
    while (in->at < in->end && *in->at >= '0' && *in->at <= '9' && in->at - begin < 4) {
        value = value * 10 + (*in->at++ - '0');
    }
    *out = value;
    return in->at > begin && value >= low && value <= high;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(rule_text *in, int32_t max_hours, int32_t *out)
{
    bool negative = take_char(in, '-');
    int32_t hours = 0;
    int32_t minutes = 0;
    int32_t seconds = 0;
    if (!negative) {
        (void)take_char(in, '+');
    }
    if (!take_number(in, 0, max_hours, &hours)) {
        return false;
    }
    if (take_char(in, ':') && (!take_number(in, 0, 59, &minutes) ||
                               (take_char(in, ':') && !take_number(in, 0, 59, &seconds)))) {
        return false;
    }
    *out = hours * 3600 + minutes * 60 + seconds;
    *out = negative ? -*out : *out;
    return true;
}

/* POSIX counts offsets west of Greenwich. */
static bool take_offset(rule_text *in, int32_t *out)
{
    int32_t west = 0;
    bool ok = take_time(in, 24, &west);
    *out = -west;
    return ok;
}

static bool take_change(rule_text *in, churn__zone_change *out)
{
    bool ok = false;
    *out = (churn__zone_change){.form = 'N', .time = 2 * 3600};
    if (take_char(in, 'M')) {
        out->form = 'M';
        ok = take_number(in, 1, 12, &out->month) && take_char(in, '.') &&
             take_number(in, 1, 5, &out->week) && take_char(in, '.') &&
             take_number(in, 0, 6, &out->day);
    } else if (take_char(in, 'J')) {
        out->form = 'J';
        ok = take_number(in, 1, 365, &out->day);
    } else {
        ok = take_number(in, 0, 365, &out->day);
    }
    return ok && (!take_char(in, '/') || take_time(in, 167, &out->time));
}

bool churn__zone_rule_parse(const char *s, size_t len, churn__zone_rule *out)
{
    rule_text in = {s, s + len};
    *out = (churn__zone_rule){.present = true};
    if (!take_name(&in) || !take_offset(&in, &out->standard)) {
        return false;
    }
    if (in.at == in.end) {
        return true;
    }
    out->has_summer = true;
    out->summer = out->standard + 3600;
    if (!take_name(&in) || (in.at < in.end && *in.at != ',' && !take_offset(&in, &out->summer))) {
        return false;
    }
    return take_char(&in, ',') && take_change(&in, &out->to_summer) && take_char(&in, ',') &&
           take_change(&in, &out->to_standard) && in.at == in.end;
}

/* ---- the rule at work ---- */

static int64_t day_of_month_form(const churn__zone_change *change, int32_t year)
{
    unsigned month = (unsigned)change->month;
    int64_t first = churn__days_from_civil(year, month, 1);
    int32_t sunday_based = (churn__weekday(first) + 1) % 7;
    int32_t day = (change->day - sunday_based + 7) % 7 + 7 * (change->week - 1);
    if (day >= (int32_t)churn__days_in_month(year, month)) {
        day -= 7; /* week 5 means the last */
    }
    return first + day;
}

static int64_t change_day(const churn__zone_change *change, int32_t year)
{
    int64_t january = 0;
    if (change->form == 'M') {
        return day_of_month_form(change, year);
    }
    january = churn__days_from_civil(year, 1, 1);
    if (change->form == 'N') {
        return january + change->day;
    }
    return january + change->day - 1 + (change->day >= 60 && churn__days_in_month(year, 2) == 29);
}

/* The instant of a change, whose wall time is that of the offset before it. */
static churn_time change_instant(const churn__zone_change *change, int32_t year, int32_t before)
{
    return change_day(change, year) * CHURN__DAY + ((int64_t)change->time - before) * CHURN__SECOND;
}

/* One change after another; a later one at the same instant wins, as where summer time that ends
 * with the year begins again with the next. */
static bool span_step(churn__zone_span *span, churn_time at, churn_time change, int32_t offset)
{
    if (change > at) {
        span->end = change;
        return false;
    }
    span->begin = change;
    span->offset = offset;
    return true;
}

churn__zone_span churn__zone_rule_span(const churn__zone_rule *rule, churn_time at)
{
    churn__zone_span span = {INT64_MIN, INT64_MAX, rule->standard};
    int32_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    if (!rule->has_summer) {
        return span;
    }
    churn__civil_from_days(churn__floor_div(at, CHURN__DAY), &year, &month, &day);
    /* A change lies within eight days of its year: two years on either side hold both ends. */
    for (int32_t y = year - 2; y <= year + 2; y++) {
        churn_time summer = change_instant(&rule->to_summer, y, rule->standard);
        churn_time standard = change_instant(&rule->to_standard, y, rule->summer);
        bool north = summer < standard;
        if (!span_step(&span, at, north ? summer : standard,
                       north ? rule->summer : rule->standard) ||
            !span_step(&span, at, north ? standard : summer,
                       north ? rule->standard : rule->summer)) {
            break;
        }
    }
    return span;
}
