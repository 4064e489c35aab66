"""Events that auth listens to."""
