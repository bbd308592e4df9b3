"""Synthetic customers, and what they would do under every approach. Nobody in it is real, and every id says so."""

from data.cohort.demonstrations import DEMONSTRATIONS, Demonstration
from data.cohort.outcomes import lose_tail, outcomes
from data.cohort.population import Kind, population
from data.cohort.world import Approach, World

__all__ = [
    "DEMONSTRATIONS",
    "Approach",
    "Demonstration",
    "Kind",
    "World",
    "lose_tail",
    "outcomes",
    "population",
]
