/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"

typedef struct loader {
    churn_store *store;
    churn_playbook *playbook;
    churn_table *contents; /* of the playbook: which attributes are numbers */
    const char *folder;
    int files; /* found */
} loader;

bool load_failed(const char *what, const churn_error *err)
{
    fprintf(stderr, "%s: %s: %s\n", what, churn_status_name(err->status), err->message);
    return false;
}

/* ---- cells ---- */

churn_str cell_text(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_string(table, row, churn_table_find(table, column, CHURN_NTS));
}

double cell_number(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_double(table, row, churn_table_find(table, column, CHURN_NTS));
}

bool cell_is_null(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_is_null(table, row, churn_table_find(table, column, CHURN_NTS));
}

bool str_is(churn_str text, const char *other)
{
    return text.len == strlen(other) && (text.len == 0 || memcmp(text.ptr, other, text.len) == 0);
}

/* ---- the playbook ---- */

static void print_diagnostics(const churn_table *found)
{
    for (uint64_t row = 0; row < churn_table_row_count(found); row++) {
        fprintf(stderr, "%s:%.0f:%.0f: %s %s: %s\n", cell_text(found, row, "file").ptr,
                cell_number(found, row, "line"), cell_number(found, row, "column"),
                cell_text(found, row, "severity").ptr, cell_text(found, row, "code").ptr,
                cell_text(found, row, "message").ptr);
    }
}

churn_playbook *load_playbook(const char *path)
{
    churn_error err = {.struct_size = sizeof err};
    churn_playbook *playbook = NULL;
    churn_table *diagnostics = NULL;
    if (churn_playbook_open(path, NULL, &playbook, &diagnostics, &err) != CHURN_OK &&
        churn_table_row_count(diagnostics) == 0)
        load_failed(path, &err);
    print_diagnostics(diagnostics);
    churn_table_free(diagnostics);
    return playbook;
}

/* ---- records ---- */

static void print_rejections(const char *path, const churn_load_report *report)
{
    if (report->rejected)
        fprintf(stderr, "%s: %llu of %llu rows rejected\n", path,
                (unsigned long long)report->rejected, (unsigned long long)report->seen);
    for (uint64_t row = 0; row < churn_table_row_count(report->rejections) && row < 10; row++)
        fprintf(stderr, "  row %.0f: %s: %s\n", cell_number(report->rejections, row, "row") + 1,
                cell_text(report->rejections, row, "field").ptr,
                cell_text(report->rejections, row, "reason").ptr);
}

/* Does the playbook declare this attribute a number? */
static bool is_number(void *context, const char *name)
{
    const churn_table *contents = context;
    for (uint64_t row = 0; row < churn_table_row_count(contents); row++) {
        if (str_is(cell_text(contents, row, "sort"), "attribute") &&
            str_is(cell_text(contents, row, "id"), name))
            return str_is(cell_text(contents, row, "detail"), "number");
    }
    return false;
}

/* Open one file of the folder; `there` is false where there is no such file. */
static bool open_file(const loader *in, const char *name, csv_is_number numbers,
                      struct ArrowArrayStream *stream, char *path, size_t size, bool *there)
{
    snprintf(path, size, "%s/%s.csv", in->folder, name);
    FILE *file = fopen(path, "rb");
    *there = file != NULL;
    if (!file)
        return true;
    fclose(file);
    char message[512];
    const char *why = csv_open_stream(path, numbers, in->contents, stream, message, sizeof message);
    if (why)
        fprintf(stderr, "%s\n", why);
    return !why;
}

static bool load_kind(loader *in, const char *name, churn_record_kind kind)
{
    struct ArrowArrayStream stream = {0};
    char path[1024];
    bool there = false;
    if (!open_file(in, name, kind == CHURN_RECORD_CUSTOMER ? is_number : NULL, &stream, path,
                   sizeof path, &there))
        return false;
    if (!there)
        return true;
    in->files++;
    churn_error err = {.struct_size = sizeof err};
    churn_load_options options = {.struct_size = sizeof options, .money = CHURN_MONEY_MAJOR};
    churn_load_report report = {.struct_size = sizeof report};
    churn_status status = churn_store_add_stream(in->store, kind, &stream, &options, &report, &err);
    if (stream.release)
        stream.release(&stream);
    print_rejections(path, &report);
    churn_table_free(report.rejections);
    return status == CHURN_OK || load_failed(path, &err);
}

/* Read a file as a table of texts, for what is added row by row. NULL with `ok`: there is none. */
static churn_table *read_table(const loader *in, const char *name, char *path, size_t size,
                               bool *ok)
{
    struct ArrowArrayStream stream = {0};
    churn_error err = {.struct_size = sizeof err};
    churn_table *table = NULL;
    bool there = false;
    *ok = open_file(in, name, NULL, &stream, path, size, &there);
    if (!*ok || !there)
        return NULL;
    *ok = churn_table_import(&stream, &table, &err) == CHURN_OK || load_failed(path, &err);
    if (stream.release)
        stream.release(&stream);
    return table;
}

/* An instant in a column of texts; CHURN_TIME_NONE where there is none. */
static bool read_time(const loader *in, const churn_table *table, uint64_t row, const char *column,
                      churn_time *out, churn_error *err)
{
    churn_str text = cell_text(table, row, column);
    *out = CHURN_TIME_NONE;
    return text.len == 0 ||
           churn_playbook_time(in->playbook, text.ptr, text.len, out, err) == CHURN_OK;
}

/* One row of attributes.csv, where each row may have a value of another type. */
static bool add_attribute(const loader *in, const churn_table *table, uint64_t row,
                          churn_error *err)
{
    churn_attribute record;
    churn_record_init(CHURN_RECORD_ATTRIBUTE, &record, sizeof record);
    record.customer = cell_text(table, row, "customer");
    record.name = cell_text(table, row, "name");
    churn_str value = cell_text(table, row, "value");
    if (value.len && is_number(in->contents, record.name.ptr))
        record.value = (churn_value){.type = CHURN_TYPE_DOUBLE, .number = strtod(value.ptr, NULL)};
    else if (value.len)
        record.value = (churn_value){.type = CHURN_TYPE_STRING, .string = value};
    return read_time(in, table, row, "valid_from", &record.valid_from, err) &&
           read_time(in, table, row, "known_at", &record.known_at, err) &&
           churn_store_add_attribute(in->store, &record, err) == CHURN_OK;
}

static bool add_mark(const loader *in, const churn_table *table, uint64_t row, churn_error *err)
{
    churn_str source = cell_text(table, row, "source");
    churn_time through = CHURN_TIME_NONE, known_at = CHURN_TIME_NONE;
    return read_time(in, table, row, "through", &through, err) &&
           read_time(in, table, row, "known_at", &known_at, err) &&
           churn_store_mark(in->store, source.ptr, source.len, through, known_at, err) == CHURN_OK;
}

static bool load_rows(const loader *in, const char *name,
                      bool (*add)(const loader *, const churn_table *, uint64_t, churn_error *))
{
    char path[1024];
    bool ok = true;
    churn_error err = {.struct_size = sizeof err};
    churn_table *table = read_table(in, name, path, sizeof path, &ok);
    for (uint64_t row = 0; ok && row < churn_table_row_count(table); row++)
        ok = add(in, table, row, &err) || load_failed(path, &err);
    churn_table_free(table);
    return ok;
}

bool load_folder(churn_store *store, churn_playbook *playbook, const char *folder)
{
    static const struct {
        const char *name;
        churn_record_kind kind;
    } files[] = {{"customers", CHURN_RECORD_CUSTOMER},
                 {"events", CHURN_RECORD_EVENT},
                 {"subscriptions", CHURN_RECORD_SUBSCRIPTION},
                 {"invoices", CHURN_RECORD_INVOICE},
                 {"tickets", CHURN_RECORD_TICKET},
                 {"surveys", CHURN_RECORD_SURVEY},
                 {"churns", CHURN_RECORD_CHURN}};
    loader in = {.store = store, .playbook = playbook, .folder = folder};
    churn_error err = {.struct_size = sizeof err};
    if (churn_playbook_contents(playbook, &in.contents, &err) != CHURN_OK)
        return load_failed("playbook", &err);
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof files / sizeof *files; i++)
        ok = load_kind(&in, files[i].name, files[i].kind);
    if (ok && in.files == 0) {
        fprintf(stderr, "%s: there is no file of records, such as customers.csv\n", folder);
        ok = false;
    }
    ok = ok && load_rows(&in, "attributes", add_attribute) && load_rows(&in, "marks", add_mark);
    churn_table_free(in.contents);
    return ok;
}
