"""Events that notifications listens to, and the worker that sends."""
