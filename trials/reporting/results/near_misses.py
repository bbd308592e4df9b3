"""Why each approach, and each planned segment, passed or did not."""

from __future__ import annotations

from analysis.results import Evaluation
from analysis.wording.phrases import capitalised
from trials.reporting.results.table import Cell, Table
from trials.reporting.words.names import Names


def near_misses(evaluation: Evaluation, names: Names) -> Table | None:
    """Every approach that did not pass, with what was shown of it and what was not.

    ``None`` where each passed, or the evaluation was stored before this was.
    """
    missed = [finding for finding in evaluation.verdict.arms if finding.near_miss]
    if not missed:
        return None
    rows = tuple((names.arm(finding.arm), (finding.near_miss or "").removesuffix(".")) for finding in missed)
    return Table("What kept an approach from passing", ("Approach", "What was shown, and what was not"), rows)


def segment_misses(evaluation: Evaluation, names: Names) -> Table | None:
    """Every approach in every planned segment: whether it passes there, or what was shown and what was not.

    ``None`` where no segment was planned, or the evaluation was stored before this was.
    """
    findings = evaluation.verdict.segments
    if not findings:
        return None
    rows = tuple(
        (
            capitalised(names.segment(finding.segment)),
            names.arm(finding.arm),
            Cell(finding.customers or None, "customers"),
            (finding.near_miss or "Passes").removesuffix("."),
        )
        for finding in findings
    )
    columns = ("Segment", "Approach", "Customers", "What was shown, and what was not")
    return Table("Each approach in each planned segment", columns, rows, frozenset({2}))
