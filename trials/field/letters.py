"""Which letter a contact says that it was: by version, by the number in it, or by the issue list it came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.integrity.letters import Mixed, mixed_up
from analysis.wording.phrases import listed
from data import pieces
from data.snapshots import SnapshotStore
from designs.protocol import Protocol
from trials.field.allocated import AllocatedTrial, KnownCustomers
from trials.field.kinds.contacts import LIST, MARKS, NUMBER, VERSION
from trials.registry.identities.contact_ledger import CONTACT_ON
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.queries import waves_of_list
from trials.registry.records import IssueRecord

OF_NO_LETTER: Final = "?"  # stored for what names no letter: a file may hold customers' own numbers there
_FEW: Final = 50  # versions that are shown; more of them are something else
_ANY: Final = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Letters:
    """What each mark names.

    Args:
        arms: By mark and by value as :func:`_plain` has it, the arms that it stands for; of none of this trial where
            it is another trial's list.
        of_trial: The other trial, by the digest of its list.
        superseded: The number of the reissue that took a list's place, by the digest of that list.
    """

    arms: Mapping[str, Mapping[str, frozenset[str]]]
    of_trial: Mapping[str, str] = field(default_factory=dict)
    superseded: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """What contacts say of letters, by customers: by arm those with a mark, who got another's, and who is in doubt."""

    named: Mapping[str, int]
    mixed: tuple[Mixed, ...]
    doubtful: int


def letters_of(trial: AllocatedTrial) -> Letters:
    """Every mark that this trial's plan and issue lists name, and the lists of other trials."""
    protocol, own = trial.plan.protocol, [of for of in trial.lists if of.trial == trial.plan.trial]
    lists: dict[str, frozenset[str]] = {of.file_digest: _ANY for of in trial.lists}
    lists |= {of.file_digest: frozenset({of.arm}) for of in own}
    arms = {VERSION: _versions(protocol, own), NUMBER: _named(NUMBER, _numbers(protocol, own)), LIST: lists}
    return Letters(
        arms=arms,
        of_trial={of.file_digest: of.trial for of in trial.lists if of.trial != trial.plan.trial},
        superseded=dict(_superseded(own)),
    )


def _versions(protocol: Protocol, own: Sequence[IssueRecord]) -> dict[str, frozenset[str]]:
    """A version that is declared is meant; else a text's digest, or how the plan calls the arm."""
    declared = [(arm.id, arm.idms99_version) for arm in protocol.arms]
    declared += [(of.arm, of.manifest.get("idms99_version")) for of in own]
    texts = [(of.arm, text) for of in own for text in (of.manifest.get("text") or {}).values()]
    contacted = [arm for arm in protocol.arms if arm.channel is not None]
    ids, labels = [(arm.id, arm.id) for arm in contacted], [(arm.id, arm.label) for arm in contacted]
    return {**_named(VERSION, labels), **_named(VERSION, ids), **_named(VERSION, texts), **_named(VERSION, declared)}


def _numbers(protocol: Protocol, own: Sequence[IssueRecord]) -> list[tuple[str, str | None]]:
    declared = [(arm.id, arm.contact_number) for arm in protocol.arms]
    return declared + [(of.arm, of.manifest.get("contact_number")) for of in own]


def _named(mark: str, pairs: Iterable[tuple[str, str | None]]) -> dict[str, frozenset[str]]:
    named: dict[str, frozenset[str]] = {}
    for arm, value in pairs:
        if value:
            named[_plain(mark, value)] = named.get(_plain(mark, value), _ANY) | {arm}
    return named


def _superseded(own: Sequence[IssueRecord]) -> Iterator[tuple[str, int]]:
    """Lists whose customers are on a later one, which was marked as a reissue."""
    for again in own:
        for earlier in own:
            same = (earlier.arm, earlier.manifest.get("batch")) == (again.arm, again.manifest.get("batch"))
            waves = {*earlier.manifest.get("waves", ())} & {*again.manifest.get("waves", ())}
            if again.manifest.get("reissue") and earlier.number < again.number and same and waves:
                yield earlier.file_digest, again.number


def _plain(mark: str, value: str) -> str:
    """A value as it is compared: of a number its digits, without the 0, +44 or +44 (0) in front, nor a sheet's .0."""
    value = re.sub(r"^\s*(\d+)\.0+\s*$", r"\1", value)
    if mark == NUMBER:
        digits = re.sub(r"\D", "", value)
        return re.sub(r"^(00)?440?(?=\d{9,10}$)|^0", "", digits) or value.strip().lower()
    return " ".join(value.split()).casefold()


def with_marks(trial: AllocatedTrial, content: pa.Table) -> tuple[pa.Table, list[str]]:
    """Contacts with their marks as they are compared, what names no letter left out; and what is strange about them.

    A column in which nothing is a letter's, of a kind that the plan does not declare or that may hold the customers'
    own numbers, is no mark and is not kept.
    """
    said: list[str] = []
    marks = [mark for mark in MARKS if mark in content.column_names and CONTACT_ON in content.column_names]
    letters = letters_of(trial)
    for mark in marks:
        coded = pieces.coded(content.column(mark).cast(pa.string()))
        values = [_plain(mark, value) for value in coded.dictionary.to_pylist()]
        known = [value if value in letters.arms[mark] else None for value in values]
        place = content.column_names.index(mark)
        if values and not any(known) and (mark == NUMBER or not _declares(trial.plan.protocol, mark)):
            said.append(f"column {mark!r} names no letter of this trial and is not read")
            content = content.remove_column(place)
            continue
        if not all(known):
            first = values[known.index(None)] if mark == VERSION and len(values) <= _FEW else None
            quoted = f", such as {first!r}" if first else ""
            said.append(
                f"column {mark!r} has values that name no letter of this trial{quoted}: nobody knows what those were"
            )
        said += _of_replaced_lists(letters, known) if mark == LIST else []
        kept = pa.array([value or OF_NO_LETTER for value in known], pa.string())
        content = content.set_column(place, mark, kept.take(coded.indices))
    return content, said


def _declares(protocol: Protocol, mark: str) -> bool:
    return mark == LIST or any(arm.idms99_version for arm in protocol.arms)


def _of_replaced_lists(letters: Letters, known: Sequence[str | None]) -> list[str]:
    replaced = sorted({letters.superseded[value] for value in known if value and value in letters.superseded})
    if not replaced:
        return []
    return [f"contacts are of an issue list whose place a reissue took (list {listed([*map(str, replaced)])})"]


def sent_by_mark(trial: AllocatedTrial, tally: Iterable[tuple[str, Mapping[str, str | None], int]]) -> Sent:
    """Who got whose letter.

    Args:
        trial: Whose contacts they are.
        tally: Arm, marks by name, and how many customers of the arm have a contact with just these.
    """
    letters, labels = letters_of(trial), trial.plan.protocol.labels
    named: dict[str, int] = {}
    mixed: dict[tuple[str, str], int] = {}
    doubtful = 0
    for arm, marks, customers in tally:
        said = {mark: value for mark, value in marks.items() if value is not None}
        if not said:
            continue
        named[arm] = named.get(arm, 0) + customers
        wrong = {m: v for m, v in said.items() if v != OF_NO_LETTER and arm not in letters.arms[m].get(v, {arm})}
        if wrong:
            got = arm, _whose(letters, wrong, labels)
            mixed[got] = mixed.get(got, 0) + customers
        elif OF_NO_LETTER in said.values():
            doubtful += customers
    pairs = tuple(Mixed(labels.get(arm, arm), got, n, named[arm]) for (arm, got), n in sorted(mixed.items()))
    return Sent({labels.get(arm, arm): n for arm, n in named.items()}, pairs, doubtful)


def _whose(letters: Letters, wrong: Mapping[str, str], labels: Mapping[str, str]) -> str:
    arms = {arm for mark, value in wrong.items() for arm in letters.arms[mark][value]}
    trials = {letters.of_trial[value] for value in wrong.values() if value in letters.of_trial}
    names = [f"“{labels.get(arm, arm)}”" for arm in sorted(arms)] + [f"trial {trial}" for trial in sorted(trials)]
    return listed(names, "or")


def on_another_list(
    snapshots: SnapshotStore, trial: AllocatedTrial, customers: KnownCustomers, contacts: pa.Table
) -> list[str]:
    """What a file of contacts says of lists of the customer's own arm that the customer is not on: another wave's or
    batch's, whose day is not theirs; nothing where there is none.
    """
    own = {of.file_digest: of for of in trial.lists if of.trial == trial.plan.trial}
    if LIST not in contacts.column_names or not own:
        return []
    place = pc.index_in(contacts.column(LEDGER_ID), value_set=customers.ids)
    held = pa.table({LIST: contacts.column(LIST), "arm": customers.arms.take(place)} | _where(snapshots, trial, place))
    counted = held.group_by(held.column_names).aggregate([([], "count_all")]).to_pylist()
    astray: dict[int, int] = {}
    for row in counted:
        named = own.get(row[LIST] or "")
        if named is None or named.arm != row["arm"]:
            continue
        batch = named.manifest.get("batch")
        if row["wave"] not in waves_of_list(named.manifest) or batch not in (None, row.get("batch")):
            astray[named.number] = astray.get(named.number, 0) + row["count_all"]
    if not astray:
        return []
    contacts_are = "1 contact is" if sum(astray.values()) == 1 else f"{sum(astray.values()):,} contacts are"
    lists = f"{'list' if len(astray) == 1 else 'lists'} {listed([*map(str, sorted(astray))])}"
    return [
        f"{contacts_are} of an issue list of the customer's own arm that the customer is not on, but another wave or "
        f"batch ({lists}): they may have been sent on another day than was planned"
    ]


def _where(snapshots: SnapshotStore, trial: AllocatedTrial, place: pa.ChunkedArray) -> dict[str, Any]:
    """The wave of each customer, by their place among all, and their batch where the plan has batches."""
    sizes = [sum(allocation.counts.values()) for allocation in trial.allocations]
    waves = pa.array(np.repeat([allocation.wave for allocation in trial.allocations], sizes))
    found: dict[str, Any] = {"wave": waves.take(place)}
    scheme = trial.plan.protocol.randomisation.batches
    if scheme is not None:
        parts = []
        for wave, allocation in zip(trial.waves, trial.allocations, strict=True):
            ids = snapshots.read(allocation.snapshot_digest, [LEDGER_ID]).column(LEDGER_ID)
            people = snapshots.read(wave.population.digest, [LEDGER_ID, scheme.column])
            batches = people.column(scheme.column).cast(pa.string())
            parts += batches.take(pc.index_in(ids, value_set=people.column(LEDGER_ID))).chunks
        found["batch"] = pa.chunked_array(parts, pa.string()).take(place)
    return found


def mixed_up_in(trial: AllocatedTrial, customers: KnownCustomers, contacts: pa.Table) -> list[str]:
    """What a file of contacts says of letters that went to customers of another arm; nothing where none did."""
    marks = [mark for mark in MARKS if mark in contacts.column_names]
    if not marks:
        return []
    distinct = contacts.select([LEDGER_ID, *marks]).group_by([LEDGER_ID, *marks]).aggregate([])
    arms: Any = pieces.rows_of(customers.arms, pc.index_in(distinct.column(LEDGER_ID), value_set=customers.ids), "arms")
    counted = distinct.append_column("_arm", arms).group_by(["_arm", *marks]).aggregate([([], "count_all")])
    tally = [(row["_arm"], {mark: row[mark] for mark in marks}, row["count_all"]) for row in counted.to_pylist()]
    sent = sent_by_mark(trial, tally)
    if not sent.mixed:
        return []
    to_do = "Find out which letters went out; where the file is wrong, load it right with --correct."
    return [f"{mixed_up(sent.named, sent.mixed)} {to_do}"]
