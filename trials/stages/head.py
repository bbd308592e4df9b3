"""Head: the end of the audit chain, to be kept where nobody who can write to the registry can write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trials.access import Actor
from trials.registry import Registry
from trials.registry.proof.head_copy import witnessed, write_copy


@dataclass(frozen=True, slots=True)
class HeadCopied:
    """The last event of the chain, and the file that a copy of its head was written to."""

    sequence: int
    hash: str
    path: Path | None


def head(registry: Registry, actor: Actor, *, to: Path | None = None) -> HeadCopied:
    """The last event that the chain and its head agree on; written to a place elsewhere where one is named.

    Raises:
        RegistryRefused: The chain and its head disagree, or the place is none for a copy.
    """
    with registry.inspect(actor, "verify") as session:
        path = None if to is None else write_copy(session, registry.head, to, registry.home)
        chain = witnessed(session, registry.head)
    last = max(chain)
    return HeadCopied(last, chain[last], path)
