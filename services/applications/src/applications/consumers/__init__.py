"""Events that applications listens to."""
