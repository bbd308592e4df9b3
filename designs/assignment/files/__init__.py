"""A population too large to hold, assigned from its file row group by row group."""
