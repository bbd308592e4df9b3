"""What `analyse`, `evaluate` and the demonstrations said."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.before.making.places import Places, Row, actor, latest_documents, opened, write_json

if TYPE_CHECKING:
    import pyarrow as pa

    from data.cohort import Demonstration
    from trials.registry import Registry


def make_analyse(places: Places, scratch: Path) -> None:
    """`analyse/*.json`: the whole output for the published trials, and for invented customers of small-debts."""
    folder = places.out / "analyse"
    write_json(places.out / "protocol-digests.json", protocol_digests(places), indent=1)
    for name, data in (("hillstrom", "hillstrom_email_2008"), ("social-pressure", "ggl_social_pressure_2006")):
        protocol = places.protocols / f"{name}.yaml"
        write_json(folder / f"{name}.json", places.answer("analyse", protocol, places.reference / data / "data.csv.gz"))
    protocol = places.protocols / "small-debts.yaml"
    files = small_debts(protocol, scratch)
    refused = places.command("analyse", protocol, files["data"])
    said = refused.stderr.replace(str(places.protocols) + os.sep, "")
    write_json(folder / "small-debts-refused.json", {"exit_code": refused.returncode, "standard_error": said}, indent=1)
    write_json(folder / "small-debts-elsewhere.json", places.answer("analyse", files["elsewhere"], files["data"]))
    home = {"OTM_HOME": str(scratch / "home"), "OTM_ACTOR": "everybody:all"}
    trial = "small-debts-2026"
    for step in (
        ("register", protocol),
        ("population", "load", files["population"], "--protocol", protocol, "--synthetic"),
        ("lock", trial),
        ("randomise", trial, "--demonstration-seed", seed_named("small-debts")),
        ("contacts", "load", trial, files["contacts"]),
        ("outcomes", "load", trial, files["outcomes"]),
    ):
        done = places.command(*step, **home)
        assert done.returncode == 0, done.stderr
    write_json(folder / "small-debts.json", places.answer("evaluate", trial, **home))


def protocol_digests(places: Places) -> dict[str, dict[str, str]]:
    """The digest of every protocol file: what a key that is not used must leave alone."""
    from designs.protocol import load_protocol

    folders = {
        "shared": places.protocols,
        "designs/library": places.checkout / "designs" / "library",
        "before/registry/protocols": places.out / "registry" / "protocols",
    }
    return {
        name: {path.name: load_protocol(path).digest for path in sorted(folder.glob("*.yaml"))}
        for name, folder in folders.items()
    }


SMALL_DEBTS = 12_000  # customers, before the protocol leaves anybody out


def seed_named(name: str) -> str:
    """A declared seed of 64 hexadecimal characters."""
    return hashlib.sha256(f"OTM Trials, before the rooms: {name}".encode()).hexdigest()


def small_debts(protocol_path: Path, scratch: Path) -> dict[str, Path]:
    """The files of small-debts with fewer customers than the demonstration: to be dealt here, and dealt elsewhere.

    The customers are those of :mod:`data.cohort` by fixed numbers, and the arms those that the fixed seed deals, so a
    test can make the same files again.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    from ruamel.yaml import YAML

    from data.cohort import DEMONSTRATIONS, outcomes, population
    from designs.protocol import load_protocol

    protocol = load_protocol(protocol_path).protocol
    people = population(20_260_202, SMALL_DEBTS, "small_debts")
    taken, arms = dealt_without_registry(protocol_path, people, seed_named("small-debts"))[:2]
    lived = outcomes(taken, arms, 20_260_225, DEMONSTRATIONS["B"].world)
    sent = pa.array([protocol.arm(str(arm)).channel for arm in arms], pa.string())
    contacts = pa.table(
        {
            "customer_id": taken.column("customer_id"),
            "channel": sent,
            "sent_on": pa.array(["2026-02-09"] * taken.num_rows),
            "verified_contact": lived.column("verified_contact"),
        }
    ).filter(sent.is_valid())
    columns = [name for name in taken.column_names if name not in lived.column_names]
    whole = lived.append_column("arm", pa.array(arms))
    for name in columns:
        whole = whole.append_column(name, taken.column(name))
    files: dict[str, Path] = {}
    for name, table in (
        ("population", people),
        ("contacts", contacts),
        ("outcomes", lived.drop_columns(["verified_contact"])),
        ("data", whole),
    ):
        files[name] = scratch / f"{name}.parquet"
        pq.write_table(table, files[name])
    elsewhere = YAML(typ="safe").load(protocol_path)
    shares = {arm["id"]: arm.pop("share") for arm in elsewhere["arms"]}
    strata = elsewhere["randomisation"]["strata"]
    elsewhere["randomisation"] = {"method": "external", "arm_column": "arm", "strata": strata, "shares": shares}
    files["elsewhere"] = scratch / "elsewhere.yaml"
    files["elsewhere"].write_text(json.dumps(elsewhere), encoding="utf-8")  # JSON is YAML
    shutil.copytree(protocol_path.parent / "wording", scratch / "wording")
    return files


def dealt_without_registry(
    protocol_path: Path, people: pa.Table, seed: str, left_out: Iterable[str] = ()
) -> tuple[pa.Table, Any, str]:
    """Synthetic customers dealt by the pure functions alone: no registry, no snapshot.

    Args:
        protocol_path: Of the trial.
        people: As the population file has them.
        seed: Of the draw.
        left_out: Ledger ids that the contact ledger kept out.

    Returns:
        Those dealt, in the file's order; their arms; the allocation digest.
    """
    import narwhals as nw
    import pyarrow as pa
    import pyarrow.compute as pc
    from trials.registry.ledger_key import SYNTHETIC_KEY

    from data.identifiers import ledger_ids
    from designs.assignment import conduct, declare, gather
    from designs.protocol import load_protocol
    from designs.protocol.conditions import exclusions

    protocol = load_protocol(protocol_path).protocol
    frame = nw.from_native(people, eager_only=True)
    for _, test in exclusions(protocol):
        frame = frame.filter(~test)
    taken = frame.to_native()
    ids = ledger_ids(SYNTHETIC_KEY, taken.column(protocol.population.unit))
    kept = pc.invert(pc.is_in(ids, value_set=pa.array(list(left_out), pa.string())))
    taken, ids = taken.filter(kept), ids.filter(kept)
    scheme = declare(protocol)
    units = gather(scheme, taken.append_column("ledger_id", ids), "ledger_id")
    assignment = conduct(scheme, units, seed, protocol.id)
    return taken, np.array(scheme.arms)[assignment.arm], assignment.digest


# --- demo: the four demonstration trials ---------------------------------------------------------------------------


def make_demo(places: Places, scratch: Path) -> None:
    """`demo-allocations.json` and `demo-evaluations.json.gz`: what `otm demo --no-serve` makes.

    Each allocation is dealt once more without a registry, as a test can do it in a few seconds.
    """
    from data.cohort import DEMONSTRATIONS

    done = places.command("demo", "--no-serve", OTM_HOME=str(scratch / "demo"))
    assert done.returncode == 0, done.stderr
    with opened(scratch / "demo") as registry:
        found = {letter: _demonstrated(registry, one) for letter, one in DEMONSTRATIONS.items()}
        documents = latest_documents(registry)
    write_json(places.out / "demo-allocations.json", found, indent=1)
    write_json(places.out / "demo-evaluations.json.gz", documents)


def _demonstrated(registry: Registry, demonstration: Demonstration) -> Row:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    from trials.registry.columns import digest_of

    from data.cohort import population
    from trials.demonstration import _number
    from trials.registry import queries

    trial = demonstration.trial
    with registry.inspect(actor("administrator"), "verify", trial) as session:
        draw, (wave,) = queries.draw_of(session, trial), queries.waves_of(session, trial)
        (certificate,) = queries.certificates_of(session, trial)
    with registry.read() as reader:
        detail = reader.trial(trial)
    assert draw is not None
    assert detail.allocation is not None
    assert detail.evaluation is not None
    excluded = pq.read_table(registry.snapshots.opened(wave.excluded_digest).path)
    by_ledger = pc.match_substring(excluded.column("_reason").cast("string"), "another OTM contact")
    left_out = sorted(excluded.column("ledger_id").filter(by_ledger).to_pylist())
    number = _number("population", demonstration)
    people = population(number, demonstration.customers, demonstration.kind)
    path = registry.home / "demonstration" / demonstration.letter / "protocol.yaml"
    assert dealt_without_registry(path, people, draw.seed, left_out)[2] == detail.allocation.digest
    verdict = detail.evaluation.document["verdict"]
    return {
        "trial": trial,
        "population": {"seed": number, "customers": demonstration.customers, "kind": demonstration.kind},
        "seed": draw.seed,
        "commitment": draw.commitment,
        "left_out_by_the_contact_ledger": left_out,
        "exclusions": [asdict(exclusion) for exclusion in detail.allocation.exclusions],
        "counts": detail.allocation.counts,
        "algorithm": detail.allocation.algorithm,
        "allocation_digest": detail.allocation.digest,
        "allocation_snapshot_digest": detail.allocation.snapshot_digest,
        "population_digest": detail.allocation.population_digest,
        "units_digest": wave.units_digest,
        "excluded_digest": wave.excluded_digest,
        "certificate_digest": digest_of(certificate),
        "protocol_digest": detail.protocol_digest,
        "outcomes_digest": next(file.digest for file in detail.returned if file.kind == "outcomes"),
        "evaluation_digest": detail.evaluation.digest,  # of versions too and, through the contacts, of the day
        "verdict": {name: verdict[name] for name in ("code", "arm", "segment", "sentence")}
        | {"arms": {arm["arm"]: arm["code"] for arm in verdict["arms"]}},
    }
