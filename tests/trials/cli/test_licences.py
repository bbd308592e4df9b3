"""What is installed has a licence that is named."""

from __future__ import annotations

import json
from email.message import Message

import pytest

from trials.cli import licences


def test_every_package_is_listed_with_the_licence_that_it_states(otm):
    done = otm("licences", "--json", "-")
    packages = {package["name"]: package for package in json.loads(done.out)["packages"]}
    assert {"pyarrow", "sqlalchemy", "streamlit", "psycopg"} <= packages.keys()
    assert "vl-convert-python" not in packages
    assert packages["psycopg"]["licence"].startswith("LGPL-3.0")
    installed = [package for package in packages.values() if package["licence"] is not None]
    assert [package["name"] for package in installed if package["licence"] == licences.NOT_STATED] == []
    assert len(installed) > 40
    assert f"{len(packages)} packages" in otm("licences").err


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"License-Expression": "MIT"}, "MIT"),
        ({"Classifier": "License :: OSI Approved :: BSD License", "License": "see file"}, "BSD License"),
        ({"Classifier": "License :: OSI Approved", "License": "Apache 2"}, "Apache 2"),
        ({"License": "Permission is hereby granted, free of charge, to any person obtaining a copy"}, "not stated"),
        ({}, "not stated"),
    ],
)
def test_a_licence_is_read_where_a_package_states_it(fields, licence):
    class Package:
        metadata = Message()

    Package.metadata = Message()
    for name, value in fields.items():
        Package.metadata[name] = value
    assert licences.stated(Package) == licence


def test_pins_that_are_gone_are_refused(otm, monkeypatch, tmp_path):
    monkeypatch.setattr(licences, "PINS", tmp_path / "nothing.txt")
    done = otm("licences")
    assert (done.code, "cannot be read" in done.err) == (2, True)
