"""Waves: customers taken in over time, under one seed.

A wave draws from streams of its own, under the trial's one seed, so a first wave never shows what a second will be
assigned. Each wave keeps its own totals within 1 of their targets; wave is a stratum of the analysis.
"""

from __future__ import annotations

from designs.errors import DesignRefused


def scope_of(wave: int) -> str:
    """What a wave's streams are labelled with; the first wave needs no label.

    Examples:
        >>> scope_of(1), scope_of(2)
        ('', 'wave 2')
    """
    if wave < 1:
        raise DesignRefused(f"there is no wave {wave}", rule="waves are counted from 1")
    return "" if wave == 1 else f"wave {wave}"
