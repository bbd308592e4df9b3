"""The texts that arms are sent: which a file names, where they may lie, and the SHA-256 of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from designs.protocol.consistency import Breach
from designs.protocol.errors import ProtocolRefused
from designs.protocol.models import Protocol
from designs.protocol.reading import first_bytes, parse_document

TEXT_CAP = 1024 * 1024


def named_texts(content: bytes) -> tuple[PurePosixPath, ...]:
    """The texts that a protocol file names and that may lie in its folder or below, each once, in its order.

    This is asked of a file before it is loaded, to lay its texts beside it: it says nothing of what is wrong with a
    file that cannot be read, and names no text of one.

    Args:
        content: The file's bytes, from whoever sent them.

    Examples:
        >>> named_texts(b"arms: [{text: {en: wording/letter.md, cy: ../../outside.md}}]")
        (PurePosixPath('wording/letter.md'),)
    """
    try:
        document = parse_document(content)
    except ProtocolRefused:
        return ()
    paths = [PurePosixPath(name) for name in _names(document.value.get("arms"))]
    return tuple(dict.fromkeys(path for path in paths if _may_lie_beside(path)))


def _may_lie_beside(path: PurePosixPath) -> bool:
    return not path.is_absolute() and ".." not in path.parts


def texts_beside(protocol_path: Path, names: Iterable[PurePosixPath] | None = None) -> dict[str, tuple[str, bytes]]:
    """The texts that a protocol's file names, as they lie beside it now: path as written and bytes, by SHA-256.

    What cannot be read is left out: which of them a protocol was registered with is told by its digests.

    Args:
        protocol_path: The file.
        names: The texts that it names, where it has been read; else it is read for them.
    """
    found: dict[str, tuple[str, bytes]] = {}
    try:
        for name in named_texts(first_bytes(protocol_path)) if names is None else filter(_may_lie_beside, names):
            file = protocol_path.parent / name
            if file.is_file() and file.stat().st_size <= TEXT_CAP:
                content = file.read_bytes()
                found[hashlib.sha256(content).hexdigest()] = (str(name), content)
    except (OSError, ValueError):
        return found
    return found


def _names(arms: Any) -> Iterator[str]:
    for arm in arms if isinstance(arms, list) else ():
        text = arm.get("text") if isinstance(arm, dict) else None
        for name in text.values() if isinstance(text, dict) else ():
            if isinstance(name, str) and name.strip():
                yield name


def hash_texts(protocol: Protocol, texts: Mapping[str, str] | Path) -> tuple[dict[str, str], tuple[Breach, ...]]:
    """SHA-256 of every text that the protocol names, and what is wrong with those that have none.

    Args:
        protocol: As validated.
        texts: The folder of the protocol's file, outside which no text may lie; or, of texts that are kept and not
            files, the SHA-256 of each that there is, by its path.
    """
    digests: dict[str, str] = {}
    wrong: list[Breach] = []
    for number, arm in enumerate(protocol.arms):
        for language, name in (arm.text.model_dump(exclude_none=True) if arm.text else {}).items():
            try:
                digests[name] = _digest_of_text(name, texts) if isinstance(texts, Path) else _digest_kept(name, texts)
            except _UnusableTextError as unusable:
                wrong.append(Breach(("arms", number, "text", language), unusable.problem, unusable.rule))
    return digests, tuple(wrong)


class _UnusableTextError(Exception):
    def __init__(self, problem: str, rule: str) -> None:
        self.problem, self.rule = problem, rule


_INSIDE = "a text lies beside the protocol or below it, and its path is relative, with /"


def _digest_kept(name: str, kept: Mapping[str, str]) -> str:
    if "\\" in name or PurePosixPath(name).is_absolute():
        raise _UnusableTextError(f'"{name}" is not a relative path', _INSIDE)
    if ".." in PurePosixPath(name).parts:
        raise _UnusableTextError(f'"{name}" leads out of the protocol\'s folder', _INSIDE)
    if name not in kept:
        raise _UnusableTextError(f'"{name}" is not there', "a text that an arm names exists")
    return kept[name]


def _digest_of_text(name: str, folder: Path) -> str:
    if "\\" in name or PurePosixPath(name).is_absolute():
        raise _UnusableTextError(f'"{name}" is not a relative path', _INSIDE)
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise _UnusableTextError(f'"{name}" leads out of the protocol\'s folder', _INSIDE)
    if not path.is_file():  # a pipe would wait for ever
        raise _UnusableTextError(f'"{name}" is not a file', "a text that an arm names exists")
    try:
        with path.open("rb") as file:
            content = file.read(TEXT_CAP + 1)
    except OSError as error:
        raise _UnusableTextError(
            f'"{name}" cannot be read ({error.strerror})', "a text that an arm names exists"
        ) from error
    if len(content) > TEXT_CAP:
        raise _UnusableTextError(f'"{name}" is too large', f"a text holds at most {TEXT_CAP // 1024} KiB")
    return hashlib.sha256(content).hexdigest()
