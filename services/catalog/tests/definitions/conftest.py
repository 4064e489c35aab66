"""A small catalogue, and people who may or may not work on its definitions."""

from collections.abc import AsyncIterator

import pytest

from tests.support.apps import client_for
from tests.support.catalog_life import Desk


@pytest.fixture
async def desk(catalogue, folder, app_of, tokens, clock) -> AsyncIterator[Desk]:
    """Two public services of the council, imported today."""
    await catalogue.take_in(folder.path)
    async with client_for(app_of(catalogue)) as client:
        yield Desk(client, tokens, clock)
