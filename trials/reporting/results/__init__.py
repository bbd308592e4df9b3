"""What an evaluation found, as lines and tables: one file a subject."""
