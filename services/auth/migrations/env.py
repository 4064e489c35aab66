"""Runs the migrations of auth."""

from auth.storage.tables import metadata
from shared.migrations import run_env

run_env(metadata)
