"""Invented time for invented customers: the ``clock`` section."""

from __future__ import annotations

from datetime import date

from designs.protocol.sections.scalars import Declared


class Clock(Declared):
    """The days that stand for the day of the draw, and for the day on which the outcomes were cut."""

    drawn_on: date
    cut_on: date | None = None
