"""The one error root of this package."""

from __future__ import annotations

from data.errors import Refused


class AnalysisRefused(Refused):
    """An analysis that cannot be carried out as it was asked for."""
