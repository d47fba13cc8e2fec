/* SPDX-License-Identifier: MIT */
#include "yaml/yaml.h"

#include <yaml.h>

#include "base/sort.h"
#include "yaml/yaml_inside.h"

#define MESSAGE_MAX 256

/* A collection that is not closed yet: its children wait on the pending stack from `first` on. */
typedef struct frame {
    churn__yaml_node *node;
    size_t first;
} frame;

/* A tree in the making. The stacks live on the heap, the nodes in the arena. */
typedef struct builder {
    churn__heap *heap;
    churn__arena *arena;
    const churn_limits *limits;
    yaml_findings *findings;
    yaml_pairs *pairs;
    yaml_parser_t parser;
    frame *frames;
    size_t depth, frame_capacity;
    churn__yaml_node **pending;
    size_t pending_count, pending_capacity;
    churn__yaml_node *root;
    uint64_t events;
    uint32_t documents;
    bool ended;
} builder;

void yaml_finding_add(yaml_findings *to, int32_t code, uint64_t line, uint64_t column,
                      const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    size_t len = churn__formatv(message, sizeof message, format, args);
    va_end(args);
    churn_str text = churn__arena_str(to->arena, message, len);
    if (text.ptr == NULL || !churn__grow(to->heap, (void **)&to->data, &to->capacity, to->count + 1,
                                         sizeof *to->data)) {
        to->failed = true;
        return;
    }
    to->data[to->count++] = (churn__yaml_finding){code, (uint32_t)line, (uint32_t)column, text};
}

static void report(builder *b, int32_t code, yaml_mark_t at, const char *message)
{
    yaml_finding_add(b->findings, code, at.line + 1, at.column + 1, "%s", message);
}

/* ---- nodes ---- */

static churn__yaml_node *node_make(builder *b, churn__yaml_kind kind, yaml_mark_t at)
{
    churn__yaml_node *node = churn__arena_alloc(b->arena, sizeof *node);
    if (node == NULL) {
        b->findings->failed = true;
        return NULL;
    }
    node->kind = kind;
    node->line = (uint32_t)(at.line + 1);
    node->column = (uint32_t)(at.column + 1);
    return node;
}

static bool expects_key(const builder *b)
{
    if (b->depth == 0) {
        return false;
    }
    const frame *top = &b->frames[b->depth - 1];
    return top->node->kind == CHURN__YAML_MAP && (b->pending_count - top->first) % 2 == 0;
}

static bool is_merge(const churn__yaml_node *key)
{
    return key->plain && churn__str_eq(key->text, CHURN__STR("<<"));
}

/* A key is a scalar of a moderate size. */
static bool key_ok(builder *b, const churn__yaml_node *key)
{
    if (key->kind != CHURN__YAML_SCALAR) {
        yaml_finding_add(b->findings, CHURN__YAML_KEY, key->line, key->column,
                         "a key must be a plain or quoted text");
    } else if (key->text.len > YAML_KEY_MAX) {
        yaml_finding_add(b->findings, CHURN__YAML_KEY, key->line, key->column,
                         "a key of %u bytes: at most %u are allowed", (uint64_t)key->text.len,
                         (uint64_t)YAML_KEY_MAX);
    } else if (is_merge(key)) {
        yaml_finding_add(b->findings, CHURN__YAML_MERGE, key->line, key->column,
                         "merge keys (`<<`) are not supported: write the keys out");
    } else {
        return true;
    }
    return false;
}

/* Give a node to the collection that is open, or make it the root. */
static bool node_place(builder *b, churn__yaml_node *node)
{
    if (node == NULL || (expects_key(b) && !key_ok(b, node))) {
        return false;
    }
    if (b->depth == 0) {
        b->root = node;
        return true;
    }
    if (!churn__grow(b->heap, (void **)&b->pending, &b->pending_capacity, b->pending_count + 1,
                     sizeof *b->pending)) {
        b->findings->failed = true;
        return false;
    }
    b->pending[b->pending_count++] = node;
    return true;
}

static bool open_collection(builder *b, churn__yaml_kind kind, yaml_mark_t at)
{
    churn__yaml_node *node = node_make(b, kind, at);
    if (!node_place(b, node)) {
        return false;
    }
    if (b->depth >= b->limits->playbook_depth) {
        yaml_finding_add(b->findings, CHURN__YAML_TOO_DEEP, at.line + 1, at.column + 1,
                         "nested too deep: at most %u levels are allowed",
                         (uint64_t)b->limits->playbook_depth);
        return false;
    }
    if (!churn__grow(b->heap, (void **)&b->frames, &b->frame_capacity, b->depth + 1,
                     sizeof *b->frames)) {
        b->findings->failed = true;
        return false;
    }
    b->frames[b->depth++] = (frame){node, b->pending_count};
    return true;
}

static int compare_keys(const void *a, const void *b, const void *context)
{
    (void)context;
    const churn__yaml_node *const *left = a, *const *right = b;
    return churn__str_cmp((*left)->text, (*right)->text);
}

/* Sorting keeps equal keys in the order of the file: each is told of the one before it. */
static bool duplicates_report(builder *b, const churn__yaml_node *map)
{
    size_t size = (size_t)map->count * sizeof(churn__yaml_node *);
    churn__yaml_node **keys = churn__alloc(b->heap, size);
    bool done = keys != NULL;
    if (done && map->count > 0) {
        memcpy(keys, map->keys, size);
        done = churn__sort(b->heap, keys, map->count, sizeof *keys, compare_keys, NULL);
    }
    for (uint32_t i = 1; done && i < map->count; i++) {
        if (churn__str_eq(keys[i - 1]->text, keys[i]->text)) {
            yaml_finding_add(b->findings, CHURN__YAML_DUPLICATE, keys[i]->line, keys[i]->column,
                             "duplicate key %q: it stands at %u:%u already", &keys[i]->text,
                             (uint64_t)keys[i - 1]->line, (uint64_t)keys[i - 1]->column);
        }
    }
    churn__free(b->heap, keys, size);
    b->findings->failed = b->findings->failed || !done;
    return done;
}

static bool take_children(builder *b, const frame *top)
{
    churn__yaml_node *node = top->node, **from = b->pending + top->first;
    size_t total = b->pending_count - top->first;
    size_t step = node->kind == CHURN__YAML_MAP ? 2 : 1;
    node->count = (uint32_t)(total / step);
    node->items = churn__arena_array(b->arena, node->count, sizeof(churn__yaml_node *));
    node->keys =
        step == 1 ? NULL : churn__arena_array(b->arena, node->count, sizeof(churn__yaml_node *));
    if (node->items == NULL || (step == 2 && node->keys == NULL)) {
        b->findings->failed = true;
        return false;
    }
    for (size_t i = 0; i < node->count; i++) {
        node->items[i] = from[i * step + step - 1];
        if (step == 2) {
            node->keys[i] = from[i * step];
        }
    }
    b->pending_count = top->first;
    return true;
}

static bool close_collection(builder *b)
{
    const frame *top = &b->frames[--b->depth];
    if (!take_children(b, top)) {
        return false;
    }
    return top->node->kind != CHURN__YAML_MAP || duplicates_report(b, top->node);
}

/* ---- events ---- */

static bool stands_as_it_is(const yaml_event_t *event, churn_str text)
{
    size_t quotes = 2;
    switch (event->data.scalar.style) {
    case YAML_PLAIN_SCALAR_STYLE:
        quotes = 0;
        break;
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        break;
    default:
        return false;
    }
    return event->start_mark.line == event->end_mark.line &&
           event->end_mark.index - event->start_mark.index ==
               churn__utf8_count(text.ptr, text.len) + quotes;
}

static bool scalar(builder *b, yaml_event_t *event)
{
    char *value = (char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    yaml_scalar_style_t style = event->data.scalar.style;
    if (len > b->limits->playbook_scalar_bytes) {
        yaml_finding_add(b->findings, CHURN__YAML_SCALAR_TOO_LONG, event->start_mark.line + 1,
                         event->start_mark.column + 1, "a text of %u bytes: at most %u are allowed",
                         (uint64_t)len, b->limits->playbook_scalar_bytes);
        return false;
    }
    if (len > 0 && memchr(value, '\0', len) != NULL) {
        report(b, CHURN__YAML_NUL, event->start_mark, "a NUL character in a text");
        return false;
    }
    len = yaml_pairs_restore(b->pairs, style == YAML_DOUBLE_QUOTED_SCALAR_STYLE,
                             event->start_mark.index, value, len);
    churn__yaml_node *node = node_make(b, CHURN__YAML_SCALAR, event->start_mark);
    if (node == NULL) {
        return false;
    }
    node->text = churn__arena_str(b->arena, value, len);
    node->plain = style == YAML_PLAIN_SCALAR_STYLE;
    node->one_line = stands_as_it_is(event, node->text);
    node->block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
    node->end_line = (uint32_t)event->end_mark.line + 1;
    node->end_column = (uint32_t)event->end_mark.column + 1;
    b->findings->failed = b->findings->failed || node->text.ptr == NULL;
    return node->text.ptr != NULL && node_place(b, node);
}

/* Anchors and tags stand on three sorts of events. */
static bool bare(builder *b, yaml_mark_t at, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL) {
        report(b, CHURN__YAML_ANCHOR, at, "anchors are not supported: write the value out");
    } else if (tag != NULL) {
        report(b, CHURN__YAML_TAG, at,
               "a `!` begins a tag, and tags are not supported: quote a text that begins so");
    }
    return anchor == NULL && tag == NULL;
}

static bool document_start(builder *b, yaml_mark_t at)
{
    if (++b->documents > 1) {
        report(b, CHURN__YAML_DOCUMENTS, at, "a second document: one file holds one playbook");
    }
    return b->documents == 1;
}

/* One event into the tree. False: stop. */
static bool take(builder *b, yaml_event_t *event)
{
    yaml_mark_t at = event->start_mark;
    switch (event->type) {
    case YAML_STREAM_END_EVENT:
        b->ended = true;
        return true;
    case YAML_DOCUMENT_START_EVENT:
        return document_start(b, at);
    case YAML_ALIAS_EVENT:
        report(b, CHURN__YAML_ALIAS, at, "aliases are not supported: write the value out");
        return false;
    case YAML_SCALAR_EVENT:
        return bare(b, at, event->data.scalar.anchor, event->data.scalar.tag) && scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return bare(b, at, event->data.sequence_start.anchor, event->data.sequence_start.tag) &&
               open_collection(b, CHURN__YAML_SEQUENCE, at);
    case YAML_MAPPING_START_EVENT:
        return bare(b, at, event->data.mapping_start.anchor, event->data.mapping_start.tag) &&
               open_collection(b, CHURN__YAML_MAP, at);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_collection(b);
    default:
        return true;
    }
}

/* The slips that people make most often, and whose cause libyaml's words hide. */
static const char *syntax_advice(const yaml_parser_t *p, const char *problem)
{
    if (p->context != NULL && strcmp(p->context, "while scanning a tag") == 0) {
        return "; quote a text that begins with `!`";
    }
    if (strcmp(problem, "found character that cannot start any token") == 0) {
        return "; indent with spaces, and quote a text that begins so";
    }
    return "";
}

/* What libyaml says is wrong, with its position. Faults of its reader have only a byte offset. */
static void syntax_report(builder *b)
{
    const yaml_parser_t *p = &b->parser;
    const char *problem = p->problem == NULL ? "the text cannot be read" : p->problem;
    uint64_t line = p->problem_mark.line + 1, column = p->problem_mark.column + 1;
    if (p->error == YAML_MEMORY_ERROR) {
        b->findings->failed = true;
    } else if (p->error == YAML_READER_ERROR) {
        yaml_position(b->pairs->text, p->problem_offset, &line, &column);
        yaml_finding_add(b->findings, CHURN__YAML_SYNTAX, line, column, "not YAML: %s", problem);
    } else if (p->context != NULL) {
        yaml_finding_add(b->findings, CHURN__YAML_SYNTAX, line, column,
                         "not YAML: %s %s that begins at %u:%u%s", problem, p->context,
                         (uint64_t)p->context_mark.line + 1, (uint64_t)p->context_mark.column + 1,
                         syntax_advice(p, problem));
    } else {
        yaml_finding_add(b->findings, CHURN__YAML_SYNTAX, line, column, "not YAML: %s", problem);
    }
}

/* Next event. False: stop. */
static bool step(builder *b)
{
    yaml_event_t event;
    if (yaml_parser_parse(&b->parser, &event) == 0) {
        syntax_report(b);
        return false;
    }
    bool more = true;
    if (++b->events > b->limits->playbook_events) {
        yaml_finding_add(b->findings, CHURN__YAML_TOO_MANY, event.start_mark.line + 1,
                         event.start_mark.column + 1, "too many values: at most %u are allowed",
                         b->limits->playbook_events);
        more = false;
    }
    more = more && take(b, &event);
    yaml_event_delete(&event);
    return more && !b->findings->failed;
}

static bool is_nothing(const churn__yaml_node *root)
{
    return root == NULL || (root->kind == CHURN__YAML_SCALAR && root->plain && root->text.len == 0);
}

static void parse(builder *b)
{
    if (yaml_parser_initialize(&b->parser) == 0) {
        b->findings->failed = true;
        return;
    }
    yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b->parser, (const unsigned char *)b->pairs->text.ptr,
                                 b->pairs->text.len);
    bool more = true;
    while (more && !b->ended) {
        more = step(b);
    }
    if (b->ended && is_nothing(b->root)) {
        yaml_finding_add(b->findings, CHURN__YAML_EMPTY, 1, 1, "there is nothing in it");
    }
    if (!b->ended || is_nothing(b->root)) {
        b->root = NULL;
    }
    yaml_parser_delete(&b->parser);
}

static churn__yaml_node *tree(yaml_findings *findings, const churn_limits *limits,
                              yaml_pairs *pairs)
{
    builder b = {.heap = findings->heap,
                 .arena = findings->arena,
                 .limits = limits,
                 .findings = findings,
                 .pairs = pairs};
    parse(&b);
    churn__free_array(b.heap, b.frames, b.frame_capacity, sizeof *b.frames);
    churn__free_array(b.heap, b.pending, b.pending_capacity, sizeof *b.pending);
    return b.root;
}

static churn_str without_bom(churn_str text)
{
    if (churn__str_starts(text, CHURN__STR("\xEF\xBB\xBF"))) {
        return (churn_str){text.ptr + 3, text.len - 3};
    }
    return text;
}

static churn__yaml_node *read_text(yaml_findings *findings, const churn_limits *limits,
                                   churn_str text)
{
    if (text.len > limits->playbook_bytes) {
        yaml_finding_add(findings, CHURN__YAML_TOO_LARGE, 1, 1,
                         "a text of %u bytes: at most %u are allowed", (uint64_t)text.len,
                         limits->playbook_bytes);
        return NULL;
    }
    text = without_bom(text);
    if (!yaml_scan(text, findings)) {
        return NULL;
    }
    yaml_pairs pairs = {0};
    churn__yaml_node *root = NULL;
    if (yaml_pairs_find(findings->heap, text, &pairs)) {
        root = tree(findings, limits, &pairs);
    } else {
        findings->failed = true;
    }
    yaml_pairs_clear(findings->heap, &pairs);
    return root;
}

churn_status churn__yaml_read(churn__arena *arena, const churn_limits *limits, churn_str text,
                              churn__yaml_node **root, churn__yaml_finding **findings,
                              uint32_t *finding_count, churn_error *err)
{
    churn_status st = CHURN_OK;
    yaml_findings found = {.heap = arena->heap, .arena = arena};
    churn__yaml_node *top = read_text(&found, limits, text);
    churn__yaml_finding *list = NULL;
    *root = NULL;
    *findings = NULL;
    *finding_count = 0;
    if (!found.failed) {
        list = churn__arena_array(arena, found.count, sizeof *list);
    }
    if (list == NULL) {
        st = churn__fail_memory(err, arena->heap);
        goto done;
    }
    if (found.count > 0) {
        memcpy(list, found.data, found.count * sizeof *list);
    }
    *root = top;
    *findings = list;
    *finding_count = (uint32_t)found.count;
done:
    churn__free_array(found.heap, found.data, found.capacity, sizeof *found.data);
    return st;
}

churn__yaml_node *churn__yaml_get(const churn__yaml_node *map, churn_str key)
{
    for (uint32_t i = 0; map != NULL && map->kind == CHURN__YAML_MAP && i < map->count; i++) {
        if (churn__str_eq(map->keys[i]->text, key)) {
            return map->items[i];
        }
    }
    return NULL;
}
