"""Where the rows are: the database, the revision of its tables, and the rows as one document."""
