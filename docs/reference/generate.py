#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write what is made from the tables of lib/playbook, lib/expr and lib/kpi: the reference of playbook
files, of the findings about them, of templates, and of figures.

    generate.py                       write the pages and lib/playbook/diagnostics.inc
    generate.py --library libchurn.so first take the JSON Schema from a library that was built
    generate.py --check               fail when something is stale
"""
import argparse
import ast
import csv
import ctypes
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "docs/reference"
SCHEMA = HERE / "playbook.schema.json"
REGISTRY = ROOT / "lib/playbook/diagnostics.csv"
CODES = ROOT / "lib/playbook/diagnostics.inc"
METRICS_PAGE = ROOT / "docs/metrics.md"
FILTERS = ROOT / "lib/expr/template_filters.c"
NOTE = "<!-- Made by docs/reference/generate.py from the table in lib/playbook; do not edit. -->\n"


EXPRESSIONS = """
Conditions, filters, texts and questions share one language: a part of the Common Expression Language (CEL), with types that are
checked when it is compiled. `docs/expressions-in-ten-minutes.md` teaches it, `docs/cel.md` compares it with CEL.

## Values

| type | literals | what it is |
|---|---|---|
| bool | `true`, `false` | |
| int | `42`, `-7`, `0x1F` | whole, 64 bits; leaving them is an error, never another number |
| double | `0.5`, `1.0`, `1e3` | every metric and score is one |
| string | `"a"`, `'a'`, triple quotes, raw `r"\\d"` | Unicode; escapes of CEL |
| timestamp | `timestamp("2026-02-01T00:00:00Z")` | an instant |
| duration | `duration("36h")` | a stretch of time; units `h m s ms us ns` |
| list | `["free", "trial"]` | behind `in`, and of texts such as `tags` |
| null | `null` | of variables declared nullable: there and without value |

## Operators

From those that bind most tightly to those that bind least; all but `?:` group from the left.

| operators | takes | gives |
|---|---|---|
| `x.f()`, `f(x)`, `(x)` | | |
| `!` `-` | bool; number | the same |
| `*` `/` `%` | two numbers of one type; `%` ints | the same; `/` of ints cuts off the fraction |
| `+` `-` | two numbers; `+` two strings, two lists; instants and durations | the same |
| `==` `!=` `<` `<=` `>` `>=` `in` | two values of one type, or two numbers | bool |
| `&&` | bools | bool |
| `\|\|` | bools | bool |
| `?:` | a bool and two values of one type | that type |

An int literal becomes a double beside one: `metric.logins > 3` needs no `3.0`. Comments run from `//` to the end of the line.

## What is missing

A value that is not known makes what stands on it *unknown*; unknown is never true, so nothing fires on missing data. `&&` is
false where one side is false, `||` is true where one side is true, whatever the other side is. `has(x)` says whether x is there,
and is never unknown.

| | false | true | unknown | error |
|---|---|---|---|---|
| `false &&` | false | false | false | false |
| `true &&` | false | true | unknown | error |
| `unknown &&` | false | unknown | unknown | unknown |
| `error &&` | false | error | unknown | error |
| `false \|\|` | false | true | unknown | error |
| `true \|\|` | true | true | true | true |
| `unknown \|\|` | unknown | true | unknown | unknown |
| `error \|\|` | error | true | unknown | error |

## What differs from strict CEL

- **X1**: an int and a double compare with each other, exactly; an int literal becomes a double beside one.
- **X2**: a number that is not finite, in a comparison or as a result, is an error of that row rather than IEEE's answer.

The flag `CHURN_EXPRESSION_STRICT_CEL` switches both off.

## Limits

| limit | default | at most |
|---|---|---|
| `expression_bytes` of text | 8192 | 65536 |
| `expression_nodes` | 512 | 4096 |
| `expression_depth` | 64 | 256 |
| `expression_list` elements | 256 | 4096 |

They are checked when a text is compiled, so that evaluating it always ends.

## Comments that switch lints off

`// churn: allow CH1701` at the end of a line of the expression, or alone on the line before, switches a lint off for that line;
several codes or names are separated by commas. In a playbook `# churn: allow CH1701` does the same for a line of the file. A
comment that switches off nothing is a finding itself.
"""


def take_schema(library):
    """The schema as the library gives it, through ctypes."""
    churn = ctypes.CDLL(str(library))
    churn.churn_buffer_data.restype = ctypes.c_void_p
    churn.churn_buffer_size.restype = ctypes.c_size_t
    for name in ("churn_buffer_data", "churn_buffer_size", "churn_buffer_free"):
        getattr(churn, name).argtypes = [ctypes.c_void_p]
    buffer = ctypes.c_void_p()
    if churn.churn_playbook_schema(ctypes.byref(buffer), None) != 0:
        sys.exit("churn_playbook_schema() failed")
    text = ctypes.string_at(churn.churn_buffer_data(buffer), churn.churn_buffer_size(buffer))
    churn.churn_buffer_free(buffer)
    return text.decode("utf-8")


def take_functions(library):
    """The functions of expressions as the library lists them, through ctypes."""
    churn = ctypes.CDLL(str(library))

    class Str(ctypes.Structure):
        _fields_ = [("ptr", ctypes.c_char_p), ("len", ctypes.c_size_t)]

    churn.churn_table_string.restype = Str
    churn.churn_table_string.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32]
    churn.churn_table_row_count.restype = ctypes.c_uint64
    for name in ("churn_table_row_count", "churn_table_free"):
        getattr(churn, name).argtypes = [ctypes.c_void_p]
    table = ctypes.c_void_p()
    if churn.churn_expression_functions(ctypes.byref(table), None) != 0:
        sys.exit("churn_expression_functions() failed")
    rows = [[churn.churn_table_string(table, row, column).ptr.decode("utf-8") for column in range(7)]
            for row in range(churn.churn_table_row_count(table))]
    churn.churn_table_free(table)
    return rows


def take_figures(library):
    """The figures as the library lists them, through ctypes."""
    churn = ctypes.CDLL(str(library))

    class Str(ctypes.Structure):
        _fields_ = [("ptr", ctypes.c_char_p), ("len", ctypes.c_size_t)]

    churn.churn_table_string.restype = Str
    churn.churn_table_string.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32]
    churn.churn_table_bool.restype = ctypes.c_bool
    churn.churn_table_bool.argtypes = churn.churn_table_string.argtypes
    churn.churn_table_row_count.restype = ctypes.c_uint64
    for name in ("churn_table_row_count", "churn_table_free"):
        getattr(churn, name).argtypes = [ctypes.c_void_p]
    table = ctypes.c_void_p()
    if churn.churn_figures(ctypes.byref(table), None) != 0:
        sys.exit("churn_figures() failed")
    names = ("id", "unit", "at_end", "set", "title", "formula", "source", "example", "vendors")
    rows = []
    for row in range(churn.churn_table_row_count(table)):
        texts = [None if name == "at_end" else churn.churn_table_string(table, row, i).ptr
                 for i, name in enumerate(names)]
        rows.append({name: text.decode("utf-8") if text is not None else "" for name, text in zip(names, texts)})
        rows[-1]["at_end"] = churn.churn_table_bool(table, row, 2)
    churn.churn_table_free(table)
    return rows


METRICS = """# Figures

Every figure of `churn_engine_kpi()` (`Engine.kpi` in Python, `Engine.KPI` in Go): what it is, by whose definition, a worked example,
and how vendors differ. `docs/reference/semantics.md` says what periods, groups and policies mean.
"""


def figures_page(rows):
    out = ["<!-- Made by docs/reference/generate.py from the tables of lib/kpi; do not edit. -->\n", METRICS]
    sets = list(dict.fromkeys(row["set"] for row in rows))
    out.append("| set | figures |\n|---|---|")
    for name in sets:
        ids = [f"[{row['id']}](#{row['id']})" for row in rows if row["set"] == name]
        out.append(f"| {name} | {' '.join(ids)} |")
    for name in sets:
        out.append(f"\n## {name[0].upper()}{name[1:].replace('_', ' ')}")
        for row in rows:
            if row["set"] == name:
                out.extend(figure_lines(row))
    return "\n".join(out) + "\n"


def figure_lines(row):
    kind = f"{row['unit']}, {'at the end of a period' if row['at_end'] else 'of a period'}"
    lines = [f"\n### {row['id']}\n", f"**{row['title']}** ({kind})\n", f"- Formula: {row['formula']}",
             f"- Source: {row['source']}", f"- Example: {row['example']}"]
    return lines + ([f"- Vendors: {row['vendors']}"] if row["vendors"] else [])


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def code(text):
    return f"`{text}`".replace("|", "\\|")


def key_table(keys, required):
    lines = ["| key | what | default | meaning |\n", "|---|---|---|---|\n"]
    for name, about in keys.items():
        needed = "needed" if name in required else cell(about.get("x-churn-default", ""))
        meaning = cell(about.get("description", ""))
        if "examples" in about:
            meaning += " Example: " + code(about["examples"][0])
        lines.append(f"| {code(name)} | {cell(about['x-churn-type'])} | {needed} | {meaning} |\n")
    return lines


def words(about):
    for word, meaning in about.get("x-churn-words", {}).items():
        yield f"- {code(word)}: {meaning}\n"


def later(about):
    names = about.get("x-churn-later", {})
    if names:
        yield "\nNot done by this version: " + ", ".join(code(n) for n in names) + ".\n"


def parts(about):
    """What stands inside a value: (title suffix, schema) of maps, through lists and choices."""
    if "properties" in about:
        yield "", about
    for kind in ("anyOf", "oneOf"):
        for one in about.get(kind, []):
            for suffix, part in parts(one):
                first = next(iter(part["properties"]))
                yield (suffix or f" with `{first}`" if kind == "oneOf" else suffix), part
    for inner in ("items", "additionalProperties"):
        if isinstance(about.get(inner), dict):
            for suffix, part in parts(about[inner]):
                yield suffix, part


def word_lists(about):
    if "x-churn-words" in about:
        yield about
    for kind in ("anyOf", "oneOf"):
        for one in about.get(kind, []):
            yield from word_lists(one)
    for inner in ("items", "additionalProperties"):
        if isinstance(about.get(inner), dict) and "properties" not in about[inner]:
            yield from word_lists(about[inner])


def section(title, about, depth):
    out = [f"\n{'#' * depth} {title}\n\n"]
    out += key_table(about["properties"], about.get("required", []))
    out += later(about)
    for name, inner in about["properties"].items():
        listed = [line for one in word_lists(inner) for line in words(one)]
        if listed:
            out += [f"\nWords of `{name}`:\n\n"] + listed
            out += [line for one in word_lists(inner) for line in later(one)]
    for name, inner in about["properties"].items():
        if next(parts(inner), None) is not None:
            out += collection(name, inner, depth + 1)
    return out


def choices_later(about):
    if about.get("x-churn-variants-later"):
        names = ", ".join(code(n) for n in about["x-churn-variants-later"])
        yield f"\nSorts not done by this version: {names}.\n"
    for inner in ("items", "additionalProperties"):
        if isinstance(about.get(inner), dict):
            yield from choices_later(about[inner])


def collection(name, about, depth):
    out = []
    for suffix, part in parts(about):
        out += section(f"`{name}`{suffix}", part, min(depth, 5))
    out += choices_later(about)
    return out


def playbook_page(schema):
    out = ["# The playbook file\n\n", NOTE, """
A playbook is one YAML file (JSON is YAML). This page lists every key. What is *needed* must be there;
everything else has a default. `docs/reference/playbook.schema.json` is the same as JSON Schema: an
editor that knows YAML schemas completes and checks while you type, with this as the first line of the
file:

    # yaml-language-server: $schema=playbook.schema.json

How values are written:

- *duration*: a whole number and a unit: `90s`, `15m`, `36h`, `7d`, `2w`; a day is 24 hours; 10,000 years at most. Due dates
  also take calendar units (`cd cw cmo cq cy`) and business days and hours (`2bd`, `8bh`).
- *instant*: a date, which is local midnight at its start, or a time such as `2026-02-01T09:30:00`, in
  the playbook's zone unless it says `Z` or an offset.
- *expression*: a condition in the Common Expression Language. Quote it.
- Numbers are never quoted; `true` and `false` are the only truths; text needs no quotes.
- Anchors, aliases, tags, merge keys and directives are not taken, and no key may stand twice.
"""]
    out += section("The whole file", schema, 2)
    return "".join(out)


def diagnostics_page(rows):
    out = ["# Findings about playbooks\n\n", NOTE.replace("table", "registry"), """
Every finding has a position, one of these codes, and a message; the codes never change their meaning.
All errors of a file are reported, up to the limit `diagnostics`; the rest is counted. Codes from
CH1101 on are those of expressions, with the position inside the expression.

| code | name | severity | meaning |
|---|---|---|---|
"""]
    out += [f"| CH{int(r['number']):04d} | {r['name']} | {r['severity']} | {cell(r['meaning'])} |\n"
            for r in rows]
    return "".join(out)


def read_filters():
    """The documentation of each filter: name, takes, arguments, doc, example, shows."""
    text = FILTERS.read_text(encoding="utf-8")
    words = dict(re.findall(r'#define (\w+) ("[^"]*")', text))
    one = r'"(?:[^"\\]|\\.)*"'
    some = rf"(?:{one}\s*)+"
    found = re.findall(rf"\{{({one}),\s*(\w+|{one}),\s*({one}),\s*({some}),\s*({some}),\s*({some})\}}\}}", text)
    if len(found) < 26:
        sys.exit(f"{FILTERS}: the table of filters is not of the form that is read")
    return [["".join(ast.literal_eval("b" + piece).decode("utf-8")
                     for piece in re.findall(one, words.get(part, part))) for part in row]
            for row in found]


def templates_page(filters):
    out = ["# Templates\n\n", NOTE.replace("lib/playbook", "lib/expr/template_filters.c"), """
Titles of tasks and notices are text with values in it; `CHURN_EXPRESSION_TEMPLATE`, `churn.Template` and `CompileTemplate` are
the same by itself:

    Call {{customer.name}}: {{metric.mrr | money}}, quiet for {{metric.days_since_login | days}}

- Between `{{` and `}}` stands an expression of any type, a list of strings included; spaces around it do not matter. Behind it
  stand filters, each after a `|`; `||` belongs to the expression. What is around it stays as it is written.
- Two braces themselves are a text that is put in: `{{ "{{" }}`. A single brace, and `}}` outside, need nothing.
- A filter takes literals in parentheses: texts in single or double quotes, numbers. It is checked when the text is compiled:
  an unknown filter, a value that it does not take and a wrong argument are errors with a position, all of them at once.
- What is missing, or cannot be computed (a division by zero), is written `\u2013`, unless `default` says otherwise. Filters before
  and behind `default` are those of the value; only filters from text to text are applied to a text that it put in.
- Without a filter a number has at most two decimals and no zeros at the end, an instant is its local date, a duration is in
  words ("2 h 5 min"), a bool is `true` or `false`, a list has `, ` between its texts.
- Numbers are rounded from their exact binary value, halves to even, as C's printf does. Filters of numbers may follow each
  other: the later one decides on decimals.
- Dates are those of the playbook's zone, or of the option `time_zone` (else UTC); some filters take a zone of their own. Words
  are English, digits and separators are the same everywhere: there are no locales.
- Nothing is escaped by itself: use `json`, `html`, `urlencode` or `quote` where the text goes into one of these.
- A value goes through at most 16 filters. A text is at most `string_bytes` long (64 KiB) before and after; a title that grows
  longer is cut there, other templates have the outcome error.

## Filters

The examples are with name "Acme", note " late again ", score 61.256, share 0.031, mrr 1234.5, change 12340.0, seats 7, since
2026-02-01T09:30:00Z, gap 2 hours 5 minutes, vip true, tags at_risk and vip, none missing; the currency is USD, the zone UTC, the time
2026-02-04T12:00:00Z.

| filter | takes | meaning | example | gives |
|---|---|---|---|---|
"""]
    for name, takes, arguments, doc, example, shows in filters:
        called = f"{name}({arguments})" if arguments else name
        out.append(f"| {code(called)} | {cell(takes)} | {cell(doc)} | {code(example)} | {code(shows)} |\n")
    out.append("\n`?` follows what may be left out.\n")
    return "".join(out)


def expressions_page(functions, rows):
    out = ["# Expressions\n\n", NOTE.replace("the table in lib/playbook", "the table in lib/expr/functions.c"),
           EXPRESSIONS, "\n## Functions\n\n| call | takes | gives | meaning | example | of |\n|---|---|---|---|---|---|\n"]
    for _, call, arguments, result, about, example, standard in functions:
        out.append(f"| {code(call)} | {cell(arguments)} | {cell(result)} | {cell(about)} | {code(example)} | {standard} |\n")
    out.append("""
`?` follows what may be left out. In playbooks and questions, `days_since("login")`, `count("login", "30d")`,
`sum("invoice.amount", "90d")`, `distinct("login.user", "30d")` and their like stand for metrics that are made for them; their
arguments are texts known when the playbook is compiled.

## Codes

What is wrong, and what is probably not meant, has a code that never changes its meaning.

| code | name | severity | meaning |
|---|---|---|---|
""")
    out += [f"| CH{int(r['number']):04d} | {r['name']} | {r['severity']} | {cell(r['meaning'])} |\n"
            for r in rows if 1100 <= int(r["number"]) < 1800]
    out.append("""
In `churn_error.detail` these codes stand without the thousand: 301 is CH1301. A row that cannot be computed has one of its own:
601 the result does not fit 64 bits, 602 an int is divided by zero, 603 a number is not finite, 604 a value is out of range,
605 a text is not of the form that is converted, 606 a text grows too long, 607 and 608 null or a type that an operator does not
take, where types are not checked.
""")
    return "".join(out)


def codes_table(rows):
    out = ["/* Made from lib/playbook/diagnostics.csv by docs/reference/generate.py; do not edit. */\n"]
    out += [f"DIAGNOSTIC({r['number']}, {r['name']}, {r['severity']}, {r['status']})\n"
            for r in rows]
    return "".join(out)


def read_registry():
    with open(REGISTRY, newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    numbers = [int(r["number"]) for r in rows]
    if numbers != sorted(set(numbers)) or len({r["name"] for r in rows}) != len(rows):
        sys.exit(f"{REGISTRY}: numbers must ascend and names must differ")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--library", type=pathlib.Path)
    args = parser.parse_args()
    rows = read_registry()
    wanted = {CODES: codes_table(rows), HERE / "diagnostics.md": diagnostics_page(rows),
              HERE / "templates.md": templates_page(read_filters())}
    if args.library is not None:
        wanted[SCHEMA] = take_schema(args.library)
        wanted[METRICS_PAGE] = figures_page(take_figures(args.library))
        wanted[HERE / "expressions.md"] = expressions_page(take_functions(args.library), rows)
    if SCHEMA in wanted or SCHEMA.exists():
        text = wanted[SCHEMA] if SCHEMA in wanted else SCHEMA.read_text(encoding="utf-8")
        wanted[HERE / "playbook.md"] = playbook_page(json.loads(text))
    stale = [path for path, text in wanted.items()
             if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if args.check:
            print(f"stale: {path.relative_to(ROOT)}", file=sys.stderr)
        else:
            path.write_text(wanted[path], encoding="utf-8")
    return 1 if args.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
