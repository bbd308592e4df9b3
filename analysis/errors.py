"""What the analysis refuses to do."""

from __future__ import annotations

from data.errors import Refused


class AnalysisRefused(Refused):
    """Data or a declaration from which nothing honest can be estimated."""
