"""What a sceptical analyst would try next: a second opinion, other methods, other errors, what is missing.

A stored evaluation is always challenged; the bare ``otm analyse`` is not, because this takes statsmodels and time.
Nothing here changes an estimate or the verdict.
"""

from analysis.challenge.challenge import challenged
from analysis.challenge.clustered_harm import clustered_harm_bounds
from analysis.challenge.redrawn import net_benefit_redraws

__all__ = ["challenged", "clustered_harm_bounds", "net_benefit_redraws"]
