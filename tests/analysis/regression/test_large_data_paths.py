"""What is done differently for millions of rows gives the same figures."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.regression import regress
from analysis.results import Flow
from analysis.specification import Column, Levels
from data.engine import open_engine
from tests.analysis.frames import frame_of, outcome, random_trial

NAMES = ("amount", "partial")


def stored(columns, folder: Path) -> AnalysisFrame:
    """The same rows in a Parquet file."""
    table = pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})
    pq.write_table(table, folder / "rows.parquet")
    engine = open_engine(threads=1)
    n = table.num_rows
    return AnalysisFrame(engine, engine.scan(folder / "rows.parquet"), Flow(n, 0, (), n, n), (), "0" * 64, True)


def same(found, expected):
    assert found.fits.keys() == expected.fits.keys()
    for key, fit in expected.fits.items():
        np.testing.assert_allclose(found.fits[key].covariance, fit.covariance, rtol=1e-9)
        assert found.fits[key].n == fit.n
        for a, b in zip(found.fits[key].contrasts, fit.contrasts, strict=True):
            assert a.estimate == pytest.approx(b.estimate, rel=1e-10)
            assert a.df == pytest.approx(b.df, rel=1e-9)


@pytest.mark.parametrize("kind", ["HC2", "CR2"])
@pytest.mark.parametrize("seed", [1, 2, 5])
def test_text_columns_read_as_numbers(seed: int, kind: str, tmp_path: Path, monkeypatch):
    trial = random_trial(seed, n=500, kind=kind)
    text = trial.columns["region"].astype(object)
    text[::17] = None
    trial.columns["region"] = text
    covariates = (Column("region", "category"), Column("age", "number"), Column("late", "number"))
    declared = dataclasses.replace(trial.design, covariates=covariates, strata=("band",))
    by = Levels("region", ("north", "south"))
    responses = [outcome(name) for name in NAMES]
    plain = regress(frame_of(trial.columns), declared, responses)
    plain_levels = regress(frame_of(trial.columns), declared, responses, by=by)
    monkeypatch.setattr("analysis.regression.plan.NUMBERED_FROM", 0)
    same(regress(stored(trial.columns, tmp_path), declared, responses), plain)
    same(regress(stored(trial.columns, tmp_path), declared, responses, by=by), plain_levels)


def test_a_label_that_the_pilot_did_not_show_is_not_taken_for_missing(tmp_path: Path, monkeypatch):
    trial = random_trial(2, n=600)
    declared = dataclasses.replace(trial.design, covariates=(Column("region", "category"),), strata=())
    trial.columns["region"][:100] = "north"
    late = trial.columns["region"].astype(object)
    late[300::29] = None
    trial.columns["region"] = late
    expected = regress(frame_of(trial.columns), declared, [outcome("amount")])
    monkeypatch.setattr("analysis.regression.plan.NUMBERED_FROM", 0)
    monkeypatch.setattr("analysis.regression.plan.PILOT_ROWS", 100)
    same(regress(stored(trial.columns, tmp_path), declared, [outcome("amount")]), expected)


def test_arms_of_no_contrast_are_left_out_when_numbered(tmp_path: Path, monkeypatch):
    trial = random_trial(2, n=400)
    pair = dataclasses.replace(trial.design, arms=("nfa", "sms"), contrasts=(("sms", "nfa"),))
    expected = regress(frame_of(trial.columns), pair, [outcome("amount")])
    monkeypatch.setattr("analysis.regression.plan.NUMBERED_FROM", 0)
    same(regress(stored(trial.columns, tmp_path), pair, [outcome("amount")]), expected)
    assert expected.fits["amount", None].n == int((trial.columns[ARM_COLUMN] != "letter").sum())


def test_more_values_than_cells_can_hold_are_summed_instead(monkeypatch):
    trial = random_trial(2, n=500)
    covariates = (Column("late", "number"), Column("region", "category"), Column("age", "number"))
    declared = dataclasses.replace(trial.design, covariates=covariates)
    expected = regress(frame_of(trial.columns), declared, [outcome(name) for name in NAMES])
    monkeypatch.setattr("analysis.regression.plan.MOST_CELLS", 5)
    same(regress(frame_of(trial.columns), declared, [outcome(name) for name in NAMES]), expected)


@pytest.mark.parametrize("late", [lambda x: x * 1.0, lambda x: x + 0.5, lambda x: x - 2**40, lambda x: x > 1])
def test_cells_are_joined_back_whatever_kind_of_number_keys_them(late):
    """Whole numbers, halves, numbers beyond 32 bits and booleans, each with nulls."""
    trial = random_trial(2, n=500)
    missing = np.arange(500) % 23 == 0
    values = pa.array(late(trial.columns["late"]), mask=missing)
    table = pa.table({k: pa.array(v, from_pandas=True) for k, v in trial.columns.items()} | {"value": values})
    covariates = (Column("value", "number"), Column("age", "number"))
    declared = dataclasses.replace(trial.design, covariates=covariates)
    fit = regress(frame_of(table), declared, [outcome("amount")]).fits["amount", None]
    # An affine change of a covariate changes nothing; the boolean has two values instead of four.
    reference = trial.columns["late"] if values.type != pa.bool_() else trial.columns["late"] > 1
    reference = np.where(missing, np.nan, reference.astype(float))
    columns = trial.columns | {"value": reference}
    expected = regress(frame_of(columns), declared, [outcome("amount")]).fits["amount", None]
    np.testing.assert_allclose(fit.covariance, expected.covariance, rtol=1e-9)
    assert fit.n == 500
