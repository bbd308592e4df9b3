"""Long stages in processes of their own: neither a screen that is drawn again nor its server's end cuts one off."""

from __future__ import annotations

from trials.jobs.arriving import receive, remove_arrived
from trials.jobs.lists import archive_of_lists, list_names, remove_lists
from trials.jobs.starting import progress, start

__all__ = ["archive_of_lists", "list_names", "progress", "receive", "remove_arrived", "remove_lists", "start"]
