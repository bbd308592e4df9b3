"""What to call the arms and outcomes of one trial, and how to say their figures, by the plan that was locked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.results import Estimate, Segment, Verdict
from analysis.wording import naming
from analysis.wording.better import what_is_better
from analysis.wording.numbers import confidence, difference, interval, per_thousand, per_thousand_range
from analysis.wording.phrases import capitalised, level_labels, sentence_case, uncapitalised
from designs.literals import Measure
from designs.protocol.models import Arm, Outcome, Protocol
from designs.protocol.words import ColumnWords, column_words
from trials.reporting.words.segments import name_as_words, segment_words


@dataclass(frozen=True, slots=True)
class Names:
    """A plan, asked for words. An id that it does not hold, of an evaluation by another version, is said as it is."""

    plan: Protocol

    def arm(self, arm_id: str) -> str:
        """An arm as a heading."""
        arm = self._arm(arm_id)
        return sentence_case(arm_id) if arm is None else arm.label

    def approach(self, arm_id: str) -> str:
        """An arm inside a sentence, as the verdict's own sentence says it."""
        arm = self._arm(arm_id)
        return f"the {uncapitalised(sentence_case(arm_id))}" if arm is None else naming.approach(arm)

    def where_to_scale(self, verdict: Verdict) -> tuple[tuple[str, Segment], ...]:
        """Each approach, inside a sentence, with a segment to which the verdict is to scale it."""
        pairs = [(finding.arm, finding.segment) for finding in verdict.segments if finding.scaled]
        if not pairs and verdict.arm and verdict.segment:  # stored before every segment had a finding
            pairs = [(verdict.arm, verdict.segment)]
        return tuple((self.approach(arm), segment) for arm, segment in pairs)

    def outcome(self, outcome_id: str) -> str:
        """An outcome as a heading."""
        outcome = self._outcome(outcome_id)
        return sentence_case(outcome_id) if outcome is None else naming.outcome_label(outcome)

    def subject(self, outcome_id: str) -> str:
        """An outcome as a thing within a sentence."""
        outcome = self._outcome(outcome_id)
        return outcome_id.replace("_", " ") if outcome is None else naming.outcome_in_words(outcome)

    def event_share(self, outcome_id: str) -> str:
        """What a curve of a time-to-event outcome counts."""
        outcome = self._outcome(outcome_id)
        if outcome is not None and outcome.event in ("paid", "filed"):
            return f"Share who {outcome.event}"
        return f"{self.outcome(outcome_id)}: share with the event"

    def better(self, outcome_id: str) -> str:
        """Which change of an outcome is for the better, in a sentence; empty where the plan does not hold it."""
        outcome = self._outcome(outcome_id)
        return "" if outcome is None else what_is_better(outcome)

    def horizon(self, outcome_id: str) -> float | None:
        """The day to which a time to an event is compared."""
        outcome = self._outcome(outcome_id)
        return None if outcome is None else outcome.horizon

    def measure(self, outcome_id: str) -> Measure:
        """What one unit of an outcome's effect is."""
        outcome = self._outcome(outcome_id)
        return "number" if outcome is None else outcome.effect_in

    def measure_of(self, row: Estimate) -> Measure:
        """The unit of one row's estimate: its outcome's, unless the row counts customers or is a ratio."""
        if row.estimand == "survival_difference" or (row.variant is not None and row.variant.kind == "share_with_any"):
            return "share"
        if row.estimand == "rmst_difference":
            return "days"
        return "number" if row.estimand == "log_hazard_ratio" else self.measure(row.outcome)

    @property
    def columns(self) -> ColumnWords:
        """What the plan calls its columns and their levels."""
        return column_words(self.plan)

    def column(self, column: str) -> str:
        """A column inside a sentence."""
        return self.columns.label(column) or name_as_words(column)

    def segment(self, segment: Segment) -> str:
        """A segment inside a sentence."""
        return segment_words(segment, self.columns)

    def levels(self, column: str, levels: Iterable[str]) -> dict[str, str]:
        """Each level of a column as a heading: by its words, else in sentence case."""
        levels = tuple(levels)
        said = {level: self.columns.level(column, level) for level in levels}
        plain = level_labels(level for level in levels if said[level] is None)
        headings = {level: capitalised(words) for level, words in said.items() if words is not None}
        taken = {heading.casefold() for heading in headings.values()}
        return {
            level: headings.get(level) or (f"“{level}”" if plain[level].casefold() in taken else plain[level])
            for level in levels
        }

    @property
    def approaches(self) -> tuple[str, ...]:
        """The ids of every arm but the comparison, in the plan's order."""
        return tuple(arm.id for arm in self.plan.arms if arm.id != self.plan.comparison.id)

    @property
    def comparison(self) -> str:
        return self.plan.comparison.id

    @property
    def primary(self) -> str:
        return self.plan.primary.id

    @property
    def confidence(self) -> str:
        return confidence(self.plan.analysis.alpha)

    @property
    def nothing(self) -> str:
        """What the approaches are compared with, as the verdict's own sentence says it."""
        return naming.doing_nothing(self.plan)

    @property
    def comparison_label(self) -> str:
        """The comparison inside a sentence."""
        return uncapitalised(self.plan.comparison.label)

    def effect(
        self, outcome_id: str, estimate: float | None, lower: float | None = None, upper: float | None = None
    ) -> str:
        """A difference in the outcome's own unit, with its range."""
        return difference(self.measure(outcome_id), estimate, lower, upper)

    def range(self, outcome_id: str, lower: float, upper: float) -> str:
        """A range of differences in the outcome's own unit."""
        return interval(self.measure(outcome_id), lower, upper)

    def per_thousand(self, outcome_id: str, estimate: float | None) -> str:
        """A difference among 1,000 customers, as a manager hears it."""
        return per_thousand(self.measure(outcome_id), estimate)

    def per_thousand_range(self, outcome_id: str, lower: float, upper: float) -> str:
        """The range of a difference among 1,000 customers."""
        return per_thousand_range(self.measure(outcome_id), lower, upper)

    def _arm(self, arm_id: str) -> Arm | None:
        return next((arm for arm in self.plan.arms if arm.id == arm_id), None)

    def _outcome(self, outcome_id: str) -> Outcome | None:
        return next((outcome for outcome in self.plan.outcomes if outcome.id == outcome_id), None)
