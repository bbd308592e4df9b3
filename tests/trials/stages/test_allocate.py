"""One draw: exact counts, the committed seed whatever happens in between, and never a second."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.identifiers import ledger_ids
from designs.assignment import commitment
from tests.trials import tampering
from tests.trials.examples import (
    FIRST,
    OTHER_SEED,
    SECOND,
    SEED,
    Files,
    allocated,
    customers,
    eligible,
    load_outcomes,
    locked,
    write_csv,
)
from trials.access import LOCAL_ACTOR
from trials.errors import TrialRefused
from trials.registry import queries
from trials.registry.identities.ledger_key import SYNTHETIC_KEY
from trials.reporting.portfolio import next_action
from trials.stages import allocate
from trials.stages.allocate import randomise
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.verify import verify
from trials.stages.void import confirm_void, request_void


def snapshot(registry, trial: str = "reminders", wave: int = 1):
    """Everybody assigned, with the columns that they were assigned by."""
    with registry.inspect(FIRST, "verify") as session:
        record = queries.allocations_of(session, trial)[wave - 1]
        frozen = queries.waves_of(session, trial)[wave - 1]
    assigned = pq.read_table(registry.snapshots.opened(record.snapshot_digest).path)
    units = pq.read_table(registry.snapshots.opened(frozen.units_digest).path)
    assert units.column("ledger_id").equals(assigned.column("ledger_id"))
    for name in units.column_names:
        if name not in assigned.column_names:
            assigned = assigned.append_column(name, units.column(name))
    return assigned


@pytest.mark.requirement("S08")
def test_every_stratum_gets_its_shares_within_one(either, files):
    record = allocated(either, files)
    table = snapshot(either)
    cells = Counter(zip(table.column("band").to_pylist(), table.column("arm").to_pylist(), strict=True))
    for band in ("low", "high"):
        total = sum(n for (of, _), n in cells.items() if of == band)
        for arm, share in {"nfa": 0.5, "letter": 0.25, "sms": 0.25}.items():
            assert abs(cells[band, arm] - share * total) < 1
    assert record.counts == dict(Counter(table.column("arm").to_pylist()))
    shares = {"nfa": 0.5, "letter": 0.25, "sms": 0.25}
    assigned = zip(table.column("arm").to_pylist(), table.column("probability").to_pylist(), strict=True)
    assert all(probability == shares[arm] for arm, probability in assigned)


def test_the_commitment_is_logged_before_the_draw(registry, files):
    record = allocated(registry, files)
    with registry.read(LOCAL_ACTOR) as reader:
        events = reader.audit(files.trial)
        (certificate,) = reader.certificates(files.trial)
    by_action = {event.action: event for event in events}
    assert by_action["commit_seed"].sequence < by_action["allocate"].sequence
    assert by_action["commit_seed"].detail["commitment"] == commitment(SEED) == record.seed_commitment
    assert certificate["seed_commitment"] == record.seed_commitment
    assert certificate["demonstration"] is True
    assert record.demonstration_seed


@pytest.mark.parametrize("seed", [None, SEED, OTHER_SEED])
def test_a_second_draw_is_refused_whatever_seed_it_brings(either, files, seed):
    first = allocated(either, files)
    before = tampering.chain(either)
    with pytest.raises(TrialRefused, match=r"reminders: this trial has been randomised\. Rule: one draw a trial"):
        randomise(either, FIRST, files.trial, demonstration_seed=seed)
    assert tampering.chain(either) == before
    with either.read(LOCAL_ACTOR) as reader:
        assert reader.trial(files.trial).allocation == first


def test_an_interrupted_draw_goes_on_with_the_seed_and_the_units_that_were_frozen(registry, files, monkeypatch):
    locked(registry, files, synthetic=False)

    def crash(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(allocate, "assign_frozen", crash)
    with pytest.raises(KeyboardInterrupt):
        randomise(registry, FIRST, files.trial)
    monkeypatch.undo()
    with registry.inspect(FIRST, "verify") as session:
        draw = queries.draw_of(session, files.trial)
    with registry.read(LOCAL_ACTOR) as reader:
        (trial,) = reader.portfolio()
    assert draw is not None
    assert next_action(trial.next).startswith("Randomise again")
    # Meanwhile another trial takes the same customers: those frozen stay.
    other = Files(files.folder / "other", trial="other", extra="  mutually_exclusive_with: [reminders]")
    load_population(registry, FIRST, other.population, other.protocol)
    register(registry, FIRST, other.protocol)
    lock(registry, FIRST, other.trial)
    with pytest.raises(TrialRefused, match="nobody is left to allocate"):
        randomise(registry, FIRST, other.trial)
    record = randomise(registry, FIRST, files.trial)
    assert record.seed_commitment == draw.commitment
    assert sum(record.counts.values()) == trial.customers
    assert all(proof.holds for proof in verify(registry, FIRST, files.trial))


def test_the_same_seed_deals_the_same_whatever_the_order_of_the_rows(tmp_path, registry, files):
    first = allocated(registry, files)
    shuffled = Files(tmp_path / "shuffled", trial="reminders", population="debts")
    write_csv(shuffled.population, sorted(shuffled.customers, key=lambda row: int(row["customer_id"][1:]) * 7919 % 400))
    from trials.registry import open_registry
    from trials.settings import Settings

    other = open_registry(Settings(home=tmp_path / "other"))
    second = allocated(other, shuffled)
    assert (second.digest, second.counts) == (first.digest, first.counts)
    assert second.snapshot_digest != first.snapshot_digest
    other.close()


def test_a_demonstration_seed_is_for_synthetic_customers(registry, files):
    locked(registry, files, synthetic=False)
    with pytest.raises(TrialRefused, match="a demonstration seed is for synthetic customers"):
        randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    with registry.inspect(FIRST, "verify") as session:
        assert queries.draw_of(session, files.trial) is None


@pytest.mark.parametrize("seed", ["short", "G" * 64, "A" * 64])
def test_a_demonstration_seed_is_64_hexadecimal_characters(registry, files, seed):
    locked(registry, files)
    with pytest.raises(TrialRefused, match="64 lower-case hexadecimal characters"):
        randomise(registry, FIRST, files.trial, demonstration_seed=seed)


def test_nothing_is_drawn_before_the_lock(registry, files):
    register(registry, FIRST, files.protocol)
    with pytest.raises(TrialRefused, match=r"the plan is not locked.*otm lock reminders"):
        randomise(registry, FIRST, files.trial)


def test_an_edited_protocol_draws_nothing_and_its_file_put_back_does(registry, files):
    locked(registry, files)
    whole = files.protocol.read_text()
    files.edit_protocol(lambda text: text + "\n# a remark changes nothing\n")
    files.edit_protocol(lambda text: text.replace("share: 2", "share: 20"))
    before = tampering.chain(registry)
    with pytest.raises(TrialRefused, match="the protocol was edited after the lock"):
        randomise(registry, FIRST, files.trial)
    assert tampering.chain(registry) == before
    files.protocol.write_text(whole + "\n# a remark changes nothing\n")
    randomise(registry, FIRST, files.trial, demonstration_seed=SEED)


def test_a_protocol_file_that_was_moved_away_says_nothing(registry, files):
    locked(registry, files)
    files.protocol.unlink()
    randomise(registry, FIRST, files.trial, demonstration_seed=SEED)


def test_a_void_trial_goes_nowhere(registry, files):
    allocated(registry, files)
    request_void(registry, FIRST, files.trial, reason="wrong population")
    confirm_void(registry, SECOND, files.trial)
    with pytest.raises(TrialRefused, match="the draw of this trial is void"):
        load_outcomes(registry, FIRST, files.trial, files.outcomes)
    with pytest.raises(TrialRefused, match="void"):
        randomise(registry, FIRST, files.trial)


@pytest.mark.requirement("D04")
@pytest.mark.parametrize("agreement", [None, "HNW team, 2 March 2026"])
def test_high_net_worth_customers_are_assigned_only_by_agreement(registry, files, agreement):
    if agreement:
        end = "reason: worked by the HNW team"
        files.edit_protocol(lambda text: text.replace(end, f"{end}, agreement: '{agreement}'"))
    record = allocated(registry, files)
    marked = pa.array([row["customer_id"] for row in files.customers if row["hnw"] and row["principal"] >= 32])
    known = set(ledger_ids(SYNTHETIC_KEY, marked).to_pylist())
    assigned = known & set(snapshot(registry).column("ledger_id").to_pylist())
    left_out = {exclusion.reason: exclusion.customers for exclusion in record.exclusions}
    with registry.read(LOCAL_ACTOR) as reader:
        findings = " ".join(reader.trial(files.trial).lock.findings)
    if agreement:
        assert assigned == known
        assert f"{len(known)} customers take part by agreement ({agreement})" in findings
    else:
        assert not assigned
        assert left_out["worked by the HNW team"] == len(known) > 0


PLAIN = "randomisation: {method: complete, strata: [band]}"
WAVES = """\
randomisation:
  method: complete
  strata: [band]
  waves: [{id: one, issue_on: 2026-03-02}, {id: two, issue_on: 2026-04-06}]"""
HELD_OUT = "randomisation: {method: complete, strata: [band], hold_out: 0.1}"


def test_waves_deal_new_customers_under_one_seed(registry, files):
    files.edit_protocol(lambda text: text.replace(PLAIN, WAVES))
    allocated(registry, files)
    with pytest.raises(TrialRefused, match=r"nobody is left to allocate.*allocated in an earlier wave"):
        randomise(registry, FIRST, files.trial)
    write_csv(files.population, customers(150, first=300))  # 100 of them are assigned already
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    second = randomise(registry, FIRST, files.trial)
    assert (second.wave, str(second.index_date)) == (2, "2026-04-06")
    first_ids, second_ids = (set(snapshot(registry, wave=wave).column("ledger_id").to_pylist()) for wave in (1, 2))
    assert first_ids.isdisjoint(second_ids)
    assert 40 <= len(second_ids) <= 50
    with pytest.raises(TrialRefused, match="has been randomised"):
        randomise(registry, FIRST, files.trial)
    with registry.read(LOCAL_ACTOR) as reader:
        detail = reader.trial(files.trial)
        scopes = [certificate["scope"] for certificate in reader.certificates(files.trial)]
    assert [wave.wave for wave in detail.waves] == [1, 2]
    assert scopes == ["", "wave 2"]
    assert detail.waves[0].seed_commitment == detail.waves[1].seed_commitment
    assert detail.summary.customers == len(first_ids) + len(second_ids)
    assert all(proof.holds for proof in verify(registry, FIRST, files.trial))


def test_a_household_assigned_in_an_earlier_wave_is_not_assigned_again(registry, files):
    """Whoever joins it later is left out, with the reason: a household never gets two arms."""
    clustered = "HC2", "CR2"
    files.edit_protocol(lambda text: text.replace(PLAIN, WAVES.replace("strata: [band]", "cluster: household")))
    files.edit_protocol(lambda text: text.replace(*clustered))
    first = [row | {"household": f"H{int(row['customer_id'][1:]) % 120}"} for row in files.customers]
    write_csv(files.population, first)
    allocated(registry, files)
    late = customers(200, first=5_000)
    second = [row | {"household": f"H{at + 60}"} for at, row in enumerate(late)]  # H60 to H119 are assigned already
    write_csv(files.population, second)
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    record = randomise(registry, FIRST, files.trial)
    told = {exclusion.reason: exclusion.customers for exclusion in record.exclusions}
    left = eligible(second)
    joined = [row for row in left if int(row["household"][1:]) < 120]
    assert told["their household was allocated in an earlier wave"] == len(joined) > 0
    households = [set(snapshot(registry, wave=wave).column("household").to_pylist()) for wave in (1, 2)]
    assert households[0].isdisjoint(households[1])
    assert sum(record.counts.values()) == len(left) - len(joined)
    assert all(proof.holds for proof in verify(registry, FIRST, files.trial))


def test_customers_held_out_are_in_no_later_trial(registry, files, tmp_path):
    files.edit_protocol(lambda text: text.replace(PLAIN, HELD_OUT))
    allocated(registry, files)
    table = snapshot(registry)
    held = {row["ledger_id"] for row in table.to_pylist() if row["held_out"]}
    assert abs(len(held) - 0.1 * table.num_rows) < 1
    assert set(table.filter(table.column("held_out")).column("arm").to_pylist()) == {"nfa"}
    other = Files(tmp_path / "other", trial="other", population="other")
    record = allocated(registry, other, seed=OTHER_SEED)
    told = {exclusion.reason: exclusion.customers for exclusion in record.exclusions}
    assert told["held out for the long run"] == len(held)
    assert held.isdisjoint(snapshot(registry, "other").column("ledger_id").to_pylist())


def test_whoever_may_yet_be_held_out_is_in_no_other_trial(registry, files, tmp_path, monkeypatch):
    """A draw that stopped between its seed and its arms has not said whom it holds out."""
    files.edit_protocol(lambda text: text.replace(PLAIN, HELD_OUT))
    locked(registry, files)

    def stops(*_args, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as stopped:
        stopped.setattr(allocate, "assign_frozen", stops)
        with pytest.raises(KeyboardInterrupt):
            randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    other = Files(tmp_path / "other", trial="other", population="other", count=500)
    record = allocated(registry, other, seed=OTHER_SEED)
    told = {exclusion.reason: exclusion.customers for exclusion in record.exclusions}
    randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    assigned = snapshot(registry)
    assert told["may be held out by trial reminders, which is being allocated"] == assigned.num_rows
    assert set(snapshot(registry, "other").column("ledger_id").to_pylist()).isdisjoint(
        assigned.column("ledger_id").to_pylist()
    )


@pytest.mark.parametrize(("old", "new"), [("method: complete", "method: simple"), (PLAIN, HELD_OUT)])
def test_other_schemes_are_assigned_and_replayed(registry, files, old, new):
    files.edit_protocol(lambda text: text.replace(old, new))
    allocated(registry, files)
    assert all(proof.holds for proof in verify(registry, FIRST, files.trial))


BATCHES = """\
randomisation:
  method: complete
  strata: [band, batch]
  batches: {column: batch, issue_on: {early: 2026-03-02, late: 2026-05-04}}"""


def in_batches(files: Files, *names: str) -> None:
    files.edit_protocol(lambda text: text.replace(PLAIN, BATCHES))
    write_csv(files.population, [row | {"batch": names[at % len(names)]} for at, row in enumerate(files.customers)])


def test_a_batch_is_a_stratum_and_gives_every_customer_a_day_0(registry, files):
    in_batches(files, "early", "late")
    record = allocated(registry, files)
    table = snapshot(registry)
    days = zip(table.column("batch").to_pylist(), map(str, table.column("index_date").to_pylist()), strict=True)
    assert set(days) == {("early", "2026-03-02"), ("late", "2026-05-04")}
    assert {"nfa", "letter", "sms"} == set(table.column("arm").to_pylist())
    assert str(record.index_date) == "2026-05-04"
    cells = Counter(zip(table.column("batch").to_pylist(), table.column("arm").to_pylist(), strict=True))
    assert abs(cells["early", "nfa"] - sum(n for (batch, _), n in cells.items() if batch == "early") / 2) <= 2
    assert all(proof.holds for proof in verify(registry, FIRST, files.trial))


def test_a_batch_without_a_date_blocks_the_lock(registry, files):
    in_batches(files, "early", "late", "never")
    with pytest.raises(TrialRefused, match=r"batch 'never' has no date, and \d+ customers are in it"):
        locked(registry, files)


def test_a_cooling_off_period_runs_from_the_batchs_own_day(registry, files, tmp_path):
    in_batches(files, "early", "late")
    allocated(registry, files)
    table = snapshot(registry)
    rows = zip(*(table.column(name).to_pylist() for name in ("batch", "arm")), strict=True)
    near = sum(batch == "late" and arm != "nfa" for batch, arm in rows)
    other = Files(tmp_path / "other", trial="other", population="other", extra="  cooling_off_days: 20")
    dated = "strata: [band], allocation_date: 2026-05-20"
    other.edit_protocol(lambda text: text.replace("strata: [band]", dated))
    record = allocated(registry, other, seed=OTHER_SEED)
    assert {e.reason: e.customers for e in record.exclusions}["another OTM contact within 20 days"] == near


@pytest.mark.parametrize("patience", [0, 1])
def test_a_registry_that_keeps_moving_on_is_made_to_wait(registry, files, tmp_path, monkeypatch, patience):
    """Another trial is registered, locked and drawn each time the units have been worked out."""
    locked(registry, files)
    worked_out, drawn = allocate._units, []

    def slowly(held, standing, today):
        found = worked_out(held, standing, today)
        if standing.plan.trial == files.trial and len(drawn) < patience:
            number = len(drawn)
            drawn.append(number)
            trial = f"other-{number}"
            other = Files(tmp_path / trial, trial=trial, population=trial, first=5_000 * (number + 1), count=40)
            allocated(registry, other, seed=f"{number + 1:064x}")
        return found

    monkeypatch.setattr(allocate, "PATIENCE", patience)
    monkeypatch.setattr(allocate, "_units", slowly)
    record = randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    assert len(drawn) == patience
    assert record.seed_commitment == commitment(SEED)
    assert all(proof.holds for proof in verify(registry, FIRST, files.trial))
