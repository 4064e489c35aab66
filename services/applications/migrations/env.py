"""Runs the migrations of applications."""

from applications.storage.tables import metadata
from shared.migrations import run_env

run_env(metadata)
