"""Who takes part: how a population comes down to them, reason by reason, and what they are like."""

from designs.profile.description import (
    SMALLEST,
    Categories,
    ColumnProfile,
    LevelCount,
    Numbers,
    Profile,
    describe_customers,
)
from designs.profile.found import FoundColumn, found_columns
from designs.profile.unmatched import Unmatched, unmatched
from designs.profile.waterfall import Step, Waterfall, waterfall, who_takes_part

__all__ = [
    "SMALLEST",
    "Categories",
    "ColumnProfile",
    "FoundColumn",
    "LevelCount",
    "Numbers",
    "Profile",
    "Step",
    "Unmatched",
    "Waterfall",
    "describe_customers",
    "found_columns",
    "unmatched",
    "waterfall",
    "who_takes_part",
]
