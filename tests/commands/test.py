"""`otm test`: every check of the project, or with arguments a part of the tests.

    otm test                     lint, format, types, import contracts, then all tests
    otm test tests/designs       only these tests
    otm test -- -k rounding -x   only what pytest selects; everything after -- is pytest's

A whole run records what it found in results/last_test.json, which `otm requirements` reads.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.places import CHROMIUM, LAST_TEST, ROOT

BROWSER_PACKAGES = ("chromium", "fonts-liberation")
CHECKS = {
    "lint": ("-m", "ruff", "check", ".", "otm"),
    "format": ("-m", "ruff", "format", "--check", ".", "otm"),
    "types": ("-m", "mypy"),
    "contracts": ("-c", "from importlinter.cli import lint_imports_command as contracts; contracts()"),
}


@dataclass(frozen=True, slots=True)
class Result:
    """One check's end: its name, exit status, seconds and what it printed."""

    name: str
    status: int
    seconds: float
    output: str


def install_browser() -> None:
    """Chromium from Debian's packages, where this user may install it; else the command that does."""
    if CHROMIUM.exists():
        return
    wanted = " ".join(BROWSER_PACKAGES)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"The browser tests need chromium. As root: apt-get install -y --no-install-recommends {wanted}")
        return
    print(f"Installing {wanted} for the browser tests", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300")
    for arguments in (("update",), ("install", "-y", "--no-install-recommends", *BROWSER_PACKAGES)):
        # Not a failure yet: the browser tests say what is missing, and under CI they fail for it.
        subprocess.run(
            [*apt, *arguments], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
        )


def carry_out(name: str, arguments: Sequence[str]) -> Result:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return Result(name, done.returncode, time.monotonic() - started, done.stdout)


def run_checks() -> list[Result]:
    """Lint, format, types and import contracts, two at a time; the output of those that fail."""
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(carry_out, CHECKS, CHECKS.values()))
    for result in results:
        verdict = "ok" if result.status == 0 else "FAILED"
        print(f"{result.name:<10} {verdict:<7}{result.seconds:6.1f} s", flush=True)
        if result.status != 0:
            print(result.output.rstrip(), end="\n\n", flush=True)
    return results


def run_pytest(arguments: Sequence[str], record: Path | None) -> int:
    environment = dict(os.environ)
    environment.pop("OTM_TEST_RECORD", None)
    if record:
        environment["OTM_TEST_RECORD"] = str(record)
    workers = min(os.cpu_count() or 1, 4)
    command = [sys.executable, "-m", "pytest", "-n", str(workers), "--dist", "loadgroup", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def run_all() -> int:
    results = run_checks()
    LAST_TEST.unlink(missing_ok=True)
    status = run_pytest(["-q", "--durations=10"], LAST_TEST)
    broken = [result.name for result in results if result.status != 0]
    counts = json.loads(LAST_TEST.read_text(encoding="utf-8")) if LAST_TEST.exists() else {"failed": 1}
    if broken:
        print(f"Checks that failed: {', '.join(broken)}")
    passed = counts.get("passed", 0) + len(results) - len(broken)
    failed = counts["failed"] + len(broken)
    if status != 0 and failed == 0:  # pytest itself stopped, or found no test
        failed = 1
    skipped = f", {counts['skipped']} skipped" if counts.get("skipped") else ""
    print(f"{passed} passed, {failed} failed{skipped}", flush=True)
    return 1 if failed else 0


def main(arguments: Sequence[str]) -> int:
    if arguments and arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    install_browser()
    selected = [argument for position, argument in enumerate(arguments) if position or argument != "--"]
    return run_pytest(selected, None) if selected else run_all()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
