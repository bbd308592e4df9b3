"""Amendments in words and as plain values: the same on every page, in every list and document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from analysis.wording.phrases import moment
from designs.amending import Effect

if TYPE_CHECKING:  # what is analysed elsewhere needs no registry
    from trials.registry.records import AmendmentRecord

_WHAT: Final[dict[Effect, str]] = {
    "record": "It corrects the record, and no result rests on it.",
    "plan": "It was made before the draw, which is of the plan as amended.",
    "unplanned": "It was made after the draw: what rests on it is unplanned, and decides nothing.",
}


def amendment_line(record: AmendmentRecord) -> str:
    """When a plan was amended, by whom, why, and what that makes of its results.

    Places of the plan are named, and what stands there is in the list of its changes.
    """
    places = "; ".join(place.where for place in record.changes)
    proposed = f"proposed by {record.proposed_by} on {moment(record.proposed_at)}"
    if record.confirmed_at is not None:
        ending = f"and in force since {record.confirmed_by} confirmed it on {moment(record.confirmed_at)}"
        effect = f" {_WHAT[record.effect]}"
    elif record.withdrawn_at is not None:
        ending, effect = f"and withdrawn by {record.withdrawn_by} on {moment(record.withdrawn_at)}", ""
    else:
        ending, effect = "and waits for a second person: it is not in force", ""
    why = in_one_line(record.reason)
    return f"Amendment {record.number} ({why}), {proposed} {ending}. It changes: {places}.{effect}"


def in_one_line(reason: str) -> str:
    """A reason as it stands within a sentence, whatever lines it was typed in.

    >>> in_one_line("dearer,\\n as it turned out.")
    'dearer, as it turned out'
    """
    return " ".join(reason.split()).rstrip(".")


def amended(records: Sequence[AmendmentRecord]) -> str | None:
    """That a plan was amended, in one sentence for lists and headings; None where no amendment is in force."""
    held = [record for record in records if record.in_force]
    if not held:
        return None
    last = held[-1]
    times = "" if len(held) == 1 else f" {len(held)} times"
    unplanned = any(record.effect == "unplanned" for record in held)
    ending = " What was amended after the draw is unplanned, and decides nothing." if unplanned else ""
    when = f"last by {last.proposed_by}" if len(held) > 1 else f"by {last.proposed_by}"
    assert last.confirmed_at is not None
    why = in_one_line(last.reason)
    return f"Amended{times} after the lock, {when}, in force since {moment(last.confirmed_at)}: {why}.{ending}"


def as_values(record: AmendmentRecord) -> dict[str, Any]:
    """An amendment as plain values."""
    return {
        "number": record.number,
        "version": record.version,
        "amends": record.amends,
        "protocol_digest": record.digest,
        "stage": record.stage,
        "effect": record.effect,
        "reason": record.reason,
        "in_force": record.in_force,
        "open": record.open,
        "proposed_at": record.proposed_at.isoformat(),
        "proposed_by": record.proposed_by,
        "confirmed_at": record.confirmed_at and record.confirmed_at.isoformat(),
        "confirmed_by": record.confirmed_by,
        "withdrawn_at": record.withdrawn_at and record.withdrawn_at.isoformat(),
        "withdrawn_by": record.withdrawn_by,
        "changes": [
            {"path": list(place.path), "before": place.before, "after": place.after} for place in record.changes
        ],
    }
