"""Tables, every query, the audit chain and the migrations: what was done, and by whom."""

from __future__ import annotations

from trials.registry.opening import is_there, open_standing
from trials.registry.registry import Registry, open_registry, require_folder

__all__ = ["Registry", "is_there", "open_registry", "open_standing", "require_folder"]
