"""Rows of the applications database and how aggregates become rows."""
