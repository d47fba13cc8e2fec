/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/num.h"
#include "base/sort.h"
#include "kpi/kpi.h"

/*
 * Money of other currencies. It is converted by the newest rates that are known at `as_of`,
 * whatever time it is of, so that a change of rates is no movement within one answer; or, where a
 * policy asks for it, by the rates of its own time.
 */

/* What doubles hold exactly. */
#define MONEY_MOST 9007199254740992.0

/* The rates at one as_of. */
typedef struct exchange_day {
    churn_time as_of;
    churn__exchange exchange;
    size_t capacity, turn_capacity;
} exchange_day;

struct churn__exchange_book {
    churn__heap *heap;
    churn__version *version;
    churn__reader *reader; /* NULL: there are no rates */
    churn__exchange plain; /* without rates */
    int scale;             /* decimals of the currency */
    bool keep;             /* every rate, not only the newest */
    exchange_day *days;    /* by as_of */
    size_t count, capacity;
    size_t last; /* where the last answer was found */
};

/* ---- one amount ---- */

static bool rate_find(const churn__exchange *exchange, uint32_t currency, double *factor)
{
    size_t low = 0, n = exchange->count;
    while (n > 0) {
        const size_t half = n / 2;
        const bool before = exchange->rates[low + half].currency < currency;
        low = before ? low + half + 1 : low;
        n = before ? n - half - 1 : half;
    }
    if (low == exchange->count || exchange->rates[low].currency != currency) {
        return false;
    }
    *factor = exchange->rates[low].factor;
    return true;
}

static churn__missing convert(int64_t amount, double factor, int64_t *out)
{
    const double converted = round((double)amount * factor);
    if (!(fabs(converted) <= MONEY_MOST)) {
        return CHURN__NON_FINITE;
    }
    *out = (int64_t)converted;
    return CHURN__PRESENT;
}

churn__missing churn__exchange_minor(const churn__exchange *exchange, uint32_t currency,
                                     int64_t amount, int64_t *out)
{
    double factor = 0;
    *out = amount;
    if (amount == 0 || currency == exchange->currency) {
        return CHURN__PRESENT;
    }
    if (currency == CHURN__NO_CODE || !rate_find(exchange, currency, &factor)) {
        return CHURN__NO_RATE;
    }
    return convert(amount, factor, out);
}

/* ---- the rate of an instant ---- */

/* The first turn of a currency that is later than an instant. */
static size_t turn_after(const churn__exchange *exchange, uint32_t currency, churn_time at)
{
    size_t low = 0, n = exchange->turn_count;
    while (n > 0) {
        const size_t half = n / 2;
        const churn__exchange_turn *turn = &exchange->turns[low + half];
        const bool before =
            turn->currency < currency || (turn->currency == currency && turn->at <= at);
        low = before ? low + half + 1 : low;
        n = before ? n - half - 1 : half;
    }
    return low;
}

size_t churn__exchange_turns(const churn__exchange *exchange, uint32_t currency, churn_time from,
                             churn_time to, const churn__exchange_turn **out)
{
    const size_t first = turn_after(exchange, currency, from);
    size_t last = first;
    while (last < exchange->turn_count && exchange->turns[last].currency == currency &&
           exchange->turns[last].at < to) {
        last++;
    }
    *out = exchange->turns + first;
    return last - first;
}

churn__missing churn__exchange_minor_at(const churn__exchange *exchange,
                                        const churn__kpi_policy *policy, uint32_t currency,
                                        churn_time at, int64_t amount, int64_t *out)
{
    size_t next = 0;
    if (policy->fx == CHURN__FX_CONSTANT || amount == 0 || currency == exchange->currency) {
        return churn__exchange_minor(exchange, currency, amount, out);
    }
    *out = amount;
    next = turn_after(exchange, currency, at);
    if (next == 0 || exchange->turns[next - 1].currency != currency) {
        return CHURN__NO_RATE;
    }
    return convert(amount, exchange->turns[next - 1].factor, out);
}

/* ---- rates of a store ---- */

static double power_of_ten(int n)
{
    double power = 1;
    for (; n > 0; n--) {
        power *= 10;
    }
    return power;
}

/* From minor units to minor units, where `rate` is of major ones. */
static double minor_factor(double rate, int from, int to)
{
    return to >= from ? rate * power_of_ten(to - from) : rate / power_of_ten(from - to);
}

static bool day_push(const churn__exchange_book *book, exchange_day *day, uint32_t currency,
                     double factor)
{
    churn__exchange_rate *rates = (churn__exchange_rate *)day->exchange.rates;
    if (!churn__grow(book->heap, (void **)&rates, &day->capacity, day->exchange.count + 1,
                     sizeof *rates)) {
        return false;
    }
    rates[day->exchange.count++] = (churn__exchange_rate){currency, factor};
    day->exchange.rates = rates;
    return true;
}

static bool day_push_turn(const churn__exchange_book *book, exchange_day *day,
                          churn__exchange_turn turn)
{
    churn__exchange_turn *turns = (churn__exchange_turn *)day->exchange.turns;
    if (!churn__grow(book->heap, (void **)&turns, &day->turn_capacity, day->exchange.turn_count + 1,
                     sizeof *turns)) {
        return false;
    }
    turns[day->exchange.turn_count++] = turn;
    day->exchange.turns = turns;
    return true;
}

static bool day_take(const churn__exchange_book *book, exchange_day *day, const churn__rate *rate,
                     bool newest)
{
    const churn_str code =
        churn__dict_view_get(churn__version_texts(book->version), rate->currency);
    const int scale = churn__currency_scale(code.ptr, code.len);
    if (scale < 0) {
        return true;
    }
    const double factor = minor_factor(rate->rate, scale, book->scale);
    const churn__exchange_turn turn = {rate->currency, rate->at, factor};
    return (!book->keep || day_push_turn(book, day, turn)) &&
           (!newest || day_push(book, day, rate->currency, factor));
}

static void day_free(churn__heap *heap, exchange_day *day)
{
    churn__free_array(heap, (void *)day->exchange.rates, day->capacity,
                      sizeof *day->exchange.rates);
    churn__free_array(heap, (void *)day->exchange.turns, day->turn_capacity,
                      sizeof *day->exchange.turns);
}

static int compare_rates(const void *a, const void *b, const void *context)
{
    const uint32_t x = ((const churn__exchange_rate *)a)->currency;
    const uint32_t y = ((const churn__exchange_rate *)b)->currency;
    (void)context;
    return (x > y) - (x < y);
}

static int compare_turns(const void *a, const void *b, const void *context)
{
    const churn__exchange_turn *x = a, *y = b;
    (void)context;
    if (x->currency != y->currency) {
        return x->currency < y->currency ? -1 : 1;
    }
    return (x->at > y->at) - (x->at < y->at);
}

/* They came by the currency's text. */
static bool day_sort(const churn__exchange_book *book, exchange_day *day)
{
    return churn__sort(book->heap, (void *)day->exchange.rates, day->exchange.count,
                       sizeof *day->exchange.rates, compare_rates, NULL) &&
           churn__sort(book->heap, (void *)day->exchange.turns, day->exchange.turn_count,
                       sizeof *day->exchange.turns, compare_turns, NULL);
}

static bool day_load(churn__exchange_book *book, churn_time as_of, exchange_day *day)
{
    const churn__rate *rows = NULL;
    const size_t n = churn__reader_rates(book->reader, as_of, &rows);
    bool fits = true;
    *day = (exchange_day){.as_of = as_of, .exchange = book->plain};
    for (size_t i = 0; fits && i < n; i++) {
        fits =
            day_take(book, day, &rows[i], i + 1 == n || rows[i + 1].currency != rows[i].currency);
    }
    if (!fits || !day_sort(book, day)) {
        day_free(book->heap, day);
        return false;
    }
    if (churn__reader_failed(book->reader)) {
        day_free(book->heap, day);
        return false;
    }
    return true;
}

/* The first day that is not before as_of. */
static size_t day_place(const churn__exchange_book *book, churn_time as_of)
{
    size_t low = 0, n = book->count;
    while (n > 0) {
        const size_t half = n / 2;
        const bool before = book->days[low + half].as_of < as_of;
        low = before ? low + half + 1 : low;
        n = before ? n - half - 1 : half;
    }
    return low;
}

const churn__exchange *churn__exchange_at(churn__exchange_book *book, churn_time as_of)
{
    exchange_day day;
    if (book->reader == NULL) {
        return &book->plain;
    }
    if (book->last < book->count && book->days[book->last].as_of == as_of) {
        return &book->days[book->last].exchange;
    }
    const size_t place = day_place(book, as_of);
    book->last = place;
    if (place < book->count && book->days[place].as_of == as_of) {
        return &book->days[place].exchange;
    }
    if (!churn__grow(book->heap, (void **)&book->days, &book->capacity, book->count + 1,
                     sizeof day) ||
        !day_load(book, as_of, &day)) {
        return NULL;
    }
    memmove(book->days + place + 1, book->days + place, (book->count - place) * sizeof day);
    book->days[place] = day;
    book->count++;
    return &book->days[place].exchange;
}

/* ---- life ---- */

void churn__exchange_book_keep(churn__exchange_book *book, const churn__kpi_policy *policy)
{
    book->keep = book->keep || policy->fx == CHURN__FX_HISTORIC;
}

void churn__exchange_book_free(churn__exchange_book *book)
{
    if (book == NULL) {
        return;
    }
    for (size_t i = 0; i < book->count; i++) {
        day_free(book->heap, &book->days[i]);
    }
    churn__free_array(book->heap, book->days, book->capacity, sizeof *book->days);
    churn__reader_free(book->reader);
    churn__version_release(book->version);
    churn__free(book->heap, book, sizeof *book);
}

churn_status churn__exchange_book_create(churn__heap *heap, churn__version *version,
                                         churn_str currency, churn__exchange_book **out,
                                         churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__rate *rows = NULL;
    const int scale = currency.ptr == NULL ? -1 : churn__currency_scale(currency.ptr, currency.len);
    churn__exchange_book *book = churn__alloc_zero(heap, sizeof *book);
    if (book == NULL) {
        return churn__fail_memory(err, heap);
    }
    book->heap = heap;
    book->version = churn__version_retain(version);
    book->scale = scale < 0 ? 2 : scale;
    book->plain.currency = churn__dict_view_find(churn__version_texts(version), currency);
    book->reader = churn__reader_create(heap, version);
    if (book->reader == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    const bool any = churn__reader_rates(book->reader, CHURN_TIME_MAX, &rows) > 0;
    if (churn__reader_failed(book->reader)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    if (!any) {
        churn__reader_free(book->reader);
        book->reader = NULL;
    }
    *out = book;
    book = NULL;
done:
    churn__exchange_book_free(book);
    return st;
}
