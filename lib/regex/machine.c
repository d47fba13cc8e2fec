/* SPDX-License-Identifier: MIT */
#include "regex/regex_inside.h"

/*
 * Simulation: all ways through the program at once, at most one thread an instruction (Thompson
 * 1968). The same steps make the table, one class at a time.
 *
 * Between two characters a set of threads waits: at instructions that take a character, and at
 * assertions, which need to know what comes next. `before` is what the last character was.
 */

uint32_t churn__regex_decode(churn_str text, size_t *at)
{
    const unsigned char *s = (const unsigned char *)text.ptr + *at;
    size_t left = text.len - *at;
    uint32_t c = s[0];
    size_t extra = c < 0xC2 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : c < 0xF5 ? 3 : 0;
    (*at)++;
    if (c < 0x80) {
        return c;
    }
    if (extra == 0 || left <= extra) {
        return 0xFFFD;
    }
    uint32_t rune = c & (0x3Fu >> extra);
    for (size_t i = 1; i <= extra; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return 0xFFFD;
        }
        rune = rune << 6 | (s[i] & 0x3Fu);
    }
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (rune < least[extra] || rune > REGEX_LAST || (rune >= 0xD800 && rune <= 0xDFFF)) {
        return 0xFFFD;
    }
    *at += extra;
    return rune;
}

#define ARRAYS 5u /* three of threads, marks, stack */

size_t churn__regex_machine_room(const churn__regex *regex)
{
    return (size_t)regex->code_count * ARRAYS * sizeof(uint16_t);
}

void churn__regex_machine_open(regex_machine *machine, const churn__regex *regex, void *room)
{
    uint16_t *words = room;
    size_t n = regex->code_count;
    *machine = (regex_machine){.regex = regex,
                               .now = {.codes = words},
                               .resolved = {.codes = words + n},
                               .then = {.codes = words + 2 * n},
                               .marks = words + 3 * n,
                               .stack = words + 4 * n};
    memset(machine->marks, 0, n * sizeof *machine->marks);
}

void churn__regex_machine_mark(regex_machine *machine)
{
    if (++machine->mark == 0) { /* the numbers are used up */
        memset(machine->marks, 0, machine->regex->code_count * sizeof *machine->marks);
        machine->mark = 1;
    }
}

/* Begin a new set, in which no instruction is yet. */
static void open_threads(regex_machine *machine, regex_threads *threads)
{
    threads->count = 0;
    threads->matched = false;
    churn__regex_machine_mark(machine);
}

/* What the next character is: REGEX_AT_BEGIN stands for the end of the text. */
static bool holds(uint8_t assertion, uint8_t before, uint8_t next)
{
    switch (assertion) {
    case REGEX_BEGIN_TEXT:
        return before == REGEX_AT_BEGIN;
    case REGEX_END_TEXT:
        return next == REGEX_AT_BEGIN;
    case REGEX_BEGIN_LINE:
        return before == REGEX_AT_BEGIN || before == REGEX_AT_LINE;
    case REGEX_END_LINE:
        return next == REGEX_AT_BEGIN || next == REGEX_AT_LINE;
    case REGEX_WORD:
        return (before == REGEX_AT_WORD) != (next == REGEX_AT_WORD);
    default:
        return (before == REGEX_AT_WORD) == (next == REGEX_AT_WORD);
    }
}

static void push(regex_machine *machine, uint32_t *depth, uint32_t pc)
{
    if (machine->marks[pc] != machine->mark) {
        machine->marks[pc] = machine->mark;
        machine->stack[(*depth)++] = (uint16_t)pc;
    }
}

#define NOT_KNOWN UINT8_MAX /* what the next character is */

/* Add an instruction and all that can be reached from it without taking a character. */
static void follow(regex_machine *machine, regex_threads *threads, uint32_t pc, uint8_t before,
                   uint8_t next)
{
    uint32_t depth = 0;
    push(machine, &depth, pc);
    while (depth > 0) {
        uint32_t at = machine->stack[--depth];
        const regex_code *code = &machine->regex->code[at];
        machine->steps++;
        switch (code->op) {
        case REGEX_OP_SPLIT:
            push(machine, &depth, code->arg);
            push(machine, &depth, code->out);
            break;
        case REGEX_OP_NOP:
            push(machine, &depth, code->out);
            break;
        case REGEX_OP_MATCH:
            threads->matched = true;
            break;
        case REGEX_OP_ASSERT:
            if (next == NOT_KNOWN) {
                threads->codes[threads->count++] = (uint16_t)at;
            } else if (holds(code->assertion, before, next)) {
                push(machine, &depth, code->out);
            }
            break;
        default:
            threads->codes[threads->count++] = (uint16_t)at;
            break;
        }
    }
}

void churn__regex_machine_begin(regex_machine *machine, uint8_t before)
{
    open_threads(machine, &machine->now);
    machine->now.before = before;
    follow(machine, &machine->now, machine->regex->start, before, NOT_KNOWN);
}

static bool takes(const churn__regex *regex, const regex_code *code, uint32_t class)
{
    if (code->op == REGEX_OP_CHAR) {
        return code->arg == class;
    }
    return code->op == REGEX_OP_SET &&
           ((regex->members[code->arg * regex->member_row + class / 8] >> (class % 8)) & 1u) != 0;
}

/* The threads of `now` with its assertions decided. */
static const regex_threads *resolve(regex_machine *machine, uint8_t next)
{
    regex_threads *out = &machine->resolved;
    if (!machine->regex->asserts) {
        return &machine->now;
    }
    open_threads(machine, out);
    for (uint32_t i = 0; i < machine->now.count; i++) {
        follow(machine, out, machine->now.codes[i], machine->now.before, next);
    }
    return out;
}

bool churn__regex_machine_step(regex_machine *machine, uint32_t class)
{
    const churn__regex *regex = machine->regex;
    bool end = class == regex->class_count;
    uint8_t next = end ? REGEX_AT_BEGIN : regex->class_kinds[class];
    const regex_threads *from = resolve(machine, next);
    if (from->matched || end) {
        return from->matched;
    }
    regex_threads *then = &machine->then;
    open_threads(machine, then);
    then->before = next;
    for (uint32_t i = 0; i < from->count; i++) {
        const regex_code *code = &regex->code[from->codes[i]];
        machine->steps++;
        if (takes(regex, code, class)) {
            follow(machine, then, code->out, 0, NOT_KNOWN);
        }
    }
    if (!regex->anchored) {
        follow(machine, then, regex->start, 0, NOT_KNOWN);
    }
    regex_threads last = machine->now;
    machine->now = *then;
    machine->then = last;
    return machine->now.matched;
}

bool churn__regex_simulate(const churn__regex *regex, churn_str text, void *room, uint64_t *steps)
{
    regex_machine machine;
    bool matched;
    churn__regex_machine_open(&machine, regex, room);
    churn__regex_machine_begin(&machine, regex->sees_begin ? REGEX_AT_BEGIN : REGEX_AT_OTHER);
    matched = machine.now.matched;
    for (size_t at = 0; at < text.len && !matched;) {
        matched = churn__regex_machine_step(
            &machine, churn__regex_class_of(regex, churn__regex_decode(text, &at)));
    }
    matched = matched || churn__regex_machine_step(&machine, regex->class_count);
    if (steps != NULL) {
        *steps = machine.steps;
    }
    return matched;
}
