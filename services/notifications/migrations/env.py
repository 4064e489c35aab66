"""Runs the migrations of notifications."""

from notifications.storage.tables import metadata
from shared.migrations import run_env

run_env(metadata)
