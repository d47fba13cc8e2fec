/* SPDX-License-Identifier: MIT */
#ifndef CHURN_VERSION_H
#define CHURN_VERSION_H

#include <churn/types.h>

CHURN_BEGIN_DECLS

/* The version of these headers. */
#define CHURN_VERSION_MAJOR 0
#define CHURN_VERSION_MINOR 1
#define CHURN_VERSION_PATCH 0
/** What churn_abi_version() of a library must say for these headers to fit it. */
#define CHURN_ABI_VERSION 0

/**
 * Return the version of the library that is loaded, such as "0.1.0".
 *
 * @return a static string
 * @threads any
 * @since 0.1
 */
CHURN_API const char *churn_version(void);

/**
 * Return the version as one number: major * 1,000,000 + minor * 1,000 + patch.
 *
 * @threads any
 * @since 0.1
 */
CHURN_API uint32_t churn_version_number(void);

/**
 * Return the number in the shared object's name. Bindings compare it with CHURN_ABI_VERSION when
 * they load the library.
 *
 * @threads any
 * @since 0.1
 */
CHURN_API uint32_t churn_abi_version(void);

/**
 * Return how many handles and exported Arrow streams, schemas and arrays this process has not yet
 * freed. For tests: 0 after everything was freed.
 *
 * @threads any
 * @since 0.1
 */
CHURN_API int64_t churn_live_handles(void);

CHURN_END_DECLS

#endif
