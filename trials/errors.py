"""The root of everything that ``trials`` refuses."""

from __future__ import annotations

from data.errors import Refused


class TrialRefused(Refused):
    """A step in a trial's life that cannot be taken as things stand."""


class AccessRefused(TrialRefused):
    """A step that this person's role does not hold."""


class RegistryRefused(TrialRefused):
    """A registry that cannot be opened, read or written."""


class NoRegistry(RegistryRefused):
    """Nobody has made a registry there, and nothing was made by looking."""
