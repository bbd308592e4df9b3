"""The kinds of file that come back from the field, each in a module of its own."""

from __future__ import annotations

from trials.errors import TrialRefused
from trials.field.kinds.contacts import CONTACTS
from trials.field.kinds.kind import Breach, FileKind
from trials.field.kinds.outcomes import OUTCOMES

__all__ = ["KINDS", "Breach", "FileKind", "kind_named"]

KINDS = (CONTACTS, OUTCOMES)


def kind_named(name: str) -> FileKind:
    """The kind of a name.

    Raises:
        TrialRefused: There is none.

    Examples:
        >>> kind_named("contacts").use_case
        'load_contacts'
    """
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise TrialRefused(
        f"there is no kind of returned file {name!r}", rule=f"one of {', '.join(kind.name for kind in KINDS)}"
    )
