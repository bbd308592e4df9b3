"""A new user's first trial, by the commands of the README and the docs alone, on SQLite and on PostgreSQL.

Four arms, customers who want Welsh, trusts and customers of high net worth, letters that were swapped, outcomes in two
parts and a correction, a second wave. What is said at each step is what leads to the next.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.places import ROOT
from tests.trials.cli.conftest import Done, Otm
from tests.trials.examples import SEED, write_csv

TRIAL = "late-debts"
PLAN = """\
schema: 1
id: late-debts
title: Three messages about a late debt
hypothesis: A message raises payment by day 23.
population:
  unit: customer_id
  where: [{column: owed, at_least: 32}]
  exclude:
    - {when: {column: hnw, equals: true}, reason: worked by the HNW team}
    - {when: {column: trust, equals: true}, reason: trusts have a letter of their own}
  columns: {name: {kind: text}, address: {kind: text}, mobile: {kind: text}}
arms:
  - {id: nfa, kind: nfa, share: 1}
  - {id: plain, kind: otm, share: 1, channel: letter, idms99_version: SRM1, text: {en: plain.txt, cy: plain.cy.txt}}
  - {id: norm, kind: otm, share: 1, channel: letter, idms99_version: SRM2, text: {en: norm.txt, cy: norm.cy.txt}}
  - id: sms
    kind: otm
    share: 1
    channel: sms
    text: {en: sms.txt}
    not_for: [{when: {column: language, equals: cy}, reason: the text is in English only}]
randomisation:
  method: complete
  strata: [office]
  waves: [{id: january, issue_on: 2026-01-12}, {id: march, issue_on: 2026-03-09}]
outcomes:
  - {id: paid, role: primary, kind: binary, direction: increase, day: 23}
  - {id: collected, role: secondary, kind: amount, direction: increase, day: 23}
analysis: {complier: {received: read}, dispatch_tolerance: 0.02}
decision: {benefits: [{outcome: collected, value: 1, money: earlier, because: pounds are pounds}]}
"""
VERSIONS = {"plain": "SRM1", "norm": "SRM2", "sms": ""}
SWAPPED = {"plain": "SRM2", "norm": "SRM1", "sms": ""}
GROUPS = ("protocol", "population", "contacts", "outcomes")
Rows = list[dict[str, Any]]


def people(first: int, count: int) -> Rows:
    return [
        {
            "customer_id": f"C{i:06d}", "name": f"Person {i}", "address": f"{i} High Street, Leeds",
            "mobile": f"+4477009{i:05d}", "owed": 20 + i * 37 % 230, "hnw": int(i % 50 == 7), "trust": int(i % 40 == 3),
            "language": "cy" if i % 10 == 1 else "en", "office": ("Cardiff", "Leeds")[i // 10 % 2],
        }
        for i in range(first, first + count)
    ]  # fmt: skip


def outcomes(customers: Rows, more: int = 0) -> Rows:
    rows = []
    for row in customers:
        paid = int(row["customer_id"][1:]) * 7919 % 100 < 30
        rows.append(
            {"customer_id": row["customer_id"], "paid": int(paid), "collected": row["owed"] + more if paid else 0}
        )
    return rows


class Walk:
    """One user at one registry: commands as they are typed, and what was said."""

    def __init__(self, otm: Otm, folder: Path) -> None:
        self.otm, self.folder = otm, folder
        self.said = Done(0, "", "")
        self.given: set[str] = set()

    def gives(self, command: str, code: int = 0) -> str:
        """Give a command; what it said on both ways out. Names of files are of the folder."""
        words = [
            str(self.folder / word) if re.search(r"\.(csv|yaml)$|^lists$", word) else word for word in _words(command)
        ]
        self.said = self.otm(*words)
        self.given.add(" ".join(["otm", *words[: 2 if words[0] in GROUPS else 1]]))
        assert self.said.code == code, f"{command}: {self.said}"
        assert "Traceback" not in self.said.err
        return f"{self.said.out}\n{self.said.err}"

    def comes_next(self) -> tuple[str, str]:
        """What `otm trials` says of the trial: its state, and the next step with whoever takes it."""
        (listed,) = [line for line in self.gives("trials").splitlines() if line.strip().startswith(f"{TRIAL} ")]
        state, *others = [part for part in re.split(r"\s{2,}", listed.strip()) if part][1:]
        return state, " / ".join(others)

    def file(self, name: str, rows: Rows) -> None:
        write_csv(self.folder / name, rows)

    def listed(self, arm: str, wave: int) -> list[str]:
        """The export ids on an arm's list."""
        (path,) = (self.folder / "lists").glob(f"{TRIAL}-{arm}-*wave-{wave}.csv")
        with path.open(encoding="utf-8", newline="") as file:
            return [row["export_id"] for row in csv.DictReader(file)]

    def returned(self, wave: int, sent_on: str, letters: dict[str, str]) -> Rows:
        return [
            {"export_id": export_id, "channel": "sms" if arm == "sms" else "letter", "sent_on": sent_on,
             "delivered": 1, "read": int(place % 3 > 0), "letter_version": letters[arm]}
            for arm in letters for place, export_id in enumerate(self.listed(arm, wave))
        ]  # fmt: skip


DECISION = f'decide {TRIAL} --action "Do not send it" --reason "Not shown" --review-on 2999-12-31'


def _words(command: str) -> list[str]:
    return [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', command)]


@pytest.fixture
def walk(otm: Otm, tmp_path: Path, registry_url: str, monkeypatch: pytest.MonkeyPatch) -> Walk:
    monkeypatch.setenv("OTM_DATABASE_URL", registry_url)
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    for name in ("plain", "plain.cy", "norm", "norm.cy", "sms"):
        (folder / f"{name}.txt").write_text(f"Please pay ({name}).", encoding="utf-8")
    return Walk(otm, folder)


def test_a_new_user_goes_from_a_plan_to_a_decision(walk: Walk) -> None:
    january, march = people(0, 600), people(600, 400)
    walk.file("january.csv", january)
    walk.file("march.csv", march)
    _plans(walk)
    _draws_and_issues(walk)
    _hears_of_swapped_letters(walk)
    _loads_outcomes_in_parts(walk, january)
    _draws_the_second_wave(walk, march)
    _concludes(walk)
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    elsewhere = {"otm verify", "otm release"}  # docs/commands.md: of anybody, and after the end
    assert {command for command in walk.given if command not in guide} <= elsewhere


def _plans(walk: Walk) -> None:
    walk.gives("protocol check plan.yaml")
    assert "registered as version 1" in walk.gives("register plan.yaml")
    assert walk.comes_next() == ("draft", "Load the population, then lock the plan / designer")
    refused = walk.gives(f"lock {TRIAL} --check", code=2)
    assert "otm population load FILE --protocol" in refused  # which is what is given next
    assert "600 rows read, 600 loaded, 0 rejected" in walk.gives(
        "population load january.csv --protocol plan.yaml --synthetic"
    )
    state, coming = walk.comes_next()
    assert (state, coming.startswith("Look at what the lock would say (otm lock TRIAL --check)")) == ("draft", True)
    looked_at = walk.gives(f"lock {TRIAL} --check")
    for said in (
        "january.csv, 600 customers", "worked by the HNW team", "trusts have a letter of their own",
        "customers can be assigned.", "The list of plain (letter) can hold: export_id, address", "mobile",
        f"Nothing was locked yet: otm lock {TRIAL}",
    ):  # fmt: skip
        assert said in looked_at
    assert "is locked, protocol" in walk.gives(f"lock {TRIAL}")
    assert walk.comes_next() == ("locked", "542 / Randomise / randomiser")


def _draws_and_issues(walk: Walk) -> None:
    drawn = walk.gives(f"randomise {TRIAL} --demonstration-seed {SEED}")
    counts = {arm: int(count) for arm, count in re.findall(r"^\s+(nfa|plain|norm|sms)\s+(\d+)", drawn, re.MULTILINE)}
    assert sum(counts.values()) == 542
    assert counts["sms"] < counts["plain"]  # it is for nobody who wants Welsh
    assert walk.comes_next() == ("allocated", "542 / Issue the lists / randomiser")
    for arm in VERSIONS:
        issued = walk.gives(f"issue {TRIAL} --arm {arm} --out lists --column name --column address --column mobile")
        assert f"{counts[arm]} customers of {arm}, to be issued on 2026-01-12" in issued
        assert len(walk.listed(arm, 1)) == counts[arm]
    (path,) = (walk.folder / "lists").glob("*sms-sms-wave-1.csv")
    assert re.search(r'"\+4477009\d{5}"', path.read_text(encoding="utf-8"))  # as it is dialled
    state, coming = walk.comes_next()
    assert (state, "Draw the next wave when its day comes" in coming) == ("in field", True)
    assert "there is no evaluation to decide on" in walk.gives(DECISION, code=2)


def _hears_of_swapped_letters(walk: Walk) -> None:
    """Each letter seems to be in the other's envelopes; then the file turns out to be wrong, not the letters."""
    walk.file("contacts.csv", walk.returned(1, "2026-01-13", SWAPPED))
    said = walk.gives(f"contacts load {TRIAL} contacts.csv")
    letters = len(walk.listed("plain", 1)) + len(walk.listed("norm", 1))
    assert re.search(rf"Note: {letters} of {letters} customers .* were sent another: .*“norm” that of “plain”", said)
    assert "load it right with --correct" in said  # which is what is given below
    walk.file("contacts-right.csv", walk.returned(1, "2026-01-13", VERSIONS))
    refused = walk.gives(f"contacts load {TRIAL} contacts-right.csv", code=2)
    assert "--add (a further part), --correct" in refused
    corrected = walk.gives(f"contacts load {TRIAL} contacts-right.csv --correct")
    assert "were sent another" not in corrected
    everybody = sum(len(walk.listed(arm, 1)) for arm in VERSIONS)
    assert f"{everybody} before, {everybody} after" in corrected


def _loads_outcomes_in_parts(walk: Walk, january: Rows) -> None:
    walk.file("part-1.csv", outcomes(january[:300]))
    walk.file("part-2.csv", outcomes(january[300:]))
    walk.file("corrected.csv", outcomes(january[:20], more=5))
    first = walk.gives(f"outcomes load {TRIAL} part-1.csv --as-at 2026-02-10")
    assert "300 rows read, 270 loaded, 30 rejected." in first
    assert "this customer was left out before the draw" in first
    evaluated = walk.gives(f"evaluate {TRIAL}")
    assert "No verdict yet: not every outcome is due for every customer before 1 April 2026" in evaluated
    refused = walk.gives(f"outcomes load {TRIAL} part-2.csv --as-at 2026-02-10", code=2)
    assert "--add (a further part)" in refused
    assert "270 before, 542 after" in walk.gives(f"outcomes load {TRIAL} part-2.csv --as-at 2026-02-10 --add")
    refused = walk.gives(f"outcomes load {TRIAL} corrected.csv --as-at 2026-02-12 --add", code=2)
    assert "use --correct where these rows are to replace the earlier ones" in refused
    corrected = walk.gives(f"outcomes load {TRIAL} corrected.csv --as-at 2026-02-12 --correct")
    assert "542 before, 542 after" in corrected


def _draws_the_second_wave(walk: Walk, march: Rows) -> None:
    assert walk.comes_next()[0] == "data cut"
    walk.gives(f"evaluate {TRIAL}")
    state, coming = walk.comes_next()
    assert (state, "Draw the next wave when its day comes" in coming) == ("in field", True)
    assert "there is no verdict to decide on" in walk.gives(f"{DECISION} --evaluation 2", code=2)
    assert "400 loaded" in walk.gives("population load march.csv --protocol plan.yaml --synthetic")
    walk.gives(f"randomise {TRIAL}")
    refused = walk.gives(f"randomise {TRIAL}", code=2)
    assert "has been randomised" in refused
    for arm in VERSIONS:
        assert "to be issued on 2026-03-09" in walk.gives(f"issue {TRIAL} --arm {arm} --out lists --wave 2")
        assert not set(walk.listed(arm, 1)) & set(walk.listed(arm, 2))
    walk.file("contacts-2.csv", walk.returned(2, "2026-03-10", VERSIONS))
    assert f"{sum(len(walk.listed(arm, 1)) for arm in VERSIONS)} before" in walk.gives(
        f"contacts load {TRIAL} contacts-2.csv --add"
    )
    walk.file("part-3.csv", outcomes(march))
    said = walk.gives(f"outcomes load {TRIAL} part-3.csv --as-at 2026-04-20 --add")
    assert "the earliest cut among their parts" not in said  # all that was due of January was known when it was cut


def _concludes(walk: Walk) -> None:
    evaluated = walk.gives(f"evaluate {TRIAL} --json -")
    document = json.loads(walk.said.out)
    assert document["evaluation_role"] == "finding", evaluated
    assert document["verdict"]["code"] == "not_shown"  # the messages do nothing to these customers
    assert [check for check in document["checks"] if check["passed"] is False] == []
    assert walk.comes_next()[1].endswith("Record a decision / manager")
    assert "accepts “not shown”" in walk.gives(DECISION)
    assert walk.comes_next()[0] == "decided"
    assert "holds" in walk.gives(f"verify {TRIAL}")
    assert "seed" in walk.gives(f'release {TRIAL} --reason "it is over"')
