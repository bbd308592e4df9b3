"""Everything that stands beside an evaluation, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import narwhals as nw

from analysis.evaluate import specify
from analysis.evaluate.looks import looked_at
from analysis.evaluate.saturation import compared
from analysis.frame import AnalysisFrame, open_to, open_to_every_arm
from analysis.inference.estimates import row_of
from analysis.randomisation.in_memory import RowsInMemory, read_rows
from analysis.randomisation.outcomes import randomisation_rows
from analysis.results import Estimate, EstimationMethod, Evaluation, OutcomeBounds, Variant, VariantKind
from analysis.sensitivity.amounts import amount_rows
from analysis.sensitivity.logistic import UP_TO as LOGIT_UP_TO
from analysis.sensitivity.logistic import logit_rows
from analysis.sensitivity.missing_outcomes import outcome_bounds
from analysis.sensitivity.other_choices import other_choices
from analysis.sensitivity.posteriors import posteriors
from analysis.sensitivity.second_opinion import second_opinion
from analysis.specification import Specification
from designs.protocol.columns import column_of
from designs.protocol.eligibility import closes_an_arm
from designs.protocol.models import Outcome, Protocol

IN_MEMORY_UP_TO = 1_000_000  # customers


def with_sensitivity(frame: AnalysisFrame, protocol: Protocol, evaluation: Evaluation) -> Evaluation:
    """Add the second opinion, the sensitivity rows, the bounds for missing outcomes and the posterior summaries.

    What was decided stays as it was: the verdict, the net benefit, the estimates and every check that can block.
    Where no effect may be shown nothing is added: outcomes that are not due, data that failed a check. At a look that
    ended the trial, only those who were looked at are.

    Args:
        frame: the rows that were evaluated.
        protocol: as locked.
        evaluation: what :func:`analysis.evaluate.evaluate` gave for them.
    """
    if not evaluation.shows_effects:
        return evaluation
    look = evaluation.look
    digest, of = evaluation.protocol_digest, compared(looked_at(frame, protocol, look), protocol)
    frame, protocol = of.frame, of.protocol
    specification = specify.specification_of(frame, protocol, specify.column_kinds(frame))
    outcomes = specify.regressed(protocol)
    columns = [*(column_of(outcome) for outcome in outcomes), *(column.name for column in specification.covariates)]
    columns += _pairs_of(protocol)
    data = _in_memory(frame, protocol, columns) if evaluation.flow.allocated <= IN_MEMORY_UP_TO else None
    sensitivity = [*evaluation.sensitivity, *of.told(other_choices(frame, protocol, specification))]
    sensitivity += of.told(randomisation_rows(frame, protocol, protocol.primary, digest))
    bounds: list[OutcomeBounds] = []
    if of.bar is not None:
        sensitivity += of.told(_not_compared(protocol, outcomes))
    elif data is not None:
        for outcome in outcomes:
            sensitivity += of.told(_of_outcome(data, protocol, specification, outcome, digest))
            bounds += outcome_bounds(data.by_contrast, protocol, outcome)
    opinion = second_opinion(data.alike if data else None, frame, protocol, specification, evaluation)
    return replace(
        evaluation,
        checks=(*evaluation.checks, opinion),
        sensitivity=tuple(sensitivity),
        bounds=tuple(bounds),
        posteriors=() if of.bar else posteriors(frame, protocol, specification, digest),
    )


def with_bounds(frame: AnalysisFrame, protocol: Protocol, evaluation: Evaluation) -> Evaluation:
    """Add the bounds for missing outcomes alone, where anybody lacks one and the customers can be read into memory.

    Args:
        frame, protocol, evaluation: as in :func:`with_sensitivity`, which adds the same bounds among all else.
    """
    if not evaluation.shows_effects or evaluation.flow.allocated > IN_MEMORY_UP_TO:
        return evaluation
    of = compared(frame, protocol)
    frame, protocol = of.frame, of.protocol
    lacked = [] if of.bar is not None else _lacked(frame, specify.regressed(protocol))
    if not lacked:
        return evaluation
    data = _in_memory(frame, protocol, [*(column_of(outcome) for outcome in lacked), *_pairs_of(protocol)])
    bounds = [row for outcome in lacked for row in outcome_bounds(data.by_contrast, protocol, outcome)]
    return replace(evaluation, bounds=tuple(bounds))


def _pairs_of(protocol: Protocol) -> list[str]:
    """The column that names the pair, where units were paired."""
    pairs = protocol.randomisation.pairs
    return [pairs] if pairs is not None else []


def _lacked(frame: AnalysisFrame, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes that somebody lacks."""
    known = {f"known:{outcome.id}": nw.col(column_of(outcome)).count() for outcome in outcomes}
    row = frame.engine.collect(frame.rows.select(customers=nw.len(), **known)).to_pylist()[0]
    return [outcome for outcome in outcomes if row[f"known:{outcome.id}"] < row["customers"]]


@dataclass(frozen=True, slots=True, eq=False)
class _InMemory:
    """Rows in memory: of those whose arms are alike, and of those who are compared in each contrast."""

    alike: RowsInMemory
    by_contrast: Mapping[tuple[str, str], RowsInMemory]


def _in_memory(frame: AnalysisFrame, protocol: Protocol, columns: Sequence[str]) -> _InMemory:
    alike = read_rows(open_to_every_arm(frame, protocol), protocol, columns)
    if not closes_an_arm(protocol):
        return _InMemory(alike, {pair: alike.of_contrast(pair) for pair in protocol.contrasts})
    each = {pair: read_rows(open_to(frame, protocol, pair), protocol, columns) for pair in protocol.contrasts}
    return _InMemory(alike, {pair: rows.of_contrast(pair) for pair, rows in each.items()})


def _not_compared(protocol: Protocol, outcomes: Sequence[Outcome]) -> list[Estimate]:
    """Logits, quantiles and resampled means would pool the saturations of a trial that has no total effect."""
    kinds: dict[str, tuple[VariantKind, EstimationMethod, str]] = {
        "binary": ("logit", "logit", "HC0, clustered"),
        "amount": ("bootstrap_mean", "difference_in_means", "bootstrap"),
    }
    reason = "it would compare customers of different saturations, and no total effect can be had"
    rows = []
    for outcome in outcomes:
        for pair in protocol.contrasts if outcome.kind in kinds else ():
            kind, method, errors = kinds[outcome.kind]
            row = row_of(outcome, pair, method=method, standard_errors=errors, variant=Variant(kind))
            rows.append(replace(row, reason=reason))
    return rows


def _of_outcome(
    data: _InMemory, protocol: Protocol, specification: Specification, outcome: Outcome, protocol_digest: str
) -> list[Estimate]:
    rows: list[Estimate] = []
    if outcome.kind == "binary" and data.alike.arm.size <= LOGIT_UP_TO:
        covariates = specification.covariates if specification.adjustment != "none" else ()
        rows += logit_rows(data.alike, protocol, outcome, covariates)
    if outcome.kind == "amount":
        for pair in protocol.contrasts:
            if not (data.by_contrast[pair].number(column_of(outcome)) < 0).any():
                rows += amount_rows(data.by_contrast[pair], protocol, outcome, pair, protocol_digest)
    return rows
