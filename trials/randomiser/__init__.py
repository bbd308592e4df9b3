"""Who may be allocated, and the allocation itself, from frozen files. Stages record what comes of it."""
