/* SPDX-License-Identifier: MIT */
#include "yaml/yaml_inside.h"

/* Bytes of the line break at `s`: LF, CR, CR LF, and as in libyaml U+0085, U+2028, U+2029. */
static size_t break_length(const char *s, size_t left)
{
    if (s[0] == '\n') {
        return 1;
    }
    if (s[0] == '\r') {
        return left > 1 && s[1] == '\n' ? 2 : 1;
    }
    if (left > 1 && memcmp(s, "\xC2\x85", 2) == 0) {
        return 2;
    }
    if (left > 2 && (memcmp(s, "\xE2\x80\xA8", 3) == 0 || memcmp(s, "\xE2\x80\xA9", 3) == 0)) {
        return 3;
    }
    return 0;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

void yaml_position(churn_str text, size_t offset, uint64_t *line, uint64_t *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset && i < text.len;) {
        size_t step = break_length(text.ptr + i, text.len - i);
        if (step > 0) {
            (*line)++;
            *column = 1;
            i += step;
            continue;
        }
        i++;
        /* Bytes that are no UTF-8 count one column each, those that go on with a character none. */
        if (i >= text.len || !is_continuation(text.ptr[i])) {
            (*column)++;
        }
    }
}

static void report(churn_str text, size_t offset, yaml_findings *findings, int32_t code,
                   const char *message)
{
    uint64_t line = 1, column = 1;
    yaml_position(text, offset, &line, &column);
    yaml_finding_add(findings, code, line, column, "%s", message);
}

/* The first line that begins with '%', or SIZE_MAX. libyaml takes it for a directive wherever it
 * stands, even in a block scalar at the margin, so nothing legal is refused. */
static size_t directive(churn_str text)
{
    bool at_start = true;
    for (size_t i = 0; i < text.len;) {
        if (at_start && text.ptr[i] == '%') {
            return i;
        }
        size_t step = break_length(text.ptr + i, text.len - i);
        at_start = step > 0;
        i += step > 0 ? step : 1;
    }
    return SIZE_MAX;
}

bool yaml_scan(churn_str text, yaml_findings *findings)
{
    const char *nul = text.len > 0 ? memchr(text.ptr, '\0', text.len) : NULL;
    size_t fault = churn__utf8_fault(text.ptr, text.len);
    size_t nul_at = nul == NULL ? SIZE_MAX : (size_t)(nul - text.ptr);
    if (fault < nul_at) {
        report(text, fault, findings, CHURN__YAML_NOT_UTF8, "not UTF-8");
        return false;
    }
    if (nul_at != SIZE_MAX) {
        report(text, nul_at, findings, CHURN__YAML_NUL, "a NUL character");
        return false;
    }
    size_t at = directive(text);
    if (at != SIZE_MAX) {
        report(text, at, findings, CHURN__YAML_DIRECTIVE,
               "directives are not supported: a line must not begin with `%`");
        return false;
    }
    return true;
}
