# SPDX-License-Identifier: MIT
"""Health scores from their definitions, in exact fractions, slowly.

Written from docs/reference/semantics.md, "Scores"; it shares no code with the library. A company is attributes over
time, so that every metric is what somebody set; a playbook is the dict that its JSON says. Conditions are `Cond`: their
text for the library, their tree for us.
"""

import decimal
from fractions import Fraction
from functools import lru_cache

decimal.getcontext().prec = 60
MICRO = 1_000_000
DAY = 86_400 * MICRO


class Cond(str):
    """A condition: what the library reads, and `tree`: ("cmp", name, op, number), ("and"|"or", a, b), ("not", a)."""

    def __new__(cls, text, tree):
        made = super().__new__(cls, text)
        made.tree = tree
        return made

    def __deepcopy__(self, _):
        return self


def number(value):
    return None if value is None else Fraction(value)


def round_to(value, digits):
    """Half away from zero."""
    scaled = abs(value) * 10 ** digits
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Fraction(-whole if value < 0 else whole, 10 ** digits)


def is_close_call(value):
    """So near to half a unit that numbers of 53 bits may round it either way."""
    part = abs(value) * MICRO % 1
    return abs(part - Fraction(1, 2)) < Fraction(1, 10_000)


def halvings(count):
    """2 to the power of -count."""
    power = decimal.Decimal(2) ** -(decimal.Decimal(count.numerator) / decimal.Decimal(count.denominator))
    return Fraction(power)


def days(text):
    unit = {"d": 1, "w": 7, "h": Fraction(1, 24)}[text[-1]]
    return Fraction(text[:-1]) * unit


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def truth(tree, value_of):
    """True, False or None, after Kleene."""
    sort = tree[0]
    if sort == "not":
        inner = truth(tree[1], value_of)
        return None if inner is None else not inner
    if sort in ("and", "or"):
        decided = sort == "or"
        sides = [truth(part, value_of) for part in tree[1:]]
        if decided in sides:
            return decided
        return None if None in sides else not decided
    value = value_of(tree[1])
    if value is None:
        return None
    if len(tree) == 2:
        return bool(value)
    return {"<": value < tree[3], "<=": value <= tree[3], ">": value > tree[3], ">=": value >= tree[3],
            "==": value == tree[3], "!=": value != tree[3]}[tree[2]]


class Company:
    """since: {customer: micros}; attributes: {(customer, name): [(micros, value or None), ...]};
    overrides: [(customer, score, at, value or None, expires or None)]; mrr: {customer: minor units}."""

    def __init__(self, since, attributes, overrides=(), mrr=None):
        self.since, self.attributes, self.overrides, self.mrr = since, attributes, list(overrides), mrr or {}

    def there(self, at):
        return sorted((c for c, begin in self.since.items() if begin <= at), key=str.encode)

    def value(self, customer, name, at):
        found = None
        for begin, value in self.attributes.get((customer, name), []):
            if begin <= at:
                found = value
        return found


# ---- points ----

def on_curve(points, x):
    if x <= points[0][0]:
        return Fraction(points[0][1])
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if x <= x1:
            x0, y0, x1, y1 = map(Fraction, (x0, y0, x1, y1))
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return Fraction(points[-1][1])


def on_steps(points, x, right):
    if right:
        for limit, y in points:
            if x <= limit:
                return Fraction(y)
        return Fraction(points[-1][1])
    found = points[0][1]
    for begin, y in points:
        if x >= begin:
            found = y
    return Fraction(found)


DEFAULTS = {"percentile": [[0, 0], [1, 100]], "robust_z": [[-3, 0], [3, 100]], "trend": [[-0.1, 0], [0, 60], [0.1, 100]],
            "score": [[0, 0], [100, 100]], "roll_up": [[0, 0], [100, 100]]}


def curve_of(factor):
    if "curve" in factor or "steps" in factor or "points" in factor or "expression" in factor:
        return factor.get("curve")
    for sort, standard in DEFAULTS.items():
        if sort in factor:
            if factor.get("direction") != "lower":
                return standard
            ys = [y for _, y in standard]
            return [[x, y] for (x, _), y in zip(standard, reversed(ys))]
    raise AssertionError(factor)


def points_of(factor, value):
    """None: not one of the words."""
    if "points" in factor:
        word = value if isinstance(value, str) else "true" if value else "false"
        given = factor["points"].get(word, factor.get("otherwise"))
        return number(given)
    if "steps" in factor:
        return on_steps(factor["steps"], value, factor.get("ends") == "right")
    return on_curve(curve_of(factor), value)


def extremes(factor):
    if "expression" in factor:
        return Fraction(0), Fraction(100)
    if "points" in factor:
        ys = list(factor["points"].values()) + ([factor["otherwise"]] if "otherwise" in factor else [])
    else:
        ys = [y for _, y in factor.get("steps") or curve_of(factor)]
    return Fraction(min(ys)), Fraction(max(ys))


def extremes_between(factor, low, high):
    """Of a curve over a stretch."""
    if "steps" in factor:
        xs = [low, high] + [Fraction(x) for x, _ in factor["steps"] if low <= x <= high]
    else:
        xs = [low, high] + [Fraction(x) for x, _ in curve_of(factor) if low <= x <= high]
    ys = [points_of(factor, x) for x in xs]
    return min(ys), max(ys)


class Factor:
    """What became of one factor."""

    def __init__(self, spec, ident, path):
        self.spec, self.id, self.path = spec, ident, path
        self.covered = False       # its input is there
        self.points = None         # None: absent
        self.share = Fraction(1)   # of its weight that is left
        self.known = Fraction(0)   # of its weight that counts as covered
        self.least, self.greatest = extremes(spec)
        self.low, self.high = self.least, self.greatest
        self.weight = Fraction(spec.get("weight", 1))
        self.effective = Fraction(0)
        self.substituted = False   # value, worst, best
        self.exact = []

    def open_from(self):
        """The least points it may have, not being there: of a score more is known than its curve."""
        return self.low if "score" in self.spec else self.least


def factor_id(spec):
    return spec.get("id") or spec.get("metric") or spec.get("score") or spec["roll_up"]["score"]


class Twin:
    def __init__(self, book, company):
        self.book, self.company = book, company
        self.metrics = {m["id"]: m for m in book["metrics"]}
        self.segments = {s["id"]: s for s in book.get("segments", [])}
        self.scores = {s["id"]: s for s in book["scores"]}
        self.result = lru_cache(maxsize=None)(self._result)
        self.segment = lru_cache(maxsize=None)(self._segment)

    # ---- inputs ----

    def metric(self, name, customer, at):
        value = self.company.value(customer, self.metrics[name]["attribute"], at)
        return value if value is None or isinstance(value, (str, bool)) else Fraction(value)

    def named(self, customer, at):
        def value_of(name):
            space, _, rest = name.partition(".")
            if space == "metric":
                return self.metric(rest, customer, at)
            if space == "segment":
                return self.segment(rest, customer, at)
            result = self.result(space, customer, at)
            if rest == "score":
                return result.value
            raise AssertionError(name)
        return value_of

    def _segment(self, name, customer, at):
        return truth(self.segments[name]["when"].tree, self.named(customer, at))

    def first_segment(self, customer, at):
        for name in self.segments:
            if self.segment(name, customer, at) is True:
                return name
        return None

    def past(self, name, customer, at, part):
        every = days(part["every"]) * DAY
        values = [self.metric(name, customer, at - every * k) for k in range(1, part["periods"] + 1)]
        return [v for v in values if v is not None]

    def members(self, spec, part, customer, at):
        """Values to compare with; None: there is nothing to compare with."""
        among, name = part["among"], spec["metric"]
        if among == "self":
            return self.past(name, customer, at, part)
        if among in self.book.get("references", {}):
            reference = self.book["references"][among]
            counts = reference.get("counts", [1] * len(reference["values"]))
            return [Fraction(v) for v, n in zip(reference["values"], counts) for _ in range(n)]
        group = None
        if among == "segment":
            group = self.first_segment(customer, at)
            if group is None:
                return None
        elif among.startswith("segment."):
            group = among[len("segment."):]
        people = [c for c in self.company.there(at) if group is None or self.segment(group, c, at) is True]
        values = [self.metric(name, c, at) for c in people]
        return [v for v in values if v is not None]

    def compared(self, spec, customer, at):
        sort = "percentile" if "percentile" in spec else "robust_z"
        part, value = spec[sort], self.metric(spec["metric"], customer, at)
        if value is None:
            return None
        values = self.members(spec, part, customer, at)
        if values is None or len(values) < part.get("fewest", 2):
            return None
        if sort == "percentile":
            less, equal = sum(v < value for v in values), sum(v == value for v in values)
            return (less + Fraction(equal, 2)) / len(values)
        middle = median(values)
        off = [abs(v - middle) for v in values]
        spread = Fraction("1.4826") * median(off)
        if spread == 0:
            spread = Fraction("1.253314") * sum(off) / len(off)
        if spread == 0:
            return Fraction(0) if value == middle else None
        return (value - middle) / spread

    def trend(self, spec, customer, at):
        part = spec["trend"]
        every = days(part["every"]) * DAY
        begun = self.company.since[customer]
        back = [k for k in range(part["periods"]) if at - every * k >= begun]
        pairs = [(-k, self.metric(spec["metric"], customer, at - every * k)) for k in back]
        pairs = [(x, y) for x, y in pairs if y is not None]
        if self.metric(spec["metric"], customer, at) is None or len(pairs) < part["fewest"]:
            return None
        slopes = [(y1 - y0) / (x1 - x0) for i, (x0, y0) in enumerate(pairs) for x1, y1 in pairs[:i]]
        level = median([abs(y) for _, y in pairs])
        return None if level == 0 or not slopes else median(slopes) / level

    def children(self, part, customer, at):
        """None: a circle."""
        people = self.company.there(at)
        parent = {c: self.company.value(c, "parent", at) for c in people}

        def below(c):
            return [x for x in people if parent[x] == c]
        if part.get("of", "children") == "children":
            return None if self.circular(customer, parent) else below(customer)
        found, todo = [], below(customer)
        while todo:
            c = todo.pop()
            if c == customer or c in found:
                return None
            found.append(c)
            todo += below(c)
        return sorted(found, key=str.encode)

    @staticmethod
    def circular(customer, parent):
        seen, up = set(), parent.get(customer)
        while up is not None and up not in seen:
            if up == customer:
                return True
            seen.add(up)
            up = parent.get(up)
        return False

    def roll_up(self, spec, customer, at):
        part = spec["roll_up"]
        children = self.children(part, customer, at)
        if children is None:
            return None
        results = [(c, self.result(part["score"], c, at)) for c in children]
        results = [(c, r) for c, r in results if r.value is not None]
        if part["take"] == "mrr":
            results = [(c, r) for c, r in results if self.company.mrr.get(c) is not None]
        values = sorted(r.value for _, r in results)
        if not values:
            return None
        take = part["take"]
        if take == "mean":
            return sum(values) / len(values)
        if take in ("min", "max"):
            return values[0 if take == "min" else -1]
        if take in ("median", "quantile"):
            place = (len(values) - 1) * (Fraction(1, 2) if take == "median" else Fraction(part["q"]))
            low = int(place)
            high = min(low + 1, len(values) - 1)
            return values[low] + (values[high] - values[low]) * (place - low)
        if take == "worst":
            some = values[:part["k"]]
            return sum(some) / len(some)
        if take == "any":
            bands = self.bands(self.scores[part["score"]], {})
            names = [name for name, _ in bands]
            worst = any(names.index(r.band) >= names.index(part["band"]) for _, r in results)
            return Fraction(0 if worst else 100)
        weights = [self.company.mrr[c] for c, _ in results]
        if sum(weights) == 0:
            return sum(values) / len(values)
        return sum(w * r.value for w, (_, r) in zip(weights, results)) / Fraction(sum(weights))

    def raw_input(self, spec, customer, at):
        if "percentile" in spec or "robust_z" in spec:
            return self.compared(spec, customer, at)
        if "trend" in spec:
            return self.trend(spec, customer, at)
        if "score" in spec:
            return self.result(spec["score"], customer, at).value
        if "roll_up" in spec:
            return self.roll_up(spec, customer, at)
        return self.metric(spec["metric"], customer, at)

    # ---- one factor ----

    def state(self, factor, customer, at):
        spec = factor.spec
        if "expression" in spec:
            value = spec["expression"].compute(self.named(customer, at))
            points = None if value is None else min(max(value, Fraction(0)), Fraction(100))
        else:
            value = self.raw_input(spec, customer, at)
            points = None if value is None else points_of(spec, value)
        if points is not None:
            self.present(factor, points, customer, at)
        else:
            self.absent(factor, customer, at)

    def present(self, factor, points, customer, at):
        spec = factor.spec
        factor.covered, factor.points, factor.known = True, points, Fraction(1)
        if "decay" in spec:
            age = self.metric(spec["decay"]["by"], customer, at)
            after = Fraction(spec["decay"].get("after", 0))
            if age is not None and age > after:
                factor.share = halvings((age - after) / Fraction(spec["decay"]["half_life"]))
        low = high = points
        if "score" in spec:
            inner = self.result(spec["score"], customer, at)
            factor.exact = inner.exact
            factor.known = inner.coverage
            low, high = extremes_between(spec, inner.low, inner.high)
        factor.known *= factor.share
        factor.low, factor.high = low, high
        if "score" not in spec:
            factor.low = factor.share * low + (1 - factor.share) * factor.least
            factor.high = factor.share * high + (1 - factor.share) * factor.greatest

    def absent(self, factor, customer, at):
        spec, policy = factor.spec, factor.spec.get("missing", "exclude")
        if "score" in spec:  # where it lies is known even so
            inner = self.result(spec["score"], customer, at)
            factor.exact = inner.exact
            factor.low, factor.high = extremes_between(spec, inner.low, inner.high)
        factor.substituted = policy in ("value", "worst", "best")
        if policy == "value":
            factor.points = points_of(spec, spec["value"] if isinstance(spec["value"], (str, bool)) else Fraction(spec["value"]))
        elif policy == "worst":
            factor.points = factor.low
        elif policy == "best":
            factor.points = factor.high
        elif isinstance(policy, dict):
            self.carry(factor, policy["carry"], customer, at)

    def carry(self, factor, part, customer, at):
        every = days(part.get("every", "1d"))
        for k in range(1, int(days(part["max_age"]) / every) + 1):
            value = self.metric(factor.spec["metric"], customer, at - every * k * DAY)
            points = None if value is None else points_of(factor.spec, value)
            if value is not None:
                factor.points = points
                if "half_life" in part:
                    factor.share = halvings(every * k / days(part["half_life"]))
                return

    # ---- a score ----

    def card(self, score, customer, at):
        for name in self.segments:
            if name in score.get("segments", {}) and self.segment(name, customer, at) is True:
                return name
        return None

    def layers(self, score, card):
        """What cards say, the nearest first."""
        found = []
        while card is not None:
            found.append(score["segments"][card])
            card = found[-1].get("from")
        return found

    def bands(self, score, layers):
        bands = {}
        for source in [score, *reversed(list(layers))]:
            for name, band in source.get("bands", {}).items():
                bands[name] = Fraction(band["from"] if isinstance(band, dict) else band)
        return sorted(bands.items(), key=lambda item: -item[1])

    def _result(self, name, customer, at):
        return Result(self, self.scores[name], customer, at)


def layered(spec, layers, kind, ident):
    """A definition with what cards change of it."""
    merged = dict(spec)
    for layer in reversed(layers):
        change = layer.get(kind, {}).get(ident, {})
        if kind == "factors" and change and any(k in change for k in ("curve", "steps", "points")):
            merged = {k: v for k, v in merged.items() if k not in ("curve", "steps", "points")}
        merged.update({k: v for k, v in change.items() if k not in ("factors", "groups")})
    return merged


def flat_changes(change):
    """What a card changes, by id."""
    groups = change.get("groups", {})
    factors = {ident: factor for group in groups.values() for ident, factor in group.get("factors", {}).items()}
    return {"groups": groups, "factors": factors, "caps": change.get("caps", {})}


def groups_of(score):
    """Those of a score that is nothing but a roll-up, too."""
    return score.get("groups") or [{"id": "own", "factors": [{"roll_up": score["roll_up"]}]}]


class Result:
    """The score of a customer at a date: factors, raw, value (None: missing), coverage, low, high, band, card."""

    def __init__(self, twin, score, customer, at, card=False):
        self.twin, self.spec, self.customer, self.at = twin, score, customer, at
        self.card = twin.card(score, customer, at) if card is False else card
        self.layers = [flat_changes(layer) for layer in twin.layers(score, self.card)]
        plain = twin.layers(score, self.card)
        self.bands = twin.bands(score, plain)
        self.min_coverage = Fraction(score.get("min_coverage", 0.5))
        for layer in reversed(plain):
            self.min_coverage = Fraction(layer.get("min_coverage", self.min_coverage))
        self.factors, self.groups = [], {}
        tree = [self.read(group, ()) for group in groups_of(score)]
        for factor in self.factors:
            twin.state(factor, customer, at)
        self.raw = self.fold(tree, Fraction(1))
        if any(f.spec.get("missing") == "error" and not f.covered for f in self.factors):
            self.raw = None
        covered = self.whole(tree, lambda f: f.known)
        self.coverage = round_to(covered, 12)
        self.coverage_is_close = abs(covered * 10 ** 12 % 1 - Fraction(1, 2)) < Fraction(1, 100)
        low, high = self.whole(tree, lambda f: f.low), self.whole(tree, lambda f: f.high)
        self.cap_lines, self.overridden = [], False
        capped, low, high = self.caps(self.raw, low, high)
        self.finish(capped, low, high)

    def read(self, group, path):
        spec = layered(group, self.layers, "groups", group["id"])
        path = path + (group["id"],)
        node = {"id": group["id"], "weight": Fraction(spec.get("weight", 1)), "members": []}
        for factor in group.get("factors", []):
            ident = factor_id(factor)
            made = Factor(layered(factor, self.layers, "factors", ident), ident, path)
            self.factors.append(made)
            node["members"].append(made)
        node["members"] += [self.read(inner, path) for inner in group.get("groups", [])]
        return node

    # ---- sums ----

    def present_weight(self, member):
        if isinstance(member, Factor):
            return member.weight * member.share if member.points is not None else Fraction(0)
        return member["weight"] if any(self.present_weight(m) > 0 for m in member["members"]) else Fraction(0)

    def fold(self, members, effective):
        """The weighted mean of what is there, None for nothing; notes effective weights."""
        total = sum(map(self.present_weight, members))
        if total == 0:
            return None
        mean = Fraction(0)
        for member in members:
            weight = self.present_weight(member)
            if weight == 0:
                continue
            if isinstance(member, Factor):
                member.effective = effective * weight / total
                value = member.points
            else:
                value = self.fold(member["members"], effective * weight / total)
                self.groups[member["id"]] = value
            mean += weight / total * value
        return mean

    def has_weight(self, member):
        return member.weight > 0 if isinstance(member, Factor) else \
            member["weight"] > 0 and any(map(self.has_weight, member["members"]))

    def whole(self, members, part):
        members = [m for m in members if self.has_weight(m)]
        total = sum(m.weight if isinstance(m, Factor) else m["weight"] for m in members)
        if total == 0:
            return Fraction(0)
        return sum(m.weight / total * part(m) if isinstance(m, Factor)
                   else m["weight"] / total * self.whole(m["members"], part) for m in members)

    # ---- caps ----

    def override(self):
        policy = self.spec.get("overrides", {})
        if policy.get("ignore"):
            return None
        found = None
        for customer, score, at, value, expires in self.twin.company.overrides:
            if customer == self.customer and score == self.spec["id"] and at <= self.at and (found is None or at >= found[0]):
                found = (at, value, expires)
        if found is None or found[1] is None or (found[2] is not None and found[2] <= self.at):
            return None
        if "max_age" in policy and found[0] + days(policy["max_age"]) * DAY <= self.at:
            return None
        return Fraction(found[1])

    def critical(self, cap):
        ids = cap["critical"]
        chosen = [f for f in self.factors if ids == "any" or f.id in ids]
        poor = sum(f.covered and round_to(f.points, 6) < cap["below"] for f in chosen)
        open_ = sum(not f.covered and f.open_from() < cap["below"] for f in chosen)
        fewest = cap.get("fewest", 1)
        return True if poor >= fewest else None if poor + open_ >= fewest else False

    def cap_truth(self, cap):
        if "critical" in cap:
            return self.critical(cap)
        value_of = self.twin.named(self.customer, self.at)
        when = truth(cap["when"].tree, value_of)
        if "unless" in cap:
            unless = truth(cap["unless"].tree, value_of)
            return truth(("and", ("is", "when"), ("is", "unless")),
                         {"when": when, "unless": None if unless is None else not unless}.get)
        return when

    def caps(self, score, low, high):
        caps = list(self.spec.get("caps", []))
        if not any(set(cap) == {"id"} for cap in caps):
            caps.append({"id": "override"})
        for cap in caps:
            if set(cap) == {"id"}:
                value = self.override()
                if value is not None:
                    self.note("override", cap["id"], score, value)
                    score = low = high = value
                    self.overridden = True
                continue
            cap = layered(cap, self.layers, "caps", cap["id"])
            if cap.get("off"):
                continue
            is_floor = "at_least" in cap
            bound = Fraction(cap["at_least" if is_floor else "at_most"])
            act = (lambda v: max(v, bound)) if is_floor else (lambda v: min(v, bound))
            holds = self.cap_truth(cap)
            if holds is True:
                if score is not None:
                    self.note("floor" if is_floor else "cap", cap["id"], score, act(score))
                    score = act(score)
                low, high = act(low), act(high)
            elif holds is None:
                low, high = (low, act(high)) if is_floor else (act(low), high)
        return score, low, high

    def note(self, kind, ident, before, after):
        effect = None if before is None else round_to(after, 6) - round_to(before, 6)
        if effect != 0 or kind == "override":
            self.cap_lines.append((kind, ident, effect))

    def finish(self, score, low, high):
        """`exact`: what is rounded, here or in a score or group that this one stands on."""
        self.exact = [value for value in (self.raw, score, low, high, *self.groups.values()) if value is not None]
        for factor in self.factors:
            self.exact += factor.exact
        self.low, self.high = round_to(low, 6), round_to(high, 6)
        there = score is not None and (self.overridden or float(self.coverage) >= float(self.min_coverage))
        self.value = round_to(score, 6) if there else None
        self.band = self.band_of(self.value) if there else "unknown"
        self.certain = there and self.band_of(self.low) == self.band_of(self.high)

    def band_of(self, value):
        for name, low in self.bands:
            if value >= low:
                return name
        return self.bands[-1][0]

    # ---- explanations ----

    def lines(self, baseline=None):
        """[(kind, name, contribution in units of 1e-6)] that add up to the score before it is missing."""
        base = Fraction(self.spec.get("baseline", 50) if baseline is None else baseline)
        shares = [f.effective * (f.points - base) * MICRO for f in self.factors if f.points is not None]
        target = int(round_to(self.raw, 6) * MICRO) - int(round_to(base, 6) * MICRO)
        parts = spread(shares, target)
        names = [f.id for f in self.factors if f.points is not None]
        rows = sorted(zip(names, parts), key=lambda row: -abs(row[1]))
        return ([("baseline", "baseline", int(round_to(base, 6) * MICRO))] + [("factor", n, p) for n, p in rows] +
                [(kind, name, int(effect * MICRO)) for kind, name, effect in self.cap_lines])


def spread(shares, target):
    """Whole parts of shares that add up to the target: floors, then what is left to those that lost most, the first of
    equals. The library's numbers have 53 bits: what differs by less than a ten-thousandth is equal."""
    parts = [int(share // 1) for share in shares]
    for _ in range(target - sum(parts)):
        best = 0
        for i, share in enumerate(shares):
            if share - parts[i] > shares[best] - parts[best] + Fraction(1, 10_000):
                best = i
        parts[best] += 1
    return parts


# ---- changes ----

def step(before, after, middle):
    """[(id, what points moved, what weights moved, whether a value stands in on one side)]."""
    old = {f.id: f for f in before.factors}
    pairs = [(old.get(f.id), f) for f in after.factors]
    new = {f.id for f in after.factors}
    pairs += [(f, None) for f in before.factors if f.id not in new]
    rows = []
    for a, b in pairs:
        p0, p1 = (None if f is None else f.points for f in (a, b))
        if p0 is None and p1 is None:
            continue
        e0, e1 = (Fraction(0) if f is None or f.points is None else f.effective for f in (a, b))
        p0, p1 = p1 if p0 is None else p0, p0 if p1 is None else p1
        points = (e1 + e0) * (p1 - p0) / 2
        weights = ((p1 - middle) + (p0 - middle)) * (e1 - e0) / 2
        stands_in = (a is not None and a.substituted) != (b is not None and b.substituted)
        rows.append(((b or a).id, points, weights, stands_in))
    return rows


def change_lines(before, configured, carded, after):
    """The lines between two scores that are there: [(kind, name, contribution in units of 1e-6)]."""
    found = []
    for kind, a, b in (("configuration", before, configured), ("card", configured, carded)):
        if a is not b:
            found += [(kind, name, points + weights) for name, points, weights, _ in step(a, b, (a.raw + b.raw) / 2)]
    data = step(carded, after, (carded.raw + after.raw) / 2)
    found += [("behaviour", name, points) for name, points, _, stands_in in data if not stands_in]
    found += [("missing", name, points + weights if stands_in else weights) for name, points, weights, stands_in in data]
    found = [line for line in found if line[2] != 0]
    target = int((round_to(after.raw, 6) - round_to(before.raw, 6)) * MICRO)
    parts = spread([share * MICRO for _, _, share in found], target)
    lines = []
    for kind in ("configuration", "card", "behaviour", "missing"):
        of_kind = [(k, name, part) for (k, name, _), part in zip(found, parts) if k == kind and part != 0]
        lines += sorted(of_kind, key=lambda line: -abs(line[2]))
    return lines + cap_changes(before, after)


def cap_changes(before, after):
    was = {(kind == "override", name): (kind, effect) for kind, name, effect in before.cap_lines}
    now = {(kind == "override", name): (kind, effect) for kind, name, effect in after.cap_lines}
    lines = []
    for key in [*now, *(key for key in was if key not in now)]:
        moved = now.get(key, (None, 0))[1] - was.get(key, (None, 0))[1]
        if moved != 0:
            lines.append(((now.get(key) or was[key])[0], key[1], int(moved * MICRO)))
    return sorted(lines)
