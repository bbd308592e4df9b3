"""Long stages in processes of their own: neither a screen that is drawn again nor its server's end cuts one off."""

from __future__ import annotations

from trials.jobs.lists import remove_lists, take_lists, written_lists
from trials.jobs.starting import Sent, cancel, progress, start

__all__ = ["Sent", "cancel", "progress", "remove_lists", "start", "take_lists", "written_lists"]
