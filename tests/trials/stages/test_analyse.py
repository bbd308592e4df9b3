"""`analyse` from files: labels, exclusions, formats, refusals, and what it must never import."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.document import to_document
from data.errors import DataRefused, Refused
from designs.protocol import ProtocolRefused
from tests.golden.external import analysed, arm, outcome, protocol
from tests.places import ROOT
from tests.saved import saved
from trials.errors import TrialRefused
from trials.stages.analyse import analyse

ARMS = [arm("nfa", "Control", "nfa"), arm("letter", "Letter", channel="letter")]


def rows(n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "customer_id": [f"{i:05d}" for i in range(n)],
            "group": np.where(np.arange(n) % 2 == 0, "Control", "Letter"),
            "paid": rng.integers(0, 2, n),
            "principal": np.round(rng.uniform(10, 400, n), 2),
            "trust": np.where(np.arange(n) % 20 == 3, "true", "false"),
        }
    )


def declared(**sections: Any) -> dict[str, Any]:
    base = {"population": {"unit": "customer_id"}, **sections}
    return protocol(arms=ARMS, outcomes=[outcome("paid", "binary")], arm_column="group", **base)


def test_where_and_exclude_are_counted_in_the_flow_and_add_up(tmp_path):
    data = rows()
    where = [{"column": "principal", "at_least": 32, "below": 250}]
    exclude = [{"when": {"column": "trust", "equals": True}, "reason": "trust case"}]
    flow = analysed(
        tmp_path, declared(population={"unit": "customer_id", "where": where, "exclude": exclude}), data
    ).flow
    outside = ~data.principal.between(32, 250, inclusive="left")
    trust = ~outside & (data.trust == "true")
    assert {e.reason: e.customers for e in flow.excluded} == {
        "not: principal at least 32 and below 250": outside.sum(),
        "trust case": trust.sum(),
    }
    assert flow.allocated == (~outside & ~trust).sum() == sum(f.allocated for f in flow.arms)
    assert flow.rows_read == flow.rejected + sum(e.customers for e in flow.excluded) + flow.allocated


def test_rejected_rows_are_counted_and_said(tmp_path):
    """A row without an id is nobody's. More than one in a thousand of them, and nothing can be concluded."""
    data = rows(1000)
    data.loc[4, "customer_id"] = None
    evaluation = analysed(tmp_path, declared(), data)
    assert (evaluation.flow.rows_read, evaluation.flow.rejected, evaluation.flow.allocated) == (1000, 1, 999)
    taken = next(check for check in evaluation.checks if check.name == "rows_taken")
    assert (taken.passed, taken.severity) == (False, "warns")
    assert "row 5, customer_id" in taken.detail
    data.loc[5, "customer_id"] = "1E+13"
    evaluation = analysed(tmp_path, declared(), data)
    taken = next(check for check in evaluation.checks if check.name == "rows_taken")
    assert (taken.passed, taken.severity, taken.figures["rejected"]) == (False, "blocks", 2)
    assert evaluation.verdict.code == "invalid"


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_total_and_the_header_once_more_are_nobody_who_was_lost(tmp_path, ending):
    data = rows()
    total = {"customer_id": "Grand total", "group": None, "paid": data.paid.sum()}
    again = {name: name for name in data.columns}
    spoilt = pd.concat([data.iloc[:200], pd.DataFrame([again]), data.iloc[200:], pd.DataFrame([total])])
    evaluation = analysed(tmp_path, declared(), saved(spoilt, tmp_path / f"data{ending}"))
    reference = analysed(tmp_path, declared(), data)
    assert (evaluation.flow.rows_read, evaluation.flow.rejected) == (reference.flow.rows_read + 2, 2)
    taken = next(check for check in evaluation.checks if check.name == "rows_taken")
    assert taken.passed
    assert "but for 2 that are empty, lines of a report or the header once more, and nobody" in taken.detail
    assert evaluation.verdict.code == reference.verdict.code != "invalid"
    assert [row.estimate for row in evaluation.estimates] == [row.estimate for row in reference.estimates]


@pytest.mark.parametrize("below", ["\n\n\n", ",,,,\n,,,,\n", ",,,,\nTotal,,,,\n,,,,\n"])
def test_empty_rows_below_the_last_customer_are_nobody_who_was_lost_and_those_above_may_be(tmp_path, below):
    data = rows()[["customer_id", "group", "paid", "principal", "trust"]]
    text = data.to_csv(index=False)
    path = tmp_path / "below.csv"
    path.write_text(text + below)
    assert analysed(tmp_path, declared(), path).verdict.code != "invalid"
    lines = text.splitlines(keepends=True)
    path.write_text("".join([*lines[:50], ",,,,\n", *lines[50:]]))
    assert analysed(tmp_path, declared(), path).verdict.code == "invalid"


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet", ".xlsx", ".dta"])
def test_every_format_gives_the_same_estimates(tmp_path, ending):
    data = rows().drop(columns="trust")
    path = saved(data, tmp_path / f"data{ending}")
    ours = analysed(tmp_path, declared(), path).estimates
    reference = analysed(tmp_path, declared(), data).estimates
    assert [(e.estimate, e.std_error, e.n_arm) for e in ours] == [
        (pytest.approx(e.estimate, rel=1e-12), pytest.approx(e.std_error, rel=1e-12), e.n_arm) for e in reference
    ]


def test_numbers_match_numbers_in_arm_labels(tmp_path):
    data = rows().assign(group=lambda d: np.where(d.group == "Letter", "1.0", "0"))
    arms = [arm("nfa", 0, "nfa"), arm("letter", 1)]
    evaluation = analysed(tmp_path, declared() | {"arms": arms}, data)
    assert {f.arm: f.allocated for f in evaluation.flow.arms} == {"nfa": 300, "letter": 300}


def test_an_unknown_arm_label_is_refused_by_name(tmp_path):
    data = rows()
    data.loc[7, "group"] = "Leter"
    with pytest.raises(ProtocolRefused, match=r"(?s)column group.*Leter"):
        analysed(tmp_path, declared(), data)


@pytest.mark.parametrize("spelled", [None, "NA", ".", "n.k.", "[x]"])
def test_rows_without_an_arm_belong_nowhere_and_block(tmp_path, spelled):
    data = rows()
    data.loc[[7, 9], "group"] = spelled
    evaluation = analysed(tmp_path, declared(), data)
    assert (evaluation.flow.rejected, evaluation.flow.allocated) == (2, 598)
    taken = next(check for check in evaluation.checks if check.name == "rows_taken")
    assert (taken.passed, taken.severity) == (False, "blocks")
    assert "row 8, group, group is missing" in taken.detail
    assert evaluation.verdict.code == "invalid"


def test_a_label_of_an_arm_is_its_label_whatever_it_looks_like(tmp_path):
    data = rows().assign(group=lambda d: np.where(d.group == "Letter", "NA", "none"))
    arms = [arm("nfa", "none", "nfa"), arm("letter", "NA", channel="letter")]
    evaluation = analysed(tmp_path, declared() | {"arms": arms}, data)
    assert {f.arm: f.allocated for f in evaluation.flow.arms} == {"nfa": 300, "letter": 300}


def test_a_file_without_any_arm_is_refused(tmp_path):
    with pytest.raises(DataRefused, match="not one of the 600 rows can be taken: group: group is missing"):
        analysed(tmp_path, declared(), rows().assign(group="-"))


def test_a_trial_randomised_here_has_its_arms_in_the_registry(tmp_path):
    path = ROOT / "designs" / "library" / "small-debts.yaml"
    with pytest.raises(TrialRefused, match="randomised here"):
        analyse(path, tmp_path / "never_read.csv")


def test_nobody_left_is_refused_with_the_reasons(tmp_path):
    where = [{"column": "principal", "above": 1000}]
    with pytest.raises(TrialRefused, match=r"(?s)nobody is left.*principal above 1000: 600"):
        analysed(tmp_path, declared(population={"unit": "customer_id", "where": where}), rows())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: d.iloc[:0], "no rows|empty"),
        (lambda d: d.drop(columns="customer_id"), "customer_id"),
        (lambda d: d.drop(columns="paid"), "paid"),
        (lambda d: pd.concat([d, d.iloc[[0]]]), "more than once"),
    ],
)
def test_damaged_files_are_refused_plainly(tmp_path, damage, message):
    with pytest.raises(DataRefused, match=message):
        analysed(tmp_path, declared(), damage(rows()))


def test_a_refusal_is_always_a_sentence(tmp_path):
    (tmp_path / "data.csv").write_text("")
    with pytest.raises(Refused) as refusal:
        analysed(tmp_path, declared(), tmp_path / "data.csv")
    assert "data.csv" in str(refusal.value)


@pytest.mark.parametrize("format_", ["json", "table"])
def test_the_path_of_analyse_imports_nothing_slow(tmp_path, format_):
    """A short job: what takes seconds to import stays out, and the command line obeys too."""
    data, path = tmp_path / "data.csv", tmp_path / "protocol.yaml"
    rows().to_csv(data, index=False)
    path.write_text(json.dumps(declared(analysis={"subgroups": [{"column": "principal", "quantiles": 2}]})))
    slow = ("pandas", "statsmodels", "numba", "scipy.stats", "scipy.optimize", "scipy.linalg", "sqlalchemy")
    words = ["otm", "analyse", str(path), str(data), *(["--json", "-"] if format_ == "json" else [])]
    program = (
        "import sys\n"
        f"sys.argv = {words}\n"
        "from trials.cli.app import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        f"print(sorted(set(sys.modules) & set({slow})), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stderr.splitlines()[-1] == "[]"
    if format_ == "json":
        assert json.loads(done.stdout)["trial"] == "published"
    else:
        assert "Not shown to beat no further action" in done.stdout


def test_two_runs_write_the_same_document(tmp_path):
    one, two = (to_document(analysed(tmp_path, declared(), rows())) for _ in range(2))
    assert one == two
