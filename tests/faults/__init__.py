"""Crashes, full disks, crowds. Each file lists its long suites in ``SUITES`` (tests.suites); `otm faults` runs them."""
