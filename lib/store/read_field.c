/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/date.h"
#include "base/num.h"
#include "store/reading.h"

/* Fields of kept rows as cells of a table and as text for people. */

static const char *at_field(const field *f, const void *row)
{
    return (const char *)row + f->row;
}

static uint32_t code_at(const field *f, const void *row)
{
    uint32_t code;
    memcpy(&code, at_field(f, row), sizeof code);
    return code;
}

static int64_t integer_at(const field *f, const void *row)
{
    int64_t value;
    memcpy(&value, at_field(f, row), sizeof value);
    return value;
}

static double number_at(const field *f, const void *row)
{
    double value;
    memcpy(&value, at_field(f, row), sizeof value);
    return value;
}

churn_column_type churn__field_column(const field *f)
{
    switch (f->type) {
    case FIELD_VALUE:
        return 0;
    case FIELD_TIME:
        return CHURN_COLUMN_TIME;
    case FIELD_COUNT:
    case FIELD_MONEY:
        return CHURN_COLUMN_INT;
    case FIELD_NUMBER:
        return CHURN_COLUMN_DOUBLE;
    case FIELD_TRUTH:
        return CHURN_COLUMN_BOOL;
    default:
        return CHURN_COLUMN_STRING;
    }
}

const field *churn__field_when(const kind_info *kind)
{
    for (uint32_t i = 0; i < kind->field_count; i++) {
        if (kind->fields[i].row == offsetof(row_head, when)) {
            return &kind->fields[i];
        }
    }
    return NULL;
}

/* ---- texts ---- */

static const churn__dict_view *view_of(const reading *r, const field *f)
{
    switch (f->type) {
    case FIELD_CUSTOMER:
        return r->version->customer_ids;
    case FIELD_ID:
        return churn__version_row_order(r->version, r->number).ids;
    case FIELD_EVENT_TYPE:
        return r->version->types;
    default:
        return r->version->texts;
    }
}

static churn_str word_of(const field *f, const void *row)
{
    uint8_t word = (uint8_t)*at_field(f, row);
    return word == 0 ? (churn_str){NULL, 0} : churn__str_nts(f->words[word - 1]);
}

churn_str churn__field_str(const reading *r, const field *f, const void *row)
{
    if (f->type == FIELD_WORD) {
        return word_of(f, row);
    }
    if (churn__field_column(f) != CHURN_COLUMN_STRING || f->type == FIELD_PERIOD) {
        return (churn_str){NULL, 0};
    }
    uint32_t code = code_at(f, row);
    return code == CHURN__NO_CODE ? (churn_str){NULL, 0}
                                  : churn__dict_view_get(view_of(r, f), code);
}

#define PERIOD_CHARS 40

/* "month", "3 months"; empty: not given. */
static churn_str period_text(const void *row, char *out)
{
    static const struct {
        char unit;
        const char *name;
    } units[] = {{'d', "day"}, {'w', "week"}, {'m', "month"}, {'y', "year"}};
    const subscription_row *s = row;
    const char *name = NULL;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        name = units[i].unit == (char)s->data.period_unit ? units[i].name : name;
    }
    if (name == NULL) {
        return (churn_str){NULL, 0};
    }
    bool one = s->data.period_count == 1;
    size_t len =
        one ? churn__format(out, PERIOD_CHARS, "%s", name)
            : churn__format(out, PERIOD_CHARS, "%d %ss", (int64_t)s->data.period_count, name);
    return (churn_str){out, len};
}

/* ---- cells ---- */

static void add_texts(const reading *r, churn__table_builder *to, uint32_t column, const field *f,
                      const void *const *rows, size_t n)
{
    const churn__dict_view *view = view_of(r, f);
    for (size_t i = 0; i < n; i++) {
        uint32_t code = code_at(f, rows[i]);
        churn__table_add_string(to, column,
                                code == CHURN__NO_CODE ? (churn_str){NULL, 0}
                                                       : churn__dict_view_get(view, code));
    }
}

/* The earliest instant of all says that a date is not given. */
static churn_time shown_time(const field *f, const void *row)
{
    const row_head *head = row;
    bool undated = f->row == offsetof(row_head, when) && (head->flags & ROW_UNDATED) != 0;
    return undated ? CHURN_TIME_NONE : integer_at(f, row);
}

static void add_integer(churn__table_builder *to, uint32_t column, int64_t value)
{
    if (value == CHURN_INT_NONE) {
        churn__table_add_null(to, column);
    } else {
        churn__table_add_int(to, column, value);
    }
}

static void add_truth(churn__table_builder *to, uint32_t column, int8_t value)
{
    if (value == CHURN_TRUTH_NONE) {
        churn__table_add_null(to, column);
    } else {
        churn__table_add_bool(to, column, value != 0);
    }
}

static void add_cell(churn__table_builder *to, uint32_t column, const field *f, const void *row)
{
    char period[PERIOD_CHARS];
    switch (f->type) {
    case FIELD_WORD:
        churn__table_add_string(to, column, word_of(f, row));
        break;
    case FIELD_PERIOD:
        churn__table_add_string(to, column, period_text(row, period));
        break;
    case FIELD_TIME:
        churn__table_add_time(to, column, shown_time(f, row));
        break;
    case FIELD_NUMBER:
        churn__table_add_double(to, column, number_at(f, row));
        break;
    case FIELD_TRUTH:
        add_truth(to, column, (int8_t)*at_field(f, row));
        break;
    default: /* counts and money */
        add_integer(to, column, integer_at(f, row));
        break;
    }
}

void churn__field_cells(const reading *r, churn__table_builder *to, uint32_t column, const field *f,
                        const void *const *rows, size_t n)
{
    bool coded = churn__field_column(f) == CHURN_COLUMN_STRING && f->type != FIELD_WORD &&
                 f->type != FIELD_PERIOD;
    if (coded) {
        add_texts(r, to, column, f, rows, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        add_cell(to, column, f, rows[i]);
    }
}

/* ---- for people ---- */

static void put_time(churn_time at, churn__buf *out)
{
    char text[40];
    size_t len = churn__instant_print(at, text);
    bool midnight = len == 20 && memcmp(text + 10, "T00:00:00Z", 10) == 0;
    churn__buf_str(out, (churn_str){text, midnight ? 10 : len});
}

static void put_number(double value, churn__buf *out)
{
    char text[CHURN__DOUBLE_CHARS];
    churn__buf_str(out, (churn_str){text, churn__double_print_short(value, text)});
}

/* Of this row; 0 where no currency says otherwise. */
static int currency_scale(const reading *r, const void *row)
{
    for (uint32_t i = 0; i < r->kind->field_count; i++) {
        const field *f = &r->kind->fields[i];
        churn_str code =
            f->type == FIELD_CURRENCY ? churn__field_str(r, f, row) : (churn_str){NULL, 0};
        if (code.ptr != NULL) {
            int scale = churn__currency_scale(code.ptr, code.len);
            return scale < 0 ? 0 : scale;
        }
    }
    return 0;
}

static void put_money(int64_t minor, int scale, churn__buf *out)
{
    char digits[24], text[32];
    uint64_t size = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    size_t n = 0, at = sizeof text;
    while (size > 0 || n <= (size_t)scale) {
        digits[n++] = (char)('0' + size % 10);
        size /= 10;
    }
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && i == (size_t)scale) {
            text[--at] = '.';
        }
        text[--at] = digits[i];
    }
    if (minor < 0) {
        text[--at] = '-';
    }
    churn__buf_bytes(out, text + at, sizeof text - at);
}

void churn__bits_text(const churn__version *version, churn__type type, uint64_t bits,
                      churn__buf *out)
{
    double number;
    switch (type) {
    case CHURN__TYPE_STRING:
        churn__buf_str(out, churn__dict_view_get(version->texts, (uint32_t)bits));
        break;
    case CHURN__TYPE_DOUBLE:
        memcpy(&number, &bits, sizeof number);
        put_number(number, out);
        break;
    case CHURN__TYPE_TIME:
        put_time((churn_time)bits, out);
        break;
    case CHURN__TYPE_BOOL:
        churn__buf_text(out, bits != 0 ? "true" : "false");
        break;
    default:
        break;
    }
}

void churn__value_text_of(const churn__version *version, const attribute_row *row, churn__buf *out)
{
    churn__bits_text(version, (churn__type)row->type, row->bits, out);
}

void churn__field_text(const reading *r, const field *f, const void *row, churn__buf *out)
{
    char period[PERIOD_CHARS];
    int8_t truth = (int8_t)*at_field(f, row);
    switch (f->type) {
    case FIELD_VALUE:
        churn__value_text_of(r->version, row, out);
        break;
    case FIELD_PERIOD:
        churn__buf_str(out, period_text(row, period));
        break;
    case FIELD_TIME:
        if (shown_time(f, row) != CHURN_TIME_NONE) {
            put_time(integer_at(f, row), out);
        }
        break;
    case FIELD_NUMBER:
        if (!isnan(number_at(f, row))) {
            put_number(number_at(f, row), out);
        }
        break;
    case FIELD_TRUTH:
        churn__buf_text(out, truth == CHURN_TRUTH_NONE ? "" : truth != 0 ? "yes" : "no");
        break;
    case FIELD_COUNT:
        if (integer_at(f, row) != CHURN_INT_NONE) {
            churn__buf_int(out, integer_at(f, row));
        }
        break;
    case FIELD_MONEY:
        if (integer_at(f, row) != CHURN_INT_NONE) {
            put_money(integer_at(f, row), currency_scale(r, row), out);
        }
        break;
    default:
        churn__buf_str(out, churn__field_str(r, f, row));
        break;
    }
}
