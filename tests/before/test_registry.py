"""A registry made by commit 1392f2c migrates, on both databases, and says and proves all that it said."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import BaseModel

from analysis.document import from_document
from tests.before.archives import unpack
from tests.trials import tampering
from trials.access import LOCAL_ACTOR, parse_actor
from trials.cli.commands import application
from trials.errors import RegistryRefused
from trials.jobs import progress
from trials.registry import Registry, open_registry, queries
from trials.registry.opening import open_as_it_is
from trials.registry.proof.integrity import row_faults
from trials.registry.records import LongStage
from trials.registry.registry import connect
from trials.registry.storage.dump import dump
from trials.registry.storage.revisions import NEWEST
from trials.registry.tables.columns import digest_of
from trials.reporting.portfolio import next_action, next_actor
from trials.reporting.results.decisions import decision_lines
from trials.reporting.results.headline import headline
from trials.reporting.words.names import Names
from trials.reporting.words.vocabulary import STEPS
from trials.settings import Settings
from trials.stages.backup import backup, restore
from trials.stages.job import open_job
from trials.stages.migrate import migrate
from trials.stages.overlap import overlap
from trials.stages.verify import verify

FOLDER = Path(__file__).parent / "registry"
SAID: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
SHOWN: dict[str, Any] = json.loads(gzip.decompress((FOLDER / "shown.json.gz").read_bytes()))


@pytest.fixture
def old(home: Path, request: pytest.FixtureRequest) -> Settings:
    """The home as that commit left it, with its rows in SQLite or in PostgreSQL."""
    unpack(FOLDER / "home.tar.gz", home)
    if request.param == "sqlite":
        return Settings(home=home)
    url = request.getfixturevalue("postgres_url")
    (home / "registry.sqlite").unlink()
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        connection.execute(gzip.decompress((FOLDER / "registry.sql.gz").read_bytes()))
    return Settings(home=home, database_url=url)


both = pytest.mark.parametrize("old", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def migrated(old: Settings) -> Iterator[Registry]:
    assert migrate(old, LOCAL_ACTOR) == ("0001", NEWEST)
    opened = open_registry(old)
    yield opened
    opened.close()


def as_json(value: Any) -> Any:
    def plain(part: Any) -> Any:
        if isinstance(part, frozenset):
            return sorted(part)
        return part.model_dump(mode="json") if isinstance(part, BaseModel) else part.isoformat()

    return json.loads(json.dumps(value, default=plain))


# That commit showed the latest evaluation. Since decision record 17 the first valid one of a trial is its finding, and
# the later are updates: all of them are there, and what is shown of a trial with several is the first.
FINDINGS: dict[str, dict[str, Any]] = {
    record["trial_id"]: record for record in reversed(SAID["evaluations"]) if record["verdict_code"] != "invalid"
}
EVALUATED_TWICE = "later-cut"


def found(trial: str, then: dict[str, Any]) -> dict[str, Any]:
    """What was said of a trial's verdict, of its finding."""
    finding = FINDINGS[EVALUATED_TWICE]
    of = {"sentence": finding["verdict_sentence"], "verdict_sentence": finding["verdict_sentence"]}
    of |= {name: finding[name] for name in ("digest", "data_digest", "outcomes_version")} | {"id": finding["number"]}
    return then | {name: of[name] for name in then if name in of} if trial == EVALUATED_TWICE else then


# What its data make invalid has no verdict to decide on: its files are corrected, since decision record 17.
INVALID = {"lost-tail": ("Record a decision", "manager")}
CORRECTED = (STEPS["correct_files"], "analyst")


def test_the_old_tables_wait_for_a_migration(home):
    unpack(FOLDER / "home.tar.gz", home)
    with pytest.raises(RegistryRefused, match=rf"at revision 0001, this program needs {NEWEST}.*run otm migrate"):
        open_registry(Settings(home=home))


@both
def test_the_portfolio_and_every_trial_are_as_they_were(migrated):
    with migrated.read(LOCAL_ACTOR) as reader:
        summaries = reader.portfolio()
        details = {summary.id: reader.trial(summary.id) for summary in summaries}
        certificates = {trial: [digest_of(wave) for wave in reader.certificates(trial)] for trial in details}
    for summary, then in zip(summaries, SAID["portfolio"], strict=True):
        now = as_json(asdict(summary))
        now |= {"next_action": next_action(summary.next), "next_actor": next_actor(summary.next)}
        if summary.id in INVALID:
            assert (now["next_action"], now["next_actor"]) == CORRECTED
            now |= dict(zip(("next_action", "next_actor"), INVALID[summary.id], strict=True))
        if now["verdict_segment"] is not None:
            now["verdict_segment"] = " = ".join(now["verdict_segment"].values())
        assert no_less(now, then | found(summary.id, {"verdict_sentence": then["verdict_sentence"]}))
    assert certificates == SAID["certificates"]
    for trial, then in SAID["trials"].items():
        now = as_json(asdict(replace(details[trial], protocol=None)))
        for name in ("allocation", "evaluation", "decisions", "population", "lock", "issues", "returned", "void",
                     "release", "waves", "protocol_digest"):  # fmt: skip
            said = found(trial, then[name]) if name == "evaluation" else then[name]
            if name == "evaluation" and said is not None:
                assert now["evaluations"][-1]["digest"] == then[name]["digest"]
                said = {key: said[key] for key in said if trial != EVALUATED_TWICE or key != "evaluated_at"}
            assert no_less(now[name], said), (trial, name)


def no_less(now: Any, then: Any) -> bool:
    """Whether everything that was said is said; records may say more than they did."""
    if isinstance(then, dict):
        return all(no_less(now[name], value) for name, value in then.items())
    if isinstance(then, list):
        return len(now) == len(then) and all(map(no_less, now, then))
    return bool(now == then)


@both
def test_evaluations_and_decisions_are_still_shown(migrated):
    latest = {record["trial_id"]: record for record in SAID["evaluations"]}
    evaluations = {trial: FINDINGS.get(trial, record) for trial, record in latest.items()}
    with migrated.read(LOCAL_ACTOR) as reader:
        details = [reader.trial(trial) for trial in SAID["trials"]]
    shown = 0
    for detail in details:
        then = SHOWN[detail.summary.id]
        assert as_json([decision_lines(decision)[:-1] for decision in detail.decisions]) == then["decisions"]
        assert all(decision_lines(decision)[-1].startswith("It rests on evaluation") for decision in detail.decisions)
        if detail.evaluation is None:
            continue
        shown += 1
        assert digest_of(detail.evaluation.document) == evaluations[detail.summary.id]["digest_of_the_document"]
        evaluation = from_document(detail.evaluation.document)
        assert evaluation.verdict.sentence == evaluations[detail.summary.id]["verdict_sentence"]
        assert (headline(evaluation, Names(detail.protocol)) is None) == (then["headline"] is None)
    assert shown == len(evaluations) == 13


@both
def test_everything_that_was_proved_is_proved_again(migrated):
    for trial, then in SAID["verify"].items():
        proofs = {proof.name: proof for proof in verify(migrated, LOCAL_ACTOR, trial)}
        assert {name: list(proof.faults) for name, proof in proofs.items()} == {
            name: proof["faults"] for name, proof in then.items()
        }
        assert all(proof.holds for proof in proofs.values())
    assert overlap(migrated, LOCAL_ACTOR, "allocated-only", "in-the-field") == next(iter(SAID["overlap"].values()))
    with migrated.read(LOCAL_ACTOR) as reader:
        events = reader.audit()
    assert events[SAID["audit"]["events"] - 1].hash == SAID["audit"]["last"]
    assert [event.action for event in events[SAID["audit"]["events"] :]] == ["migrate"]


@both
def test_the_command_lists_the_trials_as_it_did(migrated, capsys, monkeypatch):
    if migrated.settings.database_url is not None:
        monkeypatch.setenv("OTM_DATABASE_URL", migrated.settings.database_url)
    application()(["trials", "--json", "-"], standalone_mode=False)
    now, then = json.loads(capsys.readouterr().out), SAID["otm trials"]
    listed = [row | {"verdict": row["verdict"] and found(row["id"], row["verdict"])} for row in then["trials"]]
    for row in now["trials"]:
        if row["id"] in INVALID:
            assert tuple(row["next"].values()) == CORRECTED
            row["next"] = dict(zip(("action", "who"), INVALID[row["id"]], strict=True))
    assert no_less(now, then | {"trials": listed})


@both
def test_drafts_are_still_there_those_of_nobody_that_the_registry_knows_too(migrated):
    for draft in SAID["drafts"]:
        with migrated.read(parse_actor(draft["person"])) as reader:
            assert reader.draft(draft["trial"]) == draft["draft"] != {}
    assert len(SAID["drafts"]) == 5
    assert not (migrated.home / "drafts").exists()


@both
def test_its_trials_can_be_worked_on_by_jobs_one_of_a_stage_at_a_time(migrated):
    def opened(stage: LongStage, job_id: str) -> str:
        return open_job(migrated, LOCAL_ACTOR, "outcomes-loaded", stage, job_id, is_alive=lambda _: True, request={}).id

    assert progress(migrated, LOCAL_ACTOR, "outcomes-loaded", "evaluate") is None
    assert opened("evaluate", "first") == opened("evaluate", "second") == "first"
    assert opened("randomise", "third") == "third"
    assert all(proof.holds for proof in verify(migrated, LOCAL_ACTOR, "outcomes-loaded"))


@both
@pytest.mark.parametrize("to", ["sqlite", "postgresql"])
def test_a_backup_made_before_the_migration_comes_back_migrated(old, to, tmp_path, request):
    with closing(open_as_it_is(old)) as waiting:
        made = backup(waiting, LOCAL_ACTOR, tmp_path / "backup")
    assert json.loads((made.folder / "registry.json").read_text("utf-8"))["revision"] == "0001"
    with pytest.raises(RegistryRefused, match="at revision 0001"):  # it still waits
        open_registry(old)
    assert (old.home / "drafts").exists()
    url = request.getfixturevalue("other_postgres_url") if to == "postgresql" else None
    new = Settings(home=tmp_path / "new", database_url=url)
    assert restore(new, LOCAL_ACTOR, made.folder).trials == len(SAID["trials"])
    migrate(old, LOCAL_ACTOR)
    with closing(open_registry(old)) as here, closing(open_registry(new)) as there:
        contents = []
        for registry in (here, there):
            with registry.inspect(LOCAL_ACTOR, "backup") as session:
                contents.append(dump(session))
        assert contents[0]["revision"] == contents[1]["revision"] == NEWEST
        chains = [content["tables"].pop("audit_event") for content in contents]
        for content in contents:
            for draft in content["tables"]["draft"]:
                del draft["saved_at"]
        assert contents[0] == contents[1]
        assert len(contents[0]["tables"]["draft"]) == 5
        # That a copy was taken was logged once it stood, so it is not in the copy.
        assert [event["action"] for event in chains[0][-2:]] == ["backup", "migrate"]
        assert chains[0][:-2] == chains[1][:-1]
        assert chains[1][-1]["action"] == "restore"
        assert chains[0][-1]["detail"]["rows"] == chains[1][-1]["detail"]["rows"] != {}
        for trial, then in SAID["verify"].items():
            proofs = {proof.name: list(proof.faults) for proof in verify(there, LOCAL_ACTOR, trial)}
            assert proofs == {name: proof["faults"] for name, proof in then.items()}


@both
def test_the_command_backs_up_before_a_migration(old, tmp_path, monkeypatch):
    if old.database_url is not None:
        monkeypatch.setenv("OTM_DATABASE_URL", old.database_url)
    application()(["backup", str(tmp_path / "backup")], standalone_mode=False)
    application()(["migrate"], standalone_mode=False)
    monkeypatch.setenv("OTM_HOME", str(tmp_path / "new"))
    monkeypatch.delenv("OTM_DATABASE_URL", raising=False)
    application()(["restore", str(tmp_path / "backup")], standalone_mode=False)
    application()(["trials"], standalone_mode=False)


@both
def test_an_edited_row_is_not_made_good_by_a_backup(old, tmp_path):
    with closing(open_as_it_is(old)) as waiting:
        assert tampering.run(waiting, TAMPERED["a wave's units"]) == 1
        with pytest.raises(RegistryRefused, match="row wave/allocated-only/1: edited since it was written"):
            backup(waiting, LOCAL_ACTOR, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


# Each is a change that verify found before the migration; afterwards it is found too.
TAMPERED = {
    "an allocation's algorithm": "UPDATE allocation SET algorithm = 'another' WHERE trial_id = 'allocated-only'",
    "a lock's eligible": "UPDATE trial_lock SET eligible = eligible + 1 WHERE trial_id = 'allocated-only'",
    "a wave's units": "UPDATE wave SET units = units + 1 WHERE trial_id = 'allocated-only'",
}


@both
@pytest.mark.parametrize("what", TAMPERED)
def test_a_migration_does_not_make_an_edited_row_good(old, what):
    waiting = connect(old)
    assert tampering.run(waiting, TAMPERED[what]) == 1
    waiting.close()
    migrate(old, LOCAL_ACTOR)
    opened = open_registry(old)
    with opened.inspect(LOCAL_ACTOR, "verify") as session:
        assert queries.locked_versions(session, "allocated-only") == (1,)
        assert row_faults(session, "allocated-only") != []
        assert row_faults(session, "two-waves") == []
    opened.close()
