"""The customers of a loaded population as a plan has them: who takes part, why the others do not, and their reasons.

Counted by the engine on the frozen rows, and once for the same rows and rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.orm import Session

from data.errors import Refused
from designs.profile import Profile, Waterfall, describe_customers, unmatched, waterfall, who_takes_part
from designs.protocol import Protocol
from designs.protocol.columns import conditions, uses
from designs.suitability.reasons import ReasonCount, count_reasons
from trials.registry.records import PopulationRecord
from trials.registry.remembered import Remembered

if TYPE_CHECKING:
    from data.snapshots import SnapshotStore

SNAPSHOTS: Final = "snapshots"
"""Under which a session of the registry knows its snapshots: a function that gives them."""


@dataclass(frozen=True, slots=True)
class Customers:
    """A population as a plan has it.

    Attributes:
        waterfall: From everybody to those who take part.
        profile: What those who take part are like.
        reasons: They by reason and confidence; None where the plan declares no reasons, or the population has none.
        unmatched: What the plan's conditions ask for and nobody in the population has, in sentences.
    """

    waterfall: Waterfall
    profile: Profile
    reasons: tuple[ReasonCount, ...] | None
    unmatched: tuple[str, ...]


_kept: Final = Remembered(64)


def customers_of(session: Session, protocol: Protocol, population: PopulationRecord) -> Customers:
    """A loaded population as a plan has it, which may be partly filled otherwise.

    Args:
        session: Of the registry.
        protocol: What it says of the population.
        population: The load.

    Raises:
        DesignRefused: The population has no column that a rule asks for.
        DataRefused: Its rows are not as they were frozen.
    """
    key = "customers", population.digest, _rules(protocol)
    found: Customers = _kept.get(key, lambda: _counted(_rows(session, protocol, population), protocol))
    return found


def reasons_of(
    session: Session, protocol: Protocol, population: PopulationRecord | None
) -> Sequence[ReasonCount] | None:
    """Customers who take part by reason and confidence; None where there is nothing to count them by yet."""
    if population is None or protocol.population is None or protocol.population.reasons is None:
        return None
    if SNAPSHOTS not in session.info:  # of a session that only proves rows
        return None
    try:
        return customers_of(session, protocol, population).reasons
    except Refused:
        return None  # the lock says what is wrong with the file


def taking_part(session: Session, protocol: Protocol, population: PopulationRecord | None) -> int | None:
    """How many customers of a load take part; None where none is loaded, or its rows cannot be asked."""
    if population is None or protocol.population is None or SNAPSHOTS not in session.info:
        return None

    def counted() -> int:
        return waterfall(protocol, _rows(session, protocol, population)).eligible

    try:
        if protocol.population.reasons is not None:  # which are counted anyway
            return customers_of(session, protocol, population).waterfall.eligible
        found: int = _kept.get(("taking part", population.digest, _rules(protocol)), counted)
    except Refused:
        return None  # the lock says what is wrong with the file
    return found


def levels_of(session: Session, population: PopulationRecord, column: str) -> Mapping[str | None, int]:
    """How many customers have each value of a column, by the value as text; None is a blank."""

    def counted() -> dict[str | None, int]:
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = _store(session).read(population.digest, [column])
        found = pc.value_counts(rows.column(column).cast(pa.string())).to_pylist()
        return {entry["values"]: int(entry["counts"]) for entry in found}

    found: dict[str | None, int] = _kept.get(("levels", population.digest, column), counted)
    return found


def _store(session: Session) -> SnapshotStore:
    store: SnapshotStore = session.info[SNAPSHOTS]()
    return store


def _rules(protocol: Protocol) -> str:
    """What the counts rest on, as text: everything that a plan says of columns before the draw."""
    subgroups = protocol.analysis.subgroups if protocol.analysis is not None else ()
    used = [(use.column, use.part, use.read_as) for use in uses(protocol)]
    # Whom an arm is not for is asked about too, and takes nobody out.
    asked = tuple(conditions(protocol))
    return repr((protocol.population, protocol.left_out, subgroups, used, asked))


def _rows(session: Session, protocol: Protocol, population: PopulationRecord) -> Any:
    store = _store(session)
    names = store.names(population.digest)
    asked = {use.column for use in uses(protocol)} | {condition.column for _, condition in conditions(protocol)}
    return store.read(population.digest, [name for name in names if name in asked] or list(names[:1]))


def _counted(rows: Any, protocol: Protocol) -> Customers:
    taking_part = who_takes_part(protocol, rows)
    reasons = protocol.population.reasons
    known = reasons is not None and {reasons.column, reasons.confidence_column} <= set(rows.column_names)
    return Customers(
        waterfall(protocol, rows),
        describe_customers(protocol, taking_part),
        count_reasons(taking_part, reasons) if known and reasons is not None else None,
        tuple(map(str, unmatched(protocol, rows))),
    )
