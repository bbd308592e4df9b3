"""The texts that customers get: how they are worded, how hard they read, what changed, and who signed which version."""
