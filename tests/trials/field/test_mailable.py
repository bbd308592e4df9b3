"""Whether an issue list holds what its channel needs, by the names of the columns that were kept."""

from __future__ import annotations

import pytest

from tests.trials.examples import Files
from trials.field.mailable import _missing, issue_columns


@pytest.mark.parametrize(
    ("channel", "columns", "missing"),
    [("letter", ["name", "address"], None),
     ("letter", ["customer_name", "address_line_1", "postcode"], None),
     ("letter", ["forename", "addr1"], None),
     ("letter", ["name"], "an address, or a reference to them"),
     ("letter", ["filename", "preferred"], "a name and an address, or a reference to them"),
     ("letter", ["ref"], None),
     ("letter", ["mobile"], "a name and an address, or a reference to them"),
     ("sms", ["mobile"], None),
     ("sms", ["Phone_Number"], None),
     ("sms", ["telling", "name"], "a telephone number, or a reference to it"),
     ("call", ["home_tel"], None),
     ("email", ["email"], None),
     ("email", ["address"], "an email address, or a reference to it")],
)  # fmt: skip
def test_what_a_channel_needs(channel: str, columns: list[str], missing: str | None) -> None:
    assert _missing(channel, columns) == missing


def test_arms_that_nobody_approaches_have_no_list(tmp_path) -> None:
    from designs.protocol import load_protocol

    protocol = load_protocol(Files(tmp_path).protocol).protocol
    assert [(listed.arm, listed.columns) for listed in issue_columns(protocol, ["band"])] == [
        ("letter", ("band",)), ("sms", ("band",)),
    ]  # fmt: skip
