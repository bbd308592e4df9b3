"""The analysis frame, laid down in one place: of trials allocated here, and of those randomised elsewhere."""
