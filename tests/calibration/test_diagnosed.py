"""What the suites of diagnoses hold figures to: the closed forms by simulation, and one trial of a demonstration."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.stats import norm

from analysis.diagnosis import Replicate, decisive, diagnosands
from analysis.diagnosis.results import ReplicateEffect
from data.cohort import DEMONSTRATIONS
from tests.calibration import diagnosed
from tests.calibration.demonstrations import LOADED, STORIES
from tests.commands.calibrate import REPORT, sections_of

SIZE = 40_000


def normal_replicates(away, *, lean=0.0, size=SIZE):
    """Trials whose estimate is normal with an error of one, about an effect of so many errors."""
    z = np.random.default_rng(4).normal(away + lean, 1.0, size)
    return [
        Replicate("not_shown", None, (ReplicateEffect("letter", e, 1.0, e - 1.96, e + 1.96, abs(e) > 1.959964),))
        for e in z.tolist()
    ]


@pytest.mark.parametrize("away", [0.3, 1.0, 2.8])
def test_errors_of_sign_and_size_are_those_of_the_closed_form(away):
    (effect,) = diagnosands("central", {"letter": away}, normal_replicates(away)).effects
    power = float(norm.cdf(away - 1.959964) + norm.cdf(-away - 1.959964))
    figures = list(diagnosed._signs_and_sizes("normal", effect, power))
    if away >= 1.0:  # where the other tail adds next to nothing to the power that the effect is found back from
        assert [figure.quantity for figure in figures if not figure.inside] == []
    assert effect.type_m is not None
    assert effect.type_m.value is not None
    assert effect.type_m.value > 1


def test_a_lean_is_outside_the_band_of_bias():
    (honest,) = diagnosands("central", {"letter": 1.0}, normal_replicates(1.0)).effects
    (leaning,) = diagnosands("central", {"letter": 1.0}, normal_replicates(1.0, lean=0.1)).effects
    assert diagnosed._unbiased("", honest.bias).inside
    assert not diagnosed._unbiased("", leaning.bias).inside


def test_sizes_that_are_too_large_are_outside_their_band():
    (effect,) = diagnosands("central", {"letter": 1.0}, normal_replicates(1.0, lean=0.5)).effects
    figures = {figure.quantity: figure for figure in diagnosed._signs_and_sizes("", effect, float(norm.cdf(-0.959964)))}
    assert not figures["type M"].inside


@pytest.mark.parametrize(("letter", "low", "high"), [("A", 0.85, 1.0), ("B", 0.93, 1.0)])
def test_the_band_of_a_story_is_that_of_its_count(letter, low, high):
    lower, upper = diagnosed.predicted(letter, 200)
    assert low < lower < upper <= high
    held, of = diagnosed.BY_HAND[letter]
    assert lower <= held / of <= upper


def test_the_counts_of_the_stories_are_those_of_the_page():
    section = sections_of(REPORT.read_text("utf-8"))["demonstrations"]
    rows = re.findall(r"^\| ([A-D]) \S+ \| verdict: [^|]+ \| ([\d.]+) \| [^|]+ \| ([\d,]+) \|", section, re.MULTILINE)
    counted = {letter: (round(float(share) * int(size)), int(size)) for letter, share, size in rows}
    assert counted == diagnosed.BY_HAND


@pytest.mark.parametrize("letter", ["C", "D"])
def test_a_demonstration_ends_as_its_story_says(letter):
    demonstration = DEMONSTRATIONS[letter]
    protocol = decisive(LOADED[demonstration.trial].protocol)
    one, evaluation = diagnosed.lived(demonstration, protocol, 1, 2)
    assert STORIES[letter][1](evaluation)
    assert one.code == evaluation.verdict.code
    assert (len(one.effects) == 0) is (letter == "D")
