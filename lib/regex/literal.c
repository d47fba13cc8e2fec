/* SPDX-License-Identifier: MIT */
#include "regex/regex_inside.h"

/* What a search for bytes can tell before any machine runs. */

/* Whether a character stands for its own bytes and nothing else does: bytes that are no UTF-8 count
 * as U+FFFD, and halves of pairs are in no text. */
static bool is_plain(const regex_node *node)
{
    uint32_t rune = node->value;
    return node->kind == REGEX_LITERAL && rune != 0xFFFD && !(rune >= 0xD800 && rune <= 0xDFFF);
}

static size_t encode(uint32_t rune, char *out)
{
    if (rune < 0x80) {
        out[0] = (char)rune;
        return 1;
    }
    size_t extra = rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(lead[extra] | (rune >> (6 * extra)));
    for (size_t i = 1; i <= extra; i++) {
        out[i] = (char)(0x80 | ((rune >> (6 * (extra - i))) & 0x3F));
    }
    return extra + 1;
}

static bool is_assertion(const regex_node *node, uint8_t assertion)
{
    return node->kind == REGEX_ASSERT && node->assertion == assertion;
}

static const regex_node *sibling(const regex_tree *tree, const regex_node *node)
{
    return node->next != REGEX_NONE ? &tree->nodes[node->next] : NULL;
}

/* The first of what must match one after another; the empty pattern has none. */
static const regex_node *first_item(const regex_tree *tree)
{
    const regex_node *root = &tree->nodes[tree->root];
    return root->kind == REGEX_CONCAT  ? &tree->nodes[root->first]
           : root->kind == REGEX_EMPTY ? NULL
                                       : root;
}

/* The bytes of a row of characters; *node is what comes after. */
static size_t read_run(const regex_tree *tree, const regex_node **node, char *out)
{
    size_t len = 0;
    for (; *node != NULL && is_plain(*node); *node = sibling(tree, *node)) {
        len += encode((*node)->value, out + len);
    }
    return len;
}

/* Patterns that are a text, with or without anchors. */
static bool find_whole(churn__regex *regex, const regex_tree *tree, char *room)
{
    const regex_node *node = first_item(tree);
    bool begin = node != NULL && is_assertion(node, REGEX_BEGIN_TEXT);
    node = begin ? sibling(tree, node) : node;
    regex->literal = (churn_str){room, read_run(tree, &node, room)};
    bool end = node != NULL && is_assertion(node, REGEX_END_TEXT);
    node = end ? sibling(tree, node) : node;
    if (node != NULL) {
        return false;
    }
    regex->how = begin ? (end ? REGEX_EQUALS : REGEX_STARTS) : (end ? REGEX_ENDS : REGEX_CONTAINS);
    return true;
}

/* What every match begins with. */
static bool find_prefix(churn__regex *regex, const regex_tree *tree, char *room)
{
    const regex_node *node = first_item(tree);
    size_t len = read_run(tree, &node, room);
    if (node != NULL && node->kind == REGEX_REPEAT && node->min > 0 &&
        is_plain(&tree->nodes[node->first])) {
        len += encode(tree->nodes[node->first].value, room + len);
    }
    regex->literal = (churn_str){room, len};
    regex->is_prefix = len > 0;
    return regex->is_prefix;
}

/* The longest text that every match has somewhere. */
static void find_needed(churn__regex *regex, const regex_tree *tree, char *room)
{
    char *run = room;
    regex->literal = (churn_str){room, 0};
    for (const regex_node *node = first_item(tree); node != NULL;) {
        size_t len = read_run(tree, &node, run);
        if (len > regex->literal.len) {
            regex->literal = (churn_str){run, len};
            run += len;
        }
        node = len > 0 || node == NULL ? node : sibling(tree, node);
    }
}

void churn__regex_find_literals(churn__regex *regex, const regex_tree *tree, char *room)
{
    if (!find_whole(regex, tree, room) && (regex->anchored || !find_prefix(regex, tree, room))) {
        find_needed(regex, tree, room);
    }
}
