"""What CR2 errors of the levels of a subgroup share: clusters that span levels, added up over chunks of clusters.

Levels are fits of their own, so under the working model their customers are independent, and two estimates of one
contrast meet only through the clusters that both rest on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis.regression.cluster_robust import Adjusted, Pieces
from analysis.regression.gram import totals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_NUMBERS = 40_000_000  # held at once; so many clusters need no small-sample test


class BetweenLevels:
    """For one set of observed rows: with b_g = A_gX_gG⁻¹c of cluster g in a level, and v_g = L'X'b_g,

    ``expected`` (T, L) Σ_g (b'b − v'v), and ``kernel`` (T, L, L) Σ_gh tr of what two levels' estimates share:
    |Σ_g v_l v_m'|² + Σ_g (a_l a_m − |v_l|²|v_m|²), a = b'b − v'v.
    """

    def __init__(self, contrasts: int, levels: int) -> None:
        self.T, self.L = contrasts, levels
        self.expected = np.zeros((contrasts, levels))
        self.within = np.zeros((contrasts, levels, levels))
        self.outer: dict[tuple[int, int, int], csr_array] = {}
        self.known = True

    def add(self, of_levels: Mapping[int, Sequence[tuple[Pieces, Ints, Adjusted]]], clusters: int) -> None:
        """A chunk of whole clusters: by level the pieces, the codes of their clusters, and what CR2 made of them."""
        size = sum(a.turned.size for parts in of_levels.values() for *_, a in parts if a.turned is not None)
        self.known &= size <= MOST_NUMBERS
        if not self.known:
            return
        alone, length = np.zeros((self.T, self.L, clusters)), np.zeros((self.T, self.L, clusters))
        turned: dict[tuple[int, int], csr_array] = {}
        for level, parts in of_levels.items():
            cluster = np.concatenate([codes[pieces.cluster] for pieces, codes, _ in parts])
            block = np.concatenate([pieces.block for pieces, *_ in parts])
            v = np.concatenate([a.turned for *_, a in parts if a.turned is not None])
            inside = np.concatenate([a.inside for *_, a in parts if a.inside is not None])
            q, width = v.shape[2], (int(block.max(initial=0)) + 1) * v.shape[2]
            columns = (block[:, None] * q + np.arange(q)).reshape(-1)
            for t in range(self.T):
                length[t, level] = totals(cluster, (v[:, t] ** 2).sum(axis=1), clusters)
                alone[t, level] = totals(cluster, inside[:, t], clusters) - length[t, level]
                placed = v[:, t].reshape(-1), (np.repeat(cluster, q), columns)
                turned[level, t] = csr_array(placed, shape=(clusters, width))
        self.expected += alone.sum(axis=2)
        self.within += np.einsum("tlg,tmg->tlm", alone, alone) - np.einsum("tlg,tmg->tlm", length, length)
        for level, t in turned:
            for other in of_levels:
                product = csr_array(turned[level, t].T @ turned[other, t])
                before = self.outer.get((level, other, t))
                self.outer[level, other, t] = product if before is None else _sum(before, product)

    @property
    def kernel(self) -> Floats:
        kernel = self.within.copy()
        for (level, other, t), product in self.outer.items():
            kernel[t, level, other] += float((product.data**2).sum())
        return kernel


def _sum(first: csr_array, second: csr_array) -> csr_array:
    """Of two that may reach to different blocks."""
    shape = max(first.shape[0], second.shape[0]), max(first.shape[1], second.shape[1])
    first, second = first.copy(), second.copy()
    first.resize(shape)
    second.resize(shape)
    return csr_array(first + second)
