from __future__ import annotations

import threading

import pytest

from tests.trials import tampering
from tests.trials.examples import allocated
from trials.access import LOCAL_ACTOR
from trials.errors import RegistryRefused
from trials.registry import open_registry
from trials.registry.identities import ledger_key
from trials.stages.population import load_population


def test_every_registry_has_a_key_of_its_own(tmp_path):
    keys = {ledger_key.create_key(tmp_path / str(number)) for number in range(5)}
    assert len(keys) == 5
    assert {len(key) for key in keys} == {32}


def test_a_key_is_made_once(tmp_path):
    path = tmp_path / "ledger.key"
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(ledger_key.create_key(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["ledger.key"]


@pytest.mark.parametrize("content", ["", "short", "zz" * 32, "00" * 33])
def test_what_is_no_key_is_refused(tmp_path, content):
    path = tmp_path / "ledger.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(RegistryRefused, match="not a ledger key"):
        ledger_key.read_key(path)


def test_a_key_that_others_may_read_is_refused(registry):
    registry.key_path.chmod(0o640)
    with pytest.raises(RegistryRefused, match=r"others may read the ledger key.*chmod 600"):
        registry.key()


def test_a_lost_key_is_never_replaced(registry, files):
    registry.key_path.unlink()
    again = open_registry(registry.settings)
    with pytest.raises(RegistryRefused, match=r"the ledger key is missing.*a new one would match nobody"):
        load_population(again, LOCAL_ACTOR, files.population, files.protocol)
    assert not registry.key_path.exists()
    again.close()


def test_another_registrys_key_is_refused(registry):
    registry.key_path.unlink()
    ledger_key.create_key(registry.key_path)
    with pytest.raises(RegistryRefused, match="not the one this registry was made with"):
        registry.key()


def test_the_key_is_nowhere_in_the_database(registry, files):
    allocated(registry, files, seed=None)
    key = registry.key()
    content = (registry.home / "registry.sqlite").read_bytes() + repr(tampering.chain(registry)).encode()
    assert key not in content
    assert key.hex().encode() not in content


def test_trials_export_under_keys_of_their_own():
    key = b"k" * 32
    assert len({ledger_key.export_key(key, trial) for trial in ("a", "b", "ab")} | {key}) == 4
