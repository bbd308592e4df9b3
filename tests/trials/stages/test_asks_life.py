"""Every stage asks what a trial has been through, in the transaction in which it writes."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import get_args

import trials.stages
from trials.access import UseCase
from trials.life import NEEDS
from trials.stages.enter import WHO


def test_every_stage_that_writes_on_a_trial_asks_life_in_the_same_transaction():
    """A void may have come in between: what was asked before the work was done is asked again as it is written.

    That rows which were turned away leave in a file is noted whatever became of the trial, and changes nothing of it.
    """
    folder = Path(trials.stages.__file__).parent
    for path in sorted(set(folder.glob("*.py")) - {folder / "take_out.py"}):
        for block in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(block, ast.With):
                continue
            for item in block.items:
                call = item.context_expr
                if isinstance(call, ast.Call) and getattr(call.func, "attr", None) == "write" and len(call.args) > 1:
                    body, said = ast.unparse(block), ast.unparse(call.args[1])
                    asks = "require(" in body or "_ready(" in body or "_basis_of(" in body
                    free = {repr(use_case) for use_case in get_args(UseCase)} - {repr(needing) for needing in NEEDS}
                    free |= {"WHO[entry.kind]"} if set(WHO.values()).isdisjoint(NEEDS) else set()
                    assert asks or said in free, f"{path.name}: {said}"
