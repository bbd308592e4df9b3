"""Files that a few bytes can make enormous, opened by a process of their own that can take neither memory nor time."""

from __future__ import annotations

from data.intake.apart.asking import read_apart

__all__ = ["read_apart"]
