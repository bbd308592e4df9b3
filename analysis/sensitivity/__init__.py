"""What would another analyst have chosen, and does it agree? Beside the verdict, and never in its way."""

from analysis.sensitivity.sensitivity import with_sensitivity

__all__ = ["with_sensitivity"]
