/* SPDX-License-Identifier: MIT */
#ifndef CHURN_PLAYBOOK_BUILD_TESTS_H
#define CHURN_PLAYBOOK_BUILD_TESTS_H

#include "playbook/build.h"

/* The playbook's own tests: b_cases() makes a test of each row (tests_cases.c), then b_tests()
 * makes definitions of what is given (build_given.c) and what is expected (build_expect.c). */

/* Which test of the file one is, and which row of it. */
typedef struct test_origin {
    uint32_t number;              /* of the test, from 1 */
    uint32_t row;                 /* from 1; 0: a test without cases */
    const churn__yaml_node *node; /* of the row */
    churn_str label;              /* that it gives itself; {NULL, 0} */
} test_origin;

/* Who a test is about where it does not say. */
#define TEST_CUSTOMER CHURN__STR("customer")

/* Customers and their records, and the sources that are stale. */
void b_given_fill(builder *b, const churn__yaml_node *given, churn__test_def *def);
void b_expect_fill(builder *b, const churn__yaml_node *test, churn__test_def *def);

/* A value as the author wrote it, against the type that it must have (build_given.c). */
bool b_has_type(const churn__yaml_node *node, churn__type type);
void b_report_type(builder *b, const churn__yaml_node *node, churn_str name, churn__type type);

extern const schema schema_cases;

#endif
