"""Events that the gateway listens to, and the worker that asks."""
