/* SPDX-License-Identifier: MIT */
#include "expr_kit.h"

/*
 * Every cell of the combination tables, as rows of columns: true, false, unknown (U) and error (E)
 * for each of three operands, all 64 combinations beside each other and over more than one chunk.
 * The tables are written by hand, from Kleene's logic and cel-go's order: what decides wins, then
 * unknown, then error.
 */

enum { COMBINATIONS = 64, ROWS = COMBINATIONS * 17, STATES = 4 };

static const char letters[] = "FTUE"; /* by churn__truth */

static const kit_name names[] = {
    {.name = "a", .type = CHURN__TYPE_BOOL}, {.name = "b", .type = CHURN__TYPE_BOOL},
    {.name = "c", .type = CHURN__TYPE_BOOL}, {.name = "za", .type = CHURN__TYPE_INT},
    {.name = "zb", .type = CHURN__TYPE_INT}, {.name = "zc", .type = CHURN__TYPE_INT},
    {.name = "xa", .type = CHURN__TYPE_INT}, {.name = "xb", .type = CHURN__TYPE_INT},
};
enum { NAMES = sizeof names / sizeof *names };

/* Operands whose state is that of their row: E by division by zero. `xa`, `xb` are 1, 0 or missing
 * likewise. */
#define A "(a == (1 / za == 1))"
#define B "(b == (1 / zb == 1))"
#define C "(c == (1 / zc == 1))"
#define NUMBER_A "(xa / za)"
#define NUMBER_B "(xb / zb)"

static struct {
    uint8_t truth[3][ROWS];
    int64_t zero[3][ROWS], number[2][ROWS];
    churn__missing missing[3][ROWS];
    churn__column columns[NAMES];
} data;

/* The state of an operand in a row: the letters of a number to base 4. */
static char state_of(unsigned row, unsigned operand)
{
    static const unsigned divisor[] = {16, 4, 1};
    return letters[row % COMBINATIONS / divisor[operand] % STATES];
}

static void fill(void)
{
    for (unsigned row = 0; row < ROWS; row++) {
        for (unsigned i = 0; i < 3; i++) {
            char state = state_of(row, i);
            data.truth[i][row] = state != 'F';
            data.zero[i][row] = state != 'E';
            data.missing[i][row] = state == 'U' ? CHURN__NEVER : CHURN__PRESENT;
            if (i < 2) {
                data.number[i][row] = state != 'F';
            }
        }
    }
    for (unsigned i = 0; i < 3; i++) {
        data.columns[i] = (churn__column){
            .type = CHURN__TYPE_BOOL, .values = data.truth[i], .missing = data.missing[i]};
        data.columns[3 + i] =
            (churn__column){.type = CHURN__TYPE_INT, .values = data.zero[i], .missing = NULL};
    }
    for (unsigned i = 0; i < 2; i++) {
        data.columns[6 + i] = (churn__column){
            .type = CHURN__TYPE_INT, .values = data.number[i], .missing = data.missing[i]};
    }
}

static int open(void **state)
{
    static kit k;
    fill();
    kit_open(&k, names, NAMES);
    *state = &k;
    return 0;
}

static int close(void **state)
{
    kit_close(*state);
    return 0;
}

static churn__truth row_truth(kit *k, const churn__expr *expr, unsigned row)
{
    churn__truth truth = CHURN__ERROR;
    churn__value value = {0};
    assert_ok(churn__expr_value(expr, data.columns, row, k->scratch, &value, &truth, NULL));
    return truth == CHURN__TRUE && !value.as.b ? CHURN__FALSE : truth;
}

typedef char cell(char a, char b, char c);

/* All rows at once, each by itself, and among other expressions. */
static void check(kit *k, const char *text, cell *want)
{
    static churn__truth all[ROWS], among[ROWS];
    churn__expr *expr = kit_expr(k, text), *other = kit_expr(k, A " && " B " || !" C);
    const churn__expr *both[] = {other, expr};
    churn__truth *out[] = {NULL, among};
    churn__expr_group *group = NULL;
    assert_ok(churn__expr_truth(expr, data.columns, ROWS, k->scratch, all, NULL));
    assert_ok(churn__expr_group_create(k->heap, both, 2, &group, NULL));
    assert_ok(churn__expr_group_truth(group, data.columns, ROWS, k->scratch, out, NULL));
    for (unsigned row = 0; row < ROWS; row++) {
        char a = state_of(row, 0), b = state_of(row, 1), c = state_of(row, 2);
        char wanted = want(a, b, c), alone = letters[row_truth(k, expr, row)];
        if (letters[all[row]] != wanted || alone != wanted || letters[among[row]] != wanted) {
            fail_msg("`%s` of %c %c %c, row %u, is %c; together %c, alone %c, in a group %c", text,
                     a, b, c, row, wanted, letters[all[row]], alone, letters[among[row]]);
        }
    }
    churn__expr_group_free(group);
    churn__expr_free(other);
    churn__expr_free(expr);
}

/* ---- the tables: rows and columns in the order F T U E ---- */

static unsigned number_of(char state)
{
    return (unsigned)(strchr(letters, state) - letters);
}

static const char and_table[4][5] = {"FFFF", "FTUE", "FUUU", "FEUE"};
static const char or_table[4][5] = {"FTUE", "TTTT", "UTUU", "ETUE"};
static const char not_table[] = "TFUE";
static const char same_table[4][5] = {"TFUE", "FTUE", "UUUU", "EEUE"};    /* a == b */
static const char differs_table[4][5] = {"FTUE", "TFUE", "UUUU", "EEUE"}; /* a != b */
static const char less_table[4][5] = {"FTUE", "FFUE", "UUUU", "EEUE"};    /* a < b */
static const char most_table[4][5] = {"TTUE", "FTUE", "UUUU", "EEUE"};    /* a <= b */

static char and_(char a, char b)
{
    return and_table[number_of(a)][number_of(b)];
}

static char or_(char a, char b)
{
    return or_table[number_of(a)][number_of(b)];
}

static char not_(char a)
{
    return not_table[number_of(a)];
}

static char choose(char a, char b, char c)
{
    return a == 'T' ? b : a == 'F' ? c : a;
}

#define CELL(name, result)                   \
    static char name(char a, char b, char c) \
    {                                        \
        (void)a, (void)b, (void)c;           \
        return (result);                     \
    }

CELL(cell_and, and_(a, b))
CELL(cell_or, or_(a, b))
CELL(cell_not, not_(a))
CELL(cell_choice, choose(a, b, c))
CELL(cell_and3, and_(and_(a, b), c))
CELL(cell_or3, or_(or_(a, b), c))
CELL(cell_and_or, or_(and_(a, b), c))
CELL(cell_or_and, and_(or_(a, b), c))
CELL(cell_not_and, not_(and_(a, b)))
CELL(cell_choice_and, choose(and_(a, b), b, not_(c)))
CELL(cell_same, same_table[number_of(a)][number_of(b)])
CELL(cell_differs, differs_table[number_of(a)][number_of(b)])
CELL(cell_less, less_table[number_of(a)][number_of(b)])
CELL(cell_most, most_table[number_of(a)][number_of(b)])
CELL(cell_has, a == 'U' ? 'F' : 'T')
CELL(cell_has_and, and_(a == 'U' ? 'F' : 'T', b))
CELL(cell_a, a)
CELL(cell_always, 'T')
CELL(cell_never, 'F')
CELL(cell_unless_or, or_(a == 'U' ? 'T' : 'F', b))

/* `in` is as one comparison with each, all of which are made: unknown, then error, then found. */
static char cell_in(char a, char b, char c)
{
    if (a == 'U' || b == 'U' || c == 'U') {
        return 'U';
    }
    if (a == 'E' || b == 'E' || c == 'E') {
        return 'E';
    }
    return a == b || a == c ? 'T' : 'F';
}

typedef struct table_case {
    const char *text;
    cell *want;
} table_case;

#define CHECK(cases)                                               \
    for (size_t i = 0; i < sizeof(cases) / sizeof *(cases); i++) { \
        check(*state, cases[i].text, cases[i].want);               \
    }

static void logic__every_cell__as_the_tables(void **state)
{
    static const table_case cases[] = {{A " && " B, cell_and},
                                       {A " || " B, cell_or},
                                       {"!" A, cell_not},
                                       {"!!" A, cell_a},
                                       {A " && " B " && " C, cell_and3},
                                       {A " && (" B " && " C ")", cell_and3},
                                       {C " && " B " && " A, cell_and3},
                                       {A " || " B " || " C, cell_or3},
                                       {A " || (" C " || " B ")", cell_or3},
                                       {A " && " B " || " C, cell_and_or},
                                       {C " || " B " && " A, cell_and_or},
                                       {"(" A " || " B ") && " C, cell_or_and},
                                       {"!(" A " && " B ")", cell_not_and},
                                       {"!" A " || !" B, cell_not_and}};
    CHECK(cases);
}

static void logic__with_constants__as_the_tables(void **state)
{
    static const table_case cases[] = {
        {A " && true", cell_a},      {"true && " A, cell_a},      {A " || false", cell_a},
        {"false || " A, cell_a},     {A " && false", cell_never}, {"false && " A, cell_never},
        {A " || true", cell_always}, {"true || " A, cell_always}, {A " && " A, cell_a},
        {A " || " A, cell_a},        {A " == true", cell_a},      {A " != true", cell_not}};
    CHECK(cases);
}

static void choice__sixty_four_cells__only_the_branch_taken_counts(void **state)
{
    static const table_case cases[] = {{A " ? " B " : " C, cell_choice},
                                       {"!" A " ? " C " : " B, cell_choice},
                                       {"(" A " && " B ") ? " B " : !" C, cell_choice_and},
                                       {A " ? true : false", cell_a},
                                       {"true ? " A " : " B, cell_a},
                                       {"false ? " B " : " A, cell_a}};
    CHECK(cases);
}

static void comparison__sixteen_cells_each__unknown_before_error(void **state)
{
    static const table_case cases[] = {
        {A " == " B, cell_same},
        {A " != " B, cell_differs},
        {A " < " B, cell_less},
        {A " <= " B, cell_most},
        {B " > " A, cell_less},
        {B " >= " A, cell_most},
        {NUMBER_A " == " NUMBER_B, cell_same},
        {NUMBER_A " != " NUMBER_B, cell_differs},
        {NUMBER_A " < " NUMBER_B, cell_less},
        {NUMBER_B " >= " NUMBER_A, cell_most},
        {"double(" NUMBER_A ") == double(" NUMBER_B ")", cell_same},
        {"string(" NUMBER_A ") < string(" NUMBER_B ")", cell_less},
        {NUMBER_A " + 1 - " NUMBER_B " == 1", cell_same},
        {"math.greatest(" NUMBER_A ", " NUMBER_B ") > " NUMBER_A, cell_less}};
    CHECK(cases);
}

static void membership__sixty_four_cells__every_item_is_looked_at(void **state)
{
    static const table_case cases[] = {{A " in [" B ", " C "]", cell_in},
                                       {A " in [" C ", " B "]", cell_in}};
    CHECK(cases);
}

static void has__every_state__is_true_or_false(void **state)
{
    static const table_case cases[] = {{"has(a)", cell_has},
                                       {"has(xa)", cell_has},
                                       {"has(a) && " B, cell_has_and},
                                       {"!has(a) || " B, cell_unless_or},
                                       {"!(has(a) && !" B ")", cell_unless_or}};
    CHECK(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(logic__every_cell__as_the_tables, open, close),
        cmocka_unit_test_setup_teardown(logic__with_constants__as_the_tables, open, close),
        cmocka_unit_test_setup_teardown(choice__sixty_four_cells__only_the_branch_taken_counts,
                                        open, close),
        cmocka_unit_test_setup_teardown(comparison__sixteen_cells_each__unknown_before_error, open,
                                        close),
        cmocka_unit_test_setup_teardown(membership__sixty_four_cells__every_item_is_looked_at, open,
                                        close),
        cmocka_unit_test_setup_teardown(has__every_state__is_true_or_false, open, close),
    };
    return RUN_TESTS(tests);
}
