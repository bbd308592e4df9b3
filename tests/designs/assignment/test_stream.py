"""Whole numbers from a seed: uniform exactly, named by label, and the same in plain Python."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from hashlib import sha256
from itertools import permutations

import numpy as np
import pytest
from scipy.special import chdtrc

from designs.assignment.keyed.stream import Randomness, Stream, checked_seed, commitment, draw_seed, permutation, prefix
from designs.errors import DesignRefused
from tests.designs.assignment.chance import distribution, seed_of

SEED = seed_of("stream")


def test_numbers_are_those_of_the_published_recipe() -> None:
    start = sha256(f"{SEED}\0trial\0rounding".encode()).hexdigest()
    blocks = [int.from_bytes(sha256(f"{start}{i}".encode()).digest(), "big") for i in range(5)]
    stream = Stream(SEED, "trial", "rounding")
    assert [stream.below(7) for _ in range(5)] == [block % 7 for block in blocks]


def test_a_block_too_high_to_be_fair_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """2^256 = 1 modulo 3, so the highest block would favour 0."""
    digests = iter([b"\xff" * 32, (5).to_bytes(32, "big")])

    class Hash:
        def __init__(self, _message: bytes) -> None: ...

        def digest(self) -> bytes:
            return next(digests)

    stream = Stream(SEED, "trial", "rounding")
    monkeypatch.setattr("designs.assignment.keyed.stream.sha256", Hash)
    assert stream.below(3) == 2


def test_numbers_are_uniform() -> None:
    stream = Stream(SEED, "trial", "uniform")
    seen = np.array([*Counter(stream.below(13) for _ in range(26_000)).values()])
    assert len(seen) == 13
    assert chdtrc(12, ((seen - 2_000) ** 2 / 2_000).sum()) > 0.001


def test_every_permutation_is_equally_likely() -> None:
    for size in range(1, 6):
        exact = distribution(lambda source, size=size: tuple(permutation(source, size)))  # type: ignore[misc]
        orders = list(permutations(range(size)))
        assert exact == dict.fromkeys(orders, Fraction(1, len(orders)))


def test_labels_trials_and_scopes_do_not_share_numbers() -> None:
    starts = {
        Randomness(SEED, trial, scope).stream(label)._prefix
        for trial in ("one", "two")
        for scope in ("", "wave 2", "draw 1")
        for label in ("rounding", "intervals")
    } | {Randomness(SEED, trial, scope).key_prefix for trial in ("one", "two") for scope in ("", "wave 2", "draw 1")}
    assert len(starts) == 2 * 3 * 3


def test_scopes_nest() -> None:
    nested = Randomness(SEED, "trial").within("wave 2").within("draw 3")
    assert nested == Randomness(SEED, "trial", "wave 2/draw 3")
    assert nested.key_prefix == prefix(SEED, "trial", "wave 2/draw 3/keys")


def test_seeds_are_fresh_and_commitments_bind() -> None:
    seeds = {draw_seed() for _ in range(100)}
    assert len(seeds) == 100
    assert all(checked_seed(seed) == seed for seed in seeds)
    assert commitment(SEED) == sha256(bytes.fromhex(SEED)).hexdigest()
    assert len({commitment(seed) for seed in seeds}) == 100


@pytest.mark.parametrize("seed", ["", "ab", "AB" * 32, "g" * 64, "ab" * 33, " " + "ab" * 32])
def test_a_seed_that_engines_would_hash_differently_is_refused(seed: str) -> None:
    with pytest.raises(DesignRefused, match="64 lower-case hexadecimal"):
        commitment(seed)
    with pytest.raises(DesignRefused, match="64 lower-case hexadecimal"):
        Stream(seed, "trial", "rounding")


@pytest.mark.parametrize(("trial", "label"), [("", None), ("a\0b", None), ("a", "b\0c")])
def test_names_that_could_be_taken_for_others_are_refused(trial: str, label: str | None) -> None:
    with pytest.raises(DesignRefused, match="NUL"):
        prefix(SEED, trial, label)


def test_a_seed_is_never_shown() -> None:
    assert SEED not in repr(Randomness(SEED, "trial"))
