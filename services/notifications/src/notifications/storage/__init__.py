"""Rows of the notifications database."""
