"""Sizes, offsets and constants of the public headers are what tests/abi/layout.txt says.

check_layout.py [--update]: --update writes the file anew, for a change that only appends.
"""

import re
import sys
import tempfile

from tap import ROOT, check, compilers, done, headers, run, without_comments

PINNED = ROOT / "tests" / "abi" / "layout.txt"


def structs():
    found = {}
    for header in headers():
        if header.name == "arrow.h":
            continue
        for name, body in re.findall(r"typedef struct (churn_\w+) \{(.*?)\n\} \1;", without_comments(header.read_text()), re.S):
            fields = []
            for line in body.split(";"):
                line = line.strip()
                if not line:
                    continue
                if "(*" in line:
                    fields.append(re.search(r"\(\*(\w+)\)", line).group(1))
                else:
                    declared = re.sub(r"\[[^\]]*\]", "", line)
                    first, *rest = declared.split(",")
                    fields.append(re.search(r"(\w+)$", first.strip()).group(1))
                    fields += [re.search(r"(\w+)$", one.strip()).group(1) for one in rest]
            found[name] = fields
    return found


def constants():
    found = []
    for header in headers():
        if header.name == "arrow.h":
            continue
        for name, value in re.findall(r"#define (CHURN_\w+) (.+)", header.read_text()):
            if not name.endswith(("_H", "_DECLS")) and name != "CHURN_API" and '"' not in value:
                found.append(name)
    return found


def measure():
    lines = ["#include <churn/churn.h>", "#include <stdio.h>", "int main(void) {"]
    for name, fields in sorted(structs().items()):
        lines.append(f'printf("struct {name} %zu\\n", sizeof({name}));')
        for field in fields:
            lines.append(f'printf("field {name}.{field} %zu %zu\\n", offsetof({name}, {field}), sizeof((({name} *)0)->{field}));')
    for name in constants():
        lines.append(f'printf("constant {name} %lld\\n", (long long)({name}));')
    lines.append("return 0; }")
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/layout.c", "w") as out:
            out.write("\n".join(lines))
        built = run(compilers()[0], f"-I{ROOT}/include", "-o", f"{folder}/layout", f"{folder}/layout.c")
        if built.returncode:
            sys.exit(built.stderr)
        return run(f"{folder}/layout").stdout.splitlines()


now = measure()
if "--update" in sys.argv:
    PINNED.write_text("\n".join(now) + "\n")
pinned = PINNED.read_text().splitlines()
check("nothing that was pinned has changed", [line for line in pinned if line not in set(now)])
check("everything is pinned", [f"not in layout.txt: {line}" for line in now if line not in set(pinned)])
done()
