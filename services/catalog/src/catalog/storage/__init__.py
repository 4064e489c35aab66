"""Rows of the catalog database. Its tables are declared together, whichever of them is asked for first."""

from catalog.storage import place_tables, snapshot_tables, tables

__all__ = ["place_tables", "snapshot_tables", "tables"]
