"""Arms, outcomes and variants as people say them, in the outcome's own unit."""

from typing import get_args

import pytest

from analysis.results import Variant, VariantKind
from analysis.wording.naming import approach, behaviour, change_in_behaviour, outcome_label, variant_words
from designs.literals import Unit
from designs.protocol.models import Arm, Outcome


def outcome(name="collected", kind="amount", **more):
    return Outcome(id=name, role="secondary", kind=kind, **more)


@pytest.mark.parametrize("unit", [unit for unit in get_args(Unit) if unit != "pounds"])
@pytest.mark.parametrize("kind", get_args(VariantKind))
def test_no_row_speaks_of_paying_or_pounds_where_the_amount_is_neither(kind, unit):
    words = variant_words(Variant(kind, unit, cap=45.0, quantile=0.5, draws=10, exact=False))
    assert "paid" not in words
    assert "£" not in words


def test_an_outcome_is_called_by_its_label_else_by_its_id():
    minutes = outcome("inbound_minutes", label="Time on hold", unit="minutes")
    assert (outcome_label(minutes), behaviour(minutes)) == ("Time on hold", "time on hold")
    assert change_in_behaviour(minutes, -0.045) == "45 minutes less time on hold"
    assert behaviour(outcome("vat", label="VAT return filed", kind="binary")) == "VAT return filed"
    assert (outcome_label(outcome("filed_30", kind="binary", day=30)), outcome_label(outcome("state_90"))) == (
        "Filed by day 30", "State 90",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("label", "channel", "said"),
    [
        ("HMRC's letter", "letter", "the HMRC's letter"),
        ("P800 letter", "letter", "the P800 letter"),
        ("Outbound call", "call", "the outbound call"),
        ("iXBRL", "email", "the e-mail “iXBRL”"),
    ],
)
def test_an_approach_keeps_the_capitals_of_names(label, channel, said):
    assert approach(Arm(id="x", kind="otm", label=label, channel=channel)) == said
