"""What missing outcomes would have to be for the verdict to be another."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.results.verdicts import WouldBe


@dataclass(frozen=True, slots=True)
class TippingPoint:
    """How unlike the others the customers of one arm without an outcome would have to be to undo the verdict.

    Attributes:
        outcome, arm: ids; the arm may be the comparison.
        missing, allocated: customers of the arm who lack the outcome, and all of them.
        assumed: mean of the outcome that the estimate takes the missing to have.
        shift: from ``assumed``, in the outcome's unit, the nearest at which the verdict is another; ``None`` where
            nothing that the missing could have done would change it, or ``reason`` says why it is not known.
        becomes: the verdict there.
    """

    outcome: str
    arm: str
    missing: int
    allocated: int
    assumed: float | None
    shift: float | None = None
    becomes: WouldBe | None = None
    reason: str | None = None
