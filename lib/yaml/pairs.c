/* SPDX-License-Identifier: MIT */
#include "yaml/yaml_inside.h"

/* U+FDD0 and U+FDD1: noncharacters, kept by Unicode for a program's own use. A text that holds the
 * first one is left as it is. */
#define MARK "\xEF\xB7\x90\xEF\xB7\x91"
#define MARK_SIZE 6
#define PAIR_SIZE 12   /* \uD83D\uDE00 */
#define ESCAPE_SIZE 10 /* \U0001F600 */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The value of \uXXXX at `s` (6 bytes are there), or 0. */
static uint32_t escape_value(const char *s)
{
    uint32_t value = 0;
    if (s[0] != '\\' || s[1] != 'u') {
        return 0;
    }
    for (int i = 2; i < 6; i++) {
        int digit = hex_value(s[i]);
        if (digit < 0) {
            return 0;
        }
        value = value * 16 + (uint32_t)digit;
    }
    return value;
}

/* The character of the pair at `s`, or 0. */
static uint32_t pair_value(const char *s, size_t left)
{
    if (left < PAIR_SIZE) {
        return 0;
    }
    uint32_t high = escape_value(s), low = escape_value(s + PAIR_SIZE / 2);
    if (high < 0xD800 || high > 0xDBFF || low < 0xDC00 || low > 0xDFFF) {
        return 0;
    }
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

static bool pairs_note(churn__heap *heap, yaml_pairs *pairs, size_t offset)
{
    if (!churn__grow(heap, (void **)&pairs->offsets, &pairs->capacity, pairs->count + 1,
                     sizeof *pairs->offsets)) {
        return false;
    }
    pairs->offsets[pairs->count++] = offset;
    return true;
}

static bool pairs_list(churn__heap *heap, yaml_pairs *pairs)
{
    churn_str text = pairs->original;
    for (size_t i = 0; i < text.len;) {
        if (text.ptr[i] != '\\') {
            i++;
        } else if (pair_value(text.ptr + i, text.len - i) != 0) {
            if (!pairs_note(heap, pairs, i)) {
                return false;
            }
            i += PAIR_SIZE;
        } else {
            i += 2; /* a backslash and what it escapes, perhaps another backslash */
        }
    }
    return true;
}

static char *put_escape(char *out, uint32_t value)
{
    static const char digits[] = "0123456789ABCDEF";
    *out++ = '\\';
    *out++ = 'U';
    for (int shift = 28; shift >= 0; shift -= 4) {
        *out++ = digits[(value >> shift) & 15];
    }
    memcpy(out, MARK, MARK_SIZE);
    return out + MARK_SIZE;
}

static bool pairs_copy(churn__heap *heap, yaml_pairs *pairs)
{
    churn_str text = pairs->original;
    pairs->copy_size = text.len + pairs->count * (ESCAPE_SIZE + MARK_SIZE - PAIR_SIZE);
    pairs->copy = churn__alloc(heap, pairs->copy_size);
    if (pairs->copy == NULL) {
        return false;
    }
    char *out = pairs->copy;
    size_t from = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        size_t at = pairs->offsets[i];
        memcpy(out, text.ptr + from, at - from);
        out = put_escape(out + (at - from), pair_value(text.ptr + at, text.len - at));
        from = at + PAIR_SIZE;
    }
    memcpy(out, text.ptr + from, text.len - from);
    pairs->text = (churn_str){pairs->copy, pairs->copy_size};
    return true;
}

bool yaml_pairs_find(churn__heap *heap, churn_str text, yaml_pairs *out)
{
    *out = (yaml_pairs){.text = text, .original = text};
    if (churn__str_contains(text, (churn_str){MARK, MARK_SIZE / 2})) {
        return true;
    }
    if (!pairs_list(heap, out)) {
        return false;
    }
    return out->count == 0 || pairs_copy(heap, out);
}

void yaml_pairs_clear(churn__heap *heap, yaml_pairs *pairs)
{
    churn__free(heap, pairs->copy, pairs->copy_size);
    churn__free_array(heap, pairs->offsets, pairs->capacity, sizeof *pairs->offsets);
    *pairs = (yaml_pairs){0};
}

/* Move the cursor to the first pair at or after a code point of the text that was parsed. Scalars
 * come in the order of the text, so that all moves together are one walk. */
static void cursor_move(yaml_pairs *pairs, size_t start)
{
    while (pairs->next < pairs->count) {
        size_t at = pairs->offsets[pairs->next];
        pairs->points +=
            churn__utf8_count(pairs->original.ptr + pairs->counted, at - pairs->counted);
        pairs->counted = at;
        if (pairs->points >= start) {
            return;
        }
        pairs->next++;
    }
}

size_t yaml_pairs_restore(yaml_pairs *pairs, bool double_quoted, size_t start, char *value,
                          size_t len)
{
    size_t out = 0;
    if (pairs->count == 0 || !churn__str_contains((churn_str){value, len}, CHURN__STR(MARK))) {
        return len;
    }
    cursor_move(pairs, start);
    size_t pair = pairs->next;
    for (size_t i = 0; i < len;) {
        if (len - i < MARK_SIZE || memcmp(value + i, MARK, MARK_SIZE) != 0) {
            value[out++] = value[i++];
            continue;
        }
        i += MARK_SIZE;
        if (!double_quoted && out >= ESCAPE_SIZE && pair < pairs->count) {
            out -= ESCAPE_SIZE;
            memcpy(value + out, pairs->original.ptr + pairs->offsets[pair++], PAIR_SIZE);
            out += PAIR_SIZE;
        }
    }
    return out;
}
