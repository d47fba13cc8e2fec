"""Modules include only what stands below them, and third parties stay in their one place."""

import re

from tap import ROOT, check, done, sources

LAYER = {"base": 0, "core": 0, "table": 1, "arrow": 1, "yaml": 1, "regex": 1, "text": 1, "store": 2, "expr": 2, "metric": 3, "kpi": 3,
         "model": 3, "score": 4, "journey": 5, "trigger": 6, "play": 6, "playbook": 7, "engine": 8, "study": 9,
         "persist": 9}

# Edges between modules of one layer, as lib/README.md lists them.
SAME_LAYER = set(re.findall(r"^- `(\w+)` uses `(\w+)`", (ROOT / "lib" / "README.md").read_text(), re.M))

# Who may include what of others.
THIRD_PARTY = {"yaml.h": ("yaml",), "xxhash.h": ("base", "persist"), "pthread.h": ("base", "core")}
ALLOWED = {"stdalign.h", "stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h", "string.h", "math.h", "float.h", "limits.h",
           "fenv.h"}
# One wrapper each: files, random bytes, memory, waiting; Arrow speaks in numbers of errno.
SYSTEM = {"lib/base/file.c": {"errno.h", "fcntl.h", "sys/stat.h", "sys/types.h", "unistd.h"},
          "lib/base/random.c": {"errno.h", "sys/random.h"},
          "lib/base/heap.c": {"stdlib.h", "sys/mman.h"},
          "lib/base/thread.c": {"signal.h"},
          "lib/arrow/export.c": {"errno.h"},
          "lib/expr/lanes.h": {"immintrin.h", "emmintrin.h"},
          "lib/expr/kernels_pick.c": {"cpuid.h"},
          "lib/arrow/reader.c": {"errno.h"},
          "lib/store/write.c": {"sched.h"},
          "lib/core/observer.c": {"sched.h"}}

upward, foreign, inner = [], [], []
for path in sources("lib/*/*.c", "lib/*/*.h", "lib/*/*.inc"):
    module = path.parent.name
    here = str(path.relative_to(ROOT))
    for bracket, name in re.findall(r'^\s*#include\s+([<"])([^>"]+)[>"]', path.read_text(), re.M):
        if bracket == '"' and "/" in name:
            other = name.split("/")[0]
            if other == module or LAYER[other] == 0:
                continue
            if LAYER[other] > LAYER[module] or (LAYER[other] == LAYER[module] and (module, other) not in SAME_LAYER):
                upward.append(f"{here} includes {name}")
            elif name != f"{other}/{other}.h":
                inner.append(f"{here} includes {name}: only {other}/{other}.h is for others")
        elif bracket == "<" and not name.startswith("churn/") and name not in ALLOWED:
            if module not in THIRD_PARTY.get(name, ()) and name not in SYSTEM.get(here, ()):
                foreign.append(f"{here} includes <{name}>")
check("includes go downwards", upward)
check("modules show one header", inner)
check("system and third-party headers stay in their place", foreign)
done()
