"""Proof that everybody is allocated or left out, once, in whatever wave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from data.snapshots import SnapshotStore
from data.threads import each
from trials.proofs.same_customers import NOBODY, Mixed, Mixer, same_customers
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.records import WaveRecord


class CustomersOfFiles:
    """Whose ids the files hold, as one comparison mixes them; each file is read once, in pieces.

    Args:
        snapshots: Where the files are.
    """

    def __init__(self, snapshots: SnapshotStore) -> None:
        self._snapshots = snapshots
        self._mixer = Mixer()
        self._known: dict[str, Mixed] = {}

    def mixed(self, rows: pa.Table) -> Mixed | None:
        """Those of some rows; None where they are no ids of one length."""
        return self._mixer.mixed(rows.column(LEDGER_ID))

    def note(self, digest: str, mixed: Mixed) -> None:
        """Keep what was found of a file by whoever read it and showed that its bytes give this digest."""
        self._known[digest] = mixed

    def of(self, digest: str) -> Mixed | None:
        """Those of a file, whatever its bytes give; None where they are no ids of one length."""
        if digest not in self._known:
            found = self._read(digest)
            if found is None:
                return None
            self.note(digest, found)
        return self._known[digest]

    def _read(self, digest: str) -> Mixed | None:
        groups, whole = self._snapshots.groups_changed(digest), NOBODY
        for mixed in each(lambda group: self.mixed(groups.read(group, [LEDGER_ID])), range(len(groups.sizes))):
            if mixed is None:
                return None
            whole += mixed
        return whole


def customers_faults(snapshots: SnapshotStore, waves: Sequence[WaveRecord], files: CustomersOfFiles) -> Iterator[str]:
    """Who of a wave's population is neither allocated nor left out, or both; and who was allocated before."""
    before: pa.ChunkedArray | None = None
    for wave in waves:
        if not _is_whole(snapshots, wave, files):
            yield f"wave {wave.number}: those allocated and those left out are not the population"
        if len(waves) == 1:
            return
        units = _ids(snapshots, wave.units_digest)
        again = pc.sum(pc.is_in(units, value_set=before)).as_py() if before is not None else 0
        if again:
            yield f"wave {wave.number}: {again:,} customers were allocated in an earlier wave too"
        before = units if before is None else pa.chunked_array([*before.chunks, *units.chunks], pa.string())


def _is_whole(snapshots: SnapshotStore, wave: WaveRecord, files: CustomersOfFiles) -> bool:
    digests = wave.units_digest, wave.excluded_digest, wave.population.digest
    units, excluded, population = (files.of(digest) for digest in digests)
    if units is None or excluded is None or population is None:
        first, second, whole = (_ids(snapshots, digest) for digest in digests)
        return same_customers((first, second), (whole,))
    return units + excluded == population


def _ids(snapshots: SnapshotStore, digest: str) -> pa.ChunkedArray:
    return snapshots.read_changed(digest, [LEDGER_ID]).column(LEDGER_ID)
