/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/num.h"
#include "base/str.h"

/*
 * Answers the questions of compare_with_python.py: one a line, one answer a line. Doubles travel as
 * the hexadecimal digits of their bits.
 */

static churn__heap *heap;
static churn__zone *zone;

static double read_double(const char *hex)
{
    uint64_t bits = strtoull(hex, NULL, 16);
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void answer_bits(double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    printf("%016" PRIx64 "\n", bits);
}

static void answer_int(bool ok, int64_t value)
{
    if (ok) {
        printf("%" PRId64 "\n", value);
    } else {
        puts("bad");
    }
}

static void ask_number(char question, const char *text, size_t len)
{
    char out[512];
    char *rest = NULL;
    double value = 0;
    int64_t minor = 0;
    switch (question) {
    case 'p':
        churn__double_print(read_double(text), out);
        puts(out);
        break;
    case 'f':
        churn__double_fixed(read_double(strchr(text, ' ')), (int)strtol(text, &rest, 10), out,
                            sizeof out);
        puts(out);
        break;
    case 'r':
        if (churn__double_parse(text, len, &value)) {
            answer_bits(value);
        } else {
            puts("bad");
        }
        break;
    case 'm':
        answer_int(true, churn__micro(read_double(text)));
        break;
    case '6':
        answer_bits(churn__round6(read_double(text)));
        break;
    default: {
        bool ok = churn__decimal_from_double(read_double(strchr(text, ' ')),
                                             (int)strtol(text, &rest, 10), &minor);
        answer_int(ok, minor);
    }
    }
}

static void ask_time(char question, const char *text)
{
    char out[40];
    int64_t value = strtoll(text, NULL, 10);
    switch (question) {
    case 'z':
        churn__zone_release(zone);
        answer_int(true, churn__zone_open(heap, NULL, churn__str_nts(text), &zone));
        break;
    case 'o':
        answer_int(true, churn__zone_offset(zone, value));
        break;
    case 'i':
        answer_int(true, churn__zone_to_instant(zone, value));
        break;
    default:
        churn__date_print(zone, value, out);
        puts(out);
    }
}

int main(void)
{
    static char line[1 << 14];
    heap = churn__heap_create(NULL, 0);
    while (heap != NULL && fgets(line, sizeof line, stdin) != NULL) {
        size_t len = strcspn(line, "\n");
        line[len] = '\0';
        if (len < 3) {
            return 1;
        }
        if (strchr("zoiD", line[0]) != NULL) {
            ask_time(line[0], line + 2);
        } else {
            ask_number(line[0], line + 2, len - 2);
        }
    }
    churn__zone_release(zone);
    churn__heap_release(heap);
    return 0;
}
