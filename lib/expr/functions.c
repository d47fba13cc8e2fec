/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"

/* The functions of the language: a line an overload. To add one, add its line here, its operation
 * to program.h and what it does to functions of row.c; vectors run it by themselves. The reference
 * is made from this table. */

#define G EXPR_GLOBAL
#define M EXPR_METHOD
#define GM (EXPR_GLOBAL | EXPR_METHOD)
#define CEL EXPR_OF_CEL
#define MATH EXPR_OF_CEL_MATH

#define B CHURN__TYPE_BOOL
#define I CHURN__TYPE_INT
#define D CHURN__TYPE_DOUBLE
#define S CHURN__TYPE_STRING
#define T CHURN__TYPE_TIME
#define U CHURN__TYPE_DURATION
#define LS CHURN__TYPE_STRINGS
#define L EXPR_TYPE_LIST
#define ANY 0

/* Of one argument and nothing special; parts of an instant. */
#define ONE(name, style, type, result, op, origin, doc, example)                \
    {                                                                           \
        name, style, 1, 1, {type}, result, op, EXPR_PLAIN, origin, doc, example \
    }
#define TWO(name, op, doc, example)                                  \
    {                                                                \
        name, G, 2, 2, {I, I}, I, op, EXPR_PLAIN, MATH, doc, example \
    }
#define PART(name, op, doc, example)                               \
    {                                                              \
        name, M, 1, 2, {T, S}, I, op, EXPR_PART, CEL, doc, example \
    }

static const expr_function functions[] = {
    {"has",
     G,
     1,
     1,
     {ANY},
     B,
     OP_HAS,
     EXPR_HAS,
     CEL,
     "Whether a value is there.",
     "has(customer.plan)"},
    ONE("size", GM, S, I, OP_SIZE_S, CEL, "The characters of a text (Unicode code points).",
        "size(customer.name) > 3"),
    ONE("size", GM, LS, I, OP_SIZE_L, CEL, "The elements of a list.", "customer.tags.size() == 0"),
    {"size",
     GM,
     1,
     1,
     {L},
     I,
     OP_NONE,
     EXPR_SIZE_LIST,
     CEL,
     "The elements of a list.",
     "size([1, 2, 3]) == 3"},
    {"contains",
     M,
     2,
     2,
     {S, S},
     B,
     OP_CONTAINS,
     EXPR_PLAIN,
     CEL,
     "Whether a text is part of it.",
     "customer.name.contains(\"GmbH\")"},
    {"startsWith",
     M,
     2,
     2,
     {S, S},
     B,
     OP_STARTS,
     EXPR_PLAIN,
     CEL,
     "Whether it begins with a text.",
     "customer.plan.startsWith(\"pro\")"},
    {"endsWith",
     M,
     2,
     2,
     {S, S},
     B,
     OP_ENDS,
     EXPR_PLAIN,
     CEL,
     "Whether it ends with a text.",
     "customer.domain.endsWith(\".edu\")"},
    {"matches",
     GM,
     2,
     2,
     {S, S},
     B,
     OP_MATCHES,
     EXPR_MATCHES,
     CEL,
     "Whether a regular expression matches some part of it.",
     "customer.plan.matches(\"^pro-\")"},
    {"dyn",
     G,
     1,
     1,
     {ANY},
     ANY,
     OP_NONE,
     EXPR_DYN,
     CEL,
     "The value itself, which may then be compared with values of other types.",
     "dyn(1) == \"1\""},

    ONE("int", G, I, I, OP_NONE, CEL, "The int itself.", "int(3)"),
    ONE("int", G, D, I, OP_D2I, CEL, "The whole part, towards zero; an error beyond 64 bits.",
        "int(2.9) == 2"),
    ONE("int", G, S, I, OP_S2I, CEL, "The number that a text is.", "int(\"42\") == 42"),
    ONE("int", G, T, I, OP_T2I, CEL, "Seconds since 1970-01-01, rounded down.",
        "int(as_of) > 1700000000"),
    ONE("double", G, D, D, OP_NONE, CEL, "The double itself.", "double(1.5)"),
    ONE("double", G, I, D, OP_I2D, CEL, "The nearest double.", "double(3) / 2.0 == 1.5"),
    ONE("double", G, S, D, OP_S2D, CEL,
        "The number that a text is; \"inf\", \"Infinity\" and \"NaN\" in any case.",
        "double(\"2.5\") == 2.5"),
    ONE("string", G, S, S, OP_NONE, CEL, "The text itself.", "string(\"x\")"),
    ONE("string", G, I, S, OP_I2S, CEL, "Its decimal digits.", "string(42) == \"42\""),
    ONE("string", G, D, S, OP_D2S, CEL, "The shortest decimal that reads back as the same double.",
        "string(0.1) == \"0.1\""),
    ONE("string", G, B, S, OP_B2S, CEL, "\"true\" or \"false\".", "string(true) == \"true\""),
    ONE("string", G, T, S, OP_T2S, CEL, "RFC 3339, in UTC.",
        "string(timestamp(0)) == \"1970-01-01T00:00:00Z\""),
    ONE("string", G, U, S, OP_U2S, CEL, "Seconds.", "string(duration(\"1m\")) == \"60s\""),
    ONE("bool", G, B, B, OP_NONE, CEL, "The bool itself.", "bool(true)"),
    ONE("bool", G, S, B, OP_S2B, CEL,
        "What \"true\", \"True\", \"TRUE\", \"t\", \"T\", \"1\" and their opposites say.",
        "bool(\"true\")"),
    ONE("timestamp", G, T, T, OP_NONE, CEL, "The instant itself.", "timestamp(as_of)"),
    ONE("timestamp", G, S, T, OP_S2T, CEL, "The instant that RFC 3339 writes so.",
        "as_of > timestamp(\"2026-01-01T00:00:00Z\")"),
    ONE("timestamp", G, I, T, OP_I2T, CEL, "Seconds since 1970-01-01.",
        "as_of > timestamp(1767225600)"),
    ONE("duration", G, U, U, OP_NONE, CEL, "The duration itself.", "duration(duration(\"1h\"))"),
    ONE("duration", G, S, U, OP_S2U, CEL, "Of h, m, s, ms, us and ns; a day is written 24h.",
        "duration(\"1h30m\") < duration(\"2h\")"),

    PART("getFullYear", OP_T_YEAR, "The year.", "as_of.getFullYear() == 2026"),
    PART("getMonth", OP_T_MONTH, "The month, 0 to 11.", "as_of.getMonth() == 0"),
    PART("getDate", OP_T_DATE, "The day of the month, from 1.", "as_of.getDate() == 1"),
    PART("getDayOfMonth", OP_T_DAY_OF_MONTH, "The day of the month, from 0.",
         "as_of.getDayOfMonth() == 0"),
    PART("getDayOfWeek", OP_T_DAY_OF_WEEK, "The day of the week, 0 is Sunday.",
         "as_of.getDayOfWeek(\"Europe/Budapest\") == 1"),
    PART("getDayOfYear", OP_T_DAY_OF_YEAR, "The day of the year, from 0.",
         "as_of.getDayOfYear() == 0"),
    PART("getHours", OP_T_HOURS, "The hour, 0 to 23.", "as_of.getHours(\"+02:00\") < 12"),
    PART("getMinutes", OP_T_MINUTES, "The minute, 0 to 59.", "as_of.getMinutes() == 30"),
    PART("getSeconds", OP_T_SECONDS, "The second, 0 to 59.", "as_of.getSeconds() == 0"),
    PART("getMilliseconds", OP_T_MILLISECONDS, "The millisecond, 0 to 999.",
         "as_of.getMilliseconds() == 0"),
    ONE("getHours", M, U, I, OP_U_HOURS, CEL, "All of it in hours, towards zero.",
        "(as_of - customer.since).getHours() > 48"),
    ONE("getMinutes", M, U, I, OP_U_MINUTES, CEL, "All of it in minutes, towards zero.",
        "duration(\"2h\").getMinutes() == 120"),
    ONE("getSeconds", M, U, I, OP_U_SECONDS, CEL, "All of it in seconds, towards zero.",
        "duration(\"2h\").getSeconds() == 7200"),
    ONE("getMilliseconds", M, U, I, OP_U_MILLISECONDS, CEL, "The milliseconds of its last second.",
        "duration(\"1.5s\").getMilliseconds() == 500"),

    ONE("math.abs", G, I, I, OP_ABS_I, MATH, "Without its sign; an error for the least int.",
        "math.abs(-3) == 3"),
    ONE("math.abs", G, D, D, OP_ABS_D, MATH, "Without its sign.", "math.abs(-2.5) == 2.5"),
    ONE("math.sign", G, I, I, OP_SIGN_I, MATH, "-1, 0 or 1.", "math.sign(-3) == -1"),
    ONE("math.sign", G, D, D, OP_SIGN_D, MATH, "-1.0, 0.0 or 1.0.", "math.sign(2.5) == 1.0"),
    ONE("math.ceil", G, D, D, OP_CEIL, MATH, "The next whole number above.",
        "math.ceil(1.2) == 2.0"),
    ONE("math.floor", G, D, D, OP_FLOOR, MATH, "The next whole number below.",
        "math.floor(1.8) == 1.0"),
    ONE("math.round", G, D, D, OP_ROUND, MATH, "The nearest whole number, halves away from zero.",
        "math.round(2.5) == 3.0"),
    ONE("math.trunc", G, D, D, OP_TRUNC, MATH, "Without what is behind the point.",
        "math.trunc(-1.8) == -1.0"),
    ONE("math.sqrt", G, D, D, OP_SQRT, MATH, "The square root; NaN below zero.",
        "math.sqrt(9.0) == 3.0"),
    ONE("math.sqrt", G, I, D, OP_SQRT, MATH, "The square root of the nearest double.",
        "math.sqrt(9) == 3.0"),
    ONE("math.isNaN", G, D, B, OP_ISNAN, MATH, "Whether it is not a number.",
        "math.isNaN(0.0 / 0.0)"),
    ONE("math.isInf", G, D, B, OP_ISINF, MATH, "Whether it is infinite.", "math.isInf(1.0 / 0.0)"),
    ONE("math.isFinite", G, D, B, OP_ISFINITE, MATH, "Whether it is neither.",
        "math.isFinite(metric.ratio)"),
    TWO("math.bitAnd", OP_BIT_AND, "The bits that both have.", "math.bitAnd(6, 3) == 2"),
    TWO("math.bitOr", OP_BIT_OR, "The bits that either has.", "math.bitOr(6, 3) == 7"),
    TWO("math.bitXor", OP_BIT_XOR, "The bits that one alone has.", "math.bitXor(6, 3) == 5"),
    ONE("math.bitNot", G, I, I, OP_BIT_NOT, MATH, "The bits that it has not.",
        "math.bitNot(5) == -6"),
    TWO("math.bitShiftLeft", OP_BIT_LEFT,
        "Its bits so many places up; 0 from 64 on, an error below 0.",
        "math.bitShiftLeft(1, 4) == 16"),
    TWO("math.bitShiftRight", OP_BIT_RIGHT,
        "Its bits so many places down, zeros behind them; 0 from 64 on, an error below 0.",
        "math.bitShiftRight(16, 2) == 4"),
    {"math.least",
     G,
     1,
     EXPR_ANY_COUNT,
     {ANY},
     ANY,
     OP_NONE,
     EXPR_LEAST,
     MATH,
     "The least of numbers, or of a list of them; a double where one of them is.",
     "math.least(health.score, 70.0)"},
    {"math.greatest",
     G,
     1,
     EXPR_ANY_COUNT,
     {ANY},
     ANY,
     OP_NONE,
     EXPR_GREATEST,
     MATH,
     "The greatest of numbers, or of a list of them; a double where one of them is.",
     "math.greatest(1, 2, 3) == 3"},
};

const expr_function *churn__expr_functions(uint32_t *count)
{
    *count = (uint32_t)(sizeof functions / sizeof *functions);
    return functions;
}

bool churn__expr_is_sugar(churn_str function)
{
    static const char *const names[] = {
        "days_since", "days_since_first", "count", "sum", "distinct", "mean", "min", "max", "last",
        "first",      "active_days",      "exists"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (churn__str_eq(function, churn__str_nts(names[i]))) {
            return true;
        }
    }
    return false;
}

static const char macros[] = "conditions look at one customer; count with a metric and a filter";
static const char texts[] = "compare texts as they are, with contains() or startsWith()";
static const char lists[] = "use `in` to ask what a list has, or size()";
static const char optionals[] = "write has(x) ? x : y";
static const char bindings[] = "write the value where it is used, or define a metric";
static const char codes[] = "use strings as they are";

static const struct {
    const char *name, *instead;
} left_out[] = {
    {"all", macros},
    {"exists", macros},
    {"exists_one", macros},
    {"existsOne", macros},
    {"map", macros},
    {"filter", macros},
    {"transformList", macros},
    {"transformMap", macros},
    {"transformMapEntry", macros},
    {"cel.bind", bindings},
    {"cel.block", bindings},
    {"type", "types are known when an expression is compiled"},
    {"uint", "use int()"},
    {"bytes", "use strings"},
    {"base64.encode", codes},
    {"base64.decode", codes},
    {"format", "join strings with `+` and string()"},
    {"join", "join strings with `+`"},
    {"split", texts},
    {"lowerAscii", texts},
    {"upperAscii", texts},
    {"trim", texts},
    {"replace", texts},
    {"substring", texts},
    {"charAt", texts},
    {"indexOf", texts},
    {"lastIndexOf", texts},
    {"reverse", texts},
    {"strings.quote", texts},
    {"regex.replace", texts},
    {"regex.extract", texts},
    {"regex.extractAll", texts},
    {"ip", texts},
    {"isIP", texts},
    {"cidr", texts},
    {"isCIDR", texts},
    {"slice", lists},
    {"flatten", lists},
    {"sort", lists},
    {"sortBy", lists},
    {"lists.range", lists},
    {"sets.contains", lists},
    {"sets.equivalent", lists},
    {"sets.intersects", lists},
    {"or", "or is `||`"},
    {"orValue", optionals},
    {"hasValue", "write has(x)"},
    {"value", "write the name, guarded by has()"},
    {"optMap", optionals},
    {"optFlatMap", optionals},
    {"optional.of", optionals},
    {"optional.ofNonZeroValue", optionals},
    {"optional.none", optionals},
    {"proto.hasExt", "use has()"},
    {"proto.getExt", "name the values one by one"},
};

const char *churn__expr_left_out(churn_str function)
{
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
        if (churn__str_eq(function, churn__str_nts(left_out[i].name))) {
            return left_out[i].instead;
        }
    }
    return NULL;
}
