"""Long stages in processes of their own: neither a screen that is drawn again nor its server's end cuts one off."""

from __future__ import annotations

from trials.jobs.starting import progress, start

__all__ = ["progress", "start"]
