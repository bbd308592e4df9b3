"""The use cases, one file a stage of a trial's life. The only commits are here; no stage imports another."""
