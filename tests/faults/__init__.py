"""Crashes, full disks, crowds, random trials. Each file lists its long suites in ``SUITES``; `otm faults` runs them."""
