"""Clustered covariance of fitted models, added up over chunks of clusters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.frame import AnalysisFrame
from analysis.regression import cluster_pass
from analysis.regression.between_levels import BetweenLevels
from analysis.regression.cluster_robust import Adjusted, Pieces, Spread, bell_mccaffrey, plain_scores
from analysis.regression.fitting import Fitting
from analysis.regression.gram import totals
from analysis.regression.model import Model
from analysis.regression.moments import Cells, refuse_missing_cluster
from analysis.regression.residuals import cluster_scores
from analysis.regression.uncertainty import Joint, Uncertainty
from designs.literals import StandardErrors

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def clustered_uncertainty(
    frame: AnalysisFrame, cells: Cells, fits: Sequence[Fitting], kind: StandardErrors
) -> tuple[dict[tuple[int, int], Uncertainty], dict[int, Joint]]:
    """By (level, response): covariance and degrees of freedom; and by response their joint covariance over levels.

    Args:
        frame: The rows.
        cells: Of the first pass; they hold the cluster where the model has no covariates.
        fits: Models fitted to them.
        kind: ``CR0``, ``CR1`` or ``CR2``.

    Raises:
        AnalysisRefused: A customer has no cluster.
    """
    tally = _Tally(cells, fits)
    if kind != "CR2" and cells.cluster is None:
        _add_score_pass(frame, cells, fits, tally)
    else:
        chunks: Iterable[cluster_pass.ClusterRows] = (
            cluster_pass.from_rows(frame, cells) if cells.cluster is None else cluster_pass.from_cells(cells)
        )
        for rows in chunks:
            _add_chunk(cells, fits, rows, kind, tally)
    return tally.uncertainties(kind), tally.joints(kind)


class _Tally:
    """What adds up over chunks of clusters."""

    def __init__(self, cells: Cells, fits: Sequence[Fitting]) -> None:
        self.cells, self.fits = cells, fits
        design = cells.plan.specification
        self.T, self.K = len(design.contrasts), len(design.arms)
        self.L = 1 if cells.plan.by is None else len(cells.plan.by.names)
        R = len(cells.plan.responses)
        self.products = np.zeros((R, self.L * self.T, self.L * self.T))
        self.clusters = np.zeros((R, self.L))
        self.all_clusters = np.zeros(R)
        self.by_arm = np.zeros((R, self.L, self.K))
        self.together = np.zeros((R, self.L, self.K, self.K))
        self.sizes, self.squared_sizes = np.zeros_like(self.by_arm), np.zeros_like(self.by_arm)
        self.asked = cells.plan.third_moments
        self.cubes = np.zeros((R, self.L, self.T, self.K + 1))
        self.spread: dict[tuple[int, int], Spread] = {}
        self.between: dict[int, BetweenLevels] = {}  # by sample

    def add(self, r: int, scores: Floats, sizes: Floats) -> None:
        """``scores`` (clusters, L, T) of whole clusters; ``sizes`` (clusters, L, K), Σw of each one's customers."""
        flat = scores.reshape(len(scores), -1)
        self.products[r] += flat.T @ flat
        members = sizes > 0
        self.sizes[r] += sizes.sum(axis=0)
        self.squared_sizes[r] += (sizes * sizes).sum(axis=0)
        self.clusters[r] += members.any(axis=2).sum(axis=0)
        self.all_clusters[r] += members.any(axis=(1, 2)).sum()
        self.by_arm[r] += members.sum(axis=0)
        self.together[r] += (members[:, :, :, None] | members[:, :, None, :]).sum(axis=0)
        # A cluster's cube belongs to its arm; those in several arms have a place of their own, the last.
        place = np.where(members.sum(axis=2) > 1, self.K, members.argmax(axis=2))
        for level in range(self.L):
            for t in range(self.T):
                self.cubes[r, level, t] += totals(place[:, level], scores[:, level, t] ** 3, self.K + 1)

    def add_spread(self, level: int, sample: int, spread: Spread | None) -> None:
        if spread is not None:
            before = self.spread.get((level, sample))
            self.spread[level, sample] = spread if before is None else before + spread

    def _factor(self, r: int, level: int, model: Model, kind: StandardErrors) -> float:
        if kind != "CR1":
            return 1.0
        G = self.clusters[r, level]
        if G < 2 or model.n <= model.p:
            return float("nan")
        return float(G / (G - 1.0) * (model.n - 1.0) / (model.n - model.p))

    def uncertainties(self, kind: StandardErrors) -> dict[tuple[int, int], Uncertainty]:
        out = {}
        for fit in self.fits:
            level, model = fit.fitted.level, fit.fitted.model
            for r in fit.fitted.responses:
                of_level = slice(level * self.T, (level + 1) * self.T)
                G = int(self.clusters[r, level])
                df = np.full(self.T, G - 1.0 if G > 1 else np.nan)
                if kind == "CR2":
                    df = self.spread[level, fit.fitted.sample].satterthwaite()
                covariance = self.products[r, of_level, of_level] * self._factor(r, level, model, kind)
                out[level, r] = Uncertainty(
                    covariance,
                    df,
                    0,
                    G,
                    self.by_arm[r, level],
                    self.together[r, level],
                    _worth(self.sizes[r, level], self.squared_sizes[r, level]),
                    self.cubes[r, level] * self._factor(r, level, model, kind) ** 1.5 if self.asked else None,
                    self.sizes[r, level],
                )
        return out

    def joints(self, kind: StandardErrors) -> dict[int, Joint]:
        if self.cells.plan.by is None:
            return {}
        scale = np.full((len(self.products), self.L), np.nan)
        for fit in self.fits:
            for r in fit.fitted.responses:
                scale[r, fit.fitted.level] = self._factor(r, fit.fitted.level, fit.fitted.model, kind) ** 0.5
        sample_of = {r: fit.fitted.sample for fit in self.fits for r in fit.fitted.responses}
        out = {}
        for r in range(len(self.products)):
            by_pair = np.repeat(scale[r], self.T)
            shared = self._shared(sample_of.get(r))
            out[r] = Joint(self.products[r] * by_pair[:, None] * by_pair, int(self.all_clusters[r]), *shared)
        return out

    def _shared(self, sample: int | None) -> tuple[Floats | None, Floats | None]:
        """What the levels' estimates of each contrast share, in the order of the joint covariance."""
        between = None if sample is None else self.between.get(sample)
        if between is None or not between.known:
            return None, None
        kernel = np.full((self.L * self.T, self.L * self.T), np.nan)
        for t in range(self.T):
            kernel[t :: self.T, t :: self.T] = between.kernel[t]
        return between.expected.T.reshape(-1), kernel


def _worth(sizes: Floats, squared_sizes: Floats) -> Floats:
    """(K,) clusters of equal size that each arm's count for: (Σn)² / Σn² (Kish 1965, Survey Sampling, section 5.4)."""
    return np.divide(sizes**2, squared_sizes, out=np.zeros_like(sizes), where=squared_sizes > 0)


def _add_chunk(
    cells: Cells, fits: Sequence[Fitting], rows: cluster_pass.ClusterRows, kind: StandardErrors, tally: _Tally
) -> None:
    scores = {r: np.zeros((rows.clusters, tally.L, tally.T)) for r in range(len(cells.plan.responses))}
    sizes = {r: np.zeros((rows.clusters, tally.L, tally.K)) for r in scores}
    parts: dict[int, dict[int, list[tuple[Pieces, Ints, Adjusted]]]] = {}
    for fit in fits:
        fitted = fit.fitted
        model = fitted.model
        position = np.full(len(cells.count), -1)
        position[fitted.index] = model.block
        mine = position[rows.cell] >= 0
        place = rows.cluster[mine] * tally.K + cells.arm[rows.cell[mine]]
        size = totals(place, rows.weight[mine], rows.clusters * tally.K).reshape(rows.clusters, tally.K)
        for r in fitted.responses:
            sizes[r][:, fitted.level] = size
        for pieces, clusters in cluster_pass.pieces(rows, cells, fitted):
            if kind == "CR2":
                adjusted = bell_mccaffrey(pieces, model.root, model.functionals, model.combine)
            else:
                adjusted = plain_scores(pieces, model.inverse, model.functionals, model.combine)
            for i, r in enumerate(fitted.responses):
                scores[r][clusters, fitted.level] = adjusted.scores[:, :, i]
            tally.add_spread(fitted.level, fitted.sample, adjusted.spread)
            if kind == "CR2" and cells.plan.by is not None:
                parts.setdefault(fitted.sample, {}).setdefault(fitted.level, []).append((pieces, clusters, adjusted))
    for sample, of_levels in parts.items():
        tally.between.setdefault(sample, BetweenLevels(tally.T, tally.L)).add(of_levels, rows.clusters)
    for r, score in scores.items():
        tally.add(r, score, sizes[r])


def _add_score_pass(frame: AnalysisFrame, cells: Cells, fits: Sequence[Fitting], tally: _Tally) -> None:
    """CR0 and CR1 with covariates: the engine sums each cluster's scores, so that no row leaves it."""
    sums = cluster_scores(frame, cells, [fit.fitted for fit in fits])
    if (sums.cluster < 0).any():
        refuse_missing_cluster(cells.plan)
    for fit in fits:
        for r in fit.fitted.responses:
            score = np.zeros((sums.clusters, tally.L, tally.T))
            sizes = np.zeros((sums.clusters, tally.L, tally.K))
            np.add.at(score, (sums.cluster, sums.level), sums.scores[r])
            np.add.at(sizes, (sums.cluster, sums.level, sums.arm), sums.present[fit.fitted.sample])
            if fit.fitted.level == min(f.fitted.level for f in fits if r in f.fitted.responses):
                tally.add(r, score, sizes)
