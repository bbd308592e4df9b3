"""A behavioural technique is one of a list, or says that it is not."""

from __future__ import annotations

import pytest

from designs.protocol import load_protocol
from designs.variants.techniques import TECHNIQUES, listed_technique, open_techniques
from tests.designs.variants.test_sign_offs import plan_of
from tests.places import ROOT


@pytest.mark.requirement("S13")
@pytest.mark.parametrize("name", TECHNIQUES)
def test_a_technique_of_the_list_is_found_however_it_is_written(name):
    for written in (name, name.title(), name.replace(" ", "-"), f" {name.upper()}S ", name.replace(" ", "_")):
        assert listed_technique(written) == name
    assert list(open_techniques(plan_of(("arms[1].technique", name), ("arms[2].technique", name)))) == []


@pytest.mark.requirement("S13")
@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("simplifcation", "did you mean simplification"),
        ("norm", "not in the list of behavioural techniques"),
        ("a wholly new idea", "\u201ca wholly new idea\u201d is not in the list of behavioural techniques"),
    ],
)
def test_another_warns_with_the_nearest(written, says):
    (found,) = open_techniques(plan_of(("arms[1].technique", written), ("arms[2].technique", "reminder")))
    assert (found.code, found.severity, found.where) == ("technique_unlisted", "warns", "arms[1].technique")
    assert says in found.problem


def test_an_approach_without_one_warns_and_no_contact_needs_none():
    found = list(open_techniques(plan_of(("arms[1].technique", "reminder"))))
    assert [(item.code, item.severity, item.where) for item in found] == [
        ("technique_missing", "warns", "arms[2].technique")
    ]


def test_the_templates_name_techniques_of_the_list():
    for path in sorted((ROOT / "designs/library").glob("*.yaml")):
        protocol = load_protocol(path).protocol
        unlisted = [found for found in open_techniques(protocol) if found.code == "technique_unlisted"]
        assert unlisted == [], path.name


def test_the_page_names_the_whole_list():
    page = " ".join((ROOT / "docs/design.md").read_text(encoding="utf-8").split())
    assert ", ".join(TECHNIQUES) in page
