"""From a frame and a protocol to everything that one analysis says."""

from analysis.evaluate.evaluation import evaluate

__all__ = ["evaluate"]
