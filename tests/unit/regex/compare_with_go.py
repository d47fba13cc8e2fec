#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random patterns and texts answered by the library and by Go's regexp, whose syntax is RE2's.

compare_with_go.py DRIVER [PATTERNS [SEED]]; exit status 77: there is no Go here.
"""

import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
LETTERS = list("aabbbccAB01 _-.\n") + ["é", "É", "ß", "ẞ", "ſ", "s", "K", "k", "σ", "ς", "Σ", "日", "😀", "я"]
ATOMS = ["a", "b", "c", "ab", "abc", "é", "日", "😀", "s", "k", "σ", ".", "^", "$", r"\b", r"\B", r"\A", r"\z", r"\d",
         r"\D", r"\s", r"\S", r"\w", r"\W", r"\pL", r"\PL", r"\p{Lu}", r"\p{^Nd}", r"\P{Greek}", r"\p{Greek}", r"\pZ",
         r"\x41", r"\x{e9}", r"\n", r"\.", r"\-", r"\101", r"\Qa.b\E", "[a-c]", "[^a-c]", "[^a]", "[[:alpha:]]",
         "[[:^digit:]b]", r"[\w-]", "[é-я]", r"[^\pLa]", "[]a]", "[^]a]", "[a-]", "[-b]", "[k]", "[A-Z]", "()", "(?:)",
         "]", "}", "{", "{,2}", "a{x}", r"\p{Any}", "[^\\x00-\\x{10FFFF}]", r"[\x{100}-\x{10FFFF}]", "-"]
REPEATS = ["*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,3}", "{2,}", "{0}", "{3,}?", "{0,}", "{12}"]
FLAGS = ["i", "m", "s", "U", "im", "is", "i-s", "-i", "ims", "-m", "s-i"]
BROKEN = ["(", ")", "[", "*", "+", "?", "**", "{2}", "\\", r"\8", r"\1", r"\q", "(?", "(?P<", "(?P<n>a)", "(?<n>a)",
          "(?=a)", "(?!a)", "(?<=a)", "(?P=n)", "[b-a]", "[a", "[[:foo:]]", r"\pX", r"\p{Foo}", "{3,2}", "a{1001}",
          "(?z)", "(?i-)", "(?-)", r"\x", r"\x{110000}", r"\xg", r"[\b]", r"\C", r"\E", "|", r"\Q", "[z-a]", "(?i",
          "(?<1a>x)", "(?<>x)", r"[\Qa\E]", "a**", "a*+", "a{2}{3}", "(?#x)", r"\p", r"\p{", "[[:alpha:", "[[a]"]


def pattern(dice: random.Random, depth: int) -> str:
    kind = dice.random()
    if depth == 0 or kind < 0.3:
        return dice.choice(ATOMS)
    if kind < 0.55:
        return "".join(pattern(dice, depth - 1) for _ in range(dice.randint(2, 4)))
    if kind < 0.7:
        return "|".join(pattern(dice, depth - 1) for _ in range(dice.randint(2, 3)))
    if kind < 0.78:
        return f"(?{dice.choice(FLAGS)}:{pattern(dice, depth - 1)})"
    if kind < 0.82:
        return f"(?{dice.choice(FLAGS)}){pattern(dice, depth - 1)}"
    inner = pattern(dice, depth - 1)
    if dice.random() < 0.6:
        inner = f"({inner})"
    return inner + dice.choice(REPEATS)


def damage(dice: random.Random, text: str) -> str:
    at = dice.randint(0, len(text))
    if dice.random() < 0.3 and text:
        return text[:at] + text[at + 1:]
    return text[:at] + dice.choice(BROKEN) + text[at:]


def cases(dice: random.Random, count: int):
    for _ in range(count):
        made = pattern(dice, dice.randint(0, 4))
        if dice.random() < 0.3:
            made = damage(dice, made)
        texts = []
        for _ in range(6):
            texts.append("".join(dice.choice(LETTERS) for _ in range(dice.choice([0, 1, 2, 3, 5, 8, 30]))))
        if dice.random() < 0.1:
            texts.append("ab" * 200 + dice.choice(LETTERS))
        yield made, texts


def every_fold():
    """Each code point that Unicode says has another case, against all that it may be the same as."""
    for code in range(0x80, 0x1E944):
        one = chr(code)
        others = {one.lower(), one.upper(), one.title(), one.casefold()}
        if len(others) > 1 and not 0xD800 <= code < 0xE000:
            yield f"(?i)^{one}$", sorted(others)


def every_class():
    names = ["L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps",
             "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co",
             "Latin", "Greek", "Cyrillic", "Han", "Hiragana", "Arabic", "Hebrew", "Thai", "Common", "Hangul"]
    texts = [chr(code) for code in [*range(0, 0x3100), *range(0x1F600, 0x1F650), 0x10FFFF, 0xE000, 0xAC00]
             if not 0xD800 <= code < 0xE000]
    for name in names:
        yield f"\\p{{{name}}}", texts
        yield f"(?i)[^\\p{{{name}}}]", texts[:0x600]


def ask(program: list[str], questions: bytes) -> list[str]:
    done = subprocess.run(program, input=questions, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"{program[0]} ended with {done.returncode}: {done.stderr.decode()[:2000]}")
    return done.stdout.decode().splitlines()


def main() -> int:
    driver, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    go = shutil.which("go", path=os.environ.get("PATH", "") + ":/usr/local/go/bin")
    if go is None:
        print("skipped: no go")
        return 77
    lines, asked = [], []
    for made, texts in [*cases(random.Random(seed), count), *every_fold(), *every_class()]:
        lines.append(b"p " + made.encode().hex().encode())
        asked.append((made, None))
        for text in texts:
            lines.append(b"t " + text.encode().hex().encode())
            asked.append((made, text))
    questions = b"\n".join(lines) + b"\n"
    ours = ask([driver], questions)
    with tempfile.TemporaryDirectory() as folder:
        judge = str(pathlib.Path(folder) / "judge")
        subprocess.run([go, "build", "-o", judge, str(HERE / "regex_judge.go")], check=True, cwd=folder,
                       env={**os.environ, "GOFLAGS": "-mod=mod", "GOCACHE": os.environ.get("GOCACHE", folder + "/cache"),
                            "HOME": os.environ.get("HOME", folder), "GO111MODULE": "off"})
        theirs = ask([judge], questions)
    assert len(ours) == len(theirs) == len(asked), (len(ours), len(theirs), len(asked))
    wrong, large, good = [], None, 0
    loose = re.compile(r"\\[pP](\{\^?[a-z]|[a-z])")  # Go takes these names in any case
    for (made, text), our, their in zip(asked, ours, theirs):
        if text is None:
            large = "large" in (our, their) or loose.search(made) is not None
            good += our == "ok"
            if our != their and not large:
                wrong.append(f"{made!r}: {our}, Go says {their}")
        elif our != their and not large:
            wrong.append(f"{made!r} on {text!r}: {our}, Go says {their}")
    print(f"{len(asked)} questions, {good} good patterns, {len(wrong)} wrong")
    print("\n".join(wrong[:40]))
    return 1 if wrong or good < count // 2 else 0


if __name__ == "__main__":
    sys.exit(main())
