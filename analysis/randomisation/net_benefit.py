"""Randomisation inference on net benefit: for a verdict whose pounds are too skewed for its bounds."""

from __future__ import annotations

from analysis.deciding.net_benefit import composite
from analysis.frame import AnalysisFrame
from analysis.randomisation.in_memory import labelled_generator, of_cell
from analysis.randomisation.randomisation_inference import RandomisationTest
from analysis.randomisation.schemes import DRAWS, within_strata_test
from analysis.results import Scenario
from analysis.specification import Cell
from designs.protocol.models import Protocol


def net_benefit_test(
    frame: AnalysisFrame, protocol: Protocol, protocol_digest: str, cell: Cell, scenario: Scenario
) -> RandomisationTest:
    """Redraw the two arms of a cell and studentise the difference in net benefit; ``p_greater`` is what decides.

    Args:
        frame: one row per allocated customer.
        protocol: one that puts a value on its outcomes.
        protocol_digest: with the cell and the scenario it seeds the redraws, so that a verdict can be repeated.
        cell: whose net benefit.
        scenario: under which values and costs.
    """
    column = cell.by.column if cell.by else None
    rng = labelled_generator(protocol_digest, f"net benefit:{scenario}:{cell.arm}:{column}:{cell.level}")
    return within_strata_test(
        of_cell(frame, protocol, cell), protocol, composite(protocol, scenario), cell.pair,
        rng, alpha=protocol.analysis.alpha, draws=DRAWS, interval=False,
    )  # fmt: skip
