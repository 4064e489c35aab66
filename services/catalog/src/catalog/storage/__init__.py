"""Rows of the catalog database."""
