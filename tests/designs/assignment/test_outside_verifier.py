"""docs/verify_allocation.py, run as an outsider would: another process, the standard library alone, published files."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from designs.assignment import certify, conduct, gather, read_certificate, released, write_population
from designs.assignment.certificate import differences
from designs.assignment.declare import Scheme
from designs.assignment.result import Assignment
from designs.assignment.schemes.complete import Complete
from designs.assignment.schemes.matched_pairs import MatchedPairs
from designs.errors import DesignRefused
from tests.designs.assignment.chance import seed_of
from tests.designs.assignment.on_file import conduct_file
from tests.designs.assignment.populations import SCHEMES, TERMS, customers
from tests.places import ROOT

PAGE = ROOT / "docs" / "verify_allocation.py"
SEED = seed_of("outsider")
TABLE = customers(800, number=9)


@dataclass
class Published:
    """What an outsider is given."""

    certificate: Path
    population: Path
    assignment: Assignment

    def verify(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        # -I: no site packages of this project, no environment, no current folder.
        command = [sys.executable, "-I", "-S", str(PAGE), str(self.certificate), str(self.population), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def change_certificate(self, change: Callable[[dict[str, Any]], object]) -> None:
        content = json.loads(self.certificate.read_text(encoding="utf-8"))
        change(content)
        self.certificate.write_text(json.dumps(content), encoding="utf-8")


def published(
    folder: Path, scheme: Scheme, table: pa.Table = TABLE, scope: str = "", release: bool = True
) -> Published:
    units = gather(scheme, table, "customer_id")
    assignment = conduct(scheme, units, SEED, "trial", scope=scope)
    certificate = certify(
        scheme,
        assignment,
        trial_id="trial",
        protocol_digest="a" * 64,
        population_digest="b" * 64,
        seed=SEED,
        scope=scope,
    )
    if release:
        certificate = released(certificate, SEED)
    given = Published(folder / "certificate.json", folder / "population.csv", assignment)
    given.certificate.write_text(certificate.to_json(), encoding="utf-8")
    write_population(units, given.population)
    return given


@pytest.mark.parametrize("name", SCHEMES)
def test_every_customer_and_the_whole_digest(tmp_path: Path, name: str) -> None:
    given = published(tmp_path, SCHEMES[name])
    asked = [0, 17, 99, 500]
    ids = TABLE.column("customer_id").to_pylist()
    result = given.verify(*(word for row in asked for word in ("--customer", ids[row])))
    assert (result.returncode, result.stderr) == (0, "")
    held = given.assignment.held_out
    expected = [
        f"{ids[row]}: {given.assignment.arms[given.assignment.arm[row]]}"
        + (", held out" if held is not None and held[row] else "")
        for row in asked
    ]
    assert result.stdout.splitlines() == [
        *expected,
        f"Confirmed: {len(ids)} customers, digest {given.assignment.digest}",
    ]


def test_a_later_wave(tmp_path: Path) -> None:
    given = published(tmp_path, SCHEMES["stratified"], scope="wave 2")
    assert given.verify().returncode == 0
    given.change_certificate(lambda certificate: certificate.update(scope=""))
    assert given.verify().returncode == 1


def test_rows_in_another_order(tmp_path: Path) -> None:
    given = published(tmp_path, SCHEMES["stratified and clustered"])
    header, *rows = given.population.read_text(encoding="utf-8").splitlines()
    given.population.write_text("\n".join([header, *sorted(rows, reverse=True)]) + "\n", encoding="utf-8")
    assert given.verify().returncode == 0


def test_the_certificate_of_a_file_is_the_same(tmp_path: Path) -> None:
    scheme, source = SCHEMES["barred"], tmp_path / "population.parquet"
    given = published(tmp_path, scheme)
    pq.write_table(TABLE, source, row_group_size=100)
    filed = conduct_file(scheme, source, "customer_id", SEED, "trial", tmp_path / "assigned.parquet")
    certificate = certify(
        scheme, filed, trial_id="trial", protocol_digest="a" * 64, population_digest="b" * 64, seed=SEED
    )
    assert released(certificate, SEED).to_json() == given.certificate.read_text(encoding="utf-8")


def test_before_release_the_seed_is_asked_for(tmp_path: Path) -> None:
    given = published(tmp_path, SCHEMES["stratified"], release=False)
    assert SEED not in given.certificate.read_text(encoding="utf-8")
    result = given.verify()
    assert (result.returncode, result.stdout) == (2, "")
    assert "not released" in result.stderr
    assert given.verify("--seed", SEED).returncode == 0


def test_a_swapped_seed(tmp_path: Path) -> None:
    given = published(tmp_path, SCHEMES["stratified"])
    result = given.verify("--seed", seed_of("swapped"))
    assert result.returncode == 1
    assert "not the one that was committed to" in result.stdout
    assert "digest is not the one" in result.stdout


def swap(certificate: dict[str, Any]) -> None:
    customers = certificate["strata"][0]["customers"]
    customers[0], customers[1] = customers[0] + 1, customers[1] - 1


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (swap, "customers are"),
        (lambda certificate: certificate["strata"].pop(), "not listed"),
        (lambda certificate: certificate["arms"][0].update(weight=4), "units are"),
        (lambda certificate: certificate["arms"].reverse(), "digest"),
        (lambda certificate: certificate.update(trial="another"), "digest"),
        (lambda certificate: certificate.update(allocation_digest="0" * 64), "digest"),
        (lambda certificate: certificate.update(seed_commitment="0" * 64), "committed"),
    ],
)
def test_an_edited_certificate(tmp_path: Path, change: Callable[[dict[str, Any]], object], named: str) -> None:
    given = published(tmp_path, SCHEMES["stratified"])
    given.change_certificate(change)
    result = given.verify()
    assert result.returncode == 1
    assert named in result.stdout


@pytest.mark.parametrize("change", ["dropped", "renamed", "another stratum"])
def test_an_edited_population(tmp_path: Path, change: str) -> None:
    given = published(tmp_path, SCHEMES["stratified"])
    table = pa.csv.read_csv(given.population, convert_options=pa.csv.ConvertOptions(column_types={"id": pa.string()}))
    rows = table.to_pylist()
    if change == "dropped":
        rows.pop()
    elif change == "renamed":
        rows[3]["id"] += "0"
    else:
        rows[3]["stratum"] = next(row["stratum"] for row in rows if row["stratum"] != rows[3]["stratum"])
    pa.csv.write_csv(pa.Table.from_pylist(rows), given.population)
    assert given.verify().returncode == 1


def test_repeated_customers_are_named(tmp_path: Path) -> None:
    given = published(tmp_path, SCHEMES["stratified"])
    lines = given.population.read_text(encoding="utf-8").splitlines()
    given.population.write_text("\n".join([*lines, lines[1]]) + "\n", encoding="utf-8")
    result = given.verify()
    assert result.returncode == 2
    assert "occurs twice" in result.stderr


def test_a_stratum_that_varies_within_a_cluster(tmp_path: Path) -> None:
    given = published(tmp_path, SCHEMES["stratified and clustered"])
    table = pa.csv.read_csv(given.population, convert_options=pa.csv.ConvertOptions(column_types={"id": pa.string()}))
    rows = table.to_pylist()
    again = next(at for at in range(1, len(rows)) if rows[at]["cluster"] == rows[at - 1]["cluster"])
    rows[again]["stratum"] = "elsewhere"
    pa.csv.write_csv(pa.Table.from_pylist(rows), given.population)
    result = given.verify()
    assert result.returncode == 2
    assert f"varies within cluster {rows[again]['cluster']}" in result.stderr


def test_designs_that_the_page_does_not_cover_are_named(tmp_path: Path) -> None:
    pairs = MatchedPairs(arms=("nfa", "letter"), weights=(1, 1), pairs="pair")
    table = pa.table({"customer_id": ["1", "2", "3", "4"], "pair": ["a", "a", "b", "b"]})
    result = published(tmp_path, pairs, table).verify()
    assert result.returncode == 2
    assert "does not cover keyed-sha256-1, matched pairs" in result.stderr


def test_the_page_needs_the_standard_library_alone() -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(PAGE.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported <= sys.stdlib_module_names


def test_strange_labels_and_ids_survive_the_file(tmp_path: Path) -> None:
    """Commas, quotes, line ends and other scripts in strata; ids that a spreadsheet would spoil."""
    table = pa.table(
        {
            "customer_id": ["1E+13", "007", "é", "x,y", 'q"q', "=1+1", "naïve", "日本"],
            "band": ["a,b", "a,b", 'say "x"', 'say "x"', "two\nlines", "two\nlines", "semi;colon", "semi;colon"],
        }
    )
    given = published(tmp_path, Complete(arms=("nfa", "letter"), weights=(1, 1), strata=("band",)), table)
    result = given.verify()
    assert (result.returncode, result.stderr) == (0, "")


def test_a_seed_that_was_not_committed_to_is_not_released(tmp_path: Path) -> None:
    given = published(tmp_path, SCHEMES["complete"], release=False)
    certificate = read_certificate(given.certificate.read_text(encoding="utf-8"))
    with pytest.raises(DesignRefused, match="not the seed"):
        released(certificate, seed_of("another"))
    assert released(certificate, SEED).seed == SEED


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"arms": 1}', '{"arms": [], "strata": [], "groups": [], "x": 1}'])
def test_what_is_no_certificate(text: str) -> None:
    with pytest.raises(DesignRefused, match="not a certificate"):
        read_certificate(text)


def test_differences_between_certificates_are_named(tmp_path: Path) -> None:
    one, other = (
        read_certificate(published(tmp_path, scheme).certificate.read_text(encoding="utf-8"))
        for scheme in (SCHEMES["stratified"], Complete(**{**TERMS, "weights": (1, 1, 1, 1)}))
    )
    assert list(differences(one, one)) == []
    found = list(differences(one, other))
    assert "arms: the certificate and the replay differ" in found
    assert "allocation digest: the certificate and the replay differ" in found
    assert any("in the certificate, and not in the replay" in sentence for sentence in found)
    assert any("the certificate's counts and the replay's differ" in sentence for sentence in found)
