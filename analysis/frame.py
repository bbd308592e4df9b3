"""What an analysis gets to see: one row per allocated customer, and how the rows came to be."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from analysis.results import Check, Flow
from data.engine import Engine
from designs.protocol.models import Protocol

ARM_COLUMN = "_arm"
WAVE_COLUMN = "_wave"
PATTERN_COLUMN = "_eligible_arms"


@dataclass(frozen=True, slots=True)
class AnalysisFrame:
    """The rows of one trial, lazily, on the engine that holds them.

    Attributes:
        engine: Where the rows are, and what carries a lazy frame out.
        rows: One row per allocated customer. ``ARM_COLUMN`` holds the arm's id as text and is never null; every
            other column has its own name. A null is a missing value. ``WAVE_COLUMN``, where customers came in waves,
            is a stratum like any other, and so is ``PATTERN_COLUMN``, the arms that a customer could get.
        flow: Every customer accounted for, from the file to the analysis.
        checks: Checks made while the rows were put together.
        data_digest: SHA-256 of the data, lower-case hexadecimal.
        synthetic: Whether the customers are invented.
    """

    engine: Engine
    rows: nw.LazyFrame[Any]
    flow: Flow
    checks: tuple[Check, ...]
    data_digest: str
    synthetic: bool


def strata_of(protocol: Protocol, columns: Container[str]) -> tuple[str, ...]:
    """The declared strata, and the wave and the pattern of eligible arms where they differ between customers."""
    found = tuple(name for name in (WAVE_COLUMN, PATTERN_COLUMN) if name in columns)
    return (*protocol.randomisation.strata, *found)
