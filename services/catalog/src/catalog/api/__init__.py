"""The HTTP surface of catalog."""
