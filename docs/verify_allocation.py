"""Check an allocation without this project: Python's standard library and three things that were published.

    python3 verify_allocation.py CERTIFICATE.json POPULATION.csv [--seed HEX] [--customer ID ...]

POPULATION.csv has the column id and, where the design uses them, stratum, cluster and barred (the arms that the
customer may not get). The seed stands in the certificate once it is released, or is given here. The draw is repeated
and compared: the seed with its commitment, the counts of every stratum and arm, everybody's arm with the digest.
With --customer, that customer's arm is printed. Exit 0: all agrees. 1: something does not, and is named. 2: it
cannot be checked here (bad input; matched pairs, a rerandomised or a two-stage design).

The method. All chance is SHA-256. P(label) is the SHA-256, in hexadecimal, of seed NUL trial [NUL label]. A unit's
key is the first 8 bytes of SHA-256(P || id). Simple design: the key, as a share of 2^64, falls in an arm's interval.
Otherwise each stratum's shares become whole numbers by unbiased rounding (Cox 1987, JASA 82:520); its units, in
order of (key, id), are cut into runs of those lengths; a shuffle says which arm takes which run. A cluster is one
unit, assigned by its own id. A hold-out is a cell beside the arms, and stays on the comparison arm.
"""

import argparse
import csv
import json
import sys
from collections import Counter, defaultdict
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise
from math import gcd, lcm
from pathlib import Path


def stop(problem):
    print(f"cannot check: {problem}", file=sys.stderr)
    sys.exit(2)


class Chance:
    """Everything random about one draw."""

    def __init__(self, seed, trial, scope):
        self.seed, self.trial, self.scope = seed, trial, scope
        self.key_start = self.start("keys" if scope else "")

    def start(self, label):
        label = f"{self.scope}/{label}" if self.scope else label
        return sha256("\0".join([self.seed, self.trial] + [label] * bool(label)).encode()).hexdigest()

    def key(self, unit):
        return int.from_bytes(sha256((self.key_start + unit).encode()).digest()[:8], "big")

    def numbers(self, label):
        """A function whose results are whole numbers below a bound, each equally likely."""
        start, blocks = self.start(label), iter(range(10**12))

        def below(bound):
            while True:
                number = int.from_bytes(sha256(f"{start}{next(blocks)}".encode()).digest(), "big")
                if number < 2**256 - 2**256 % bound:
                    return number % bound

        return below


def rounded(table, whole, groups, below):
    """Fractions (numerators over `whole`) to whole numbers, without bias.

    Row totals are exact; cells, columns, and each group of columns, in a row and overall, are within 1.
    """
    part, joined = {}, defaultdict(set)  # each arc's fractional part; the nodes that open arcs join (never a cycle)

    def way(node, end, came_from=None):
        if node == end:
            return [node]
        for neighbour in joined[node] - {came_from}:
            if rest := way(neighbour, end, node):
                return [node, *rest]
        return None

    def add(tail, head, numerator):
        part[tail, head] = numerator % whole
        if part[tail, head] == 0:
            return
        back = way(head, tail)
        joined[tail].add(head)
        joined[head].add(tail)
        if back is None:
            return
        steps = [(tail, head), *pairwise(back)]
        ahead = [step for step in steps if step in part]
        against = [(b, a) for a, b in steps if (a, b) not in part]
        up = min([whole - part[arc] for arc in ahead] + [part[arc] for arc in against])
        down = min([part[arc] for arc in ahead] + [whole - part[arc] for arc in against])
        change = up if below(up + down) < down else -down
        for arc in ahead + against:
            part[arc] += change if arc in ahead else -change
            if part[arc] in (0, whole):
                joined[arc[0]].discard(arc[1])
                joined[arc[1]].discard(arc[0])

    cells, totals = range(len(groups)), [sum(column) for column in zip(*table, strict=True)]
    for j, row in enumerate(table):
        for group in sorted(set(groups)):
            add(("row", j), ("part", j, group), sum(row[k] for k in cells if groups[k] == group))
        for k in cells:
            add(("part", j, groups[k]), ("cell", k), row[k])
    for k in cells:
        add(("cell", k), ("group", groups[k]), totals[k])
    for group in sorted(set(groups)):
        add(("group", group), "total", sum(totals[k] for k in cells if groups[k] == group))
    up = [[part[("part", j, groups[k]), ("cell", k)] == whole for k in cells] for j in range(len(table))]
    return [[row[k] // whole + up[j][k] for k in cells] for j, row in enumerate(table)]


def weights_of(certificate, barred):
    """The arms' weights in lowest terms, zero where barred; then the hold-out's, which is the same share for all."""
    weights = [0 if arm["id"] in barred.split() else arm["weight"] for arm in certificate["arms"]]
    if certificate["hold_out"]:
        held = Fraction(certificate["hold_out"])
        weights = [w * (held.denominator - held.numerator) for w in weights] + [held.numerator * sum(weights)]
    return [weight // gcd(*weights) for weight in weights]


def cells_of(units, certificate, chance):
    """The cell of every unit: an arm's place, or one more for the hold-out. `units` maps ids to (stratum, barred)."""
    rows = sorted(set(units.values()))
    weights = [weights_of(certificate, barred) for _, barred in rows]
    if certificate["method"] == "simple":
        cuts = [[sum(w[: k + 1]) * 2**64 // sum(w) for k in range(len(w) - 1)] for w in weights]
        cuts_of = dict(zip(rows, cuts, strict=True))
        return {unit: sum(chance.key(unit) >= cut for cut in cuts_of[row]) for unit, row in units.items()}
    members = defaultdict(list)
    for unit, row in units.items():
        members[row].append((chance.key(unit), unit))
    whole = lcm(*map(sum, weights))
    table = [[len(members[row]) * x * (whole // sum(w)) for x in w] for row, w in zip(rows, weights, strict=True)]
    below, cells = chance.numbers("intervals"), {}
    table = rounded(table, whole, certificate["groups"], chance.numbers("rounding"))
    for row, counts in zip(rows, table, strict=True):
        order = list(range(len(counts)))
        for last in range(len(order) - 1, 0, -1):
            other = below(last + 1)
            order[last], order[other] = order[other], order[last]
        queue = [cell for cell in order for _ in range(counts[cell])]
        cells.update(zip((unit for _, unit in sorted(members[row])), queue, strict=True))
    return cells


def read_population(path, clustered):
    """Each customer's unit, and each unit's (stratum, barred); a cluster is barred from what any member is."""
    unit_of, units = {}, {}
    with Path(path).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            row = {name: (value or "").removeprefix("'") for name, value in row.items()}  # marked for spreadsheets
            if row["id"] in unit_of:
                stop(f"id {row['id']} occurs twice")
            unit_of[row["id"]] = unit = row["cluster" if clustered else "id"]
            stratum, barred = row.get("stratum") or "everybody", set((row.get("barred") or "").split())
            if units.setdefault(unit, (stratum, barred))[0] != stratum:
                stop(f"the stratum varies within cluster {unit}")
            units[unit][1].update(barred)
    return unit_of, {unit: (stratum, " ".join(sorted(barred))) for unit, (stratum, barred) in units.items()}


def differences(certificate, seed, arms, unit_of, units, cells):
    """Whatever does not agree with the certificate, one sentence each. `arms` has the arm of each cell."""
    if sha256(bytes.fromhex(seed)).hexdigest() != certificate["seed_commitment"]:
        yield "the seed is not the one that was committed to"
    by_unit = Counter((*units[unit], cell) for unit, cell in cells.items())
    by_customer = Counter((*units[unit], arms[cells[unit]]) for unit in unit_of.values())
    certified = {(row["stratum"], row["barred"]): row for row in certificate["strata"]}
    for key in sorted(set(certified) | set(units.values())):
        units_here = [by_unit[(*key, cell)] for cell in range(len(arms))]
        customers_here = [by_customer[(*key, arm["id"])] for arm in certificate["arms"]]
        for what, here in (("units", units_here), ("customers", customers_here)):
            stated = certified[key][what] if key in certified else "not listed"
            if here != stated:
                yield f"stratum {key[0]!r} {key[1]}: {what} are {here} here, {stated} in the certificate"
    leaves, whole = defaultdict(list), sha256()
    for id, unit in unit_of.items():
        leaves[arms[cells[unit]]].append(sha256(id.encode()).digest()[:8])
    for arm in sorted(leaves):
        whole.update(arm.encode() + b"\0" + len(leaves[arm]).to_bytes(8, "big") + b"".join(sorted(leaves[arm])))
    if whole.hexdigest() != certificate["allocation_digest"]:
        yield "the allocation's digest is not the one that this population and seed give"


def main():
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("certificate")
    reader.add_argument("population")
    reader.add_argument("--seed")
    reader.add_argument("--customer", action="append", default=[])
    given = reader.parse_args()
    certificate = json.loads(Path(given.certificate).read_text(encoding="utf-8"))
    seed = given.seed or certificate["seed"]
    if seed is None:
        stop("the seed is not released; give it with --seed")
    known = certificate["algorithm"] in ("keyed-sha256-1", "keyed-sha256-2")  # they differ in how strata were merged
    if not known or certificate["method"] not in ("simple", "complete", "factorial"):
        stop(f"this page does not cover {certificate['algorithm']}, {certificate['design']}")
    unit_of, units = read_population(given.population, certificate["clustered"])
    arms = [arm["id"] for arm in certificate["arms"]] + [certificate["comparison"]] * bool(certificate["hold_out"])
    cells = cells_of(units, certificate, Chance(seed, certificate["trial"], certificate["scope"]))
    for id in given.customer:
        held = ", held out" if id in unit_of and cells[unit_of[id]] == len(certificate["arms"]) else ""
        print(f"{id}: {arms[cells[unit_of[id]]]}{held}" if id in unit_of else f"{id}: not in the population")
    wrong = list(differences(certificate, seed, arms, unit_of, units, cells))
    print("\n".join(wrong) or f"Confirmed: {len(unit_of)} customers, digest {certificate['allocation_digest']}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
