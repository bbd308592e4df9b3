"""A draft as a value, and what the rules say of it: the same rules that a protocol file meets."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, Final

from designs.drafting.places import PROTOCOL_FILE, refuse_places
from designs.drafting.written import protocol_file
from designs.library import template_named
from designs.protocol.errors import ProtocolError, ProtocolRefused, path_text
from designs.protocol.loading import Judged, judge
from designs.protocol.reading import Document, parse_document, read_document
from designs.protocol.texts import TEXT_CAP, texts_beside

_IS_ID: Final = "an id begins with a small letter or digit and holds small letters, digits, - and _, at most 63"


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan in the making.

    Attributes:
        document: Plain values in the shape of the protocol file; any key may be missing yet.
        texts: The SHA-256 of each text that there is, by the path that the document gives it. A text that the
            document does not name any more may stay.
    """

    document: Mapping[str, Any]
    texts: Mapping[str, str]

    @property
    def whole(self) -> dict[str, Any]:
        """All of it as one document: what two revisions are compared by."""
        return {"plan": dict(self.document), "texts": dict(self.texts)}


def empty_draft(design: str) -> Draft:
    """The draft that a design begins with where it begins with nothing.

    Examples:
        >>> empty_draft("late-returns-2027").document
        {'schema': 1, 'id': 'late-returns-2027'}
    """
    return Draft({"schema": 1, "id": design}, {})


def draft_of_template(name: str, design: str) -> tuple[Draft, dict[str, bytes]]:
    """A protocol of the library as the draft of a design, and the bytes of its texts, by their digests.

    Raises:
        DesignRefused: The library has none of this name.

    Examples:
        >>> draft_of_template("late-returns", "late-returns-2027")[0].document["id"]
        'late-returns-2027'
    """
    draft, contents = draft_of_file(template_named(name).path)
    return Draft({**draft.document, "id": design}, draft.texts), contents


def draft_of_file(path: Path) -> tuple[Draft, dict[str, bytes]]:
    """A protocol file as a draft, and the bytes of the texts that lie beside it, by their digests.

    It need not be a protocol yet: what can be read of it is taken, and what is wrong with it stays to be mended.

    Raises:
        ProtocolRefused: The file cannot be read, or a value in it cannot be kept as it is written.
    """
    document = read_document(path)
    if document.errors:
        raise ProtocolRefused(document.errors, where=str(path))
    beside = texts_beside(path)
    texts = {name: digest for digest, (name, _) in beside.items()}
    # Two paths may hold one text: the digest of each is looked up by its own path.
    for name in _names(document.value):
        if name not in texts:
            content = _content(path.parent, name)
            if content is not None:
                digest = hashlib.sha256(content).hexdigest()
                texts[name] = digest
                beside.setdefault(digest, (name, content))
    return Draft(document.value, texts), {digest: content for digest, (_, content) in beside.items()}


def judge_draft(draft: Draft, *, day: date) -> Judged:
    """What every rule says of a draft, on the day on which it is asked.

    Examples:
        >>> errors = judge_draft(empty_draft("late-returns-2027"), day=date(2027, 1, 4)).errors
        >>> [error.path for error in errors][:3]
        ['title', 'hypothesis', 'population']
    """
    return judge(Document(dict(draft.document), {}), draft.texts, day=day)


def named_paths(draft: Draft) -> tuple[str, ...]:
    """The paths of the texts that a draft names, each once, in its order."""
    return tuple(dict.fromkeys(_names(draft.document)))


def files_of(draft: Draft, contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """A draft as files: the protocol's, and its texts at the paths that it gives them.

    Args:
        draft: The draft.
        contents: The bytes of its texts, by digest.

    Raises:
        DesignRefused: A text has a path at which no file can lie beside the protocol's.
    """
    files = {PROTOCOL_FILE: protocol_file(draft.document)}
    refuse_places(draft.texts, str(draft.document.get("id", "")))
    return files | {str(PurePosixPath(path)): contents[digest] for path, digest in draft.texts.items()}


def refuse_unkept(draft: Draft, design: str) -> None:
    """Refuse a draft that could not become a protocol file, whatever else is missing.

    Raises:
        ProtocolRefused: It has another id than its design, is too large or too deep, or holds what is no plain value.
        DesignRefused: A text has a path at which none can lie beside it and the others.
    """
    if draft.document.get("id") != design:
        problem = f"{draft.document.get('id')!r} is not {design!r}"
        raise ProtocolRefused([ProtocolError("id", problem, "a design keeps the id that it began with")], where=design)
    refuse_places(draft.texts, design)
    read = parse_document(protocol_file(draft.document), where=design)
    if read.errors or read.value != draft.document:
        errors = read.errors or (
            ProtocolError(path_text(_first_difference(draft.document, read.value)), "the value cannot be kept",
                          "a plan holds text, numbers, true or false, dates as text, lists and keys"),
        )  # fmt: skip
        raise ProtocolRefused(errors, where=design)


def _first_difference(one: Any, other: Any) -> tuple[str | int, ...]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in one:
            if key not in other or one[key] != other[key] or type(one[key]) is not type(other[key]):
                return (key, *_first_difference(one[key], other.get(key)))
    if isinstance(one, list) and isinstance(other, list):
        for number, (left, right) in enumerate(zip(one, other, strict=False)):
            if left != right:
                return (number, *_first_difference(left, right))
    return ()


def _names(document: Mapping[str, Any]) -> list[str]:
    names: list[str] = []

    def noted(name: str) -> str:
        names.append(name)
        return name

    texts_replaced(document, noted)
    return names


def texts_replaced(document: Mapping[str, Any], other: Callable[[str], Any]) -> dict[str, Any]:
    """A document in which something else stands in the place of each text's name.

    Examples:
        >>> texts_replaced({"arms": [{"id": "a", "text": {"en": "a.md"}}]}, str.upper)
        {'arms': [{'id': 'a', 'text': {'en': 'A.MD'}}]}
    """
    arms = document.get("arms")
    if not isinstance(arms, list):
        return dict(document)
    return {**document, "arms": [_texts_of_arm_replaced(arm, other) for arm in arms]}


def _texts_of_arm_replaced(arm: Any, other: Callable[[str], Any]) -> Any:
    texts = arm.get("text") if isinstance(arm, dict) else None
    if not isinstance(texts, dict):
        return arm
    replaced = {
        language: other(name) if isinstance(name, str) and name.strip() else name for language, name in texts.items()
    }
    return {**arm, "text": replaced}


def _content(folder: Path, name: str) -> bytes | None:
    try:
        path = (folder / name).resolve()
        inside = path.is_relative_to(folder.resolve()) and path.is_file() and path.stat().st_size <= TEXT_CAP
        return path.read_bytes() if inside else None
    except (OSError, ValueError):
        return None
