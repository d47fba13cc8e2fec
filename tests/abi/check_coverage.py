"""Every public function is bound in Python and in Go, or bindings/COVERAGE.txt says why not."""

import re

from tap import ROOT, check, done, public_functions, sources

functions = public_functions()
listed, malformed = {}, []
for line in (ROOT / "bindings" / "COVERAGE.txt").read_text().splitlines():
    if not line.strip() or line.startswith("#"):
        continue
    name, *rest = line.split(None, 1)
    says = dict(re.findall(r"(python|go):\s*(.*?)(?=\s{2,}(?:python|go):|$)", rest[0] if rest else ""))
    if set(says) != {"python", "go"} or not all(says.values()):
        malformed.append(line)
    listed[name] = says

check("the list is well formed", malformed)
check("every public function is listed", sorted(set(functions) - set(listed)))
check("nothing is listed that is gone", sorted(set(listed) - set(functions)))

text = {"python": "\n".join(p.read_text() for p in sources("bindings/python/src/*.c", "bindings/python/**/*.c")),
        "go": "\n".join(p.read_text() for p in sources("bindings/go/*.go", "bindings/go/*.c", "bindings/go/*.h"))}
for language, code in text.items():
    unused = [name for name, says in listed.items()
              if name in functions and not says.get(language, "").startswith("(") and not re.search(rf"\b{name}\b", code)]
    check(f"what is listed as bound in {language} is called there", unused)
tests = "\n".join(p.read_text() for p in sources("tests/api/*.c", "tests/oom/*.c", "tests/unit/*/*.c"))
check("every public function is named by a test", [n for n in sorted(functions) if not re.search(rf"\b{n}\b", tests)])
done()
