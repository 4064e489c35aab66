"""Runs the migrations of catalog."""

from catalog.storage.tables import metadata
from shared.migrations import run_env

run_env(metadata)
