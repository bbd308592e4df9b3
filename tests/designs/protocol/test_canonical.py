"""One form to hash: the same promise has the same digest, and comes back from it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.protocol import canonical_json, load_protocol, parse_canonical
from designs.protocol.canonical import digest_of, sealed
from designs.protocol.models import Protocol
from tests.designs.protocol.any_protocol import protocols
from tests.designs.protocol.examples import ELSEWHERE, HERE, Change, changed, errors_of, loaded

WORDED = changed(HERE, ("arms[1].text", {"en": "letter.en.md", "cy": "letter.cy.md"}))


def with_texts(folder: Path, english: str = "Pay now.", welsh: str = "Talwch nawr.") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "letter.en.md").write_text(english, encoding="utf-8")
    (folder / "letter.cy.md").write_text(welsh, encoding="utf-8")
    return folder


SAME: list[tuple[str, dict[str, Any], list[Change]]] = [
    ("a default written out", HERE, [("analysis.alpha", 0.05)]),
    ("another", HERE, [("analysis.contrasts", "each_against_comparison")]),
    ("no cost, written out", HERE, [("arms[0].cost_per_customer", {"low": 0, "central": 0, "high": 0})]),
    ("a plain number as a range", HERE, [("arms[1].cost_per_customer", {"low": 0.85, "central": 0.85, "high": 0.85})]),
    ("a whole number with a fraction", HERE, [("arms[0].share", 1.0)]),
    ("a null", HERE, [("population.cluster", None)]),
    ("an empty list", HERE, [("alternatives", [])]),
    ("an outcome's column", HERE, [("outcomes[0].column", "filed_30")]),
    ("pounds, which go without saying", HERE, [("outcomes[1].unit", "pounds")]),
    ("days, which go without saying", HERE, [("outcomes[2].unit", "days")]),
    ("an arm's label for people", HERE, [("arms[1].label", "letter")]),
    ("a covariate as a mapping", HERE, [("analysis.covariates[0]", {"column": "age_days"})]),
    ("white space around text", HERE, [("title", " A nudge for late returns\n")]),
    ("a label that is a whole number", ELSEWHERE, [("arms[1].value", 1.0)]),
]
DIFFERENT: list[tuple[str, dict[str, Any], list[Change]]] = [
    ("alpha", HERE, [("analysis.alpha", 0.01)]),
    ("a share", HERE, [("arms[0].share", 1.5)]),
    ("the order of the arms", HERE, [("arms", [HERE["arms"][i] for i in (0, 2, 1)])]),
    ("a bound", HERE, [("population.where[0].at_least", 2)]),
    ("the kind of bound", HERE, [("population.where[0]", {"column": "years_late", "above": 1})]),
    ("a unit", HERE, [("outcomes[1].unit", "minutes")]),
    ("an outcome's label", HERE, [("outcomes[1].label", "Paid by the end")]),
    ("text for a number", ELSEWHERE, [("arms[1].value", "1")]),
    ("a declared column", HERE, [("population.columns.score", {})]),
]


@pytest.mark.parametrize(("what", "protocol", "changes"), SAME, ids=[case[0] for case in SAME])
def test_the_same_promise_has_the_same_digest(
    tmp_path: Path, what: str, protocol: dict[str, Any], changes: list[Change]
) -> None:
    assert loaded(tmp_path, changed(protocol, *changes)).canonical == loaded(tmp_path, protocol).canonical, what


@pytest.mark.parametrize(("what", "protocol", "changes"), DIFFERENT, ids=[case[0] for case in DIFFERENT])
def test_another_promise_has_another_digest(
    tmp_path: Path, what: str, protocol: dict[str, Any], changes: list[Change]
) -> None:
    assert loaded(tmp_path, changed(protocol, *changes)).digest != loaded(tmp_path, protocol).digest, what


def test_a_cluster_given_once_or_twice_is_one_promise(tmp_path: Path) -> None:
    once = changed(HERE, ("population.cluster", "household"), ("analysis.standard_errors", "CR2"))
    twice = changed(once, ("randomisation.cluster", "household"))
    assert loaded(tmp_path, once).digest == loaded(tmp_path, twice).digest


def test_the_digest_is_the_sha256_of_the_canonical_form(tmp_path: Path) -> None:
    result = loaded(tmp_path, changed(HERE, ("title", "Nodyn atgoffa: £32 – tŷ")))
    assert result.digest == hashlib.sha256(result.canonical.encode("utf-8")).hexdigest()
    assert "£32 – tŷ" in result.canonical
    assert result.canonical == json.dumps(
        json.loads(result.canonical), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def test_one_character_of_a_text_changes_the_digest(tmp_path: Path) -> None:
    first = loaded(with_texts(tmp_path), WORDED)
    assert first.texts["letter.en.md"] == hashlib.sha256(b"Pay now.").hexdigest()
    assert first.texts["letter.en.md"] in first.canonical
    assert "letter.en.md" not in first.canonical
    again = loaded(with_texts(tmp_path), WORDED)
    edited = loaded(with_texts(tmp_path, english="Pay now!"), WORDED)
    assert first.digest == again.digest != edited.digest


def test_todays_wording_is_part_of_the_plan_and_a_plan_without_it_stays_as_it_was(tmp_path: Path) -> None:
    first = loaded(with_texts(tmp_path), WORDED)
    assert "in_use" not in first.canonical
    (tmp_path / "today.md").write_text("Pay.", encoding="utf-8")
    compared = loaded(tmp_path, changed(WORDED, ("arms[1].text.en_in_use", "today.md")))
    assert compared.digest != first.digest
    assert f'"en_in_use":"{hashlib.sha256(b"Pay.").hexdigest()}"' in compared.canonical
    assert canonical_json(parse_canonical(compared.canonical), {}) == compared.canonical
    (error,) = errors_of(tmp_path, changed(WORDED, ("arms[1].text.en_in_use", "absent.md")))
    assert error.path == "arms[1].text.en_in_use"


def test_a_text_may_be_renamed(tmp_path: Path) -> None:
    first = loaded(with_texts(tmp_path), WORDED)
    (tmp_path / "letter.en.md").rename(tmp_path / "v2.md")
    assert loaded(tmp_path, changed(WORDED, ("arms[1].text.en", "v2.md"))).digest == first.digest


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("../../etc/passwd", "leads out"),
        ("../secret.md", "leads out"),
        ("sub/../../secret.md", "leads out"),
        ("/etc/passwd", "not a relative path"),
        ("C:\\letters\\a.md", "not a relative path"),
        ("nul\0.md", "holds a NUL character"),
        ("absent.md", "is not a file"),
        (".", "is not a file"),
        ("outside.md", "leads out"),
    ],
)
def test_a_text_lies_beside_the_protocol(tmp_path: Path, name: str, problem: str) -> None:
    folder = with_texts(tmp_path / "trial")
    (tmp_path / "secret.md").write_text("secret", encoding="utf-8")
    (folder / "outside.md").symlink_to(tmp_path / "secret.md")
    (error,) = errors_of(folder, changed(WORDED, ("arms[1].text.cy", name)))
    assert error.path == "arms[1].text.cy"
    assert problem in error.problem


def test_a_missing_text_is_told_with_everything_else(tmp_path: Path) -> None:
    errors = errors_of(tmp_path, changed(WORDED, ("outcomes[0].role", "secondary"), ("colour", "red")))
    assert {error.path for error in errors} == {"arms[1].text.en", "arms[1].text.cy", "outcomes", "colour"}


def test_a_protocol_comes_back_from_its_canonical_form(tmp_path: Path) -> None:
    result = loaded(with_texts(tmp_path), WORDED)
    returned = parse_canonical(result.canonical)
    assert returned == sealed(result.protocol, result.texts)
    assert canonical_json(returned, {}) == result.canonical


def test_a_text_without_a_digest_has_no_canonical_form(tmp_path: Path) -> None:
    protocol = loaded(with_texts(tmp_path), WORDED).protocol
    with pytest.raises(KeyError, match=r"letter\.en\.md"):
        canonical_json(protocol, {})


@given(protocols())
def test_every_protocol_makes_the_round_trip(value: dict[str, Any]) -> None:
    protocol = Protocol.model_validate_json(json.dumps(value))
    canonical = canonical_json(protocol, {})
    returned = parse_canonical(canonical)
    assert returned == sealed(protocol, {})
    assert canonical_json(returned, {}) == canonical
    assert digest_of(canonical_json(Protocol.model_validate_json(canonical), {})) == digest_of(canonical)


@given(protocols(), st.randoms(use_true_random=False))
def test_the_order_of_keys_is_no_part_of_the_promise(value: dict[str, Any], shuffler: Any) -> None:
    def shuffled(part: Any) -> Any:
        if isinstance(part, dict):
            items = [(key, shuffled(item)) for key, item in part.items()]
            shuffler.shuffle(items)
            return dict(items)
        return [shuffled(item) for item in part] if isinstance(part, list) else part

    first, second = (Protocol.model_validate_json(json.dumps(one)) for one in (value, shuffled(value)))
    assert canonical_json(first, {}) == canonical_json(second, {})


def test_comments_and_layout_are_no_part_of_the_promise(tmp_path: Path) -> None:
    first = loaded(tmp_path, HERE)
    path = tmp_path / "protocol.yaml"
    path.write_text("# a remark\n" + json.dumps(HERE), encoding="utf-8")
    assert load_protocol(path).digest == first.digest
