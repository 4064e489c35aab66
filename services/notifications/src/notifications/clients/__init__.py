"""Providers that carry messages, and auth, which knows where people are reached."""
