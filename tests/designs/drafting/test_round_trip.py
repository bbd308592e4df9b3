"""File to draft to file: one canonical form, for every protocol there is and 500 that nobody wrote."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designs.drafting import Draft, draft_of_file, empty_draft, judge_draft, protocol_file
from designs.drafting.draft import refuse_unkept
from designs.protocol import ProtocolRefused, canonical_json, load_protocol
from designs.protocol.models import Protocol
from designs.protocol.reading import parse_document
from tests.designs.protocol.any_protocol import protocols
from tests.places import ROOT

DAY = date(2026, 2, 2)
FILES = sorted(path for path in ROOT.rglob("*.yaml") if b"schema: 1" in path.read_bytes())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_protocol_of_the_repository_comes_back(tmp_path: Path, path: Path) -> None:
    loaded = load_protocol(path)
    draft, contents = draft_of_file(path)
    assert judge_draft(draft, day=DAY).loaded is None or judge_draft(draft, day=DAY).loaded.digest == loaded.digest
    for name, digest in draft.texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(contents[digest])
    (tmp_path / "again.yaml").write_bytes(protocol_file(draft.document))
    again = load_protocol(tmp_path / "again.yaml")
    assert (again.canonical, again.digest) == (loaded.canonical, loaded.digest)
    assert draft_of_file(tmp_path / "again.yaml")[0].document == draft.document


def test_there_are_protocols_to_try() -> None:
    assert len(FILES) >= 6


@settings(max_examples=500, deadline=None)
@given(protocols())
def test_any_protocol_comes_back(value: dict[str, Any]) -> None:
    read = parse_document(protocol_file(value))
    assert not read.errors
    assert read.value == value
    first, second = (canonical_json(Protocol.model_validate_json(json.dumps(one)), {}) for one in (value, read.value))
    assert first == second


plain = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
    | st.sampled_from(["NO", "1_000", "0123", "2026-02-02", "~", "", " ", "- a", "a: b", "#", "0x1F", "1e5", ".inf",
                       "null",
                       "<<", "*a", "&a", "!t", "'", '"', "%", "@", "`", "a\nb", "\t", "\u2028", "\x85", "\ufeff"])
)  # fmt: skip
keys = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)


@settings(deadline=None)
@given(st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)))
def test_any_value_is_written_as_what_it_is_or_refused(value: Any) -> None:
    draft = Draft({"id": "any", "extra": value}, {})
    try:
        refuse_unkept(draft, "any")
    except ProtocolRefused:
        return
    assert parse_document(protocol_file(draft.document)).value == draft.document


def test_hardly_any_value_is_refused() -> None:
    for value in (
        "NO",
        "<<",
        "a\nb",
        " x ",
        "\x85",
        "0123",
        "ü",
        "a: b",
        "1_000",
        None,
        True,
        1,
        1.5,
        [],
        {},
        1e-7,
        1e22,
    ):
        refuse_unkept(Draft({"id": "any", "extra": value}, {}), "any")


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"id": "other"}, "id"),
        ({}, "id"),
        ({"id": "any", "title": date(2026, 2, 2)}, "title"),
        ({"id": "any", "title": "a\0b"}, "title"),
        ({"id": "any", "n": 2**60}, "n"),
        ({"id": "any", "n": float("inf")}, "n"),
        ({"id": "any", "n": ("a",)}, "n"),
    ],
)
def test_what_could_be_no_file_is_refused(document: dict[str, Any], path: str) -> None:
    with pytest.raises(ProtocolRefused) as refused:
        refuse_unkept(Draft(document, {}), "any")
    assert [error.path for error in refused.value.errors] == [path]


def test_a_file_need_not_be_a_protocol_yet() -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "half.yaml"
        path.write_text("id: half\ncolour: red\narms: [{id: nfa}]\n", encoding="utf-8")
        draft, _ = draft_of_file(path)
    errors = judge_draft(draft, day=DAY).errors
    assert {"colour", "arms[0].kind", "title", "population"} <= {error.path for error in errors}


def test_an_empty_draft_lacks_what_every_protocol_needs() -> None:
    errors = judge_draft(empty_draft("new"), day=DAY).errors
    assert {error.path for error in errors} == {
        "title", "hypothesis", "population", "arms", "randomisation", "outcomes", "analysis",
    }  # fmt: skip
    assert all(error.problem == "this is missing" for error in errors)


def test_texts_of_one_wording_at_two_paths_are_both_kept(tmp_path: Path) -> None:
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("Pay now.", encoding="utf-8")
    (tmp_path / "p.yaml").write_text(
        "id: t\narms: [{id: a, text: {en: a.md}}, {id: b, text: {en: b.md, cy: ../c.md}}]\n", encoding="utf-8"
    )
    draft, contents = draft_of_file(tmp_path / "p.yaml")
    assert set(draft.texts) == {"a.md", "b.md"}
    assert {contents[digest] for digest in draft.texts.values()} == {b"Pay now."}
