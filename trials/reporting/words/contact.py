"""Words for the contact that a trial brings: its ways, and the parts in which customers are issued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analysis.wording.phrases import capitalised
from designs.surge import Way
from designs.surge.forecast import ALL

WAYS: Final[Mapping[Way, str]] = {"calls": "Calls", "post": "Post", "amended": "Amended returns"}


def part_in_words(name: str) -> str:
    """A batch or a wave, as people say it.

    Examples:
        >>> part_in_words("batch_02"), part_in_words("all")
        ('Batch 2', 'Everybody')
    """
    if name == ALL:
        return "Everybody"
    stem, _, number = name.rpartition("_")
    said = f"{stem} {int(number)}" if stem and number.isascii() and number.isdigit() else name
    return capitalised(said.replace("_", " "))
