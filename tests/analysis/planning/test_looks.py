"""Which look a cut is, and how one of several looks judges an effect."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from analysis.inference.intervals import Effect
from analysis.integrity.due import maturity
from analysis.planning.looks import look_at, monitoring_of
from analysis.planning.monitoring import boundaries, sequence_critical, spent
from analysis.results import DueBy, Maturity, next_look
from designs.protocol.models import Looks

LOOKS = Looks(fractions=(0.25, 0.5, 0.75), may="harm_and_benefit")
N = 4_000
TODAY, LATER = date(2026, 2, 2), date(2026, 3, 2)


def cut(due, customers=N, *, to_come=False):
    """So many of the customers are due; the others a month later, and more where waves are still to come."""
    days = (DueBy(TODAY, due), DueBy(LATER, customers)) if due < customers else (DueBy(TODAY, due),)
    return Maturity(TODAY, LATER if due < customers or to_come else TODAY, (), days)


def taken(looks, *due, customers=N):
    made = []
    for count in due:
        look = look_at(looks, made, cut(count, customers))
        assert look is not None
        made.append(look)
    return made


def monitored(looks, *due, alpha=0.05, arms=1, level_worse=0.05):
    *before, last = taken(looks, *due)
    return monitoring_of(last, before, alpha=alpha, arms=arms, level_worse=level_worse)


@pytest.mark.parametrize(
    ("before", "due", "number"),
    [
        ((), 900, None), ((), 980, 1), ((), 1_000, 1), ((), 1_990, 2), ((), 3_999, 3),
        ((1_000,), 1_400, None), ((1_000,), 2_000, 2), ((1_000,), 1_001, None), ((1_000,), 3_100, 3),
        ((2_000,), 1_000, None), ((2_000,), 2_500, None), ((1_000, 2_000, 3_000), 3_900, None),
        ((), N, None), ((1_000,), N, 4), ((1_000, 3_000), N, 4),
    ],
)  # fmt: skip
def test_a_cut_is_the_latest_look_that_it_reached_and_no_earlier_one(before, due, number):
    look = look_at(LOOKS, taken(LOOKS, *before), cut(due))
    assert (look and look.number) == number


def test_the_day_of_a_look_that_was_taken_is_that_look_again_and_of_no_other_information():
    first, second = taken(LOOKS, 1_000, 2_000)
    second = replace(second, as_at=LATER)
    assert look_at(LOOKS, [first, second], cut(1_000)) == replace(first, again=True)
    assert look_at(LOOKS, [first, second], cut(1_001)) is None


def test_after_a_verdict_there_is_no_look():
    stopped = [replace(taken(LOOKS, 1_000)[0], action="stop_for_benefit")]
    assert next_look(LOOKS, stopped) is None
    assert look_at(LOOKS, stopped, cut(2_000)) is None


def test_waves_that_are_still_to_come_are_planned_for():
    waved = LOOKS.model_copy(update={"customers": 8_000})
    look = look_at(waved, (), cut(2_000))
    assert (look.number, look.fraction, look.customers) == (1, 0.25, 8_000)
    # The first wave is due as a whole, and the second is not allocated yet.
    assert look_at(waved, (), cut(N, to_come=True)).number == 2
    more = look_at(waved, (), cut(3_000, 12_000))
    assert (more.fraction, more.customers) == (0.25, 12_000)  # more came than were planned
    # Fewer came than were planned: what the look spent stays, and the end spends the rest.
    final = look_at(waved, [look], cut(5_000, 5_000))
    level = monitoring_of(final, [look], alpha=0.05, arms=1, level_worse=0.05)
    assert [b.spent for b in level.benefit.looks] == pytest.approx(
        [boundaries([0.25], "obrien_fleming")[0].spent, 0.05]
    )
    assert [b.fraction for b in level.benefit.looks] == [2_000, 5_000]


def waves(*customers, due, planned_waves=3, looks=LOOKS, planned=3_000):
    """Waves of so many customers a month apart, of which the first so many are due; others are still to come."""
    zeros = [date(2026, month, 2) for month in range(1, len(customers) + 1)]
    to_come = [date(2026, month, 2) for month in range(len(customers) + 1, planned_waves + 1)]
    by_day = dict(zip(zeros, customers, strict=True))
    found = maturity({"paid": 23}, {"nfa": by_day}, zeros[due - 1] + timedelta(days=23), planned=to_come)
    return looks.model_copy(update={"customers": planned}), found


@pytest.mark.parametrize("spending", ["obrien_fleming", "pocock"])
@pytest.mark.parametrize("planned", [1, 100, 999, 1_000])
def test_a_look_before_the_last_wave_never_spends_all_the_error_however_few_are_planned(planned, spending):
    """It used to be the share of those allocated: 1, with all the error spent, and a verdict before the end."""
    declared = LOOKS.model_copy(update={"spending": spending})
    looks, found = waves(1_000, due=1, planned=planned, looks=declared)
    first = look_at(looks, (), found)
    assert (first.number, first.fraction, first.final, first.share_unknown) == (1, 0.25, False, True)
    assert (first.due, first.customers) == (1_000, 1_000)
    looks, found = waves(1_000, 1_000, due=2, planned=planned, looks=declared)
    second = look_at(looks, [first], found)
    assert (second.number, second.fraction, second.due) == (2, 0.5, 2_000)
    looks, found = waves(1_000, 1_000, 1_000, due=3, planned=planned, looks=declared)
    final = look_at(looks, [first, second], found)
    assert (final.number, final.fraction, final.due, final.overrun, final.share_unknown) == (4, 1.0, 3_000, True, False)
    benefit = monitoring_of(final, [first, second], alpha=0.05, arms=1, level_worse=0.05).benefit.looks
    assert [b.spent for b in benefit] == pytest.approx([spent(spending, at, 0.05) for at in (0.25, 0.5, 1.0)])
    assert [b.fraction for b in benefit] == [1_000, 2_000, 3_000]
    assert benefit[-1].critical < 2.5, "error is left for the end"


def test_a_share_that_turned_out_too_large_stays_spent_and_later_looks_add_nothing_until_they_may():
    looks, found = waves(900, due=1, planned=1_000)
    first = look_at(looks, (), found)
    assert (first.number, first.fraction, first.overrun) == (3, 0.9, False)
    looks, found = waves(900, 900, due=1, planned=1_000)
    assert look_at(looks, [first], replace(found, as_at=found.as_at + timedelta(days=1))) is None
    looks, found = waves(900, 900, 900, due=3, planned=1_000)
    final = look_at(looks, [first], found)
    benefit = monitoring_of(final, [first], alpha=0.05, arms=1, level_worse=0.05).benefit.looks
    assert [b.spent for b in benefit] == pytest.approx([spent("obrien_fleming", 0.9, 0.05), 0.05])
    assert final.overrun


def test_more_than_were_planned_in_the_last_wave_are_the_share_that_they_are():
    looks, found = waves(1_000, 2_000, due=1, planned_waves=2, planned=2_000)
    look = look_at(looks, (), found)
    assert (look.number, look.fraction, look.customers, look.overrun) == (1, pytest.approx(1 / 3), 3_000, True)
    assert not look.share_unknown


def test_a_trial_is_not_complete_while_a_wave_is_to_come():
    _, found = waves(1_000, 1_000, due=2, planned_waves=3)
    late = replace(found, as_at=date(2027, 1, 1))
    assert (late.to_come, late.complete) == (True, False)
    assert replace(late, to_come=False).complete


@pytest.mark.parametrize("df", [None, 30.0, 500.0])
@pytest.mark.parametrize("due", [(1_000,), (1_000, 2_000), (1_000, 2_000, 3_000, N)])
@pytest.mark.parametrize("spending", ["obrien_fleming", "pocock"])
def test_p_values_and_bounds_of_a_look_agree(df, due, spending):
    looks = LOOKS.model_copy(update={"spending": spending})
    monitoring = monitored(looks, *due)
    final = due[-1] == N
    for statistic in np.linspace(-6, 6, 49):
        effect = monitoring.effect(Effect(float(statistic), 1.0, df))
        above, below = effect.p_above(), effect.reversed().p_above()
        shown = above is not None and above <= 0.025
        assert shown == (effect.lower(0.05) is not None and effect.lower(0.05) > 0)
        assert effect.shown_below(0.0, 0.05) == (below is not None and below <= 0.025)
        assert effect.shown_below(0.0, 0.05) == (effect.upper(0.05) is not None and effect.upper(0.05) < 0)
        if not final:
            assert (above is None) == (
                Effect(float(statistic), 1.0, df).p_above() > monitoring.benefit.looks[-1].nominal
            )
            assert not (above is not None and below is not None)
        if effect.lower(0.05) is not None and effect.upper(0.05) is not None:
            assert effect.lower(0.05) <= effect.median() <= effect.upper(0.05)
            wide = Effect(float(statistic), 1.0, df)
            assert effect.upper(0.05) - effect.lower(0.05) >= wide.upper(0.05) - wide.lower(0.05) - 1e-6
        mirrored = monitoring.effect(Effect(-float(statistic), 1.0, df), better_is_more=False)
        assert mirrored.reversed().p_above() == above


def test_a_look_for_harm_alone_spends_nothing_on_benefit():
    looks = LOOKS.model_copy(update={"may": "harm"})
    interim, final = monitored(looks, 1_000), monitored(looks, 1_000, 2_000, N)
    assert interim.effect(Effect(9.0, 1.0)).p_above() is None
    plain = Effect(2.2, 1.0, 80.0)
    assert final.effect(plain).p_above() == plain.p_above()
    assert final.effect(plain).lower(0.05) == plain.lower(0.05)
    assert final.effect(plain.reversed()).reversed().p_value > plain.p_value
    assert final.level_passed == pytest.approx(0.05)


def test_harm_is_watched_by_a_sequence_and_the_end_spends_the_rest():
    interim, final = monitored(LOOKS, 1_000), monitored(LOOKS, 1_000, 2_000, 3_000, N)
    assert interim.harm.critical == sequence_critical(0.25, 0.05)
    assert 1.96 < final.harm.critical < 2.1
    rng = np.random.default_rng(4)
    runs = 200_000
    score = np.cumsum(rng.normal(size=(runs, 4)), axis=1) / np.sqrt([1, 2, 3, 4])
    critical = [sequence_critical(at, 0.05) for at in (0.25, 0.5, 0.75)] + [final.harm.critical]
    ever = (score > critical).any(axis=1).mean()
    assert ever == pytest.approx(0.025, abs=4 * np.sqrt(0.025 / runs))


def test_several_approaches_and_routes_have_their_shares():
    monitoring = monitored(LOOKS, 1_000, 2_000, arms=3, level_worse=0.05 / 2)
    assert monitoring.benefit.looks[-1].critical == pytest.approx(
        boundaries([0.25, 0.5], "obrien_fleming", 0.05 / 3)[-1].critical, abs=1e-6
    )
    assert monitoring.worse.looks[-1].critical == pytest.approx(
        boundaries([0.25, 0.5], "obrien_fleming", 0.025)[-1].critical, abs=1e-6
    )
    assert monitoring.level_passed == pytest.approx(2 * boundaries([0.25, 0.5], "obrien_fleming")[-1].nominal, abs=1e-9)


@pytest.mark.parametrize("drift", [0.0, 2.0, 3.5])
def test_intervals_cover_wherever_the_trial_ends(drift):
    """Pocock's early stops bias the plain interval most; trials that stop at either side, or at the end."""
    looks = Looks(fractions=(0.5,), may="harm_and_benefit", spending="pocock")
    early, late = monitored(looks, 2_000), monitored(looks, 2_000, N)
    rng = np.random.default_rng(7)
    runs, covered = 1_200, 0
    for _ in range(runs):
        half = rng.normal(drift * 0.5, 0.5**0.5)
        effect = early.effect(Effect(half / 0.5, 0.5**-0.5))
        if effect.p_value is None:
            effect = late.effect(Effect(half + rng.normal(drift * 0.5, 0.5**0.5), 1.0))
        covered += effect.lower(0.05) <= drift <= effect.upper(0.05)
    assert covered / runs >= 0.95 - 3.3 * np.sqrt(0.95 * 0.05 / runs)
