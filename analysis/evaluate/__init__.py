"""From a frame and a protocol to everything that one analysis says."""

from analysis.evaluate.evaluation import evaluate
from analysis.evaluate.evidence import ClusteredHarm, HarmBounds, RandomisationP, Redraw

__all__ = ["ClusteredHarm", "HarmBounds", "RandomisationP", "Redraw", "evaluate"]
