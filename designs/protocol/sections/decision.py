"""What the outcomes are worth: the ``decision`` section."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from designs.literals import MoneyKind
from designs.protocol.sections.scalars import ZERO, Declared, Identifier, Range, Text


class Valuation(Declared):
    """Pounds per unit of an outcome."""

    outcome: Identifier
    value: Range
    because: Text | None = None
    money: MoneyKind | None = None


class Decision(Declared):
    benefits: tuple[Valuation, ...] = ()
    costs: tuple[Valuation, ...] = ()
    set_up: Range = ZERO
    roll_out_customers: Annotated[int, Field(gt=0)] | None = None
    break_even: float | None = None  # effect on the primary, in its own units
