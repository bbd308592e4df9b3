"""The plans that made files are for, and their columns as they should be: every cell known, and written plainly."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.properties.files.made import Cell, Column, Made, Role, cells
from trials.registry.tables.columns import now

TRIAL = "files"
_DAY = now().date()
ALLOCATED = _DAY - timedelta(days=60)
REGIONS = ("north", "south", "east", "west")
SECTORS = ("retail", "farming", "building, repairs", 'the "trade"', "Gŵyr")
CHANNELS = ("letter", "sms", "call", "email")

# What codes mean, as the plan says it; the truths of such columns are the codes as people write them.
SETTLED: dict[str, list[Any]] = {"true": ["P", "PP", 3], "false": ["N", "01"], "missing": ["NK", -9]}
IN_PART: dict[str, list[Any]] = {"true": ["PP"], "false": ["P", "N", "01", "3"], "missing": ["NK", "-9"]}
WELSH: dict[str, list[Any]] = {"true": ["CY", 1], "false": ["EN", 2], "missing": [9, "?"]}
DELIVERED: dict[str, list[Any]] = {"true": ["D", 1], "false": [0], "missing": ["X"]}
VERSION = "OTM 12b"  # of the letter
CALL = {"letter": "0300 200 3100", "sms": "0300 200 3200"}

OUTCOMES: list[dict[str, Any]] = [
    {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "day": 23},
    {"id": "collected", "role": "secondary", "kind": "amount", "direction": "increase"},
    {"id": "calls", "role": "secondary", "kind": "count", "direction": "decrease"},
    {"id": "settled", "role": "secondary", "kind": "binary", "direction": "increase", "column": "status", **SETTLED},
    {"id": "in_part", "role": "secondary", "kind": "binary", "direction": "increase", "column": "status", **IN_PART},
    {"id": "rang", "role": "secondary", "kind": "binary", "direction": "increase", "day": 9, "happened_on": "rang_on"},
    {"id": "wait", "role": "secondary", "kind": "time_to_event", "time": "days", "event": "done", "horizon": 40},
]
ARMS: list[dict[str, Any]] = [
    {"id": "nfa", "kind": "nfa", "label": "No further action"},
    {"id": "letter", "kind": "otm", "label": "Letter", "channel": "letter"},
    {"id": "sms", "kind": "otm", "label": "SMS", "channel": "sms"},
]


def plan(role: Role) -> dict[str, Any]:
    """The protocol of a role."""
    elsewhere = role == "analyse"
    made: dict[str, Any] = {
        "schema": 1, "id": TRIAL, "title": "Files", "hypothesis": "A letter brings payment.",
        "population": {
            "unit": "customer_id", "where": [{"column": "principal", "at_least": 32}],
            "columns": {
                "age": {"missing": [-9]}, "spoken": WELSH, "delivered": DELIVERED,
            },
        },
        "arms": ARMS, "outcomes": OUTCOMES,
        "analysis": {
            "covariates": ["debt", {"column": "age", "as": "number"}], "adjustment": "lin",
            "subgroups": [{"column": "sector"}], "complier": {"received": "read"},
        },
    }  # fmt: skip
    if elsewhere:
        made["arms"] = ARMS[:2]
        del made["population"]["columns"]["delivered"]
        date = ALLOCATED.isoformat()
        made["randomisation"] = {
            "method": "external", "arm_column": "arm", "strata": ["region"], "allocation_date": date
        }  # fmt: skip
    else:
        made["arms"] = [arm | {"share": 1} for arm in ARMS]
        for arm in made["arms"][1:]:
            arm |= {"contact_number": CALL[arm["id"]]}
        made["arms"][1]["idms99_version"] = VERSION
        made["population"]["exclude"] = [{"when": {"column": "hnw", "equals": True}, "reason": "HNW"}]
        made["randomisation"] = {"method": "complete", "strata": ["region"]}
    return made


def protocol_file(folder: Path, role: Role) -> Path:
    path = folder / f"{role}.yaml"
    path.write_text(json.dumps(plan(role)), encoding="utf-8")  # JSON is YAML
    return path


@dataclass(frozen=True)
class Known:
    """Whom the trial of the field knows: customers' own ids, and ids of issue lists, of the same people in order."""

    ids: Sequence[str]
    export_ids: Sequence[str]
    lists: Sequence[str] = ()  # SHA-256 of the lists issued


def columns_of(role: Role, chance: Random, known: Known) -> list[Column]:
    """The columns of a file as they should be, with some that nobody uses."""
    of_role: dict[Role, Callable[[Random, Known], list[Column]]] = {
        "analyse": _elsewhere, "population": _population, "outcomes": _outcomes, "contacts": _contacts,
    }  # fmt: skip
    columns = of_role[role](chance, known)
    count = len(columns[0].cells)
    for number in range(chance.choice((0, 0, 1, 2))):
        columns.insert(chance.randrange(1, len(columns) + 1), _unused(chance, count, number))
    if chance.random() < 0.2:
        chance.shuffle(columns)
    return columns


def _size(chance: Random) -> int:
    return chance.choice((9, 15, 24, 40, 40, 60)) if chance.random() < 0.93 else chance.randrange(100, 260)


def _ids(chance: Random, count: int) -> list[str]:
    first = chance.randrange(1, 5_000)
    style = chance.choice(("C{:06d}", "{:06d}", "4{:07d}", "AB{:06d}C", "k-{:05d}", "{:04d}/{:02d}"))
    step = chance.choice((1, 3, 7))
    return [style.format(first + step * i, i % 12) for i in range(count)]


def _amounts(chance: Random, count: int) -> list[float]:
    most = chance.choice((400, 400, 5_000, 2_000_000))
    pence = chance.random() < 0.7
    values = [round(32 + most * chance.random() ** 3, 2 if pence else 0) for _ in range(count)]
    return [-value if value > 60 and chance.random() < 0.05 else value for value in values]


def _collected(chance: Random, count: int) -> list[float]:
    return [0.0 if chance.random() < 0.5 else abs(value) for value in _amounts(chance, count)]


def _truths(chance: Random, count: int) -> list[bool]:
    share = chance.choice((0.2, 0.5, 0.7))
    return [i % 5 == 0 or (i % 5 > 1 and chance.random() < share) for i in range(count)]


def _among(chance: Random, count: int, values: Sequence[str]) -> list[str]:
    return [values[i % len(values)] if i < len(values) else chance.choice(values) for i in range(count)]


def _covariates(chance: Random, count: int) -> list[Column]:
    return [
        Column("region", "text", cells(_among(chance, count, REGIONS))),
        Column("debt", "any number", cells(round(abs(value) + 0.25, 2) for value in _amounts(chance, count))),
        Column("age", "number", cells(float(chance.randrange(18, 90)) for _ in range(count))),
        Column("sector", "any text", cells(_among(chance, count, SECTORS))),
        Column("spoken", "coded", _coded(chance, count, WELSH), readings={"spoken": lambda code: code in ("CY", "1")}),
    ]


def _coded(chance: Random, count: int, *codes: dict[str, list[Any]]) -> list[Cell]:
    """Codes of a plan, both a yes and a no by every reading of them, and one in ten not known."""
    known = sorted({str(code) for of in codes for code in (*of["true"], *of["false"])})
    missing = sorted({str(code) for of in codes for code in of["missing"]})
    made = [Cell(code, code) for code in _among(chance, count, known)]
    for cell in made[len(known) :]:
        if chance.random() < 0.1:
            cell.truth, cell.written, cell.state = None, chance.choice(missing), "blank"
    return made


def _events(chance: Random, count: int) -> list[Column]:
    """What happened once, and on which day."""
    happened = _truths(chance, count)
    days = [_DAY - timedelta(days=chance.randrange(0, 30)) if true else None for true in happened]
    return [Column("rang", "event", cells(happened)), Column("rang_on", "event day", cells(days))]


def _what_they_did(chance: Random, count: int) -> list[Column]:
    return [
        Column("paid", "boolean", cells(_truths(chance, count))),
        Column("collected", "number", cells(_collected(chance, count))),
        Column("calls", "count", cells(float(chance.choice((0, 0, 0, 1, 2, 11))) for _ in range(count))),
        Column("days", "number", cells(float(chance.randrange(0, 41)) for _ in range(count))),
        Column("done", "boolean", cells(_truths(chance, count))),
        Column(
            "status", "coded", _coded(chance, count, SETTLED, IN_PART),
            readings={
                "status as settled": lambda code: code in ("P", "PP", "3"),
                "status as in_part": lambda code: code == "PP",
            },
        ),
        *_events(chance, count),
        Column("read", "boolean", cells(_truths(chance, count))),
    ]  # fmt: skip


def _elsewhere(chance: Random, _: Known) -> list[Column]:
    count = _size(chance)
    return [
        Column("customer_id", "id", cells(_ids(chance, count))),
        Column("arm", "text", cells(_among(chance, count, ("nfa", "letter")))),
        Column("principal", "number", cells(abs(value) for value in _amounts(chance, count))),
        *_covariates(chance, count),
        *_what_they_did(chance, count),
    ]


def _population(chance: Random, _: Known) -> list[Column]:
    count = _size(chance)
    return [
        Column("customer_id", "id", cells(_ids(chance, count))),
        Column("principal", "number", cells(_amounts(chance, count))),
        Column("hnw", "boolean", cells(chance.random() < 0.1 for _ in range(count))),
        *_covariates(chance, count),
    ]


def _outcomes(chance: Random, known: Known) -> list[Column]:
    count = _size(chance)
    ids = chance.sample(list(known.ids), count)
    columns = [Column("customer_id", "id", cells(ids)), *_what_they_did(chance, count)]
    return columns if chance.random() < 0.5 else columns[:-1]  # receipt may come with the contacts


def _contacts(chance: Random, known: Known) -> list[Column]:
    count = _size(chance)
    places = [chance.randrange(len(known.ids)) for _ in range(count)]
    by_list = chance.random() < 0.5
    name, ids = ("export_id", known.export_ids) if by_list else ("customer_id", known.ids)
    today = now().date()
    columns = [
        Column(name, "id", cells(ids[place] for place in places)),
        Column("channel", "text", cells(_among(chance, count, CHANNELS)), essential=True),
        Column(
            "sent_on", "date", cells(today - timedelta(days=chance.randrange(0, 9)) for _ in range(count)),
            essential=True,
        ),
        Column(
            "delivered", "coded", _coded(chance, count, DELIVERED),
            readings={"delivered": lambda code: code in ("D", "1")},
        ),
        *_marks(chance, count, known),
        Column("read", "boolean", cells(_truths(chance, count))),
    ]  # fmt: skip
    return columns if chance.random() < 0.6 else columns[:-1]


def _marks(chance: Random, count: int, known: Known) -> list[Column]:
    """What may say which letter it was; the truth is what it comes to once spelling does not count."""
    versions = {"otm 12b": VERSION, "letter": "Letter", "sms": "sms"}
    numbers = {"3002003100": "0300 200 3100", "3002003200": "03002003200"}
    lists = {digest: digest for digest in known.lists}
    made = []
    for name, of in (("letter_version", versions), ("contact_number", numbers), ("list_digest", lists)):
        if chance.random() < 0.6 and of:
            values = _among(chance, count, list(of))
            made.append(Column(name, "mark", [Cell(value, of[value]) for value in values]))
    return made


UNUSED: tuple[Callable[[int], Any], ...] = (
    lambda i: f"note {i}, with a comma",
    lambda i: 'said "no"' if i % 3 else None,
    lambda i: i * 1.5 if i % 4 else "n/a",
    lambda i: None,
    lambda i: f"0{i}",
    lambda i: 1234567890123456 + i,
    lambda i: "2026-02-30",
    lambda i: "#REF!" if i % 2 else i,
    lambda i: "one\r\ntwo" if i % 3 else "three\nfour",
    lambda i: "Total",
    lambda i: i % 2 == 0,
    lambda i: "=1+1",
)


def _unused(chance: Random, count: int, number: int) -> Column:
    value = chance.choice(UNUSED)
    return Column(f"other_{number}", "unused", [Cell(None, value(i), "good") for i in range(count)])


def made_plainly(seed: int, role: Role, ending: str, known: Known) -> Made:
    chance = Random(f"files {seed}")
    columns = columns_of(role, chance, known)
    return Made(seed, role, ending, {".csv.gz": "csv"}.get(ending, ending.strip(".")), columns, chance)
