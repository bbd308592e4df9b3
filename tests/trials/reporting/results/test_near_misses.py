"""What was shown of each approach and segment, and what was not, as tables."""

from __future__ import annotations

from dataclasses import replace

from analysis.results import Segment, SegmentFinding
from tests.trials.reporting.examples import PLAN, evaluation
from trials.reporting.results.near_misses import near_misses, segment_misses
from trials.reporting.words.names import Names
from trials.reporting.words.vocabulary import verdict

NAMES = Names(PLAN)
LIMIT = "Effect and gain after costs shown; complaint not shown to stay within the limit."


def test_approaches_that_passed_are_not_in_the_table():
    base = evaluation()
    letter, sms, call = base.verdict.arms
    told = replace(base, verdict=replace(base.verdict, arms=(replace(letter, near_miss=LIMIT), sms, call)))
    table = near_misses(told, NAMES)
    assert table is not None
    assert table.rows == (("Plain reminder letter", LIMIT.removesuffix(".")),)
    assert near_misses(base, NAMES) is None


def test_every_segment_has_a_row_that_says_whether_it_passed():
    base = evaluation()
    findings = (
        SegmentFinding("sms", Segment("reason", "cannot_pay"), 9_412, False, "…", LIMIT, ("guardrail",)),
        SegmentFinding("sms", Segment("reason", "forgot"), 12_489, True, "…", scaled=True),
    )
    table = segment_misses(replace(base, verdict=replace(base.verdict, segments=findings)), NAMES)
    assert table is not None
    assert table.rows == (
        ("Reason is cannot pay", "SMS reminder", "9,412", LIMIT.removesuffix(".")),
        ("Reason is forgot", "SMS reminder", "12,489", "Passes"),
    )
    assert segment_misses(base, NAMES) is None


def test_where_to_scale_names_every_segment_and_its_own_approach():
    base = evaluation().verdict
    findings = tuple(
        SegmentFinding(arm, Segment("reason", level), 9, True, "…", scaled=scaled)
        for arm, level, scaled in (("sms", "forgot", True), ("letter", "forgot", False), ("letter", "confused", True))
    )
    told = replace(base, code="scale_segment", arm="sms", segment=Segment("reason", "forgot"), segments=findings)
    where = NAMES.where_to_scale(told)
    assert where == (
        ("the SMS reminder", Segment("reason", "forgot")), ("the plain reminder letter", Segment("reason", "confused")),
    )  # fmt: skip
    assert verdict("scale_segment", "the SMS reminder", where) == (
        "Scale to segments: the SMS reminder where reason is forgot; the plain reminder letter where reason is confused"
    )
    before = replace(told, segments=())
    assert NAMES.where_to_scale(before) == (("the SMS reminder", Segment("reason", "forgot")),)
