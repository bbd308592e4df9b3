"""Every random number of an allocation, from one seed.

A stream is named by its label. Block *i* of the stream is ``SHA-256(P || i)``, with *i* in decimal digits and

    P = the 64 lower-case hexadecimal characters of SHA-256(seed || 0x00 || trial id || 0x00 || label),

where the seed is itself 64 lower-case hexadecimal characters. Keys use the same P without a label. Whole numbers
below a bound come by rejection, so they are uniform exactly, not nearly. Nothing else is needed to repeat a draw,
and every engine that has SHA-256 can do it.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from designs.errors import DesignRefused

_SEED = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 256


class Uniform(Protocol):
    """A source of whole numbers, each equally likely: what the schemes ask of a stream."""

    def below(self, bound: int) -> int:
        """A whole number from 0 to ``bound - 1``."""
        ...


def draw_seed() -> str:
    """A fresh 256-bit seed from the operating system, as 64 lower-case hexadecimal characters.

    Examples:
        >>> len(draw_seed()), draw_seed() == draw_seed()
        (64, False)
    """
    return secrets.token_hex(32)


def checked_seed(seed: str) -> str:
    """The seed itself, refused unless it is 64 lower-case hexadecimal characters."""
    if not _SEED.fullmatch(seed):
        raise DesignRefused(
            "the seed is not 64 lower-case hexadecimal characters",
            rule="every engine must hash the same bytes of the seed",
            remedy="use the seed exactly as it was drawn or released",
        )
    return seed


def commitment(seed: str) -> str:
    """SHA-256 of the seed's 32 bytes, in hexadecimal: published before the draw, it binds without revealing.

    Examples:
        >>> commitment("00" * 32)[:16]
        '66687aadf862bd77'
    """
    return sha256(bytes.fromhex(checked_seed(seed))).hexdigest()


def prefix(seed: str, trial_id: str, label: str | None = None) -> bytes:
    """The 64 characters that precede a unit's id (no label) or a block's number (with one) in every hash.

    Examples:
        >>> prefix("ab" * 32, "small-debts-2026").decode()[:8]
        '96d3008a'
    """
    if not trial_id or "\x00" in trial_id or (label is not None and "\x00" in label):
        raise DesignRefused("a trial id must not be empty, nor may it or a label hold a NUL character", where=trial_id)
    parts = [checked_seed(seed), trial_id] if label is None else [checked_seed(seed), trial_id, label]
    return sha256("\x00".join(parts).encode()).hexdigest().encode()


class Stream:
    """The numbers of one labelled stream, in order.

    Examples:
        >>> stream = Stream("ab" * 32, "small-debts-2026", "rounding")
        >>> [stream.below(10) for _ in range(5)]
        [1, 9, 6, 4, 0]
    """

    def __init__(self, seed: str, trial_id: str, label: str) -> None:
        self._prefix = prefix(seed, trial_id, label)
        self._next = 0

    def below(self, bound: int) -> int:
        """A whole number from 0 to ``bound - 1``, each with probability exactly 1 / ``bound``."""
        fair = _BLOCK - _BLOCK % bound
        while True:
            block = int.from_bytes(sha256(self._prefix + str(self._next).encode()).digest(), "big")
            self._next += 1
            if block < fair:
                return block % bound


@dataclass(frozen=True, slots=True)
class Randomness:
    """One trial's randomness: its key prefix and its streams, all of them named within a scope.

    Args:
        seed: 64 lower-case hexadecimal characters.
        trial_id: The trial that the seed was drawn for.
        scope: "" for a first draw; "wave 2", "draw 7" and the like put everything under another label.
    """

    seed: str = field(repr=False)
    trial_id: str
    scope: str = ""

    def within(self, scope: str) -> Randomness:
        """The same trial's randomness under a further label."""
        return Randomness(self.seed, self.trial_id, f"{self.scope}/{scope}" if self.scope else scope)

    @property
    def key_prefix(self) -> bytes:
        """P of the keys."""
        return prefix(self.seed, self.trial_id, f"{self.scope}/keys" if self.scope else None)

    def stream(self, label: str) -> Stream:
        """The stream of this label, from its beginning."""
        return Stream(self.seed, self.trial_id, f"{self.scope}/{label}" if self.scope else label)


def permutation(source: Uniform, size: int) -> list[int]:
    """0 to ``size - 1`` in an order drawn uniformly (Durstenfeld 1964, Communications of the ACM 7:420)."""
    order = list(range(size))
    for last in range(size - 1, 0, -1):
        chosen = source.below(last + 1)
        order[last], order[chosen] = order[chosen], order[last]
    return order
