"""A design's answers in words: labels for columns, words for codes, and nothing left out."""

from __future__ import annotations

import re
from datetime import date

from designs.drafting import draft_of_file, empty_draft
from designs.library import templates
from tests.trials.examples import FIRST
from trials.registry import Registry
from trials.reporting.designing.answers import NOT_ANSWERED, answers_of
from trials.reporting.designing.tasks import TASKS
from trials.stages.design import begin_design


def test_every_template_is_told_without_a_code_word(registry: Registry) -> None:

    for template in templates():
        draft, contents = draft_of_file(template.path)
        design = str(draft.document["id"])
        begin_design(registry, FIRST, design, draft, contents, origin={"kind": "template"})
        with registry.read(FIRST, design) as reader:
            answers = answers_of(reader.design_detail(design, date(2026, 11, 30)))
        assert [each.kind for each in answers] == [kind for kind in TASKS if kind.keys]
        for each in answers:
            for label, words in each.rows:
                assert not re.search(r"[a-z]_[a-z]", label), label
                if len(words) < 80:  # not a text that customers get
                    assert not re.fullmatch(r"[a-z]+(_[a-z]+)+", words), (label, words)


def test_a_step_without_answers_says_so(registry: Registry) -> None:

    begin_design(registry, FIRST, "empty", empty_draft("empty"), {}, origin={"kind": "empty"})
    with registry.read(FIRST, "empty") as reader:
        answers = answers_of(reader.design_detail("empty", date(2026, 11, 30)))
    assert all(each.rows[0][1] == NOT_ANSWERED for each in answers)
