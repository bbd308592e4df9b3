"""The looks that a protocol declares: which one a cut is, and how effects are judged at it.

Error is spent on the information that there was in fact (Lan & DeMets 1983), and each of several approaches has its
equal share of it at every look: the first to cross then passes at the level that Holm begins with, and at the end
Holm's steps use the stage-wise p-values (Maurer & Bretz 2013, Statistics in Biopharmaceutical Research 5:311, for why
that keeps the error of the family). Tests that are not normal are held to a look's nominal p-value (Jennison &
Turnbull 2000, section 3.3). A guardrail's harm is watched by a confidence sequence before the end, and the end spends
what that left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

from analysis.inference.intervals import Effect, critical_value
from analysis.planning.monitoring import (
    Boundary,
    StagewiseTest,
    boundaries_spending,
    boundary_of_the_rest,
    information_fraction,
    sequence_critical,
    spent,
)
from analysis.results import HarmShown, Look, Maturity, ended_at, next_look, overrun, planned_customers
from designs.protocol.models import Looks

ROUNDING = 0.005  # a look is declared in whole per cent, and customers come as they come
_NEVER = 1e-14  # a two-sided level that nothing reaches, and that still has a critical value


@dataclass(frozen=True)
class Side:
    """One direction of an effect over the looks.

    Attributes:
        looks: boundaries of the looks that tested it, up to this one; none where this one does not test it.
        last: this is the final analysis.
    """

    looks: tuple[Boundary, ...]
    last: bool

    @cached_property
    def test(self) -> StagewiseTest:
        return StagewiseTest(self.looks, one_sided=True)

    def speaks(self, nominal: float) -> bool:
        """Whether a one-sided p-value counts: at the end always, before it where it crosses."""
        if not self.looks:
            return False
        boundary = self.looks[-1].nominal
        return self.last or (boundary > 0.0 and nominal <= boundary)

    def p_value(self, nominal: float) -> float | None:
        """In the stage-wise order; ``None`` where the boundary is not crossed and the trial goes on."""
        return self.test.p_above(nominal) if self.speaks(nominal) else None


@dataclass(frozen=True, slots=True)
class MonitoredEffect(Effect):
    """An effect at one of several looks: each p-value and bound is that of the sequential design.

    Attributes:
        above, below: the looks that tested for an effect above zero, and below it.
    """

    above: Side = Side((), last=True)
    below: Side = Side((), last=True)

    @property
    def note(self) -> str | None:
        last = self.above.last
        return f"p-value and range allow for the looks {'before this one' if last else 'at this trial'}"

    @property
    def p_value(self) -> float | None:
        """Two-sided; ``None`` before the end where neither boundary is crossed."""
        sides = [p for p in (self.p_above(), self.reversed().p_above()) if p is not None]
        return min(1.0, 2.0 * min(sides)) if sides else None

    def p_above(self, null: float = 0.0) -> float | None:
        nominal = Effect.p_above(self, null)
        return None if nominal is None else self.above.p_value(nominal)

    def in_order(self, p_value: float) -> float | None:
        return self.above.p_value(p_value)

    def shown_below(self, value: float, level: float) -> bool:
        p_below = self.reversed().p_above(-value)
        return p_below is not None and p_below <= level / 2.0

    def lower(self, level: float) -> float | None:
        """By the stage-wise order at the end and where the boundary is crossed; else the repeated bound of this look.

        The repeated bound (Jennison & Turnbull 1989) holds at all looks at once, whichever one the trial stops at.
        """
        nominal = Effect.p_above(self)
        if nominal is None or self.estimate is None or self.std_error is None:
            return None
        if self.above.speaks(nominal):
            if len(self.above.looks) == 1:
                return Effect.lower(self, level)
            return self.above.test.lower(self.estimate, self.std_error, self.df, level)
        boundary = (self.above.looks or self.below.looks)[-1]
        if 2.0 * boundary.nominal < _NEVER:
            return None
        return self.estimate - critical_value(2.0 * boundary.nominal, self.df) * self.std_error

    def upper(self, level: float) -> float | None:
        bound = self.reversed().lower(level)
        return None if bound is None else -bound

    def median(self) -> float | None:
        """Median-unbiased estimate; the plain one where no boundary is crossed before the end."""
        nominal, other = Effect.p_above(self), Effect.p_above(Effect.reversed(self))
        if nominal is None or other is None or self.estimate is None or self.std_error is None:
            return None
        if self.above.speaks(nominal):
            return self.above.test.median(self.estimate, self.std_error, self.df)
        if self.below.speaks(other):
            return -self.below.test.median(-self.estimate, self.std_error, self.df)
        return self.estimate

    def held_to(self, level: float) -> float:
        nominal = [side.looks[-1].nominal for side in (self.above, self.below) if side.looks]
        return max(_NEVER, min([level, *(2.0 * one for one in nominal)]))

    def reversed(self) -> MonitoredEffect:
        return replace(Effect.reversed(self), above=self.below, below=self.above)  # type: ignore[call-arg, return-value]


@dataclass(frozen=True, slots=True)
class Monitoring:
    """How one look judges.

    Attributes:
        look: which one it is; its action is not decided yet.
        benefit: over the looks that could show benefit, each approach at its share of alpha.
        guardrail: over the same looks, at alpha: showing that a guardrail stays within its margin.
        worse: over all looks, each route to being worse at its share of alpha.
        harm: what a guardrail's harm must reach at this look.
    """

    look: Look
    benefit: Side
    guardrail: Side
    worse: Side
    harm: Boundary

    def effect(self, effect: Effect, *, better_is_more: bool = True) -> MonitoredEffect:
        """An effect as this look judges it."""
        above, below = (self.benefit, self.worse) if better_is_more else (self.worse, self.benefit)
        known = {field.name: getattr(effect, field.name) for field in fields(Effect)}
        return MonitoredEffect(**known, above=above, below=below)

    @property
    def level_passed(self) -> float:
        """Two-sided level whose half judges that a guardrail stays within its margin; as good as nil where none can."""
        return _level(self.guardrail.looks[-1]) if self.guardrail.looks else _NEVER

    @property
    def level_established(self) -> float:
        """Two-sided level whose half judges that harm lies beyond a margin."""
        return _level(self.harm)


def _level(boundary: Boundary) -> float:
    return max(2.0 * boundary.nominal, _NEVER)


def look_at(looks: Looks, taken: Sequence[Look], matured: Maturity) -> Look | None:
    """Which look a cut is; ``None`` where it is none, or the end of a trial at which no look was taken.

    The latest declared look whose fraction the cut has reached, if it was not taken and no later one was: a look that
    is passed over is not made up for. After a look that ended the trial there is no other. A cut of the day of a look
    that was taken is that look again, on whatever the files say now: its information is the same, and so is its error.

    Where waves are to come and as many customers as were planned are allocated already, the share that is due is not
    known: it would be 1, and spend all the error before the end. The next look is then taken, and spends no more than
    by its declared fraction. What is spent stays within the spending function, whatever the customers at the end turn
    out to be, and the last look has the rest (Lan & DeMets 1983; for more information than was planned, Jennison &
    Turnbull 2000, chapter 7).

    Args:
        looks: as declared.
        taken: the looks before, ascending.
        matured: how much was due at the cut.
    """
    due = matured.due
    if matured.complete:
        return _look(looks, taken, len(looks.fractions) + 1, matured, matured.customers) if taken else None
    same = next((look for look in taken if look.as_at == matured.as_at and look.due == due), None)
    if same is not None:
        return _again(same, taken)
    planned = planned_customers(looks, matured)
    fraction = information_fraction(due, planned)
    number = max((n for n, at in enumerate(looks.fractions, start=1) if fraction >= at - ROUNDING), default=0)
    following = next_look(looks, taken)
    if following is not None and matured.to_come and overrun(looks, matured):
        number = min(number, following)
    if following is None or number < following or due <= max((look.due for look in taken), default=0):
        return None
    return _look(looks, taken, number, matured, planned)


def _look(looks: Looks, taken: Sequence[Look], number: int, matured: Maturity, planned: int) -> Look:
    count = len(looks.fractions) + 1
    final = number == count
    beyond, ended = overrun(looks, matured), ended_at(taken)
    fraction = 1.0 if final else information_fraction(matured.due, planned)
    if not final and matured.to_come and beyond:
        fraction = min(fraction, looks.fractions[number - 1])
    return Look(
        number=number,
        looks=count,
        as_at=matured.as_at,
        declared=1.0 if final else looks.fractions[number - 1],
        fraction=fraction,
        due=matured.due,
        customers=planned,
        may=looks.may,
        spending=looks.spending,
        action="final" if final else "go_on",
        stopped=_stopped(taken),
        overrun=beyond,
        harms=_harms(taken),
        ended_before=None if ended is None else ended.number,
    )


def _again(look: Look, taken: Sequence[Look]) -> Look:
    return replace(
        look,
        action="go_on",
        again=True,
        stopped=_stopped(looks_before(look, taken)),
        harms=_harms(looks_before(look, taken)),
        critical_benefit=None,
        critical_worse=None,
        critical_harm=None,
        inference=(),
    )


def _stopped(taken: Sequence[Look]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(arm for look in taken for arm in look.stopped))


def _harms(taken: Sequence[Look]) -> tuple[HarmShown, ...]:
    return tuple(dict.fromkeys(harm for look in taken for harm in look.harms))


def looks_before(look: Look, taken: Sequence[Look]) -> tuple[Look, ...]:
    """The looks whose error one look allows for: those before it.

    Where the trial had ended at one, it and what came after are left out: the cut that came in after the end takes the
    place of the look that ended the trial (the deletion method; Whitehead 1992, "Overrunning and underrunning in
    sequential clinical trials", Controlled Clinical Trials 13).
    """
    before = tuple(earlier for earlier in taken if earlier.number < look.number)
    ended = ended_at(before)
    return before if ended is None else tuple(earlier for earlier in before if earlier.number < ended.number)


def monitoring_of(look: Look, taken: Sequence[Look], *, alpha: float, arms: int, level_worse: float) -> Monitoring:
    """How a look judges, from the information that it and the looks before had.

    Args:
        look: this one.
        taken: the looks taken, ascending; see :func:`looks_before`.
        alpha: two-sided, declared.
        arms: approaches that are judged, which share alpha.
        level_worse: two-sided level of each route to being worse.
    """
    taken = looks_before(look, taken)
    every, final = (*taken, look), look.final
    tests_benefit = every if look.may == "harm_and_benefit" else every[-1:] if final else ()

    def side(over: Sequence[Look], level: float) -> Side:
        information = [float(one.due) for one in over]
        error = [spent(one.spending, one.fraction, level) for one in over]
        return Side(boundaries_spending(information, error) if over else (), final)

    before = [(float(one.due), sequence_critical(one.fraction, level_worse)) for one in taken]
    harm = (
        boundary_of_the_rest(before, float(look.due), level_worse)
        if final
        else Boundary(float(look.due), sequence_critical(look.fraction, level_worse), level_worse)
    )
    return Monitoring(
        look=look,
        benefit=side(tests_benefit, alpha / max(arms, 1)),
        guardrail=side(tests_benefit, alpha),
        worse=side(every, level_worse),
        harm=harm,
    )
