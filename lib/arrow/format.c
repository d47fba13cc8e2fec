/* SPDX-License-Identifier: MIT */
#include "arrow/inside.h"

#include "base/num.h"

/* https://arrow.apache.org/docs/format/CDataInterface.html#data-type-description-format-strings */

static const struct {
    const char *format;
    churn__arrow_type type;
} whole_formats[] = {
    {"n", {CHURN__LAYOUT_NULL, CHURN__ARROW_NULL, 0, 1, 1}},
    {"b", {CHURN__LAYOUT_BOOL, CHURN__ARROW_BOOL, 0, 1, 1}},
    {"c", {CHURN__LAYOUT_I8, CHURN__ARROW_INT, 0, 1, 1}},
    {"C", {CHURN__LAYOUT_U8, CHURN__ARROW_INT, 0, 1, 1}},
    {"s", {CHURN__LAYOUT_I16, CHURN__ARROW_INT, 0, 1, 1}},
    {"S", {CHURN__LAYOUT_U16, CHURN__ARROW_INT, 0, 1, 1}},
    {"i", {CHURN__LAYOUT_I32, CHURN__ARROW_INT, 0, 1, 1}},
    {"I", {CHURN__LAYOUT_U32, CHURN__ARROW_INT, 0, 1, 1}},
    {"l", {CHURN__LAYOUT_I64, CHURN__ARROW_INT, 0, 1, 1}},
    {"L", {CHURN__LAYOUT_U64, CHURN__ARROW_INT, 0, 1, 1}},
    {"e", {CHURN__LAYOUT_F16, CHURN__ARROW_DOUBLE, 0, 1, 1}},
    {"f", {CHURN__LAYOUT_F32, CHURN__ARROW_DOUBLE, 0, 1, 1}},
    {"g", {CHURN__LAYOUT_F64, CHURN__ARROW_DOUBLE, 0, 1, 1}},
    {"u", {CHURN__LAYOUT_TEXT32, CHURN__ARROW_STRING, 0, 1, 1}},
    {"U", {CHURN__LAYOUT_TEXT64, CHURN__ARROW_STRING, 0, 1, 1}},
    {"vu", {CHURN__LAYOUT_VIEW, CHURN__ARROW_STRING, 0, 1, 1}},
    {"tdD", {CHURN__LAYOUT_I32, CHURN__ARROW_DATE, 0, 1, 1}},
    {"tDs", {CHURN__LAYOUT_I64, CHURN__ARROW_DURATION, 0, 1000000000, 1}},
    {"tDm", {CHURN__LAYOUT_I64, CHURN__ARROW_DURATION, 0, 1000000, 1}},
    {"tDu", {CHURN__LAYOUT_I64, CHURN__ARROW_DURATION, 0, 1000, 1}},
    {"tDn", {CHURN__LAYOUT_I64, CHURN__ARROW_DURATION, 0, 1, 1}},
    {"tdm", {CHURN__LAYOUT_I64, CHURN__ARROW_DATE, 0, 1, INT64_C(86400000)}},
};

static const struct {
    const char *start; /* the zone follows, or nothing for wall time */
    int64_t times, over;
} time_formats[] = {
    {"tss:", 1000000, 1},
    {"tsm:", 1000, 1},
    {"tsu:", 1, 1},
    {"tsn:", 1, 1000},
};

static const struct {
    const char *start, *hint;
} hints[] = {
    {"+", "flatten it into columns, or cast it to text"},
    {"z", "cast it to text"},
    {"Z", "cast it to text"},
    {"vz", "cast it to text"},
    {"w", "cast it to text"},
    {"d", "cast it to decimal128 or double"},
    {"tt", "cast it to a timestamp or a number"},
    {"ti", "cast it to a number"},
};

static bool parse_time(churn_str format, churn__arrow_type *out)
{
    for (size_t i = 0; i < sizeof time_formats / sizeof *time_formats; i++) {
        churn_str start = churn__str_nts(time_formats[i].start);
        if (churn__str_starts(format, start)) {
            bool zoned = format.len > start.len;
            *out = (churn__arrow_type){.layout = CHURN__LAYOUT_I64,
                                       .kind = zoned ? CHURN__ARROW_TIME : CHURN__ARROW_LOCAL,
                                       .times = time_formats[i].times,
                                       .over = time_formats[i].over};
            return true;
        }
    }
    return false;
}

/* The number up to a comma or the end; *at moves behind the comma. */
static bool next_number(churn_str text, size_t *at, int64_t *out)
{
    size_t from = *at, to = from;

    while (to < text.len && text.ptr[to] != ',') {
        to++;
    }
    *at = to < text.len ? to + 1 : to;
    return from < text.len && churn__int_parse(text.ptr + from, to - from, out);
}

/* d:precision,scale[,bits], with 128 bits the only width that we read. */
static bool parse_decimal(churn_str format, churn__arrow_type *out)
{
    size_t at = 2;
    int64_t precision, scale, bits = 128;

    if (!churn__str_starts(format, CHURN__STR("d:")) || format.ptr[format.len - 1] == ',' ||
        !next_number(format, &at, &precision) || !next_number(format, &at, &scale)) {
        return false;
    }
    if (at < format.len && (!next_number(format, &at, &bits) || at < format.len)) {
        return false;
    }
    if (precision < 1 || precision > 38 || scale < -38 || scale > 38 || bits != 128) {
        return false;
    }
    *out = (churn__arrow_type){.layout = CHURN__LAYOUT_I128,
                               .kind = CHURN__ARROW_DECIMAL,
                               .scale = (int32_t)scale,
                               .times = 1,
                               .over = 1};
    return true;
}

bool churn__arrow_parse_format(const char *format, churn__arrow_type *out)
{
    churn_str text = churn__str_nts(format);

    for (size_t i = 0; i < sizeof whole_formats / sizeof *whole_formats; i++) {
        if (churn__str_eq(text, churn__str_nts(whole_formats[i].format))) {
            *out = whole_formats[i].type;
            return true;
        }
    }
    return parse_time(text, out) || parse_decimal(text, out);
}

const char *churn__arrow_hint(const char *format)
{
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        if (churn__str_starts(churn__str_nts(format), churn__str_nts(hints[i].start))) {
            return hints[i].hint;
        }
    }
    return "cast it to text or a number";
}
