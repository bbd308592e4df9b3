"""What strangers sent is opened by a process of its own: bounded by the system, nicer than others, gone with its asker.

The asked side can make the asking one do nothing: it is told what to open, and values come back. It begins with
:func:`end_with` and :func:`limit`.
"""

from __future__ import annotations

from data.apart.answering import end_with, limit
from data.apart.asking import Started, command_of, environment
from data.apart.limits import OUT_OF_TIME, Allowance
from data.apart.messages import Broken

__all__ = ["OUT_OF_TIME", "Allowance", "Broken", "Started", "command_of", "end_with", "environment", "limit"]
