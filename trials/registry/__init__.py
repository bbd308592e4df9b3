"""Tables, every query, the audit chain and the migrations: what was done, and by whom."""

from __future__ import annotations

from trials.registry.registry import Registry, open_registry

__all__ = ["Registry", "open_registry"]
