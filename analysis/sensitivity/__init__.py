"""What would another analyst have chosen, and does it agree? Beside the verdict, and never in its way."""

from analysis.sensitivity.sensitivity import with_bounds, with_sensitivity

__all__ = ["with_bounds", "with_sensitivity"]
