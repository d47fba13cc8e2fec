/* SPDX-License-Identifier: MIT */
#include "expr/template_inside.h"

#include <math.h>

#include "base/checked.h"

/* Text with {{expressions | filters}}: rendering. A value goes from filter to filter as it is,
 * until one of them writes it; from then on it is the end of the text. */

/* ---- values ---- */

static double as_double(const churn__value *value)
{
    return value->type == CHURN__TYPE_INT ? (double)value->as.i : value->as.d;
}

static void set_number(text_work *work, const text_filter *filter)
{
    text_number *number = &work->number;
    number->given = true;
    if (filter->def->kind == FILTER_MONEY) {
        number->currency = filter->count > 0 ? filter->args[0].as.s : work->tmpl->currency;
        number->decimals = filter->scale;
        number->grouped = true;
        return;
    }
    if (filter->count > 0) {
        number->decimals = (int)filter->args[0].as.i;
    }
    number->percent |= filter->def->kind == FILTER_PERCENT;
    number->grouped |= filter->def->kind == FILTER_THOUSANDS;
    number->plus |= filter->def->kind == FILTER_SIGNED;
}

static void round_value(text_work *work)
{
    work->number.given = true;
    if (work->value.type == CHURN__TYPE_DOUBLE) {
        work->value.as.d = round(work->value.as.d);
    }
}

#define DAY_MICROS 86400e6

/* Nanoseconds hold 292 years; what is longer is not there. */
static void to_duration(text_work *work)
{
    const double micros = as_double(&work->value) * DAY_MICROS;
    if (!(fabs(micros) < 9.2e15)) {
        work->state = TEXT_MISSING;
        return;
    }
    work->value = (churn__value){.type = CHURN__TYPE_DURATION, .as.i = llround(micros) * 1000};
}

/* ---- writing ---- */

static const churn__zone *zone_of(const text_work *work, const text_filter *filter)
{
    return filter->zone != NULL ? filter->zone : work->view->zone;
}

static void write_date(text_work *work, const text_filter *filter)
{
    churn_str pattern = CHURN__STR("%Y-%m-%d");
    if (filter->def->kind == FILTER_TIME) {
        pattern = CHURN__STR("%H:%M");
    } else if (filter->def->kind == FILTER_DATETIME) {
        pattern = CHURN__STR("%Y-%m-%d %H:%M");
    } else if (filter->count > 0) {
        pattern = churn__template_style(filter->args[0].as.s);
    }
    churn__template_put_date(work->out, work->value.as.t, zone_of(work, filter), pattern);
}

static void write_in_days(text_work *work, const text_filter *filter)
{
    const churn__zone *zone = zone_of(work, filter);
    churn__template_put_in_days(work->out, churn__zone_day(zone, work->value.as.t) -
                                               churn__zone_day(zone, work->view->now));
}

static churn_str argument(const text_filter *filter, uint8_t i, churn_str otherwise)
{
    return i < filter->count ? filter->args[i].as.s : otherwise;
}

static void write_list(text_work *work, const text_filter *filter)
{
    const churn__strs *list = &work->value.as.l;
    for (uint32_t i = 0; i < list->count; i++) {
        if (i > 0) {
            churn__buf_str(work->out, argument(filter, 0, CHURN__STR(", ")));
        }
        churn__buf_str(work->out, list->items[i]);
    }
}

/* A value becomes text by its own filter. */
static void write_value(text_work *work, const text_filter *filter)
{
    churn__buf *out = work->out;
    const churn__value *value = &work->value;
    work->start = out->size;
    work->state = TEXT_WRITTEN;
    switch (filter->def->kind) {
    case FILTER_PLURAL:
        churn__buf_str(out, filter->args[fabs(as_double(value)) == 1 ? 0 : 1].as.s);
        break;
    case FILTER_AGO:
        churn__template_put_ago(out, value->as.t, work->view->now);
        break;
    case FILTER_IN_DAYS:
        write_in_days(work, filter);
        break;
    case FILTER_DURATION:
        churn__template_put_duration(out, value->as.i,
                                     filter->count > 0 ? (unsigned)filter->args[0].as.i : 2, false);
        break;
    case FILTER_YES_NO:
        churn__buf_str(out, value->as.b ? argument(filter, 0, CHURN__STR("yes"))
                                        : argument(filter, 1, CHURN__STR("no")));
        break;
    case FILTER_JOIN:
        write_list(work, filter);
        break;
    default:
        write_date(work, filter);
        break;
    }
}

/* ---- filters ---- */

static void fill_in(text_work *work, const text_filter *filter)
{
    if (filter->def->kind == FILTER_DEFAULT) {
        work->value = filter->args[0];
        work->state = TEXT_VALUE;
    } else if (filter->def->kind == FILTER_JSON) {
        work->start = work->out->size;
        work->state = TEXT_WRITTEN;
        churn__buf_text(work->out, "null");
    }
}

static void rewrite(text_work *work, const text_filter *filter)
{
    const bool as_is = work->state == TEXT_VALUE && !work->number.given;
    if (filter->def->kind == FILTER_JSON && as_is) {
        work->start = work->out->size;
        work->state = TEXT_WRITTEN;
        churn__template_put_json(work->out, &work->value);
        return;
    }
    if (work->state == TEXT_VALUE) {
        churn__template_put_value(work);
    }
    churn__template_rewrite(work, filter);
}

static void filter_value(text_work *work, const text_filter *filter)
{
    switch (filter->def->kind) {
    case FILTER_NUMBER:
    case FILTER_PERCENT:
    case FILTER_THOUSANDS:
    case FILTER_SIGNED:
    case FILTER_MONEY:
        set_number(work, filter);
        break;
    case FILTER_ROUND:
        round_value(work);
        break;
    case FILTER_DAYS:
        to_duration(work);
        break;
    default:
        write_value(work, filter);
        break;
    }
}

/* A text that default() put in passes by what only takes the value it stands for. */
static void apply(text_work *work, const text_filter *filter)
{
    const filter_def *def = filter->def;
    const churn__type type = work->state == TEXT_WRITTEN ? CHURN__TYPE_STRING : work->value.type;
    if (work->state == TEXT_MISSING) {
        fill_in(work, filter);
    } else if (def->kind >= FILTER_SHORT) {
        rewrite(work, filter);
    } else if (def->kind != FILTER_DEFAULT && (def->takes & TAKES(type)) != 0) {
        filter_value(work, filter);
    }
}

static bool is_finite(const churn__value *value)
{
    return value->type != CHURN__TYPE_DOUBLE || isfinite(value->as.d);
}

/* ---- parts ---- */

/* Over the limit: what is there is cut at it, the rest is not looked at. */
static bool cut(const churn__template *tmpl, churn__buf *out, size_t begin)
{
    if (out->failed || out->size - begin <= tmpl->limit) {
        return false;
    }
    out->size = begin + churn__utf8_prefix(out->data + begin, out->size - begin, tmpl->limit);
    out->data[out->size] = '\0';
    return true;
}

static churn_status render_value(const churn__template *tmpl, const text_part *part,
                                 const churn__template_view *view, size_t begin, churn__buf *out,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__truth truth = CHURN__UNKNOWN;
    text_work work = {.tmpl = tmpl, .view = view, .out = out, .number.decimals = TEXT_NATURAL};
    CHURN_TRY(churn__expr_value(part->expr, view->columns, view->row, view->scratch, &work.value,
                                &truth, NULL));
    work.state = truth == CHURN__TRUE && is_finite(&work.value) ? TEXT_VALUE : TEXT_MISSING;
    for (uint32_t i = 0; i < part->filter_count && out->size - begin <= tmpl->limit; i++) {
        apply(&work, &part->filters[i]);
    }
    if (work.state == TEXT_VALUE) {
        churn__template_put_value(&work);
    } else if (work.state == TEXT_MISSING) {
        churn__buf_text(out, TEMPLATE_NOTHING);
    }
done:
    return st == CHURN_OK ? st : churn__fail_memory(err, tmpl->heap);
}

churn_status churn__template_render(const churn__template *tmpl, const churn__template_view *view,
                                    churn__buf *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const size_t begin = out->size;
    for (uint32_t i = 0; i < tmpl->count; i++) {
        const text_part *part = &tmpl->parts[i];
        if (part->expr == NULL) {
            churn__buf_str(out, part->text);
        } else {
            CHURN_TRY(render_value(tmpl, part, view, begin, out, err));
        }
        if (cut(tmpl, out, begin)) {
            CHURN_FAIL(CHURN_E_LIMIT, CHURN__EXPR_RUN_LONG,
                       "the text grows longer than %u bytes (limit string_bytes)",
                       (uint64_t)tmpl->limit);
        }
    }
    if (out->failed) {
        CHURN_TRY(churn__fail_memory(err, out->heap));
    }
done:
    return st;
}

churn_status churn__template_fit(churn__expr_scratch *scratch, const churn__template *tmpl,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < tmpl->count; i++) {
        if (tmpl->parts[i].expr != NULL) {
            CHURN_TRY(churn__expr_scratch_fit(scratch, tmpl->parts[i].expr, err));
        }
    }
done:
    return st;
}
