/* SPDX-License-Identifier: MIT */
#ifndef CHURN_REGEX_REGEX_INSIDE_H
#define CHURN_REGEX_REGEX_INSIDE_H

/* What the files about regular expressions share; nobody else but their tests includes it. */

#include "base/arena.h"
#include "base/str.h"
#include "core/fail.h"
#include "regex/regex.h"

#define REGEX_LAST UINT32_C(0x10FFFF) /* code point */
#define REGEX_NONE UINT32_MAX
#define REGEX_MAX_RANGES 200000u /* of all classes together */

/* ---- sets of code points ---- */

typedef struct regex_range {
    uint32_t lo, hi; /* both in */
} regex_range;

/* Clean: ascending, apart, not adjacent. Adding makes it unclean. */
typedef struct regex_set {
    regex_range *ranges;
    size_t count, capacity;
} regex_set;

void churn__regex_set_clear(churn__heap *heap, regex_set *set);
/* These four are false when there is no memory. */
bool churn__regex_set_add(churn__heap *heap, regex_set *set, uint32_t lo, uint32_t hi);
bool churn__regex_set_clean(churn__heap *heap, regex_set *set);
bool churn__regex_set_negate(churn__heap *heap, regex_set *set); /* of a clean set; stays clean */
bool churn__regex_set_fold(churn__heap *heap, regex_set *set);   /* of a clean set; stays clean */
bool churn__regex_set_has(const regex_set *set, uint32_t rune);  /* of a clean set */

/* The next code point that is the same but for case, in a ring. */
uint32_t churn__regex_fold_next(uint32_t rune);
/* Add a class by its name; *known tells whether there is one. False: no memory. */
bool churn__regex_add_posix(churn__heap *heap, regex_set *set, churn_str name, bool *known);
bool churn__regex_add_unicode(churn__heap *heap, regex_set *set, churn_str name, bool *known);
/* d, s or w */
bool churn__regex_add_perl(churn__heap *heap, regex_set *set, char name);

/* ---- the pattern as a tree ---- */

enum {
    REGEX_EMPTY,
    REGEX_LITERAL,
    REGEX_CLASS,
    REGEX_ASSERT,
    REGEX_CONCAT,
    REGEX_ALT,
    REGEX_REPEAT
};
enum {
    REGEX_BEGIN_TEXT,
    REGEX_END_TEXT,
    REGEX_BEGIN_LINE,
    REGEX_END_LINE,
    REGEX_WORD,
    REGEX_NOT_WORD
};

typedef struct regex_node {
    uint8_t kind;
    uint8_t assertion;
    uint32_t value;       /* REGEX_LITERAL: code point; REGEX_CLASS: number of the set */
    uint32_t first, last; /* children of REGEX_CONCAT, REGEX_ALT, REGEX_REPEAT */
    uint32_t next;        /* sibling */
    uint32_t min, max;    /* max REGEX_NONE: no end */
} regex_node;

typedef struct regex_tree {
    churn__heap *heap;
    regex_node *nodes;
    size_t node_count, node_capacity;
    regex_set *sets; /* clean, no two the same */
    size_t set_count, set_capacity;
    size_t set_ranges; /* of all sets that were ever made */
    uint32_t root;
} regex_tree;

typedef struct regex_parser {
    churn__heap *heap;
    churn_str pattern;
    size_t at;
    uint32_t flags; /* REGEX_FOLD ... */
    uint32_t depth;
    regex_tree *tree;
    churn_str *names; /* of groups */
    size_t name_count, name_capacity;
    size_t *fault;
    const char **why;
} regex_parser;

#define REGEX_FOLD 1u
#define REGEX_MULTI_LINE 2u
#define REGEX_DOT_ALL 4u
#define REGEX_LAZY 8u

churn_status churn__regex_fail(const regex_parser *p, size_t at, churn_status status,
                               const char *why);
churn_status churn__regex_no_memory(const regex_parser *p);
static inline bool regex_more(const regex_parser *p)
{
    return p->at < p->pattern.len;
}
/* 0 past the end */
static inline char regex_peek(const regex_parser *p, size_t ahead)
{
    return p->at + ahead < p->pattern.len ? p->pattern.ptr[p->at + ahead] : '\0';
}
bool churn__regex_looking_at(const regex_parser *p, const char *text);
uint32_t churn__regex_next_rune(regex_parser *p);

churn_status churn__regex_parse(regex_parser *p);
/* `\...` that stands for one code point. */
churn_status churn__regex_parse_escape(regex_parser *p, uint32_t *rune);
/* `\d`, `\pL` and the like, added to a set; *found false: something else, nothing was read. */
churn_status churn__regex_parse_class_escape(regex_parser *p, regex_set *set, bool *found);
/* `[...]`, as a clean set. */
churn_status churn__regex_parse_class(regex_parser *p, regex_set *set);
void churn__regex_tree_clear(regex_tree *tree);

/* ---- the program ---- */

enum { REGEX_OP_CHAR, REGEX_OP_SET, REGEX_OP_SPLIT, REGEX_OP_NOP, REGEX_OP_ASSERT, REGEX_OP_MATCH };

typedef struct regex_code {
    uint8_t op;
    uint8_t assertion;
    uint32_t out;
    uint32_t arg; /* CHAR: class; SET: row of `members`; SPLIT: the other way */
} regex_code;

/* What stands before the next character, as far as the pattern can tell. */
enum { REGEX_AT_BEGIN, REGEX_AT_LINE, REGEX_AT_WORD, REGEX_AT_OTHER };

/* Entries of the table of the automaton that are no states. */
enum { REGEX_ACCEPT, REGEX_DEAD, REGEX_UNKNOWN, REGEX_FIRST };

typedef enum regex_how {
    REGEX_BY_MACHINE,
    REGEX_EQUALS, /* the text as a whole, its beginning ... is `literal` */
    REGEX_STARTS,
    REGEX_ENDS,
    REGEX_CONTAINS
} regex_how;

struct churn__regex {
    churn__heap *heap;
    churn__arena arena;
    regex_how how;
    churn_str literal; /* what `how` is about; or what every match begins with, or contains */
    bool is_prefix;
    bool anchored; /* matches begin with the text only */
    bool asserts, sees_begin, sees_line, sees_word;
    regex_code *code;
    uint32_t code_count, start;

    /* Code points that no part of the pattern tells apart are one class; class_count itself is the
     * end of the text. */
    uint16_t ascii[128];
    uint32_t *starts; /* of runs of code points of one class */
    uint16_t *classes;
    uint32_t run_count;
    uint32_t class_count;
    uint8_t *class_kinds;   /* REGEX_AT_* */
    const uint8_t *members; /* a bit a class, a row a set */
    size_t member_row;      /* bytes */

    /* The automaton: rows of class_count + 1 entries; a state is where its row begins. States that
     * it has no row for are met by simulation, from the set of the last one that it has. */
    uint16_t *table;
    uint32_t stride;
    uint16_t initial, again; /* at the beginning; later, when nothing has begun to match */
    bool complete;
    uint32_t state_count;
    const uint32_t *state_sets; /* where the set of a state begins in state_codes */
    const uint16_t *state_codes;
    const uint8_t *state_before;
};

/* Instructions that wait for the next character, what stands before it, and memory. */
typedef struct regex_threads {
    uint16_t *codes;
    uint32_t count;
    uint8_t before; /* REGEX_AT_* */
    bool matched;
} regex_threads;

typedef struct regex_machine {
    const churn__regex *regex;
    regex_threads now, resolved, then;
    uint16_t *marks, *stack;
    uint16_t mark;
    uint64_t steps; /* instructions looked at */
} regex_machine;

churn_status churn__regex_compile_tree(churn__regex *regex, const regex_tree *tree);
churn_status churn__regex_make_alphabet(churn__regex *regex, const regex_tree *tree);
void churn__regex_find_literals(churn__regex *regex, const regex_tree *tree, char *room);
churn_status churn__regex_build_table(churn__regex *regex);

uint32_t churn__regex_class_of(const churn__regex *regex, uint32_t rune);
/* The code point at text[*at], which moves on. */
uint32_t churn__regex_decode(churn_str text, size_t *at);

size_t churn__regex_machine_room(const churn__regex *regex);
void churn__regex_machine_open(regex_machine *machine, const churn__regex *regex, void *room);
/* A mark that no instruction has. */
void churn__regex_machine_mark(regex_machine *machine);
void churn__regex_machine_begin(regex_machine *machine, uint8_t before);
/* From `now` by one class to `now`; the class past the last is the end. True: it matched. */
bool churn__regex_machine_step(regex_machine *machine, uint32_t class);
/* The slow and obvious way, for tests: no literals, no table. `room` of
 * churn__regex_machine_room(). */
bool churn__regex_simulate(const churn__regex *regex, churn_str text, void *room, uint64_t *steps);

#endif
