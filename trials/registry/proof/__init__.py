"""That nothing was changed since: the audit chain, its head outside the database, the digest of every row."""
