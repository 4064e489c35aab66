"""Runs the migrations of registry-gateway."""

from registry_gateway.storage.tables import metadata
from shared.migrations import run_env

run_env(metadata)
