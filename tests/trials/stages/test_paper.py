"""The paper of a design: fourteen points from the record, and plain words where the record has nothing."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from pathlib import Path

import docx
import pypdf
import pytest

from designs.drafting import empty_draft
from designs.entries import parse_entry
from tests.trials.approved import DRAWN_ON, TODAY, approve, loaded
from tests.trials.examples import FIRST, Files, locked
from tests.trials.stages.test_amend import SHARES, WHY, in_force
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.registry.tables.columns import now
from trials.reporting.proposal import POINTS, proposal_paper
from trials.stages.allocate import randomise
from trials.stages.design import begin_design
from trials.stages.enter import enter
from trials.stages.lock import lock
from trials.stages.paper import write_paper, write_registration

TRIAL = "sa-debts-2026"
SAID = {
    1: ("individuals with an overdue Self Assessment debt", "Day 23 after they are contacted"),
    2: ("Respond: it answers something that has gone wrong already",),
    3: ("400 customers were loaded", "Customers who need extra support", "to 400,000 customers"),
    4: ("£25,000 (£18,000 to £35,000)", "£0.85 (£0.70 to £1.00)", "1,100 contacts that can be taken in a day"),
    5: ("A trial, and no established approach", "There are forty debts for every hour of a clerk"),
    6: ("A simpler letter helps customers who forgot",),
    7: ("No further action, 33.3% of all customers", "Statutory notices, penalties and ordinary pursuit go on"),
    8: ("Letter with a social norm", "Deterrence", "separately by size of the debt, phone number and reason"),
    9: ("Welsh", "Signed, 25 September 2024", "0300 000 0014"),
    10: ("The sponsor (invented)", "E&C Strategy Unit", "COPGU", "Agreed, 23 July 2024"),
    11: ("Are press and colleagues briefed", "Answer: Agreed, 27 July 2024"),
    12: ("compared with no further action", "Answer: Agreed, 13 July 2024"),
    13: ("Paid by day 23: more is better", "8,665", "Holm", "KAI signed the sample on 26 September 2024"),
    14: ("Gateway 1 decided: approved", "Plan locked", "29 January 2025", "12 January 2026"),
}


def text_of(path: Path) -> str:
    """All that a PDF says, its spaces as one."""
    if path.suffix == ".docx":
        document = docx.Document(io.BytesIO(path.read_bytes()))
        body = [element.itertext() for element in document.element.body.iterchildren()]
        return " ".join(" ".join("".join(texts) for texts in [" ".join(part) for part in body]).split())
    pages = pypdf.PdfReader(path).pages
    return " ".join(" ".join(page.extract_text() for page in pages).replace("\u200b", "").split())


def point(text: str, number: int) -> str:
    """What stands under a point, up to the next."""
    titles = [f"{place}. {name}" for place, (name, _) in enumerate(POINTS, 1)] + ["Annex A."]
    start = text.index(titles[number - 1])
    return text[start : text.index(titles[number], start)]


def plain(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()


@pytest.fixture
def trial(either: Registry, tmp_path: Path) -> str:
    return loaded(either, tmp_path)


@pytest.mark.parametrize("ending", ["pdf", "docx"])
def test_each_of_the_fourteen_points_is_filled_for_a_trial_through_its_gates(
    either: Registry, trial: str, tmp_path: Path, ending: str
):
    approve(either, trial)
    text = text_of(write_paper(either, FIRST, trial, tmp_path / f"paper.{ending}", TODAY, TODAY))
    assert len(POINTS) == 14
    for number, said in SAID.items():
        under = plain(point(text, number))
        assert [words for words in said if plain(words) not in under] == []
    assert "Not on record" not in text
    assert "passed every gate of its route" in text
    if ending == "pdf":
        assert text.startswith("Synthetic data: these customers are invented.")


def test_a_point_that_the_record_does_not_fill_says_so_and_names_who_fills_it(
    either: Registry, trial: str, tmp_path: Path
):
    text = text_of(write_paper(either, FIRST, trial, tmp_path / "paper.pdf", TODAY, TODAY))
    assert "Points 10, 11, 12 and 13 are not filled in full" in text
    assert "CDIO Communications was not asked. To be filled by the designer" in point(text, 11)
    assert "To be filled by KAI" in point(text, 13)
    assert "Earliest launch:" in point(text, 14)
    assert "TAA has not signed the English text of Simple letter (and 7 more of this kind)" in text


def test_an_empty_design_has_its_fourteen_points_and_nothing_in_them(either: Registry, tmp_path: Path):
    begin_design(either, FIRST, "nothing-yet", empty_draft("nothing-yet"), {}, origin={"kind": "empty"})
    with either.read(FIRST) as reader:
        paper = proposal_paper(reader.dossier("nothing-yet", TODAY))
    assert [section.title for section in paper.sections[:14] if not section.missing] == []
    text = text_of(write_paper(either, FIRST, "nothing-yet", tmp_path / "paper.pdf", TODAY, TODAY))
    assert all("Not on record" in point(text, number) for number in range(1, 15))


def test_a_lock_outside_the_route_is_told_with_its_reason(either: Registry, trial: str, tmp_path: Path):
    lock(either, FIRST, trial, without_governance="the deputy asked for #speed [now]")
    today = now().date()
    text = text_of(write_paper(either, FIRST, trial, tmp_path / "paper.pdf", today, today))
    assert "Locked outside the route of approval: the deputy asked for #speed [now]" in text
    assert "This was open when it was locked:" in text
    assert "TAA has not signed" in text


def test_after_the_draw_the_launch_has_happened(either: Registry, trial: str, tmp_path: Path):
    approve(either, trial)
    randomise(either, FIRST, trial)
    text = text_of(write_paper(either, FIRST, trial, tmp_path / "paper.pdf", TODAY, TODAY))
    assert f"after a launch on 6 January {DRAWN_ON.year} (happened)" in point(text, 14)


def test_a_plan_that_was_amended_says_so_first_and_no_paper_is_dated_before_it(
    registry: Registry, files: Files, tmp_path: Path
):
    locked(registry, files)
    in_force(registry, files, SHARES)
    today = now().date()
    text = text_of(write_paper(registry, FIRST, files.trial, tmp_path / "paper.pdf", today, today))
    assert f"Amended after the lock, by {FIRST.name}" in text
    assert WHY in text
    entry = text_of(write_registration(registry, FIRST, files.trial, "spirit", tmp_path / "x.pdf", today, today))
    assert f"Amendment 1 ({WHY}), proposed by {FIRST.name}" in entry
    with pytest.raises(TrialRefused, match="of which the paper tells"):
        write_paper(registry, FIRST, files.trial, tmp_path / "y.pdf", today - timedelta(days=1), today)


def test_a_design_that_was_set_aside_says_so_first(either: Registry, tmp_path: Path):
    begin_design(either, FIRST, "ended", empty_draft("ended"), {}, origin={"kind": "empty"})
    ended = {
        "kind": "set_aside", "on": "2026-02-02", "instead": "no_further_action", "what": "nothing",
        "reason": "the debt is too small",
    }  # fmt: skip
    enter(either, FIRST, "ended", parse_entry(ended), invented=True)
    text = text_of(write_paper(either, FIRST, "ended", tmp_path / "paper.pdf", TODAY, TODAY))
    assert "Set aside on 2 February 2026: the debt is too small" in text


def test_the_same_record_and_day_give_the_same_file(either: Registry, trial: str, tmp_path: Path):
    for ending in ("pdf", "docx"):
        first = write_paper(either, FIRST, trial, tmp_path / f"one.{ending}", TODAY, TODAY).read_bytes()
        assert write_paper(either, FIRST, trial, tmp_path / f"two.{ending}", TODAY, TODAY).read_bytes() == first


@pytest.mark.parametrize(
    ("day", "problem"),
    [
        (date(2026, 12, 1), "is not here yet"),
        (date(2024, 7, 1), "is before 2025-01-06"),
        (date(1, 1, 1), "is no day of a trial"),
    ],
)
def test_a_paper_bears_no_day_on_which_it_would_be_false(
    either: Registry, trial: str, tmp_path: Path, day: date, problem: str
):
    approve(either, trial)
    with pytest.raises(TrialRefused, match=problem):
        write_paper(either, FIRST, trial, tmp_path / "paper.pdf", day, TODAY)
    assert not (tmp_path / "paper.pdf").exists()


def test_what_cannot_be_written_is_refused(either: Registry, trial: str, tmp_path: Path):
    with pytest.raises(TrialRefused, match="none that this can be"):
        write_paper(either, FIRST, trial, tmp_path / "paper.odt", TODAY, TODAY)
    with pytest.raises(TrialRefused, match="cannot be written"):
        write_paper(either, FIRST, trial, tmp_path / "nowhere" / "paper.pdf", TODAY, TODAY)
    with pytest.raises(TrialRefused):
        write_paper(either, FIRST, "no-such-trial", tmp_path / "paper.pdf", TODAY, TODAY)
