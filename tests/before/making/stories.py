"""The lives that the registry's trials led: one of every kind, in every state."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from tests.before.making.analyses import seed_named
from tests.before.making.places import REACHES, Reach, Row, actor, write_csv

if TYPE_CHECKING:
    from trials.registry import Registry


@dataclass(frozen=True)
class Story:
    """One trial of the registry, its protocol in `registry/protocols/`.

    Args:
        trial: Its id.
        reach: How far it goes before :func:`conclude`.
        customers: In its first load.
        first: The number of its first customer; trials with the same numbers share customers.
        synthetic: Whether its customers are declared to be invented, and its seed declared.
        effects: By arm and reason (or `all`), what the arm adds to the chance of paying by day 23.
        contacts: Which id the returned contacts carry, where they return.
        gaps: Share of customers whose primary outcome is missing.
        lost: Share of one arm's outcomes that is cut off.
    """

    trial: str
    reach: Reach
    customers: int = 60
    first: int = 0
    synthetic: bool = True
    effects: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    contacts: Literal["none", "own", "export"] = "none"
    gaps: float = 0.0
    lost: float = 0.0


STORIES = (
    Story("registered-only", "registered"),
    Story("registered-elsewhere", "registered"),
    Story("locked-only", "locked", 90, 1_000, synthetic=False),
    Story("draw-interrupted", "frozen", 40, 2_000),
    Story("in-the-field", "issued", 80, 3_000, synthetic=False),
    Story("allocated-only", "allocated", 140, 3_040, synthetic=False),
    Story("outcomes-loaded", "returned", 80, 4_000, synthetic=False, contacts="own"),
    Story(
        "segment-letters", "evaluated", 760, 10_000, synthetic=False, contacts="export", gaps=0.05,
        effects={"letter": {"forgot": 0.65, "cannot": -0.3, "confused": -0.3}, "sms": {"all": 0.02}},
    ),
    Story(
        "household-letters", "evaluated", 240, 20_000, synthetic=False, contacts="own", gaps=0.03,
        effects={"letter": {"all": 0.15}, "sms": {"forgot": 0.4}},
    ),
    Story("scaled-sms", "evaluated", 160, 30_000, effects={"sms": {"all": 0.55}}),
    Story("harmful-call", "evaluated", 120, 31_000),
    Story("lost-tail", "evaluated", 160, 32_000, synthetic=False, lost=0.25),
    Story("two-waves", "evaluated", 120, 33_000, effects={"sms": {"all": 0.3}}),
    Story("matched-pairs", "evaluated", 24, 34_000, effects={"letter": {"all": 0.3}}),
    Story("rerandomised", "evaluated", 60, 35_000),
    Story("two-stage", "evaluated", 90, 36_000),
    Story("factorial-letters", "evaluated", 100, 37_000, effects={"soft-hmrc": {"all": 0.65}}),
    Story("simple-bau", "evaluated", 60, 38_000),
    Story("closed-arm", "evaluated", 180, 39_000, gaps=0.04),
    Story("days-only", "returned", 80, 40_000, effects={"letter": {"all": 0.4}}),  # this commit cannot evaluate it
    Story("later-cut", "evaluated", 80, 41_000, synthetic=False),
    Story("voided-draw", "allocated", 40, 42_000, synthetic=False),
)  # fmt: skip


def people_of(count: int, first: int, arms: int = 2) -> list[Row]:
    """Invented customers in households of three and in tuples of one for each arm; a number is always the same one."""
    found = []
    for number in range(first, first + count):
        rng = np.random.default_rng(number)
        household = number // 3
        found.append({
            "customer_id": f"FX{number:06d}", "household": f"FXH{household}",
            "pair": f"P{(number - first) // arms}", "side": ("left", "right")[household % 2],
            "band": ("low", "high")[int(rng.integers(2))], "phone": "none" if rng.random() < 0.15 else "present",
            "debt": round(25 + float(rng.gamma(2.0, 90.0)), 2), "score": round(float(rng.normal(50, 12)), 1),
            "reason": ("forgot", "confused", "cannot")[int(rng.integers(3))],
            "age_days": int(rng.integers(30, 700)), "prior": int(min(rng.poisson(0.8), 2)),
            "trust": int(rng.random() < 0.05), "hnw": int(rng.random() < 0.03),
            "work_item": "debt_only" if rng.random() < 0.98 else "debt_and_return",
            "batch": ("first", "second")[number % 2],
        })  # fmt: skip
    return found


def lived_by(rows: Sequence[Row], arms: Sequence[str], story: Story, cut: int = 1) -> list[Row]:
    """What each of them did in the arm dealt to them; a later cut finds other people's outcomes missing."""
    found = []
    for row, arm in zip(rows, arms, strict=True):
        rng = np.random.default_rng([int(row["customer_id"][2:]), 7])
        moved = story.effects.get(arm, {})
        early = rng.random() < 0.3 + moved.get(row["reason"], moved.get("all", 0.0))
        days = int(rng.integers(1, 24) if early else rng.integers(24, 140))
        part = 0.3 if rng.random() < 0.12 else 0.0
        values: Row = {
            "paid_23": int(early), "still_owing": int(not early),
            "collected_12m": round(row["debt"] * (1.0 if days <= 100 else part), 2),
            "inbound_minutes": round(float(rng.exponential(8)), 1) if rng.random() < 0.1 else 0.0,
            "calls": int(rng.poisson(1.5)), "complaint": int(rng.random() < (0.55 if arm == "call" else 0.08)),
        }  # fmt: skip
        missing = np.random.default_rng([int(row["customer_id"][2:]), cut]).random(len(values)) < story.gaps
        seen = {name: "" if gone else value for (name, value), gone in zip(values.items(), missing, strict=True)}
        timed = {"days_to_pay": min(days, 100), "paid": int(days <= 100)}
        found.append({"customer_id": row["customer_id"], **seen, **timed})
    of_last = [place for place, arm in enumerate(arms) if arm == max(arms)]
    tail = set(of_last[len(of_last) - round(story.lost * len(of_last)) :])
    return [row for place, row in enumerate(found) if place not in tail]


class Life:
    """One trial on its way through the stages."""

    def __init__(self, registry: Registry, story: Story, protocols: Path, scratch: Path) -> None:
        from designs.protocol import load_protocol

        self.registry, self.story, self.folder = registry, story, scratch / story.trial
        shutil.copytree(protocols, self.folder)
        self.path = self.folder / f"{story.trial}.yaml"
        self.protocol = load_protocol(self.path).protocol
        self.rows = people_of(story.customers, story.first, len(self.protocol.arms))

    def go(self) -> None:
        """As far as its story reaches."""
        for reach in REACHES[: REACHES.index(self.story.reach) + 1]:
            getattr(self, f"_{reach}")()

    def _registered(self) -> None:
        from trials.stages.register import register

        register(self.registry, actor("designer"), self.path)

    def _locked(self) -> None:
        from trials.stages.lock import lock

        self.load(self.rows)
        lock(self.registry, actor("designer"), self.story.trial)

    def load(self, rows: Sequence[Row]) -> None:
        """A load of the population; the locked one has rows that cannot be taken."""
        from trials.stages.population import load_population

        spoilt = [{**rows[0], "customer_id": ""}, {**rows[1], "customer_id": "FX999998", "debt": "unknown"}]
        more = spoilt if self.story.trial == "locked-only" else []
        file = write_csv(self.folder / f"population-{len(rows)}.csv", [*rows, *more])
        load_population(self.registry, actor("designer"), file, self.path, synthetic=self.story.synthetic)

    def _frozen(self) -> None:
        if self.story.reach == "frozen":  # what a crash between the seed and the deal leaves behind
            from trials.stages import allocate

            allocate._frozen(self.registry, actor("randomiser"), self.story.trial, seed_named(self.story.trial))

    def _allocated(self) -> None:
        from trials.stages.allocate import randomise

        seed = seed_named(self.story.trial) if self.story.synthetic else None
        randomise(self.registry, actor("randomiser"), self.story.trial, demonstration_seed=seed)
        if self.protocol.randomisation.waves:
            half = self.story.customers // 2  # half of the next load was dealt already
            later = people_of(self.story.customers, self.story.first + half, len(self.protocol.arms))
            self.load(later)
            randomise(self.registry, actor("randomiser"), self.story.trial)
            self.rows = [*self.rows, *later[self.story.customers - half :]]

    def _issued(self) -> None:
        from trials.stages.issue import issue

        self.lists = {}
        for arm in self.protocol.arms:
            if arm.channel and (self.story.contacts == "export" or self.story.reach == "issued"):
                issued = issue(self.registry, actor("randomiser"), self.story.trial, arm.id, self.folder / "lists")
                with issued.path.open(newline="", encoding="utf-8") as file:
                    self.lists[arm.id] = [row["export_id"] for row in csv.DictReader(file)]

    def arms(self) -> dict[str, str]:
        """The arm of each customer dealt, by the customer's own id."""
        import pyarrow as pa
        import pyarrow.parquet as pq
        from trials.registry.ledger_key import SYNTHETIC_KEY

        from data.identifiers import ledger_ids
        from trials.registry import queries

        with self.registry.inspect(actor("administrator"), "verify", self.story.trial) as session:
            allocations = queries.allocations_of(session, self.story.trial)
        tables = [pq.read_table(self.registry.snapshots.opened(one.snapshot_digest).path) for one in allocations]
        dealt = {row["ledger_id"]: row["arm"] for table in tables for row in table.to_pylist()}
        ids = [row["customer_id"] for row in self.rows]
        key = SYNTHETIC_KEY if self.story.synthetic else self.registry.key()
        pairs = zip(ids, ledger_ids(key, pa.array(ids)).to_pylist(), strict=True)
        return {own: dealt[ledger] for own, ledger in pairs if ledger in dealt}

    def _returned(self) -> None:
        from trials.stages.contacts import load_contacts

        if self.story.contacts != "none":
            by_arm = {a: [own for own, arm in self.arms().items() if arm == a] for a in self.protocol.labels}
            sent = self.lists if self.story.contacts == "export" else by_arm
            column = "export_id" if self.story.contacts == "export" else "customer_id"
            rng = np.random.default_rng(self.story.first)
            rows = [
                {column: one, "channel": self.protocol.arm(arm).channel, "sent_on": "2026-02-09",
                 "delivered": int(rng.random() < 0.97), "verified_contact": int(rng.random() < 0.9)}
                for arm, ids in sent.items() if self.protocol.arm(arm).channel for one in ids
            ]  # fmt: skip
            if self.protocol.analysis.dispatch_tolerance:
                rows[0]["channel"] = "email"  # one customer was sent what no arm sends
            rows += [{**rows[1], column: "FX999999"}, {**rows[2], "sent_on": "the ninth"}]
            file = write_csv(self.folder / "contacts.csv", rows)
            load_contacts(self.registry, actor("randomiser"), self.story.trial, file)
        self.return_outcomes()

    def return_outcomes(self, cut: int = 1) -> None:
        """One cut of the outcomes, with a row of somebody whom the trial does not know."""
        from trials.stages.outcomes import load_outcomes

        arms = self.arms()
        rows = [row for row in self.rows if row["customer_id"] in arms]
        lived = lived_by(rows, [arms[row["customer_id"]] for row in rows], self.story, cut)
        stranger = {**lived[-1], "customer_id": "FX999999"}
        file = write_csv(self.folder / f"outcomes-{cut}.csv", [*lived[cut - 1 :], stranger])
        load_outcomes(self.registry, actor("analyst"), self.story.trial, file)

    def _evaluated(self) -> None:
        from trials.stages.evaluate import evaluate

        evaluate(self.registry, actor("analyst"), self.story.trial)


DRAFTS = (  # who typed, about which trial, what; the second person and the last trial are in no row of the registry
    ("manager-1:manager", "segment-letters", "Accept", "Send the letter to those who forgot", "Costs were agreed"),
    ("manager-3:manager", "segment-letters", "Override", "Wait for the next cut", "A second opinion – “not yet”"),
    ("manager-1:manager", "household-letters", "Override", "", ""),
    ("manager-1:manager", "scaled-sms", "Accept", "Look again in spring", "After two decisions"),
    ("manager-1:manager", "no-such-trial", "Accept", "Nothing", "Its trial is not there"),
)


def conclude(registry: Registry, lives: Mapping[str, Life]) -> None:
    """What happens once: drafts, decisions, a release, voids, a denial, a second version, later cuts."""
    from dashboards.drafts import write_draft

    from trials.errors import AccessRefused
    from trials.stages.decide import decide
    from trials.stages.release import release
    from trials.stages.void import confirm_void, request_void

    draft = lives["registered-only"]
    draft.path.write_text(draft.path.read_text("utf-8").replace("still being written", "written twice"), "utf-8")
    draft._registered()
    for cut in (2, 3):
        lives["later-cut"].return_outcomes(cut)
        if cut == 2:
            lives["later-cut"]._evaluated()
    manager, review = actor("manager"), date(2027, 6, 30)
    decide(registry, manager, "scaled-sms", choice="accept", action="Scale the SMS", reason="It pays for itself",
           conditions="Only while a text costs 5p", review_on=review)  # fmt: skip
    decide(registry, actor("manager", 2), "scaled-sms", choice="override", action="Pause the SMS",
           reason="The supplier has changed", review_on=review)  # fmt: skip
    decide(registry, manager, "harmful-call", choice="accept", action="Make no calls", reason="They lose money",
           review_on=review)  # fmt: skip
    release(registry, actor("randomiser"), "scaled-sms", reason="the evaluation is stored")
    request_void(registry, actor("randomiser"), "voided-draw", reason="the wrong file was loaded")
    confirm_void(registry, actor("administrator"), "voided-draw")
    request_void(registry, manager, "in-the-field", reason="a supplier may have sent the wrong text")
    with suppress(AccessRefused):  # the denial is what the audit chain is to hold
        decide(registry, actor("designer"), "scaled-sms", choice="accept", action="x", reason="x", review_on=review)
    for person, trial, choice, action, reason in DRAFTS:
        typed = {"choice": choice, "action": action, "reason": reason, "conditions": "", "review_on": "2027-05-31"}
        write_draft(registry.home / "drafts", person, trial, typed)
