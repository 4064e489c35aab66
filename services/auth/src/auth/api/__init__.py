"""The HTTP surface of auth."""
