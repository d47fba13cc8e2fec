/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"

#include "base/num.h"

/* Text to tokens, by the lexical grammar of CEL's language definition. */

typedef struct lexer {
    expr_comp *comp;
    const char *s;
    size_t size, at;
} lexer;

static int peek(const lexer *lex, size_t ahead)
{
    size_t at = lex->at + ahead;
    return at < lex->size ? (unsigned char)lex->s[at] : -1;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

static int hex_value(int c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void skip_space(lexer *lex)
{
    for (;;) {
        int c = peek(lex, 0);
        if (c == ' ' || (c >= '\t' && c <= '\r' && c != '\v')) {
            lex->at++;
        } else if (c == '/' && peek(lex, 1) == '/') {
            while (peek(lex, 0) >= 0 && peek(lex, 0) != '\n') {
                lex->at++;
            }
        } else {
            return;
        }
    }
}

static churn_status add_token(lexer *lex, expr_token token)
{
    expr_comp *comp = lex->comp;
    token.len = (uint32_t)(lex->at - token.at);
    if (!churn__grow(comp->heap, (void **)&comp->tokens, &comp->token_capacity,
                     comp->token_count + 1, sizeof *comp->tokens)) {
        return churn__fail_memory(comp->err, comp->heap);
    }
    comp->tokens[comp->token_count++] = token;
    return CHURN_OK;
}

/* ---- numbers ---- */

static churn_status bad_number(lexer *lex, size_t start, const char *why)
{
    while (is_word(peek(lex, 0)) || (peek(lex, 0) == '.' && is_word(peek(lex, 1)))) {
        lex->at++;
    }
    churn_str text = {lex->s + start, lex->at - start};
    return churn__expr_fail(lex->comp, start, CHURN_E_PARSE, CHURN__EXPR_BAD_NUMBER,
                            "%q is not a number: %s", &text, why);
}

static churn_status big_number(lexer *lex, size_t start)
{
    churn_str text = {lex->s + start, lex->at - start};
    return churn__expr_fail(lex->comp, start, CHURN_E_PARSE, CHURN__EXPR_BIG_NUMBER,
                            "%q does not fit 64 bits", &text);
}

static bool take_magnitude(lexer *lex, unsigned base, uint64_t *out)
{
    uint64_t value = 0;
    bool fits = true;
    for (;; lex->at++) {
        int digit = hex_value(peek(lex, 0));
        if (digit < 0 || (unsigned)digit >= base) {
            break;
        }
        fits = fits && !__builtin_mul_overflow(value, base, &value) &&
               !__builtin_add_overflow(value, (uint64_t)digit, &value);
    }
    *out = value;
    return fits && value <= UINT64_C(1) << 63;
}

static churn_status lex_int(lexer *lex)
{
    size_t start = lex->at;
    expr_token token = {.kind = TOK_INT, .at = (uint32_t)start};
    bool hex = peek(lex, 0) == '0' && peek(lex, 1) == 'x';
    if (hex) {
        lex->at += 2;
        if (hex_value(peek(lex, 0)) < 0) {
            return bad_number(lex, start, "digits must follow 0x");
        }
    }
    bool fits = take_magnitude(lex, hex ? 16 : 10, &token.as.magnitude);
    int c = peek(lex, 0);
    if ((c == 'u' || c == 'U') && !is_word(peek(lex, 1))) {
        lex->at++;
        return churn__expr_fail(lex->comp, start, CHURN_E_UNSUPPORTED, CHURN__EXPR_EXCLUDED,
                                "unsigned integers are left out: write the number without `u`");
    }
    if (is_word(c)) {
        bool capital = c == 'X' && lex->at == start + 1 && lex->s[start] == '0';
        return bad_number(lex, start, capital ? "write 0x" : "a letter follows");
    }
    return fits ? add_token(lex, token) : big_number(lex, start);
}

/* Whether digits are followed by a fraction or an exponent; `*end` is behind them. */
static bool scan_double(const lexer *lex, size_t *end)
{
    size_t i = 0;
    bool is_double = false;
    while (is_digit(peek(lex, i))) {
        i++;
    }
    if (peek(lex, i) == '.' && is_digit(peek(lex, i + 1))) {
        is_double = true;
        i++;
        while (is_digit(peek(lex, i))) {
            i++;
        }
    }
    int e = peek(lex, i);
    size_t sign = peek(lex, i + 1) == '+' || peek(lex, i + 1) == '-' ? 1 : 0;
    if ((e == 'e' || e == 'E') && is_digit(peek(lex, i + 1 + sign))) {
        is_double = true;
        i += 1 + sign;
        while (is_digit(peek(lex, i))) {
            i++;
        }
    }
    *end = lex->at + i;
    return is_double;
}

static churn_status lex_double(lexer *lex, size_t end)
{
    size_t start = lex->at, len = end - start;
    expr_token token = {.kind = TOK_DOUBLE, .at = (uint32_t)start};
    const char *digits = lex->s + start;
    if (*digits == '.') { /* the parser of numbers wants a digit first */
        char *copy = churn__arena_alloc(lex->comp->arena, len + 1);
        if (copy == NULL) {
            return churn__fail_memory(lex->comp->err, lex->comp->heap);
        }
        copy[0] = '0';
        memcpy(copy + 1, digits, len);
        digits = copy;
        len++;
    }
    lex->at = end;
    if (is_word(peek(lex, 0))) {
        return bad_number(lex, start, "a letter follows");
    }
    if (!churn__double_parse(digits, len, &token.as.number)) {
        return bad_number(lex, start, "it is out of range");
    }
    return add_token(lex, token);
}

static churn_status lex_number(lexer *lex)
{
    size_t end = 0;
    return scan_double(lex, &end) ? lex_double(lex, end) : lex_int(lex);
}

/* ---- strings ---- */

/* The beginning of a text, to quote: whole characters. */
static churn_str head_of(const lexer *lex, size_t at, size_t most)
{
    size_t len = lex->size - at < most ? lex->size - at : most;
    while (len > 0 && at + len < lex->size && ((unsigned char)lex->s[at + len] & 0xC0) == 0x80) {
        len--;
    }
    return (churn_str){lex->s + at, len};
}

static churn_status no_closing_quote(lexer *lex, size_t start)
{
    churn_str head = head_of(lex, start, 16);
    const char *line = memchr(head.ptr, '\n', head.len);
    head.len = line != NULL ? (size_t)(line - head.ptr) : head.len;
    lex->comp->broken = true;
    lex->at = lex->size;
    return churn__expr_fail(lex->comp, start, CHURN_E_PARSE, CHURN__EXPR_BAD_STRING,
                            "the string that begins with %q has no closing quote", &head);
}

static churn_status bad_escape(lexer *lex, size_t at)
{
    size_t most = lex->at > at + 2 ? lex->at - at : 2;
    while (at + most < lex->size && ((unsigned char)lex->s[at + most] & 0xC0) == 0x80) {
        most++;
    }
    churn_str escape = head_of(lex, at, most);
    return churn__expr_fail(lex->comp, at, CHURN_E_PARSE, CHURN__EXPR_BAD_ESCAPE,
                            "%q is an escape that does not exist; a backslash is `\\\\`", &escape);
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    out[0] = (char)(lead[n] | c);
    return n;
}

/* `count` digits of an escape; false: there are not so many. */
static bool take_digits(lexer *lex, size_t count, unsigned base, uint32_t *out)
{
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++, lex->at++) {
        int digit = hex_value(peek(lex, 0));
        if (digit < 0 || (unsigned)digit >= base) {
            return false;
        }
        value = value * base + (uint32_t)digit;
    }
    *out = value;
    return true;
}

/* One escape, `at` behind the backslash. False: there is no such escape. */
static bool take_escape(lexer *lex, uint32_t *out)
{
    static const char from[] = "abfnrtv\\?\"'`", to[] = "\a\b\f\n\r\t\v\\?\"'`";
    int c = peek(lex, 0);
    const char *simple = c > 0 ? memchr(from, c, sizeof from - 1) : NULL;
    if (simple != NULL) {
        *out = (uint8_t)to[simple - from];
        lex->at++;
        return true;
    }
    if (c >= '0' && c <= '3') {
        return take_digits(lex, 3, 8, out);
    }
    size_t digits = c == 'x' || c == 'X' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    lex->at += digits != 0;
    return digits != 0 && take_digits(lex, digits, 16, out) && *out <= 0x10FFFF &&
           !(*out >= 0xD800 && *out <= 0xDFFF);
}

static bool at_quotes(const lexer *lex, int quote, size_t quotes)
{
    for (size_t i = 0; i < quotes; i++) {
        if (peek(lex, i) != quote) {
            return false;
        }
    }
    return true;
}

/* The characters up to the closing quotes, into `out`, which holds what is left of the text. All
 * that is wrong with escapes is told; `*fault` is the first of it. */
static churn_status take_string(lexer *lex, bool raw, size_t start, char *out, size_t *len,
                                churn_status *fault)
{
    int quote = peek(lex, 0);
    size_t quotes = peek(lex, 1) == quote && peek(lex, 2) == quote ? 3 : 1;
    lex->at += quotes;
    while (!at_quotes(lex, quote, quotes)) {
        int c = peek(lex, 0);
        if (c < 0 || (quotes == 1 && (c == '\n' || c == '\r'))) {
            return no_closing_quote(lex, start);
        }
        if (c != '\\' || raw) {
            out[(*len)++] = (char)c;
            lex->at++;
            continue;
        }
        size_t escape = lex->at++;
        uint32_t code = 0;
        if (take_escape(lex, &code)) {
            *len += put_utf8(out + *len, code);
        } else {
            *fault = bad_escape(lex, escape);
        }
    }
    lex->at += quotes;
    return *fault;
}

static churn_status lex_string(lexer *lex, size_t start, bool raw)
{
    churn_status st = CHURN_OK, fault = CHURN_OK;
    churn_error *err = lex->comp->err;
    expr_token token = {.kind = TOK_STRING, .at = (uint32_t)start};
    /* No escape is shorter than what it stands for. */
    size_t cap = lex->size - start + 1, len = 0;
    char *out = churn__alloc(lex->comp->heap, cap);
    if (out == NULL) {
        return churn__fail_memory(err, lex->comp->heap);
    }
    CHURN_TRY(take_string(lex, raw, start, out, &len, &fault));
    token.as.string = churn__arena_str(lex->comp->arena, out, len);
    if (token.as.string.ptr == NULL) {
        st = churn__fail_memory(err, lex->comp->heap);
        goto done;
    }
    st = add_token(lex, token);
done:
    churn__free(lex->comp->heap, out, cap);
    return st;
}

/* b"...": told, and left behind. */
static churn_status lex_bytes(lexer *lex, size_t start)
{
    int quote = peek(lex, 0);
    size_t quotes = peek(lex, 1) == quote && peek(lex, 2) == quote ? 3 : 1;
    churn_status st = churn__expr_fail(lex->comp, start, CHURN_E_UNSUPPORTED, CHURN__EXPR_EXCLUDED,
                                       "bytes are left out: write a string, without `b`");
    for (lex->at += quotes; lex->at < lex->size && !at_quotes(lex, quote, quotes); lex->at++) {
        lex->at += peek(lex, 0) == '\\';
    }
    lex->comp->broken = lex->comp->broken || lex->at >= lex->size;
    lex->at += lex->at < lex->size ? quotes : 0;
    lex->at = lex->at < lex->size ? lex->at : lex->size;
    return st;
}

/* ---- words and signs ---- */

static bool is_prefix(int c, char lower)
{
    return c == lower || c == lower - ('a' - 'A');
}

/* How many letters stand before a quote: r, b, rb, br; 0 for none. */
static size_t string_prefix(const lexer *lex, bool *raw, bool *bytes)
{
    size_t n = 0;
    *raw = *bytes = false;
    for (; n < 2; n++) {
        int c = peek(lex, n);
        if (is_prefix(c, 'r') && !*raw) {
            *raw = true;
        } else if (is_prefix(c, 'b') && !*bytes) {
            *bytes = true;
        } else {
            break;
        }
    }
    return peek(lex, n) == '"' || peek(lex, n) == '\'' ? n : 0;
}

static churn_status lex_word(lexer *lex)
{
    static const struct {
        churn_str word;
        expr_token_kind kind;
    } keywords[] = {{CHURN__STR("true"), TOK_TRUE},
                    {CHURN__STR("false"), TOK_FALSE},
                    {CHURN__STR("null"), TOK_NULL},
                    {CHURN__STR("in"), TOK_IN}};
    bool raw, bytes;
    size_t prefix = string_prefix(lex, &raw, &bytes), start = lex->at;
    if (prefix > 0) {
        lex->at += prefix;
        return bytes ? lex_bytes(lex, start) : lex_string(lex, start, true);
    }
    while (is_word(peek(lex, 0))) {
        lex->at++;
    }
    churn_str word = {lex->s + start, lex->at - start};
    expr_token token = {.kind = TOK_NAME, .at = (uint32_t)start, .as.string = word};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (churn__str_eq(word, keywords[i].word)) {
            token.kind = keywords[i].kind;
        }
    }
    return add_token(lex, token);
}

/* `=`, `&` and `|` are read as what they are meant to be; after any other the text is lost. */
static churn_status bad_sign(lexer *lex)
{
    churn_status st = CHURN_OK;
    int c = peek(lex, 0);
    expr_token token = {.kind = c == '='   ? TOK_EQ
                                : c == '&' ? TOK_AND
                                : c == '|' ? TOK_OR
                                           : TOK_END,
                        .at = (uint32_t)lex->at};
    size_t len = 1;
    while ((peek(lex, len) & 0xC0) == 0x80 && peek(lex, len) >= 0) {
        len++;
    }
    churn_str sign = {lex->s + lex->at, len};
    st = churn__expr_fail(lex->comp, lex->at, CHURN_E_PARSE, CHURN__EXPR_SYNTAX,
                          "%q means nothing here%s", &sign, churn__expr_sign_hint(sign));
    lex->at += len;
    if (token.kind == TOK_END) {
        lex->comp->broken = true;
        return st;
    }
    return add_token(lex, token);
}

static churn_status lex_sign(lexer *lex)
{
    static const struct {
        char first, second;
        expr_token_kind kind;
    } signs[] = {{'=', '=', TOK_EQ},      {'!', '=', TOK_NE},       {'<', '=', TOK_LE},
                 {'>', '=', TOK_GE},      {'&', '&', TOK_AND},      {'|', '|', TOK_OR},
                 {'<', 0, TOK_LT},        {'>', 0, TOK_GT},         {'+', 0, TOK_ADD},
                 {'-', 0, TOK_SUB},       {'*', 0, TOK_MUL},        {'/', 0, TOK_DIV},
                 {'%', 0, TOK_MOD},       {'!', 0, TOK_NOT},        {'?', 0, TOK_QUESTION},
                 {':', 0, TOK_COLON},     {'(', 0, TOK_OPEN},       {')', 0, TOK_CLOSE},
                 {'[', 0, TOK_OPEN_LIST}, {']', 0, TOK_CLOSE_LIST}, {'{', 0, TOK_OPEN_MAP},
                 {'}', 0, TOK_CLOSE_MAP}, {',', 0, TOK_COMMA},      {'.', 0, TOK_DOT}};
    int first = peek(lex, 0), second = peek(lex, 1);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (signs[i].first == first && (signs[i].second == 0 || signs[i].second == second)) {
            expr_token token = {.kind = signs[i].kind, .at = (uint32_t)lex->at};
            lex->at += signs[i].second != 0 ? 2 : 1;
            return add_token(lex, token);
        }
    }
    return bad_sign(lex);
}

static churn_status lex_one(lexer *lex)
{
    int c = peek(lex, 0);
    if (is_digit(c) || (c == '.' && is_digit(peek(lex, 1)))) {
        return lex_number(lex);
    }
    if (is_word(c)) {
        return lex_word(lex);
    }
    if (c == '"' || c == '\'') {
        return lex_string(lex, lex->at, false);
    }
    return lex_sign(lex);
}

/* A token, or, where it is a mistake that is told, one in its place. */
static churn_status lex_on(lexer *lex)
{
    size_t start = lex->at, before = lex->comp->token_count;
    churn_status st = lex_one(lex);
    if (st == CHURN_OK || st == CHURN_E_NOMEM || lex->comp->token_count > before) {
        return st == CHURN_E_NOMEM ? st : CHURN_OK;
    }
    return add_token(lex, (expr_token){.kind = TOK_BAD, .at = (uint32_t)start});
}

churn_status churn__expr_lex(expr_comp *comp)
{
    churn_status st = CHURN_OK;
    lexer lex = {.comp = comp, .s = comp->text.ptr, .size = comp->text.len};
    for (;;) {
        skip_space(&lex);
        if (lex.at >= lex.size) {
            break;
        }
        CHURN_TRY(lex_on(&lex));
    }
    CHURN_TRY(add_token(&lex, (expr_token){.kind = TOK_END, .at = (uint32_t)lex.at}));
done:
    return st;
}
