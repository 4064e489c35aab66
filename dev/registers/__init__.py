"""Simulated state registers: a real server with synthetic people, and faults that can be switched on."""
