"""What the text of a file becomes: YAML 1.2 by its core schema, nothing guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from designs.protocol import load_protocol
from designs.protocol.reading import read_document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("none", "none"),
        ("1", 1),
        ("-7", -7),
        ("+7", 7),
        ("0", 0),
        ("0x1F", 31),
        ("0o17", 15),
        ("1_000", "1_000"),
        ("1,000", "1,000"),
        ("12:30:45", "12:30:45"),
        ("0.5", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("1E+13", 1e13),
        ("2026-02-02", "2026-02-02"),
        ("0300 000 0001", "0300 000 0001"),
        ("'1'", "1"),
        ('"0123"', "0123"),
        ("[NO, 1_000, 3]", ["NO", "1_000", 3]),
        ("{a: NO, 'b': 2}", {"a": "NO", "b": 2}),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_a_value_is_what_the_core_schema_says(tmp_path: Path, text: str, value: Any) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_text(f"key: {text}\n", encoding="utf-8")
    document = read_document(path)
    assert document.errors == ()
    assert document.value == {"key": value}
    assert type(document.value["key"]) is type(value)


def test_keys_are_names_even_where_they_look_like_something_else(tmp_path: Path) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_text("1: a\nnull: b\ntrue: c\n2026-02-02: d\n'<<': e\n", encoding="utf-8")
    assert list(read_document(path).value) == ["1", "null", "true", "2026-02-02", "<<"]


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_bytes(b"\xef\xbb\xbfschema: 1\r\nid: a\r\n")
    assert read_document(path).value == {"schema": 1, "id": "a"}


def test_each_path_knows_its_line(tmp_path: Path) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_text("# head\na:\n  - x: 1\n    y: {z: 2}\n", encoding="utf-8")
    assert dict(read_document(path).lines) == {
        (): 2,
        ("a",): 2,
        ("a", 0): 3,
        ("a", 0, "x"): 3,
        ("a", 0, "y"): 4,
        ("a", 0, "y", "z"): 4,
    }


@pytest.mark.parametrize("name", ["hillstrom", "small-debts", "social-pressure"])
def test_the_three_protocols_of_the_contract_load_as_they_are(reference_data: Path, name: str) -> None:
    protocol = load_protocol(reference_data.parent / "protocols" / f"{name}.yaml").protocol
    assert protocol.id.startswith(name)
    assert protocol.comparison.kind == "nfa"


def test_the_contract_says_what_it_says(reference_data: Path) -> None:
    loaded = load_protocol(reference_data.parent / "protocols" / "small-debts.yaml")
    protocol = loaded.protocol
    assert protocol.suitability is not None
    assert protocol.suitability.same_reason.answer == "no"
    assert [arm.share for arm in protocol.arms] == [3, 1, 1, 1]
    assert protocol.arm("letter").cost_per_customer.model_dump() == {"low": 0.7, "central": 0.85, "high": 1.0}
    assert protocol.contrasts == (("letter", "nfa"), ("sms", "nfa"), ("call", "nfa"))
    assert protocol.cluster is None
    assert len(loaded.texts) == 6
    assert protocol.analysis.power == 0.8
