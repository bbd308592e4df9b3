"""Tables, every query, the audit chain and the migrations: what was done, and by whom."""

from __future__ import annotations

from trials.registry.registry import Registry, is_there, open_registry, require_folder, require_there

__all__ = ["Registry", "is_there", "open_registry", "require_folder", "require_there"]
