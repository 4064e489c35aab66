"""The platform on one machine without Docker."""
