/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"

/*
 * Tokens to nodes, by CEL's grammar:
 *
 *     Expr  = Or ["?" Or ":" Expr]
 *     Or    = Unary { ("||" | "&&" | relation | "+" | "-" | "*" | "/" | "%") Unary }, by precedence
 *     Unary = {"!"} Member | {"-"} Member
 *
 * Only what nests (parentheses, lists, calls, the right of ":") recurses, and is counted.
 */

static churn_status parse_expr(expr_comp *comp, uint32_t *out);

static const expr_token *look(const expr_comp *comp, size_t ahead)
{
    size_t i = comp->next + ahead;
    return &comp->tokens[i < comp->token_count ? i : comp->token_count - 1];
}

static bool accept(expr_comp *comp, expr_token_kind kind)
{
    if (look(comp, 0)->kind != kind) {
        return false;
    }
    comp->next++;
    return true;
}

static churn_str token_text(const expr_comp *comp, const expr_token *token)
{
    return (churn_str){comp->text.ptr + token->at, token->len};
}

static churn_status unexpected(expr_comp *comp, const char *wanted)
{
    const expr_token *token = look(comp, 0);
    if (token->kind == TOK_END && comp->token_count == 1) {
        return churn__expr_fail(comp, token->at, CHURN_E_PARSE, CHURN__EXPR_SYNTAX,
                                "the expression is empty: write a value, such as `true`");
    }
    if (token->kind == TOK_END) {
        return churn__expr_fail(comp, token->at, CHURN_E_PARSE, CHURN__EXPR_SYNTAX,
                                "the expression ends where %s should follow", wanted);
    }
    churn_str text = token_text(comp, token);
    churn_str before = comp->next > 0 ? token_text(comp, token - 1) : (churn_str){"", 0};
    const char *hint = churn__expr_word_hint(before, text);
    return churn__expr_fail(comp, token->at, CHURN_E_PARSE, CHURN__EXPR_SYNTAX,
                            "%q stands where %s should%s", &text, wanted, hint);
}

static churn_status expect(expr_comp *comp, expr_token_kind kind, const char *wanted)
{
    return accept(comp, kind) ? CHURN_OK : unexpected(comp, wanted);
}

/* What is left out is told, and parsing goes on; only memory can fail it. */
static churn_status left_out(expr_comp *comp, size_t at, const char *what)
{
    churn__expr_fail(comp, at, CHURN_E_UNSUPPORTED, CHURN__EXPR_EXCLUDED, "%s", what);
    return CHURN_OK;
}

/* ---- nodes ---- */

/* From its operator or first operand to the token taken last. */
static void set_span(const expr_comp *comp, expr_node *node, const expr_node *first)
{
    const expr_token *last = &comp->tokens[comp->next > 0 ? comp->next - 1 : 0];
    node->from = first != NULL && first->outer < node->at ? first->outer : node->at;
    node->outer = node->from;
    node->end = comp->next > 0 ? last->at + last->len : node->at;
}

static churn_status add_node(expr_comp *comp, expr_node node, const uint32_t *args, uint32_t count,
                             uint32_t *out)
{
    if (comp->node_count >= comp->limits.expression_nodes) {
        return churn__expr_fail(comp, node.at, CHURN_E_LIMIT, CHURN__EXPR_TOO_MANY,
                                "the expression has more than %u parts (limit expression_nodes)",
                                (uint64_t)comp->limits.expression_nodes);
    }
    if (!churn__grow(comp->heap, (void **)&comp->nodes, &comp->node_capacity, comp->node_count + 1,
                     sizeof *comp->nodes) ||
        !churn__grow(comp->heap, (void **)&comp->args, &comp->arg_capacity, comp->arg_count + count,
                     sizeof *comp->args)) {
        return churn__fail_memory(comp->err, comp->heap);
    }
    node.first = (uint32_t)comp->arg_count;
    node.count = count;
    set_span(comp, &node, count > 0 ? &comp->nodes[args[0]] : NULL);
    if (count > 0) {
        memcpy(comp->args + comp->arg_count, args, count * sizeof *args);
    }
    comp->arg_count += count;
    *out = (uint32_t)comp->node_count;
    comp->nodes[comp->node_count++] = node;
    return CHURN_OK;
}

/* In the place of what was complained about. */
static churn_status add_bad(expr_comp *comp, size_t at, uint32_t *out)
{
    expr_node node = {.kind = NODE_CONST, .at = (uint32_t)at, .type = EXPR_TYPE_BAD};
    return add_node(comp, node, NULL, 0, out);
}

static churn_status add_constant(expr_comp *comp, const expr_token *token, churn__type type,
                                 expr_cell value, uint32_t *out)
{
    expr_node node = {.kind = NODE_CONST,
                      .at = token->at,
                      .type = type,
                      .value = value,
                      .constant = true,
                      .adapts = type == CHURN__TYPE_INT};
    return add_node(comp, node, NULL, 0, out);
}

static churn_status add_int(expr_comp *comp, const expr_token *token, bool negative, uint32_t *out)
{
    uint64_t magnitude = token->as.magnitude;
    if (!negative && magnitude > INT64_MAX) {
        churn_str text = token_text(comp, token);
        churn__expr_fail(comp, token->at, CHURN_E_PARSE, CHURN__EXPR_BIG_NUMBER,
                         "%q does not fit 64 bits", &text);
        return add_bad(comp, token->at, out);
    }
    int64_t value = (int64_t)(negative ? 0 - magnitude : magnitude);
    return add_constant(comp, token, CHURN__TYPE_INT, (expr_cell){.as.i = value}, out);
}

/* ---- names, lists, calls ---- */

static bool is_reserved(churn_str word)
{
    static const char *const words[] = {
        "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
        "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (churn__str_eq(word, churn__str_nts(words[i]))) {
            return true;
        }
    }
    return false;
}

/* How many more segments ".name" belong to a name: those that are not calls. */
static size_t path_length(const expr_comp *comp)
{
    size_t n = 0;
    while (look(comp, 2 * n)->kind == TOK_DOT && look(comp, 2 * n + 1)->kind == TOK_NAME &&
           look(comp, 2 * n + 2)->kind != TOK_OPEN) {
        n++;
    }
    return n;
}

/* A map or message that is left out, unread. */
static churn_status skip_braces(expr_comp *comp, size_t at, uint32_t *out)
{
    size_t open = 0;
    do {
        expr_token_kind kind = look(comp, 0)->kind;
        if (kind == TOK_END) {
            return unexpected(comp, "`}`");
        }
        open += kind == TOK_OPEN_MAP;
        open -= kind == TOK_CLOSE_MAP;
        comp->next++;
    } while (open > 0);
    return add_bad(comp, at, out);
}

static churn_status parse_name(expr_comp *comp, const expr_token *first, uint32_t *out)
{
    size_t more = path_length(comp), len = first->len;
    for (size_t i = 0; i < more; i++) {
        len += 1 + (size_t)look(comp, 2 * i + 1)->len;
    }
    char *path = churn__arena_alloc(comp->arena, len + 1);
    if (path == NULL) {
        return churn__fail_memory(comp->err, comp->heap);
    }
    memcpy(path, first->as.string.ptr, first->len);
    size_t used = first->len;
    for (size_t i = 0; i < more; i++) {
        const expr_token *segment = look(comp, 2 * i + 1);
        path[used++] = '.';
        memcpy(path + used, segment->as.string.ptr, segment->len);
        used += segment->len;
    }
    comp->next += 2 * more;
    if (look(comp, 0)->kind == TOK_OPEN_MAP) {
        left_out(comp, first->at, "messages are left out: name the values one by one");
        return skip_braces(comp, first->at, out);
    }
    expr_node node = {.kind = NODE_NAME, .at = first->at, .name = {path, len}};
    return add_node(comp, node, NULL, 0, out);
}

static churn_status push_pending(expr_comp *comp, uint32_t node)
{
    if (!churn__grow(comp->heap, (void **)&comp->pending, &comp->pending_capacity,
                     comp->pending_count + 1, sizeof *comp->pending)) {
        return churn__fail_memory(comp->err, comp->heap);
    }
    comp->pending[comp->pending_count++] = node;
    return CHURN_OK;
}

/* Expressions up to `close`, which is taken too; they are left pending. */
static churn_status parse_items(expr_comp *comp, expr_token_kind close, const char *wanted,
                                bool trailing_comma)
{
    churn_status st = CHURN_OK;
    size_t before = comp->pending_count;
    if (accept(comp, close)) {
        return CHURN_OK;
    }
    do {
        uint32_t item = 0;
        if (trailing_comma && comp->pending_count > before && look(comp, 0)->kind == close) {
            break;
        }
        size_t at = look(comp, 0)->at;
        if (accept(comp, TOK_QUESTION)) {
            left_out(comp, at, "optional elements are left out: write has(x) ? [x] : []");
        }
        CHURN_TRY(parse_expr(comp, &item));
        CHURN_TRY(push_pending(comp, item));
        if (comp->pending_count - before > comp->limits.expression_list) {
            st = churn__expr_fail(comp, at, CHURN_E_LIMIT, CHURN__EXPR_TOO_MANY,
                                  "a list has more than %u elements (limit expression_list)",
                                  (uint64_t)comp->limits.expression_list);
            goto done;
        }
    } while (accept(comp, TOK_COMMA));
    CHURN_TRY(expect(comp, close, wanted));
done:
    return st;
}

/* A node whose operands are those pending from `from` on. */
static churn_status close_items(expr_comp *comp, expr_node node, size_t from, uint32_t *out)
{
    churn_status st =
        add_node(comp, node, comp->pending + from, (uint32_t)(comp->pending_count - from), out);
    comp->pending_count = from;
    return st;
}

static churn_status parse_list(expr_comp *comp, const expr_token *open, uint32_t *out)
{
    churn_status st = CHURN_OK;
    size_t from = comp->pending_count;
    CHURN_TRY(parse_items(comp, TOK_CLOSE_LIST, "`,` or `]`", true));
    CHURN_TRY(close_items(comp, (expr_node){.kind = NODE_LIST, .at = open->at}, from, out));
done:
    return st;
}

/* The arguments of a call that was complained about, `at` its first node: they are read, for what
 * is wrong with their form, and forgotten, as names in them may be its own. */
static churn_status parse_forgotten(expr_comp *comp, const expr_token *name, size_t at,
                                    uint32_t *out)
{
    churn_status st = CHURN_OK;
    size_t from = comp->pending_count;
    CHURN_TRY(parse_items(comp, TOK_CLOSE, "`,` or `)`", false));
    comp->pending_count = from;
    comp->node_count = at;
    CHURN_TRY(add_bad(comp, name->at, out));
done:
    return st;
}

static churn_status parse_left_out(expr_comp *comp, const expr_token *name, churn_str function,
                                   size_t at, uint32_t *out)
{
    churn__expr_fail(comp, name->at, CHURN_E_UNSUPPORTED, CHURN__EXPR_EXCLUDED,
                     "%q is left out: %s", &function, churn__expr_left_out(function));
    return parse_forgotten(comp, name, at, out);
}

/* f(...), behind its parenthesis. */
static churn_status parse_call(expr_comp *comp, const expr_token *name, uint32_t *out)
{
    churn_status st = CHURN_OK;
    size_t from = comp->pending_count;
    expr_node node = {.kind = NODE_CALL, .at = name->at, .name = name->as.string};
    if (!churn__expr_is_sugar(node.name) && churn__expr_left_out(node.name) != NULL) {
        return parse_left_out(comp, name, node.name, comp->node_count, out);
    }
    CHURN_TRY(parse_items(comp, TOK_CLOSE, "`,` or `)`", false));
    CHURN_TRY(close_items(comp, node, from, out));
done:
    return st;
}

/* The node with which the operands of a node begin. */
static size_t first_node(const expr_comp *comp, uint32_t node)
{
    while (comp->nodes[node].count > 0) {
        node = comp->args[comp->nodes[node].first];
    }
    return node;
}

/* math.f() is one name, not a method of something called math; so is what is left out by such a
 * name. */
static void join_namespace(expr_comp *comp, const expr_node *on, expr_node *node)
{
    churn_str function = node->name;
    char full[40];
    size_t len = on->name.len + 1 + function.len;
    if (on->kind != NODE_NAME || len > sizeof full) {
        return;
    }
    memcpy(full, on->name.ptr, on->name.len);
    full[on->name.len] = '.';
    memcpy(full + on->name.len + 1, function.ptr, function.len);
    if (churn__str_eq(on->name, CHURN__STR("math")) ||
        churn__expr_left_out((churn_str){full, len}) != NULL) {
        node->method = false;
        node->at = on->at;
        node->name = churn__arena_str(comp->arena, full, len);
    }
}

/* x.f(...), behind its parenthesis. */
static churn_status parse_method(expr_comp *comp, const expr_token *name, uint32_t *target)
{
    churn_status st = CHURN_OK;
    size_t from = comp->pending_count;
    expr_node node = {.kind = NODE_CALL, .at = name->at, .name = name->as.string, .method = true};
    const expr_node *on = &comp->nodes[*target];
    join_namespace(comp, on, &node);
    if (node.name.ptr == NULL) {
        return churn__fail_memory(comp->err, comp->heap);
    }
    if (!node.method) {
        comp->node_count--;
    } else {
        CHURN_TRY(push_pending(comp, *target));
    }
    if (churn__expr_left_out(node.name) != NULL) {
        size_t first = node.method ? first_node(comp, *target) : comp->node_count;
        comp->pending_count = from;
        return parse_left_out(comp, name, node.name, first, target);
    }
    CHURN_TRY(parse_items(comp, TOK_CLOSE, "`,` or `)`", false));
    CHURN_TRY(close_items(comp, node, from, target));
done:
    return st;
}

/* ---- expressions ---- */

static churn_status parse_word(expr_comp *comp, const expr_token *token, uint32_t *out)
{
    if (is_reserved(token->as.string)) {
        churn__expr_fail(comp, token->at, CHURN_E_PARSE, CHURN__EXPR_RESERVED,
                         "%q is a reserved word and cannot be a name%s", &token->as.string,
                         churn__expr_reserved_hint(token->as.string));
        return accept(comp, TOK_OPEN) ? parse_forgotten(comp, token, comp->node_count, out)
                                      : add_bad(comp, token->at, out);
    }
    return accept(comp, TOK_OPEN) ? parse_call(comp, token, out) : parse_name(comp, token, out);
}

/* .a.b: names here are absolute anyway. */
static churn_status parse_absolute(expr_comp *comp, uint32_t *out)
{
    const expr_token *token = look(comp, 0);
    if (token->kind != TOK_NAME) {
        return unexpected(comp, "a name");
    }
    comp->next++;
    return parse_word(comp, token, out);
}

static churn_status parse_primary(expr_comp *comp, uint32_t *out)
{
    churn_status st = CHURN_OK;
    const expr_token *token = look(comp, 0);
    comp->next++;
    switch (token->kind) {
    case TOK_NAME:
        return parse_word(comp, token, out);
    case TOK_INT:
        return add_int(comp, token, false, out);
    case TOK_DOUBLE:
        return add_constant(comp, token, CHURN__TYPE_DOUBLE, (expr_cell){.as.d = token->as.number},
                            out);
    case TOK_STRING:
        return add_constant(comp, token, CHURN__TYPE_STRING, (expr_cell){.as.s = token->as.string},
                            out);
    case TOK_TRUE:
    case TOK_FALSE:
        return add_constant(comp, token, CHURN__TYPE_BOOL,
                            (expr_cell){.state = expr_from_bool(token->kind == TOK_TRUE)}, out);
    case TOK_OPEN:
        CHURN_TRY(parse_expr(comp, out));
        CHURN_TRY(expect(comp, TOK_CLOSE, "`)`"));
        comp->nodes[*out].outer = token->at;
        break;
    case TOK_OPEN_LIST:
        return parse_list(comp, token, out);
    case TOK_OPEN_MAP:
        comp->next--;
        left_out(comp, token->at, "maps are left out: name the values one by one");
        return skip_braces(comp, token->at, out);
    case TOK_NULL:
        return add_constant(comp, token, EXPR_TYPE_NULL, (expr_cell){.state = EXPR_UNKNOWN}, out);
    case TOK_BAD:
        return add_bad(comp, token->at, out);
    case TOK_DOT:
        return parse_absolute(comp, out);
    default:
        comp->next--;
        return unexpected(comp, "a value");
    }
done:
    return st;
}

/* x[...]: told, and read for what is wrong inside. */
static churn_status parse_index(expr_comp *comp, uint32_t *out)
{
    churn_status st = CHURN_OK;
    const expr_token *open = look(comp, 0);
    size_t first = first_node(comp, *out);
    uint32_t index = 0;
    comp->next++;
    CHURN_TRY(left_out(comp, open->at, "indexing is left out: use `in` to ask what a list has"));
    accept(comp, TOK_QUESTION);
    CHURN_TRY(parse_expr(comp, &index));
    CHURN_TRY(expect(comp, TOK_CLOSE_LIST, "`]`"));
    comp->node_count = first;
    CHURN_TRY(add_bad(comp, open->at, out));
done:
    return st;
}

/* Behind a value and a dot. */
static churn_status parse_selection(expr_comp *comp, uint32_t *out)
{
    bool optional = accept(comp, TOK_QUESTION);
    const expr_token *name = look(comp, 0);
    if (name->kind != TOK_NAME) {
        return unexpected(comp, "a name");
    }
    comp->next++;
    if (!optional && accept(comp, TOK_OPEN)) {
        return parse_method(comp, name, out);
    }
    left_out(comp, name->at,
             optional ? "`.?` is left out: write has(x) ? x : y"
                      : "a field of a value is left out: write a plain name");
    comp->node_count = first_node(comp, *out);
    return add_bad(comp, name->at, out);
}

/* Behind a value: .f(...) again and again. */
static churn_status parse_member(expr_comp *comp, uint32_t *out)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(parse_primary(comp, out));
    for (;;) {
        if (look(comp, 0)->kind == TOK_OPEN_LIST) {
            CHURN_TRY(parse_index(comp, out));
        } else if (accept(comp, TOK_DOT)) {
            CHURN_TRY(parse_selection(comp, out));
        } else {
            break;
        }
    }
done:
    return st;
}

/* A run of signs: two do what any even number does, one what any odd number does. */
static churn_status parse_signs(expr_comp *comp, expr_token_kind sign, uint32_t *out)
{
    churn_status st = CHURN_OK;
    const expr_token *first = look(comp, 0);
    uint32_t signs = 0;
    while (accept(comp, sign)) {
        signs++;
    }
    signs = signs % 2 == 1 ? 1 : 2;
    const expr_token *number = look(comp, 0);
    expr_token_kind after = look(comp, 1)->kind;
    if (sign == TOK_SUB && number->kind == TOK_INT && after != TOK_DOT) {
        comp->next++;
        CHURN_TRY(add_int(comp, number, true, out));
        comp->nodes[*out].at = comp->nodes[*out].from = comp->nodes[*out].outer = first->at;
        signs--;
    } else {
        CHURN_TRY(parse_member(comp, out));
    }
    for (; signs > 0; signs--) {
        expr_node node = {.kind = NODE_UNARY, .token = (uint8_t)sign, .at = first->at};
        uint32_t operand = *out;
        CHURN_TRY(add_node(comp, node, &operand, 1, out));
    }
done:
    return st;
}

static churn_status parse_unary(expr_comp *comp, uint32_t *out)
{
    expr_token_kind kind = look(comp, 0)->kind;
    return kind == TOK_NOT || kind == TOK_SUB ? parse_signs(comp, kind, out)
                                              : parse_member(comp, out);
}

static unsigned precedence(expr_token_kind kind)
{
    switch (kind) {
    case TOK_OR:
        return 1;
    case TOK_AND:
        return 2;
    case TOK_IN:
    case TOK_EQ:
    case TOK_NE:
    case TOK_LT:
    case TOK_LE:
    case TOK_GT:
    case TOK_GE:
        return 3;
    case TOK_ADD:
    case TOK_SUB:
        return 4;
    case TOK_MUL:
    case TOK_DIV:
    case TOK_MOD:
        return 5;
    default:
        return 0;
    }
}

/* Operators that bind at least as tightly as `least`; recursion is as deep as there are levels. */
static churn_status parse_binary(expr_comp *comp, unsigned least, uint32_t *out)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(parse_unary(comp, out));
    for (;;) {
        const expr_token *token = look(comp, 0);
        unsigned level = precedence(token->kind);
        uint32_t operands[2] = {*out, 0};
        if (level < least) {
            break;
        }
        comp->next++;
        CHURN_TRY(parse_binary(comp, level + 1, &operands[1]));
        expr_node node = {.kind = NODE_BINARY, .token = (uint8_t)token->kind, .at = token->at};
        CHURN_TRY(add_node(comp, node, operands, 2, out));
    }
done:
    return st;
}

static churn_status parse_expr(expr_comp *comp, uint32_t *out)
{
    churn_status st = CHURN_OK;
    uint32_t operands[3] = {0};
    const expr_token *token = look(comp, 0);
    if (++comp->depth > comp->limits.expression_depth) {
        st = churn__expr_fail(comp, token->at, CHURN_E_LIMIT, CHURN__EXPR_TOO_DEEP,
                              "the expression nests deeper than %u (limit expression_depth)",
                              (uint64_t)comp->limits.expression_depth);
        goto done;
    }
    CHURN_TRY(parse_binary(comp, 1, &operands[0]));
    token = look(comp, 0);
    if (!accept(comp, TOK_QUESTION)) {
        *out = operands[0];
        goto done;
    }
    if (look(comp, 0)->kind == TOK_DOT && look(comp, 0)->at == token->at + 1) {
        left_out(comp, token->at, "`?.` is left out: write has(x) ? x : y");
        st = CHURN_E_UNSUPPORTED; /* what follows cannot be read as anything else */
        goto done;
    }
    CHURN_TRY(parse_binary(comp, 1, &operands[1]));
    CHURN_TRY(expect(comp, TOK_COLON, "`:`"));
    CHURN_TRY(parse_expr(comp, &operands[2]));
    CHURN_TRY(add_node(comp, (expr_node){.kind = NODE_TERNARY, .at = token->at}, operands, 3, out));
done:
    comp->depth--;
    return st;
}

churn_status churn__expr_parse(expr_comp *comp)
{
    churn_status st = CHURN_OK;
    uint32_t root = 0;
    CHURN_TRY(parse_expr(comp, &root));
    CHURN_TRY(expect(comp, TOK_END, "an operator or the end"));
done:
    return st;
}
