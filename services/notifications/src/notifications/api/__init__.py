"""The HTTP surface of notifications."""
