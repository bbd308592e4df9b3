"""`otm calibrate`: long simulations against bands computed for their number; writes docs/calibration.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests import calibration
from tests.commands.long_runs import LongRun, conduct, figures_kept
from tests.places import ROOT

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
where it falls 99.9 times in 100 if the promise is true, unless the line says otherwise.
"""


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"


def lines_of(suite: Mapping[str, Any]) -> Iterator[str]:
    figures = suite["figures"]
    outside = sum(not figure["inside"] for figure in figures)
    yield f"{suite['size']:,} per figure, seed {suite['seed']}. {len(figures) - outside} inside, {outside} outside."
    yield ""
    yield "| setting | quantity | value | band | inside |"
    yield "|---|---|---:|---|---|"
    for figure in figures:
        band = f"{number(figure['lower'])} to {number(figure['upper'])}".strip()
        word = "yes" if figure["inside"] else "**no**"
        note = f" ({figure['note']})" if figure["note"] else ""
        yield f"| {figure['setting']} | {figure['quantity']} | {number(figure['value'])} | {band} | {word}{note} |"


def report(suites: Mapping[str, Any]) -> str:
    parts = [PREFACE]
    for name, suite in sorted(suites.items()):
        parts.append(f"## {name}\n\n{suite['what']}. " + "\n".join(lines_of(suite)) + "\n")
    return "\n".join(parts)


def main(arguments: Sequence[str]) -> int:
    status = conduct(CALIBRATION, arguments)
    if status is None:
        return 0
    REPORT.write_text(report(figures_kept(CALIBRATION)), encoding="utf-8")
    print(f"otm: wrote {REPORT.relative_to(ROOT)}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
