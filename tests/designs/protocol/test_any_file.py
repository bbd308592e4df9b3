"""Whatever a file holds, loading it gives a protocol or one kind of refusal."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from designs.library import FOLDER
from designs.protocol import ProtocolRefused, load_protocol
from designs.protocol.models import Protocol
from tests.designs.protocol.examples import ELSEWHERE, HERE, changed

KEYS = sorted({key for group in Protocol.model_json_schema()["$defs"].values() for key in group["properties"]})
WORDS = ["nfa", "otm", "external", "complete", "binary", "primary", "HC2", "row", "customer_id", "NO", "", "1_000"]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=True)
    | st.text(max_size=8)
    | st.sampled_from(WORDS)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)
relaxed = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def refused_or_loaded(path: Path) -> None:
    """Load, and hold whatever is said against the form of a refusal."""
    refusal = None
    try:
        load_protocol(path)
    except ProtocolRefused as refused:
        refusal = refused
    if refusal is not None:
        assert refusal.errors
        assert all(error.problem and error.rule and str(error) in str(refusal) for error in refusal.errors)


def as_yaml(value: Any) -> str:
    return json.dumps(value).replace("NaN", ".nan").replace("Infinity", ".inf")


@relaxed
@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), values, max_size=8))
def test_any_mapping(tmp_path: Path, value: dict[str, Any]) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_text(as_yaml(value), encoding="utf-8")
    refused_or_loaded(path)


def places(value: Any, path: str = "") -> list[str]:
    """Every path of a protocol, as tests write it."""
    if isinstance(value, dict):
        return [
            place
            for key, item in value.items()
            for place in (f"{path}.{key}".lstrip("."), *places(item, f"{path}.{key}"))
        ]
    if isinstance(value, list):
        return [
            place
            for i, item in enumerate(value)
            for place in (f"{path}[{i}]".lstrip("."), *places(item, f"{path}[{i}]"))
        ]
    return []


@relaxed
@given(st.sampled_from([HERE, ELSEWHERE]), st.data())
def test_a_good_protocol_with_something_else_in_places(
    tmp_path: Path, protocol: dict[str, Any], data: st.DataObject
) -> None:
    at = data.draw(st.lists(st.sampled_from(places(protocol)), min_size=1, max_size=3))
    broken = protocol
    for place in sorted(at, key=len, reverse=True):  # inner places first, so that the outer still exist
        broken = changed(broken, (place, data.draw(values)))
    path = tmp_path / "protocol.yaml"
    path.write_text(as_yaml(broken), encoding="utf-8")
    refused_or_loaded(path)


@relaxed
@given(st.binary(max_size=200))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_bytes(content)
    refused_or_loaded(path)


@pytest.mark.parametrize("seed", range(150))
def test_a_real_file_with_characters_lost_or_moved(tmp_path: Path, seed: int) -> None:
    generator = random.Random(seed)
    text = list((FOLDER / "hillstrom.yaml").read_text(encoding="utf-8"))
    for _ in range(generator.randint(1, 6)):
        at = generator.randrange(len(text))
        text[at : at + generator.randint(0, 3)] = generator.choice(
            ["", "\t", "{", "]", ":", "- ", "&a ", "*a", "? ", "|", '"', "\n"]
        )
    path = tmp_path / "protocol.yaml"
    path.write_text("".join(text), encoding="utf-8")
    refused_or_loaded(path)
