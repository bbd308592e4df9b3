"""A copy of the chain's head that is kept elsewhere: what finds a folder that was rolled back or forged as a whole.

It has the lines of the head, or some of them: one line that somebody wrote down is a copy too. Whoever can write to
the registry's folder can make a chain and a head that agree, but not with what is out of their reach.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from sqlalchemy.orm import Session

from data.private import fsync_folder
from trials.errors import RegistryRefused
from trials.registry import queries
from trials.registry.proof.chain_head import ChainHead, disagreements, span
from trials.registry.storage.backup_files import write_file
from trials.registry.storage.folder import CHAIN_HEAD


def read_copy(path: Path, home: Path) -> dict[int, str]:
    """The events that a copy has seen: sequence → hash.

    Args:
        path: The copy.
        home: Of the registry, in which no copy of its head is worth anything.

    Raises:
        RegistryRefused: There is no such file, it is no copy of a head, it is empty, or it is in the home.
    """
    _refuse_within(path, home)
    if not path.exists():
        raise RegistryRefused(
            "there is no copy of a chain head", where=str(path), remedy="otm head --to PLACE makes one"
        )
    lines = _lines(path)
    if not lines:
        raise RegistryRefused("this copy of a chain head is empty", where=str(path), remedy="use another copy")
    return lines


def copy_faults(session: Session, copy: Mapping[int, str]) -> Iterator[str]:
    """What a copy shows about the chain, in words: a folder that was rolled back, or forged as a whole."""
    chain = queries.event_hashes(session, after=0)
    for fault in disagreements(copy, chain):
        yield f"against the copy: {fault}"
    if copy and all(chain.get(sequence) != digest for sequence, digest in copy.items()):
        yield "against the copy: nothing agrees, so everything was rewritten or it is of another registry"


def write_copy(session: Session, head: ChainHead, place: Path, home: Path) -> Path:
    """Write a copy of the head, durably and for its owner alone; an earlier copy of this head gives way to it.

    Args:
        session: Where the chain is, whose events the copy lists.
        head: Which has seen them all.
        place: A file, or a folder for one named chain-head.
        home: Of the registry.

    Returns:
        The file.

    Raises:
        RegistryRefused: The chain and its head disagree, the place is in the home, or it holds anything but an earlier
            copy of this head.
    """
    path = place / CHAIN_HEAD if place.is_dir() else place
    _refuse_within(path, home)
    chain = witnessed(session, head)
    if path.exists() or path.is_symlink():
        _refuse_other(path, chain)
    try:
        _replace(path, "".join(f"{sequence} {digest}\n" for sequence, digest in sorted(chain.items())))
    except OSError as error:
        raise RegistryRefused(
            f"the copy cannot be written there ({error.strerror})", where=str(path), remedy="name another place"
        ) from error
    return path


def witnessed(session: Session, head: ChainHead) -> dict[int, str]:
    """The chain, sequence → hash, where its head has seen all of it.

    Raises:
        RegistryRefused: The head has lost events, or has seen others.
    """
    chain, seen = queries.event_hashes(session, after=0), head.seen()
    announced = head.announced().keys() - chain.keys()  # a crash came before its commit
    faults = disagreements({n: digest for n, digest in seen.items() if n not in announced}, chain)
    lost = [sequence for sequence in chain if sequence not in seen]
    if lost:
        faults.append(f"audit events {span(lost)}: the chain head has lost them")
    if faults:
        raise RegistryRefused(
            f"the audit chain and its head disagree ({'; '.join(faults)})",
            where=str(head.path),
            rule="a copy of what may be forged proves nothing",
            remedy="run otm verify --all --head FILE, where FILE is an earlier copy",
        )
    return chain


def _refuse_within(path: Path, home: Path) -> None:
    """A link to the head, of whatever kind, is the head."""
    head = home / CHAIN_HEAD
    is_head = path.exists() and head.exists() and path.samefile(head)
    if is_head or path.resolve().is_relative_to(home.resolve()):
        raise RegistryRefused(
            "a copy of the chain head in the registry's own folder proves nothing",
            where=str(path),
            rule="whoever rolls that folder back rolls the copy back with it",
            remedy="name a place elsewhere, on another machine where you can",
        )


def _lines(path: Path) -> dict[int, str]:
    try:
        return ChainHead(path).lines()
    except RegistryRefused as refusal:
        raise RegistryRefused(
            "this is no copy of a chain head", where=str(path), rule="one line an event, its sequence and its hash"
        ) from refusal


def _refuse_other(path: Path, chain: Mapping[int, str]) -> None:
    if path.is_symlink():
        raise RegistryRefused("a link is in the place of the copy", where=str(path), remedy="name the file itself")
    found = disagreements(_lines(path), chain)
    if found:
        raise RegistryRefused(
            f"the copy that is there is of another registry, or of this one as it was before it was changed "
            f"({'; '.join(found)})",
            where=str(path),
            rule="a copy gives way only to a later copy of the same chain",
            remedy="run otm verify --all --head FILE, where FILE is that copy, or name another place",
        )


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    try:
        write_file(partial, text)
        partial.replace(path)
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)
