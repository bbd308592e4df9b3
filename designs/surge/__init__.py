"""The surge: the contact that a trial brings, against what operational colleagues can take, and batches that fit."""

from __future__ import annotations

from designs.surge.batching import at_random
from designs.surge.beside import Beside, DayBeside, Way, beside
from designs.surge.forecast import Day, Forecast, Part, declared, forecast
from designs.surge.open import open_in_surge
from designs.surge.proposal import Proposal, propose
from designs.surge.taking_up import with_batches, without_batches
from designs.surge.words import figure, sentences

__all__ = [
    "Beside",
    "Day",
    "DayBeside",
    "Forecast",
    "Part",
    "Proposal",
    "Way",
    "at_random",
    "beside",
    "declared",
    "figure",
    "forecast",
    "open_in_surge",
    "propose",
    "sentences",
    "with_batches",
    "without_batches",
]
