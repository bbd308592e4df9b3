"""What a row of `otm bench` is: work, the yardstick beside it, the goal, and peers.

A file of this package says, for instance::

    ROWS = (
        Row(
            id="P2",
            what="Lin with HC2, 88 parameters, 10 million rows, from Parquet",
            goal=Goal(ratio=4.0, peak_mib=512),
            prepare=write_rows,      # (folder) -> None: makes the inputs, in a process of its own, untimed
            load=open_rows,          # (folder) -> inputs: brings into memory what is not to be timed
            work=fit,                # (inputs) -> anything
            limit=scan,              # (inputs) -> anything: what the ratio is taken against
            peers={"statsmodels": fit_with_statsmodels},
        ),
    )
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Timed = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Goal:
    """What to reach. Every figure that is given must be met.

    Attributes:
        ratio: Work over limit, at most.
        seconds: Work, at most.
        peak_mib: Memory of the whole process that does the work once, less than.
        times_faster: Per peer, its time over the work's, at least.
    """

    ratio: float | None = None
    seconds: float | None = None
    peak_mib: float | None = None
    times_faster: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = []
        if self.ratio is not None:
            parts.append(f"≤ {self.ratio:g} × limit")
        if self.seconds is not None:
            parts.append(f"≤ {self.seconds:g} s")
        if self.peak_mib is not None:
            parts.append(f"< {self.peak_mib:g} MiB")
        parts.extend(f"≥ {times:g} × {peer}" for peer, times in self.times_faster.items())
        return "; ".join(parts) or "none"


def same_folder(folder: Path) -> Any:
    return folder


def nothing(_folder: Path) -> None:
    """Some rows make their inputs in memory."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``repeats`` interleaved runs of work and limit, of which the medians count."""

    id: str
    what: str
    goal: Goal
    work: Timed
    limit: Timed | None = None
    prepare: Callable[[Path], None] = nothing
    load: Callable[[Path], Any] = same_folder
    peers: Mapping[str, Timed] = field(default_factory=dict)
    repeats: int = 5
    peer_repeats: int = 1
    in_child: bool = False  # the work is a process of its own, whose memory counts


@dataclass(frozen=True, slots=True)
class Peer:
    """How long another tool took over the same work, and how many times the work's time that is."""

    name: str
    version: str | None
    seconds: float
    times: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A row with its figures: seconds are medians, ``ratio`` is work over limit."""

    id: str
    what: str
    seconds: float
    limit_seconds: float | None
    ratio: float | None
    goal: str
    reached: bool
    peak_mib: float
    peers: tuple[Peer, ...]


def judge(row: Row, seconds: float, limit_seconds: float | None, peak_mib: float, peers: tuple[Peer, ...]) -> Measured:
    """Put figures beside the goal.

    Examples:
        >>> row = Row("P0", "nothing", Goal(ratio=2.0, times_faster={"numpy": 3.0}), work=print)
        >>> judge(row, 1.0, 0.6, 90.0, (Peer("numpy", None, 4.0, 4.0),)).reached
        True
        >>> judge(row, 1.0, 0.6, 90.0, (Peer("numpy", None, 2.0, 2.0),)).reached
        False
    """
    goal, ratio = row.goal, seconds / limit_seconds if limit_seconds else None
    times = {peer.name: peer.times for peer in peers}
    reached = (
        (goal.ratio is None or (ratio is not None and ratio <= goal.ratio))
        and (goal.seconds is None or seconds <= goal.seconds)
        and (goal.peak_mib is None or peak_mib < goal.peak_mib)
        and all(times.get(peer, 0.0) >= least for peer, least in goal.times_faster.items())
    )
    return Measured(row.id, row.what, seconds, limit_seconds, ratio, str(goal), reached, peak_mib, peers)
