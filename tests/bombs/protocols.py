"""Protocol files that would keep a server at work: aliases, merges, nesting, and tens of thousands of values."""

from __future__ import annotations

from random import Random

SIZE = 256 * 1024


def merges(rng: Random) -> bytes:
    lines = ["a0: &a0 {k: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, rng.randrange(6, 12))]
    return "\n".join(lines).encode()


def nested(rng: Random) -> bytes:
    return rng.choice([b"[", b"{a: ", b"- ", b"? "]) * rng.randrange(3_000, 60_000)


def many_values(rng: Random) -> bytes:
    item = rng.choice([b"a,", b"{a: 1},", b"[],", b"1,"])
    return b"arms: [" + item * ((SIZE - 20) // len(item)) + b"]"


def many_errors(rng: Random) -> bytes:
    return b"".join(b"x%d: {a: 1}\n" % number for number in range(rng.randrange(3_000, 6_600)))


def megabytes(rng: Random) -> bytes:
    return b"a: " + b"x" * (rng.randrange(4, 6) << 20)


KINDS = (merges, nested, many_values, many_errors, megabytes)
