/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_SUPPORT_H
#define CHURN_TESTS_SUPPORT_H

/* What every test file begins with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <churn/churn.h>

/* TAP, so that meson counts each case; returned from main(). */
#define RUN_TESTS(group)                       \
    (cmocka_set_message_output(CM_OUTPUT_TAP), \
     cmocka_run_group_tests_name(#group, group, NULL, NULL))

/* cmocka 1.1 reports a skipped case as failed: say so ourselves, and let tests/summarise.py count
 * it. */
#undef skip
#define skip()                        \
    do {                              \
        print_message("# skipped\n"); \
        return;                       \
    } while (0)

#define assert_ok(call) assert_int_equal((call), CHURN_OK)

#endif
