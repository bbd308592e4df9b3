"""Regressions of outcomes on arms, in two passes over the customers: means, additive and Lin's, with any errors."""

from analysis.regression.regress import regress, regress_cells

__all__ = ["regress", "regress_cells"]
