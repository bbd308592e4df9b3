"""What cannot be assigned is refused by name, and says what to do."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from designs.assignment import Units, conduct, gather, stratum_labels
from designs.assignment.files.assign import assign_file
from designs.assignment.population.waves import scope_of
from designs.assignment.schemes.complete import Complete
from designs.assignment.schemes.factorial import Factorial
from designs.assignment.schemes.matched_pairs import MatchedPairs, match_by_score
from designs.assignment.schemes.rerandomised import Rerandomised, criterion
from designs.assignment.schemes.saturation import TwoStage
from designs.assignment.schemes.scheme import BaseScheme, whole_weights
from designs.assignment.schemes.simple import Simple
from designs.errors import DesignRefused
from tests.designs.assignment.chance import seed_of
from tests.designs.assignment.on_file import conduct_file

SEED = seed_of("refusals")
TWO: dict[str, Any] = {"arms": ("nfa", "letter"), "weights": (1, 1), "comparison": "nfa"}
PLAIN = Complete(**TWO)


def refusal(scheme: Any, units: Units, **terms: Any) -> DesignRefused:
    with pytest.raises(DesignRefused) as refused:
        conduct(scheme, units, SEED, "trial", **terms)
    return refused.value


@pytest.mark.parametrize(
    ("ids", "problem", "where"),
    [
        ([], "the population is empty", None),
        (["a", None, "c"], "1 ids are missing", "row 2"),
        (["a", "b", "a"], "'a' occurs more than once", "row 3"),
        (["a", " b"], "padded", "row 2"),
        (["a", "b\t"], "padded", "row 2"),
        (["", "b"], "empty", "row 1"),
        (["a", "e\u0301"], "NFC", "row 2"),
        (["a", "b\u00a0"], "padded", "row 2"),
        (["a", "b\0c"], "NUL", "row 2"),
    ],
)
def test_ids(ids: list[str | None], problem: str, where: str | None) -> None:
    refused = refusal(PLAIN, Units(pa.array(ids, pa.string())))
    assert problem in refused.problem
    assert refused.where == where


@pytest.mark.parametrize("ids", [pa.array([1, 2]), pa.array([1.5, 2]), pa.array([b"a", b"b"])])
def test_ids_that_are_no_text(ids: pa.Array) -> None:
    assert "not text" in refusal(PLAIN, Units(ids)).problem


def test_ids_that_spreadsheets_spoil_stay_apart() -> None:
    """Text is hashed as written: leading zeros, exponents and letter case tell customers apart."""
    ids = ["1", "01", "001", "1E+13", "1e+13", "10000000000000", "NA", "NULL", "é", "É"]
    assignment = conduct(PLAIN, Units(pa.array(ids)), SEED, "trial")
    assert assignment.counts.by_arm == {"nfa": 5, "letter": 5}


def test_a_stratum_that_is_missing() -> None:
    strata = pa.array(["x", None, "x"])
    refused = refusal(Complete(**TWO, strata=("s",)), Units(pa.array(["a", "b", "c"]), strata))
    assert (refused.problem, refused.where) == ("1 customers have no stratum", "row 2")
    hidden = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0]), pa.array(["x", None]))
    assert refusal(PLAIN, Units(pa.array(["a", "b", "c"]), hidden)).where == "row 2"
    with pytest.raises(DesignRefused, match="row 3: 1 customers have no band"):
        stratum_labels({"band": pa.array(["x", "y", None])})


def test_a_stratum_that_varies_within_a_cluster_names_it() -> None:
    units = Units(pa.array(list("abcd")), pa.array(list("xyzz")), pa.array(["h1", "h1", "h2", "h2"]))
    refused = refusal(Complete(**TWO, strata=("s",), cluster="household"), units)
    assert "within 1 clusters, first within 'h1': x, y" in refused.problem
    assert refused.where == "cluster h1"


def test_declared_clusters_that_the_units_lack() -> None:
    refused = refusal(Complete(**TWO, cluster="household"), Units(pa.array(["a", "b"])))
    assert "'household' are declared" in refused.problem
    missing = Units(pa.array(["a", "b"]), cluster=pa.array(["h", None]))
    assert "1 customers have no cluster" in refusal(Complete(**TWO, cluster="household"), missing).problem


def test_columns_of_unequal_length() -> None:
    assert "differ in length" in refusal(PLAIN, Units(pa.array(["a", "b"]), pa.array(["x"]))).problem


@pytest.mark.parametrize(
    ("barred", "problem"), [("letter nfa", "may not get any arm"), ("sms", "'sms' is barred but not declared")]
)
def test_barred_arms(barred: str, problem: str) -> None:
    units = Units(pa.array(["a", "b"]), barred=pa.array(["", barred]))
    assert problem in refusal(PLAIN, units).problem


def test_a_hold_out_whose_arm_is_barred() -> None:
    scheme = Complete(**TWO, hold_out=Fraction(1, 10))
    units = Units(pa.array(["a", "b"]), barred=pa.array(["", "nfa"]))
    assert "the arm of the hold-out" in refusal(scheme, units).problem


def test_pairs() -> None:
    scheme = MatchedPairs(**TWO, pairs="pair")
    ids = pa.array(list("abcde"))
    refused = refusal(scheme, Units(ids, tuple_of=pa.array(["1", "1", "2", "2", "3"])))
    assert "1 pairs do not have 2 units; first '3', with 1" in refused.problem
    assert "no pairs" in refusal(scheme, Units(ids)).problem
    barred = Units(ids.slice(0, 2), tuple_of=pa.array(["1", "1"]), barred=pa.array(["", "letter"]))
    assert "barred" in refusal(scheme, barred).problem
    with pytest.raises(DesignRefused, match="unequal shares"):
        MatchedPairs(arms=("nfa", "letter"), weights=(2, 1), pairs="pair")


def test_rerandomisation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("designs.assignment.schemes.rerandomised.MOST_DRAWS", 50)
    scheme = Rerandomised(**TWO, covariates=("age",), threshold=Fraction(1, 10**9))
    ids = pa.array(list("abcd"))
    values = np.array([[1.0], [2], [4], [9]])
    assert "without covariates" in refusal(scheme, Units(ids)).problem
    barred = pa.array(["letter", "", "", ""])
    assert "arm barred" in refusal(scheme, Units(ids, covariates=values, barred=barred)).problem
    refused = refusal(scheme, Units(ids, covariates=values))
    assert "the nearest of 50 draws is at" in refused.problem
    assert "higher threshold" in (refused.remedy or "")
    with pytest.raises(DesignRefused, match="equal shares"):
        Rerandomised(arms=("nfa", "letter"), weights=(1, 3), covariates=("age",), threshold=Fraction(1))


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ([[1.0, np.nan, 3], [1, 2, 4]], "age is missing for 1 units"),
        ([[1.0, 2, 3], [5, 5, 5]], "debt does not vary"),
        ([[1.0, 2, 3], [2, 4, 6]], "collinear"),
        ([[1.0, np.inf, 3], [1, 2, 4]], "age is missing"),
    ],
)
def test_covariates_that_cannot_be_balanced(columns: list[list[float]], problem: str) -> None:
    with pytest.raises(DesignRefused, match=problem):
        criterion(np.array(columns, float).T, ("age", "debt"))


AMOUNTS = np.random.default_rng(7).gamma(1.0, 100.0, (200, 3)).round(2)


@pytest.mark.parametrize(
    ("columns", "following"),
    [
        pytest.param([AMOUNTS[:, 0], AMOUNTS[:, 1], AMOUNTS[:, 0] + AMOUNTS[:, 1]], "a, b, c", id="a total"),
        pytest.param([AMOUNTS[:, 0], AMOUNTS[:, 1], AMOUNTS[:, 0] - 3 * AMOUNTS[:, 1]], "a, b, c", id="a difference"),
        pytest.param([AMOUNTS[:, 0], AMOUNTS[:, 2], (AMOUNTS[:, 0] / 3).round(4)], "a, c", id="other units, rounded"),
        pytest.param([AMOUNTS[:, 0], AMOUNTS[:, 0] * 100 + 7, AMOUNTS[:, 1]], "a, b", id="pence"),
        pytest.param([AMOUNTS[:, 0], AMOUNTS[:, 1], AMOUNTS.mean(axis=1), AMOUNTS[:, 2]], "a, b, c, d", id="a mean"),
    ],
)
def test_a_covariate_that_follows_from_others_to_rounding(columns: list[np.ndarray], following: str) -> None:
    names = ("a", "b", "c", "d")[: len(columns)]
    with pytest.raises(DesignRefused, match="collinear") as refused:
        criterion(np.column_stack(columns), names)
    assert refused.value.where in (following, ", ".join(names))


def test_a_covariate_that_nearly_follows_is_balanced() -> None:
    """What is owed and what is owed with a fee of a few pounds are two things, if barely."""
    fee = np.random.default_rng(8).integers(0, 5, 200)
    assert criterion(np.column_stack([AMOUNTS[:, 0], AMOUNTS[:, 0] + fee]), ("owed", "with_fee")).scale


def test_amounts_and_their_total_are_refused_before_the_draw(reference_data: Path) -> None:
    folder = reference_data.parent / "cases" / "13-rerandomise-on-a-total"
    lines = (folder / "population.csv").read_text(encoding="utf-8").splitlines()
    columns = np.array([line.split(",")[1:] for line in lines[1:]], dtype=float)
    with pytest.raises(DesignRefused, match="collinear") as refused:
        criterion(columns, tuple(lines[0].split(",")[1:]))
    assert refused.value.where == "owed, paid_before, both"
    assert "follow from the others" in str(refused.value.rule)


def test_a_covariate_that_varies_within_a_cluster() -> None:
    scheme = Rerandomised(**TWO, covariates=("age",), threshold=Fraction(1), cluster="household")
    units = Units(pa.array(list("abcd")), cluster=pa.array(list("hhii")), covariates=np.array([[1.0], [2], [3], [3]]))
    assert refusal(scheme, units).where == "cluster h"


def test_two_stages() -> None:
    levels = (("none", Fraction(0)), ("half", Fraction(1, 2)))
    terms: dict[str, Any] = {**TWO, "saturations": levels, "saturation_weights": (1, 1)}
    with pytest.raises(DesignRefused, match="without clusters"):
        TwoStage(**terms)
    with pytest.raises(DesignRefused, match="outside 0 to 1"):
        TwoStage(**{**terms, "saturations": (*levels, ("all and more", Fraction(3, 2)))}, cluster="office")
    with pytest.raises(DesignRefused, match="one saturation"):
        TwoStage(**{**terms, "saturations": levels[:1]}, cluster="office")
    barred = Units(pa.array(["a", "b"]), cluster=pa.array(["o", "o"]), barred=pa.array(["nfa", ""]))
    assert "comparison arm is barred" in refusal(TwoStage(**terms, cluster="office"), barred).problem


def test_waves_are_counted_from_one() -> None:
    with pytest.raises(DesignRefused, match="no wave 0"):
        scope_of(0)


@pytest.mark.parametrize(
    "terms",
    [
        {"arms": ("a",), "weights": (1,)},
        {"arms": ("a", "a"), "weights": (1, 1)},
        {"arms": ("a", "b"), "weights": (1, 0)},
        {"arms": ("a", "b"), "weights": (1, 1, 1)},
        {"arms": tuple(map(str, range(65))), "weights": (1,) * 65},
        {"arms": ("a", "b"), "weights": (1, 1), "hold_out": Fraction(1, 10)},
        {"arms": ("a", "b"), "weights": (1, 1), "hold_out": Fraction(1), "comparison": "a"},
    ],
)
def test_arms_that_do_not_go_together(terms: dict[str, Any]) -> None:
    with pytest.raises(DesignRefused):
        BaseScheme(**terms)


def test_a_population_without_a_column() -> None:
    with pytest.raises(DesignRefused, match="no column 'band'"):
        gather(Complete(**TWO, strata=("band",)), pa.table({"id": ["a"]}), "id")


def test_a_score_that_is_missing() -> None:
    with pytest.raises(DesignRefused, match="a score is missing"):
        match_by_score(np.array([1.0, np.nan]), ["a", "b"], 2)


def test_files(tmp_path: Path) -> None:
    source = tmp_path / "population.parquet"
    pq.write_table(pa.table({"id": pa.array([], pa.string())}), source)
    with pytest.raises(DesignRefused, match="the population is empty"):
        assign_file(PLAIN, source, "id", SEED, "trial")
    pq.write_table(pa.table({"id": ["a", "b", " c"], "s": ["x", None, "y"]}), source, row_group_size=1)
    with pytest.raises(DesignRefused, match="no column 'name'"):
        assign_file(PLAIN, source, "name", SEED, "trial")
    with pytest.raises(DesignRefused, match="row 3: id ' c'"):
        assign_file(PLAIN, source, "id", SEED, "trial", threads=1)
    with pytest.raises(DesignRefused, match="row 2: 1 customers have no s"):
        assign_file(Complete(**TWO, strata=("s",)), source, "id", SEED, "trial", threads=1)
    with pytest.raises(DesignRefused, match="in memory"):
        conduct_file(MatchedPairs(**TWO, pairs="s"), source, "id", SEED, "trial", tmp_path / "assigned.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["population.parquet"]


def test_weights_are_read_from_their_decimal_text() -> None:
    """0.1 + 0.2 is not 0.3 in binary; one tenth and two tenths are three tenths here."""
    assert whole_weights([0.1, 0.2, 0.3]) == (1, 2, 3)
    assert whole_weights([1e-3, 0.999]) == (1, 999)
    assert whole_weights([2, 4.0, "6"]) == (1, 2, 3)


def test_names_of_designs() -> None:
    assert Simple(**TWO, strata=("s",), cluster="h").name == "simple and clustered"
    assert Complete(**TWO).name == "complete"
    assert Complete(**TWO, strata=("s",), cluster="h").name == "stratified and clustered"
    assert MatchedPairs(**TWO, pairs="p").name == "matched pairs"
    factors = (("norm", ("no", "yes")),)
    assert (
        Factorial(**TWO, strata=("s",), factors=factors, levels=(("no",), ("yes",))).name == "factorial and stratified"
    )
