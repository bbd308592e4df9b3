"""Load contacts: what the field says it sent, to whom and when. It feeds the contact ledger and the dispatch check."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from data.identifiers import ledger_ids
from data.intake import read_file
from trials.access import Actor
from trials.field.contacts import Contacts, contract, read_contacts
from trials.field.dispatch import export_ids
from trials.field.matching import Register, all_rejections, match, refuse_arm_column
from trials.field.returns import Fielded, account_of, fielded, key_of, refuse_nobody, register_of, returned_row
from trials.life import require
from trials.registry import Registry, queries
from trials.registry.identities.ledger_key import export_key
from trials.registry.identities.pseudonyms import EXPORT_ID, LEDGER_ID, keep_rejections
from trials.registry.records import FileAccount


def load_contacts(registry: Registry, actor: Actor, trial_id: str, file: str | Path) -> FileAccount:
    """Load a file of contacts, any number a customer.

    Args:
        registry: Where the trial is.
        actor: Who loads.
        trial_id: The trial.
        file: The customers' own id or their export id, ``channel``, ``sent_on`` (2026-02-02), and where known
            ``delivered`` and the protocol's ``complier.received``.

    Raises:
        DataRefused: The whole file is refused.
        TrialRefused: Nothing was dealt, the file has a column of arms, or not one row matches.
    """
    with registry.inspect(actor, "load_contacts", trial_id) as session:
        trial = fielded(session, trial_id, "load_contacts")
    protocol = trial.plan.protocol
    intake = read_file(Path(file), contract(protocol))
    refuse_arm_column(intake.table.column_names, protocol.randomisation.arm_column)
    contacts = read_contacts(intake, protocol)
    register = register_of(registry.snapshots, trial)
    ids = _ledger_ids(registry, trial, contacts, register)
    table = contacts.table.add_column(0, LEDGER_ID, ids)
    matched = match(table, ids, contacts.rows, register, contacts.id_column)
    refuse_nobody(matched, trial_id, intake)
    rejections = all_rejections([*intake.rejections, *contacts.rejections], matched.rejections)
    digest = registry.snapshots.write(matched.table)
    rejections_digest = keep_rejections(registry.snapshots, rejections)
    account = account_of("contacts", intake, matched, rejections, digest)
    with registry.write(actor, "load_contacts", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "load_contacts")
        work.add(
            returned_row(
                work.session,
                trial_id,
                "contacts",
                intake,
                matched,
                rejected=account.rejected,
                digest=digest,
                rejections_digest=rejections_digest,
                matured=None,
                actor=actor,
            )
        )
        work.commit({"digest": digest, "read": intake.read, "loaded": account.loaded})
    return account


def _ledger_ids(registry: Registry, trial: Fielded, contacts: Contacts, register: Register) -> pa.Array:
    """Ledger ids of the customers named; an export id that is nobody's is kept, to be rejected as unknown."""
    if contacts.id_column != EXPORT_ID:
        return ledger_ids(key_of(registry, trial), contacts.ids)
    exported = export_ids(export_key(registry.key(), trial.plan.trial), register.ids)
    place = pc.index_in(contacts.ids, value_set=exported)
    return pc.coalesce(register.ids.take(place).combine_chunks(), contacts.ids)
