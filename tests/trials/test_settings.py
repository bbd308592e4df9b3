from __future__ import annotations

from pathlib import Path

import pytest

from trials.errors import TrialRefused
from trials.settings import default_home, load_settings


def test_settings_come_from_the_environment(home, monkeypatch):
    monkeypatch.setenv("OTM_ACTOR", "A Person:analyst")
    monkeypatch.setenv("OTM_DATABASE_URL", "postgresql://somebody:secret@host/otm")
    settings = load_settings()
    assert (settings.home, settings.engine, settings.actor) == (home, "duckdb", "A Person:analyst")
    assert "secret" not in repr(settings)


def test_the_home_is_beside_the_launcher(home, monkeypatch):
    monkeypatch.delenv("OTM_HOME")
    assert load_settings().home == default_home()
    assert (default_home().parent / "otm").is_file()


def test_an_empty_variable_is_one_that_is_not_set(home, monkeypatch):
    for name in ("OTM_ACTOR", "OTM_DATABASE_URL", "OTM_ENGINE"):
        monkeypatch.setenv(name, "")
    settings = load_settings()
    assert (settings.actor, settings.database_url, settings.engine) == (None, None, "duckdb")


def test_a_relative_home_is_made_absolute(home, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OTM_HOME", "registry")
    assert load_settings().home == Path(tmp_path / "registry")


def test_an_unknown_engine_is_refused_by_its_variable(home, monkeypatch):
    monkeypatch.setenv("OTM_ENGINE", "abacus")
    with pytest.raises(TrialRefused, match="OTM_ENGINE: a setting cannot be used"):
        load_settings()
