"""The share of all customers that each arm of a plan can expect."""

from __future__ import annotations

from designs.protocol.models import Protocol


def shares_of_everybody(protocol: Protocol) -> dict[str, float]:
    """The share of all customers that each arm can expect, by its id: what a hold-out or saturations leave of it.

    Who is held out is in the comparison, and so are the untreated customers of every cluster; the sum is 1.
    """
    scheme, comparison = protocol.randomisation, protocol.comparison.id
    weights = {arm.id: float(arm.share or (scheme.shares or {}).get(arm.id, 1.0)) for arm in protocol.arms}
    if scheme.saturations:
        clusters = sum(float(saturation.share) for saturation in scheme.saturations)
        treated = sum(float(saturation.share * saturation.treated) for saturation in scheme.saturations) / clusters
        approaches = sum(weight for arm, weight in weights.items() if arm != comparison)
        shares = {arm: treated * weight / approaches for arm, weight in weights.items() if arm != comparison}
        return shares | {comparison: 1.0 - treated}
    held = float(scheme.hold_out or 0.0)
    total = sum(weights.values())
    shares = {arm: (1.0 - held) * weight / total for arm, weight in weights.items()}
    return shares | {comparison: shares[comparison] + held}
