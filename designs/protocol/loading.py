"""A protocol file, read, checked and sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from designs.protocol.canonical import canonical_json, digest_of, hash_texts
from designs.protocol.errors import ProtocolRefused
from designs.protocol.models import Protocol
from designs.protocol.reading import read_document
from designs.protocol.validation import placed, validate


@dataclass(frozen=True, slots=True)
class LoadedProtocol:
    """A protocol with its proof.

    Attributes:
        protocol: As written; texts are still paths, relative to the file.
        canonical: The canonical form (see :mod:`designs.protocol.canonical`).
        digest: SHA-256 of the canonical form.
        texts: SHA-256 of each text, by its path as written.
    """

    protocol: Protocol
    canonical: str
    digest: str
    texts: Mapping[str, str]


def load_protocol(path: str | Path) -> LoadedProtocol:
    """Load a protocol file.

    Raises:
        ProtocolRefused: With everything that is unknown, missing or contradictory in it, each at its path.
    """
    path = Path(path)
    document = read_document(path)
    protocol = validate(document, where=str(path))
    texts, wrong = hash_texts(protocol, path.parent)
    if wrong:
        raise ProtocolRefused([placed(breach, document.lines) for breach in wrong], where=str(path))
    canonical = canonical_json(protocol, texts)
    return LoadedProtocol(protocol, canonical, digest_of(canonical), texts)


def check(path: str | Path) -> LoadedProtocol:
    """What ``otm protocol check`` does: load, and refuse what cannot be promised. Writes nothing."""
    return load_protocol(path)
