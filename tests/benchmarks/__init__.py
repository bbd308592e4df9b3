"""Speed, as ratios. One file a row of the table of goals; each lists its rows in ``ROWS`` (tests.benchmarks.row)."""
