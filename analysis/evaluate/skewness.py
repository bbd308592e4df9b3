"""Third moments, and rows whose outcome is too skewed for shares as unequal, or arms as small, as these.

The size of a one-sided test then drifts from what is stated, by the rule that holds a verdict on net benefit back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import narwhals as nw

from analysis.deciding.skewness import bounds_unsafe, skewness
from analysis.evaluate.specify import regressed, response_of
from analysis.fit import Contrast, Regression
from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.specification import Levels, Response, level_position, response_value
from designs.protocol.models import Protocol

LEVEL = "_level"

ThirdMoments = Mapping[tuple[str, str, str | None], float]  # by response, arm and subgroup level


def third_moments(
    frame: AnalysisFrame, responses: Sequence[tuple[Response, float]], by: Levels | None
) -> dict[tuple[str, str, str | None], tuple[float, int]]:
    """Third central moments, with the customers that each rests on, by response, arm and level: one scan for all.

    Args:
        responses: each with a value near its mean, so that large amounts lose no digits. An arm's own offset moves no
            central moment and is left out.
        by: the subgroup, or ``None`` for everyone.
    """
    about = {f"y{i}": response_value(response, centre) for i, (response, centre) in enumerate(responses)}
    keys = [nw.col(ARM_COLUMN)] + ([level_position(by).alias(LEVEL)] if by is not None else [])
    names = [ARM_COLUMN] + ([LEVEL] if by is not None else [])
    sums: list[nw.Expr] = []
    for name in about:
        y = nw.col(name)
        sums += [y.count().alias(f"n:{name}"), y.sum().alias(f"s1:{name}"), (y * y).sum().alias(f"s2:{name}")]
        sums.append((y * y * y).sum().alias(f"s3:{name}"))
    rows = frame.rows.select(*keys, *(y.alias(name) for name, y in about.items()))
    moments: dict[tuple[str, str, str | None], tuple[float, int]] = {}
    for row in frame.engine.collect(rows.group_by(names).agg(*sums)).to_pylist():
        if by is not None and row[LEVEL] is None:
            continue
        at_level = by.names[int(row[LEVEL])] if by is not None else None
        for i, (response, _) in enumerate(responses):
            n = int(row[f"n:y{i}"])
            if n:
                mean, square, cube = (float(row[f"{part}:y{i}"]) / n for part in ("s1", "s2", "s3"))
                moments[response.id, row[ARM_COLUMN], at_level] = (cube - 3.0 * mean * square + 2.0 * mean**3, n)
    return moments


def moments_of(
    frame: AnalysisFrame, protocol: Protocol, regression: Regression, by: Levels | None = None
) -> ThirdMoments:
    """Third central moments of every outcome that was regressed: of binary ones from their shares, of others in a scan.

    Args:
        frame: what was regressed.
        protocol: as locked.
        regression: of all its outcomes, and of their capped versions where they are in it.
        by: the subgroup whose levels it has.
    """
    moments: dict[tuple[str, str, str | None], float] = {}
    scanned: list[tuple[Response, float]] = []
    for response, binary in _responses(protocol, regression):
        of_response = [(level, fit) for (name, level), fit in regression.fits.items() if name == response.id]
        contrasts = [(level, contrast) for level, fit in of_response for contrast in fit.contrasts]
        if not binary:
            centre = next((c.mean_comparison for _, c in contrasts if c.mean_comparison is not None), 0.0)
            scanned.append((response, centre))
            continue
        for level, contrast in contrasts:
            for arm, share in ((contrast.arm, contrast.mean_arm), (contrast.comparison, contrast.mean_comparison)):
                if share is not None:
                    moments[response.id, arm, level] = share * (1.0 - share) * (1.0 - 2.0 * share)
    if scanned:
        moments |= {key: moment for key, (moment, _) in third_moments(frame, scanned, by).items()}
    return moments


def _responses(protocol: Protocol, regression: Regression) -> Iterator[tuple[Response, bool]]:
    fitted = {name for name, _ in regression.fits}
    for outcome in regressed(protocol):
        for response in (response_of(outcome), response_of(outcome, capped=True)):
            if response.id in fitted:
                yield response, outcome.kind == "binary"


def skewness_note(contrast: Contrast, level: str | None, moments: ThirdMoments, alpha: float) -> str | None:
    """What to say of the row of a contrast, or ``None`` where its range is as sure as stated.

    Each arm's own third moment is looked at, and one for both: a small arm may have drawn none of the large values
    that would show its skewness, and is then the least sure.
    """
    of_arm = moments.get((contrast.response, contrast.arm, level))
    of_comparison = moments.get((contrast.response, contrast.comparison, level))
    if of_arm is None or of_comparison is None or not contrast.std_error:
        return None
    n_arm, n_comparison = contrast.n_arm, contrast.n_comparison
    pooled = (n_arm * of_arm + n_comparison * of_comparison) / (n_arm + n_comparison)
    moments_of_each = ((of_arm, of_comparison), (pooled, pooled))
    g = max((skewness(a, n_arm, c, n_comparison, contrast.std_error) for a, c in moments_of_each), key=abs)
    if not bounds_unsafe(g, alpha):
        return None
    end = "lower" if g < 0 else "upper"
    return f"the outcome is skewed for arms of these sizes: the {end} end of the range is less sure than stated"
