/* SPDX-License-Identifier: MIT */
/*
 * The review of a company's customers at a date: how many are healthy, who is at risk and why, what
 * is to be done, and how the last twelve months went.
 *
 *     review --data FOLDER --playbook FILE --as-of DATE [--state FILE] [--from DATE]
 *
 * The folder holds CSV files (see common/load.h). The playbook is evaluated day by day from --from
 * (default: a year before --as-of) to --as-of, because rules such as `for: 2d` need the days
 * before. With --state the engine's memory is kept in a file and the next review goes on from
 * there.
 *
 * review.py and the review in Go print the same bytes; text.h has the rules for numbers and
 * columns. What goes to standard error (how far was replayed, rejected rows) is not part of the
 * review.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <churn/churn.h>

#include "common/load.h"
#include "common/text.h"

#define AT_RISK 10 /* customers shown */
#define TASKS 15   /* tasks shown */
#define MONTHS 12
#define LINES 256 /* lines of one explanation, at most */

typedef struct arguments {
    const char *data, *playbook, *as_of, *state, *from;
} arguments;

typedef struct review {
    churn_playbook *playbook;
    churn_store *store;
    churn_engine *engine;
    churn_table *contents;
    churn_time as_of;
    char date[64];   /* as_of as text */
    churn_str score; /* the first score of the playbook; not given: there is none */
    churn_error err;
} review;

static bool check(review *r, churn_status status, const char *what)
{
    return status == CHURN_OK || load_failed(what, &r->err);
}

static void print_number(double value, int decimals, int width)
{
    char text[TEXT_NUMBER];
    text_number(value, decimals, text);
    print_right(text, width);
}

/* A text, or what stands for none. */
static const char *shown(churn_str text)
{
    return text.len ? text.ptr : TEXT_UNDEFINED;
}

static void print_units(int64_t units, int width)
{
    char text[TEXT_NUMBER];
    text_units(units, 2, text);
    print_right(text, width);
}

/* ---- the engine at the date ---- */

static void *read_file(const char *path, size_t *size)
{
    FILE *in = fopen(path, "rb");
    if (!in)
        return NULL;
    fseek(in, 0, SEEK_END);
    long length = ftell(in);
    rewind(in);
    void *bytes = length > 0 ? malloc((size_t)length) : NULL;
    *size = bytes ? fread(bytes, 1, (size_t)length, in) : 0;
    fclose(in);
    return bytes;
}

/* Take up the engine that was saved, unless it is already past the date. */
static bool load_state(review *r, const char *path)
{
    size_t size = 0;
    void *bytes = path ? read_file(path, &size) : NULL;
    if (!bytes)
        return true;
    churn_status status =
        churn_engine_load(bytes, size, r->playbook, r->store, &r->engine, &r->err);
    free(bytes);
    if (status != CHURN_OK)
        return check(r, status, path);
    if (churn_engine_as_of(r->engine) > r->as_of) {
        fprintf(stderr, "%s is of a later date: beginning anew\n", path);
        churn_engine_free(r->engine);
        r->engine = NULL;
    }
    return true;
}

static bool save_state(review *r, const char *path)
{
    churn_buffer *bytes = NULL;
    char other[1024];
    if (!path)
        return true;
    if (!check(r, churn_engine_save(r->engine, &bytes, &r->err), "save"))
        return false;
    snprintf(other, sizeof other, "%s.new", path);
    FILE *out = fopen(other, "wb");
    size_t size = churn_buffer_size(bytes);
    bool ok = out && fwrite(churn_buffer_data(bytes), 1, size, out) == size;
    churn_buffer_free(bytes);
    if (out && fclose(out) != 0)
        ok = false;
    if (!ok || rename(other, path) != 0) {
        fprintf(stderr, "%s: cannot be written\n", path);
        return false;
    }
    return true;
}

/* The date a year before a date of the form YYYY-MM-DD; the 29th of February becomes the 28th. */
static void year_before(const char *date, char out[16])
{
    int year = 0, month = 0, day = 0;
    sscanf(date, "%d-%d-%d", &year, &month, &day);
    snprintf(out, 16, "%04d-%02d-%02d", (year - 1) % 10000, month % 100,
             month == 2 && day == 29 ? 28 : day % 100);
}

static bool replay(review *r, const char *from_text)
{
    char year_ago[16];
    year_before(r->date, year_ago);
    const char *text = from_text ? from_text : year_ago;
    churn_time from = churn_engine_as_of(r->engine);
    if (from == r->as_of)
        return true;
    if (from == CHURN_TIME_NONE &&
        !check(r, churn_playbook_time(r->playbook, text, CHURN_NTS, &from, &r->err), text))
        return false;
    churn_table *runs = NULL;
    if (!check(r, churn_engine_replay(r->engine, from, r->as_of, 0, NULL, &runs, &r->err),
               "replay"))
        return false;
    fprintf(stderr, "Evaluated %llu dates up to %s\n",
            (unsigned long long)churn_table_row_count(runs), r->date);
    churn_table_free(runs);
    return true;
}

static bool open_engine(review *r, const arguments *given)
{
    return load_state(r, given->state) &&
           (r->engine ||
            check(r, churn_engine_create(r->playbook, r->store, NULL, &r->engine, &r->err),
                  "engine")) &&
           replay(r, given->from) && save_state(r, given->state);
}

static bool open_review(review *r, const arguments *given)
{
    r->playbook = load_playbook(given->playbook);
    if (!r->playbook ||
        !check(r, churn_playbook_time(r->playbook, given->as_of, CHURN_NTS, &r->as_of, &r->err),
               given->as_of) ||
        !check(
            r,
            churn_playbook_time_text(r->playbook, r->as_of, r->date, sizeof r->date, NULL, &r->err),
            given->as_of) ||
        !check(r, churn_playbook_contents(r->playbook, &r->contents, &r->err), given->playbook))
        return false;
    churn_store_options options = {.struct_size = sizeof options,
                                   .time_zone = churn_playbook_time_zone(r->playbook)};
    return check(r, churn_store_create(&options, &r->store, &r->err), "store") &&
           load_folder(r->store, r->playbook, given->data) && open_engine(r, given);
}

static void close_review(review *r)
{
    churn_engine_free(r->engine);
    churn_store_free(r->store);
    churn_table_free(r->contents);
    churn_playbook_free(r->playbook);
}

/* ---- health: how many customers are in each band ---- */

/* Customers in a band who are not lost; with NULL, those who are. */
static void print_band(const churn_table *scores, const char *band)
{
    uint32_t lost = churn_table_find(scores, "churned", CHURN_NTS);
    uint64_t count = 0;
    for (uint64_t row = 0; row < churn_table_row_count(scores); row++) {
        bool counts = !band || str_is(cell_text(scores, row, "band"), band);
        count += counts && churn_table_bool(scores, row, lost) == !band;
    }
    printf("  ");
    print_left(band ? band : "lost", 16);
    print_number((double)count, 0, 8);
    printf("\n");
}

/* The bands of the first score, best first, then those without a score and those who have left. */
static bool print_health(review *r)
{
    churn_query_options options = {.struct_size = sizeof options, .score = r->score};
    churn_table *scores = NULL;
    if (!check(r, churn_engine_scores(r->engine, &r->as_of, 1, &options, &scores, &r->err),
               "scores"))
        return false;
    printf("CUSTOMERS BY %s\n\n", r->score.ptr);
    for (uint64_t row = 0; row < churn_table_row_count(r->contents); row++) {
        churn_str parent = cell_text(r->contents, row, "parent");
        if (str_is(cell_text(r->contents, row, "sort"), "band") && str_is(parent, r->score.ptr))
            print_band(scores, cell_text(r->contents, row, "id").ptr);
    }
    print_band(scores, "unknown");
    print_band(scores, NULL);
    churn_table_free(scores);
    return true;
}

/* ---- customers at risk ---- */

/* "-12.34  logins_28d is 3.00": one line of what makes up a score. */
static void print_line(const churn_table *lines, uint64_t row, int64_t hundredths)
{
    churn_str kind = cell_text(lines, row, "kind");
    print_units(hundredths, 14);
    if (str_is(kind, "cap") || str_is(kind, "floor"))
        printf("  %s %s", kind.ptr, cell_text(lines, row, "name").ptr);
    else
        printf("  %s", cell_text(lines, row, "name").ptr);
    if (str_is(kind, "factor")) {
        printf(" is ");
        if (cell_is_null(lines, row, "value"))
            printf(TEXT_UNDEFINED);
        else
            print_number(cell_number(lines, row, "value"), 2, 0);
    }
    printf("\n");
}

/* Lines that add up to the score in the digits shown; then what was not known. */
static void print_lines(const churn_table *lines)
{
    int64_t micro[LINES], hundredths[LINES];
    uint64_t rows[LINES];
    size_t count = 0;
    for (uint64_t row = 0; row < churn_table_row_count(lines) && count < LINES; row++) {
        if (str_is(cell_text(lines, row, "kind"), "missing"))
            continue;
        double units = cell_number(lines, row, "contribution") * 1e6;
        rows[count] = row;
        micro[count++] = units < 0 ? (int64_t)(units - 0.5) : (int64_t)(units + 0.5);
    }
    int64_t score = text_add_up(micro, hundredths, count);
    for (size_t i = 0; i < count; i++)
        print_line(lines, rows[i], hundredths[i]);
    print_units(score, 14);
    printf("  = score\n");
    for (uint64_t row = 0; row < churn_table_row_count(lines); row++) {
        if (str_is(cell_text(lines, row, "kind"), "missing"))
            printf("    not known: %s\n", cell_text(lines, row, "name").ptr);
    }
}

static void print_money(const churn_table *table, uint64_t row, const char *column)
{
    if (cell_is_null(table, row, column))
        printf(TEXT_UNDEFINED);
    else
        print_number(cell_number(table, row, column), 2, 0);
}

static bool print_customer(review *r, const churn_table *risks, uint64_t row)
{
    churn_str id = cell_text(risks, row, "customer");
    printf("\n%2llu. %s, %s, owner %s\n", (unsigned long long)row + 1, id.ptr,
           shown(cell_text(risks, row, "name")), shown(cell_text(risks, row, "owner")));
    printf("    at risk ");
    print_money(risks, row, "value_at_risk");
    printf(" of MRR ");
    print_money(risks, row, "mrr");
    printf(", %s\n", cell_text(risks, row, "band").ptr);
    churn_explain_options options = {.struct_size = sizeof options, .score = r->score};
    churn_table *lines = NULL;
    if (!check(r,
               churn_engine_explain(r->engine, id.ptr, id.len, r->as_of, &options, &lines, &r->err),
               "explain"))
        return false;
    if (!cell_is_null(risks, row, "score"))
        print_lines(lines);
    churn_table_free(lines);
    printf("    firing: %s\n", shown(cell_text(risks, row, "triggers")));
    return true;
}

static bool print_risks(review *r)
{
    churn_query_options options = {.struct_size = sizeof options};
    churn_table *risks = NULL;
    if (!check(r, churn_engine_at_risk(r->engine, r->as_of, &options, &risks, &r->err), "at risk"))
        return false;
    uint64_t count = churn_table_row_count(risks);
    bool ok = true;
    printf("\nAT RISK, BY VALUE\n");
    for (uint64_t row = 0; ok && row < count && row < AT_RISK; row++)
        ok = print_customer(r, risks, row);
    if (count > AT_RISK)
        printf("\nand %llu more\n", (unsigned long long)(count - AT_RISK));
    churn_table_free(risks);
    return ok;
}

/* ---- what is to be done ---- */

/* How many actions of each kind wait, in the order of their first one. */
static void print_action_kinds(const churn_table *actions)
{
    uint64_t count = churn_table_row_count(actions);
    for (uint64_t row = 0; row < count; row++) {
        churn_str kind = cell_text(actions, row, "kind");
        uint64_t before = 0, all = 0;
        for (uint64_t other = 0; other < count; other++) {
            bool same = str_is(cell_text(actions, other, "kind"), kind.ptr);
            all += same;
            before += same && other < row;
        }
        if (before == 0)
            printf("%s %llu %s", row ? "," : ":", (unsigned long long)all, kind.ptr);
    }
    printf("\n\n");
}

/* A day, the first ten characters of an instant's text. */
static void print_day(const review *r, const churn_table *table, uint64_t row, const char *column)
{
    char text[64] = TEXT_UNDEFINED;
    churn_time at = churn_table_time(table, row, churn_table_find(table, column, CHURN_NTS));
    if (churn_playbook_time_text(r->playbook, at, text, sizeof text, NULL, NULL) == CHURN_OK)
        text[10] = '\0';
    print_left(text, 12);
}

static void print_task(const review *r, const churn_table *actions, uint64_t row)
{
    printf("  ");
    print_day(r, actions, row, "at");
    print_day(r, actions, row, "due");
    print_left(shown(cell_text(actions, row, "owner")), 7);
    printf(" ");
    print_left(cell_text(actions, row, "customer").ptr, 9);
    printf(" %s\n", cell_text(actions, row, "title").ptr);
}

/* The tasks that wait, the latest first. */
static bool print_actions(review *r)
{
    churn_table *actions = NULL;
    if (!check(r, churn_engine_actions(r->engine, NULL, &actions, &r->err), "actions"))
        return false;
    uint64_t printed = 0, tasks = 0;
    printf("\nACTIONS WAITING");
    print_action_kinds(actions);
    printf("  since       due         owner   customer  task\n");
    for (uint64_t row = churn_table_row_count(actions); row-- > 0;) {
        if (!str_is(cell_text(actions, row, "kind"), "task"))
            continue;
        tasks++;
        if (printed < TASKS) {
            print_task(r, actions, row);
            printed++;
        }
    }
    if (tasks > printed)
        printf("  and %llu tasks from before\n", (unsigned long long)(tasks - printed));
    churn_table_free(actions);
    return true;
}

/* ---- twelve months ---- */

static const struct {
    const char *kpi, *title;
    int width;
} figures[] = {{"customers", "customers", 10},
               {"mrr", "MRR", 13},
               {"new_mrr", "new", 11},
               {"expansion_mrr", "expansion", 11},
               {"contraction_mrr", "contraction", 13},
               {"churned_mrr", "churned", 12},
               {"reactivation_mrr", "reactivation", 14},
               {"logo_churn", "logo churn", 12},
               {"grr", "GRR", 10},
               {"nrr", "NRR", 10}};
#define FIGURES (sizeof figures / sizeof *figures)

static void print_figure(const churn_table *table, uint64_t row, int width)
{
    char text[TEXT_NUMBER + 2] = TEXT_UNDEFINED;
    churn_str unit = cell_text(table, row, "unit");
    double value = cell_number(table, row, "value");
    if (!cell_is_null(table, row, "value")) {
        if (str_is(unit, "ratio"))
            value *= 100;
        text_number(value, str_is(unit, "count") ? 0 : 2, text);
        if (str_is(unit, "ratio"))
            strcat(text, "%");
    }
    printf(" ");
    print_right(text, width - 1);
}

/* A row a month; the table has all months of the first figure, then those of the next. */
static void print_months(const review *r, const churn_table *table)
{
    uint64_t months = churn_table_row_count(table) / FIGURES;
    print_left("month", 7);
    for (size_t i = 0; i < FIGURES; i++) {
        printf(" ");
        print_right(figures[i].title, figures[i].width - 1);
    }
    printf("\n");
    for (uint64_t month = 0; month < months; month++) {
        char text[64] = "";
        churn_time start =
            churn_table_time(table, month, churn_table_find(table, "period_start", CHURN_NTS));
        churn_playbook_time_text(r->playbook, start, text, sizeof text, NULL, NULL);
        text[7] = '\0';
        print_left(text, 7);
        for (size_t i = 0; i < FIGURES; i++)
            print_figure(table, i * months + month, figures[i].width);
        printf("\n");
    }
}

/* The twelve whole months before the date. */
static bool print_kpis(review *r)
{
    char last[16], first[16];
    snprintf(last, sizeof last, "%.7s-01", r->date);
    year_before(last, first);
    churn_str names[FIGURES];
    for (size_t i = 0; i < FIGURES; i++)
        names[i] = (churn_str){figures[i].kpi, strlen(figures[i].kpi)};
    churn_time from = 0, to = 0;
    churn_kpi_options options = {
        .struct_size = sizeof options, .every = CHURN_EVERY_MONTH, .as_of = r->as_of};
    churn_table *table = NULL;
    if (!check(r, churn_playbook_time(r->playbook, first, CHURN_NTS, &from, &r->err), first) ||
        !check(r, churn_playbook_time(r->playbook, last, CHURN_NTS, &to, &r->err), last) ||
        !check(r, churn_engine_kpi(r->engine, names, FIGURES, from, to, &options, &table, &r->err),
               "kpi"))
        return false;
    printf("\nTWELVE MONTHS");
    if (churn_table_row_count(table))
        printf(", in %s", cell_text(table, churn_table_row_count(table) / FIGURES, "currency").ptr);
    printf("\n\n");
    print_months(r, table);
    churn_table_free(table);
    return true;
}

/* ---- all of it ---- */

static void find_score(review *r)
{
    for (uint64_t row = churn_table_row_count(r->contents); row-- > 0;) {
        if (str_is(cell_text(r->contents, row, "sort"), "score"))
            r->score = cell_text(r->contents, row, "id");
    }
}

static bool print_review(review *r)
{
    find_score(r);
    printf("%s, %s\n\n", churn_playbook_name(r->playbook).ptr, r->date);
    return (!r->score.ptr || print_health(r)) && print_risks(r) && print_actions(r) &&
           print_kpis(r);
}

static bool read_arguments(int argc, char **argv, arguments *out)
{
    const struct {
        const char *name;
        const char **value;
    } known[] = {{"--data", &out->data},
                 {"--playbook", &out->playbook},
                 {"--as-of", &out->as_of},
                 {"--state", &out->state},
                 {"--from", &out->from}};
    for (int i = 1; i < argc; i += 2) {
        size_t at = 0;
        while (at < sizeof known / sizeof *known && strcmp(argv[i], known[at].name) != 0)
            at++;
        if (at == sizeof known / sizeof *known || i + 1 == argc)
            return false;
        *known[at].value = argv[i + 1];
    }
    return out->data && out->playbook && out->as_of;
}

int main(int argc, char **argv)
{
    arguments given = {0};
    if (!read_arguments(argc, argv, &given)) {
        fprintf(stderr,
                "usage: %s --data FOLDER --playbook FILE --as-of DATE [--state FILE] "
                "[--from DATE]\n",
                argv[0]);
        return 2;
    }
    review r = {.err = {.struct_size = sizeof r.err}};
    bool ok = open_review(&r, &given) && print_review(&r);
    close_review(&r);
    return ok ? 0 : 1;
}
