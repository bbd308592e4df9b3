"""Whether something holds of the same share of customers in every arm, by the rule of retention."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.integrity import checks
from analysis.integrity.checks import ArmShare
from analysis.integrity.shares_by_stratum import Compared, ShareCounts, compare_shares
from analysis.results import Check, CheckKind
from designs.protocol import Protocol


def compared_arms(counts: ShareCounts, protocol: Protocol) -> dict[str, Compared | None]:
    """Every other arm against the comparison, within strata and by whole clusters, where there are any."""
    comparison = protocol.comparison.id
    return {arm.id: compare_shares(counts, arm.id, comparison) for arm in protocol.arms if arm.id != comparison}


def alike(
    counts: ShareCounts,
    protocol: Protocol,
    *,
    kind: CheckKind,
    what: str,
    names: Mapping[str, str] | None = None,
    compared: Mapping[str, Compared | None] | None = None,
    adjusted: Mapping[str, float | None] | None = None,
) -> Check:
    """The check of one thing that should hold of every arm alike; it blocks where it does not.

    Args:
        counts: customers, and those of whom it holds.
        protocol: with the arms, and by how much they may differ.
        kind, what: of the check, and in words what should hold.
        names: what the arms are called; their labels if not given.
        compared: the arms as :func:`compared_arms` has them; computed if not given.
        adjusted: p-values within a larger family; Holm over the arms if not given.
    """
    shares = [
        ArmShare(
            arm.id,
            int(counts.customers[of].sum()),
            int(counts.count[of].sum()),
            arm.label if names is None else names[arm.id],
        )
        for arm in protocol.arms
        for of in [counts.arm == arm.id]
    ]
    return checks.retention(
        shares,
        protocol.comparison.id,
        kind=kind,
        what=what,
        least_difference=protocol.retention_margin,
        compared=compared_arms(counts, protocol) if compared is None else compared,
        adjusted=adjusted,
    )
