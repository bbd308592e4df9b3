"""Until when each customer was followed for a time to an event, and which codes its column of events holds.

When outcomes are due everybody has been followed to the horizon. Whoever was followed for less, and neither had the
event nor one that competes with it, lacks the outcome like a customer with a blank cell; estimates still use the days
that are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.evaluate.tallies import ArmTally, codes_of
from analysis.frame import ARM_COLUMN, AnalysisFrame, strata_of
from analysis.integrity.follow_up import FROM_THE_START, TO_THE_HORIZON, FollowUp
from analysis.results import Check
from analysis.survival.exits import CUSTOMERS, counted_exits, reading, snapped
from analysis.wording.naming import outcome_label
from designs.protocol.models import Outcome, Protocol

_SHOWN_CODES = 10


@dataclass(frozen=True, slots=True)
class UnlistedCode:
    """Customers of one arm with a code of the event's column that the protocol does not list; ``early``: those whose
    follow-up it ended before the horizon."""

    code: str
    arm: str
    customers: int
    early: int


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """Of one outcome: who was followed for how long, and codes that are neither the event nor compete with it."""

    cells: FollowUp
    unlisted: tuple[UnlistedCode, ...]


def follow_ups(frame: AnalysisFrame, protocol: Protocol) -> dict[str, Followed]:
    """Of every time to an event, by its id."""
    timed = [outcome for outcome in protocol.outcomes if outcome.kind == "time_to_event"]
    return {outcome.id: _followed(frame, protocol, outcome) for outcome in timed}


def counted_as_followed(arms: Mapping[str, ArmTally], followed: Mapping[str, Followed]) -> dict[str, ArmTally]:
    """The arms, with those who were not followed counted as without the outcome."""

    def observed(arm: str, tally: ArmTally) -> dict[str, int]:
        return {name: tally.customers - of.cells.lost_of(arm) for name, of in followed.items()}

    return {arm: replace(tally, observed={**tally.observed, **observed(arm, tally)}) for arm, tally in arms.items()}


def _followed(frame: AnalysisFrame, protocol: Protocol, outcome: Outcome) -> Followed:
    table = counted_exits(frame, protocol, outcome, {})
    arm = np.array(table[ARM_COLUMN].to_pylist(), dtype=np.str_)
    customers = np.array(table[CUSTOMERS].to_pylist(), dtype=np.float64)
    events = table[str(outcome.event)].to_pylist()
    times = np.array([np.nan if t is None else t for t in table[str(outcome.time)].to_pylist()], dtype=np.float64)
    read = reading(outcome)
    meaning = {value: read(value) for value in set(events) if value is not None}
    known = ~np.isnan(times) & np.array([value is not None for value in events], dtype=bool)
    happened = np.array([meaning.get(value, 0) > 0 for value in events], dtype=bool)
    horizon = float(outcome.horizon or 0.0)
    times[known] = snapped(times[known], horizon)
    before = np.zeros(times.size, dtype=bool)
    before[known] = times[known] < horizon
    until = np.where(known, np.where(before | (happened & (times <= horizon)), times, TO_THE_HORIZON), FROM_THE_START)
    lost = ~known | (before & ~happened)
    stratum = codes_of(table, strata_of(frame, protocol))
    cluster = codes_of(table, [protocol.cluster]) if protocol.cluster else None
    cells = FollowUp(arm, stratum, until, lost, customers, cluster)
    return Followed(cells, _unlisted(outcome, arm, events, meaning, before & known, customers))


def _unlisted(
    outcome: Outcome, arm: Any, events: list[Any], meaning: Mapping[Any, int], early: Any, customers: Any
) -> tuple[UnlistedCode, ...]:
    if outcome.codes is None:
        return ()
    counted: dict[tuple[str, str], list[float]] = {}
    for place, value in enumerate(events):
        if value is not None and meaning[value] == 0:
            count = counted.setdefault((_shown(value), str(arm[place])), [0.0, 0.0])
            count[0] += customers[place]
            count[1] += customers[place] * early[place]
    return tuple(UnlistedCode(*key, round(n), round(of_them)) for key, (n, of_them) in sorted(counted.items()))


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def with_early_ends(check: Check, protocol: Protocol, outcome: Outcome, followed: Followed) -> Check:
    """A check of who has the outcome that says of how many follow-up ended early, by arm, where it did."""
    early = {arm.id: followed.cells.lost_of(arm.id, on_the_way=True) for arm in protocol.arms}
    if not any(early.values()):
        return check
    listed = ", ".join(f"{protocol.arm(arm).label} {n:,}" for arm, n in early.items())
    detail = f"{check.detail} Followed for less than {outcome.horizon:g} days without the event: {listed}."
    return replace(check, detail=detail, figures={**check.figures, **{f"early_{arm}": n for arm, n in early.items()}})


def event_codes(protocol: Protocol, outcome: Outcome, followed: Followed) -> Check | None:
    """Which codes of the event's column the protocol does not list; None where the event is a yes or a no.

    It warns where one of them ended follow-up before the horizon, or reads like a listed one but for capitals and
    blanks; that they may not end it unlike between arms is for the checks of who has the outcome.
    """
    if outcome.codes is None:
        return None
    label, listed = outcome_label(outcome), {_plain(code) for codes in outcome.codes for code in codes}
    parts: list[str] = []
    figures: dict[str, float | int | str | None] = {"codes": len({row.code for row in followed.unlisted})}
    doubtful = any(row.early or _plain(row.code) in listed for row in followed.unlisted)
    found = dict.fromkeys(row.code for row in sorted(followed.unlisted, key=lambda row: -row.early))
    for code in list(found)[:_SHOWN_CODES]:
        rows = {row.arm: row for row in followed.unlisted if row.code == code}
        early = sum(row.early for row in rows.values())
        like = _plain(code) in listed
        by_arm = {arm.id: rows[arm.id].customers if arm.id in rows else 0 for arm in protocol.arms}
        figures |= {f"{code}_{arm}": n for arm, n in by_arm.items()}
        part = f"“{code}” ({', '.join(f'{protocol.arm(arm).label} {n:,}' for arm, n in by_arm.items())})"
        part += f", {early:,} of them before the horizon" if early else ""
        parts.append(part + (", which is not how the plan writes it" if like else ""))
    if not parts:
        detail = f"Every code of “{label}” is one that the plan lists."
    else:
        detail = f"Codes of “{label}” that the plan does not list end follow-up: {'; '.join(parts)}"
        detail += " …." if len(found) > _SHOWN_CODES else "."
    return Check("event_codes", not doubtful, detail, "warns", figures, outcome.id)


def _plain(code: object) -> str:
    return " ".join(str(code).split()).casefold()
