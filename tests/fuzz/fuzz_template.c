/* SPDX-License-Identifier: MIT */
#include "scope.h"

/* Any bytes as a template; what compiles is rendered for a few customers. */

static void render(const churn__template *tmpl, uint32_t row)
{
    churn_error err = {.struct_size = sizeof err};
    const churn__template_view view = {.columns = scope_columns,
                                       .row = row,
                                       .scratch = scope_scratch,
                                       .now = INT64_C(1769938200000000)};
    churn__buf out;
    churn__buf_init(&out, scope_heap);
    churn_status st = churn__template_render(tmpl, &view, &out, &err);
    FUZZ_CHECK(st == CHURN_OK || st == CHURN_E_LIMIT, "%d: %s", st, err.message);
    FUZZ_CHECK(churn__utf8_fault(out.data, out.size) == SIZE_MAX, "what is rendered is not UTF-8");
    churn__buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    churn_error err = {.struct_size = sizeof err};
    churn__template *tmpl = NULL;
    uint32_t findings = 0;
    scope_open();
    const churn__expr_source source = {.text = {(const char *)data, size},
                                       .scope = &scope_all,
                                       .report = scope_report,
                                       .report_context = &findings};
    const churn__template_options options = {.currency = CHURN__STR("EUR"), .has_now = true};
    churn_status st = churn__template_compile(scope_heap, NULL, &source, &options, &tmpl, &err);
    FUZZ_CHECK((st == CHURN_OK) == (tmpl != NULL), "status %d", st);
    FUZZ_CHECK(st == CHURN_OK || (findings > 0 && err.line > 0), "status %d", st);
    FUZZ_CHECK(st != CHURN_E_INTERNAL && st != CHURN_E_NOMEM, "%s", err.message);
    for (uint32_t row = 0; row < 8 && tmpl != NULL; row++) {
        render(tmpl, row);
    }
    churn__template_free(tmpl);
    return 0;
}
