"""What is strange about a file is said wherever it is read: `otm analyse` tells it as a load does."""

from __future__ import annotations

import json
from pathlib import Path

PROTOCOL = """
schema: 1
id: reminder
title: A reminder letter
hypothesis: A reminder raises payment.
population: {unit: customer_id}
arms:
  - {id: none, kind: nfa}
  - {id: letter, kind: otm, channel: letter}
randomisation: {method: external, arm_column: arm}
outcomes:
  - {id: paid, role: primary, kind: binary, direction: increase}
analysis: {}
"""


def test_analyse_says_what_a_load_would_say(otm, tmp_path: Path):
    (tmp_path / "p.yaml").write_text(PROTOCOL, encoding="utf-8")
    rows = [f"A{i:03d},{'letter' if i % 2 else 'none'},{int(i % 3 == 0)}" for i in range(60)]
    rows += ["a001,letter,1", "Grand Total,none,1", "=1+1,none,0"]
    (tmp_path / "d.csv").write_text("\n".join(["customer_id,arm,paid", *rows]) + "\n", encoding="utf-8")
    done = otm("analyse", tmp_path / "p.yaml", tmp_path / "d.csv", "--json", "-")
    assert done.code == 0
    assert json.loads(done.out)["flow"]["rejected"] == 2
    assert "Note: customer_id: 1 group of ids differs only by capitals" in done.err
    assert "Note: 1 row was turned away, the first is row 62: customer_id: the id is a line of a report" in done.err
    assert "Note: 1 row was turned away, the first is row 63: customer_id: the id is a formula" in done.err
