"""A trial's entries for public registries: their fields, filled from the record."""

from typing import Final

from trials.reporting.registrations.aea import AEA
from trials.reporting.registrations.form import Field, Form, entry_paper, entry_values
from trials.reporting.registrations.spirit import SPIRIT
from trials.reporting.registrations.uk import UK

FORMS: Final = {form.code: form for form in (AEA, SPIRIT, UK)}
"""The forms, by their names in commands."""

__all__ = ["FORMS", "Field", "Form", "entry_paper", "entry_values"]
