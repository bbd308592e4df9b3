"""A returned file of any kind, from its path to the rows of allocated customers, every other row rejected by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.results import UnreadableCell
from data.identifiers import ledger_ids
from data.intake import Intake, Rejection, read_file
from data.intake.files import refuse_all_rejected
from data.intake.ids import REPEATED
from data.intake.result import refuse_too_many
from data.pieces import in_one_piece, rows_of
from designs.protocol import outcomes_contract
from designs.protocol.day_zero import not_before
from trials.errors import TrialRefused
from trials.field.allocated import AllocatedTrial, KnownCustomers, known_customers, ledger_key_of
from trials.field.brought import as_far_as_brought, contract_of, left_for_later
from trials.field.day_zero import drawn_on
from trials.field.days import contacts_out_of_time, unread_days
from trials.field.dispatch import export_ids
from trials.field.happened import with_days
from trials.field.kinds import Breach, FileKind
from trials.field.kinds.contacts import CHANNEL, MARKS
from trials.field.letters import mixed_up_in, on_another_list, with_marks
from trials.field.matching import Matched, as_one, match
from trials.field.reasons import FILE_ROW, cells_of_rows, file_rows, with_reasons
from trials.registry import Registry
from trials.registry.identities.contact_ledger import CONTACT_ON
from trials.registry.identities.ledger_key import export_key
from trials.registry.identities.pseudonyms import EXPORT_ID, LEDGER_ID, TurnedAway
from trials.registry.records import MatchRecord

ARM_NAMES = frozenset({"arm", "_arm"})


@dataclass(frozen=True, slots=True)
class TakenFile:
    """A returned file as it was taken: ``intake.read == loaded + rejected``.

    Rows of nobody in the trial are among the rejections, or are counted (``unlisted``) where they are very many.

    Args:
        kind: Of the file.
        intake: What intake said of it.
        table: Ledger id and the kind's content, of the rows that are allocated customers'.
        rows: Where each of them is in the file.
        rejections: Why the other rows are not in it, by row.
        by_arm: Distinct customers that it speaks of, by arm.
        unreadable: Cells of the rows taken that are missing because they could not be read, by row.
        matured: Whether all that it speaks of had come due; None where that is not asked.
        turned_away: By row, whose the rows are that name somebody and were rejected for another cell.
        warnings: What is strange about the file, its own and by the days of the trial.
    """

    kind: FileKind
    intake: Intake
    table: pa.Table
    rows: pa.Array
    rejections: tuple[Rejection, ...]
    by_arm: tuple[MatchRecord, ...]
    unreadable: tuple[UnreadableCell, ...]
    matured: bool | None
    turned_away: Mapping[int, TurnedAway]
    warnings: tuple[str, ...]
    unlisted: int = 0

    @property
    def loaded(self) -> int:
        return int(self.table.num_rows)

    @property
    def rejected(self) -> int:
        """Rows, not reasons."""
        return len({rejection.row for rejection in self.rejections}) + self.unlisted


def take(registry: Registry, trial: AllocatedTrial, kind: FileKind, path: Path, as_at: date) -> TakenFile:
    """Read, check and match a returned file. Nothing is stored.

    Args:
        registry: Whose snapshots hold the customers, and whose keys name them.
        trial: Whose file it is.
        kind: Of the file.
        path: The file.
        as_at: The day on which what it holds was cut.

    Raises:
        DataRefused: The whole file is refused by its contract, or more of its rows or cells than are told of one file.
        TrialRefused: It has a column of arms, names customers in no column or in two, or not one row is a customer's.
    """
    intake = read_file(path, contract_of(trial, kind))
    trial = as_far_as_brought(trial, kind, intake.table.column_names)
    protocol = trial.plan.protocol
    names = intake.table.column_names
    _refuse_arm_column(names, protocol.randomisation.arm_column, intake.source)
    id_column = _id_column(names, kind.id_columns(protocol), intake.source)
    _refuse_several_rows(intake, id_column)
    nameless = Breach(id_column, pc.is_null(intake.table.column(id_column)), f"a {kind.row} without a customer")
    if kind.name == "outcomes":
        intake = with_days(protocol, intake, as_at)
    intake = replace(intake, table=with_reasons(intake.table, intake.unreadable))
    usable, unusable = _usable(intake, [nameless, *kind.breaches(intake.table, protocol)])
    table, rows = intake.table.filter(usable), file_rows(intake).filter(usable)
    customers = known_customers(registry.snapshots, trial)
    ids = _ledger_ids(registry, trial, customers, id_column, table.column(id_column))
    content, of_marks = with_marks(trial, kind.content(table, protocol))
    content = content.add_column(0, LEDGER_ID, ids)
    if intake.unreadable:
        content = content.append_column(FILE_ROW, rows)
    before = len(intake.rejections) + len(unusable)
    matched = match(content, ids, rows, customers, id_column, before)
    _refuse_many_unreadable(intake, matched.rows)
    rejections = sorted([*intake.rejections, *unusable, *matched.rejections], key=lambda rejection: rejection.row)
    if matched.table.num_rows == 0:
        if 2 * content.num_rows < intake.read:  # most were turned away for something else than whose they are
            refuse_all_rejected(as_one(rejections), intake.read, intake.source)
        raise TrialRefused(
            "no row of the file belongs to a customer of this trial",
            where=intake.source,
            rule="a file is joined by the customers' own id, written exactly as in the population file",
            remedy=f"check that this is the file of {trial.plan.trial}, and that its ids have kept their form",
        )
    named = pc.and_(pc.invert(usable), pc.invert(nameless.rows))
    left, left_rows = intake.table.filter(named), file_rows(intake).filter(named)
    left_ids = _ledger_ids(registry, trial, customers, id_column, left.column(id_column))
    turned_away = _turned_away(with_marks(trial, kind.content(left, protocol))[0], left_rows, left_ids, customers)
    return TakenFile(
        kind=kind,
        intake=intake,
        table=matched.table,
        rows=matched.rows,
        rejections=tuple(rejections),
        by_arm=matched.by_arm,
        unreadable=cells_of_rows(intake.unreadable, matched.table),
        matured=_matured(trial, kind.due_day(protocol), as_at),
        turned_away=turned_away,
        warnings=(
            *intake.warnings,
            *left_for_later(trial, kind, names),
            *_not_listed(matched),
            *_of_days(trial, customers, intake.table, content, rows, as_at),
            *of_marks,
            *mixed_up_in(trial, customers, matched.table),
            *on_another_list(registry.snapshots, trial, customers, matched.table),
        ),
        unlisted=matched.unlisted,
    )


def _not_listed(matched: Matched) -> list[str]:
    if not matched.unlisted:
        return []
    return [
        f"{matched.unlisted:,} rows are of nobody who takes part in this trial: they are counted, and not told each"
    ]


def _refuse_arm_column(names: Collection[str], declared: str | None, where: str) -> None:
    for name in names:
        if name.strip().lower() in ARM_NAMES or name == declared:
            raise TrialRefused(
                f"the file has a column {name!r}",
                where=f"{where}, {name}",
                rule="a customer's arm comes from the registry alone, so that no file can relabel it",
                remedy="take the column out of the file and load it again",
            )


def _refuse_several_rows(intake: Intake, id_column: str) -> None:
    """Customers with several rows; an id that a spreadsheet spoilt is turned away for that, and may come twice."""
    of_ids = [rejection for rejection in intake.rejections if rejection.field == id_column]
    spoilt = {rejection.row for rejection in of_ids if not rejection.reason.endswith(REPEATED)}
    repeated = [rejection for rejection in of_ids if rejection.row not in spoilt]
    if repeated:
        customers = len({rejection.reason for rejection in repeated})
        raise TrialRefused(
            f"{len(repeated):,} rows are of customers who have several ({customers:,} of them); the first: row "
            f"{repeated[0].row}",
            where=intake.source,
            rule="one row per customer",
            remedy="where each row is a payment or another event, sum them to one row a customer first; else find out "
            "which row is the customer's",
        )


def _refuse_many_unreadable(intake: Intake, rows: pa.Array) -> None:
    """Every cell of these rows is told as a row is, though the row stays."""
    taken, many = rows.to_numpy(), 0
    for cells in intake.unreadable:
        many += int(np.isin(cells.rows, taken).sum())
        refuse_too_many(many, f"the first is {cells.reasons[0].as_py()}", f"{intake.source}, {cells.field}", "cells")


def _id_column(names: Collection[str], id_columns: Sequence[str], where: str) -> str:
    present = [name for name in id_columns if name in names]
    if len(present) != 1:
        raise TrialRefused(
            "the file names customers in two columns" if present else "the file names customers in no column",
            where=", ".join([where, *present]),
            rule=f"one of {' and '.join(f'{name} ({_what_id(name)})' for name in id_columns)}",
            remedy="leave one of them out" if present else "name the column of ids so, or export the file with it",
        )
    return present[0]


def _what_id(name: str) -> str:
    return "the id on the issue list" if name == EXPORT_ID else "the customers' own id"


def _usable(intake: Intake, breaches: Sequence[Breach]) -> tuple[pa.ChunkedArray, list[Rejection]]:
    """Which rows have no breach, and what is wrong with the others, by their numbers in the file."""
    rows = file_rows(intake)
    usable = pa.chunked_array([pa.array(np.ones(len(rows), bool))])
    rejections: list[Rejection] = []
    for breach in breaches:
        many = len(intake.rejections) + len(rejections) + (pc.sum(breach.rows).as_py() or 0)
        refuse_too_many(many, f"{breach.field} is at fault", f"{intake.source}, {breach.field}")
        at_fault = rows.filter(breach.rows).to_pylist()
        if isinstance(breach.reason, str):
            reasons = [breach.reason] * len(at_fault)
        else:
            reasons = breach.reason.filter(breach.rows).to_pylist()
        rejections += [Rejection(row, breach.field, why) for row, why in zip(at_fault, reasons, strict=True)]
        usable = pc.and_(usable, pc.invert(breach.rows))
    return usable, rejections


def _turned_away(content: pa.Table, rows: pa.Array, ids: pa.Array, customers: KnownCustomers) -> dict[int, TurnedAway]:
    """Rows of allocated customers that cannot be used, by their number in the file, with what can be read of them."""
    known = pc.is_in(ids, value_set=customers.ids).to_pylist()
    channels = content.column(CHANNEL).to_pylist() if CHANNEL in content.column_names else [None] * len(rows)
    marks = content.select([mark for mark in MARKS if mark in content.column_names]).to_pylist() or [{}] * len(rows)
    named = zip(rows.to_pylist(), ids.to_pylist(), channels, marks, known, strict=True)
    return {row: TurnedAway(customer, channel, of) for row, customer, channel, of, is_known in named if is_known}


def _ledger_ids(
    registry: Registry, trial: AllocatedTrial, customers: KnownCustomers, id_column: str, ids: pa.ChunkedArray
) -> pa.Array:
    """Ledger ids of the customers named; an export id that is nobody's stays, to be rejected as unknown."""
    if id_column != EXPORT_ID:
        return ledger_ids(ledger_key_of(registry, trial), ids)
    exported = export_ids(export_key(registry.key(), trial.plan.trial), customers.ids)
    named = in_one_piece(ids, "ids")
    place = pc.index_in(named, value_set=exported)
    return pc.coalesce(in_one_piece(rows_of(customers.ids, place, "customers"), "ids"), named)


def _matured(trial: AllocatedTrial, due_day: int | None, as_at: date) -> bool | None:
    """Whether everybody's day had come; None where no day is declared."""
    if due_day is None:
        return None
    last = max(
        not_before(allocation.index_date, drawn_on(trial, allocation))
        for allocation in trial.allocations
        if allocation.index_date is not None
    )
    return as_at >= last + timedelta(days=due_day)


def _of_days(
    trial: AllocatedTrial, customers: KnownCustomers, table: pa.Table, content: pa.Table, rows: pa.Array, as_at: date
) -> list[str]:
    """What is strange about the days of a file, of contacts by their draw and of outcomes by what is not read."""
    if CONTACT_ON in content.column_names:
        return contacts_out_of_time(trial, customers, content, rows, as_at)
    declared = [column.name for column in outcomes_contract(trial.plan.protocol).columns]
    return unread_days(table, {trial.plan.protocol.population.unit, *declared})
