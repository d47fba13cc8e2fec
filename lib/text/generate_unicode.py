#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes unicode_table.inc: to what sort of thing each code point belongs when text is cut into words, simple case
folds, and the pairs of base and mark that have a code point of their own.

    python3 lib/text/generate_unicode.py > lib/text/unicode_table.inc
"""

import sys
import unicodedata

GAP, LETTER, MARK, DIGIT, SOLO, EMOJI, STOP, NOTHING, APOSTROPHE, POINT, FLAG, JOINER = range(12)

# Scripts that put no spaces between words: every letter stands alone. Katakana, which writes loan words, does not.
SOLO_RANGES = [(0x0E00, 0x0EFF), (0x0F00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x1A20, 0x1AAF), (0x3005, 0x3007),
               (0x3021, 0x3029), (0x3040, 0x309F), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F),
               (0xF900, 0xFAFF), (0x20000, 0x3FFFF)]
APOSTROPHES = {0x27, 0x2019, 0x02BC, 0xFF07}
POINTS = {0x2E, 0x2C, 0xFF0E, 0xFF0C}  # stop, but for those between two digits
STOPS = set(map(ord, "!?;:()[]{}\"\n\r\v\f")) | {0x85, 0x2028, 0x2029, 0x2026, 0x2013, 0x2014}


def sort_of(code):
    c = chr(code)
    category = unicodedata.category(c)
    if code in APOSTROPHES:
        return APOSTROPHE
    if code in POINTS:
        return POINT
    if code in STOPS:
        return STOP
    if code == 0x200D:
        return JOINER
    if 0x1F1E6 <= code <= 0x1F1FF:
        return FLAG
    if 0x1F3FB <= code <= 0x1F3FF or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or code == 0x20E3:
        return NOTHING  # skin tones, variations, key caps
    if code == 0x200B:
        return GAP
    if category == "Cf":
        return NOTHING
    if category.startswith("M"):
        return MARK
    if category == "Nd":
        return DIGIT
    if category[0] in "LN" or category == "Pc":
        return SOLO if any(low <= code <= high for low, high in SOLO_RANGES) else LETTER
    if category == "So" and code >= 0x2190 and code not in (0xFFFC, 0xFFFD):
        return EMOJI
    if category in ("Po", "Ps", "Pe", "Pi", "Pf") and code > 0x7F and code not in (0xB7, 0x2018, 0x201B, 0x2010, 0x2011):
        return STOP
    return GAP


def sorts():
    runs, last = [], None
    for code in range(sys.maxunicode + 1):
        value = sort_of(code)
        if value != last:
            runs.append((code, value))
            last = value
    return runs


def fold(code):
    """Simple folding: the lower case of the upper case, where each is one code point and both are of one word."""
    c = chr(code)
    up = c.upper() if len(c.upper()) == 1 else c
    low = up.lower() if len(up.lower()) == 1 else up
    if len(c.casefold()) == 1 and c.casefold() != low:
        low = c.casefold()
    if code in (0x130, 0x131) or (len(c.lower()) == 1 and c.lower() == c and len(c.casefold()) > 1):
        return code
    if c == "\u1e9e":
        return 0xDF
    return ord(low)


def folds():
    out = []
    for code in range(sys.maxunicode + 1):
        delta = fold(code) - code
        if delta == 0:
            continue
        if out:
            low, high, before, stride = out[-1]
            step = code - high
            if before == delta and (step == stride or (low == high and step in (1, 2))):
                out[-1] = (low, code, delta, step)
                continue
        out.append((code, code, delta, 1))
    return out


def pairs():
    out = []
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) != 2 or parts[0].startswith("<") or unicodedata.normalize("NFC", chr(code)) != chr(code):
            continue
        out.append((int(parts[0], 16), int(parts[1], 16), code))
    return sorted(out)


def write(out, name, what, items, a_line):
    print(f"\nstatic const {what} {name}[] = {{", file=out)
    for i in range(0, len(items), a_line):
        print("    " + " ".join(item + "," for item in items[i:i + a_line]), file=out)
    print("};", file=out)


def main():
    out = sys.stdout
    print("/* SPDX-License-Identifier: MIT */", file=out)
    print(f"/* Unicode {unicodedata.unidata_version}. Written by generate_unicode.py; do not edit. */", file=out)
    write(out, "sort_low", "uint8_t", [str(sort_of(code)) for code in range(0x180)], 32)
    write(out, "sort_runs", "uint32_t", [hex(code << 8 | value) for code, value in sorts()], 10)
    write(out, "fold_runs", "fold_run", [f"{{{a:#x}, {b:#x}, {d}, {s}}}" for a, b, d, s in folds()], 4)
    write(out, "pairs", "uint32_t", [f"{a:#x}, {b:#x}, {c:#x}" for a, b, c in pairs()], 4)


main()
