"""The HTTP surface of applications."""
