"""The one form of a protocol that is hashed, stored and read back.

Sorted, compact JSON in UTF-8. Every default that says something is written out, and every key that says nothing (null,
an empty list) is left out: so a default written out in the file, an explicit ``null`` and a key that a later
version of the service adds all leave the digest as it is. Whole numbers have no fraction (``1.0`` is ``1``), and each
text's path has become the SHA-256 of the text's bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from designs.protocol.models import UNITS, Arm, Outcome, Protocol, Wording

_DIGEST = re.compile(r"[0-9a-f]{64}")
_WHOLE_NUMBERS_ARE_EXACT_TO = 2**53


def canonical_json(protocol: Protocol, texts: Mapping[str, str]) -> str:
    """The canonical form.

    Args:
        protocol: As loaded; its texts may already be digests.
        texts: The SHA-256 (lower-case hexadecimal) of each text, by its path as written in the protocol.

    Raises:
        KeyError: A text is neither a digest nor in ``texts``.
    """
    return as_canonical_json(sealed(protocol, texts).model_dump(mode="json", by_alias=True))


def parse_canonical(text: str) -> Protocol:
    """A protocol back from its canonical form, with digests where the texts' paths were: equal to :func:`sealed`."""
    return Protocol.model_validate_json(text)


def digest_of(canonical: str) -> str:
    """SHA-256 of the canonical form's UTF-8 bytes, in lower-case hexadecimal."""
    return hashlib.sha256(canonical.encode()).hexdigest()


def sealed(protocol: Protocol, texts: Mapping[str, str]) -> Protocol:
    """The protocol with each text's path replaced by the text's digest, and with those defaults written out that
    depend on other keys: an outcome's column, an external arm's label, the column of clusters. A unit that goes
    without saying is left out instead, as it was before there was such a key."""
    scheme = protocol.randomisation.model_copy(update={"cluster": protocol.cluster})
    outcomes = tuple(_sealed_outcome(outcome) for outcome in protocol.outcomes)
    arms = tuple(_sealed_arm(arm, texts, labelled=not protocol.randomised_here) for arm in protocol.arms)
    return protocol.model_copy(update={"arms": arms, "randomisation": scheme, "outcomes": outcomes})


def canonical_section(protocol: Protocol, section: str, texts: Mapping[str, str]) -> Any:
    """One section of a plan, which may be partly filled, as it stands in the canonical form: the same values however
    the section is written. None where it is absent.

    Args:
        protocol: As far as it could be read.
        section: Its key.
        texts: The SHA-256 of each text, by its path; a text that is not there yet remains a path.
    """
    value = getattr(protocol, section)
    if value is None:
        return None
    if section == "arms":
        paths = [path for arm in value if arm.text for path in arm.text.paths]
        known = {path: path for path in paths if not _DIGEST.fullmatch(path)} | dict(texts)
        labelled = protocol.randomisation is not None and not protocol.randomised_here
        value = [_sealed_arm(arm, known, labelled=labelled) for arm in value]
    elif section == "outcomes":
        value = [_sealed_outcome(outcome) for outcome in value]
    elif section == "randomisation":
        shared = protocol.population.cluster if protocol.population is not None else None
        value = value.model_copy(update={"cluster": value.cluster or shared})
    listed = isinstance(value, (list, tuple))
    if isinstance(value, str):
        return value
    parts = [item.model_dump(mode="json", by_alias=True) for item in (value if listed else (value,))]
    return _normalised(parts if listed else parts[0])


def as_canonical_json(value: Any) -> str:
    """Values as they are hashed: sorted, compact, without keys that say nothing."""
    return json.dumps(_normalised(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _sealed_outcome(outcome: Outcome) -> Outcome:
    unsaid = outcome.kind != "binary" and outcome.unit == UNITS[outcome.kind][0]
    update: dict[str, Any] = {"unit": None} if unsaid else {}
    if outcome.kind != "time_to_event":
        update["column"] = outcome.header
    return outcome.model_copy(update=update)


def _sealed_arm(arm: Arm, texts: Mapping[str, str], *, labelled: bool) -> Arm:
    if labelled and arm.value is None:
        arm = arm.model_copy(update={"value": arm.id})
    if arm.text is None:
        return arm

    def digest(path: str) -> str:
        return path if path not in texts and _DIGEST.fullmatch(path) else texts[path]

    named = arm.text.model_dump(exclude_none=True)
    wording = Wording.model_validate({key: digest(path) for key, path in named.items()})
    return arm.model_copy(update={"text": wording})


def _normalised(value: Any) -> Any:
    if isinstance(value, dict):
        parts = {key: _normalised(item) for key, item in value.items()}
        return {key: item for key, item in parts.items() if item is not None and item != []}
    if isinstance(value, list):
        return [_normalised(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= _WHOLE_NUMBERS_ARE_EXACT_TO:
        return int(value)
    return value
