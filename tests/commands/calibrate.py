"""`otm calibrate`: long simulations against bands computed for their number; writes docs/calibration.md."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests import calibration
from tests.commands.long_runs import LongRun, conduct, figures_kept
from tests.places import ROOT
from tests.suites import gather

CALIBRATION = LongRun(
    "calibrate",
    "Simulate, and hold error rates, coverage and verdicts to their bands.",
    calibration,
    "calibration.json",
)
REPORT = ROOT / "docs" / "calibration.md"
PREFACE = """\
# Calibration

Made by `otm calibrate`; not edited by hand. Each figure comes from simulated trials whose truth is known. Its band is
where it falls 99.9 times in 100 if the promise is true, unless the line says otherwise. What a method is known not to
keep (few or very unequal clusters, skewed outcomes in very unequal arms, thin arms) has no band: there the result
itself must say so, which is a figure too.
"""


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"


def lines_of(suite: Mapping[str, Any]) -> Iterator[str]:
    figures = suite["figures"]
    words = [word_of(figure) for figure in figures]
    told = words.count("not promised")
    counted = f"{words.count('yes')} inside, {words.count('**no**')} outside" + (f", {told} told" if told else "")
    yield f"Size {suite['size']:,}, seed {suite['seed']}: {counted}."
    yield ""
    yield "| setting | quantity | value | band | simulations | inside |"
    yield "|---|---|---:|---|---:|---|"
    for figure, word in zip(figures, words, strict=True):
        band = f"{number(figure['lower'])} to {number(figure['upper'])}".strip() if word != "not promised" else ""
        note = f" ({figure['note']})" if figure["note"] else ""
        cells = (figure["setting"], figure["quantity"], number(figure["value"]), band, f"{figure['simulations']:,}")
        yield f"| {' | '.join(cells)} | {word}{note} |"


def word_of(figure: Mapping[str, Any]) -> str:
    """Inside its band or not; a figure without a band is told, and nothing is promised of it."""
    if figure["lower"] is None and figure["upper"] is None:
        return "not promised"
    return "yes" if figure["inside"] else "**no**"


def report(suites: Mapping[str, Any], sections: Mapping[str, str] | None = None) -> str:
    """The page of these figures, and of the sections that an earlier page has of other suites."""
    of_figures = {
        name: f"## {name}\n\n{suite['what']}. " + "\n".join(lines_of(suite)) + "\n" for name, suite in suites.items()
    }
    return "\n".join([PREFACE, *(part for _, part in sorted(((sections or {}) | of_figures).items()))])


def sections_of(page: str) -> dict[str, str]:
    """The sections of a page, by suite: figures are kept in a folder that no clone has, the page in all."""
    parts = re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:]
    return {part.splitlines()[0].removeprefix("## "): part.rstrip("\n") + "\n" for part in parts}


def main(arguments: Sequence[str]) -> int:
    status = conduct(CALIBRATION, arguments)
    if status is None:
        return 0
    known = {suite.id for suite in gather(calibration, "SUITES")}
    earlier = sections_of(REPORT.read_text(encoding="utf-8")) if REPORT.exists() else {}
    earlier = {name: section for name, section in earlier.items() if name in known}
    REPORT.write_text(report(figures_kept(CALIBRATION), earlier), encoding="utf-8")
    print(f"otm: wrote {REPORT.relative_to(ROOT)}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
