"""Saturation trials from end to end: drawn here, with what the draw knew of each customer, and from one file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from analysis.errors import AnalysisRefused
from data.identifiers import ledger_ids
from designs.protocol import ProtocolRefused
from tests.golden.external import analysed, arm, outcome, protocol
from tests.trials.examples import FIRST, SEED, Files, customers, load_outcomes, locked, write_csv
from tests.trials.stages.test_allocate import PLAIN, snapshot
from trials.errors import TrialRefused
from trials.registry.identities.ledger_key import SYNTHETIC_KEY
from trials.stages.allocate import randomise
from trials.stages.evaluate import evaluate

LEVELS = "[{id: none, treated: 0, share: 1}, {id: half, treated: 0.5, share: 1}, {id: all, treated: 1, share: 1}]"
SATURATED = f"randomisation: {{method: saturation, cluster: office, saturations: {LEVELS}}}"
SMS = "  - {id: sms, kind: otm, label: SMS reminder, share: 1, channel: sms, cost_per_customer: 0.05}\n"


def test_what_the_draw_knew_of_clusters_decides_who_is_compared(registry, files: Files):
    files.edit_protocol(lambda text: text.replace(PLAIN, SATURATED).replace(SMS, ""))
    files.edit_protocol(
        lambda text: text.replace("covariates: [age], adjustment: lin, standard_errors: HC2", "standard_errors: CR2")
    )
    people = [row | {"office": f"office {number // 10}"} for number, row in enumerate(customers(600))]
    write_csv(files.population, people)
    locked(registry, files)
    randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    drawn = {row["ledger_id"]: row for row in snapshot(registry, wave=1).to_pylist()}
    known = ledger_ids(SYNTHETIC_KEY, pa.array([row["customer_id"] for row in people])).to_pylist()
    rng = np.random.default_rng(1)
    results = []
    for row, ledger_id in zip(people, known, strict=True):
        if (own := drawn.get(ledger_id)) is not None:
            paid = int(rng.random() < 0.3 + 0.2 * (own["arm"] == "letter") + 0.1 * own["saturation"])
            results.append({"customer_id": row["customer_id"], "paid": paid, "collected": paid * 50})
            own["paid"] = paid
    load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, results))
    document = evaluate(registry, FIRST, files.trial).document
    rows = {
        (row["estimand"], (row["saturation"] or {}).get("id")): row["estimate"]
        for row in document["estimates"] if row["outcome"] == "paid" and row["subgroup"] is None
    }  # fmt: skip

    def mean(saturation: int, *arms: str) -> float:
        return float(
            np.mean([row["paid"] for row in drawn.values() if row["saturation"] == saturation and row["arm"] in arms])
        )

    assert rows == {
        ("total", "all"): pytest.approx(mean(2, "letter") - mean(0, "nfa"), abs=1e-12),
        ("total", "half"): pytest.approx(mean(1, "nfa", "letter") - mean(0, "nfa"), abs=1e-12),
        ("spillover", "half"): pytest.approx(mean(1, "nfa") - mean(0, "nfa"), abs=1e-12),
        ("direct", "half"): pytest.approx(mean(1, "letter") - mean(1, "nfa"), abs=1e-12),
    }
    whole = next(check for check in document["checks"] if check["kind"] == "clusters_whole")
    assert whole["passed"]
    assert document["verdict"]["barred_by"] is None


ARMS = [arm("nfa", "Control", "nfa"), arm("letter", "Letter", channel="letter")]
SHARES = [
    {"id": "none", "treated": 0, "share": 1, "value": 0},
    {"id": "half", "treated": 0.5, "share": 1, "value": 50},
    {"id": "all", "treated": 1, "share": 1, "value": 100},
]  # fmt: skip


def file_of(seed: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    share = np.repeat(np.resize([0, 50, 100], 60), 10)
    letter = np.array([position % 10 < 5 if s == 50 else s == 100 for position, s in enumerate(share)])
    return pd.DataFrame(
        {
            "customer_id": [f"{i:05d}" for i in range(600)],
            "office": [f"office {i // 10}" for i in range(600)],
            "saturation": share,
            "group": np.where(letter, "Letter", "Control"),
            "paid": rng.integers(0, 2, 600),
        }
    )


def declared(*, column: str | None, shares: list = SHARES, **sections):
    plain = [{key: value for key, value in share.items() if key != "value"} for share in shares]
    plan = protocol(
        arms=ARMS, outcomes=[outcome("paid", "binary")], arm_column="group",
        population={"unit": "customer_id", "cluster": "office"}, **sections,
    )  # fmt: skip
    plan["analysis"]["standard_errors"] = "CR2"
    plan["randomisation"] |= {"saturations": shares if column else plain}
    if column:
        plan["randomisation"]["saturation_column"] = column
    return plan


def test_a_file_says_the_saturation_of_each_customer_or_the_arms_do(tmp_path):
    data = file_of()
    named, worked_out = (analysed(tmp_path, declared(column=column), data) for column in ("saturation", None))
    mean = data.groupby("saturation").paid.mean()
    (total,) = (row for row in named.estimates if row.declared)
    assert total.estimate == pytest.approx(mean[100] - mean[0], abs=1e-12)
    assert [row.estimate for row in named.estimates] == [row.estimate for row in worked_out.estimates]
    assert {row.estimand for row in named.estimates} == {"total", "spillover", "direct"}


def test_a_saturation_that_is_missing_or_not_declared_is_refused(tmp_path):
    blank, strange = file_of(), file_of()
    blank["saturation"] = blank.saturation.astype("Int64").mask(blank.index == 3)
    strange.loc[3, "saturation"] = 75
    with pytest.raises(TrialRefused, match="1 rows have no saturation"):
        analysed(tmp_path, declared(column="saturation"), blank)
    with pytest.raises(ProtocolRefused, match="not the label of a saturation"):
        analysed(tmp_path, declared(column="saturation"), strange)


def test_clusters_whose_arms_fit_no_declared_share_are_refused(tmp_path):
    data = file_of()
    data.loc[(data.saturation == 50) & (data.index % 10 == 0), "group"] = "Control"
    with pytest.raises(AnalysisRefused, match="no declared saturation gives that"):
        analysed(tmp_path, declared(column=None), data)
