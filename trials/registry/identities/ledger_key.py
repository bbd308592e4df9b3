"""The key that turns customers' own ids into ledger ids: a file of this registry's home, never in the database."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from data.private import fsync_folder
from trials.errors import RegistryRefused

KEY_BYTES = 32
# Synthetic customers have nothing to hide; a declared key gives a demonstration the same ids, hence the same draw,
# wherever it is built.
SYNTHETIC_KEY = hashlib.sha256(b"OTM Trials: synthetic customers").digest()


def read_key(path: Path) -> bytes | None:
    """The key, or None where no file is.

    Raises:
        RegistryRefused: The file is not a key, or others may read it.
    """
    if not path.exists():
        return None
    if path.stat().st_mode & 0o077:
        raise RegistryRefused(
            "others may read the ledger key", where=str(path), rule="its mode is 0600", remedy=f"chmod 600 {path}"
        )
    return parse_key(path)


def parse_key(path: Path) -> bytes:
    """The key that a file holds, whoever may read it: in a backup, too.

    Raises:
        RegistryRefused: The file is not a key.
    """
    try:
        # A pipe would be read for ever.
        key = bytes.fromhex(path.read_text("ascii").strip()) if path.is_file() else b""
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise RegistryRefused(
            "this is not a ledger key", where=str(path), rule="64 hexadecimal characters", remedy="restore it"
        )
    return key


def create_key(path: Path) -> bytes:
    """Make a key, unless another process has just done so; whichever was first is returned."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, secrets.token_hex(KEY_BYTES).encode("ascii") + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(temporary, path)  # unlike a rename, a link never replaces a key that is already there
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    fsync_folder(path.parent)
    key = read_key(path)
    if key is None:
        raise RegistryRefused("the ledger key has gone", where=str(path), remedy="restore it from a backup")
    return key


def fingerprint(key: bytes) -> str:
    """What the database keeps, to notice a wrong key; it tells nothing about the key."""
    return hmac.new(key, b"fingerprint", hashlib.sha256).hexdigest()


def export_key(key: bytes, trial_id: str) -> bytes:
    """The key of one trial's export ids: a second pseudonym that no other trial shares."""
    return hmac.new(key, b"export\x00" + trial_id.encode(), hashlib.sha256).digest()
