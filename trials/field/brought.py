"""What a returned file must hold as planned, and what it may hold since the plan was amended after the draw."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from analysis.wording.phrases import listed
from data.schema import FileContract
from trials.field.allocated import AllocatedTrial
from trials.field.kinds import FileKind


def contract_of(trial: AllocatedTrial, kind: FileKind) -> FileContract:
    """What a file must hold as planned; what it holds for an amendment besides, it need not."""
    planned = kind.contract(trial.plan.protocol)
    if trial.amended is None:
        return planned
    known = {column.name for column in planned.columns}
    amended = kind.contract(trial.amended.protocol)
    columns = tuple(of if of.name in known else replace(of, required=False) for of in amended.columns)
    return replace(amended, columns=columns)


def as_far_as_brought(trial: AllocatedTrial, kind: FileKind, names: Collection[str]) -> AllocatedTrial:
    """The trial by its plan as amended, where the file has every column of that; else as it was planned."""
    if trial.amended is None or kind.name != "outcomes" or _lacking(trial, kind, names):
        return trial
    return replace(trial, plan=trial.amended)


def left_for_later(trial: AllocatedTrial, kind: FileKind, names: Collection[str]) -> list[str]:
    """That a file of outcomes lacks what the plan as amended asks for; nothing of it is kept then."""
    lacking = _lacking(trial, kind, names) if kind.name == "outcomes" else []
    if not lacking:
        return []
    return [f"the file has no {listed(lacking)}, for which the plan was amended: nothing for the amendment was kept"]


def _lacking(trial: AllocatedTrial, kind: FileKind, names: Collection[str]) -> list[str]:
    if trial.amended is None:
        return []
    needed = [column.name for column in kind.contract(trial.amended.protocol).columns if column.required]
    return [name for name in needed if name not in names]
