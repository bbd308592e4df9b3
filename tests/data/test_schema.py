"""Contracts: plain values."""

from __future__ import annotations

import dataclasses

import pytest

from data.schema import ColumnContract, FileContract

CONTRACT = FileContract("id", (ColumnContract("a", "number"), ColumnContract("b", "text", required=False)))


def test_required_names_begin_with_the_id_and_name_it_once() -> None:
    assert CONTRACT.required_names == ("id", "a")
    assert FileContract("a", CONTRACT.columns).required_names == ("a",)
    assert FileContract(None, CONTRACT.columns).required_names == ("a",)


def test_the_id_is_text_whatever_is_declared() -> None:
    assert FileContract("a", CONTRACT.columns).kind_of("a") == "text"
    assert [CONTRACT.kind_of(name) for name in ("id", "a", "b", "c")] == ["text", "number", "text", "any"]


def test_contracts_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        CONTRACT.id_column = "b"  # type: ignore[misc]
