from __future__ import annotations

import pytest

from designs.protocol import ProtocolRefused, load_protocol
from designs.protocol.consistency import Breach
from tests.trials import tampering
from tests.trials.examples import FIRST, SECOND, SEED, Files, customers, eligible, load_outcomes, locked, write_csv
from trials.access import LOCAL_ACTOR
from trials.errors import TrialRefused
from trials.stages.allocate import randomise
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue
from trials.stages.lock import check_lock, lock
from trials.stages.population import load_population
from trials.stages.register import register


def loaded(registry, files: Files) -> None:
    load_population(registry, FIRST, files.population, files.protocol)
    register(registry, FIRST, files.protocol)


@pytest.mark.requirement("S04", "S09")
def test_a_lock_counts_everybody_by_the_first_reason(registry, files):
    loaded(registry, files)
    record = lock(registry, FIRST, files.trial)
    small = [row for row in files.customers if row["principal"] < 32]
    worked = [row for row in files.customers if row["principal"] >= 32 and row["hnw"]]
    assert [(e.reason, e.customers) for e in record.exclusions] == [
        ("not: principal at least 32", len(small)),
        ("worked by the HNW team", len(worked)),
    ]
    assert record.eligible == len(files.customers) - len(small) - len(worked)
    with registry.read(LOCAL_ACTOR) as reader:
        detail = reader.trial(files.trial)
    assert detail.lock == record
    assert detail.summary.customers == record.eligible


@pytest.mark.requirement("K18")
def test_those_who_prefer_welsh_are_left_out_and_counted_before_the_lock(registry, tmp_path):
    files = Files(tmp_path / "welsh", count=300)
    welsh = "population:\n  welsh: {when: {column: welsh, equals: 1}, without_text: exclude}\n"
    files.edit_protocol(lambda text: text.replace("population:\n", welsh, 1))
    taking_part = {row["customer_id"] for row in eligible(files.customers)}
    write_csv(files.population, [row | {"welsh": int(at % 7 == 0)} for at, row in enumerate(files.customers)])
    prefer = {row["customer_id"] for at, row in enumerate(files.customers) if at % 7 == 0} & taking_part
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    register(registry, FIRST, files.protocol)
    record = check_lock(registry, FIRST, files.trial).record
    assert [(e.reason, e.customers) for e in record.exclusions][-1] == (
        "prefers Welsh, and has no Welsh text: Plain letter, SMS reminder",
        len(prefer),
    )
    assert record.eligible == len(taking_part) - len(prefer)
    lock(registry, FIRST, files.trial)
    randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    for arm in ("letter", "sms"):
        out = tmp_path / arm
        issue(registry, FIRST, files.trial, arm, out)
        listed = {line.split(",")[0] for path in out.rglob("*.csv") for line in path.read_text().splitlines()[1:]}
        assert listed
        assert not listed & prefer


@pytest.mark.requirement("K18")
@pytest.mark.parametrize("columns", ["", "  columns: {welsh: {kind: number}}\n"], ids=["not kept", "kept"])
def test_a_plan_that_leaves_who_prefers_welsh_unsaid_is_not_locked_off_the_route_either(registry, tmp_path, columns):
    """It names no directorate, so that no gate asks; the file says whom it would send English alone."""
    files = Files(tmp_path / "welsh", count=300)
    files.edit_protocol(lambda text: text.replace("population:\n", f"population:\n{columns}", 1))
    write_csv(files.population, [row | {"welsh": int(at % 7 == 0)} for at, row in enumerate(files.customers)])
    taking_part = {row["customer_id"] for row in eligible(files.customers)}
    prefer = {row["customer_id"] for at, row in enumerate(files.customers) if at % 7 == 0} & taking_part
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    register(registry, FIRST, files.protocol)
    before = tampering.chain(registry)
    said = rf"{len(prefer)} customers are marked welsh.*Plain letter, SMS reminder: there is no Welsh text"
    for ask in (
        lambda: check_lock(registry, FIRST, files.trial),
        lambda: lock(registry, FIRST, files.trial),
        lambda: lock(registry, FIRST, files.trial, without_governance="in a hurry"),
    ):
        with pytest.raises(TrialRefused, match=said):
            ask()
    assert tampering.chain(registry) == before


@pytest.mark.requirement("K18")
def test_those_who_prefer_welsh_are_counted_where_an_approach_is_closed_to_them(registry, tmp_path):
    files = Files(tmp_path / "welsh", count=300)
    when = "when: {column: welsh, equals: 1}"
    closed = f"not_for: [{{{when}, reason: there is no Welsh text}}], channel: "
    files.edit_protocol(
        lambda text: (
            text.replace("population:\n", f"population:\n  welsh: {{{when}}}\n", 1)
            .replace("channel: letter", f"{closed}letter")
            .replace("channel: sms", f"{closed}sms")
        )
    )
    taking_part = {row["customer_id"] for row in eligible(files.customers)}
    write_csv(files.population, [row | {"welsh": int(at % 7 == 0)} for at, row in enumerate(files.customers)])
    prefer = {row["customer_id"] for at, row in enumerate(files.customers) if at % 7 == 0} & taking_part
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    register(registry, FIRST, files.protocol)
    record = check_lock(registry, FIRST, files.trial).record
    assert record.eligible == len(taking_part)
    counted = [found for found in record.findings if "prefer Welsh" in found]
    assert [found.split(" and do not")[0] for found in counted] == [
        f"{label}: {len(prefer)} customers prefer Welsh" for label in ("Plain letter", "SMS reminder")
    ]


@pytest.mark.requirement("K16")
def test_a_lock_is_taken_once_and_the_plan_no_longer_changes(registry, files):
    loaded(registry, files)
    lock(registry, FIRST, files.trial)
    with pytest.raises(TrialRefused, match="locked already"):
        lock(registry, FIRST, files.trial)
    before = files.protocol.read_text()
    files.edit_protocol(lambda text: text.replace("share: 2", "share: 3"))
    with pytest.raises(TrialRefused, match=r"edited after the lock\. Rule: trial reminders is locked with digest"):
        register(registry, FIRST, files.protocol)
    files.protocol.write_text(before)
    assert not register(registry, FIRST, files.protocol).new


def test_what_is_locked_is_what_was_registered(registry, files):
    loaded(registry, files)
    files.edit_protocol(lambda text: text.replace("share: 2", "share: 3"))
    with pytest.raises(TrialRefused, match="edited after it was registered"):
        lock(registry, FIRST, files.trial)
    assert register(registry, FIRST, files.protocol).version == 2
    lock(registry, FIRST, files.trial)
    with registry.read(LOCAL_ACTOR) as reader:
        arms = reader.trial(files.trial).protocol.arms
    assert arms[0].share == 3


def test_a_text_that_was_edited_is_a_protocol_that_was_edited(registry, files):
    (files.folder / "letter.md").write_text("Please pay.")
    files.edit_protocol(lambda text: text.replace("channel: letter,", "channel: letter, text: {en: letter.md},"))
    locked(registry, files)
    (files.folder / "letter.md").write_text("Please pay now.")
    with pytest.raises(TrialRefused, match="edited after the lock"):
        register(registry, FIRST, files.protocol)


def test_a_population_comes_first(registry, files):
    register(registry, FIRST, files.protocol)
    with pytest.raises(TrialRefused, match=r"no population is loaded under the name 'debts'.*otm population load FILE"):
        lock(registry, FIRST, files.trial)


def test_an_unknown_trial_is_refused(registry):
    with pytest.raises(TrialRefused, match="there is no trial 'nothing'"):
        lock(registry, FIRST, "nothing")


def test_a_stratum_that_the_loaded_population_lacks_is_refused_at_its_path(registry, files):
    loaded(registry, files)
    files.edit_protocol(lambda text: text.replace("strata: [band]", "strata: [band, region]"))
    register(registry, FIRST, files.protocol)
    with pytest.raises(ProtocolRefused, match=r'randomisation\.strata\[1\].*no column "region"'):
        lock(registry, FIRST, files.trial)


def test_a_column_loaded_as_another_kind_is_loaded_again(registry, files):
    loaded(registry, files)
    files.edit_protocol(lambda text: text.replace("covariates: [age]", "covariates: [{column: age, as: number}]"))
    register(registry, FIRST, files.protocol)
    with pytest.raises(TrialRefused, match="column 'age' was loaded as any and is now used as number"):
        lock(registry, FIRST, files.trial)
    load_population(registry, FIRST, files.population, files.protocol)
    lock(registry, FIRST, files.trial)


@pytest.mark.requirement("K08")
def test_what_is_measured_after_the_draw_is_refused(registry, tmp_path):
    files = Files(tmp_path / "late", extra="  columns: {age: {kind: number, as_at: 2999-01-01}}")
    with pytest.raises(ProtocolRefused, match="2999-01-01 is after the allocation"):
        register(registry, FIRST, files.protocol)


def test_a_trial_with_nobody_left_is_refused_with_the_counts(registry, files):
    write_csv(files.population, [row | {"principal": 5} for row in customers(20)])
    loaded(registry, files)
    with pytest.raises(TrialRefused, match=r"nobody is left to allocate.*not: principal at least 32: 20"):
        lock(registry, FIRST, files.trial)


def test_the_lock_takes_the_latest_load(registry, files):
    loaded(registry, files)
    write_csv(files.population, customers(100))
    latest = load_population(registry, FIRST, files.population, files.protocol)
    assert lock(registry, FIRST, files.trial).population_digest == latest.digest


def test_the_lock_takes_the_latest_load_of_rows_that_were_loaded_before(either, files):
    loaded(either, files)
    other = write_csv(files.folder / "smaller.csv", customers(100))
    load_population(either, FIRST, other, files.protocol)
    again = load_population(either, SECOND, files.population, files.protocol)
    with pytest.raises(TrialRefused, match="the last load of the population is not yours"):
        lock(either, FIRST, files.trial)
    record = lock(either, FIRST, files.trial, load=3)
    assert (record.population_digest, record.population.version) == (again.digest, 3)
    assert (record.population.file_name, record.population.loaded) == ("population.csv", len(files.customers))
    assert record.population.loaded_by == SECOND.name
    with either.read(FIRST) as reader:
        assert reader.trial(files.trial).lock.population == record.population


def households(files: Files, sizes: int = 2) -> None:
    rows = [row | {"household": f"H{at // sizes:05d}"} for at, row in enumerate(files.customers)]
    write_csv(files.population, rows)


def test_a_household_that_the_protocol_does_not_name_is_a_finding(registry, files):
    households(files)
    account = load_population(registry, FIRST, files.population, files.protocol)
    warning, not_kept = account.warnings
    assert not_kept.startswith("1 column is not kept, for nothing in the plan uses it: household.")
    assert warning.startswith("household: ")
    assert "customers share a household with another" in warning
    register(registry, FIRST, files.protocol)
    record = lock(registry, FIRST, files.trial)
    assert warning in record.findings
    assert "declare population.cluster: household" in warning
    with registry.read(LOCAL_ACTOR) as reader:
        assert reader.trial(files.trial).lock == record


def test_a_household_that_is_declared_is_assigned_whole_and_no_finding(registry, tmp_path):
    files = Files(tmp_path / "clustered", extra="  cluster: household")
    files.edit_protocol(lambda text: text.replace("HC2", "CR2").replace("strata: [band]", "strata: []"))
    households(files)
    loaded(registry, files)
    assert not any("share a household" in finding for finding in lock(registry, FIRST, files.trial).findings)


def test_a_stratum_that_varies_within_a_cluster_blocks_the_lock(registry, tmp_path):
    files = Files(tmp_path / "clustered", extra="  cluster: household")
    files.edit_protocol(lambda text: text.replace("HC2", "CR2"))
    households(files)
    loaded(registry, files)
    with pytest.raises(TrialRefused, match=r"cannot be assigned as declared: band: band varies within \d+ clusters"):
        lock(registry, FIRST, files.trial)
    with registry.read(LOCAL_ACTOR) as reader:
        assert reader.trial(files.trial).lock is None


def test_a_customer_without_a_stratum_blocks_the_lock(registry, files):
    write_csv(
        files.population, [row | {"band": "" if at == 20 else row["band"]} for at, row in enumerate(files.customers)]
    )
    loaded(registry, files)
    with pytest.raises(TrialRefused, match="1 customers have no band"):
        lock(registry, FIRST, files.trial)


def test_a_stratum_smaller_than_its_arms_is_a_finding(registry, files):
    write_csv(
        files.population,
        [row | {"band": "rare" if at == 20 else row["band"]} for at, row in enumerate(files.customers)],
    )
    loaded(registry, files)
    (finding,) = lock(registry, FIRST, files.trial).findings
    assert finding.startswith("band=rare: 1 unit for 3 arms. Some arm will have none")


@pytest.mark.parametrize("welsh", [1, 2])
def test_a_pattern_of_one_or_two_customers_costs_them_their_place_and_no_arm(registry, tmp_path, welsh):
    """The only customers who may not get the text: they are compared where they have a counterpart, else counted."""
    files = Files(tmp_path / "welsh", count=1_000)
    no_text = "channel: sms, not_for: [{when: {column: welsh, equals: 1}, reason: there is no Welsh text}]"
    files.edit_protocol(lambda text: text.replace("channel: sms", no_text))
    chosen = {row["customer_id"] for row in eligible(files.customers)[50 : 50 + welsh]}
    write_csv(files.population, [row | {"welsh": int(row["customer_id"] in chosen)} for row in files.customers])
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    register(registry, FIRST, files.protocol)
    found = [said for said in check_lock(registry, FIRST, files.trial).record.findings if "(without sms)" in said]
    assert found
    assert all(said.startswith("band=high (without sms): ") for said in found)
    lock(registry, FIRST, files.trial)
    randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    document = evaluate(registry, FIRST, files.trial).document
    rows = [row for row in document["estimates"] if row["estimand"] == "itt" and row["level"] is None]
    assert {row["arm"] for row in rows} == {"letter", "sms"}
    for row in rows:
        assert row["estimate"] is not None
        assert row["std_error"] is not None
    left_out = {row["arm"]: row["n_left_out"] for row in rows}
    assert left_out == {"letter": welsh, "sms": 0}
    noted = next(row["note"] for row in rows if row["arm"] == "letter")
    assert ("1 customer of such strata is" if welsh == 1 else "2 customers of such strata are") in noted
    assert document["verdict"]["code"] != "invalid"


def test_a_rule_that_came_after_the_lock_makes_no_other_plan_of_it(registry, files, monkeypatch):
    locked(registry, files)
    new = Breach(("analysis",), "this is refused now", "a rule of a later version")
    monkeypatch.setattr("designs.protocol.validation.breaches", lambda *_args, **_more: (new,))
    with pytest.raises(ProtocolRefused, match="a rule of a later version"):
        load_protocol(files.protocol)
    assert randomise(registry, FIRST, files.trial).counts
    files.edit_protocol(lambda text: text.replace("day: 23", "day: 24"))
    with pytest.raises(TrialRefused, match="edited after the lock"):
        issue(registry, FIRST, files.trial, "sms", files.folder / "lists")


def test_a_condition_that_nobody_meets_as_it_is_spelt_is_told_at_the_check_and_at_the_lock(registry, tmp_path):
    files = Files(tmp_path / "welsh", count=300)
    when = "when: {column: language, equals: cy}, without_text: exclude"
    files.edit_protocol(lambda text: text.replace("population:\n", f"population:\n  welsh: {{{when}}}\n", 1))
    write_csv(
        files.population, [row | {"language": "CY" if at % 7 == 0 else "EN"} for at, row in enumerate(files.customers)]
    )
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    register(registry, FIRST, files.protocol)
    said = "no customer has 'cy' in the column language; the file has 'CY'"
    for found in (check_lock(registry, FIRST, files.trial).record, lock(registry, FIRST, files.trial)):
        assert [said in finding for finding in found.findings].count(True) == 1
