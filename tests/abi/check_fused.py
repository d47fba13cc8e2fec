"""No product is rounded together with a sum: the same bits from every compiler and processor.

check_fused.py LIBRARY
"""

import re
import shutil
import sys

from tap import check, done, run

FUSED = re.compile(r"\s(vfn?m(?:add|sub)\w*|fn?m(?:add|sub|la|ls)[a-z]*)\s")

fused = []
if shutil.which("objdump"):
    listing = run("objdump", "-d", "--no-show-raw-insn", sys.argv[1]).stdout
    function = ""
    for line in listing.splitlines():
        if line.endswith(">:"):
            function = line.split("<")[1][:-2]
        elif FUSED.search(line):
            fused.append(f"{function}: {line.strip()}")
    check("the library was disassembled", [] if function else ["no functions"])
check("no multiplication is fused with an addition", fused)
done()
