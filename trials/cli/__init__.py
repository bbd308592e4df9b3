"""The command line: one file a stage of a trial's life. Command bodies import what they need, when they run."""
