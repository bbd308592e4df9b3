"""A protocol file, read, checked and sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from designs.protocol.canonical import canonical_json, digest_of
from designs.protocol.columns import measured_after
from designs.protocol.errors import ProtocolError, ProtocolRefused
from designs.protocol.models import Protocol
from designs.protocol.reading import Document, read_document
from designs.protocol.texts import hash_texts
from designs.protocol.validation import examine, placed


@dataclass(frozen=True, slots=True)
class CheckedProtocol:
    """All that a registry records of a protocol's file: what whoever checked it tells of it.

    Attributes:
        id: The trial's.
        title: The trial's.
        canonical: The canonical form (see :mod:`designs.protocol.canonical`).
        digest: SHA-256 of the canonical form.
        texts: SHA-256 of each text, by its path as written.
    """

    id: str
    title: str
    canonical: str
    digest: str
    texts: Mapping[str, str]


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

    @property
    def checked(self) -> CheckedProtocol:
        """What is recorded of it."""
        return CheckedProtocol(self.protocol.id, self.protocol.title, self.canonical, self.digest, self.texts)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say of a document.

    Attributes:
        protocol: As far as it could be read, with None for each section that is not there; None where nothing could.
        errors: Everything that is wrong, in the order of its lines.
        loaded: The protocol with its proof; None while there are errors.
    """

    protocol: Protocol | None
    errors: tuple[ProtocolError, ...]
    loaded: LoadedProtocol | None


def load_protocol(path: str | Path) -> LoadedProtocol:
    """Load a protocol file.

    Raises:
        ProtocolRefused: With everything that is unknown, missing or contradictory in it, each at its path.
    """
    return _load(Path(path), day=None)


def digest_as_written(path: str | Path) -> str:
    """The digest of a protocol file whose values can be read, whatever the rules over several keys say of them.

    Rules are added from version to version; a plan that was locked before one is no other plan for that.

    Raises:
        ProtocolRefused: Something in it cannot be read, or a text is not there.
    """
    path = Path(path)
    examined = examine(read_document(path))
    if examined.protocol is None or not examined.as_written:
        raise ProtocolRefused(examined.errors, where=str(path))
    texts, wrong = hash_texts(examined.protocol, path.parent)
    if wrong:
        raise ProtocolRefused((placed(breach, {}) for breach in wrong), where=str(path))
    return digest_of(canonical_json(examined.protocol, texts))


def check(path: str | Path, *, day: date | None = None) -> LoadedProtocol:
    """What ``otm protocol check`` asks: may this protocol be registered on this day? Writes nothing.

    Beyond loading, this refuses columns that a trial randomised here uses before they are measured: those whose
    ``as_at`` is after the declared ``randomisation.allocation_date``, or, where none is declared, after the clock's
    day of the draw, or ``day``.

    Args:
        path: The protocol file.
        day: The day on which it is asked; by default today, in UTC.

    Raises:
        ProtocolRefused: As :func:`load_protocol`.
    """
    return _load(Path(path), day=day or datetime.now(tz=UTC).date())


def judge(document: Document, texts: Mapping[str, str] | Path, *, day: date | None) -> Judged:
    """What every rule says of a document, wherever it came from: a file, or a draft in the registry.

    Args:
        document: As read; it may be partly filled.
        texts: The SHA-256 of each text that there is, by the path that the document gives it; or the folder in which
            they lie.
        day: The day on which it is asked whether it may be registered; None to ask only whether it can be loaded.
    """
    examined = examine(document)
    protocol, errors = examined.protocol, list(examined.errors)
    digests: Mapping[str, str] = {}
    if protocol is not None and protocol.arms is not None and "arms" not in examined.unread:
        digests, wrong = hash_texts(protocol, texts)
        errors += [placed(breach, document.lines) for breach in wrong]
    if protocol is not None and not examined.unread and day is not None and protocol.randomised_here:
        drawn_on = protocol.clock.drawn_on if protocol.clock else day
        late = measured_after(protocol, drawn_on) if protocol.randomisation.allocation_date is None else ()
        errors += [placed(breach, document.lines) for breach in late]
    if errors or protocol is None:
        return Judged(protocol, tuple(sorted(errors, key=lambda error: error.line or 0)), None)
    canonical = canonical_json(protocol, digests)
    return Judged(protocol, (), LoadedProtocol(protocol, canonical, digest_of(canonical), digests))


def _load(path: Path, *, day: date | None) -> LoadedProtocol:
    judged = judge(read_document(path), path.parent, day=day)
    if judged.loaded is None:
        raise ProtocolRefused(judged.errors, where=str(path))
    return judged.loaded
