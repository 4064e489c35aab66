"""Simulated SMS and mail providers: real servers that keep what they were given and show it."""
