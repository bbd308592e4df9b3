"""What a population says about the draw declared for it, before the plan is locked."""
