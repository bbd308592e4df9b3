"""A diagnosis in words: the same rows for the command line and for the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from analysis.diagnosis import Diagnosand, Diagnosis, EffectDiagnosis, TruthName
from analysis.results.verdicts import VerdictCode
from analysis.wording.numbers import difference, percentage
from analysis.wording.phrases import capitalised
from designs.literals import Measure

TRUTH_WORDS: Final[Mapping[TruthName, str]] = {
    "none": "nothing", "low": "low", "central": "central", "high": "high",
}  # fmt: skip
VERDICT_WORDS: Final[Mapping[VerdictCode, str]] = {
    "scale": "scale to everyone",
    "scale_segment": "scale to a segment",
    "no_further_action": "no further action",
    "not_shown": "not shown",
    "invalid": "invalid",
}
EFFECT_COLUMNS: Final = (
    "effect", "approach", "true effect", "bias", "interval holds the truth", "told from zero", "of these, wrong way",
    "of these, too large",
)  # fmt: skip
VERDICT_COLUMNS: Final = ("effect", *VERDICT_WORDS.values())
HOW_TO_READ: Final = (
    "Simulated: no customer is in it. Each figure has the range that chance leaves it at this number of trials, "
    "95 times in 100. The interval should hold the truth 95 times in 100 at an error of 5%; where nothing is true, "
    "an approach told from zero is a false alarm."
)


def effect_rows(diagnosis: Diagnosis) -> Iterator[list[str]]:
    """One row of each truth and approach."""
    for at in diagnosis.truths:
        for effect in at.effects:
            label = diagnosis.labels.get(effect.arm, effect.arm)
            yield [TRUTH_WORDS[at.truth], label, *_figures(effect, diagnosis.measure)]


def _figures(effect: EffectDiagnosis, measure: Measure) -> list[str]:
    bias = effect.bias
    return [
        difference(measure, effect.truth),
        "" if bias.value is None else difference(measure, bias.value, bias.lower, bias.upper),
        chance(effect.coverage),
        chance(effect.power),
        "" if effect.type_s is None else chance(effect.type_s),
        "" if effect.type_m is None else _times(effect.type_m),
    ]


def verdict_rows(diagnosis: Diagnosis) -> Iterator[list[str]]:
    """One row of each truth: the chance of each verdict."""
    for at in diagnosis.truths:
        yield [TRUTH_WORDS[at.truth], *(chance(at.verdicts[code]) for code in VERDICT_WORDS)]


def chance(of: Diagnosand) -> str:
    """A chance and its range.

    Examples:
        >>> chance(Diagnosand(0.5, 0.05, 0.4, 0.6, 100))
        '50.0% (40.0% to 60.0%)'
    """
    if of.value is None or of.lower is None or of.upper is None:
        return "none of the trials"
    return f"{percentage(of.value)} ({percentage(of.lower)} to {percentage(of.upper)})"


def _times(of: Diagnosand) -> str:
    if of.value is None:
        return "none of the trials"
    range_ = "" if of.lower is None or of.upper is None else f" ({of.lower:.2f} to {of.upper:.2f})"
    return f"{of.value:.2f} times{range_}"


def what_was_simulated(diagnosis: Diagnosis) -> str:
    """How much was simulated, in a sentence."""
    return (
        f"{diagnosis.replicates:,} trials of {diagnosis.customers:,} customers at each of {len(diagnosis.truths)} "
        f"sizes of effect, from seed {diagnosis.seed}."
    )


def assumption_lines(diagnosis: Diagnosis) -> list[str]:
    """What the plan does not declare, and what was taken, one sentence each."""
    return [f"{capitalised(each.taken)}." for each in diagnosis.assumptions]
