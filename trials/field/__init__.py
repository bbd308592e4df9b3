"""What goes out to the field and what comes back: lists, contacts, outcomes. Nothing here writes to the registry."""
