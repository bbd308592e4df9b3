"""Rows whose range leans: an outcome too skewed for shares as unequal, or arms as small, as these.

The size of a one-sided test then drifts from what is stated, by the rule that holds a verdict on net benefit back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analysis.deciding.verdict import bounds_unsafe, skewness
from analysis.evaluate.declared import regressed, response_of
from analysis.evaluate.tallies import third_moments
from analysis.fit import Contrast, Regression
from analysis.frame import AnalysisFrame
from analysis.specification import Levels, Response
from designs.protocol.models import Protocol

ThirdMoments = Mapping[tuple[str, str, str | None], float]  # by response, arm and subgroup level


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
    found: dict[tuple[str, str, str | None], float] = {}
    scanned: list[tuple[Response, float]] = []
    for response, binary in _responses(protocol, regression):
        of_response = [(where, fit) for (name, where), fit in regression.fits.items() if name == response.id]
        contrasts = [(where, contrast) for where, fit in of_response for contrast in fit.contrasts]
        if not binary:
            centre = next((c.mean_comparison for _, c in contrasts if c.mean_comparison is not None), 0.0)
            scanned.append((response, centre))
            continue
        for where, contrast in contrasts:
            for arm, share in ((contrast.arm, contrast.mean_arm), (contrast.comparison, contrast.mean_comparison)):
                if share is not None:
                    found[response.id, arm, where] = share * (1.0 - share) * (1.0 - 2.0 * share)
    if scanned:
        found |= {key: moment for key, (moment, _) in third_moments(frame, scanned, by).items()}
    return found


def _responses(protocol: Protocol, regression: Regression) -> Iterator[tuple[Response, bool]]:
    fitted = {name for name, _ in regression.fits}
    for outcome in regressed(protocol):
        for response in (response_of(outcome), response_of(outcome, capped=True)):
            if response.id in fitted:
                yield response, outcome.kind == "binary"


def leaning(contrast: Contrast, level: str | None, moments: ThirdMoments, alpha: float) -> str | None:
    """What to say of the row of a contrast, or ``None`` where its range is as sure as stated.

    Each arm's own third moment is looked at, and one for both: a small arm may have drawn none of the large values
    that would show its skewness, and is then the least sure.
    """
    one = moments.get((contrast.response, contrast.arm, level))
    other = moments.get((contrast.response, contrast.comparison, level))
    if one is None or other is None or not contrast.std_error:
        return None
    n_one, n_other = contrast.n_arm, contrast.n_comparison
    both = (n_one * one + n_other * other) / (n_one + n_other)
    found = [skewness(a, n_one, b, n_other, contrast.std_error) for a, b in ((one, other), (both, both))]
    g = max(found, key=abs)
    if not bounds_unsafe(g, alpha):
        return None
    end = "lower" if g < 0 else "upper"
    return f"the outcome is skewed for arms of these sizes: the {end} end of the range is less sure than stated"
