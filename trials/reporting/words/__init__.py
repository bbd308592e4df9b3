"""What a plan, a state, a check or a verdict is called."""
