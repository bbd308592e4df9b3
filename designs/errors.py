"""The root of everything that ``designs`` refuses."""

from __future__ import annotations

from data.errors import Refused


class DesignRefused(Refused):
    """A promise that cannot be made, or cannot be kept, as it is written."""
