"""From a customer's own id to their arm and back, for whoever may know it, and recorded that it was asked."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.trials.examples import FIRST, Files, allocated, customers, eligible, write_csv
from tests.trials.kept import Copied
from trials.access import LOCAL_ACTOR, Actor
from trials.errors import AccessRefused, TrialRefused
from trials.registry import Registry
from trials.stages.issue import issue, issue_lists
from trials.stages.population import load_population
from trials.stages.void import confirm_void, request_void
from trials.stages.whois import whois

RANDOMISER = Actor("R. Randomiser", "randomiser")


def listed(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def with_references(folder: Path) -> Files:
    files = Files(folder, extra="  columns: {ref: {kind: text}}")
    write_csv(files.population, [row | {"ref": row["customer_id"]} for row in files.customers])
    return files


def make_assigned(registry: Registry, files: Files) -> None:
    allocated(registry, with_references(files.folder), seed=None)  # real customers, under the registry's own key


@pytest.fixture
def assigned(copied: Copied, tmp_path: Path) -> tuple[Registry, Files]:
    return copied(make_assigned)[0], with_references(tmp_path / "files")


def test_an_own_id_and_an_id_on_a_list_lead_to_the_arm_and_to_each_other(
    assigned: tuple[Registry, Files], tmp_path: Path
) -> None:
    registry, files = assigned
    issued = issue(registry, RANDOMISER, files.trial, "letter", tmp_path / "out", columns=["ref"])
    row = listed(issued.path)[7]
    (found,) = whois(registry, RANDOMISER, files.trial, [row["ref"]])
    assert (found.standing, found.arm, found.wave, found.export_id) == ("in_an_arm", "letter", 1, row["export_id"])
    assert [of.manifest["file"] for of in found.lists] == [issued.path.name]
    (back,) = whois(registry, RANDOMISER, files.trial, [row["export_id"]])
    assert (back.arm, back.customer) == ("letter", None)
    (named,) = whois(registry, RANDOMISER, files.trial, [row["export_id"]], population=files.population)
    assert named.customer == row["ref"]


def test_whoever_has_no_arm_is_told_why(assigned: tuple[Registry, Files]) -> None:
    registry, files = assigned
    rich = next(row["customer_id"] for row in files.customers if row["hnw"])
    in_an_arm = eligible(files.customers)[0]["customer_id"]
    found = whois(registry, RANDOMISER, files.trial, [rich, "nobody", in_an_arm])
    assert [of.standing for of in found] == ["left_out", "unknown", "in_an_arm"]
    assert found[0].reason == "worked by the HNW team"
    assert found[0].arm is found[0].export_id is None
    new = write_csv(files.folder / "new.csv", [row | {"ref": "x"} for row in customers(3, first=900)])
    load_population(registry, FIRST, new, files.protocol)
    assert whois(registry, RANDOMISER, files.trial, ["C000900"])[0].standing == "loaded_since"


@pytest.mark.parametrize("role", ["designer", "analyst", "manager", "administrator"])
def test_nobody_else_may_know_and_the_denial_is_recorded(assigned: tuple[Registry, Files], role: str) -> None:
    registry, files = assigned
    with pytest.raises(AccessRefused, match="needs the role randomiser"):
        whois(registry, Actor("Somebody", role), files.trial, ["C000001"])  # type: ignore[arg-type]
    with registry.read(LOCAL_ACTOR) as reader:
        event = reader.audit()[-1]
    assert (event.action, event.actor, event.detail["use_case"]) == ("denied", "Somebody", "whois")


def test_that_it_was_asked_is_in_the_chain_and_of_whom_is_not(assigned: tuple[Registry, Files]) -> None:
    registry, files = assigned
    asked = [row["customer_id"] for row in eligible(files.customers)[:2]]
    found = whois(registry, RANDOMISER, files.trial, [*asked, "nobody"], reason="two calls to the helpline")
    with pytest.raises(TrialRefused, match="no customer of this trial has this id"):
        whois(registry, RANDOMISER, files.trial, ["c000001 "])
    with registry.read(LOCAL_ACTOR) as reader:
        first, second = reader.audit()[-2:]
    assert (first.action, first.actor, first.trial) == ("whois", RANDOMISER.name, files.trial)
    said = {name: first.detail[name] for name in ("asked", "arms_told", "reason")}
    assert said == {"asked": 3, "arms_told": 2, "reason": "two calls to the helpline"}
    assert (second.action, second.detail["arms_told"]) == ("whois", 0)
    for of in found[:2]:
        assert of.asked not in repr(first)
        assert str(of.export_id) not in repr(first)


def test_of_several_batches_only_their_own_list_is_told(registry: Registry, files: Files, tmp_path: Path) -> None:
    batches = "batches: {column: lot, issue_on: {first: 2026-02-02, second: 2026-02-09}}, strata: [band, lot]"
    files.edit_protocol(lambda text: text.replace("strata: [band]", batches))
    lots = {row["customer_id"]: "first" if at % 2 else "second" for at, row in enumerate(files.customers)}
    write_csv(files.population, [row | {"lot": lots[row["customer_id"]]} for row in files.customers])
    allocated(registry, files)
    made = issue_lists(registry, FIRST, files.trial, "sms", tmp_path)
    texted = [of for of in whois(registry, FIRST, files.trial, list(lots)) if of.arm == "sms"]
    assert len(texted) == sum(of.manifest["customers"] for of in made)
    for of in texted:
        assert [issued.manifest["batch"] for issued in of.lists] == [lots[of.asked]]
        assert str(of.day_zero) == {"first": "2026-02-02", "second": "2026-02-09"}[lots[of.asked]]


def test_of_a_void_draw_it_can_still_be_asked(assigned: tuple[Registry, Files]) -> None:
    registry, files = assigned
    asked = eligible(files.customers)[0]["customer_id"]
    (before,) = whois(registry, RANDOMISER, files.trial, [asked])
    assert (before.standing, before.void) == ("in_an_arm", False)
    request_void(registry, FIRST, files.trial, reason="wrong population")
    confirm_void(registry, Actor("Second Person", "all"), files.trial)
    told, nobody = whois(registry, RANDOMISER, files.trial, [asked, "nobody"])
    assert (told.standing, told.void, told.arm) == ("was_in_an_arm_of_a_void_draw", True, before.arm)
    assert (nobody.standing, nobody.void) == ("unknown", True)


def test_nothing_is_told_before_the_draw(registry: Registry, files: Files) -> None:
    load_population(registry, FIRST, files.population, files.protocol)
    with pytest.raises(TrialRefused):
        whois(registry, FIRST, files.trial, ["C000001"])
