"""Each public header alone: as C99, C11 and C++11 without a warning, and with complete comments."""

import re
import tempfile

from tap import HEADERS, ROOT, check, compilers, done, headers, public_functions, run, skip

LANGUAGES = (("c", "c99"), ("c", "c11"), ("c++", "c++11"))
FLAGS = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only"]


def compile_alone(compiler, language, standard):
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        for header in headers():
            source = f"{folder}/alone.{'c' if language == 'c' else 'cc'}"
            with open(source, "w") as out:
                out.write(f"#include <churn/{header.name}>\nextern int churn_alone;\n")
            result = run(compiler, "-x", language, f"-std={standard}", *FLAGS, f"-I{ROOT}/include", source)
            if result.returncode:
                problems.append(f"{header.name}: {result.stderr.strip().splitlines()[0]}")
    return problems


def comment_problems():
    """Every function has a comment before it with what its reader must know."""
    problems = []
    for name, header in sorted(public_functions().items()):
        text = header.read_text()
        match = re.search(r"/\*\*((?:(?!\*/).)*?)\*/\s*CHURN_API[^;]*?\b" + name + r"\s*\(([^;]*)\)\s*;", text, re.S)
        if not match:
            problems.append(f"{header.name}: {name} has no comment of its own")
            continue
        comment, arguments = match.groups()
        for tag in ("@threads", "@since"):
            if tag not in comment:
                problems.append(f"{header.name}: {name} has no {tag}")
        returns = re.search(r"CHURN_API\s+void\b(?!\s*\*)[^;(]*\b" + name, text)
        if "@return" not in comment and not returns and "churn_version" not in name and "as @" not in comment:
            if not re.search(r"^\s*\*?\s*Return\b", comment, re.M):
                problems.append(f"{header.name}: {name} has no @return")
    return problems


def content_problems():
    """What a parser for another language cannot read, or an ABI cannot keep."""
    banned = {
        "enum": r"\benum\b",
        "union": r"\bunion\b",
        "long": r"\blong\b",
        "inline": r"\binline\b",
        "varargs": r"\.\.\.",
        "FILE": r"\bFILE\b",
        "bit-field": r"\b\w+\s+\w+\s*:\s*\d+\s*;",
    }
    problems = []
    for header in headers():
        text = re.sub(r"/\*.*?\*/", " ", header.read_text(), flags=re.S)
        for what, pattern in banned.items():
            if re.search(pattern, text):
                problems.append(f"{header.name}: {what}")
        for include in re.findall(r"#include\s+<([^>]+)>", text):
            if not include.startswith("churn/") and include not in ("stdbool.h", "stddef.h", "stdint.h"):
                problems.append(f"{header.name}: includes <{include}>")
    return problems


def umbrella_problems():
    text = (HEADERS / "churn.h").read_text()
    listed = (HEADERS / "meson.build").read_text()
    problems = []
    for header in headers():
        if header.name not in ("churn.h", "export.h") and f"<churn/{header.name}>" not in text:
            problems.append(f"churn.h does not include {header.name}")
        if f"'{header.name}'" not in listed:
            problems.append(f"meson.build does not install {header.name}")
    return problems


for language, standard in LANGUAGES:
    for compiler in ("gcc", "clang"):
        name = f"each header alone, {standard}, {compiler}"
        if compiler in compilers():
            check(name, compile_alone(compiler, language, standard))
        else:
            skip(name, f"no {compiler}")
check("comments are complete", comment_problems())
check("headers hold nothing that an FFI cannot read", content_problems())
check("churn.h and meson.build list every header", umbrella_problems())
done()
