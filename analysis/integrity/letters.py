"""Whether customers were sent the letter of their arm, where contacts say which letter it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from analysis.results import Check

_TO_DO: Final = (
    "Find out which letters went out. Where the file is wrong, correct it; where the letters were, the trial is not "
    "the one that was planned: its draw is to be made void, and drawn again. Nobody changes their arm for it."
)


@dataclass(frozen=True, slots=True)
class Mixed:
    """Customers of one arm who were sent what is not theirs, of those whose contacts say what they were sent."""

    arm: str
    letter_of: str
    customers: int
    of: int


def letters(named: Mapping[str, int], mixed: Sequence[Mixed], tolerance: float, *, doubtful: int = 0) -> Check:
    """Customers sent another arm's letter, against the share that the protocol tolerates.

    Args:
        named: by arm, customers whose contacts say which letter they were sent.
        mixed: those who were sent another's.
        tolerance: the share.
        doubtful: those sent what names no letter. Where they could be too many, the check does not pass.

    Examples:
        >>> letters({"A": 50, "B": 50}, [Mixed("A", "“B”", 50, 50), Mixed("B", "“A”", 50, 50)], 0.01).passed
        False
        >>> letters({"A": 50, "B": 50}, [], 0.0).detail
        'None of 100 customers whose contacts name a letter were sent the letter of another arm.'
        >>> letters({"A": 50, "B": 50}, [], 0.0, doubtful=2).passed is None
        True
    """
    everybody, wrong = sum(named.values()), sum(of.customers for of in mixed)
    share = wrong / everybody if everybody else 0.0
    detail = f"None of {everybody:,} customers whose contacts name a letter were sent the letter of another arm."
    if wrong:
        detail = f"{mixed_up(named, mixed)} {tolerance:.2%} is tolerated. {_TO_DO}"
    passed: bool | None = share <= tolerance
    if passed and doubtful and (wrong + doubtful) / everybody > tolerance:
        passed, detail = None, f"{detail} Of {doubtful:,} nobody knows which they were sent."
    figures = {"named": everybody, "wrong": wrong, "doubtful": doubtful, "share": share, "tolerance": tolerance}
    return Check("letters", passed, detail, "blocks", figures)


def mixed_up(named: Mapping[str, int], mixed: Sequence[Mixed]) -> str:
    """Who was sent whose letter, in words.

    Examples:
        >>> mixed_up({"A": 50, "B": 50}, [Mixed("A", "“B”", 3, 50)])
        '3 of 100 customers whose contacts name a letter were sent another: 3 of 50 of “A” that of “B”.'
    """
    pairs = "; ".join(f"{of.customers:,} of {of.of:,} of “{of.arm}” that of {of.letter_of}" for of in mixed)
    wrong, everybody = sum(of.customers for of in mixed), sum(named.values())
    return f"{wrong:,} of {everybody:,} customers whose contacts name a letter were sent another: {pairs}."
