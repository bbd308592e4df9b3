"""What a verdict is decided from: what is needed is settled by arithmetic, then read, then put together."""
