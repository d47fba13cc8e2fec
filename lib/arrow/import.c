/* SPDX-License-Identifier: MIT */
#include "arrow/inside.h"

#include "table/table.h"

/* One column of a batch on its way into a table. */
typedef struct carry {
    const churn__arrow_reader *reader;
    churn__table_builder *builder;
    uint32_t column;
    uint64_t rows;
} carry;

static churn_column_type table_type(churn__arrow_kind kind)
{
    switch (kind) {
    case CHURN__ARROW_BOOL:
        return CHURN_COLUMN_BOOL;
    case CHURN__ARROW_INT:
        return CHURN_COLUMN_INT;
    case CHURN__ARROW_DOUBLE:
    case CHURN__ARROW_DECIMAL:
        return CHURN_COLUMN_DOUBLE;
    case CHURN__ARROW_TIME:
    case CHURN__ARROW_LOCAL:
    case CHURN__ARROW_DATE:
        return CHURN_COLUMN_TIME;
    case CHURN__ARROW_DURATION:
        return CHURN_COLUMN_DURATION;
    case CHURN__ARROW_STRING:
    case CHURN__ARROW_NULL:
        break;
    }
    return CHURN_COLUMN_STRING;
}

static churn_status declare(const churn__arrow_reader *reader, churn__table_builder *builder,
                            churn_error *err)
{
    churn_status st = CHURN_OK;

    for (uint32_t i = 0; i < churn__arrow_field_count(reader); i++) {
        const churn__arrow_field *field = churn__arrow_get_field(reader, i);
        const char *format = churn__arrow_unsupported(reader, i);
        if (format != NULL) {
            CHURN_FAIL(CHURN_E_TYPE, 0, "column %q: Arrow type `%s` is not read: %s", &field->name,
                       format, churn__arrow_hint(format));
        }
        churn__table_column(builder, field->name.ptr, table_type(field->kind));
    }
done:
    return st;
}

static churn_status cell_failed(const carry *to, churn_status status, uint64_t row, const char *why,
                                churn_error *err)
{
    return churn__fail_at(err, status, 0, 0, 0, to->reader->rows_before + row, "column %q: %s",
                          &churn__arrow_get_field(to->reader, to->column)->name, why);
}

static churn_status carry_int(const carry *to, uint64_t row, churn_error *err)
{
    int64_t value;

    if (!churn__arrow_int(to->reader, to->column, row, &value)) {
        return cell_failed(to, CHURN_E_RANGE, row, "a number does not fit 64 bits with sign", err);
    }
    churn__table_add_int(to->builder, to->column, value);
    return CHURN_OK;
}

static churn_status carry_time(const carry *to, uint64_t row, int64_t unit, churn_error *err)
{
    int64_t value;

    if (!churn__arrow_time(to->reader, to->column, row, &value)) {
        return cell_failed(to, CHURN_E_RANGE, row, "an instant lies outside years 1 to 9999", err);
    }
    churn__table_add_time(to->builder, to->column, value * unit);
    return CHURN_OK;
}

static churn_status carry_duration(const carry *to, uint64_t row, churn_error *err)
{
    int64_t nanos;

    if (!churn__arrow_duration(to->reader, to->column, row, &nanos)) {
        return cell_failed(to, CHURN_E_RANGE, row, "a duration of more than 292 years", err);
    }
    churn__table_add_duration(to->builder, to->column, nanos);
    return CHURN_OK;
}

static churn_status carry_string(const carry *to, uint64_t row, churn_error *err)
{
    churn_str value = churn__arrow_string(to->reader, to->column, row);

    if (churn__utf8_fault(value.ptr, value.len) != SIZE_MAX) {
        return cell_failed(to, CHURN_E_UTF8, row, "a text is not UTF-8", err);
    }
    churn__table_add_string(to->builder, to->column, value);
    return CHURN_OK;
}

static churn_status carry_cell(const carry *to, churn__arrow_kind kind, uint64_t row,
                               churn_error *err)
{
    switch (kind) {
    case CHURN__ARROW_BOOL:
        churn__table_add_bool(to->builder, to->column,
                              churn__arrow_bool(to->reader, to->column, row));
        return CHURN_OK;
    case CHURN__ARROW_INT:
        return carry_int(to, row, err);
    case CHURN__ARROW_DOUBLE:
    case CHURN__ARROW_DECIMAL:
        churn__table_add_double(to->builder, to->column,
                                churn__arrow_double(to->reader, to->column, row));
        return CHURN_OK;
    case CHURN__ARROW_TIME:
    case CHURN__ARROW_LOCAL:
        return carry_time(to, row, 1, err);
    case CHURN__ARROW_DATE:
        return carry_time(to, row, CHURN__DAY, err);
    case CHURN__ARROW_DURATION:
        return carry_duration(to, row, err);
    case CHURN__ARROW_STRING:
        return carry_string(to, row, err);
    case CHURN__ARROW_NULL:
        break;
    }
    churn__table_add_null(to->builder, to->column);
    return CHURN_OK;
}

static churn_status carry_column(const carry *to, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__arrow_kind kind = churn__arrow_get_field(to->reader, to->column)->kind;

    for (uint64_t row = 0; row < to->rows; row++) {
        if (churn__arrow_is_null(to->reader, to->column, row)) {
            churn__table_add_null(to->builder, to->column);
        } else {
            CHURN_TRY(carry_cell(to, kind, row, err));
        }
    }
done:
    return st;
}

static churn_status carry_all(churn__arrow_reader *reader, churn__table_builder *builder,
                              churn_error *err)
{
    churn_status st = CHURN_OK;
    carry to = {.reader = reader, .builder = builder};
    bool end = false;

    CHURN_TRY(churn__arrow_next(reader, &to.rows, &end, err));
    while (!end) {
        for (to.column = 0; to.column < churn__arrow_field_count(reader); to.column++) {
            CHURN_TRY(carry_column(&to, err));
        }
        CHURN_TRY(churn__arrow_next(reader, &to.rows, &end, err));
    }
done:
    return st;
}

churn_status churn__arrow_import(churn__heap *heap, struct ArrowArrayStream *stream,
                                 churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__arrow_reader *reader = NULL;
    churn__table_builder *builder = NULL;

    *out = NULL;
    CHURN_TRY(churn__arrow_open(heap, stream, &reader, err));
    builder = churn__table_begin(heap, 0);
    if (builder == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    CHURN_TRY(declare(reader, builder, err));
    CHURN_TRY(carry_all(reader, builder, err));
    st = churn__table_finish(builder, out, err);
    builder = NULL;
done:
    churn__table_abandon(builder);
    churn__arrow_close(reader);
    return st;
}
