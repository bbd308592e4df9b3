"""Chance, all of it from one seed: streams, keys, the order they give, and the rounding of shares to whole units."""
