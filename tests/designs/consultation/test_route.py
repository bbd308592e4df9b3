"""The routing table, and approvals by a directorate's own route."""

from __future__ import annotations

from pathlib import Path

import pytest

from designs.consultation.route import refuse_own_route, route_missing, route_of
from designs.library import templates
from designs.protocol import load_protocol
from tests.designs.consultation.records import TODAY, day, own_approval, plan_of, recorded, refused


@pytest.mark.requirement("K09")
@pytest.mark.parametrize(
    ("directorate", "kind"),
    [
        ("RIS", "steering_group"),
        ("R.I.S. Campaigns", "steering_group"),
        ("the R I S team", "steering_group"),
        ("the I.S.B.C. directorate", "steering_group"),
        ("W.M.B.C. (north)", "steering_group"),
        ("RIS2", "steering_group"),
        ("RlS", "steering_group"),
        ("R1S", "steering_group"),
        ("R|S", "steering_group"),
        ("R.1.S.", "steering_group"),
        ("lSBC", "steering_group"),
        ("I5BC", "steering_group"),
        ("WM8C north", "steering_group"),
        ("\u0399\u13da\u0392C", "steering_group"),
        ("ISB\ua4da", "steering_group"),
        ("RI\ua4e2", "steering_group"),
        ("\u13a1IS", "steering_group"),
        ("R\u026aS", "steering_group"),
        ("\u0280IS", "steering_group"),
        ("R\u0332IS", "steering_group"),
        ("R\u3164IS", "steering_group"),
        ("R\u115fIS", "steering_group"),
        ("Cyllid a Th\u0177 Treth", "own"),
        ("Debt Management 2", "own"),
        ("Debts | letters", "own"),
        ("R\u04c0S", "steering_group"),
        ("Risk and Intelligence Services", "steering_group"),
        ("Individuals and Small Businesses Compliance", "steering_group"),
        ("Wealthy and Midsized Business Compliance", "steering_group"),
        ("-", "own"),
        ("Risk of loss, and debts", "own"),
        ("Businesses, small and large", "own"),
        ("ISBC", "steering_group"),
        ("WMBC", "steering_group"),
        (" ris ", "steering_group"),
        ("Ris", "steering_group"),
        ("R.I.S.", "steering_group"),
        ("R I S", "steering_group"),
        ("ＲＩＳ", "steering_group"),
        ("R\u200bIS", "steering_group"),
        ("R\u0406\u0405", "steering_group"),
        ("ISBC / Debt Management", "steering_group"),
        ("Large Business with WMBC", "steering_group"),
        ("Risk & Intelligence Service", "steering_group"),
        ("risk and  intelligence service", "steering_group"),
        ("Risk and Intelligence Service (RIS)", "steering_group"),
        ("Individuals and Small Business Compliance", "steering_group"),
        ("Wealthy and Mid-sized Business Compliance", "steering_group"),
        ("Wealthy and mid size business compliance", "steering_group"),
        ("Debt Management", "own"),
        ("DM", "own"),
        ("Customer Services", "own"),
        ("Large Business", "own"),
        ("Crisis team", "own"),
        ("ISB", "own"),
        ("none", "own"),
        (None, "outside"),
        ("", "outside"),
        ("  ", "outside"),
        ("\u200b", "outside"),
    ],
)
def test_the_directorate_decides_the_route(directorate: str | None, kind: str) -> None:
    route = route_of(plan_of(directorate))
    assert route.kind == kind
    assert route.gateways == ((1, 2) if kind == "steering_group" else ())
    assert route.directorate == (None if kind == "outside" else directorate)


def test_an_empty_draft_has_no_route() -> None:
    assert route_of(None).kind == "outside"


def test_templates_go_to_the_steering_group(tmp_path: Path) -> None:
    steered = 0
    for template in templates():
        plan = load_protocol(template.path).protocol
        steered += route_of(plan).kind == "steering_group"
        assert (route_of(plan).kind == "outside") == (plan.directorate is None)
    assert steered >= 4


def test_what_the_route_lacks() -> None:
    assert [lack.code for lack in route_missing((), plan_of(None))] == ["no_directorate"]
    assert route_missing((), plan_of("RIS")) == ()  # gateways are looked at on their own
    (lack,) = route_missing((), plan_of("Debt Management"))
    assert (lack.code, lack.severity, lack.clears) == ("own_route_not_approved", "blocks", "manager")
    assert "Debt Management" in lack.problem
    assert route_missing(recorded(own_approval(day(2, 3))), plan_of("Debt Management")) == ()


def test_an_own_route_is_for_those_who_have_one() -> None:
    approval = own_approval(day(2, 3))
    refuse_own_route(approval, (), plan_of("Debt Management"), TODAY)
    refused(lambda: refuse_own_route(approval, (), plan_of("ISBC"), TODAY), "RIS, ISBC, WMBC", "both gateways")
    refused(lambda: refuse_own_route(approval, (), plan_of(None), TODAY), "names no directorate")
    later = recorded(own_approval(day(2, 4)))
    refuse_own_route(own_approval(day(2, 4)), later, plan_of("Debt Management"), TODAY)
    refused(lambda: refuse_own_route(approval, later, plan_of("Debt Management"), TODAY), "4 February 2026")
    refused(lambda: refuse_own_route(own_approval(day(3, 3)), (), plan_of("Debt Management"), TODAY), "yet to come")
