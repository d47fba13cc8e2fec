/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPORT_H
#define CHURN_EXPORT_H

/* Every function of the library's ABI carries CHURN_API; nothing else is visible. */
#if defined(__GNUC__) && !defined(_WIN32)
#define CHURN_API __attribute__((visibility("default")))
#else
#define CHURN_API
#endif

#ifdef __cplusplus
#define CHURN_BEGIN_DECLS extern "C" {
#define CHURN_END_DECLS }
#else
#define CHURN_BEGIN_DECLS
#define CHURN_END_DECLS
#endif

#endif
