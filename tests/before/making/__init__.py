"""How commit 1392f2c made the fixtures beside this folder; `python -m tests.before.making --help` says more."""
