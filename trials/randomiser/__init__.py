"""Who may be dealt, and the deal itself, from frozen files: nothing here writes to the registry."""
