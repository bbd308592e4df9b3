"""What a reader must know of a contrast whose error is less sure than it looks: few clusters, few customers in an arm.

Each function returns a sentence for the row, or ``None`` where calibration finds the error rates as promised.
"""

from __future__ import annotations

from scipy.special import stdtr, stdtrit

from analysis.inference.skewness import bounds_unsafe

FEW_CLUSTERS = 40
FEW_EQUAL_CLUSTERS = 36  # equal clusters in equal shares: about 40
VERY_UNEVEN = 0.65  # share of the clusters that they count for, below which a few large ones decide
FEW_UNEVEN_CLUSTERS = 130  # equal clusters that it then takes
TOLERATED = 10  # an error rate may drift unsaid by one part in so many: 5% to 5.5%


def few_clusters(
    clusters: tuple[float, float],
    effective: tuple[float, float],
    *,
    together: float | None = None,
    enough: float = FEW_EQUAL_CLUSTERS,
) -> str | None:
    """Clustered errors that rest on few clusters, on few in one of the arms, or on a few large ones.

    Args:
        clusters: with customers in the arm and in the comparison.
        effective: the effective number of clusters in each, (Σn)² / Σn².
        together: with customers in either; fewer than their sum where clusters span the arms.
        enough: how many equal clusters in equal shares the method needs.

    Examples:
        >>> few_clusters((100, 100), (70.0, 70.0)) is None
        True
        >>> few_clusters((3, 9), (3.0, 9.0))[:53]
        '12 clusters, as good as 9 of equal size in equal shar'
    """
    if min(effective) <= 0:
        return None
    total = sum(clusters) if together is None else together
    equal = min(4.0 / (1.0 / effective[0] + 1.0 / effective[1]), total)
    uneven = sum(effective) < VERY_UNEVEN * sum(clusters)
    if total >= FEW_CLUSTERS and equal >= (max(enough, FEW_UNEVEN_CLUSTERS) if uneven else enough):
        return None
    return (
        f"{total:.0f} clusters, as good as {equal:.0f} of equal size in equal shares: with so few, ranges and p-values "
        "may be too narrow or too wide"
    )


def few_customers(customers: tuple[float, float], columns: int, df: float, alpha: float = 0.05) -> str | None:
    """Degrees of freedom counted over all customers, where the variance rests on the few of one arm.

    Args:
        customers: in the arm and in the comparison.
        columns: that each arm's mean is adjusted by, the constant among them.
        df: that the test is made with.
        alpha: two-sided error rate that is declared.

    Source: Welch and Satterthwaite's degrees of freedom of two means whose customers vary alike.

    Examples:
        >>> few_customers((450, 150), 7, 586.0) is None
        True
        >>> few_customers((570, 30), 7, 586.0)[:45]
        'an arm has 30 customers for 7 columns of the '
    """
    left = [n - columns for n in customers]
    if min(left) <= 0:
        return None
    parts = [1.0 / n for n in customers]
    welch = sum(parts) ** 2 / sum(part**2 / n for part, n in zip(parts, left, strict=True))
    if 2.0 * float(stdtr(welch, -stdtrit(df, 1.0 - alpha / 2.0))) <= alpha + alpha / TOLERATED:
        return None
    noun = "column" if columns == 1 else "columns"
    return (
        f"an arm has {min(customers):.0f} customers for {columns} {noun} of the regression: ranges may be too narrow "
        "and p-values too small"
    )


def lopsided(g: float | None, alpha: float) -> str | None:
    """An outcome too skewed for shares as unequal, or arms as small, as these.

    Args:
        g: as :func:`analysis.inference.skewness.skewness` gives it.
        alpha: two-sided error rate that is declared.

    Examples:
        >>> lopsided(-0.2, 0.05)
        'the outcome is skewed for arms of these sizes: the lower end of the range is less sure than stated'
    """
    if g is None or not bounds_unsafe(g, alpha):
        return None
    end = "lower" if g < 0 else "upper"
    return f"the outcome is skewed for arms of these sizes: the {end} end of the range is less sure than stated"


def not_assigned_whole(cluster: str | None) -> str:
    """Errors clustered by a unit that was not assigned whole, as the analysis declares.

    Examples:
        >>> not_assigned_whole("office")
        'errors clustered by office, which was not assigned whole'
    """
    return f"errors clustered by {cluster}, which was not assigned whole"
