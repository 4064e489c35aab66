"""Rows of the auth database."""
