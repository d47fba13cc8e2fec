"""Functions that CONTRIBUTING bans are called nowhere but in their one wrapper; files stay readable."""

import re

from tap import ROOT, check, done, sources

BANNED = ("strcpy strcat sprintf vsprintf snprintf vsnprintf printf fprintf gets strtok atoi atof strtod strtof strtol "
          "strtoll strtoul setlocale localtime localtime_r gmtime gmtime_r mktime time clock_gettime rand random getenv "
          "exit abort system malloc calloc realloc free strdup alloca assert longjmp setjmp isalpha isdigit isspace "
          "tolower toupper").split()
WRAPPERS = {"lib/base/heap.c": {"realloc", "free"}}
PATTERN = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")


def code_of(path):
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), path.read_text(), flags=re.S)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


called, promised, long_files, control = [], [], [], []
for path in sources("lib/*/*.c", "lib/*/*.h"):
    here = str(path.relative_to(ROOT))
    code = code_of(path)
    for number, line in enumerate(code.splitlines(), 1):
        for name in PATTERN.findall(line):
            if name not in WRAPPERS.get(here, ()):
                called.append(f"{here}:{number}: {name}")
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
            promised.append(f"{here}:{number}: {line.strip()}")
    if len(path.read_text().splitlines()) > 620:
        long_files.append(here)
    for number, line in enumerate(code.splitlines(), 1):
        label = re.match(r"^(\w+):\s*$", line)
        if label and label.group(1) not in ("done", "default"):
            control.append(f"{here}:{number}: label {label.group(1)}")
check("banned functions are not called", called)
check("no code promises later work", promised)
check("no file is longer than 600 lines", long_files)
check("the only label is done", control)
done()
