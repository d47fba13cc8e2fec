#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare numbers and zones with Python's on random questions.

    compare_with_python.py <text_driver> [numbers [seed [zones]]]

The test suite asks few; run it by hand with 1000000 numbers and "all" zones after a change.
"""
import math
import os
import random
import struct
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, getcontext

try:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones
except ImportError:
    print("this Python has no zoneinfo")
    sys.exit(77)

getcontext().prec = 2000
DRIVER = sys.argv[1]
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
ALL_ZONES = len(sys.argv) > 4
EPOCH = datetime(1970, 1, 1)
SYSTEM_ZONES = "/usr/share/zoneinfo"  # what the driver reads
ZONES = """America/New_York Europe/Budapest Australia/Lord_Howe Asia/Kathmandu America/St_Johns
Pacific/Apia Africa/Casablanca Europe/Dublin Asia/Gaza Antarctica/Troll""".split()
rnd = random.Random(SEED)
questions: list[str] = []
answers: list[str] = []


def ask(question: str, answer: object) -> None:
    questions.append(question)
    answers.append(str(answer))


def bits(value: float) -> str:
    return "%016x" % struct.unpack("<Q", struct.pack("<d", value))


def double(pattern: int) -> float:
    return struct.unpack("<d", struct.pack("<Q", pattern))[0]


# ---- numbers ----


def any_double() -> float:
    kind = rnd.randrange(8)
    if kind < 3:
        return double(rnd.getrandbits(64))
    if kind == 3:
        return rnd.randrange(10 ** rnd.randrange(1, 20)) / 10 ** rnd.randrange(12)
    if kind == 4:  # powers of two and what follows them
        return double(rnd.randrange(2047) << 52 | rnd.randrange(3))
    if kind == 5:  # what comes before them
        return double(max(0, (rnd.randrange(2047) << 52) - 1))
    if kind == 6:  # subnormal
        return double(rnd.getrandbits(rnd.randrange(1, 53)))
    return float(rnd.randrange(10 ** rnd.randrange(1, 18))) * 10.0 ** rnd.randrange(-300, 290)


def halfway_text(value: float) -> str:
    """The point between a double and the next, or a decimal very near to it."""
    above = math.nextafter(value, math.inf)
    following = Decimal(2) ** 1024 if math.isinf(above) else Decimal(above)
    mantissa, _, exponent = str((Decimal(value) + following) / 2).partition("E")
    kind = rnd.randrange(4)
    if kind == 1 and "." in mantissa:
        mantissa += "0" * rnd.randrange(100) + "1"
    elif kind == 2 and mantissa[-1] not in "0.":
        mantissa = mantissa[:-1] + str(int(mantissa[-1]) - 1)
    elif kind == 3 and len(mantissa) > 18:
        mantissa = mantissa[: rnd.randrange(17, len(mantissa))].rstrip(".")
    return mantissa + ("E" + exponent if exponent else "")


def any_text(value: float) -> str:
    kind = rnd.randrange(6)
    if kind == 0:
        return repr(value)
    if kind == 1:
        return (f"{rnd.randrange(10 ** rnd.randrange(1, 25))}.{rnd.randrange(10 ** rnd.randrange(1, 25))}"
                f"e{rnd.randrange(-350, 330)}")
    if kind == 2:
        return str(rnd.randrange(10 ** rnd.randrange(1, 40)))
    if kind == 3:
        return f"{rnd.randrange(10 ** rnd.randrange(1, 20))}e{rnd.randrange(-345, 310)}"
    return halfway_text(abs(value))


def parsed(text: str) -> str:
    value = float(text)
    return "bad" if math.isinf(value) else bits(value)


def ask_decimals(value: float) -> None:
    decimals = rnd.randrange(16)
    ask(f"f {decimals} {bits(value)}", f"{value:.{decimals}f}")
    small = rnd.choice([rnd.uniform(-1e4, 1e4), rnd.randrange(-(10**9), 10**9) / 128,
                        (rnd.randrange(-(10**9), 10**9) + 0.5) / 1e6])
    micro = int((Decimal(small) * 1000000).to_integral_value(ROUND_HALF_UP))
    ask(f"m {bits(small)}", micro)
    ask(f"6 {bits(small)}", bits(micro / 10**6))
    scale = rnd.randrange(5)
    money = rnd.choice([value, rnd.randrange(10 ** rnd.randrange(1, 15)) / 10 ** rnd.randrange(6)])
    minor = Decimal(repr(money)).scaleb(scale)
    fits = abs(minor) < 2**63 and minor == minor.to_integral_value()
    ask(f"d {scale} {bits(money)}", int(minor) if fits else "bad")


def ask_numbers() -> None:
    for i in range(COUNT):
        value = any_double()
        if not math.isfinite(value):
            continue
        ask(f"p {bits(value)}", repr(value))
        text = any_text(value)
        ask(f"r {text}", parsed(text))
        if i % 4 == 0:
            ask_decimals(value)


# ---- zones ----


def seconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(seconds=1)


def local_at(zone: ZoneInfo, at: int) -> datetime:
    """Wall time at an instant in microseconds."""
    return (EPOCH.replace(tzinfo=timezone.utc) + timedelta(microseconds=at)).astimezone(zone)


def offset_at(zone: ZoneInfo, second: int) -> int:
    return round(local_at(zone, second * 10**6).utcoffset().total_seconds())


def instant_of(zone: ZoneInfo, local: int) -> int:
    """The earlier instant of a wall time, or the end of the gap that holds it; microseconds."""
    wall = EPOCH + timedelta(microseconds=local)
    at = wall.replace(tzinfo=zone, fold=0).astimezone(timezone.utc)
    found = (at.replace(tzinfo=None) - EPOCH) // timedelta(microseconds=1)
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    low, high = found // 10**6 - 2 * 86400, found // 10**6 + 2 * 86400
    while high - low > 1:  # the first second whose wall time is past `local`
        middle = (low + high) // 2
        past = (middle + offset_at(zone, middle)) * 10**6 > local
        low, high = (low, middle) if past else (middle, high)
    return high * 10**6


def changes(zone: ZoneInfo) -> list[tuple[int, int, int]]:
    """Changes of offset from 1900 to 2120: instant, offsets before and after; seconds."""
    step, found = 3 * 86400, []
    for at in range(seconds(datetime(1900, 1, 1)), seconds(datetime(2120, 1, 1)), step):
        before = offset_at(zone, at)
        if offset_at(zone, at + step) == before:
            continue
        low, high = at, at + step
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset_at(zone, middle) == before else (low, middle)
        found.append((high, before, offset_at(zone, high)))
    return found


def ask_zone(name: str) -> None:
    try:
        zone = ZoneInfo(name)
    except ZoneInfoNotFoundError:
        print(f"the system has no zone {name}")
        return
    ask(f"z {name}", 0)
    for i in range(200):
        years = (1900, 2100) if i % 4 else (2, 9998)
        at = rnd.randrange(seconds(datetime(years[0], 1, 1)), seconds(datetime(years[1], 1, 1))) * 10**6
        at += rnd.randrange(10**6)
        ask(f"o {at}", round(local_at(zone, at).utcoffset().total_seconds()))
        ask(f"D {at}", local_at(zone, at).date().isoformat())
        ask(f"i {at}", instant_of(zone, at))
    for change, before, after in changes(zone):
        ask(f"o {change * 10**6 - 1}", before)
        ask(f"o {change * 10**6}", after)
        ends = (change + before) * 10**6, (change + after) * 10**6
        for local in {e + d for e in ends for d in (-1, 0, 1)} | {sum(ends) // 2}:
            ask(f"i {local}", instant_of(zone, local))


ask_numbers()
if os.path.isdir(SYSTEM_ZONES):
    for zone_name in sorted(available_timezones()) if ALL_ZONES else ZONES:
        ask_zone(zone_name)
else:
    print(f"no {SYSTEM_ZONES}: zones are not compared")

run = subprocess.run([DRIVER], input="\n".join(questions) + "\n", capture_output=True, text=True)
given = run.stdout.splitlines()
if run.returncode != 0 or len(given) != len(questions):
    sys.exit(f"the driver stopped after {len(given)} of {len(questions)} answers\n{run.stderr}")
wrong, current = 0, ""
for question, answer, got in zip(questions, answers, given):
    current = question if question[0] == "z" else current
    if answer != got:
        wrong += 1
        if wrong <= 20:
            print(f"{current} {question}: {got}, expected {answer}")
print(f"{len(questions)} questions, {wrong} wrong answers")
sys.exit(wrong != 0)
