"""The exported symbols are those of the headers, of the symbol map and of the list of releases.

check_symbols.py LIBRARY
"""

import re
import sys

from tap import ROOT, check, done, public_functions, run

library = sys.argv[1]
exported = {}
for line in run("nm", "-D", "--defined-only", library).stdout.splitlines():
    name = line.split()[-1]
    symbol, _, node = name.partition("@@")
    if not symbol.startswith("CHURN_"):
        exported[symbol] = node
declared = set(public_functions())

mapped = {}
for node, body in re.findall(r"(CHURN_[\d.]+)\s*\{(.*?)\}", (ROOT / "lib" / "libchurn.map").read_text(), re.S):
    for name in re.findall(r"\b(churn_\w+);", body):
        mapped[name] = node

listed = {}
for line in (ROOT / "tests" / "abi" / "symbols.txt").read_text().splitlines():
    if line and not line.startswith("#"):
        node, name = line.split()
        listed[name] = node

check("every declared function is exported", sorted(declared - set(exported)))
check("nothing else is exported", sorted(set(exported) - declared))
check("the map names every function", sorted(declared ^ set(mapped)))
check("tests/abi/symbols.txt lists every function", sorted(declared ^ set(listed)))
check("each in its node", [f"{n}: {exported.get(n)} {listed[n]}" for n in listed if exported.get(n) != listed[n]])

dynamic = run("readelf", "-d", library).stdout
check("the library has its SONAME", [] if "libchurn.so.0" in dynamic else ["no SONAME libchurn.so.0"])
check("relocations are bound at load", [] if re.search(r"BIND_NOW|NOW", dynamic) else ["no BIND_NOW"])
stack = [line for line in run("readelf", "-lW", library).stdout.splitlines() if "GNU_STACK" in line]
check("the stack is not executable", [line for line in stack if "RWE" in line])

# Functions that depend on locale, clock or environment, or end the process, must not even be linked to.
BANNED = r"^(strtod|strtof|strtol|strtoll|atof|atoi|(v|f|s|sn|vsn)?printf|localtime(_r)?|gmtime(_r)?|mktime|setlocale|" \
         r"getenv|rand|random|exit|abort|time|clock_gettime|gettimeofday|isalpha|tolower|toupper|__ctype_b_loc|strcoll|" \
         r"system|fork|dlopen)(@.*)?$"
imported = [line.split()[-1] for line in run("nm", "-D", "--undefined-only", library).stdout.splitlines()]
check("nothing is imported that reads locale, clock or environment", [n for n in imported if re.match(BANNED, n)])
needed = re.findall(r"NEEDED.*\[(.*?)\]", dynamic)
allowed = ("libyaml", "libxxhash", "libm.", "libc.", "libpthread", "ld-linux", "libgcc_s")
check("only libyaml, xxhash, libm and threads are linked", [n for n in needed if not n.startswith(allowed)])
done()
