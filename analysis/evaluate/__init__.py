"""From a frame and a protocol to everything that one analysis says."""

from analysis.evaluate.evaluation import evaluate
from analysis.randomisation.clustered_harm import ClusteredHarm, HarmBounds
from analysis.randomisation.redrawn import RandomisationP, Redraw

__all__ = ["ClusteredHarm", "HarmBounds", "RandomisationP", "Redraw", "evaluate"]
