"""What departed from the plan, and what it takes to reproduce an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analysis.results import Evaluation
from analysis.wording.numbers import count
from analysis.wording.phrases import moment, sentence_case
from trials.registry.records import ReturnedFileRecord, ReturnedMode, TrialDetail
from trials.reporting.amended import amendment_line
from trials.reporting.results.evaluations import correction_lines
from trials.reporting.results.table import Table


def deviation_lines(detail: TrialDetail, evaluation: Evaluation) -> tuple[str, ...]:
    """Voids, changed plans, corrections and everything that the analysis did otherwise than planned."""
    return (
        *_draw_lines(detail),
        *_plan_lines(detail, evaluation),
        *map(amendment_line, detail.summary.amendments),
        *correction_lines(detail),
        *_analysis_lines(evaluation),
    )


def _draw_lines(detail: TrialDetail) -> list[str]:
    lines = []
    void, allocation = detail.void, detail.allocation
    if void is not None:
        ending = (
            f"and confirmed by {void.confirmed_by} on {moment(void.confirmed_at)}. The record of the draw is kept."
            if void.confirmed_by
            else "and waits for a second person to confirm it."
        )
        lines.append(
            f"A void was asked for by {void.requested_by} on {moment(void.requested_at)} ({void.reason}), {ending}"
        )
    elif allocation is not None and allocation.voided:
        lines.append("The draw is void; its record is kept.")
    if allocation is not None and allocation.demonstration_seed:
        lines.append("The draw used a declared demonstration seed. A real trial draws its seed from the system.")
    return lines


def _plan_lines(detail: TrialDetail, evaluation: Evaluation) -> list[str]:
    if evaluation.protocol_digest == detail.protocol_digest:
        return []
    return ["This evaluation followed another version of the plan than the one in force: treat it as exploratory."]


def _analysis_lines(evaluation: Evaluation) -> list[str]:
    lines = []
    exploratory = sum(row.phase == "exploratory" for row in (*evaluation.estimates, *evaluation.sensitivity))
    if exploratory:
        lines.append(f"{count(exploratory)} of the estimates are exploratory: they were not planned before the draw.")
    return lines + [note if note.endswith(".") else f"{note}." for note in evaluation.notes]


def digests(detail: TrialDetail, evaluation: Evaluation) -> Table:
    """Every digest and version that an outsider needs to get the same numbers."""
    rows = [("Plan", evaluation.protocol_digest), ("Data analysed", evaluation.data_digest)]
    if detail.evaluation is not None:
        rows.append(("Evaluation", detail.evaluation.digest))
        if detail.evaluation.code_digest:
            rows.append(("Code", detail.evaluation.code_digest))
    allocation = detail.allocation
    if allocation is not None:
        rows += [
            ("Population", allocation.population_digest),
            ("Allocation", allocation.digest),
            ("Allocation file", allocation.snapshot_digest),
            ("Commitment to the seed", allocation.seed_commitment),
            ("Seed", allocation.seed if allocation.seed else "kept until it is released"),
            ("Algorithm of the draw", allocation.algorithm),
        ]
    said = {digest for _, digest in rows}
    rows += [(f"Version of {name}", version) for name, version in evaluation.versions.items() if version not in said]
    return Table("Digests are SHA-256", ("What", "Digest or version"), tuple(rows))


def people(detail: TrialDetail) -> Table:
    """Who did each step, and when."""
    rows = []
    if detail.population is not None:
        rows.append(("Population loaded", detail.population.loaded_by, moment(detail.population.loaded_at)))
    if detail.lock is not None:
        rows.append(("Plan locked", detail.lock.locked_by, moment(detail.lock.locked_at)))
    for amendment in detail.summary.amendments:
        what = f"Amendment {amendment.number} of the plan"
        rows.append((f"{what} proposed", amendment.proposed_by, moment(amendment.proposed_at)))
        if amendment.confirmed_by is not None:
            rows.append((f"{what} confirmed", amendment.confirmed_by, moment(amendment.confirmed_at)))
        if amendment.withdrawn_by is not None:
            rows.append((f"{what} withdrawn", amendment.withdrawn_by, moment(amendment.withdrawn_at)))
    if detail.allocation is not None:
        rows.append(("Allocation drawn", detail.allocation.allocated_by, moment(detail.allocation.allocated_at)))
    rows += [
        (
            f"{'A list' if issue.customers is None else count(issue.customers)} issued to {issue.arm} by "
            f"{issue.channel}",
            issue.issued_by,
            moment(issue.issued_at),
        )
        for issue in detail.issues
    ]
    rows += [(_said_of(file), file.loaded_by, moment(file.loaded_at)) for file in detail.returned]
    if detail.evaluation is not None:
        rows.append(("Evaluated", detail.evaluation.evaluated_by, moment(detail.evaluation.evaluated_at)))
    rows += [
        (
            f"Decided on evaluation {decision.evaluation}, “{sentence_case(decision.verdict_code)}”",
            decision.decided_by,
            moment(decision.decided_at),
        )
        for decision in detail.decisions
    ]
    return Table("Who did what", ("Step", "Who", "When"), tuple(rows))


_BECAME: Final[Mapping[ReturnedMode, str]] = {
    "first": "loaded",
    "add": "added",
    "correct": "corrected",
    "replace": "replaced",
    "withdraw": "withdrawn",
}


def _said_of(file: ReturnedFileRecord) -> str:
    """What a load or a withdrawal was, in a few words."""
    if file.mode == "withdraw":
        return f"{file.kind.capitalize()} withdrawn, load {file.withdraws}: {file.reason}"
    return f"{file.kind.capitalize()} {_BECAME[file.mode]}, {count(file.loaded)} rows"
