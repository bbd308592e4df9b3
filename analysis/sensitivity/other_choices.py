"""The primary outcome with the adjustment and the errors that were not declared."""

from __future__ import annotations

from dataclasses import replace

from analysis.estimators.as_designed import regress_as_designed
from analysis.evaluate.families import family
from analysis.evaluate.itt_rows import itt_rows
from analysis.evaluate.specify import response_of
from analysis.frame import AnalysisFrame
from analysis.results import Estimate, Variant
from analysis.specification import Specification
from designs.literals import Adjustment, StandardErrors
from designs.protocol.models import Protocol


def other_choices(frame: AnalysisFrame, protocol: Protocol, declared: Specification) -> list[Estimate]:
    """One row a contrast for each kind of error and each adjustment that might have been declared instead.

    Pairs are compared within themselves, whatever the model, and a time to an event is not regressed: no rows.
    """
    if protocol.randomisation.method == "matched_pairs" or protocol.primary.kind == "time_to_event":
        return []
    errors: tuple[StandardErrors, ...] = (
        ("CR0", "CR1", "CR2") if protocol.errors_cluster else ("classical", "HC1", "HC2", "HC3")
    )
    adjustments: tuple[Adjustment, ...] = ("none", "additive", "lin") if declared.covariates else ()
    alternatives = [
        (replace(declared, standard_errors=kind), Variant("standard_errors", standard_errors=kind))
        for kind in errors
        if kind != declared.standard_errors
    ] + [
        (replace(declared, adjustment=name), Variant("adjustment", adjustment=name))
        for name in adjustments
        if name != declared.adjustment
    ]
    rows: list[Estimate] = []
    for specification, variant in alternatives:
        changed = {"standard_errors": specification.standard_errors, "adjustment": specification.adjustment}
        alternative = protocol.model_copy(update={"analysis": protocol.analysis.model_copy(update=changed)})
        regression = regress_as_designed(frame, protocol, specification, [response_of(protocol.primary)])
        fit = regression.fits[protocol.primary.id, None]
        rows += itt_rows(alternative, protocol.primary, fit, family(alternative, fit), variant=variant)
    return rows
