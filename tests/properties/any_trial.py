"""Random trials, taken through every stage: whatever is not refused by name, and before the lock, must hold.

A random plan meets random customers: population, registration, lock, randomisation in one wave or two, issue lists,
contacts, outcomes, evaluation, decision, release; and on the way a void, a backup that is restored elsewhere, and use
cases that are not open yet. One number makes one trial, the same every time.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.errors import Refused
from tests.properties.any_customers import Rows, behaviour, contacts, people, with_an_effect, with_competing
from tests.properties.any_evaluation import VERDICTS, wrong_with
from tests.properties.any_plan import TRIAL, Chance, protocol
from tests.small_registry import arms_of
from tests.trials.examples import FIRST, SECOND, load_contacts, load_outcomes, write_csv
from trials import life
from trials.access import UseCase
from trials.errors import TrialRefused
from trials.registry import Registry, open_registry, queries
from trials.registry.records import TrialDetail
from trials.registry.tables.columns import now
from trials.settings import Settings
from trials.stages.allocate import randomise
from trials.stages.backup import backup, restore
from trials.stages.certificate import certificate
from trials.stages.decide import decide
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.release import release
from trials.stages.verify import verify
from trials.stages.void import confirm_void, request_void

BETWEEN_WAVES = date(2026, 4, 20)  # everything of the first wave is due, and nothing of the second
STEPS = (
    "load_population", "register", "lock", "randomise", "second_wave", "issue", "load_contacts", "void",
    "load_outcomes", "evaluate", "decide", "release", "restore", "refused_too_early",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ending:
    """How a trial ended: its verdict's code, ``void``, or ``refused`` with the reason; and what was done on the way."""

    code: str
    primary: str  # the kind of the primary outcome
    steps: tuple[str, ...]
    reason: str | None = None


def carried_through(seed: int, folder: Path) -> Ending:
    """One trial from its plan to its end.

    Raises:
        AssertionError: Something does not hold, or was refused after the lock had let it pass.
    """
    chance = Chance(seed)
    plan = protocol(chance)
    path = folder / "protocol.yaml"
    path.write_text(json.dumps(plan), encoding="utf-8")  # JSON is YAML
    registry = open_registry(Settings(home=folder / "home"))
    trial = _Trial(chance, plan, path, registry)
    primary = plan["outcomes"][0]["kind"]
    try:
        return Ending(trial.conducted(), primary, tuple(trial.steps))
    except Refused as refusal:
        if "lock" in trial.steps:
            raise AssertionError(f"the lock let it pass, and later it was refused: {refusal}") from refusal
        return Ending("refused", primary, tuple(trial.steps), str(refusal))
    finally:
        registry.close()


@dataclass
class _Trial:
    chance: Chance
    plan: dict[str, Any]
    protocol: Path
    registry: Registry
    steps: list[str] = field(default_factory=list)

    def conducted(self) -> str:
        """Every stage in turn; the code of the verdict, or ``void``."""
        customers = self.locked()
        customers += self.randomised(customers)
        lists = self.issued()
        crossed = self.contacted(lists)
        if self.chance.one_in(8):
            self.made_void()
            code = "void"
        else:
            code = self.evaluated(customers)
            assert code in ("invalid", "not_due") or not crossed, "letters to the comparison made no trial invalid"
            if code != "not_due":
                self.decided(code)
        if self.chance.one_in(2) and code != "not_due":
            self.released(code)
        self.holds(self.registry)
        if self.chance.one_in(2):
            self.restored()
        return code

    def locked(self) -> Rows:
        arms = len(self.plan["arms"])
        rows = people(self.chance, arms * self.chance.of(8, 24, 60, 150), 0, arms)
        load_population(self.registry, FIRST, self.file("first.csv", rows), self.protocol, synthetic=True)
        self.steps.append("load_population")
        register(self.registry, FIRST, self.protocol)
        self.done("register", "draft")
        lock(self.registry, FIRST, TRIAL)
        self.done("lock", "locked")
        return rows

    def randomised(self, customers: Rows) -> Rows:
        """Everybody who can be, is; the customers of the second wave, where there is one."""
        randomise(self.registry, FIRST, TRIAL, demonstration_seed=f"{self.chance.seed:064x}")
        self.done("randomise", "allocated")
        if "waves" not in self.plan["randomisation"]:
            return []
        arms = len(self.plan["arms"])
        rows = people(self.chance, arms * 24, self.chance.of(5_000, len(customers) - 6), arms)
        load_population(self.registry, FIRST, self.file("second.csv", rows), self.protocol, synthetic=True)
        try:
            randomise(self.registry, FIRST, TRIAL)
        except Refused:  # nobody had seen this file before the lock; the first wave goes on alone
            self.done("second_wave_refused", "allocated")
            return []
        self.done("second_wave", "allocated")
        known = {row["customer_id"] for row in customers}
        return [row for row in rows if row["customer_id"] not in known]

    def issued(self) -> dict[str, list[str]]:
        """The export ids on each contacted arm's list; none where nothing is issued."""
        if self.chance.one_in(4):
            return {}
        allocated = allocated_customers(self.registry)
        lists = {}
        for arm in self.plan["arms"][1:]:
            if not allocated.get(arm["id"]):
                with pytest.raises(Refused, match="nobody is in arm"):
                    issue(self.registry, FIRST, TRIAL, arm["id"], self.protocol.parent / "lists")
                lists[arm["id"]] = []
                continue
            written = issue(self.registry, FIRST, TRIAL, arm["id"], self.protocol.parent / "lists")
            with written.path.open(encoding="utf-8", newline="") as file:
                lists[arm["id"]] = [row["export_id"] for row in csv.DictReader(file)]
            assert len(set(lists[arm["id"]])) == len(lists[arm["id"]]) == allocated[arm["id"]]
        assert len(set().union(*lists.values())) == sum(map(len, lists.values())), "a customer is on two lists"
        self.done("issue", "in_field")
        return lists

    def contacted(self, lists: dict[str, list[str]]) -> bool:
        """Contacts of what was issued come back, arm by arm; whether a supplier also wrote to the comparison."""
        if not lists or self.chance.one_in(4):
            return False
        channels = {arm["id"]: arm.get("channel") for arm in self.plan["arms"]}
        for arm, export_ids in lists.items():
            rows = contacts(self.chance, export_ids, channels[arm])
            if rows:
                load_contacts(self.registry, FIRST, TRIAL, self.file(f"contacts-{arm}.csv", rows))
        crossed = self.chance.one_in(6)
        if crossed:
            listed = next(ids for ids in lists.values() if ids)
            wrong = next(c for c in ("letter", "sms", "call", "email") if c not in channels.values())
            rows = [{"export_id": listed[0], "channel": wrong, "sent_on": "2026-03-03"}]
            load_contacts(self.registry, FIRST, TRIAL, self.file("contacts-wrong.csv", rows))
        self.done("load_contacts", "in_field")
        return crossed

    def evaluated(self, customers: Rows) -> str:
        """The outcomes of one data cut or two, and what the evaluation of the last says; or of a look that ended it."""
        if "looks" in self.plan["analysis"]:
            code = self.looked_at(customers)
            if code in VERDICTS - {"invalid"}:  # an attempt is followed by the next cut
                return code
        for cut in range(self.chance.of(1, 1, 1, 2)):
            rows = self.behaviour(customers)
            load_outcomes(self.registry, FIRST, TRIAL, self.file(f"outcomes-{cut}.csv", rows))
            self.done("load_outcomes", "data_cut")
        document = evaluate(self.registry, FIRST, TRIAL).document
        # With looks the last analysis is the last wave's, and has no verdict without it.
        unfinished = "looks" in self.plan["analysis"] and "second_wave_refused" in self.steps
        self.done("evaluate", "in_field" if unfinished else "analysed")
        wrong = list(wrong_with(document, early=unfinished))
        assert not wrong, wrong
        assert not unfinished or document["verdict"]["code"] in ("not_due", "invalid")
        return str(document["verdict"]["code"])

    def behaviour(self, customers: Rows) -> Rows:
        rows = behaviour(self.chance, customers)
        rows = with_an_effect(self.chance, rows, arms_of(self.registry, TRIAL, rows))
        competing = any("competing" in outcome for outcome in self.plan["outcomes"])
        return with_competing(self.chance, rows) if competing else rows

    def looked_at(self, customers: Rows) -> str:
        """A cut when the first wave is due and the second is not; its look, where it is one, is taken once."""
        file = self.file("outcomes-early.csv", self.behaviour(customers))
        load_outcomes(self.registry, FIRST, TRIAL, file, as_at=BETWEEN_WAVES)
        document = evaluate(self.registry, FIRST, TRIAL).document
        wrong = list(wrong_with(document, early=True))
        assert not wrong, wrong
        code = str(document["verdict"]["code"])
        if code == "not_due":
            again = evaluate(self.registry, FIRST, TRIAL).document
            assert again["verdict"]["code"] == "not_due"
            assert _same_look(document["look"], again["look"])
            self.steps.append("look" if document["look"] else "no_look")
        return code

    def decided(self, code: str) -> None:
        if self.chance.one_in(3):
            return
        choice = self.chance.of("accept", "override")
        terms = {
            "action": "Wait", "reason": "A reason", "conditions": self.chance.of(None, "A condition"),
            "review_on": now().date() + timedelta(days=int(self.chance.rng.integers(1, 400))), "finding": self.read(),
        }  # fmt: skip
        if code == "invalid" and choice == "accept":
            try:
                decide(self.registry, FIRST, TRIAL, choice=choice, **terms)
            except TrialRefused:
                choice = "override"
            else:
                raise AssertionError("an invalid attempt was accepted")
        record = decide(self.registry, FIRST, TRIAL, choice=choice, **terms)
        assert record.verdict_code == code
        self.done("decide", "decided")

    def read(self) -> str | None:
        """The evaluation that pages show, as whoever acts on it has read it."""
        shown = detail(self.registry).evaluation
        return None if shown is None else shown.digest

    def made_void(self) -> None:
        state = self.state()
        request_void(self.registry, FIRST, TRIAL, reason="the wrong file", read=self.read())
        assert self.state() == state
        confirm_void(self.registry, SECOND, TRIAL, read=self.read())
        self.done("void", "void")

    def released(self, code: str) -> None:
        state = self.state()
        if code == "invalid":  # an attempt is no finding: the arms stay concealed
            with pytest.raises(TrialRefused, match="the trial is still running"):
                release(self.registry, FIRST, TRIAL, reason="it is over", read=self.read())
            return
        release(self.registry, FIRST, TRIAL, reason="it is over", read=self.read())
        with self.registry.read(FIRST) as reader:
            assert {shown["seed"] for shown in reader.certificates(TRIAL)} == {f"{self.chance.seed:064x}"}
        self.done("release", state)

    def restored(self) -> None:
        """The backup, restored in a home of its own, holds the same trial and proves it."""
        folder = self.protocol.parent
        backup(self.registry, FIRST, folder / "backup")
        settings = Settings(home=folder / "restored")
        restore(settings, FIRST, folder / "backup")
        registry = open_registry(settings)
        try:
            assert detail(registry) == detail(self.registry)
            self.holds(registry)
        finally:
            registry.close()
        self.steps.append("restore")

    def holds(self, registry: Registry) -> None:
        faults = [fault for proof in verify(registry, FIRST, TRIAL) for fault in proof.faults]
        assert not faults, faults

    def done(self, step: str, state: str) -> None:
        """Note a step, and hold the registry to the state that follows from it."""
        assert self.state() == state, f"{self.state()} after {step}"
        self.steps.append(step)
        if self.chance.one_in(3):
            self.refuses_what_is_not_open()

    def refuses_what_is_not_open(self) -> None:
        """A use case that does not come next is refused, whichever it is, and changes nothing."""
        attempts: dict[UseCase, Any] = {
            "lock": lambda: lock(self.registry, FIRST, TRIAL),
            "randomise": lambda: randomise(self.registry, FIRST, TRIAL, demonstration_seed="ab" * 32),
            "certificate": lambda: certificate(self.registry, FIRST, TRIAL),
            "issue": lambda: issue(self.registry, FIRST, TRIAL, "approach-0", self.protocol.parent / "early"),
            "evaluate": lambda: evaluate(self.registry, FIRST, TRIAL),
            "release": lambda: release(self.registry, FIRST, TRIAL, reason="curious"),
            "decide": lambda: decide(
                self.registry, FIRST, TRIAL, choice="accept", action="a", reason="b",
                review_on=now().date() + timedelta(days=9),
            ),
            "confirm_void": lambda: confirm_void(self.registry, SECOND, TRIAL),
        }  # fmt: skip
        before = self.standing()
        closed = [use_case for use_case in attempts if use_case not in life.open_to(before)]
        if not closed:
            return
        use_case = self.chance.of(*closed)
        try:
            attempts[use_case]()
        except Refused:
            assert self.standing() == before
            self.steps.append("refused_too_early")
        else:
            raise AssertionError(f"{use_case} was not refused as things stood: {before}")

    def standing(self) -> life.Standing:
        with self.registry.inspect(FIRST, "verify", TRIAL) as session:
            return queries.standing_of(session, TRIAL)

    def state(self) -> str:
        return life.state_of(self.standing())

    def file(self, name: str, rows: Rows) -> Path:
        return write_csv(self.protocol.with_name(name), rows)


def allocated_customers(registry: Registry) -> dict[str, int]:
    """Customers allocated to each arm, over all waves."""
    counts: dict[str, int] = {}
    with registry.inspect(FIRST, "verify", TRIAL) as session:
        for allocation in queries.allocations_of(session, TRIAL):
            for arm, customers in allocation.counts.items():
                counts[arm] = counts.get(arm, 0) + customers
    return counts


def detail(registry: Registry) -> TrialDetail:
    with registry.read(FIRST) as reader:
        return reader.trial(TRIAL)


def _same_look(first: dict[str, Any] | None, again: dict[str, Any] | None) -> bool:
    """Whether an evaluation of the same cut takes no look, or the one that was taken, again."""
    if first is None or again is None:
        return first is None and again is None
    return again == {**first, "again": True}
