"""The labels of an external file are matched to arms, and to nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from designs.protocol import ProtocolRefused, arms_of_labels
from designs.protocol.values import as_number, same_value
from tests.designs.protocol.examples import ABSENT, ELSEWHERE, changed, loaded


def test_numbers_match_numbers_across_text(tmp_path: Path) -> None:
    protocol = loaded(tmp_path, ELSEWHERE).protocol
    labels = (0, 1.0, "0", "1.0", "1e0")
    assert list(arms_of_labels(protocol, labels).values()) == ["control", "letter", "control", "letter", "letter"]


def test_text_matches_exactly_and_the_id_stands_in_for_a_value(tmp_path: Path) -> None:
    named = changed(ELSEWHERE, ("arms[0].value", "No E-Mail"), ("arms[1].value", ABSENT))
    protocol = loaded(tmp_path, named).protocol
    assert arms_of_labels(protocol, ["letter", "No E-Mail"]) == {"letter": "letter", "No E-Mail": "control"}


@pytest.mark.parametrize("label", ["Letter", "2", "", "letter ", "nan"])
def test_a_label_that_the_protocol_lacks_is_refused(tmp_path: Path, label: str) -> None:
    protocol = loaded(tmp_path, ELSEWHERE).protocol
    with pytest.raises(ProtocolRefused) as refusal:
        arms_of_labels(protocol, ["0", label])
    (error,) = refusal.value.errors
    assert f'"{label}"' in error.problem
    assert error.allowed == ("0", "1")


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1_000", "0x10", "1e", "", "٣", "1 2"])
def test_what_python_takes_for_a_number_and_a_file_does_not(text: str) -> None:
    assert as_number(text) is None


def test_true_is_one_and_no_text() -> None:
    assert same_value(True, 1)
    assert same_value(True, "1")
    assert not same_value(True, "true")
    assert not same_value(False, "")
